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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "drivers/modbus/frame.h"
#include "drivers/modbus/pdu.h"
#include "tests/drivers/modbus_rig.h"
#include "tests/loop_wait.h"

enum {
	TIMEOUT_MS = 10, /* where the test is about silence */
	PATIENCE_MS = 2000,
	DELAYED_MAX = 64,
};

struct bench;

/** @param frame  a request of n bytes, CRC included and right */
typedef void (*line_handler)(struct bench *b, const uint8_t *frame, size_t n);

/* Bytes that go out later. */
struct delayed {
	uv_timer_t timer;
	struct bench *bench;
	uint8_t bytes[FRAME_MAX];
	size_t n;
};

struct bench {
	struct modbus_rig rig;
	char dir[32], path[48]; /* a link to the line, as /dev/serial/by-id has them */
	int master, slave; /* slave is kept open, so that the master never hangs up */
	uv_poll_t poll;
	line_handler handler;
	uint8_t in[4 * FRAME_MAX];
	size_t n_in;
	unsigned int n_requests, n_writes;
	bool echoes;
	struct delayed delayed[DELAYED_MAX];
	size_t n_delayed;
};

/* ---- the other end ---- */

static uint16_t register_of(uint8_t unit, uint16_t address)
{
	return (uint16_t)(unit * 4096 ^ address ^ 0x0a5c);
}

static void say(struct bench *b, const uint8_t *bytes, size_t n)
{
	assert_int_equal(write(b->master, bytes, n), n);
}

/* The right answer to a request.  @return its bytes */
static size_t answer_to(uint8_t *answer, const uint8_t *frame, size_t n)
{
	uint16_t words[PDU_READ_REGISTERS_MAX];
	struct pdu_request request;
	size_t n_pdu;

	assert_int_equal(pdu_parse_request(&request, frame + 1, n - 3), 0);
	answer[0] = frame[0];
	if (request.function > PDU_READ_INPUT) {
		n_pdu = pdu_answer_write(answer + 1, &request);
	} else {
		for (uint16_t i = 0; i < request.count; i++) {
			words[i] = register_of(frame[0], (uint16_t)(request.address + i));
		}
		n_pdu = pdu_answer_registers(answer + 1, &request, words);
	}
	return frame_close(answer, 1 + n_pdu);
}

static void behave(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];

	say(b, answer, answer_to(answer, frame, n));
}

static size_t request_length(const uint8_t *bytes, size_t n)
{
	if (n < 8) {
		return SIZE_MAX;
	}
	return bytes[1] == PDU_WRITE_REGISTERS ? 9U + bytes[6] : 8;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct bench *b = poll->data;
	ssize_t n = read(b->master, b->in + b->n_in, sizeof(b->in) - b->n_in);

	b->n_in += n > 0 ? (size_t)n : 0;
	while (request_length(b->in, b->n_in) <= b->n_in) {
		uint8_t frame[FRAME_MAX];
		size_t n_frame = request_length(b->in, b->n_in);

		memcpy(frame, b->in, n_frame);
		b->n_in -= n_frame;
		memmove(b->in, b->in + n_frame, b->n_in);
		assert_true(
			frame_intact(frame, n_frame)); /* nothing was sent into noise */
		b->n_requests++;
		b->n_writes += frame[1] > PDU_READ_INPUT;
		if (b->echoes) {
			say(b, frame, n_frame);
		}
		b->handler(b, frame, n_frame);
	}
}

static void on_due(uv_timer_t *timer)
{
	struct delayed *d = timer->data;

	say(d->bench, d->bytes, d->n);
}

static void say_later(struct bench *b, const uint8_t *bytes, size_t n, uint64_t after_ms)
{
	struct delayed *d = &b->delayed[b->n_delayed++];

	assert_in_range(b->n_delayed, 1, DELAYED_MAX);
	uv_timer_init(&b->rig.loop, &d->timer);
	d->timer.data = d;
	d->bench = b;
	d->n = n;
	memcpy(d->bytes, bytes, n);
	uv_timer_start(&d->timer, on_due, after_ms, 0);
}

/* ---- the bench ---- */

