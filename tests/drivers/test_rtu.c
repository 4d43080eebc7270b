/* SPDX-License-Identifier: Apache-2.0 */
/* A serial line as a pseudo terminal, whose other end is scripted: F31, F33, F35 and F36
 * in short form.  The registers name themselves, so that a late answer taken for another
 * one shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "drivers/modbus/cost.h"
#include "tests/drivers/pty_bench.h"
#include "tests/loop_wait.h"

/* ---- what the other end may do to one answer ---- */

static void silence(struct pty_bench *b, const uint8_t *frame, size_t n)
{
}

static void damaged(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];
	size_t n_answer = pty_answer_to(answer, frame, n);

	answer[3] ^= 0x10;
	pty_say(b, answer, n_answer);
}

static void noise(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	static const uint8_t bytes[] = {0xff, 0x00, 0x7e, 0x81, 0x03, 0x02, 0x00};

	pty_say(b, bytes, sizeof(bytes));
}

static void noise_then_answer(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	noise(b, frame, n);
	pty_behave(b, frame, n);
}

static void truncated(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];

	pty_say(b, answer, pty_answer_to(answer, frame, n) - 2);
}

static void other_unit(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t other[FRAME_MAX];

	memcpy(other, frame, n);
	other[0]++;
	pty_behave(b, other, n);
}

static void other_function(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t other[FRAME_MAX];

	memcpy(other, frame, n);
	other[1] = PDU_READ_INPUT;
	pty_behave(b, other, n);
}

static void fewer(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX] = {frame[0], frame[1], 0};

	pty_say(b, answer, frame_close(answer, 3));
}

static void more(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t other[FRAME_MAX];

	memcpy(other, frame, n);
	other[5]++; /* of the count */
	pty_behave(b, other, n);
}

static void twice(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[2 * FRAME_MAX];
	size_t n_answer = pty_answer_to(answer, frame, n);

	memcpy(answer + n_answer, answer, n_answer);
	pty_say(b, answer, 2 * n_answer);
}

static void exception(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX] = {frame[0], frame[1] | PDU_EXCEPTION, 4};

	pty_say(b, answer, frame_close(answer, 3));
}

static void in_lumps(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];
	size_t n_answer = pty_answer_to(answer, frame, n);

	pty_say(b, answer, 2);
	pty_say_later(b, answer + 2, n_answer - 2, 5);
}

static const struct fault {
	const char *name;
	pty_handler handler;
	enum reason want;
} faults[] = {
	{"right", pty_behave, REASON_NONE},
	{"exception", exception, REASON_EXCEPTION},
	{"in lumps", in_lumps, REASON_NONE},
	{"damaged", damaged, REASON_CRC},
	{"noise", noise, REASON_MISMATCH},
	{"noise, then the answer", noise_then_answer, REASON_MISMATCH},
	{"another unit's", other_unit, REASON_MISMATCH},
	{"another function's", other_function, REASON_MISMATCH},
	{"no data", fewer, REASON_SHORT},
	{"more data", more, REASON_MISMATCH},
	{"twice", twice, REASON_CRC},
	{"truncated", truncated, REASON_SHORT},
	{"silence", silence, REASON_TIMEOUT},
};

static void each_fault_has_its_reason_and_the_line_recovers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		const struct fault *c = &faults[i];
		bool waits = c->want == REASON_TIMEOUT || c->handler == truncated;
		struct pty_bench b;

		pty_open(&b, c->handler, waits ? PTY_TIMEOUT_MS : PTY_PATIENCE_MS);
		modbus_rig_open(&b.rig);
		modbus_rig_read(&b.rig, 1);
		if (b.rig.readings[0].reason != c->want) {
			fail_msg("%s: reason %u", c->name, b.rig.readings[0].reason);
		}
		pty_check_good(&b);
		b.handler = pty_behave;
		b.rig.config.timeout_ms = PTY_PATIENCE_MS;
		for (int k = 0; k < 3 && modbus_rig_read(&b.rig, 1) != 0; k++) {
		}
		if (pty_check_good(&b) != 3) {
			fail_msg("%s: does not recover", c->name);
		}
		pty_close(&b);
	}
}

/* ---- the drain rule ---- */

