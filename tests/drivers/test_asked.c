/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "drivers/asked.h"

/* What happened, a letter each: b brought, d done, p probed, c closed. */
struct bench {
	uv_loop_t loop;
	uint32_t periods_ms[2];
	struct device_config config;
	struct asked asked;
	int error; /* of the connection */
	char log[16];
	int read_err, probe_err;
};

static void note(struct bench *b, char what)
{
	size_t n = strlen(b->log);

	assert_in_range(n, 0, sizeof(b->log) - 2);
	b->log[n] = what;
}

static int on_error(void *arg)
{
	struct bench *b = arg;

	return b->error;
}

static void on_bring(void *arg)
{
	note(arg, 'b');
}

static void on_closed(void *arg)
{
	note(arg, 'c');
}

static void on_done(void *arg, int err)
{
	struct bench *b = arg;

	b->read_err = err;
	note(b, 'd');
}

static void on_probed(void *arg, int err)
{
	struct bench *b = arg;

	b->probe_err = err;
	note(b, 'p');
}

static void set_up(struct bench *b, int error)
{
	*b = (struct bench){.periods_ms = {1000, 2000}, .error = error};
	b->config.periods_ms = b->periods_ms;
	b->config.n_periods = 2;
	b->config.timeout_ms = 20;
	assert_int_equal(uv_loop_init(&b->loop), 0);
	asked_open(&b->asked, &b->loop, &b->config,
	           &(struct asked_hooks){on_error, on_bring, on_closed, b});
}

static void tear_down(struct bench *b)
{
	asked_close(&b->asked);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(b->log[strlen(b->log) - 1], 'c');
	assert_int_equal(uv_loop_close(&b->loop), 0);
}

static int read_due(struct bench *b, uint32_t due)
{
	return asked_read(&b->asked, due, &(struct read_sink){.done = on_done, .arg = b});
}

static void read_is_answered_after_the_call_with_what_has_come(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 0);
	assert_int_equal(read_due(&b, 3), 0);
	assert_string_equal(b.log, "");
	assert_int_equal(b.asked.due, 3);
	assert_int_equal(read_due(&b, 1), -EBUSY);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_string_equal(b.log, "bd");
	assert_int_equal(b.read_err, 0);
	tear_down(&b);
}

static void probe_is_answered_before_a_read(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, -ECONNREFUSED);
	assert_int_equal(read_due(&b, 1), 0);
	assert_int_equal(asked_probe(&b.asked, on_probed, &b), 0);
	assert_int_equal(asked_probe(&b.asked, on_probed, &b), -EBUSY);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_string_equal(b.log, "pbd");
	assert_int_equal(b.read_err, -ECONNREFUSED);
	assert_int_equal(b.probe_err, -ECONNREFUSED);
	tear_down(&b);
}

/* While the first connection is being made: a timeout, or its news. */
static void first_connection_is_waited_for(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, -EINPROGRESS);
	assert_int_equal(asked_probe(&b.asked, on_probed, &b), 0);
	assert_int_equal(uv_timer_get_repeat(&b.asked.timer), 0);
	assert_true(uv_timer_get_due_in(&b.asked.timer) > 0);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_string_equal(b.log, "p");
	assert_int_equal(b.probe_err, -ETIMEDOUT);
	assert_int_equal(asked_probe(&b.asked, on_probed, &b), 0);
	b.error = 0;
	asked_changed(&b.asked);
	assert_true(uv_timer_get_due_in(&b.asked.timer) == 0);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_string_equal(b.log, "pp");
	assert_int_equal(b.probe_err, 0);
	tear_down(&b);
}

/* Else tags without a period would be read as fast as the loop turns. */
static void read_of_the_fastest_takes_its_time(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 0);
	b.periods_ms[0] = 0;
	assert_int_equal(read_due(&b, 1), 0);
	assert_true(uv_timer_get_due_in(&b.asked.timer) > 0);
	asked_close(&b.asked);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&b.loop), 0);
	set_up(&b, 0);
	b.periods_ms[0] = 0;
	assert_int_equal(read_due(&b, 2), 0);
	assert_true(uv_timer_get_due_in(&b.asked.timer) == 0);
	tear_down(&b);
}

static void who_waits_hears_of_the_end_and_gets_nothing(void **state)
{
	struct bench b;

	(void)state;
	set_up(&b, 0);
	assert_int_equal(read_due(&b, 1), 0);
	assert_int_equal(asked_probe(&b.asked, on_probed, &b), 0);
	asked_close(&b.asked);
	assert_string_equal(b.log, "pd");
	assert_int_equal(b.read_err, -ECANCELED);
	assert_int_equal(b.probe_err, -ECANCELED);
	uv_run(&b.loop, UV_RUN_DEFAULT);
	assert_string_equal(b.log, "pdc");
	assert_int_equal(uv_loop_close(&b.loop), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_is_answered_after_the_call_with_what_has_come),
		cmocka_unit_test(probe_is_answered_before_a_read),
		cmocka_unit_test(first_connection_is_waited_for),
		cmocka_unit_test(read_of_the_fastest_takes_its_time),
		cmocka_unit_test(who_waits_hears_of_the_end_and_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
