/* SPDX-License-Identifier: Apache-2.0 */
/* Against a real mosquitto; skipped where there is none. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/broker.h"
#include "tests/drivers/rig.h"
#include "tests/unscaled.h"

struct bench {
	struct broker broker;
	struct rig rig;
	char address[512];
	size_t n_reported[RIG_POINTS_MAX]; /* blocks that had the tag */
	size_t n_blocks;
	char text[VALUE_TEXT_MAX + 1]; /* last text reported */
};

/* The wall clock of the rig: 2026-01-02 03:04:05 when it is at 1000 s. */
static const int64_t wall_s = 1767323045;

static int64_t wall_us(void)
{
	return (wall_s - 1000) * 1000000 + (int64_t)(rig_now_ns / 1000);
}

static int make_bench(void **state)
{
	struct bench *b;

	if (!broker_exists()) {
		return 0;
	}
	b = calloc(1, sizeof(*b));
	*state = b;
	if (!b) {
		return -1;
	}
	broker_init(&b->broker);
	return 0;
}

static int free_bench(void **state)
{
	struct bench *b = *state;

	if (b) {
		broker_free(&b->broker);
		free(b);
	}
	return 0;
}

static struct bench *bench_of(void **state)
{
	if (!*state) {
		skip(); /* no mosquitto here */
	}
	return *state;
}

static void on_report(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
	struct bench *b = arg;

	assert_true(received_ns <= rig_now_ns);
	b->n_blocks++;
	for (size_t i = 0; i < n; i++) {
		b->rig.readings[r[i].tag] = r[i];
		b->n_reported[r[i].tag]++;
		if (r[i].value.kind == VALUE_TEXT) {
			snprintf(b->text, sizeof(b->text), "%s", r[i].value.text);
		}
	}
}

/* A device of the driver; points are added before start(). */
static void prepare(struct bench *b, const char *rest)
{
	snprintf(b->address, sizeof(b->address), "mqtt://127.0.0.1:%d%s", b->broker.port,
	         rest);
	memset(b->n_reported, 0, sizeof(b->n_reported));
	b->n_blocks = 0;
	rig_init(&b->rig, "mqtt", b->address);
	b->rig.env.wall_us = wall_us;
}

static void start(struct bench *b)
{
	rig_open(&b->rig);
	b->rig.device->report = (struct report_sink){on_report, b};
}

static void turn_until(struct bench *b, const char *what, bool (*done)(struct bench *b))
{
	for (int ms = 0; ms < BROKER_DEADLINE_MS; ms++) {
		uv_run(&b->rig.loop, UV_RUN_NOWAIT);
		if (done(b)) {
			return;
		}
		poll(NULL, 0, 1);
	}
	fail_msg("waited in vain: %s", what);
}

static void on_block(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
	struct bench *b = arg;

	for (size_t i = 0; i < n; i++) {
		b->rig.readings[r[i].tag] = r[i];
		b->rig.n_brought++;
	}
}

static void on_done(void *arg, int err)
{
	struct bench *b = arg;

	b->rig.err = err;
	b->rig.n_done++;
}

static bool is_done(struct bench *b)
{
	return b->rig.n_done > 0;
}

/* Read at t_s; @return its err */
static int read_at(struct bench *b, double t_s)
{
	struct read_sink sink = {on_block, on_done, b};

	rig_now_ns = 1000000000000 + (uint64_t)(t_s * 1e9);
	b->rig.n_brought = b->rig.n_done = 0;
	assert_int_equal(b->rig.driver->read(b->rig.device, 1, &sink), 0);
	assert_int_equal(b->rig.n_done, 0);
	turn_until(b, "a read ends", is_done);
	return b->rig.err;
}

/* What becomes of the first attempt, however long a loaded machine takes for it. */
static int settle(struct bench *b)
{
	int err;

	do {
		err = read_at(b, 0);
	} while (err == -ETIMEDOUT);
	return err;
}

static bool is_up(struct bench *b)
{
	return read_at(b, 0) == 0;
}

static void publish(const struct bench *b, const char *topic, const char *options)
{
	char command[512];

	snprintf(command, sizeof(command), "mosquitto_pub -p %d -t %s %s", b->broker.port,
	         topic, options);
	broker_shell(&b->broker, command);
}

static size_t wanted; /* reports of tag 0 */

