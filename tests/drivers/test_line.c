/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets the time of a serial line: dead units, slow units, a line that is away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tests/drivers/pty_bench.h"
#include "tests/loop_wait.h"

static void answer_nothing(struct pty_bench *b, const uint8_t *frame, size_t n)
{
}

static void unit_2_is_dead(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	if (frame[0] != 2) {
		pty_behave(b, frame, n);
	}
}

static uint64_t ms_since(uint64_t began_ns)
{
	return (uv_hrtime() - began_ns) / 1000000;
}

static struct device *open_unit(struct pty_bench *b, struct device_config *config,
                                uint8_t unit, uint32_t timeout_ms)
{
	struct device *device = NULL;
	const char *why = "";

	*config = b->rig.config;
	config->unit = unit;
	config->timeout_ms = timeout_ms;
	assert_int_equal(b->rig.driver->open(&device, &b->rig.env, config, &why), 0);
	return device;
}

struct asked {
	bool done;
	int err;
};

static void on_asked(void *arg, int err)
{
	struct asked *asked = arg;

	asked->done = true;
	asked->err = err;
}

/* The second probe must wait for its budget, and no read waits for it. */
static void probes_of_dead_units_get_a_25th(void **state)
{
	struct device_config second;
	struct device *dead;
	struct asked asked = {0};
	struct pty_bench b;
	uint64_t began_ns;
	unsigned int n_reads = 0;

	(void)state;
	pty_open(&b, unit_2_is_dead, PTY_PATIENCE_MS);
	modbus_rig_open(&b.rig);
	dead = open_unit(&b, &second, 2, PTY_TIMEOUT_MS);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	began_ns = uv_hrtime();
	for (int i = 0; i < 2; i++) {
		asked.done = false;
		assert_int_equal(b.rig.driver->probe(dead, on_asked, &asked), 0);
		while (!asked.done) {
			assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
			n_reads++;
		}
		assert_int_equal(asked.err, -ETIMEDOUT);
	}
	/* 24 times what a probe costs: its timeout and max_turnaround. */
	assert_true(ms_since(began_ns) >= 24 * 3 * PTY_TIMEOUT_MS);
	assert_true(n_reads > 20);
	b.rig.driver->close(dead);
	pty_close(&b);
}

/* Where all are dead there is nobody to be held up: after a power cut they are soon found
 * again. */
static void probes_do_not_wait_where_nobody_answers(void **state)
{
	struct pty_bench b;
	uint64_t began_ns;

	(void)state;
	pty_open(&b, pty_behave, PTY_TIMEOUT_MS);
	modbus_rig_open(&b.rig);
	while (modbus_rig_read(&b.rig, 1) != 0) {
	}
	b.handler = answer_nothing;
	began_ns = uv_hrtime();
	for (int i = 0; i < 5; i++) {
		assert_int_equal(modbus_rig_probe(&b.rig), -ETIMEDOUT);
	}
	assert_true(ms_since(began_ns) < 24 * 3 * PTY_TIMEOUT_MS);
	pty_close(&b);
}

/* Counts what each unit asked for; unit 2 takes 20 ms for an answer. */
static unsigned int n_asked[3];

static void unit_2_is_slow(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];

	n_asked[frame[0]]++;
	if (frame[0] == 2) {
		pty_say_later(b, answer, pty_answer_to(answer, frame, n), 20);
	} else {
		pty_behave(b, frame, n);
	}
}

static void on_block(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
}

