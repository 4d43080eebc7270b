/* SPDX-License-Identifier: Apache-2.0 */
/* The planner against all there is: every way to put the points of a small map into
 * blocks, runs in order of address or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/cost.h"
#include "drivers/modbus/plan.h"
#include "drivers/modbus/value.h"
#include "tests/unscaled.h"

enum { MAPS = 10000, POINTS_MAX = 7, RANGES_MAX = 3 };

struct map {
	struct point points[POINTS_MAX];
	size_t n;
	struct device_range omit[RANGES_MAX];
	struct device_hole holes[RANGES_MAX];
	struct device_limits limits;
	struct plan_rules rules;
};

static uint32_t pick(uint32_t least, uint32_t most)
{
	return least + (uint32_t)rand() % (most - least + 1);
}

static struct device_range pick_range(void)
{
	uint16_t first = (uint16_t)pick(0, 40);

	return (struct device_range){.space = pick(0, 1) ? MODBUS_COIL : MODBUS_HOLDING,
	                             .first = first,
	                             .last = (uint16_t)(first + pick(0, 6))};
}

/* Sorted by address, as the checks below like it; the planner sorts for itself. */
static int compare_points(const void *left, const void *right)
{
	const struct point *a = left, *b = right;

	return a->address < b->address ? -1 : a->address > b->address;
}

static void pick_map(struct map *map)
{
	static const enum value_type types[] = {TYPE_UINT16, TYPE_FLOAT32, TYPE_FLOAT64};

	memset(map, 0, sizeof(*map));
	map->n = pick(1, POINTS_MAX);
	for (size_t i = 0; i < map->n; i++) {
		bool coil = pick(0, 3) == 0;

		map->points[i] = (struct point){
			.encoding = &unscaled[coil ? TYPE_BOOL : types[pick(0, 2)]],
			.space = coil ? MODBUS_COIL : MODBUS_HOLDING};
		map->points[i].address = pick(0, coil ? 90 : 40);
	}
	qsort(map->points, map->n, sizeof(map->points[0]), compare_points);
	map->limits = (struct device_limits){.max_registers = (uint16_t)pick(4, 30),
	                                     .max_bits = (uint16_t)pick(1, 80),
	                                     .max_gap = (uint16_t)pick(0, 12),
	                                     .one_per_request = pick(0, 9) == 0,
	                                     .start_at_zero = pick(0, 9) == 0,
	                                     .omit = map->omit,
	                                     .n_omit = pick(0, 2)};
	if (map->limits.start_at_zero) {
		map->limits.max_registers = 60;
		map->limits.max_bits = 100;
	}
	for (size_t i = 0; i < RANGES_MAX; i++) {
		map->omit[i] = pick_range();
		map->holes[i] = (struct device_hole){.range = pick_range()};
		map->holes[i].asked = map->holes[i].range;
		map->holes[i].asked.last += (uint16_t)pick(0, 3);
		map->holes[i].guess = pick(0, 2) == 0;
	}
	map->rules = (struct plan_rules){.limits = &map->limits,
	                                 .cost = {pick(1, 40), pick(0, 3)},
	                                 .holes = map->holes,
	                                 .n_holes = pick(0, RANGES_MAX)};
}

/* What a block of the points in mask costs, or 0 where it is not allowed. */
static uint64_t block_cost(const struct map *map, unsigned int mask)
{
	const struct device_limits *limits = &map->limits;
	uint32_t begin = UINT32_MAX, end = 0, longest = 0;
	uint16_t space = UINT16_MAX;
	bool bits;

	for (size_t i = 0; i < map->n; i++) {
		const struct point *p = &map->points[i];
		uint32_t n = value_registers(p);

		if (!(mask >> i & 1)) {
			continue;
		}
		bits = p->space == MODBUS_COIL;
		if (space != UINT16_MAX &&
		    (p->space != space ||
		     (!limits->start_at_zero &&
		      p->address > end + limits->max_gap * (bits ? 16U : 1U)))) {
			return 0;
		}
		space = p->space;
		begin = p->address < begin ? p->address : begin;
		end = p->address + n > end ? p->address + n : end;
		n += limits->start_at_zero ? p->address : 0;
		longest = n > longest ? n : longest;
	}
	bits = space == MODBUS_COIL;
	begin = limits->start_at_zero ? 0 : begin;
	if (limits->one_per_request && longest != end - begin) {
		return 0;
	}
	if (end - begin > (bits ? limits->max_bits : limits->max_registers)) {
		return 0;
	}
	for (uint32_t i = 0; i < limits->n_omit; i++) {
		if (map->omit[i].space == space && begin <= map->omit[i].last &&
		    end > map->omit[i].first) {
			return 0;
		}
	}
	for (uint32_t i = 0; i < map->rules.n_holes; i++) {
		bool alone = longest == end - begin;
		const struct device_range *r = alone ? &map->holes[i].asked
		                                     : &map->holes[i].range;

		if (alone && map->holes[i].guess) {
			continue;
		}
		if (r->space == space && begin <= r->first && end > r->last) {
			return 0;
		}
	}
	return map->rules.cost.request_ns +
	       map->rules.cost.byte_ns *
	               (bits ? (end - begin + 7) / 8 : 2 * (end - begin));
}