static void plug(struct bench *b)
{
	char name[64];

	b->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(b->master >= 0);
	assert_int_equal(grantpt(b->master), 0);
	assert_int_equal(unlockpt(b->master), 0);
	assert_int_equal(ptsname_r(b->master, name, sizeof(name)), 0);
	b->slave = open(name, O_RDWR | O_NOCTTY);
	assert_true(b->slave >= 0);
	assert_int_equal(symlink(name, b->path), 0);
	assert_int_equal(uv_poll_init(&b->rig.loop, &b->poll, b->master), 0);
	b->poll.data = b;
	uv_poll_start(&b->poll, UV_READABLE, on_readable);
}

static void unplug(struct bench *b)
{
	uv_close((uv_handle_t *)&b->poll, NULL);
	uv_run(&b->rig.loop, UV_RUN_NOWAIT);
	close(b->slave);
	close(b->master);
	unlink(b->path);
}

static void set_up(struct bench *b, line_handler handler, uint32_t timeout_ms)
{
	memset(b, 0, sizeof(*b));
	modbus_rig_init(&b->rig, "");
	snprintf(b->dir, sizeof(b->dir), "/tmp/line.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/tty", b->dir);
	snprintf(b->rig.address, sizeof(b->rig.address), "rtu://%s?baud=115200", b->path);
	b->handler = handler;
	b->rig.config.timeout_ms = timeout_ms;
	b->rig.config.limits.max_turnaround_ms = 2 * TIMEOUT_MS;
	plug(b);
	modbus_rig_point(&b->rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_point(&b->rig, "holding:100", TYPE_UINT16, 0);
	modbus_rig_point(&b->rig, "holding:200", TYPE_UINT16, 0);
}

static void tear_down(struct bench *b)
{
	modbus_rig_close(&b->rig);
	for (size_t i = 0; i < b->n_delayed; i++) {
		uv_close((uv_handle_t *)&b->delayed[i].timer, NULL);
	}
	unplug(b);
	modbus_rig_fini(&b->rig);
	assert_int_equal(rmdir(b->dir), 0);
}

/* What is good must be right. @return how many were good */
static unsigned int check_good(const struct bench *b)
{
	unsigned int n_good = 0;

	for (size_t i = 0; i < b->rig.config.n_points; i++) {
		const struct reading *r = &b->rig.readings[i];

		if (r->quality == QUALITY_GOOD) {
			n_good++;
			assert_int_equal(r->value.u64,
			                 register_of(b->rig.config.unit,
			                             (uint16_t)b->rig.points[i].address));
		}
	}
	return n_good;
}

/* ---- what the other end may do to one answer ---- */

static void silence(struct bench *b, const uint8_t *frame, size_t n)
{
}

static void damaged(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];
	size_t n_answer = answer_to(answer, frame, n);

	answer[3] ^= 0x10;
	say(b, answer, n_answer);
}

static void noise(struct bench *b, const uint8_t *frame, size_t n)
{
	static const uint8_t bytes[] = {0xff, 0x00, 0x7e, 0x81, 0x03, 0x02, 0x00};

	say(b, bytes, sizeof(bytes));
}

static void noise_then_answer(struct bench *b, const uint8_t *frame, size_t n)
{
	noise(b, frame, n);
	behave(b, frame, n);
}

static void truncated(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];

	say(b, answer, answer_to(answer, frame, n) - 2);
}

static void other_unit(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t other[FRAME_MAX];

	memcpy(other, frame, n);
	other[0]++;
	behave(b, other, n);
}

static void other_function(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t other[FRAME_MAX];

	memcpy(other, frame, n);
	other[1] = PDU_READ_INPUT;
	behave(b, other, n);
}

static void fewer(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX] = {frame[0], frame[1], 0};

	say(b, answer, frame_close(answer, 3));
}

static void more(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t other[FRAME_MAX];

	memcpy(other, frame, n);
	other[5]++; /* of the count */
	behave(b, other, n);
}

static void twice(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[2 * FRAME_MAX];
	size_t n_answer = answer_to(answer, frame, n);

	memcpy(answer + n_answer, answer, n_answer);
	say(b, answer, 2 * n_answer);
}

static void exception(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX] = {frame[0], frame[1] | PDU_EXCEPTION, 4};

	say(b, answer, frame_close(answer, 3));
}

static void in_lumps(struct bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];
	size_t n_answer = answer_to(answer, frame, n);

	say(b, answer, 2);
	say_later(b, answer + 2, n_answer - 2, 5);
}

