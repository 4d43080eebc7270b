/* SPDX-License-Identifier: Apache-2.0 */
/* The door to the machine (gateway/command.h) before a scripted device. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/command.h"
#include "tests/gateway/complained.h"

static const char yaml[] =
	"gateway: {id: g, state_dir: /tmp}\n"
	"devices:\n"
	"  - id: pump\n"
	"    driver: modbus\n"
	"    address: tcp://127.0.0.1\n"
	"    timeout: 500ms\n"
	"    every: 1s\n"
	"    tags:\n"
	"      - {id: ready, at: discrete:3, type: bool}\n"
	"      - {id: level, at: input:0, type: float32}\n"
	"      - {id: plain, at: holding:0, type: uint16, write: {max: 100}}\n"
	"      - id: speed\n"
	"        at: holding:1\n"
	"        type: uint16\n"
	"        write: {max: 50, rate: 1/s, interlock: \"pump/ready == 1 and pump/level "
	"> 0.5\"}\n"
	"      - {id: name, at: holding:10, type: string(8), write: {}}\n"
	"      - {id: closed, at: holding:20, type: uint16}\n"
	"  - id: other\n"
	"    driver: modbus\n"
	"    address: tcp://127.0.0.2\n"
	"    tags:\n"
	"      - {id: x, at: holding:0, type: uint16, write: {}}\n";

enum { READY, LEVEL, PLAIN, SPEED, NAME, CLOSED, OTHER_X };
enum { DEVICES = 2, OUTCOMES_MAX = 80 };

/* A device that keeps what it was asked to write until the test answers. */
struct scripted {
	struct device base;
	write_done_cb done;
	void *arg;
	const struct point *point;
	double number;
	size_t writes;
	int err; /* what write() returns at once */
};

struct outcome {
	uint32_t tag;
	struct command_result result;
	char error[REFUSAL_TEXT_MAX];
};

static uv_loop_t loop;
static uint64_t now_ns;
static struct complained loaded;
static struct commands *door;
static struct scripted devices[DEVICES];
static struct outcome outcomes[OUTCOMES_MAX];
static size_t n_outcomes, n_ended;

static uint64_t scripted_now_ns(void)
{
	return now_ns;
}

static int scripted_write(struct device *base, const struct point *point,
                          const struct value *value, write_done_cb done, void *arg)
{
	struct scripted *dev = (struct scripted *)(void *)base;

	if (dev->err) {
		return dev->err;
	}
	assert_null(dev->done); /* one at a time */
	dev->point = point;
	dev->number = value_number(value);
	dev->done = done;
	dev->arg = arg;
	dev->writes++;
	return 0;
}

static const struct driver scripted_driver = {.name = "scripted",
                                              .write = scripted_write};

static void answer(size_t device, int err, uint16_t code)
{
	write_done_cb done = devices[device].done;

	assert_non_null(done);
	devices[device].done = NULL;
	done(devices[device].arg, err, code);
}

static struct device *find_device(void *arg, uint32_t index)
{
	(void)arg;
	return devices[index].base.driver ? &devices[index].base : NULL;
}

static void on_ended(void *arg, const struct command_order *order,
                     const struct command_result *result)
{
	(void)arg;
	assert_int_equal(n_ended, n_outcomes); /* before its done */
	n_ended++;
}

static void on_done(void *arg, const struct command_result *result)
{
	struct outcome *out = &outcomes[n_outcomes++];

	assert_true(n_outcomes <= OUTCOMES_MAX);
	out->tag = (uint32_t)(uintptr_t)arg;
	out->result = *result;
	snprintf(out->error, sizeof(out->error), "%s", result->error);
}

static void submit(uint32_t tag, struct value value)
{
	command_submit(door, &(struct command_order){.tag = tag,
	                                             .value = value,
	                                             .origin = "test",
	                                             .done = on_done,
	                                             .arg = (void *)(uintptr_t)tag});
}

static void bring(uint32_t tag, struct value value, enum quality quality)
{
	struct reading r = {.tag = tag, .quality = (uint8_t)quality, .value = value};

	command_readings(door, now_ns, &r, 1);
}

