/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations out of range, no memory, and the promise that a running twin allocates
 * nothing.  The linker sends allocations through here (--wrap, tests/meson.build). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "drivers/reading.h"
#include "machine.h"

static long allocations;
static long refuse_from = -1; /* the allocation that fails, and all after it; -1: none */

/* The names are the linker's. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c) */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool refused(void)
{
	allocations++;
	return refuse_from >= 0 && allocations > refuse_from;
}

void *__wrap_malloc(size_t size)
{
	return refused() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return refused() ? NULL : __real_realloc(p, size);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c) */

/* From the first reading over learning to a leak and a lost sensor. */
static void a_running_twin_allocates_nothing(void **state)
{
	struct explanation why;
	struct reading r[4];
	struct estimate e[4];
	struct machine m;
	long before;

	(void)state;
	machine_new(&m, 1);
	assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
	before = allocations;
	assert_true(before > 0);
	for (int i = 0; i < 4000; i++) {
		m.tank.leak = i > 3000 ? 0.3 : 0;
		machine_run(&m);
		if (i % 500 > 450) {
			machine_lose(&m, LEVEL);
		}
		machine_merge(&m);
		twin_virtual(m.twin, r, e, 4);
		twin_explain(m.twin, LEVEL, &why);
	}
	assert_int_equal(allocations, before);
	twin_free(m.twin);
}

/* A component that finds a parameter needs memory once, when its rows are there. */
static void without_memory_a_fit_is_given_up(void **state)
{
	bool learnt = false;

	(void)state;
	for (long i = 0; i < 100 && !learnt; i++) {
		struct reading r[4];
		struct estimate e[4];
		struct machine m;

		machine_new(&m, 1);
		m.component.fit = 2;
		assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
		for (int k = 0; k < 600; k++) {
			if (k == MACHINE_LEARN - 2) {
				allocations = 0;
				refuse_from = i;
			}
			machine_run(&m);
			machine_merge(&m);
			twin_virtual(m.twin, r, e, 4);
		}
		refuse_from = -1;
		learnt = allocations <= i; /* that was enough */
		twin_free(m.twin);
	}
	assert_true(learnt);
}

static void without_memory_there_is_no_twin_and_no_leak(void **state)
{
	struct machine m;
	long needed;

	(void)state;
	machine_new(&m, 1);
	allocations = 0;
	assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
	needed = allocations;
	twin_free(m.twin);
	for (long i = 0; i < needed; i++) {
		m.twin = NULL;
		allocations = 0;
		refuse_from = i;
		assert_int_equal(twin_new(&m.twin, &m.cfg), -ENOMEM);
		refuse_from = -1;
		assert_null(m.twin);
	}
}

struct fault {
	const char *name;
	void (*spoil)(struct machine *m);
};

static void short_learning(struct machine *m)
{
	m->cfg.learn = 179;
}

static void certain_alarm(struct machine *m)
{
	m->cfg.false_alarm = 1;
}

static void alarm_of_no_number(struct machine *m)
{
	m->cfg.false_alarm = NAN;
}

static void more_field_tags_than_tags(struct machine *m)
{
	m->cfg.n_field_tags = m->cfg.n_tags + 1;
}

static void no_model(struct machine *m)
{
	m->component.model = NULL;
}

static void unknown_port(struct machine *m)
{
	m->component.inputs[0].port = 2;
}

static void unknown_tag(struct machine *m)
{
	m->component.outputs[0].tag = TAGS;
}

static void followed_beyond_the_last(struct machine *m)
{
	m->component.estimate[m->component.model->n_parameters] = 0.1;
}

static void followed_backwards(struct machine *m)
{
	m->component.estimate[0] = -0.1;
}

static void the_same_port_twice(struct machine *m)
{
	m->component.inputs[0].port = m->component.inputs[1].port;
}

static void scale_of_nothing(struct machine *m)
{
	m->component.outputs[0].scale = 0;
}

static void no_age(struct machine *m)
{
	m->component.max_age_s = 0;
}

static void short_learning_of_a_component(struct machine *m)
{
	m->component.learn = 30;
}

static void a_configuration_out_of_range_is_refused(void **state)
{
	static const struct fault faults[] = {
		{"short learning", short_learning},
		{"certain alarm", certain_alarm},
		{"alarm of no number", alarm_of_no_number},
		{"more field tags than tags", more_field_tags_than_tags},
		{"no model", no_model},
		{"unknown port", unknown_port},
		{"unknown tag", unknown_tag},
		{"the same port twice", the_same_port_twice},
		{"scale of nothing", scale_of_nothing},
		{"no age", no_age},
		{"parameter that is not there", followed_beyond_the_last},
		{"spread below 0", followed_backwards},
		{"short learning of a component", short_learning_of_a_component},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct machine m;

		machine_new(&m, 1);
		faults[i].spoil(&m);
		if (twin_new(&m.twin, &m.cfg) != -EINVAL) {
			fail_msg("%s is taken", faults[i].name);
		}
	}
	twin_free(NULL);
}

/* Whatever comes, in whatever order: no NaN where a number is claimed, no crash. */
static void garbage_leaves_numbers_numbers(void **state)
{
	static const double wild[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e-300, 0};
	uint64_t seed = 4;
	struct machine m;

	(void)state;
	machine_new(&m, 2);
	assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
	for (int i = 0; i < 20000; i++) {
		size_t n;

		machine_run(&m);
		for (uint32_t tag = 0; tag < SWITCH; tag++) {
			double dice = noise_uniform(&seed);

			if (dice < 0.02) {
				m.r[tag].quality = (uint8_t)(dice * 200);
			} else if (dice < 0.04) {
				m.r[tag].value.real = wild[(size_t)((dice - 0.02) * 350)];
			}
		}
		if (i % 1000 == 999) {
			m.t_ns += (int64_t)(noise_uniform(&seed) * 1e14);
		}
		n = (size_t)(noise_uniform(&seed) * (FIELD_TAGS + 1));
		twin_merge(m.twin, m.t_ns - (i % 300 == 7 ? 3 * MACHINE_STEP_NS : 0), m.r,
		           n, m.e);
		for (size_t k = 0; k < n; k++) {
			assert_true(isnan(m.e[k].sigma) == isnan(m.e[k].predicted));
			assert_true(isnan(m.e[k].sigma) || m.e[k].sigma > 0);
			assert_true(m.e[k].source != SOURCE_PREDICTED ||
			            isfinite(m.e[k].estimate));
		}
	}
	twin_free(m.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_running_twin_allocates_nothing),
		cmocka_unit_test(without_memory_a_fit_is_given_up),
		cmocka_unit_test(without_memory_there_is_no_twin_and_no_leak),
		cmocka_unit_test(a_configuration_out_of_range_is_refused),
		cmocka_unit_test(garbage_leaves_numbers_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