static bool is_reported(struct bench *b)
{
	return b->n_reported[0] >= wanted;
}

/* Publish, and wait until tag 0 was reported again. */
static void say(struct bench *b, const char *topic, const char *options)
{
	wanted = b->n_reported[0] + 1;
	publish(b, topic, options);
	turn_until(b, topic, is_reported);
}

static void message_is_reported_as_one_block_of_its_tags(void **state)
{
	struct bench *b = bench_of(state);
	const struct reading *r = b->rig.readings;

	broker_start(&b->broker, NULL);
	prepare(b, "");
	rig_point(&b->rig, "plant/sensor#/t", TYPE_FLOAT64)->scale = 0.1;
	rig_point(&b->rig, "plant/other", TYPE_FLOAT64);
	rig_point(&b->rig, "plant/sensor#/list/1", TYPE_INT16);
	rig_point(&b->rig, "plant/sensor#/state", TYPE_BOOL);
	rig_point(&b->rig, "plant/sensor#/name", TYPE_STRING)->length = 20;
	rig_point(&b->rig, "plant/sensor#/none", TYPE_INT16);
	rig_point(&b->rig, "plant/sensor", TYPE_STRING)->length = 3;
	start(b);
	turn_until(b, "up", is_up);
	say(b, "plant/sensor",
	    "-m '{\"t\":215,\"list\":[0,-7],\"state\":\"ON\",\"name\":\"pump\"}'");
	assert_int_equal(b->n_blocks, 1);
	assert_true(rig_value(&b->rig, 0) == 21.5);
	assert_int_equal(b->n_reported[1], 0); /* another topic */
	assert_true(r[2].value.i64 == -7);
	assert_true(r[3].value.flag);
	assert_int_equal(r[4].value.kind, VALUE_TEXT);
	assert_int_equal(b->n_reported[5], 0); /* it says nothing of that one */
	assert_int_equal(b->n_reported[6], 1);
	assert_string_equal(b->text, "{\"t");
	assert_int_equal(b->rig.device->stats.answers, 1);
	rig_fini(&b->rig);
}

static void bare_values_are_understood_or_bad_alone(void **state)
{
	static const struct {
		const char *message;
		enum reason reason;
		double want;
	} cases[] = {
		{"-m 21.5", REASON_NONE, 21.5},
		{"-m ' -3 '", REASON_NONE, -3},
		{"-m nan", REASON_NOT_A_NUMBER, 0},
		{"-m offline", REASON_NOT_A_NUMBER, 0},
		{"-n", REASON_SHORT, 0},
		{"-m 4", REASON_NONE, 4},
	};
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	prepare(b, "?qos=1");
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	rig_point(&b->rig, "temp#/json", TYPE_FLOAT64); /* which it is not */
	start(b);
	turn_until(b, "up", is_up);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		say(b, "temp", cases[i].message);
		if (b->rig.readings[0].reason != cases[i].reason ||
		    (!cases[i].reason && rig_value(&b->rig, 0) != cases[i].want)) {
			fail_msg("%s: %s", cases[i].message,
			         reason_name(b->rig.readings[0].reason));
		}
		assert_int_equal(read_at(b, 0), 0);
		assert_int_equal(b->rig.readings[0].quality,
		                 cases[i].reason ? QUALITY_BAD : QUALITY_GOOD);
	}
	rig_fini(&b->rig);
}

static void silence_makes_a_value_stale_until_it_is_heard_again(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	prepare(b, "?expire=10s");
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	rig_point(&b->rig, "never", TYPE_FLOAT64);
	start(b);
	turn_until(b, "up", is_up);
	rig_now_ns += 5000000000;
	say(b, "temp", "-m 1");
	assert_int_equal(read_at(b, 9.9), 0);
	assert_int_equal(b->rig.n_brought, 0); /* nothing is wrong with them */
	assert_int_equal(read_at(b, 10.1), 0);
	assert_int_equal(b->rig.n_brought, 1);
	assert_int_equal(b->rig.readings[1].quality, QUALITY_STALE);
	assert_int_equal(b->rig.readings[1].reason, REASON_OVERRUN);
	assert_int_equal(read_at(b, 15.1), 0);
	assert_int_equal(b->rig.n_brought, 2);
	assert_int_equal(b->rig.readings[0].quality, QUALITY_STALE);
	assert_int_equal(b->rig.readings[0].value.kind, VALUE_NONE);
	say(b, "temp", "-m 2");
	assert_int_equal(b->rig.readings[0].quality, QUALITY_GOOD);
	assert_int_equal(read_at(b, 15.2), 0);
	assert_int_equal(b->rig.n_brought, 1);
	rig_fini(&b->rig);
}