/* The interlock of speed holds. */
static void make_ready(void)
{
	bring(READY, value_bool(true), QUALITY_GOOD);
	bring(LEVEL, value_real(1), QUALITY_GOOD);
}

static void pass_ms(uint64_t ms)
{
	now_ns += ms * 1000000;
	command_tick(door);
}

static void expect(size_t i, enum command_status status, const char *error)
{
	assert_true(n_outcomes > i);
	if (outcomes[i].result.status != status || !strstr(outcomes[i].error, error)) {
		fail_msg("outcome %zu: %s '%s'", i,
		         command_status_name(outcomes[i].result.status),
		         outcomes[i].error);
	}
}

static int setup(void **state)
{
	struct command_parts parts = {.loop = &loop,
	                              .now_ns = scripted_now_ns,
	                              .device = find_device,
	                              .ended = on_ended};

	(void)state;
	memset(devices, 0, sizeof(devices));
	n_outcomes = n_ended = 0;
	now_ns = 1000000000000;
	loaded = complained_text("door.yaml", yaml);
	if (!loaded.config) {
		fail_msg("%s", loaded.text);
	}
	parts.config = loaded.config;
	for (size_t i = 0; i < DEVICES; i++) {
		devices[i].base.driver = &scripted_driver;
	}
	uv_loop_init(&loop);
	return command_open(&door, &parts);
}

