/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "noise.h"
#include "twin/commission/course.h"

/* Large for a stack. */
static struct course course;

static void course_that_fits_keeps_every_moment(void **state)
{
	(void)state;
	course_init(&course);
	for (int i = 0; i < COURSE_POINTS_MAX; i++) {
		course_add(&course, i * 10, i);
	}
	assert_int_equal(course.n, COURSE_POINTS_MAX);
	for (size_t i = 0; i < course.n; i++) {
		assert_int_equal(course.points[i].from_ns, (int64_t)i * 10);
		assert_true(course.points[i].last == (double)i);
	}
	assert_int_equal(course.end_ns, (COURSE_POINTS_MAX - 1) * 10);
}

/* Of a long run each point is what its moments were: nothing short is lost. */
static void course_of_a_long_run_keeps_extremes(void **state)
{
	enum { MOMENTS = 100000 };
	static double values[MOMENTS];
	uint64_t seed = 3;

	(void)state;
	course_init(&course);
	for (int i = 0; i < MOMENTS; i++) {
		values[i] = noise_uniform(&seed) < 0.001 ? 1000.0 + i
		                                         : noise_uniform(&seed);
		course_add(&course, i, values[i]);
	}
	assert_true(course.n > COURSE_POINTS_MAX / 2 - 1);
	for (size_t i = 0; i < course.n; i++) {
		int64_t end = i + 1 < course.n ? course.points[i + 1].from_ns : MOMENTS;
		double min = INFINITY, max = -INFINITY;

		for (int64_t k = course.points[i].from_ns; k < end; k++) {
			min = fmin(min, values[k]);
			max = fmax(max, values[k]);
		}
		assert_true(course.points[i].min == min && course.points[i].max == max);
		assert_true(course.points[i].last == values[end - 1]);
	}
}

static void course_of_unknown_values_has_gaps(void **state)
{
	(void)state;
	course_init(&course);
	for (int i = 0; i < 2 * COURSE_POINTS_MAX; i++) {
		course_add(&course, i, i % 4 < 2 ? (double)NAN : 5);
	}
	assert_int_equal(course.n, COURSE_POINTS_MAX);
	assert_true(isnan(course.points[0].max) && isnan(course.points[0].last));
	assert_true(course.points[1].min == 5 && course.points[1].last == 5);
	course_add(&course, 2 * COURSE_POINTS_MAX, 7); /* two points of two become one */
	assert_true(course.points[0].max == 5 && course.points[0].last == 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(course_that_fits_keeps_every_moment),
		cmocka_unit_test(course_of_a_long_run_keeps_extremes),
		cmocka_unit_test(course_of_unknown_values_has_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