static void answer_late(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	static const unsigned int tenths[] = {5, 12, 0, 30, 15, 50, 0, 20, 45, 9};
	uint8_t answer[FRAME_MAX];
	size_t n_answer = pty_answer_to(answer, frame, n);
	unsigned int delay = tenths[b->n_requests % ARRAY_SIZE(tenths)];

	pty_say_later(b, answer, n_answer, delay * PTY_TIMEOUT_MS / 10);
}

/* 0.5 to 5 times the timeout; all requests are of the same unit, function and length. */
static void late_answers_are_never_anothers(void **state)
{
	unsigned int n_good = 0;
	struct pty_bench b;

	(void)state;
	pty_open(&b, answer_late, PTY_TIMEOUT_MS);
	b.slack_ms = PTY_TIMEOUT_MS;
	b.rig.config.limits.max_turnaround_ms = 7 * PTY_TIMEOUT_MS;
	modbus_rig_open(&b.rig);
	for (int i = 0; i < 10; i++) {
		modbus_rig_read(&b.rig, 1);
		n_good += pty_check_good(&b);
	}
	b.handler = pty_behave;
	while (modbus_rig_read(&b.rig, 1) != 0) {
	}
	assert_true(b.rig.device->stats.late_answers > 0);
	assert_true(n_good > 0);
	pty_close(&b);
}

static void silent_device_costs_one_request(void **state)
{
	struct pty_bench b;

	(void)state;
	pty_open(&b, silence, PTY_TIMEOUT_MS);
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ETIMEDOUT);
	assert_int_equal(b.n_requests, 1);
	assert_int_equal(b.rig.readings[2].reason, REASON_TIMEOUT);
	pty_close(&b);
}

/* ---- writes and echoes ---- */

static void writes_are_answered_by_their_echo(void **state)
{
	struct pty_bench b;

	(void)state;
	pty_open(&b, pty_behave, PTY_PATIENCE_MS);
	modbus_rig_point(&b.rig, "holding:300", TYPE_FLOAT32, 0);
	modbus_rig_open(&b.rig);
	/* The line's first request is a write: it is asked for a register before. */
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), 0);
	assert_int_equal(b.n_requests, 2);
	assert_int_equal(modbus_rig_write(&b.rig, 3, value_real(7.5)), 0);
	assert_int_equal(b.n_requests, 3);
	assert_int_equal(b.n_writes, 2);
	pty_close(&b);
}

static void adapter_that_echoes_is_understood(void **state)
{
	struct pty_bench b;

	(void)state;
	pty_open(&b, pty_behave, PTY_PATIENCE_MS);
	b.echoes = true;
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(pty_check_good(&b), 3);
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), 0);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(pty_check_good(&b), 3);
	pty_close(&b);
}

static void write_with_an_exception(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	(frame[1] > PDU_READ_INPUT ? exception : pty_behave)(b, frame, n);
}

static void no_answer_to_a_write(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	(frame[1] > PDU_READ_INPUT ? silence : pty_behave)(b, frame, n);
}

/* The echo of a write is byte for byte what its answer would be. */
static void echo_of_a_write_is_no_success(void **state)
{
	struct pty_bench b;

	(void)state;
	pty_open(&b, no_answer_to_a_write, 5 * PTY_TIMEOUT_MS);
	b.echoes = true;
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), -ETIMEDOUT);
	assert_int_equal(b.n_writes, 1);
	b.handler = write_with_an_exception;
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), -EREMOTEIO);
	assert_int_equal(b.rig.code, 4);
	pty_close(&b);
}

/* ---- units, ends, descriptors ---- */

static void unit_2_is_dead(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	(frame[0] == 2 ? silence : pty_behave)(b, frame, n);
}

static void dead_unit_leaves_the_others_alive(void **state)
{
	struct device_config second;
	struct device *dead = NULL, *live;
	const char *why = "";
	struct pty_bench b;

	(void)state;
	pty_open(&b, unit_2_is_dead, PTY_PATIENCE_MS);
	modbus_rig_open(&b.rig);
	live = b.rig.device;
	second = b.rig.config;
	second.unit = 2;
	second.timeout_ms = PTY_TIMEOUT_MS;
	assert_int_equal(b.rig.driver->open(&dead, &b.rig.env, &second, &why), 0);
	for (int i = 0; i < 2; i++) {
		b.rig.device = dead;
		assert_int_equal(modbus_rig_probe(&b.rig), -ETIMEDOUT);
		b.rig.device = live;
		assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
		assert_int_equal(pty_check_good(&b), 3);
	}
	b.rig.driver->close(dead);
	pty_close(&b);
}