static const struct fault {
	const char *name;
	line_handler handler;
	enum reason want;
} faults[] = {
	{"right", behave, REASON_NONE},
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
		struct bench b;

		set_up(&b, c->handler, waits ? TIMEOUT_MS : PATIENCE_MS);
		modbus_rig_open(&b.rig);
		modbus_rig_read(&b.rig, 1);
		if (b.rig.readings[0].reason != c->want) {
			fail_msg("%s: reason %u", c->name, b.rig.readings[0].reason);
		}
		check_good(&b);
		b.handler = behave;
		b.rig.config.timeout_ms = PATIENCE_MS;
		for (int k = 0; k < 3 && modbus_rig_read(&b.rig, 1) != 0; k++) {
		}
		if (check_good(&b) != 3) {
			fail_msg("%s: does not recover", c->name);
		}
		tear_down(&b);
	}
}

/* ---- the drain rule ---- */

static void answer_late(struct bench *b, const uint8_t *frame, size_t n)
{
	static const unsigned int tenths[] = {5, 12, 0, 30, 15, 50, 0, 20, 45, 9};
	uint8_t answer[FRAME_MAX];
	size_t n_answer = answer_to(answer, frame, n);
	unsigned int delay = tenths[b->n_requests % ARRAY_SIZE(tenths)];

	say_later(b, answer, n_answer, delay * TIMEOUT_MS / 10);
}

/* 0.5 to 5 times the timeout; all requests are of the same unit, function and length. */
static void late_answers_are_never_anothers(void **state)
{
	unsigned int n_good = 0;
	struct bench b;

	(void)state;
	set_up(&b, answer_late, TIMEOUT_MS);
	b.rig.config.limits.max_turnaround_ms = 5 * TIMEOUT_MS;
	modbus_rig_open(&b.rig);
	for (int i = 0; i < 10; i++) {
		modbus_rig_read(&b.rig, 1);
		n_good += check_good(&b);
	}
	b.handler = behave;
	while (modbus_rig_read(&b.rig, 1) != 0) {
	}
	assert_true(b.rig.device->stats.late_answers > 0);
	assert_true(n_good > 0);
	tear_down(&b);
}

static void silent_device_costs_one_request(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, silence, TIMEOUT_MS);
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ETIMEDOUT);
	assert_int_equal(b.n_requests, 1);
	assert_int_equal(b.rig.readings[2].reason, REASON_TIMEOUT);
	tear_down(&b);
}

/* ---- writes and echoes ---- */

static void writes_are_answered_by_their_echo(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, behave, PATIENCE_MS);
	modbus_rig_point(&b.rig, "holding:300", TYPE_FLOAT32, 0);
	modbus_rig_open(&b.rig);
	/* The line's first request is a write: it is asked for a register before. */
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), 0);
	assert_int_equal(b.n_requests, 2);
	assert_int_equal(modbus_rig_write(&b.rig, 3, value_real(7.5)), 0);
	assert_int_equal(b.n_requests, 3);
	assert_int_equal(b.n_writes, 2);
	tear_down(&b);
}

static void adapter_that_echoes_is_understood(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, behave, PATIENCE_MS);
	b.echoes = true;
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(check_good(&b), 3);
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), 0);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(check_good(&b), 3);
	tear_down(&b);
}

static void write_with_an_exception(struct bench *b, const uint8_t *frame, size_t n)
{
	(frame[1] > PDU_READ_INPUT ? exception : behave)(b, frame, n);
}

static void no_answer_to_a_write(struct bench *b, const uint8_t *frame, size_t n)
{
	(frame[1] > PDU_READ_INPUT ? silence : behave)(b, frame, n);
}

/* The echo of a write is byte for byte what its answer would be. */
static void echo_of_a_write_is_no_success(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, no_answer_to_a_write, 5 * TIMEOUT_MS);
	b.echoes = true;
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), -ETIMEDOUT);
	assert_int_equal(b.n_writes, 1);
	b.handler = write_with_an_exception;
	assert_int_equal(modbus_rig_write(&b.rig, 0, value_real(7)), -EREMOTEIO);
	assert_int_equal(b.rig.code, 4);
	tear_down(&b);
}

/* ---- units, ends, descriptors ---- */

static void unit_2_is_dead(struct bench *b, const uint8_t *frame, size_t n)
{
	(frame[0] == 2 ? silence : behave)(b, frame, n);
}

