/* SPDX-License-Identifier: Apache-2.0 */
/* A filter that clogs, from its history on disk to the sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/outlook.h"
#include "tests/gateway/tank_history.h"

enum { DAYS = 20, KEPT = 16 };

struct bench {
	struct tank_history files; /* only dir, path and config are used */
	struct twin *twin;
	struct outlook *outlook;
	uv_loop_t loop;
	char message[256];
	char severity[16];
	size_t told;
	struct sample now;
	struct outlook_row rows[KEPT];
	char why[KEPT][64];
	size_t n_rows;
	int64_t wall_us;
};

static void write_config(struct bench *b, double limit)
{
	FILE *f;

	snprintf(b->files.dir, sizeof(b->files.dir), "/tmp/pollux-outlook-XXXXXX");
	assert_non_null(mkdtemp(b->files.dir));
	snprintf(b->files.path, sizeof(b->files.path), "%s/pollux.yaml", b->files.dir);
	f = fopen(b->files.path, "w");
	assert_non_null(f);
	fprintf(f,
	        "gateway: {id: cell7, state_dir: %s}\n"
	        "history: {durability: relaxed}\n"
	        "devices:\n"
	        "  - id: filter\n"
	        "    driver: modbus\n"
	        "    address: tcp://127.0.0.1:1502\n"
	        "    tags: [{id: dp, at: input:0, type: float32, unit: Pa}]\n"
	        "twin:\n"
	        "  trends: [{tag: filter/dp, limit: %g, name: filter dirty}]\n",
	        b->files.dir, limit);
	fclose(f);
	assert_int_equal(config_load(&b->files.config, b->files.path, stderr), 0);
}

/* A reading every hour for DAYS days up to now, rising by slope a day. */
static void write_history(const struct bench *b, double slope)
{
	int64_t now_us = clock_wall_us() / INT64_C(3600000000) * INT64_C(3600000000);
	const char *found;
	struct history *h;
	uint64_t seed = 3;

	assert_int_equal(history_open(&h, &b->files.config->history, &found), 0);
	for (int i = 0; i < DAYS * 24; i++) {
		double days = i / 24.0;
		struct sample s = {
			.ts_us = now_us - (DAYS * 24 - i) * INT64_C(3600000000),
			.value = value_real(200 + slope * days + 3 * noise_normal(&seed)),
			.est = {.predicted = NAN, .sigma = NAN, .state = STATE_HEALTHY}};

		assert_int_equal(history_append(h, s.ts_us, &s, 1), 0);
	}
	assert_int_equal(history_commit(h), 0);
	for (int i = 0; i < 100000 && history_upkeep(h, 0) > 0; i++) {
		assert_int_equal(history_commit(h), 0);
	}
	assert_int_equal(history_commit(h), 0);
	history_close(h);
}

static void tell(void *arg, const struct event *e)
{
	struct bench *b = arg;

	snprintf(b->message, sizeof(b->message), "%s", e->message);
	snprintf(b->severity, sizeof(b->severity), "%s", e->severity);
	assert_string_equal(e->kind, "outlook");
	b->told++;
}

static struct sample latest(void *arg, uint32_t tag)
{
	const struct bench *b = arg;

	assert_int_equal(tag, 0);
	return b->now;
}

static void put(void *arg, const struct outlook_row *row)
{
	struct bench *b = arg;

	assert_true(b->n_rows < KEPT);
	b->rows[b->n_rows] = *row;
	snprintf(b->why[b->n_rows], sizeof(b->why[0]), "%s", row->why);
	b->rows[b->n_rows].why = b->why[b->n_rows];
	b->n_rows++;
}

static void start(struct bench *b)
{
	const struct outlook_parts parts = {.config = b->files.config,
	                                    .loop = &b->loop,
	                                    .tell = tell,
	                                    .latest = latest,
	                                    .put = put,
	                                    .arg = b};

	assert_int_equal(uv_loop_init(&b->loop), 0);
	assert_int_equal(outlook_new(&b->outlook, &parts), 0);
}

static void setup(struct bench *b, double slope, double limit)
{
	*b = (struct bench){.told = 0};
	write_config(b, limit);
	write_history(b, slope);
	b->wall_us = clock_wall_us();
	start(b);
}