static void line_with_other_settings_is_refused(void **state)
{
	struct device_config second;
	struct device *device = NULL;
	char address[96];
	const char *why = NULL;
	struct pty_bench b;

	(void)state;
	pty_open(&b, pty_behave, PTY_PATIENCE_MS);
	modbus_rig_open(&b.rig);
	second = b.rig.config;
	snprintf(address, sizeof(address), "rtu://%s?baud=9600", b.path);
	second.address = address;
	assert_int_equal(b.rig.driver->open(&device, &b.rig.env, &second, &why), -EINVAL);
	assert_non_null(why);
	pty_close(&b);
}

static int count_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++) {
		n += fcntl(fd, F_GETFD) >= 0;
	}
	return n;
}

static void adapter_that_goes_comes_back_by_its_path(void **state)
{
	struct pty_bench b;
	int n_before;

	(void)state;
	pty_open(&b, pty_behave, PTY_PATIENCE_MS);
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	n_before = count_descriptors();
	pty_unplug(&b);
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ECONNREFUSED);
	assert_int_equal(b.rig.readings[0].reason, REASON_RESET);
	assert_int_equal(b.rig.readings[1].reason, REASON_REFUSED);
	pty_plug(&b);
	while (modbus_rig_read(&b.rig, 1) != 0) { /* the back-off is refused at once */
		uv_run(&b.rig.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(pty_check_good(&b), 3);
	assert_int_equal(count_descriptors(), n_before);
	pty_close(&b);
}

/* A pseudo terminal knows no RS-485: the ioctls are ours. */
static struct serial_rs485 port_mode, set_mode;
static bool has_rs485;

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, void *arg);

int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	if (!has_rs485 || (request != TIOCGRS485 && request != TIOCSRS485)) {
		return __real_ioctl(fd, request, arg);
	}
	if (request == TIOCGRS485) {
		memcpy(arg, &port_mode, sizeof(port_mode));
	} else {
		memcpy(&set_mode, arg, sizeof(set_mode));
	}
	return 0;
}

static int read_by_rs485(uint32_t flags)
{
	struct pty_bench b;
	char address[96];
	int err;

	port_mode = (struct serial_rs485){.flags = flags, .delay_rts_before_send = 3};
	memset(&set_mode, 0, sizeof(set_mode));
	pty_open(&b, pty_behave, PTY_PATIENCE_MS);
	snprintf(address, sizeof(address), "rtu://%s?baud=115200&rs485=1", b.path);
	b.rig.config.address = address;
	modbus_rig_open(&b.rig);
	err = modbus_rig_read(&b.rig, 1);
	pty_close(&b);
	return err;
}

static void rs485_is_the_kernels_with_what_it_knows_of_the_line(void **state)
{
	(void)state;
	has_rs485 = true;
	assert_int_equal(read_by_rs485(0), 0);
	assert_int_equal(set_mode.flags, SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND);
	assert_int_equal(set_mode.delay_rts_before_send, 3);
	assert_int_equal(read_by_rs485(SER_RS485_RTS_AFTER_SEND), 0);
	assert_int_equal(set_mode.flags, SER_RS485_ENABLED | SER_RS485_RTS_AFTER_SEND);
	has_rs485 = false;
	assert_int_equal(read_by_rs485(0), -ECONNREFUSED);
}

