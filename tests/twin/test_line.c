/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "line_cases.h"

static struct line *ran(const struct line_case *c, double for_s, uint64_t seed)
{
	struct line *l = NULL;
	size_t which = 0;
	const char *why = line_mistake(&c->config, &which);

	if (why) {
		fail_msg("%s (%zu)", why, which);
	}
	assert_int_equal(line_run(&l, &c->config,
	                          &(struct line_wish){.seed = seed, .for_s = for_s}),
	                 0);
	return l;
}

static void near(const char *what, double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance)) {
		fail_msg("%s: %.12g, not %.12g within %g", what, got, want, tolerance);
	}
}

/* 2, 1.5 and 1 s: part n comes after 4.5 + 2 (n - 1) s. */
static void parts_of_a_constant_line_come_when_they_must(void **state)
{
	static const struct {
		double for_s;
		unsigned out;
	} cases[] = {{4.49, 0}, {4.5, 1},      {6.49, 1},
	             {6.5, 2},  {204.49, 100}, {204.5, 101}};
	struct line_case c;

	(void)state;
	chain(&c, 3, UINT32_MAX);
	c.source.unlimited = true;
	c.edges[0].capacity = 0;
	c.stations[0] = station(constant(2));
	c.stations[1] = station(constant(1.5));
	c.stations[2] = station(constant(1));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line *l = ran(&c, cases[i].for_s, 1);

		assert_int_equal(line_figures(l)->good, cases[i].out);
		line_free(l);
	}
}

static void states_are_shared_out_and_sum_to_the_whole(void **state)
{
	struct line_case c;
	struct line *l;

	(void)state;
	chain(&c, 3, 0);
	c.source.unlimited = true;
	c.stations[0] = station(constant(1));
	c.stations[1] = station(constant(4));
	c.stations[2] = station(constant(2));
	c.stations[1].power_w[LINE_BUSY] = 1000;
	l = ran(&c, 4000, 1);
	near("blocked", line_figures(l)->stations[0].share[LINE_BLOCKED], 0.75, 1e-2);
	near("busy", line_figures(l)->stations[1].share[LINE_BUSY], 1, 1e-2);
	near("starved", line_figures(l)->stations[2].share[LINE_STARVED], 0.5, 1e-2);
	near("energy", line_figures(l)->energy_j, 4e6, 4e3);
	assert_int_equal(line_figures(l)->bottleneck, 1);
	for (size_t i = 0; i < 3; i++) {
		double sum = 0;

		for (size_t k = 0; k < LINE_STATES; k++) {
			sum += line_figures(l)->stations[i].share[k];
		}
		near("sum", sum, 1, 1e-9);
	}
	line_free(l);
}

/* A batch of 4 in 10 s; each part then 2 s. */
static void batch_takes_and_gives_together(void **state)
{
	struct line_case c;
	struct line *l;

	(void)state;
	chain(&c, 2, 8);
	c.source.unlimited = true;
	c.stations[0] = station(constant(10));
	c.edges[0].take = 4;
	c.stations[1] = station(constant(2));
	l = ran(&c, 1000.5, 1);
	near("throughput", (double)line_figures(l)->good, 396, 1);
	assert_int_equal(line_figures(l)->stations[0].jobs, 100);
	line_free(l);
}

/* One frame and two wheels make a thing, which is taken apart into three again. */
static void assembly_and_disassembly_count(void **state)
{
	struct line_case c;
	struct line_source sources[2] = {{.id = "frames", .every = constant(10)},
	                                 {.id = "wheels", .every = constant(4)}};
	struct line *l;

	(void)state;
	chain(&c, 2, 100);
	c.stations[0] = station(constant(1));
	c.stations[0].join = true;
	c.stations[0].gives = 1;
	c.stations[1] = station(constant(1));
	c.stations[1].gives = 3;
	c.edges[3] = way(1, 0, 100);
	c.edges[3].of_source = true;
	c.edges[3].take = 2;
	c.config.n_edges = 4;
	c.config.sources = sources;
	c.config.n_sources = 2;
	l = ran(&c, 1000.5, 1);
	assert_int_equal(line_figures(l)->stations[0].jobs, 99);
	assert_int_equal(line_figures(l)->good, 297);
	near("little", line_figures(l)->little, 0, 1e-9);
	line_free(l);
}

