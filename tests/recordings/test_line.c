/* SPDX-License-Identifier: Apache-2.0 */
/* The line against the cases of refvec/line.json: what is exact exactly, what is of
 * chance in the 95 % interval of ten replications for at least five of eight seeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "drivers/reading.h"
#include "tests/twin/line_cases.h"
#include "twin/line/replicate.h"

enum { REPLICATIONS = 10, SEEDS = 8, HELD_MIN = 5 };

static json_t *all;

static json_t *of(const json_t *o, const char *key)
{
	json_t *found = json_object_get(o, key);

	assert_non_null(found);
	return found;
}

static double number(const json_t *o, const char *key)
{
	return json_number_value(of(o, key));
}

static double at(const json_t *list, size_t i)
{
	return json_number_value(json_array_get(list, i));
}

static void run(const struct line_case *c, uint64_t seed, double for_s,
                struct line_figures *out, double *wait_s)
{
	struct line *l = NULL;

	assert_int_equal(line_run(&l, &c->config,
	                          &(struct line_wish){.seed = seed,
	                                              .warm_up_s = for_s / 10,
	                                              .for_s = for_s}),
	                 0);
	*out = *line_figures(l);
	*wait_s = line_figures(l)->stations[0].wait_s;
	line_free(l);
}

enum what { THROUGHPUT, LEAD, WAIT, NUMBER };

static void expect(const char *name, const struct line_case *c, double for_s,
                   enum what what, double want)
{
	int held = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		double x[REPLICATIONS];
		struct interval in;

		for (uint64_t k = 0; k < REPLICATIONS; k++) {
			struct line_figures f;
			double wait_s;

			run(c, 1000 * seed + k, for_s, &f, &wait_s);
			x[k] = what == THROUGHPUT ? f.throughput
			       : what == LEAD     ? f.lead_s
			       : what == WAIT     ? wait_s
			                          : f.wip;
		}
		in = interval_of(x, REPLICATIONS);
		held += fabs(in.mean - want) <= in.half;
	}
	printf("%-32s %.6g in %d of %d\n", name, want, held, SEEDS);
	assert_true(held >= HELD_MIN);
}

static void two_stations(void **state)
{
	json_t *list = of(all, "two_exponential_stations");

	(void)state;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		struct line_case c;

		chain(&c, 2, (uint32_t)number(o, "buffer"));
		c.source.unlimited = true;
		c.edges[0].capacity = 0;
		c.stations[0] = station(exponential(1 / number(o, "mu1")));
		c.stations[1] = station(exponential(1 / number(o, "mu2")));
		expect("two stations", &c, 2000, THROUGHPUT, number(o, "throughput"));
	}
}

static void failures(void **state)
{
	static const char *const names[] = {"zero_buffer_failures",
	                                    "infinite_buffer_failures"};

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		const json_t *o = of(all, names[k]);
		struct line_case c;

		chain(&c, 3, k ? UINT32_MAX : 0);
		c.source.unlimited = true;
		c.edges[0].capacity = 0;
		for (size_t i = 0; i < 3; i++) {
			c.stations[i] = station(constant(number(o, "cycle_s")));
			c.stations[i].fails = true;
			c.stations[i].up = exponential(at(of(o, "mtbf_s"), i));
			c.stations[i].down = exponential(at(of(o, "mttr_s"), i));
		}
		/* Two stations are the slowest: between them the queue comes to no rest,
		 * so that the limit is met from below, with the root of time. */
		if (k) {
			struct line_figures f;
			double wait_s;

			run(&c, 1, 2e7, &f, &wait_s);
			assert_true(fabs(3600 * f.throughput / number(o, "per_hour") -
			                 1) < 0.005);
		} else {
			expect(names[k], &c, 5e5, THROUGHPUT,
			       number(o, "per_hour") / 3600);
		}
	}
}