static void three_periods_are_the_preset_of_silence(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	prepare(b, "");
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	start(b);
	turn_until(b, "up", is_up);
	assert_int_equal(read_at(b, 0.29), 0);
	assert_int_equal(b->rig.n_brought, 0);
	assert_int_equal(read_at(b, 0.31), 0); /* the rig's period is 100 ms */
	assert_int_equal(b->rig.n_brought, 1);
	rig_fini(&b->rig);
}

static void tag_is_what_the_wildcard_stands_for(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	prepare(b, "/plant/+/temp");
	rig_point(&b->rig, "boiler", TYPE_FLOAT64);
	rig_point(&b->rig, "tank#/t", TYPE_FLOAT64);
	start(b);
	turn_until(b, "up", is_up);
	publish(b, "plant/unknown/temp", "-m 1");
	publish(b, "plant/tank/temp", "-m '{\"t\":2}'");
	say(b, "plant/boiler/temp", "-m 3");
	assert_true(rig_value(&b->rig, 0) == 3);
	assert_true(rig_value(&b->rig, 1) == 2);
	assert_int_equal(b->n_blocks, 2);
	rig_fini(&b->rig);
}

static void captured_levels_must_fit_the_filter(void **state)
{
	const char *why = "";
	struct rig r;

	(void)state;
	rig_init(&r, "mqtt", "mqtt://127.0.0.1:1/plant/+/temp");
	rig_point(&r, "hall1/boiler", TYPE_FLOAT64);
	assert_int_equal(r.driver->open(&r.device, &r.env, &r.config, &why), -EINVAL);
	assert_non_null(strstr(why, "wildcard"));
	rig_fini(&r);
}

static void age_of_a_retained_value_is_what_it_says(void **state)
{
	struct bench *b = bench_of(state);
	char message[100];

	broker_start(&b->broker, NULL);
	publish(b, "bare", "-r -m 1");
	snprintf(message, sizeof(message), "-r -m '{\"v\":2,\"ts\":%lld}'",
	         (long long)wall_s - 4);
	publish(b, "young", message);
	snprintf(message, sizeof(message), "-r -m '{\"v\":3,\"ts\":%lld}'",
	         (long long)wall_s - 11);
	publish(b, "old", message);
	snprintf(message, sizeof(message), "-r -m '{\"v\":4,\"ts\":%lld}'",
	         (long long)wall_s + 3600);
	publish(b, "future", message);
	prepare(b, "?expire=10s&timestamp=/ts");
	rig_point(&b->rig, "bare", TYPE_FLOAT64);
	rig_point(&b->rig, "young#/v", TYPE_FLOAT64);
	rig_point(&b->rig, "old#/v", TYPE_FLOAT64);
	rig_point(&b->rig, "future#/v", TYPE_FLOAT64);
	start(b);
	wanted = 1;
	turn_until(b, "up", is_up);
	turn_until(b, "heard", is_reported);
	say(b, "bare", "-r -m 1"); /* the others were before this one */
	assert_int_equal(b->rig.readings[0].quality, QUALITY_GOOD);
	assert_int_equal(b->rig.readings[1].quality, QUALITY_GOOD);
	assert_int_equal(b->rig.readings[2].quality, QUALITY_STALE);
	assert_int_equal(b->rig.readings[3].quality, QUALITY_GOOD);
	assert_int_equal(read_at(b, 6.1), 0); /* 10.1 s after its time */
	assert_int_equal(b->rig.readings[1].quality, QUALITY_STALE);
	assert_int_equal(b->rig.readings[3].quality, QUALITY_GOOD);
	rig_fini(&b->rig);
}

static void retained_value_without_a_time_is_uncertain(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	publish(b, "temp", "-r -m 1");
	prepare(b, "");
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	start(b);
	wanted = 1;
	turn_until(b, "heard", is_reported);
	assert_int_equal(b->rig.readings[0].quality, QUALITY_UNCERTAIN);
	assert_true(rig_value(&b->rig, 0) == 1);
	rig_fini(&b->rig);
}

