/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/alarm_desk.h"
#include "gateway/log.h"

enum { N_TAGS = 200, TOLD_MAX = 600 };

static const struct tag_kind metres = {.unit = "m"};
static const uint64_t s_ns = 1000000000;

/* What was told, as "tag state [by]". */
struct bench {
	struct tag tags[N_TAGS];
	struct config config;
	struct clock_stamper stamper;
	struct alarm_desk desk;
	struct alarm alarms[N_TAGS];
	char told[TOLD_MAX][64];
	int64_t id[TOLD_MAX], ts_us[TOLD_MAX];
	size_t n;
	uint64_t now_ns;
};

void twin_explain(const struct twin *t, uint32_t tag, struct explanation *out)
{
	(void)t;
	*out = (struct explanation){.method = "ewma",
	                            .threshold = 1,
	                            .rate = NAN,
	                            .blamed = {tag},
	                            .share = {1},
	                            .n_blamed = 1};
}

static void on_event(void *arg, const struct event *e)
{
	struct bench *b = arg;

	assert_in_range(b->n, 0, TOLD_MAX - 1);
	b->id[b->n] = e->alarm_id;
	b->ts_us[b->n] = e->ts_us;
	if (e->tag == EVENT_NOBODY) {
		snprintf(b->told[b->n++], sizeof(b->told[0]), "%s %s", e->kind,
		         e->severity);
	} else {
		snprintf(b->told[b->n++], sizeof(b->told[0]), "%u %s%s%s",
		         (unsigned)e->tag, e->state, *e->by ? " " : "", e->by);
	}
}

static int setup(void **state)
{
	struct bench *b = test_calloc(1, sizeof(*b));

	for (size_t i = 0; i < N_TAGS; i++) {
		b->tags[i] = (struct tag){.device = "d", .name = "t", .kind = &metres};
	}
	b->config.tags = b->tags;
	b->config.n_tags = N_TAGS;
	b->now_ns = 1000 * s_ns;
	clock_stamper_init(&b->stamper, 0);
	alarm_desk_init(&b->desk, &(struct alarm_desk_parts){&b->config, &b->stamper,
	                                                     NULL, on_event, b});
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	test_free(*state);
	return 0;
}

static struct sample sample_of(uint32_t tag, bool drifts)
{
	return (struct sample){
		.tag = tag,
		.value = value_real(1),
		.last = NAN,
		.est = {.state = drifts ? STATE_DRIFT : STATE_HEALTHY, .drift = drifts}};
}

/* n readings of a tag, a second apart: d drift, h healthy. */
static void feed(struct bench *b, uint32_t tag, char what, int n)
{
	struct sample s = sample_of(tag, what == 'd');

	for (int i = 0; i < n; i++) {
		b->now_ns += s_ns;
		alarm_desk_judge(&b->desk, &b->alarms[tag], b->now_ns, &s);
	}
}

static int acknowledge(struct bench *b, uint32_t tag, const char *by)
{
	struct sample s = sample_of(tag, true);

	return alarm_desk_acknowledge(&b->desk, &b->alarms[tag],
	                              &(struct alarm_hand){b->now_ns, &s, by});
}

static int shelve(struct bench *b, uint32_t tag, uint32_t for_s)
{
	struct sample s = sample_of(tag, true);

	return alarm_desk_shelve(&b->desk, &b->alarms[tag],
	                         &(struct alarm_hand){b->now_ns, &s, "bob"}, for_s);
}

static void assert_told(const struct bench *b, const char *const *want, size_t n)
{
	for (size_t i = 0; i < n && i < b->n; i++) {
		assert_string_equal(b->told[i], want[i]);
	}
	assert_int_equal(b->n, n);
}

static void alarm_is_raised_seen_and_cleared_under_one_id(void **state)
{
	static const char *const want[] = {"3 active", "3 acknowledged eve", "3 cleared"};
	struct bench *b = *state;

	assert_int_equal(acknowledge(b, 3, "eve"), -ENOENT);
	feed(b, 3, 'd', 5);
	assert_int_equal(acknowledge(b, 3, "eve"), 0);
	assert_int_equal(acknowledge(b, 3, "bob"), -EALREADY);
	feed(b, 3, 'd', 5);
	feed(b, 3, 'h', 10);
	assert_told(b, want, ARRAY_SIZE(want));
	assert_int_equal(b->id[0], b->ts_us[0]);
	assert_int_equal(b->id[1], b->id[0]);
	assert_int_equal(b->id[2], b->id[0]);
	assert_true(b->ts_us[2] > b->ts_us[1] && b->ts_us[1] > b->ts_us[0]);
	assert_int_equal(acknowledge(b, 3, "eve"), -ENOENT);
}