/* The cheapest way to put points i and up into the blocks begun, or into new ones. */
static uint64_t cheapest(const struct map *map, unsigned int *masks, size_t n_masks,
                         size_t i, unsigned int allowed)
{
	uint64_t best = UINT64_MAX, cost = 0;

	while (i < map->n && !(allowed >> i & 1)) {
		i++;
	}
	if (i == map->n) {
		for (size_t k = 0; k < n_masks; k++) {
			uint64_t one = block_cost(map, masks[k]);

			if (one == 0) {
				return UINT64_MAX;
			}
			cost += one;
		}
		return cost;
	}
	for (size_t k = 0; k <= n_masks; k++) {
		unsigned int before = k < n_masks ? masks[k] : 0;

		masks[k] = before | 1U << i;
		cost = cheapest(map, masks, n_masks + (k == n_masks), i + 1, allowed);
		best = cost < best ? cost : best;
		masks[k] = before;
	}
	return best;
}

/* Each point of the plan in one block, or refused; @return the plan's cost. */
static uint64_t check_plan(const struct map *map, const struct plan *plan,
                           unsigned int allowed)
{
	unsigned int seen = 0;
	uint64_t cost = 0;

	for (size_t b = 0; b < plan->n_blocks; b++) {
		const struct plan_block *block = &plan->blocks[b];
		unsigned int mask = 0;
		uint64_t one;

		for (size_t k = 0; k < block->n_points; k++) {
			mask |= 1U << plan->points[block->first + k];
		}
		assert_int_equal(seen & mask, 0);
		seen |= mask;
		one = block_cost(map, mask);
		assert_true(one > 0);
		assert_int_equal(
			one, plan_block_ns(&map->rules.cost, block->table, block->count));
		cost += one;
	}
	assert_int_equal(seen, allowed);
	for (size_t i = plan->n_points - plan->n_refused; i < plan->n_points; i++) {
		assert_int_equal(allowed >> plan->points[i] & 1, 0);
	}
	assert_int_equal(plan->n_points, map->n);
	return cost;
}

static void no_other_plan_is_cheaper(void **state)
{
	size_t n_refused = 0;

	(void)state;
	srand(7);
	for (int round = 0; round < MAPS; round++) {
		unsigned int masks[POINTS_MAX + 1] = {0}, allowed = 0;
		struct plan *plan = NULL;
		struct map map;
		uint64_t got, want;

		pick_map(&map);
		for (size_t i = 0; i < map.n; i++) {
			allowed |= (block_cost(&map, 1U << i) ? 1U : 0) << i;
		}
		assert_int_equal(plan_new(&plan, map.points, map.n, 1, &map.rules), 0);
		got = check_plan(&map, plan, allowed);
		want = cheapest(&map, masks, 0, 0, allowed);
		if (got != want) {
			fail_msg("map %d: %u, not %u", round, (unsigned int)got,
			         (unsigned int)want);
		}
		n_refused += plan->n_refused;
		plan_free(plan);
	}
	assert_in_range(n_refused, 1, MAPS * POINTS_MAX / 4); /* the dice are fair */
}

/* field.md's table: the gap of registers up to which one request is the cheaper. */
static void wide_gaps_are_bridged_where_requests_are_dear(void **state)
{
	static const struct {
		const char *address;
		uint32_t turnaround_us, gap; /* bridged; one more is not */
	} cases[] = {
		{"rtu:///dev/ttyS0?baud=9600&parity=even", 0, 10},
		{"rtu:///dev/ttyS0?baud=9600&parity=even", 10000, 14},
		{"rtu:///dev/ttyS0?baud=9600&parity=even", 20000, 18},
		{"rtu:///dev/ttyS0?baud=19200&parity=even", 0, 10},
		{"rtu:///dev/ttyS0?baud=19200&parity=even", 10000, 18},
		{"rtu:///dev/ttyS0?baud=115200&parity=even", 0, 24},
		{"rtu:///dev/ttyS0?baud=115200&parity=even", 10000, 77},
		{"rtu:///dev/ttyS0?baud=115200&parity=even", 20000, 123},
		{"tcp://192.0.2.1", 1000, 123},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct device_limits limits = {
			.max_registers = 125, .max_bits = 2000, .max_gap = 124};
		struct plan_rules rules = {.limits = &limits};
		struct address address;
		uint32_t gap = 0;
		size_t n_blocks;
		const char *why;

		assert_int_equal(address_parse(&address, cases[i].address, &why), 0);
		rules.cost = cost_of(&address, &limits, cases[i].turnaround_us);
		do {
			const struct point points[] = {
				{.encoding = &unscaled[TYPE_UINT16]},
				{.encoding = &unscaled[TYPE_UINT16],
			         .address = ++gap + 1}};
			struct plan *plan = NULL;

			assert_int_equal(plan_new(&plan, points, 2, 1, &rules), 0);
			n_blocks = plan->n_blocks;
			plan_free(plan);
		} while (n_blocks == 1);
		if (gap - 1 != cases[i].gap) {
			fail_msg("%s: %u", cases[i].address, gap - 1);
		}
	}
}