/* A tenth is scrap, a fifth goes back once more. */
static void inspection_scraps_and_sends_back(void **state)
{
	struct line_case c;
	const struct line_figures *f;
	struct line *l;

	(void)state;
	chain(&c, 2, 10);
	c.source.every = constant(5);
	c.stations[0] = station(constant(2));
	c.stations[1] = station(constant(1));
	c.edges[2].share = 0.7;
	c.edges[3] = way(1, LINE_OUT, 0);
	c.edges[3].share = 0.1;
	c.edges[3].scrap = true;
	c.edges[4] = way(1, 0, 10);
	c.edges[4].share = 0.2;
	c.config.n_edges = 5;
	l = ran(&c, 500000, 3);
	f = line_figures(l);
	near("scrap", (double)f->scrapped / (double)f->out, 0.125, 0.005);
	near("work", f->stations[0].share[LINE_BUSY], 2 / (5 * 0.8), 0.01);
	near("quality", f->stations[1].oee.quality, 0.9, 0.005);
	line_free(l);
}

static const double setups[] = {0, 30, 30, 0};

static void two_products(struct line_case *c, struct line_product products[2],
                         enum line_rule rule)
{
	chain(c, 1, 1000);
	products[0] = (struct line_product){.id = "a", .share = 1, .due_s = 4000};
	products[1] = (struct line_product){
		.id = "b", .share = 1, .due_s = 400, .priority = 1};
	c->source.every = exponential(20);
	c->stations[0] = station(constant(5));
	c->stations[0].setups_s = setups;
	c->stations[0].rule = rule;
	c->edges[0].products = c->edges[1].products = 3;
	c->config.products = products;
	c->config.n_products = 2;
}

static void rules_choose_who_goes_first(void **state)
{
	struct line_product products[2];
	struct line_case c;
	double setting_up[6], on_time[6];

	(void)state;
	for (size_t rule = 0; line_rule_name(rule); rule++) {
		struct line *l;

		two_products(&c, products, (enum line_rule)rule);
		l = ran(&c, 200000, 5);
		setting_up[rule] = line_figures(l)->stations[0].share[LINE_SETTING_UP];
		on_time[rule] = line_figures(l)->on_time;
		line_free(l);
	}
	assert_true(setting_up[LINE_SETUP] < 0.8 * setting_up[LINE_FIFO]);
	assert_true(on_time[LINE_EDD] > on_time[LINE_FIFO]);
	assert_true(on_time[LINE_PRIORITY] > on_time[LINE_FIFO]);
}

/* Eight hours of work, an hour of break in it, then nobody: a part of 7.5 s in 7 h. */
static void breaks_stop_and_work_goes_on_where_it_was(void **state)
{
	static const struct line_break breaks[] = {{4 * 3600, 3600},
	                                           {8 * 3600, 16 * 3600}};
	struct line_case c;
	struct line *l;

	(void)state;
	chain(&c, 1, 0);
	c.source.unlimited = true;
	c.stations[0] = station(constant(7.5));
	c.config.breaks = breaks;
	c.config.n_breaks = 2;
	c.config.period_s = 86400;
	l = ran(&c, 2 * 86400, 1);
	assert_int_equal(line_figures(l)->good, 2 * 7 * 3600 / 7.5);
	near("paused", line_figures(l)->stations[0].share[LINE_PAUSED], 17.0 / 24, 1e-9);
	near("availability", line_figures(l)->stations[0].oee.availability, 1, 1e-9);
	line_free(l);
}

/* One for two stations of 10 s, 12 m apart at 1.2 m/s: 20 s of ways for 20 s of work. */
static void operator_walks_between_what_he_serves(void **state)
{
	struct line_case c;
	const struct line_figures *f;
	struct line *l;

	(void)state;
	chain(&c, 2, 1);
	c.source.unlimited = true;
	c.stations[0] = station(constant(10));
	c.stations[1] = station(constant(10));
	c.stations[0].skill = c.stations[1].skill = 1;
	c.stations[1].x = 12;
	c.operators[0] = (struct line_operator){.id = "o", .skills = 1, .speed = 1.2};
	c.config.n_operators = 1;
	l = ran(&c, 36000, 1);
	f = line_figures(l);
	near("throughput", f->throughput, 1.0 / 40, 2e-4);
	near("working", f->operators[0].working, 0.5, 0.01);
	near("walking", f->operators[0].walking, 0.5, 0.01);
	line_free(l);
}