/* The process ends and begins again; what was put is in the history. */
static void restart(struct bench *b)
{
	const char *found;
	struct history *h;

	outlook_free(b->outlook);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	assert_int_equal(history_open(&h, &b->files.config->history, &found), 0);
	for (size_t i = 0; i < b->n_rows; i++) {
		assert_int_equal(outlook_row_put(h, &b->rows[i]), 0);
	}
	assert_int_equal(history_commit(h), 0);
	history_close(h);
	b->n_rows = 0;
	start(b);
}

/* The tag reads x for so many minutes, each second. */
static void stand(struct bench *b, double x, int minutes, uint64_t at_s)
{
	uint64_t seed = 9;

	for (int i = 0; i < 60 * minutes; i++) {
		b->wall_us += 1000000;
		b->now = (struct sample){.ts_us = b->wall_us,
		                         .value = value_real(x + 3 * noise_normal(&seed)),
		                         .est = {.quality = QUALITY_GOOD}};
		outlook_tick(b->outlook, at_s * 1000000000, b->wall_us);
	}
}

/* The first look, and whatever the pool has to do for it. */
static void look(struct bench *b, uint64_t at_s)
{
	outlook_tick(b->outlook, at_s * 1000000000, b->wall_us);
	uv_run(&b->loop, UV_RUN_DEFAULT);
}

static void teardown(struct bench *b)
{
	outlook_free(b->outlook);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	tank_history_free(&b->files);
}

/* 10 Pa a day, now at 400: 450 in five days. */
static void clogging_filter_is_told_in_days(void **state)
{
	struct outlook_item item;
	struct bench b;

	(void)state;
	setup(&b, 10, 450);
	look(&b, 1);
	assert_int_equal(b.told, 0);
	look(&b, 62);
	assert_int_equal(b.told, 1);
	assert_string_equal(b.severity, "info");
	assert_non_null(strstr(b.message, "filter/dp reaches 450 Pa (filter dirty) in "));
	assert_non_null(strstr(b.message, "days"));
	assert_true(outlook_item(b.outlook, 0, &item));
	assert_int_equal(item.remaining.why, REMAINING_KNOWN);
	assert_true(fabs(item.remaining.p50 / 86400 - 5) < 0.6);
	assert_true(item.remaining.p10 <= item.remaining.p50);
	assert_false(outlook_item(b.outlook, 1, &item));
	look(&b, 700); /* the same again is not told again */
	assert_int_equal(b.told, 1);
	teardown(&b);
}

static void falling_tag_meets_its_limit_from_above(void **state)
{
	struct outlook_item item;
	struct bench b;

	(void)state;
	setup(&b, -5, 50);
	look(&b, 1);
	look(&b, 62);
	assert_true(outlook_item(b.outlook, 0, &item));
	assert_true(fabs(item.remaining.p50 / 86400 - 10) < 1.5);
	teardown(&b);
}

static void flat_tag_has_no_prediction(void **state)
{
	struct outlook_item item;
	struct bench b;

	(void)state;
	setup(&b, 0, 450);
	look(&b, 1);
	look(&b, 62);
	assert_int_equal(b.told, 0);
	assert_true(outlook_item(b.outlook, 0, &item));
	assert_int_equal(item.remaining.why, REMAINING_NO_TREND);
	teardown(&b);
}

/* Told in five days, it comes after some minutes; told once more, it is not. */
static void end_closes_what_was_told(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, 10, 450);
	look(&b, 1);
	look(&b, 62);
	assert_int_equal(b.n_rows, 1);
	assert_int_equal(b.rows[0].kind, OUTLOOK_TOLD);
	assert_true(fabs(b.rows[0].p50_s / 86400 - 5) < 0.2); /* from now on */
	assert_true(b.rows[0].limit == 450 && !b.rows[0].learnt);
	assert_true(llabs(b.rows[0].first_us - b.rows[0].ts_us -
	                  llround(b.rows[0].p50_s * 1e6)) <= 1);
	look(&b, 700);
	assert_int_equal(b.n_rows, 2);
	assert_true(b.rows[1].first_us == b.rows[0].first_us);
	stand(&b, 400, 5, 701);
	assert_int_equal(b.n_rows, 2);
	stand(&b, 460, 3, 702);
	assert_int_equal(b.n_rows, 3);
	assert_int_equal(b.rows[2].kind, OUTLOOK_REACHED);
	assert_string_equal(b.message, "filter/dp has reached 450 Pa (filter dirty)");
	assert_string_equal(b.severity, "warning");
	look(&b, 1400);
	assert_int_equal(b.n_rows, 3);
	teardown(&b);
}