/* Part n comes after first + longest (n - 1). */
static void deterministic(void **state)
{
	const json_t *o = of(all, "deterministic"), *cycles = of(o, "cycles_s");
	double first = number(o, "first_part_s"),
	       each = 1 / number(o, "throughput_per_s");
	struct line_case c;

	(void)state;
	chain(&c, 3, UINT32_MAX);
	c.source.unlimited = true;
	c.edges[0].capacity = 0;
	for (size_t i = 0; i < 3; i++) {
		c.stations[i] = station(constant(at(cycles, i)));
	}
	for (int n = 1; n <= 200; n++) {
		double t = first + each * (n - 1);
		struct line *l = NULL;

		assert_int_equal(line_run(&l, &c.config, &(struct line_wish){.for_s = t}),
		                 0);
		assert_int_equal(line_figures(l)->good, n);
		line_free(l);
		assert_int_equal(
			line_run(&l, &c.config, &(struct line_wish){.for_s = t - 1e-6}),
			0);
		assert_int_equal(line_figures(l)->good, n - 1);
		line_free(l);
	}
	/* As many parts in the line as its throughput needs: with fewer it is less. */
	c.source.wip = (uint32_t)ceil(number(o, "critical_wip"));
	c.edges[0].capacity = UINT32_MAX;
	for (int less = 0; less < 2; less++) {
		struct line_figures f;
		double wait_s;

		c.source.wip -= (uint32_t)less;
		run(&c, 1, 9000, &f, &wait_s);
		assert_true(less ? f.throughput < number(o, "throughput_per_s") - 1e-3
		                 : fabs(f.throughput - number(o, "throughput_per_s")) <
		                            1e-3);
	}
}

static void queues(void **state)
{
	const json_t *mm1 = of(all, "mm1"), *md1 = of(all, "md1"), *mm2 = of(all, "mm2");
	struct line_case c;

	(void)state;
	chain(&c, 1, UINT32_MAX);
	c.source.every = exponential(1 / number(mm1, "rho"));
	c.stations[0] = station(exponential(1));
	expect("M/M/1, time", &c, 8000, LEAD, number(mm1, "time_in_system_s"));
	expect("M/M/1, wait", &c, 8000, WAIT, number(mm1, "wait_s"));
	expect("M/M/1, number", &c, 8000, NUMBER, number(mm1, "in_system"));
	c.stations[0] = station(constant(1));
	expect("M/D/1, wait", &c, 8000, WAIT, number(md1, "wait_s"));
	expect("M/D/1, time", &c, 8000, LEAD, number(md1, "time_in_system_s"));
	c.source.every = exponential(1 / 1.5);
	c.stations[0] = station(exponential(1));
	c.stations[0].servers = 2;
	expect("M/M/2, wait", &c, 8000, WAIT, number(mm2, "wait_s"));
}

static void conwip(void **state)
{
	const json_t *o = of(all, "conwip_exponential"), *w = of(o, "w");

	(void)state;
	for (size_t i = 0; i < json_array_size(w); i++) {
		struct line_case c;

		chain(&c, 4, UINT32_MAX);
		c.source.unlimited = true;
		c.source.wip = (uint32_t)at(w, i);
		for (size_t k = 0; k < 4; k++) {
			c.stations[k] = station(exponential(1));
		}
		expect("CONWIP", &c, 2000, THROUGHPUT, at(of(o, "throughput"), i));
	}
}

static void oee(void **state)
{
	const json_t *o = of(all, "oee");
	struct line_oee got = line_oee(number(o, "PBT_s"), number(o, "APT_s"),
	                               number(o, "PRI_s") * number(o, "PQ"),
	                               (double[]){number(o, "PQ"), number(o, "GQ")});

	(void)state;
	assert_true(fabs(got.availability - number(o, "availability")) < 1e-12);
	assert_true(fabs(got.effectiveness - number(o, "effectiveness")) < 1e-12);
	assert_true(fabs(got.quality - number(o, "quality")) < 1e-12);
	assert_true(fabs(got.oee - number(o, "oee")) < 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_stations),  cmocka_unit_test(failures),
		cmocka_unit_test(deterministic), cmocka_unit_test(queues),
		cmocka_unit_test(conwip),        cmocka_unit_test(oee),
	};
	const char *shared = getenv("POLLUX_SHARED");
	char path[4096];

	snprintf(path, sizeof(path), "%s/data/refvec/line.json",
	         shared ? shared : "../shared");
	all = json_load_file(path, 0, NULL);
	if (!all) {
		printf("%s is not there\n", path);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