static void next_alarm_wants_to_be_seen_again(void **state)
{
	static const char *const want[] = {"3 active", "3 acknowledged eve", "3 cleared",
	                                   "3 active"};
	struct bench *b = *state;

	feed(b, 3, 'd', 1);
	assert_int_equal(acknowledge(b, 3, "eve"), 0);
	feed(b, 3, 'h', 10);
	feed(b, 3, 'd', 1);
	assert_told(b, want, ARRAY_SIZE(want));
	assert_true(b->id[3] > b->id[0]);
}

static void shelved_alarm_is_active_again_when_its_time_is_over(void **state)
{
	static const char *const want[] = {"1 active", "1 shelved bob", "1 active"};
	struct bench *b = *state;

	feed(b, 1, 'd', 1);
	assert_int_equal(shelve(b, 1, 60), 0);
	assert_int_equal(acknowledge(b, 1, "eve"), -EALREADY);
	feed(b, 1, 'd', 59);
	assert_int_equal(b->n, 2);
	feed(b, 1, 'd', 2);
	assert_told(b, want, ARRAY_SIZE(want));
	assert_int_equal(b->id[2], b->id[0]);
}

static void shelved_tag_raises_quietly(void **state)
{
	static const char *const want[] = {"1 active",  "1 shelved bob", "1 cleared",
	                                   "1 shelved", "1 cleared",     "1 active"};
	struct bench *b = *state;

	feed(b, 1, 'd', 1);
	assert_int_equal(shelve(b, 1, 60), 0);
	feed(b, 1, 'h', 10);
	feed(b, 1, 'd', 1);
	feed(b, 1, 'h', 60);
	feed(b, 1, 'd', 1);
	assert_told(b, want, ARRAY_SIZE(want));
}

static void shelving_can_be_taken_back(void **state)
{
	static const char *const want[] = {"1 active", "1 shelved bob", "1 active"};
	struct bench *b = *state;

	assert_int_equal(shelve(b, 1, 60), -ENOENT);
	feed(b, 1, 'd', 1);
	assert_int_equal(shelve(b, 1, ALARM_DESK_SHELVED_MAX_S + 1), -EINVAL);
	assert_int_equal(shelve(b, 1, 60), 0);
	assert_int_equal(shelve(b, 1, 0), 0);
	assert_told(b, want, ARRAY_SIZE(want));
}

/* All at once: the first are told, one word of the flood, then each as there is room. */
static void flood_is_held_back_and_nothing_that_lasts_is_lost(void **state)
{
	struct bench *b = *state;
	bool seen[N_TAGS] = {false};
	size_t n_active = 0;

	for (uint32_t tag = 0; tag < 100; tag++) {
		struct sample s = sample_of(tag, true);

		alarm_desk_judge(&b->desk, &b->alarms[tag], b->now_ns, &s);
	}
	assert_int_equal(b->n, ALARM_DESK_BURST + 1);
	assert_string_equal(b->told[ALARM_DESK_BURST], "alarm_flood alarm");
	assert_int_equal(b->desk.held, 100 - ALARM_DESK_BURST);
	for (int second = 0; second < 300; second++) {
		b->now_ns += s_ns;
		for (uint32_t tag = 0; tag < 100; tag++) {
			struct sample s = sample_of(tag, true);

			alarm_desk_judge(&b->desk, &b->alarms[tag], b->now_ns, &s);
		}
	}
	for (size_t i = 0; i < b->n; i++) {
		unsigned tag = 0;

		if (strstr(b->told[i], " active")) {
			assert_int_equal(sscanf(b->told[i], "%u", &tag), 1);
			assert_false(seen[tag]);
			seen[tag] = true;
			n_active++;
		}
	}
	assert_int_equal(n_active, 100);
	assert_string_equal(b->told[b->n - 1], "alarm_flood info");
	assert_int_equal(b->desk.lost, 0);
	assert_int_equal(b->desk.held, 0);
}

static void what_is_over_before_there_is_room_is_counted(void **state)
{
	struct bench *b = *state;
	size_t n;

	for (uint32_t tag = 0; tag < 50; tag++) {
		struct sample s = sample_of(tag, true);

		alarm_desk_judge(&b->desk, &b->alarms[tag], b->now_ns, &s);
	}
	n = b->n;
	for (int i = 0; i < 10; i++) {
		struct sample s = sample_of(49, false);

		alarm_desk_judge(&b->desk, &b->alarms[49], b->now_ns, &s);
	}
	assert_int_equal(b->n, n); /* nobody was told, so nothing is cleared */
	assert_int_equal(b->desk.lost, 1);
	assert_int_equal(acknowledge(b, 48, "eve"), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(alarm_is_raised_seen_and_cleared_under_one_id),
		TEST(next_alarm_wants_to_be_seen_again),
		TEST(shelved_alarm_is_active_again_when_its_time_is_over),
		TEST(shelved_tag_raises_quietly),
		TEST(shelving_can_be_taken_back),
		TEST(flood_is_held_back_and_nothing_that_lasts_is_lost),
		TEST(what_is_over_before_there_is_room_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