/* Both want the line all the time: unit 1 is asked far more often than unit 2. */
static void slow_unit_gets_its_share_and_not_the_line(void **state)
{
	struct device_config second;
	struct asked asked = {.done = true};
	const struct read_sink sink = {on_block, on_asked, &asked};
	struct device *slow;
	struct pty_bench b;

	(void)state;
	memset(n_asked, 0, sizeof(n_asked));
	pty_open(&b, unit_2_is_slow, PTY_PATIENCE_MS);
	modbus_rig_open(&b.rig);
	slow = open_unit(&b, &second, 2, PTY_PATIENCE_MS);
	while (n_asked[2] < 9) {
		if (asked.done) {
			asked.done = false;
			assert_int_equal(b.rig.driver->read(slow, 1, &sink), 0);
		}
		assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	}
	/* Turn by turn it would be as often. */
	assert_true(n_asked[1] > 2 * n_asked[2]);
	b.rig.driver->close(slow);
	pty_close(&b);
}

/* F36: the probe is asked as soon as the line is back, whatever the poller's back-off. */
static void probe_waits_for_the_line_to_come_back(void **state)
{
	struct asked asked = {0};
	struct pty_bench b;
	uint64_t plugged_ns;

	(void)state;
	pty_open(&b, pty_behave, PTY_PATIENCE_MS);
	modbus_rig_open(&b.rig);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	pty_unplug(&b);
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ECONNREFUSED);
	assert_int_equal(b.rig.driver->probe(b.rig.device, on_asked, &asked), 0);
	for (uint64_t away_ns = uv_hrtime(); ms_since(away_ns) < 700;) {
		loop_turn(&b.rig.loop); /* an attempt to open it has failed meanwhile */
	}
	assert_false(asked.done);
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ECONNREFUSED); /* that does not */
	pty_plug(&b);
	plugged_ns = uv_hrtime();
	while (!asked.done) {
		loop_turn(&b.rig.loop);
	}
	assert_int_equal(asked.err, 0);
	assert_true(ms_since(plugged_ns) <= 5000);
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(pty_check_good(&b), 3);
	pty_close(&b);
}

static void closing_ends_a_probe_that_waits(void **state)
{
	struct asked asked = {0};
	struct pty_bench b;

	(void)state;
	pty_open(&b, pty_behave, PTY_TIMEOUT_MS);
	modbus_rig_open(&b.rig);
	while (modbus_rig_probe(&b.rig) != 0) {
	}
	b.handler = answer_nothing;
	assert_int_equal(modbus_rig_probe(&b.rig), -ETIMEDOUT);
	assert_int_equal(b.rig.driver->probe(b.rig.device, on_asked, &asked), 0);
	loop_turn(&b.rig.loop);
	pty_close(&b);
	assert_true(asked.done);
	assert_int_equal(asked.err, -ECANCELED);
}

/* The answer must begin in 10 ms; once it has, it has all its time. */
static void in_lumps(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];
	size_t n_answer = pty_answer_to(answer, frame, n);

	pty_say(b, answer, 2);
	pty_say_later(b, answer + 2, n_answer - 2, 5 * PTY_TIMEOUT_MS);
}

static void answer_that_does_not_begin_is_not_waited_for(void **state)
{
	struct pty_bench b;
	uint64_t began_ns;

	(void)state;
	pty_open(&b, answer_nothing, PTY_PATIENCE_MS);
	b.rig.config.limits.first_byte_ms = PTY_TIMEOUT_MS;
	modbus_rig_open(&b.rig);
	began_ns = uv_hrtime();
	assert_int_equal(modbus_rig_read(&b.rig, 1), -ETIMEDOUT);
	assert_true(ms_since(began_ns) < PTY_PATIENCE_MS / 2);
	b.handler = in_lumps;
	assert_int_equal(modbus_rig_read(&b.rig, 1), 0);
	assert_int_equal(pty_check_good(&b), 3);
	pty_close(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_of_dead_units_get_a_25th),
		cmocka_unit_test(probes_do_not_wait_where_nobody_answers),
		cmocka_unit_test(slow_unit_gets_its_share_and_not_the_line),
		cmocka_unit_test(probe_waits_for_the_line_to_come_back),
		cmocka_unit_test(closing_ends_a_probe_that_waits),
		cmocka_unit_test(answer_that_does_not_begin_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