static bool is_down(struct bench *b)
{
	return read_at(b, 0) != 0;
}

static void values_come_again_after_the_broker_was_away(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	prepare(b, "?expire=10s");
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	start(b);
	turn_until(b, "up", is_up);
	for (int i = 0; i < 2; i++) {
		say(b, "temp", "-m 7");
		assert_int_equal(b->rig.readings[0].quality, QUALITY_GOOD);
		broker_kill(&b->broker);
		turn_until(b, "down", is_down);
		assert_int_equal(b->rig.readings[0].quality, QUALITY_BAD);
		assert_true(b->rig.err == -ECONNRESET || b->rig.err == -ECONNREFUSED);
		broker_start(&b->broker, NULL);
		turn_until(b, "up", is_up);
		assert_int_equal(read_at(b, 10.1), 0);
		assert_int_equal(b->rig.readings[0].quality, QUALITY_STALE);
		rig_now_ns -= 10100000000;
	}
	assert_int_equal(b->rig.device->stats.requests, 3); /* connections */
	rig_fini(&b->rig);
}

static void read_waits_one_timeout_for_a_broker_that_says_nothing(void **state)
{
	struct bench *b = bench_of(state);

	broker_start_other(&b->broker, "exec socat TCP-LISTEN:PORT,fork,reuseaddr "
	                               "EXEC:'sleep 60'");
	prepare(b, "");
	b->rig.config.timeout_ms = 50;
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	start(b);
	assert_int_equal(read_at(b, 0), -ETIMEDOUT);
	assert_int_equal(b->rig.readings[0].quality, QUALITY_BAD);
	rig_fini(&b->rig);
}

/* Closed at whatever the connection is at: nothing leaks, nothing is used after. */
static void close_at_any_time(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	for (int turns = 0; turns < 200; turns += 10) {
		prepare(b, "");
		rig_point(&b->rig, "temp", TYPE_FLOAT64);
		start(b);
		for (int i = 0; i < turns; i++) {
			uv_run(&b->rig.loop, UV_RUN_NOWAIT);
			poll(NULL, 0, 1);
		}
		rig_fini(&b->rig);
	}
}

static bool has_last(struct bench *b)
{
	return rig_value(&b->rig, 0) == 20000;
}

static void flood_keeps_the_newest(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	prepare(b, "");
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	start(b);
	turn_until(b, "up", is_up);
	publish(b, "temp",
	        "-l < $(seq 1 20000 >n && echo n)"); /* nobody turns the loop */
	turn_until(b, "the last", has_last);
	assert_int_equal(read_at(b, 0), 0);
	assert_int_equal(b->n_reported[0] + b->rig.device->stats.errors[REASON_OVERRUN],
	                 20000); /* brought, or dropped and counted */
	rig_fini(&b->rig);
}

/* A wildcard brings more than its tags. */
static void flood_that_nobody_wants_pushes_nothing_out(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	prepare(b, "/plant/#");
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	start(b);
	turn_until(b, "up", is_up);
	publish(b, "plant/temp", "-m 1"); /* nobody turns the loop */
	publish(b, "plant/other", "-l < $(seq 1 5000 >n && echo n)");
	say(b, "plant/temp", "-m 20000");
	turn_until(b, "the last", has_last);
	assert_int_equal(read_at(b, 0), 0);
	assert_int_equal(b->n_reported[0], 2);
	assert_int_equal(b->rig.device->stats.errors[REASON_OVERRUN], 0);
	rig_fini(&b->rig);
}

static void password_decides(void **state)
{
	struct bench *b = bench_of(state);
	char conf[256], rest[200];

	broker_shell(&b->broker, "mosquitto_passwd -b -c users cell7 secret");
	snprintf(conf, sizeof(conf), "allow_anonymous false\npassword_file %s/users",
	         b->broker.dir);
	broker_start(&b->broker, conf);
	broker_file(&b->broker, "password", "guess\n");
	broker_shell(&b->broker, "chmod 600 password");
	snprintf(rest, sizeof(rest), "?user=cell7&password_file=%s/password",
	         b->broker.dir);
	prepare(b, rest);
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	start(b);
	assert_int_equal(settle(b), -EACCES);
	assert_int_equal(b->rig.readings[0].reason, REASON_REFUSED);
	broker_file(&b->broker, "password", "secret\n"); /* read at the next attempt */
	turn_until(b, "up", is_up);
	rig_fini(&b->rig);

	broker_shell(&b->broker, "chmod 644 password"); /* for everybody to read */
	prepare(b, rest);
	rig_point(&b->rig, "temp", TYPE_FLOAT64);
	start(b);
	assert_int_equal(settle(b), -EACCES);
	rig_fini(&b->rig);
}