static void dead_unit_leaves_the_others_alive(void **state)
{
	struct device_config second;
	struct device *dead = NULL, *live;
	const char *why = "";
	struct bench b;

	(void)state;
	set_up(&b, unit_2_is_dead, PATIENCE_MS);
	modbus_rig_open(&b.rig);
	live = b.rig.device;
	second = b.rig.config;
	second.unit = 2;
	second.timeout_ms = TIMEOUT_MS;
	assert_int_equal(b.rig.driver->open(&dead, &b.rig.env, &second, &why), 0);
	for (int i = 0; i < 3; i++) {
		b.rig.device = dead;
		assert_int_equal(modbus_rig_probe(&b.rig), -ETIMEDOUT);
		b.rig.device = live;
		assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
		assert_int_equal(check_good(&b), 3);
	}
	b.rig.driver->close(dead);
	tear_down(&b);
}

static void line_with_other_settings_is_refused(void **state)
{
	struct device_config second;
	struct device *device = NULL;
	char address[96];
	const char *why = NULL;
	struct bench b;

	(void)state;
	set_up(&b, behave, PATIENCE_MS);
	modbus_rig_open(&b.rig);
	second = b.rig.config;
	snprintf(address, sizeof(address), "rtu://%s?baud=9600", b.path);
	second.address = address;
	assert_int_equal(b.rig.driver->open(&device, &b.rig.env, &second, &why), -EINVAL);
	assert_non_null(why);
	tear_down(&b);
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
	struct bench b;
	int n_before;

	(void)state;
	set_up(&b, behave, PATIENCE_MS);
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	n_before = count_descriptors();
	unplug(&b);
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ECONNREFUSED);
	assert_int_equal(b.rig.readings[0].reason, REASON_RESET);
	assert_int_equal(b.rig.readings[1].reason, REASON_REFUSED);
	assert_int_equal(modbus_rig_probe(&b.rig), -ECONNREFUSED);
	plug(&b);
	while (modbus_rig_read(&b.rig, 1) != 0) { /* the back-off is refused at once */
		uv_run(&b.rig.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(check_good(&b), 3);
	assert_int_equal(count_descriptors(), n_before);
	tear_down(&b);
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
	struct bench b;

	(void)state;
	set_up(&b, silence, 60000);
	modbus_rig_open(&b.rig);
	modbus_rig_start(&b.rig, 1);
	while (b.n_requests == 0) {
		loop_turn(&b.rig.loop);
	}
	tear_down(&b);
	assert_int_equal(b.rig.err, -ECANCELED);
}

/* select() would end the process there. */
static void descriptor_beyond_fd_setsize_works(void **state)
{
	struct rlimit limit, more_files;
	int *fds = calloc(FD_SETSIZE, sizeof(*fds));
	struct bench b;

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
	set_up(&b, behave, PATIENCE_MS);
	modbus_rig_open(&b.rig);
	for (int i = 0; i < FD_SETSIZE; i++) {
		fds[i] = dup(b.slave);
	}
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(check_good(&b), 3);
	for (int i = 0; i < FD_SETSIZE; i++) {
		close(fds[i]);
	}
	tear_down(&b);
	setrlimit(RLIMIT_NOFILE, &limit);
	free(fds);
}

/* Any fault at any time: what is accepted is right. */
static void misbehave(struct bench *b, const uint8_t *frame, size_t n)
{
	size_t i = (size_t)rand() % (2 * ARRAY_SIZE(faults));

	if (i < ARRAY_SIZE(faults) && faults[i].handler != in_lumps) {
		faults[i].handler(b, frame, n);
	} else {
		behave(b, frame, n);
	}
}

static void nothing_wrong_is_ever_accepted(void **state)
{
	unsigned int n_good = 0;
	struct bench b;

	(void)state;
	srand(7);
	set_up(&b, misbehave, TIMEOUT_MS);
	modbus_rig_open(&b.rig);
	for (int i = 0; i < 40; i++) {
		modbus_rig_read(&b.rig, 1);
		n_good += check_good(&b);
	}
	assert_true(n_good > 10);
	tear_down(&b);
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
		cmocka_unit_test(line_that_is_not_there_is_refused),
		cmocka_unit_test(closing_does_not_wait_for_the_line),
		cmocka_unit_test(descriptor_beyond_fd_setsize_works),
		cmocka_unit_test(nothing_wrong_is_ever_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
