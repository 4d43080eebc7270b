/* SPDX-License-Identifier: Apache-2.0 */
/* Greedy from the lowest address on.  With equal cost for every request this is optimal
 * where no gap counts; weighing gaps against requests is the place for a cost model. */
#include "drivers/modbus/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "drivers/modbus/value.h"

/* A point on its way into a block. */
struct span {
	uint32_t point; /* index */
	uint16_t table;
	uint32_t begin, end; /* addresses, end not included */
};

bool plan_is_bits(enum modbus_table table)
{
	return table == MODBUS_COIL || table == MODBUS_DISCRETE;
}

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->table != b->table) {
		return a->table < b->table ? -1 : 1;
	}
	if (a->begin != b->begin) {
		return a->begin < b->begin ? -1 : 1;
	}
	return a->point < b->point ? -1 : a->point > b->point;
}

static size_t collect(struct span *spans, const struct point *points, size_t n,
                      uint32_t due)
{
	size_t n_spans = 0;

	for (size_t i = 0; i < n; i++) {
		if (due >> points[i].group & 1) {
			spans[n_spans++] = (struct span){
				.point = (uint32_t)i,
				.table = points[i].space,
				.begin = points[i].address,
				.end = points[i].address + value_registers(&points[i])};
		}
	}
	qsort(spans, n_spans, sizeof(*spans), compare_spans);
	return n_spans;
}

static uint32_t max_count(enum modbus_table table, const struct device_limits *limits)
{
	return plan_is_bits(table) ? limits->max_bits : limits->max_registers;
}

/* Does the span go on the block that ends at `end`? */
static bool joins(const struct plan_block *block, uint32_t end, const struct span *span,
                  const struct device_limits *limits)
{
	uint32_t gap = limits->max_gap * (plan_is_bits(block->table) ? 16U : 1U);

	return span->table == block->table && span->begin <= end + gap &&
	       span->end <= block->address + max_count(block->table, limits);
}

static int build(struct plan *plan, const struct span *spans,
                 const struct device_limits *limits)
{
	struct plan_block *block = NULL;
	uint32_t end = 0;

	for (size_t i = 0; i < plan->n_points; i++) {
		const struct span *span = &spans[i];

		if (span->end - span->begin > max_count(span->table, limits)) {
			return -E2BIG;
		}
		if (!block || !joins(block, end, span, limits)) {
			block = &plan->blocks[plan->n_blocks++];
			*block = (struct plan_block){.table = span->table,
			                             .address = (uint16_t)span->begin,
			                             .first = (uint32_t)i};
			end = 0;
		}
		end = span->end > end ? span->end : end;
		block->count = (uint16_t)(end - block->address);
		block->n_points++;
		plan->points[i] = span->point;
	}
	return 0;
}

static void measure(struct plan *plan, const struct point *points)
{
	for (size_t i = 0; i < plan->n_blocks; i++) {
		const struct plan_block *block = &plan->blocks[i];
		size_t text = 0;

		for (size_t k = 0; k < block->n_points; k++) {
			const struct point *point =
				&points[plan->points[block->first + k]];

			text += point->type == TYPE_STRING ? point->length + 1U : 0;
		}
		plan->max_text = text > plan->max_text ? text : plan->max_text;
		if (block->n_points > plan->max_points) {
			plan->max_points = block->n_points;
		}
	}
}

int plan_new(struct plan **out, const struct point *points, size_t n, uint32_t due,
             const struct device_limits *limits)
{
	struct span *spans = calloc(n + 1, sizeof(*spans));
	struct plan *plan = calloc(1, sizeof(*plan));
	int err = -ENOMEM;

	if (!spans || !plan) {
		goto end;
	}
	plan->n_points = collect(spans, points, n, due);
	plan->points = calloc(plan->n_points + 1, sizeof(*plan->points));
	plan->blocks = calloc(plan->n_points + 1, sizeof(*plan->blocks));
	if (!plan->points || !plan->blocks) {
		goto end;
	}
	err = build(plan, spans, limits);
	if (err) {
		goto end;
	}
	measure(plan, points);
	*out = plan;
	plan = NULL;

end:
	plan_free(plan);
	free(spans);
	return err;
}

void plan_free(struct plan *plan)
{
	if (plan) {
		free(plan->blocks);
		free(plan->points);
		free(plan);
	}
}