static void certificates_are_checked_on_both_sides(void **state)
{
	static const struct {
		const char *ca, *ours, *mode;
		int want;
	} cases[] = {
		{"other", "us", "600", -ECONNREFUSED},
		{"ca", "us", "600", 0},
		{"ca", "other", "600", -ECONNREFUSED},
		{"ca", "us", "644", -EACCES}, /* the key is for everybody to read */
	};
	struct bench *b = bench_of(state);
	const char *dir = b->broker.dir;
	char conf[512], rest[400];

	broker_shell(&b->broker,
	             "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'; "
	             "for i in ca other; do openssl req -x509 $key -keyout $i.key "
	             "-out $i.pem -days 2 -subj /CN=$i; done; "
	             "echo subjectAltName=IP:127.0.0.1 >ext; "
	             "for i in b us; do openssl req $key -keyout $i.key -out $i.csr "
	             "-subj /CN=$i; openssl x509 -req -in $i.csr -CA ca.pem -CAkey "
	             "ca.key -CAcreateserial -days 2 -extfile ext -out $i.pem; done");
	snprintf(conf, sizeof(conf),
	         "allow_anonymous true\nrequire_certificate true\ncafile %s/ca.pem\n"
	         "certfile %s/b.pem\nkeyfile %s/b.key",
	         dir, dir, dir);
	broker_start(&b->broker, conf);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(rest, sizeof(rest), "chmod %s us.key other.key", cases[i].mode);
		broker_shell(&b->broker, rest);
		snprintf(rest, sizeof(rest), "?ca=%s/%s.pem&cert=%s/%s.pem&key=%s/%s.key",
		         dir, cases[i].ca, dir, cases[i].ours, dir, cases[i].ours);
		prepare(b, rest);
		snprintf(b->address, sizeof(b->address), "mqtts://127.0.0.1:%d%s",
		         b->broker.port, rest);
		rig_point(&b->rig, "temp", TYPE_FLOAT64);
		start(b);
		assert_int_equal(settle(b), cases[i].want);
		rig_fini(&b->rig);
	}
}

static void what_is_no_point_is_refused(void **state)
{
	static const char *const bad[] = {"", "#/t", "a/+/b", "temp#t", "temp#/~"};
	const struct driver *d = driver_find("mqtt");
	struct point bcd = {.at = "temp", .encoding = &unscaled[TYPE_BCD]};
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct point p = {.at = bad[i], .encoding = &unscaled[TYPE_INT32]};

		assert_int_equal(d->parse_point(&p, &why), -EINVAL);
		assert_non_null(why);
	}
	assert_int_equal(d->parse_point(&bcd, &why), -EINVAL);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, make_bench, free_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(message_is_reported_as_one_block_of_its_tags),
		WITH_BENCH(bare_values_are_understood_or_bad_alone),
		WITH_BENCH(silence_makes_a_value_stale_until_it_is_heard_again),
		WITH_BENCH(three_periods_are_the_preset_of_silence),
		WITH_BENCH(tag_is_what_the_wildcard_stands_for),
		cmocka_unit_test(captured_levels_must_fit_the_filter),
		WITH_BENCH(age_of_a_retained_value_is_what_it_says),
		WITH_BENCH(retained_value_without_a_time_is_uncertain),
		WITH_BENCH(values_come_again_after_the_broker_was_away),
		WITH_BENCH(read_waits_one_timeout_for_a_broker_that_says_nothing),
		WITH_BENCH(close_at_any_time),
		WITH_BENCH(flood_keeps_the_newest),
		WITH_BENCH(flood_that_nobody_wants_pushes_nothing_out),
		WITH_BENCH(password_decides),
		WITH_BENCH(certificates_are_checked_on_both_sides),
		cmocka_unit_test(what_is_no_point_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