static int teardown(void **state)
{
	(void)state;
	command_close(door);
	for (size_t i = 0; i < DEVICES; i++) {
		if (devices[i].done) {
			answer(i, -ECANCELED, 0);
		}
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	command_free(door);
	complained_free(&loaded);
	return uv_loop_close(&loop);
}

static void write_is_done_on_the_devices_answer_only(void **state)
{
	(void)state;
	submit(PLAIN, value_real(7));
	assert_int_equal(n_outcomes, 0);
	assert_int_equal(devices[0].number, 7);
	assert_ptr_equal(devices[0].point, &loaded.config->devices[0].points[PLAIN]);
	answer(0, 0, 0);
	expect(0, COMMAND_DONE, "");
	assert_false(outcomes[0].result.unreachable);
}

static void what_a_rule_forbids_never_reaches_the_device(void **state)
{
	static const struct {
		uint32_t tag;
		double value;
		const char *why;
	} cases[] = {
		{CLOSED, 1, "write:"},
		{PLAIN, 101, "most"},
		{PLAIN, NAN, "finite"},
		{NAME, 1, "string(8)"},
		{SPEED, 5, "pump/ready is not good"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		submit(cases[i].tag, value_real(cases[i].value));
		expect(i, COMMAND_REFUSED, cases[i].why);
	}
	assert_int_equal(devices[0].writes, 0);
}

static void interlock_wants_true_good_and_young(void **state)
{
	static const struct {
		const char *name;
		bool ready;
		double level;
		enum quality quality;
		uint64_t age_ms;
		const char *why; /* NULL: allowed */
	} cases[] = {
		{"true", true, 1, QUALITY_GOOD, 0, NULL},
		{"three periods old", true, 1, QUALITY_GOOD, 3000, NULL},
		{"older", true, 1, QUALITY_GOOD, 3001, "old"},
		{"false", false, 1, QUALITY_GOOD, 0, "pump/ready is 0"},
		{"second false", true, 0.5, QUALITY_GOOD, 0, "pump/level is 0.5"},
		{"not a number", true, NAN, QUALITY_GOOD, 0, "pump/level is"},
		{"uncertain", true, 1, QUALITY_UNCERTAIN, 0, "pump/level is not good"},
		{"stale", true, 1, QUALITY_STALE, 0, "pump/level is not good"},
		{"bad", true, 1, QUALITY_BAD, 0, "pump/level is not good"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		pass_ms(10000);
		bring(READY, value_bool(cases[i].ready), QUALITY_GOOD);
		bring(LEVEL, value_real(cases[i].level), cases[i].quality);
		pass_ms(cases[i].age_ms);
		submit(SPEED, value_real(5));
		if (cases[i].why) {
			expect(i, COMMAND_REFUSED, cases[i].why);
		} else if (devices[0].done) {
			answer(0, 0, 0);
			expect(i, COMMAND_DONE, "");
		} else {
			fail_msg("%s: %s", cases[i].name, outcomes[i].error);
		}
	}
}

static void rate_counts_what_was_sent(void **state)
{
	(void)state;
	make_ready();
	submit(SPEED, value_real(5));
	answer(0, -ECONNREFUSED, 0);
	expect(0, COMMAND_FAILED, "not sent");
	assert_true(outcomes[0].result.unreachable);
	submit(SPEED, value_real(5)); /* at once: nothing was sent */
	answer(0, 0, 0);
	expect(1, COMMAND_DONE, "");
	pass_ms(999);
	make_ready();
	submit(SPEED, value_real(6));
	expect(2, COMMAND_REFUSED, "too soon");
	pass_ms(1);
	submit(SPEED, value_real(6));
	answer(0, -EREMOTEIO, 4);
	expect(3, COMMAND_FAILED, "exception 4");
	assert_false(outcomes[3].result.unreachable);
	submit(SPEED, value_real(6)); /* an exception was sent, too */
	expect(4, COMMAND_REFUSED, "too soon");
}

static void order_is_kept_and_devices_do_not_wait_for_each_other(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		submit(PLAIN, value_real(i));
	}
	submit(OTHER_X, value_real(1));
	assert_int_equal(devices[1].writes, 1);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(devices[0].number, i);
		answer(0, 0, 0);
	}
	assert_int_equal(devices[0].writes, 5);
	assert_int_equal(n_outcomes, 5);
	answer(1, 0, 0);
	assert_int_equal(outcomes[5].tag, OTHER_X);
}

static void rules_of_the_moment_are_judged_when_it_is_sent(void **state)
{
	(void)state;
	make_ready();
	submit(PLAIN, value_real(1));
	submit(SPEED, value_real(5));
	bring(READY, value_bool(false), QUALITY_GOOD); /* while it waits */
	answer(0, 0, 0);
	expect(1, COMMAND_REFUSED, "pump/ready is 0");
	assert_int_equal(devices[0].writes, 1);
}

static void more_than_64_are_busy(void **state)
{
	(void)state;
	for (int i = 0; i < COMMAND_QUEUE_MAX; i++) {
		submit(PLAIN, value_real(i));
	}
	assert_int_equal(n_outcomes, 0);
	submit(PLAIN, value_real(1));
	expect(0, COMMAND_BUSY, "64");
	answer(0, 0, 0);
	submit(PLAIN, value_real(1)); /* there is room again */
	assert_int_equal(n_outcomes, 2);
	command_close(door);
	answer(0, -ECANCELED, 0);
	assert_int_equal(n_outcomes, COMMAND_QUEUE_MAX + 2); /* exactly one each */
}

static void order_that_cannot_be_sent_in_time_dies(void **state)
{
	(void)state;
	submit(PLAIN, value_real(1));
	submit(PLAIN, value_real(2));
	pass_ms(COMMAND_EXPIRY_MS - 1);
	assert_int_equal(n_outcomes, 0);
	pass_ms(1);
	expect(0, COMMAND_EXPIRED, "in time");
	answer(0, 0, 0);
	expect(1, COMMAND_DONE, ""); /* what was sent is not undone by time */
	assert_int_equal(devices[0].writes, 1);
}

/* With read_back the driver has looked. */
static void write_that_the_device_does_not_hold_is_not_done(void **state)
{
	(void)state;
	submit(PLAIN, value_real(7));
	answer(0, -EBADMSG, 0);
	expect(0, COMMAND_FAILED, "holds something else");
	submit(PLAIN, value_real(7));
	answer(0, -ENODATA, 0);
	expect(1, COMMAND_UNKNOWN, "could not be read");
	assert_false(outcomes[1].result.unreachable);
}

static void unanswered_write_read_back_equal_is_done(void **state)
{
	(void)state;
	submit(PLAIN, value_real(7));
	answer(0, -ETIMEDOUT, 0);
	assert_int_equal(n_outcomes, 0);
	bring(PLAIN, value_real(3), QUALITY_GOOD); /* it may take its time */
	bring(PLAIN, value_real(7), QUALITY_GOOD);
	expect(0, COMMAND_DONE, "read back");
	assert_int_equal(value_number(&outcomes[0].result.readback), 7);
	assert_int_equal(devices[0].writes, 1); /* sent once */
}

static void unanswered_write_read_back_different_is_failed(void **state)
{
	(void)state;
	submit(PLAIN, value_real(7));
	answer(0, -ETIMEDOUT, 0);
	submit(PLAIN, value_real(8)); /* waits until that is known */
	bring(PLAIN, value_real(3), QUALITY_GOOD);
	assert_int_equal(devices[0].writes, 1);
	pass_ms(3000); /* two periods and timeouts */
	expect(0, COMMAND_FAILED, "the device holds 3");
	assert_int_equal(devices[0].writes, 2);
}

static void unanswered_write_that_cannot_be_read_is_unknown(void **state)
{
	(void)state;
	submit(PLAIN, value_real(7));
	answer(0, -ETIMEDOUT, 0);
	bring(PLAIN, (struct value){.kind = VALUE_NONE}, QUALITY_BAD);
	pass_ms(2999);
	assert_int_equal(n_outcomes, 0);
	pass_ms(1);
	expect(0, COMMAND_UNKNOWN, "could not be read back");
	assert_true(outcomes[0].result.unreachable);
	assert_int_equal(devices[0].writes, 1);
}

static void text_outlives_its_owner(void **state)
{
	char word[8] = "go";

	(void)state;
	submit(PLAIN, value_real(1));
	submit(NAME, (struct value){.kind = VALUE_TEXT, .text = word});
	memset(word, 'x', sizeof(word) - 1);
	answer(0, 0, 0);
	answer(0, -ETIMEDOUT, 0);
	bring(NAME, (struct value){.kind = VALUE_TEXT, .text = "go"}, QUALITY_GOOD);
	expect(1, COMMAND_DONE, "read back");
}

static void what_the_driver_cannot_write_is_refused(void **state)
{
	(void)state;
	devices[0].err = -ERANGE;
	submit(PLAIN, value_real(0.5));
	expect(0, COMMAND_REFUSED, "uint16");
	devices[0].err = -EBUSY;
	submit(PLAIN, value_real(1));
	expect(1, COMMAND_BUSY, "");
	devices[0].base.driver = NULL;
	submit(PLAIN, value_real(1));
	expect(2, COMMAND_FAILED, "opened");
	assert_true(outcomes[2].result.unreachable);
}

static void closing_answers_everybody_once(void **state)
{
	(void)state;
	submit(OTHER_X, value_real(1));
	answer(1, -ETIMEDOUT, 0);     /* being read back */
	submit(PLAIN, value_real(1)); /* with the driver */
	submit(PLAIN, value_real(2)); /* waiting */
	command_close(door);
	assert_int_equal(n_outcomes, 2);
	answer(0, -ETIMEDOUT, 0);
	expect(2, COMMAND_UNKNOWN, "stopped");
	submit(PLAIN, value_real(3));
	expect(3, COMMAND_FAILED, "stops");
	assert_int_equal(devices[0].writes, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(write_is_done_on_the_devices_answer_only),
		TEST(what_a_rule_forbids_never_reaches_the_device),
		TEST(interlock_wants_true_good_and_young),
		TEST(rate_counts_what_was_sent),
		TEST(order_is_kept_and_devices_do_not_wait_for_each_other),
		TEST(rules_of_the_moment_are_judged_when_it_is_sent),
		TEST(more_than_64_are_busy),
		TEST(order_that_cannot_be_sent_in_time_dies),
		TEST(write_that_the_device_does_not_hold_is_not_done),
		TEST(unanswered_write_read_back_equal_is_done),
		TEST(unanswered_write_read_back_different_is_failed),
		TEST(unanswered_write_that_cannot_be_read_is_unknown),
		TEST(text_outlives_its_owner),
		TEST(what_the_driver_cannot_write_is_refused),
		TEST(closing_answers_everybody_once),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