/* A new filter: the hours before it say nothing of it. */
static void repair_begins_anew(void **state)
{
	struct outlook_item item;
	struct bench b;

	(void)state;
	setup(&b, 10, 450);
	look(&b, 1);
	look(&b, 62);
	stand(&b, 201, 15, 63);
	assert_int_equal(b.n_rows, 2);
	assert_int_equal(b.rows[1].kind, OUTLOOK_REPAIRED);
	assert_non_null(strstr(b.message, "filter/dp has gone back from 450 Pa"));
	assert_true(outlook_item(b.outlook, 0, &item));
	assert_int_equal(item.remaining.why, REMAINING_LEARNING);
	look(&b, 700);
	assert_true(outlook_item(b.outlook, 0, &item));
	assert_int_equal(item.remaining.why, REMAINING_LEARNING);
	assert_int_equal(b.n_rows, 3);
	assert_string_equal(b.rows[2].why, "too little seen of it yet");
	look(&b, 1400); /* the same reason is kept once */
	assert_int_equal(b.n_rows, 3);
	teardown(&b);
}

static void restart_knows_the_repair_and_what_was_told(void **state)
{
	struct outlook_item item;
	int64_t first_us;
	struct bench b;

	(void)state;
	setup(&b, 10, 450);
	look(&b, 1);
	look(&b, 62);
	first_us = b.rows[0].first_us;
	restart(&b);
	look(&b, 1);
	look(&b, 62);
	assert_int_equal(b.n_rows, 1);
	assert_true(b.rows[0].first_us == first_us);
	stand(&b, 201, 15, 63);
	assert_int_equal(b.rows[b.n_rows - 1].kind, OUTLOOK_REPAIRED);
	restart(&b);
	look(&b, 1);
	look(&b, 62);
	assert_true(outlook_item(b.outlook, 0, &item));
	assert_int_equal(item.remaining.why, REMAINING_LEARNING);
	teardown(&b);
}

/* It was full when the gateway stopped: that is not told again. */
static void restart_knows_the_end(void **state)
{
	struct outlook_item item;
	struct bench b;

	(void)state;
	setup(&b, 10, 450);
	look(&b, 1);
	look(&b, 62);
	stand(&b, 460, 3, 63);
	assert_int_equal(b.n_rows, 2);
	restart(&b);
	look(&b, 1);
	look(&b, 62);
	b.told = 0;
	stand(&b, 460, 3, 63);
	assert_int_equal(b.n_rows, 0);
	assert_int_equal(b.told, 0);
	assert_true(outlook_item(b.outlook, 0, &item));
	assert_int_equal(item.remaining.why, REMAINING_KNOWN);
	assert_true(item.remaining.p50 == 0);
	teardown(&b);
}

static void span_is_in_a_unit_that_suits_it(void **state)
{
	static const struct {
		double p10_s, p50_s, p90_s;
		const char *want;
	} cases[] = {
		{6.2 * 86400, 8 * 86400, 10.5 * 86400, "6 to 11 days"},
		{3.2 * 3600, 4 * 3600, 5 * 3600, "3 to 5 hours"},
		{600, 900, 1500, "10 to 25 minutes"},
		{6.2 * 86400, 8 * 86400, INFINITY, "6 days or more"},
		{0, 0, 0, "now"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct remaining r = {.p10 = cases[i].p10_s,
		                            .p50 = cases[i].p50_s,
		                            .p90 = cases[i].p90_s};
		char span[64];

		outlook_span(span, sizeof(span), &r);
		assert_string_equal(span, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clogging_filter_is_told_in_days),
		cmocka_unit_test(falling_tag_meets_its_limit_from_above),
		cmocka_unit_test(flat_tag_has_no_prediction),
		cmocka_unit_test(end_closes_what_was_told),
		cmocka_unit_test(repair_begins_anew),
		cmocka_unit_test(restart_knows_the_repair_and_what_was_told),
		cmocka_unit_test(restart_knows_the_end),
		cmocka_unit_test(span_is_in_a_unit_that_suits_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