static void line_that_is_not_there_is_refused(void **state)
{
	struct modbus_rig rig;

	(void)state;
	modbus_rig_init(&rig, "rtu:///nonexistent/tty");
	modbus_rig_point(&rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_open(&rig); /* away is no error */
	assert_int_equal(modbus_rig_read(&rig, 1), -ECONNREFUSED);
	assert_int_equal(modbus_rig_write(&rig, 0, value_real(1)), -ECONNREFUSED);
	assert_int_equal(rig.device->stats.requests, 0);
	modbus_rig_fini(&rig);
}

static void closing_does_not_wait_for_the_line(void **state)
{
	struct pty_bench b;

	(void)state;
	pty_open(&b, silence, 60000);
	modbus_rig_open(&b.rig);
	modbus_rig_start(&b.rig, 1);
	while (b.n_requests == 0) {
		loop_turn(&b.rig.loop);
	}
	pty_close(&b);
	assert_int_equal(b.rig.err, -ECANCELED);
}

/* select() would end the process there. */
static void descriptor_beyond_fd_setsize_works(void **state)
{
	struct rlimit limit, more_files;
	int *fds = calloc(FD_SETSIZE, sizeof(*fds));
	struct pty_bench b;

	(void)state;
	assert_non_null(fds);
	getrlimit(RLIMIT_NOFILE, &limit);
	more_files = limit;
	more_files.rlim_cur = FD_SETSIZE + 64;
	if (more_files.rlim_cur > limit.rlim_max ||
	    setrlimit(RLIMIT_NOFILE, &more_files)) {
		free(fds);
		skip();
	}
	pty_open(&b, pty_behave, PTY_PATIENCE_MS);
	modbus_rig_open(&b.rig);
	for (int i = 0; i < FD_SETSIZE; i++) {
		fds[i] = dup(b.slave);
	}
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(pty_check_good(&b), 3);
	for (int i = 0; i < FD_SETSIZE; i++) {
		close(fds[i]);
	}
	pty_close(&b);
	setrlimit(RLIMIT_NOFILE, &limit);
	free(fds);
}

static void answer_after_30_ms(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];

	pty_say_later(b, answer, pty_answer_to(answer, frame, n), 30);
}

/* At 115200 baud 99 registers take 19 ms: too long beside a request's own time, until it
 * shows what the device needs for one. */
static void requests_are_planned_for_what_they_cost(void **state)
{
	struct pty_bench b;

	(void)state;
	pty_open(&b, answer_after_30_ms, PTY_PATIENCE_MS);
	b.rig.config.limits.max_gap = 124;
	modbus_rig_open(&b.rig);
	for (int i = 0; i < COST_SAMPLES / 3; i++) {
		assert_int_equal(b.rig.device->measured_us, 0);
		assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	}
	assert_int_equal(b.n_requests, COST_SAMPLES);
	assert_in_range(b.rig.device->measured_us, 28000, 500000);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(b.n_requests, COST_SAMPLES + 2);
	assert_int_equal(b.rig.device->stats.n_blocks, 2);
	assert_int_equal(pty_check_good(&b), 3);
	pty_close(&b);
}

/* Any fault at any time: what is accepted is right. */
static void misbehave(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	size_t i = (size_t)rand() % (2 * ARRAY_SIZE(faults));

	if (i < ARRAY_SIZE(faults) && faults[i].handler != in_lumps) {
		faults[i].handler(b, frame, n);
	} else {
		pty_behave(b, frame, n);
	}
}

static void nothing_wrong_is_ever_accepted(void **state)
{
	unsigned int n_good = 0;
	struct pty_bench b;

	(void)state;
	srand(7);
	pty_open(&b, misbehave, PTY_TIMEOUT_MS);
	b.slack_ms = PTY_TIMEOUT_MS;
	modbus_rig_open(&b.rig);
	for (int i = 0; i < 40; i++) {
		modbus_rig_read(&b.rig, 1);
		n_good += pty_check_good(&b);
	}
	assert_true(n_good > 10);
	pty_close(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_has_its_reason_and_the_line_recovers),
		cmocka_unit_test(late_answers_are_never_anothers),
		cmocka_unit_test(silent_device_costs_one_request),
		cmocka_unit_test(writes_are_answered_by_their_echo),
		cmocka_unit_test(adapter_that_echoes_is_understood),
		cmocka_unit_test(echo_of_a_write_is_no_success),
		cmocka_unit_test(dead_unit_leaves_the_others_alive),
		cmocka_unit_test(line_with_other_settings_is_refused),
		cmocka_unit_test(adapter_that_goes_comes_back_by_its_path),
		cmocka_unit_test(rs485_is_the_kernels_with_what_it_knows_of_the_line),
		cmocka_unit_test(line_that_is_not_there_is_refused),
		cmocka_unit_test(closing_does_not_wait_for_the_line),
		cmocka_unit_test(descriptor_beyond_fd_setsize_works),
		cmocka_unit_test(requests_are_planned_for_what_they_cost),
		cmocka_unit_test(nothing_wrong_is_ever_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