static double shares_of(enum line_policy policy, enum line_state state)
{
	struct line_case c;
	struct line *l;
	double share;

	chain(&c, 1, 0);
	c.source.unlimited = true;
	c.stations[0] = station(constant(10));
	c.stations[0].fails = true;
	c.stations[0].up = (struct dist){.kind = DIST_WEIBULL, .a = 10000, .b = 4};
	c.stations[0].down = constant(3000);
	c.stations[0].policy = policy;
	c.stations[0].every_s = policy == LINE_PERIODIC ? 5000 : 200;
	c.stations[0].service = constant(600);
	l = ran(&c, 1e7, 1);
	share = line_figures(l)->stations[0].share[state];
	line_free(l);
	return share;
}

/* Weibull of shape 4: half of its life in, one in 16 has failed. */
static void maintenance_prevents_what_it_foresees(void **state)
{
	double never = shares_of(LINE_RUN_TO_FAILURE, LINE_DOWN);

	(void)state;
	near("run to failure", never, 3000 / (3000 + 9064.0), 0.01);
	assert_true(shares_of(LINE_PERIODIC, LINE_DOWN) < never / 6);
	near("condition", shares_of(LINE_CONDITION, LINE_DOWN), 0, 1e-9);
	near("service", shares_of(LINE_CONDITION, LINE_MAINTAINED), 600.0 / (600 + 8860),
	     0.005);
}

/* By the clock it fails also while nobody wants it. */
static void failures_by_the_clock_and_by_running_differ(void **state)
{
	double share[2];

	(void)state;
	for (int calendar = 0; calendar < 2; calendar++) {
		struct line_case c;
		struct line *l;

		chain(&c, 1, 1000);
		c.source.every = constant(100);
		c.stations[0] = station(constant(10));
		c.stations[0].fails = true;
		c.stations[0].calendar = calendar != 0;
		c.stations[0].up = exponential(1000);
		c.stations[0].down = constant(100);
		l = ran(&c, 1e7, 1);
		share[calendar] = line_figures(l)->stations[0].share[LINE_DOWN];
		line_free(l);
	}
	near("running", share[0], 0.1 * 100 / 1000, 0.002);
	near("clock", share[1], 100.0 / 1100, 0.01);
}

static void the_same_seed_repeats_and_a_variant_keeps_the_rest(void **state)
{
	struct line_case c;
	double first, again, other, variant_first;
	struct line *l;

	(void)state;
	chain(&c, 2, 50);
	c.source.every = exponential(10);
	c.stations[0] = station(exponential(8));
	c.stations[1] = station(exponential(8));
	l = ran(&c, 1e5, 1);
	first = line_figures(l)->lead_s;
	variant_first = line_figures(l)->stations[0].wait_s;
	line_free(l);
	l = ran(&c, 1e5, 1);
	again = line_figures(l)->lead_s;
	line_free(l);
	l = ran(&c, 1e5, 2);
	other = line_figures(l)->lead_s;
	line_free(l);
	assert_true(first == again && first != other);
	c.stations[1].time = exponential(2); /* what comes before it does not change */
	l = ran(&c, 1e5, 1);
	near("wait", line_figures(l)->stations[0].wait_s, variant_first, 0.3);
	line_free(l);
}

static void orders_have_due_dates(void **state)
{
	static const struct line_order orders[] = {{"one", 0, 0, 10, 101},
	                                           {"two", 0, 0, 10, 150},
	                                           {"three", 500, 0, 5, 551}};
	struct line_case c;
	struct line *l;

	(void)state;
	chain(&c, 1, 100);
	c.source.orders = orders;
	c.source.n_orders = 3;
	c.stations[0] = station(constant(10));
	l = ran(&c, 1000, 1);
	assert_int_equal(line_figures(l)->good, 25);
	near("on time", line_figures(l)->on_time, 20.0 / 25, 1e-9);
	near("tardiness", line_figures(l)->tardiness_s, (10 + 20 + 30 + 40 + 50) / 25.0,
	     1e-9);
	near("makespan", line_figures(l)->makespan_s, 550, 1e-9);
	line_free(l);
	l = ran(&c, 545, 1); /* one is not made yet */
	assert_true(isnan(line_figures(l)->makespan_s));
	line_free(l);
	l = ran(&c, 400, 1); /* or not released */
	assert_true(isnan(line_figures(l)->makespan_s));
	line_free(l);
}

/* Shifts of four hours with half an hour off after 1.75 h: who works for 30 s of each 40
 * s has 90 jobs an hour, fewer where the break takes some of it. */
