/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/plan.h"
#include "drivers/modbus/value.h"
#include "tests/unscaled.h"

#define WORD(at)                                                                         \
	{                                                                                \
		.encoding = &unscaled[TYPE_UINT16], .address = (at),                     \
		.space = MODBUS_HOLDING                                                  \
	}
#define DOUBLE(at)                                                                       \
	{                                                                                \
		.encoding = &unscaled[TYPE_FLOAT64], .address = (at),                    \
		.space = MODBUS_HOLDING                                                  \
	}
#define COIL(at)                                                                         \
	{                                                                                \
		.encoding = &unscaled[TYPE_BOOL], .address = (at), .space = MODBUS_COIL  \
	}

static const struct device_limits plain = {
	.max_registers = 125, .max_bits = 2000, .max_gap = 10, .in_flight = 1};

/* 1 ms a request and next to nothing a register. */
static const struct plan_cost tcp = {1000000, 80};

static int make(struct plan **out, const struct point *points, size_t n, uint32_t due,
                const struct device_limits *limits)
{
	const struct plan_rules rules = {.limits = limits, .cost = tcp};

	return plan_new(out, points, n, due, &rules);
}

static void blocks_are_as_expected(void **state)
{
	static const struct {
		const char *name;
		uint16_t max_gap, max_registers, max_bits;
		struct point points[6];
		size_t n_points;
		struct expected {
			enum modbus_table table;
			uint32_t address, count, first, n_points;
		} want[4];
		size_t n_want;
	} cases[] = {
		{"none", 10, 125, 2000, {{0}}, 0, {{0}}, 0},
		{"one", 10, 125, 2000, {WORD(7)}, 1, {{MODBUS_HOLDING, 7, 1, 0, 1}}, 1},
		{"unsorted neighbours",
	         0,
	         125,
	         2000,
	         {WORD(2), WORD(0), WORD(1)},
	         3,
	         {{MODBUS_HOLDING, 0, 3, 0, 3}},
	         1},
		{"a gap that is bridged",
	         10,
	         125,
	         2000,
	         {WORD(0), WORD(11)},
	         2,
	         {{MODBUS_HOLDING, 0, 12, 0, 2}},
	         1},
		{"a gap too wide",
	         10,
	         125,
	         2000,
	         {WORD(0), WORD(12)},
	         2,
	         {{MODBUS_HOLDING, 0, 1, 0, 1}, {MODBUS_HOLDING, 12, 1, 1, 1}},
	         2},
		{"no gap allowed",
	         0,
	         125,
	         2000,
	         {WORD(0), WORD(2)},
	         2,
	         {{MODBUS_HOLDING, 0, 1, 0, 1}, {MODBUS_HOLDING, 2, 1, 1, 1}},
	         2},
		{"the same twice",
	         0,
	         125,
	         2000,
	         {WORD(5), WORD(5)},
	         2,
	         {{MODBUS_HOLDING, 5, 1, 0, 2}},
	         1},
		{"one within another, then a neighbour",
	         0,
	         125,
	         2000,
	         {DOUBLE(0), WORD(1), WORD(4)},
	         3,
	         {{MODBUS_HOLDING, 0, 5, 0, 3}},
	         1},
		{"a field at the limit is not split",
	         0,
	         6,
	         2000,
	         {DOUBLE(0), DOUBLE(4)},
	         2,
	         {{MODBUS_HOLDING, 0, 4, 0, 1}, {MODBUS_HOLDING, 4, 4, 1, 1}},
	         2},
		{"tables stay apart",
	         10,
	         125,
	         2000,
	         {COIL(0), WORD(0), COIL(1)},
	         3,
	         {{MODBUS_HOLDING, 0, 1, 0, 1}, {MODBUS_COIL, 0, 2, 1, 2}},
	         2},
		{"gaps of bits count by sixteen",
	         1,
	         125,
	         2000,
	         {COIL(0), COIL(17), COIL(34), COIL(52)},
	         4,
	         {{MODBUS_COIL, 0, 35, 0, 3}, {MODBUS_COIL, 52, 1, 3, 1}},
	         2},
		{"limit of bits, as few bytes as can be",
	         10,
	         125,
	         16,
	         {COIL(0), COIL(15), COIL(16)},
	         3,
	         {{MODBUS_COIL, 0, 1, 0, 1}, {MODBUS_COIL, 15, 2, 1, 2}},
	         2},
		{"the last register",
	         10,
	         125,
	         2000,
	         {WORD(65535), WORD(65530)},
	         2,
	         {{MODBUS_HOLDING, 65530, 6, 0, 2}},
	         1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct device_limits limits = {.max_registers = cases[i].max_registers,
		                               .max_bits = cases[i].max_bits,
		                               .max_gap = cases[i].max_gap};
		struct plan *plan = NULL;

		assert_int_equal(
			make(&plan, cases[i].points, cases[i].n_points, 1, &limits), 0);
		if (plan->n_blocks != cases[i].n_want) {
			fail_msg("%s: %zu blocks", cases[i].name, plan->n_blocks);
		}
		for (size_t k = 0; k < plan->n_blocks; k++) {
			const struct plan_block *got = &plan->blocks[k];
			const struct expected *want = &cases[i].want[k];

			if (got->table != want->table || got->address != want->address ||
			    got->count != want->count || got->first != want->first ||
			    got->n_points != want->n_points) {
				fail_msg("%s: block %zu is %u+%u", cases[i].name, k,
				         got->address, got->count);
			}
		}
		plan_free(plan);
	}
}

/* Of another period or too far away for other limits, it is still read with the value. */
static void exponent_is_read_with_its_value(void **state)
{
	struct point_raw behind = {.exponent_at = "set", .exponent = 10};
	struct point_raw before = {.exponent_at = "set", .exponent = 4};
	const struct encoding word = {.raw = &behind, .scale = 1, .type = TYPE_INT16};
	const struct encoding real = {.raw = &before, .scale = 1, .type = TYPE_FLOAT32};
	const struct point points[] = {
		{.encoding = &word, .address = 6, .space = MODBUS_HOLDING},
		{.encoding = &real, .address = 12, .space = MODBUS_HOLDING},
		WORD(14),
	};
	struct device_limits limits = plain;
	struct plan *plan;
	const char *why = NULL;

	(void)state;
	limits.max_gap = 0;
	assert_int_equal(make(&plan, points, 1, 1, &limits), 0);
	assert_int_equal(plan->blocks[0].address, 6);
	assert_int_equal(plan->blocks[0].count, 5);
	plan_free(plan);
	assert_int_equal(make(&plan, points, ARRAY_SIZE(points), 1, &limits), 0);
	assert_int_equal(plan->n_blocks, 1);
	assert_int_equal(plan->blocks[0].address, 4);
	assert_int_equal(plan->blocks[0].count, 11);
	plan_free(plan);
	limits.max_registers = 9;
	assert_int_equal(plan_check_point(&points[1], &limits, &why), -EINVAL);
	assert_int_equal(plan_check_point(&points[0], &limits, &why), 0);
}

static void only_due_groups_are_planned(void **state)
{
	struct point points[] = {WORD(0), WORD(1), WORD(2)};
	struct plan *plan = NULL;

	(void)state;
	points[1].group = 31;
	points[2].group = 1;
	assert_int_equal(make(&plan, points, 3, UINT32_C(1) << 31, &plain), 0);
	assert_int_equal(plan->n_points, 1);
	assert_int_equal(plan->points[0], 1);
	plan_free(plan);
}

static void point_larger_than_the_limit_is_refused(void **state)
{
	static const struct point points[] = {DOUBLE(0)};
	struct device_limits limits = plain;
	struct plan *plan = NULL;

	(void)state;
	limits.max_registers = 3;
	assert_int_equal(make(&plan, points, 1, 1, &limits), -E2BIG);
	assert_null(plan);
}

static void rooms_of_the_largest_block_are_measured(void **state)
{
	static const struct encoding texts[] = {
		{.scale = 1, .length = 5, .type = TYPE_STRING},
		{.scale = 1, .length = 8, .type = TYPE_STRING},
		{.scale = 1, .length = 11, .type = TYPE_STRING},
	};
	static const struct point points[] = {
		{.encoding = &texts[0], .address = 0},
		{.encoding = &texts[1], .address = 3},
		{.encoding = &texts[2], .address = 500},
		WORD(7),
	};
	struct plan *plan = NULL;

	(void)state;
	assert_int_equal(make(&plan, points, ARRAY_SIZE(points), 1, &plain), 0);
	assert_int_equal(plan->max_points, 3);
	assert_int_equal(plan->max_text, 6 + 9);
	plan_free(plan);
}

static uint32_t end_of(const struct point *point)
{
	return point->address + value_registers(point);
}

/* No two neighbours in a block further apart than the limit, none outside it. */
static void check_block(const struct plan *plan, const struct plan_block *block,
                        const struct point *points, const struct device_limits *limits)
{
	bool bits = plan_is_bits(block->table);
	uint32_t covered = block->address, last = block->address;

	assert_in_range(block->count, 1, bits ? limits->max_bits : limits->max_registers);
	assert_in_range(block->count, 1, bits ? 2000 : 125); /* whatever they say */
	for (size_t k = 0; k < block->n_points; k++) {
		const struct point *point = &points[plan->points[block->first + k]];

		assert_int_equal(point->space, block->table);
		assert_true(point->address >= block->address);
		assert_true(point->address <=
		            covered + limits->max_gap * (bits ? 16U : 1U));
		covered = end_of(point) > covered ? end_of(point) : covered;
		last = covered;
	}
	assert_int_equal(last, block->address + block->count);
}

static void random_maps_keep_the_invariants(void **state)
{
	static const enum value_type types[] = {TYPE_UINT16, TYPE_FLOAT32, TYPE_FLOAT64,
	                                        TYPE_STRING, TYPE_BCD,     TYPE_BIT};

	(void)state;
	srand(1);
	for (int round = 0; round < 500; round++) {
		struct device_limits limits = {
			.max_registers = (uint16_t)(8 + rand() % 118),
			.max_bits = (uint16_t)(1 + rand() % 2000),
			.max_gap = (uint16_t)(rand() % 20)};
		size_t n = 1 + (size_t)rand() % 200;
		uint32_t due = (uint32_t)rand() % 16;
		struct encoding encodings[200];
		struct point points[200];
		unsigned int seen[200] = {0};
		struct plan *plan = NULL;

		if (round % 4 == 0) {
			limits.max_registers = UINT16_MAX;
			limits.max_bits = UINT16_MAX;
			limits.max_gap = 200;
		}
		for (size_t i = 0; i < n; i++) {
			points[i] = (struct point){.encoding = &encodings[i],
			                           .space = (uint16_t)(rand() % 4),
			                           .address = (uint32_t)rand() %
			                                      (round % 2 ? 300 : 3000),
			                           .group = (uint32_t)rand() % 4};
			encodings[i] = (struct encoding){
				.scale = 1, .length = (uint16_t)(1 + rand() % 15)};
			encodings[i].type =
				points[i].space >= MODBUS_COIL
					? TYPE_BOOL
					: types[(size_t)rand() % ARRAY_SIZE(types)];
		}
		assert_int_equal(make(&plan, points, n, due, &limits), 0);
		for (size_t b = 0; b < plan->n_blocks; b++) {
			check_block(plan, &plan->blocks[b], points, &limits);
			for (size_t k = 0; k < plan->blocks[b].n_points; k++) {
				seen[plan->points[plan->blocks[b].first + k]]++;
			}
		}
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(seen[i], due >> points[i].group & 1);
		}
		plan_free(plan);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_as_expected),
		cmocka_unit_test(exponent_is_read_with_its_value),
		cmocka_unit_test(only_due_groups_are_planned),
		cmocka_unit_test(point_larger_than_the_limit_is_refused),
		cmocka_unit_test(rooms_of_the_largest_block_are_measured),
		cmocka_unit_test(random_maps_keep_the_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
