/* SPDX-License-Identifier: Apache-2.0 */
/* Learning as who runs the twin sees it: progress, remarks, start-ups, new levels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "noise.h"
#include "twin/twin.h"

#define STEP_NS INT64_C(1000000000)

enum { TAGS = 2, LEARN = 300 };

static const struct tag tags[] = {
	{.device = "press",
         .name = "a",
         .kind = &(const struct tag_kind){.analog = true}},
	{.device = "press",
         .name = "b",
         .kind = &(const struct tag_kind){.analog = true}},
};

struct bench {
	struct twin_config cfg;
	struct twin *twin;
	uint64_t seed;
	int64_t t_ns;
	double level[TAGS];
	struct estimate e[TAGS];
	struct remark said[8];
	size_t n; /* remarks of the last step */
};

static void bench_new(struct bench *b, bool skip_startup)
{
	*b = (struct bench){.seed = 12};
	b->cfg = (struct twin_config){.tags = tags,
	                              .n_tags = TAGS,
	                              .n_field_tags = TAGS,
	                              .learn = LEARN,
	                              .skip_startup = skip_startup,
	                              .false_alarm = 1e-4};
	assert_int_equal(twin_new(&b->twin, &b->cfg), 0);
}

static void bench_step(struct bench *b)
{
	struct reading r[TAGS];

	for (uint32_t i = 0; i < TAGS; i++) {
		double x = b->level[i] + noise_normal(&b->seed);

		r[i] = (struct reading){.tag = i, .value = value_real(x)};
	}
	b->t_ns += STEP_NS;
	twin_merge(b->twin, b->t_ns, r, TAGS, b->e);
	b->n = twin_remarks(b->twin, b->said, ARRAY_SIZE(b->said));
}

static void begin_and_end_are_said_once_a_device(void **state)
{
	struct bench b;

	(void)state;
	bench_new(&b, false);
	for (int i = 0; i < 2 * LEARN; i++) {
		bench_step(&b);
		if (i == 0) {
			assert_int_equal(b.n, 1);
			assert_int_equal(b.said[0].kind, REMARK_LEARNING);
			assert_int_equal(b.said[0].n, TAGS);
			assert_int_equal(b.said[0].tag, REMARK_NO_TAG);
		} else if (i == LEARN - 1) {
			assert_int_equal(b.n, 1);
			assert_int_equal(b.said[0].kind, REMARK_LEARNT);
			assert_int_equal(b.said[0].device, 0);
		} else {
			assert_int_equal(b.n, 0);
		}
	}
	twin_free(b.twin);
}

static void drift_that_stays_is_said_with_both_levels(void **state)
{
	struct bench b;
	int rows = 0;

	(void)state;
	bench_new(&b, false);
	for (int i = 0; i < LEARN + 100; i++) {
		bench_step(&b);
	}
	b.level[1] = 8;
	do {
		bench_step(&b);
		rows++;
	} while (b.n == 0);
	assert_in_range(rows, 600, 620);
	assert_int_equal(b.said[0].kind, REMARK_REBASELINED);
	assert_int_equal(b.said[0].tag, 1);
	assert_true(fabs(b.said[0].before) < 1 && fabs(b.said[0].after - 8) < 1);
	assert_true(b.e[1].predicted == b.said[0].before); /* still the old one */
	assert_int_equal(b.e[1].state, STATE_HEALTHY);
	twin_free(b.twin);
}

/* While the machine warms up nothing is learnt from it, where so wished. */
static void startup_is_not_learnt(void **state)
{
	struct bench b;
	size_t skipped = 0;
	int rows = 0;

	(void)state;
	bench_new(&b, true);
	b.level[0] = 60;
	for (; b.e[0].state == STATE_LEARNING && rows < 4 * LEARN; rows++) {
		b.level[0] *= 0.97;
		bench_step(&b);
		for (size_t i = 0; i < b.n; i++) {
			if (b.said[i].kind == REMARK_STARTUP) {
				assert_int_equal(b.said[i].tag, 0);
				skipped += b.said[i].n;
			}
		}
		if (rows == LEARN) {
			assert_int_equal(b.e[0].state, STATE_LEARNING);
			assert_int_equal(b.e[1].state, STATE_HEALTHY);
		}
	}
	assert_in_range(skipped, 50, LEARN);
	assert_int_equal(rows, LEARN + skipped + 1);
	b.level[0] = 4; /* what a limit that knew the start-up would not see */
	for (rows = 0; !b.e[0].drift && rows < 100; rows++) {
		bench_step(&b);
	}
	assert_in_range(rows, 1, 20);
	twin_free(b.twin);
}

/* A machine that jumps every now and then learns as it is in the end. */
static void restless_tag_learns_in_the_end(void **state)
{
	struct bench b;
	int rows = 0;

	(void)state;
	bench_new(&b, true);
	do {
		b.level[0] = (rows + 100) / 200 % 2 ? 60 : 0;
		bench_step(&b);
	} while (b.e[0].state == STATE_LEARNING && rows++ < 10 * LEARN);
	assert_in_range(rows, LEARN, 6 * LEARN);
	twin_free(b.twin);
}

static void remarks_are_bounded(void **state)
{
	struct remarks all = {.n = 0};
	struct remark out[4];

	(void)state;
	for (uint32_t i = 0; i < REMARKS_MAX + 5; i++) {
		remarks_add(&all, &(struct remark){.tag = i});
	}
	assert_int_equal(all.lost, 5);
	assert_int_equal(remarks_take(&all, out, 4), 4);
	assert_int_equal(out[3].tag, 3);
	assert_int_equal(remarks_take(&all, out, 4), 4);
	assert_int_equal(out[0].tag, 4);
	all.n = 1;
	assert_int_equal(remarks_take(&all, out, 4), 1);
	assert_int_equal(remarks_take(&all, out, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begin_and_end_are_said_once_a_device),
		cmocka_unit_test(drift_that_stays_is_said_with_both_levels),
		cmocka_unit_test(startup_is_not_learnt),
		cmocka_unit_test(restless_tag_learns_in_the_end),
		cmocka_unit_test(remarks_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