static void operators_are_counted_by_the_hour(void **state)
{
	static const struct line_break off[] = {{6300, 1800}};
	const struct line_hours *h;
	struct line_case c;
	struct line *l = NULL;
	double working = 0;

	(void)state;
	chain(&c, 1, 100);
	c.source.every = constant(40);
	c.stations[0] = station(constant(30));
	c.stations[0].skill = 1;
	c.operators[0] = (struct line_operator){.id = "Ada", .skills = 1, .speed = 1};
	c.config.n_operators = 1;
	c.config.breaks = off;
	c.config.n_breaks = 1;
	c.config.period_s = 14400;
	assert_int_equal(line_run(&l, &c.config,
	                          &(struct line_wish){
					  .seed = 1, .for_s = 10 * 14400, .hours = true}),
	                 0);
	h = &line_figures(l)->hours;
	assert_int_equal(h->n, 4);
	near("seen", h->observed_s[0], 36000, 1e-6);
	near("seen", h->observed_s[1], 27000, 1e-6);
	near("seen", h->observed_s[2], 27000, 1e-6);
	near("jobs", h->jobs[0] / 10.0, 90, 0.5);
	near("jobs", h->jobs[1] / 10.0, 67.5, 1);
	/* what came in the break is worked off: one in 30 s */
	assert_true(h->jobs[2] / 10.0 > 75 && h->jobs[3] / 10.0 > 90);
	near("working", h->working_s[0] / h->observed_s[0], 0.75, 0.01);
	for (size_t i = 0; i < 4; i++) {
		working += h->working_s[i];
	}
	near("all", working, line_figures(l)->operators[0].working * 10 * (14400 - 1800),
	     1e-6);
	line_free(l);
}

/* The example of ISO 22400-2, with its numbers. */
static void oee_is_that_of_the_standard(void **state)
{
	struct line_oee o = line_oee(28800, 25200, 30.0 * 756, (double[]){756, 741});

	(void)state;
	near("availability", o.availability, 0.875, 1e-12);
	near("effectiveness", o.effectiveness, 0.9, 1e-12);
	near("quality", o.quality, 0.9801587301587301, 1e-12);
	near("oee", o.oee, 0.771875, 1e-12);
	assert_true(isnan(line_oee(0, 0, 0, (double[]){0, 0}).oee));
}

static void what_is_no_line_is_refused(void **state)
{
	struct line_case c;
	struct line *l = NULL;
	size_t which;

	(void)state;
	chain(&c, 1, 1);
	c.source.every = exponential(1);
	c.stations[0] = station(constant(1));
	assert_null(line_mistake(&c.config, &which));
	c.stations[0].servers = 0;
	assert_non_null(line_mistake(&c.config, &which));
	c.stations[0] = station(exponential(0));
	assert_non_null(line_mistake(&c.config, &which));
	c.stations[0] = station(constant(1));
	c.stations[0].skill = 1;
	assert_non_null(line_mistake(&c.config, &which));
	c.stations[0].skill = 0;
	c.edges[1].products = 0;
	assert_string_equal(line_mistake(&c.config, &which),
	                    "a station has no way out for some product");
	assert_int_equal(line_run(&l, &c.config, &(struct line_wish){.for_s = 1}),
	                 -EINVAL);
}

/* A source without end before a station that takes no time. */
static void parts_that_go_round_in_no_time_are_an_error(void **state)
{
	struct line_case c;
	struct line *l = NULL;

	(void)state;
	chain(&c, 1, 1);
	c.source.unlimited = true;
	c.stations[0] = station(constant(0));
	assert_int_equal(line_run(&l, &c.config, &(struct line_wish){.for_s = 1}),
	                 -ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_a_constant_line_come_when_they_must),
		cmocka_unit_test(states_are_shared_out_and_sum_to_the_whole),
		cmocka_unit_test(batch_takes_and_gives_together),
		cmocka_unit_test(assembly_and_disassembly_count),
		cmocka_unit_test(inspection_scraps_and_sends_back),
		cmocka_unit_test(rules_choose_who_goes_first),
		cmocka_unit_test(breaks_stop_and_work_goes_on_where_it_was),
		cmocka_unit_test(operator_walks_between_what_he_serves),
		cmocka_unit_test(maintenance_prevents_what_it_foresees),
		cmocka_unit_test(failures_by_the_clock_and_by_running_differ),
		cmocka_unit_test(the_same_seed_repeats_and_a_variant_keeps_the_rest),
		cmocka_unit_test(orders_have_due_dates),
		cmocka_unit_test(operators_are_counted_by_the_hour),
		cmocka_unit_test(oee_is_that_of_the_standard),
		cmocka_unit_test(what_is_no_line_is_refused),
		cmocka_unit_test(parts_that_go_round_in_no_time_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