static void cycle_time_sums_the_blocks(void **state)
{
	const struct device_limits limits = {
		.max_registers = 10, .max_bits = 2000, .max_gap = 10, .pause_ms = 2};
	static const struct point points[] = {
		{.encoding = &unscaled[TYPE_UINT16]},
		{.encoding = &unscaled[TYPE_UINT16], .address = 9},
		{.encoding = &unscaled[TYPE_UINT16], .address = 50}};
	const struct device_config config = {.limits = limits};
	struct plan_rules rules = {.limits = &limits};
	struct plan *plan = NULL;
	struct address address;
	const char *why;

	(void)state;
	address_parse(&address, "rtu:///dev/ttyS0?baud=9600&parity=even", &why);
	rules.cost = cost_of(&address, &limits, 5000);
	assert_int_equal(plan_new(&plan, points, 3, 1, &rules), 0);
	assert_int_equal(plan->n_blocks, 2);
	/* 2 x (13 characters of 11 bits, 7 of silence, 5 ms), 11 registers of 2; the
	 * pause of 2 ms lies within t3.5 of 4.01 ms. */
	assert_in_range(cost_cycle_us(plan, &rules.cost, 1), 81030, 81050);
	assert_in_range(cost_cycle_us(plan, &rules.cost, 2), 40510, 40530);
	address_parse(&address, "tcp://192.0.2.1", &why);
	rules.cost = cost_of(&address, &limits, cost_assumed_us(&address, &config));
	assert_in_range(cost_cycle_us(plan, &rules.cost, 1), 6000, 6005);
	plan_free(plan);
}

static void turnaround_is_what_the_line_does_not_explain(void **state)
{
	static const struct {
		const char *address;
		uint64_t round_trip_ns;
		uint32_t n_bytes, want_us;
	} cases[] = {
		{"tcp://192.0.2.1", 700000, 250, 680},
		{"tcp://192.0.2.1", 5000, 250, 1}, /* nothing is free */
		/* 13 + 20 characters of 11 bits */
		{"rtu:///dev/ttyS0?baud=9600&parity=even", 57812500, 20, 20000},
		{"rtu:///dev/ttyS0?baud=9600&parity=even", 30000000, 20, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address address;
		const char *why;

		assert_int_equal(address_parse(&address, cases[i].address, &why), 0);
		assert_int_equal(cost_turnaround_us(&address, cases[i].round_trip_ns,
		                                    cases[i].n_bytes),
		                 cases[i].want_us);
	}
}

/* @return whether plans are made anew after as many answers as a measurement takes */
static bool measure(struct cost_meter *meter, uint32_t us, uint64_t now_ns)
{
	for (int i = 1; i < COST_SAMPLES; i++) {
		/* A third of them took ten times as long. */
		assert_false(cost_measure(meter, i % 3 ? us : 10 * us, now_ns));
	}
	return cost_measure(meter, us, now_ns);
}

static void measurement_is_a_median_and_plans_rest_ten_minutes(void **state)
{
	const uint64_t again_ns = COST_AGAIN_S * UINT64_C(1000000000);
	struct cost_meter meter = {.in_use_us = 1000};

	(void)state;
	assert_true(measure(&meter, 900, 5)); /* better than what was assumed */
	assert_int_equal(meter.in_use_us, 900);
	for (int i = 0; i < 3 * COST_SAMPLES; i++) {
		assert_false(cost_measure(&meter, 5000, again_ns));
	}
	assert_false(measure(&meter, 1300, again_ns + 5));
	assert_true(measure(&meter, 1400, 2 * again_ns + 5));
	assert_int_equal(meter.in_use_us, 1400);
	assert_true(measure(&meter, 600, 3 * again_ns + 5));
	assert_int_equal(meter.in_use_us, 600);
}

static void what_is_known_best_is_assumed(void **state)
{
	struct device_config config = {0};
	struct address line, tcp;
	const char *why;

	(void)state;
	address_parse(&line, "rtu:///dev/ttyS0", &why);
	address_parse(&tcp, "tcp://192.0.2.1", &why);
	assert_int_equal(cost_assumed_us(&line, &config), 0);
	assert_int_equal(cost_assumed_us(&tcp, &config), COST_ROUND_TRIP_US);
	config.measured_us = 300;
	assert_int_equal(cost_assumed_us(&line, &config), 300);
	assert_int_equal(cost_assumed_us(&tcp, &config), 300);
	config.limits.round_trip_us = 2000;
	assert_int_equal(cost_assumed_us(&tcp, &config), 2000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_other_plan_is_cheaper),
		cmocka_unit_test(wide_gaps_are_bridged_where_requests_are_dear),
		cmocka_unit_test(cycle_time_sums_the_blocks),
		cmocka_unit_test(turnaround_is_what_the_line_does_not_explain),
		cmocka_unit_test(measurement_is_a_median_and_plans_rest_ten_minutes),
		cmocka_unit_test(what_is_known_best_is_assumed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
