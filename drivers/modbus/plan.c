/* SPDX-License-Identifier: Apache-2.0 */
/* Dynamic programming over the points in order of address: the cheapest plan of the
 * first k is the cheapest of the first i and one block of those from i to k.
 *
 * Runs of that order suffice.  Take any plan and two blocks X and Y of it, X beginning
 * no later.  Where X ends after Y, Y's points go into X for nothing.  Else those of X
 * that begin no earlier than Y go into Y for nothing: they are the last of X in this
 * order, so no gap between the others grows.  What is left is in order.  In the same
 * way a point that lies in another goes where that one goes. */
#include "drivers/modbus/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/value.h"

/* A point on its way into a block. */
struct span {
	uint32_t point; /* index */
	uint16_t table;
	uint32_t begin, end; /* addresses to ask for, end not included */
	uint32_t wall;       /* a block that begins here may end there at the latest */
	uint32_t own_wall;   /* the same for this point alone */
};

/* No block that begins at `from` or before may end after `wall`. */
struct stop {
	uint16_t table;
	uint32_t from, wall;
};

/* A stretch that one of the points asks for and that lies in no other's; both ends grow
 * from one to the next.  Points that lie in it are read with it. */
struct field {
	enum modbus_table table;
	uint32_t begin, end, wall;
	uint32_t first; /* of its points, the others up to the next field's first */
};

/* The cheapest plan of the fields up to here; all that the innermost loop looks at. */
struct step {
	uint64_t cost_ns;
	uint32_t begin; /* of the field that comes next */
	uint32_t first; /* field of its last block */
};

bool plan_is_bits(enum modbus_table table)
{
	return table == MODBUS_COIL || table == MODBUS_DISCRETE;
}

uint32_t plan_max_count(enum modbus_table table, const struct device_limits *limits)
{
	uint32_t max = plan_is_bits(table) ? PDU_READ_BITS_MAX : PDU_READ_REGISTERS_MAX;
	uint32_t own = plan_is_bits(table) ? limits->max_bits : limits->max_registers;

	return own < max ? own : max;
}

static uint64_t block_ns(const struct plan_cost *cost, bool bits, uint32_t count)
{
	return cost->request_ns + cost->byte_ns * (bits ? (count + 7) / 8 : 2 * count);
}

uint64_t plan_block_ns(const struct plan_cost *cost, enum modbus_table table,
                       uint32_t count)
{
	return block_ns(cost, plan_is_bits(table), count);
}

int plan_check_point(const struct point *point, const struct device_limits *limits,
                     const char **why)
{
	uint32_t begin = limits->start_at_zero ? 0 : value_begin(point);
	uint32_t end = value_end(point);

	if (end - begin > plan_max_count((enum modbus_table)point->space, limits)) {
		*why = limits->start_at_zero
		               ? "cannot be reached: start_at_zero and limits of a read"
		               : "larger than one read of the device's limits";
		return -EINVAL;
	}
	for (size_t i = 0; i < limits->n_omit; i++) {
		const struct device_range *omit = &limits->omit[i];

		if (omit->space == point->space && begin <= omit->last &&
		    end > omit->first) {
			*why = "cannot be read without what 'omit' forbids";
			return -EINVAL;
		}
	}
	return 0;
}

static int compare(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* Of those that begin together the longest first. */
static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;
	int order = compare(a->table, b->table);

	order = order ? order : compare(a->begin, b->begin);
	order = order ? order : compare(b->end, a->end);
	return order ? order : compare(a->point, b->point);
}

static int compare_stops(const void *left, const void *right)
{
	const struct stop *a = left, *b = right;
	int order = compare(a->table, b->table);

	return order ? order : compare(a->from, b->from);
}

static size_t collect(struct span *spans, const struct point *points, size_t n,
                      uint32_t due, const struct device_limits *limits)
{
	size_t n_spans = 0;

	for (size_t i = 0; i < n; i++) {
		if (due >> points[i].group & 1) {
			spans[n_spans++] = (struct span){
				.point = (uint32_t)i,
				.table = points[i].space,
				.begin = limits->start_at_zero ? 0
			                                       : value_begin(&points[i]),
				.end = value_end(&points[i])};
		}
	}
	qsort(spans, n_spans, sizeof(*spans), compare_spans);
	return n_spans;
}

/* ---- what may not be asked ---- */

/* To touch an omitted range is to begin at its last address or before and to end after
 * its first; to cover a hole, to begin at its first or before and to end after its last.
 * A point alone is only refused by what was refused itself. */
static size_t collect_stops(struct stop *stops, const struct plan_rules *rules,
                            bool alone)
{
	const struct device_limits *limits = rules->limits;
	size_t n = 0;

	for (size_t i = 0; i < limits->n_omit; i++) {
		const struct device_range *omit = &limits->omit[i];

		stops[n++] = (struct stop){omit->space, omit->last, omit->first};
	}
	for (size_t i = 0; i < rules->n_holes; i++) {
		const struct device_hole *hole = &rules->holes[i];
		const struct device_range *range = alone ? &hole->asked : &hole->range;

		if (!alone || !hole->guess) {
			stops[n++] = (struct stop){range->space, range->first,
			                           range->last};
		}
	}
	qsort(stops, n, sizeof(*stops), compare_stops);
	return n;
}

/* From the last span down: the stops that lie ahead of it only become more. */
static void raise_walls(struct span *spans, size_t n, struct stop *stops,
                        const struct plan_rules *rules, bool alone)
{
	size_t at = collect_stops(stops, rules, alone);
	uint32_t wall = UINT32_MAX;

	for (size_t i = n; i-- > 0;) {
		struct stop here = {.table = spans[i].table, .from = spans[i].begin};

		if (i + 1 < n && spans[i].table != spans[i + 1].table) {
			wall = UINT32_MAX;
		}
		while (at > 0 && compare_stops(&stops[at - 1], &here) >= 0) {
			const struct stop *stop = &stops[--at];

			if (stop->table == here.table && stop->wall < wall) {
				wall = stop->wall;
			}
		}
		*(alone ? &spans[i].own_wall : &spans[i].wall) = wall;
	}
}

/* Put those that no request may ask for behind the others.  @return how many stay */
static size_t part(struct span *spans, size_t n, struct span *scratch)
{
	size_t n_asked = 0, n_refused = 0;

	for (size_t i = 0; i < n; i++) {
		if (spans[i].end > spans[i].own_wall) {
			scratch[n_refused++] = spans[i];
		} else {
			spans[n_asked++] = spans[i];
		}
	}
	memcpy(&spans[n_asked], scratch, n_refused * sizeof(*scratch));
	return n_asked;
}

/* ---- the cheapest blocks ---- */

/* Keep what lies in nothing else.  @return how many */
static size_t find_fields(struct field *fields, const struct span *spans, size_t n)
{
	size_t n_fields = 0;

	for (size_t i = 0; i < n; i++) {
		const struct span *span = &spans[i];
		const struct field *last = n_fields ? &fields[n_fields - 1] : NULL;

		if (!last || span->table != last->table || span->end > last->end) {
			fields[n_fields++] = (struct field){
				.table = (enum modbus_table)span->table,
				.begin = span->begin,
				.end = span->end,
				.wall = span->wall,
				.first = (uint32_t)i};
		}
	}
	return n_fields;
}

/* May no block hold both, nor any that holds more? */
static bool breaks(const struct field *field, const struct field *next,
                   const struct device_limits *limits)
{
	uint32_t gap = limits->max_gap * (plan_is_bits(field->table) ? 16U : 1U);

	return field->table != next->table || limits->one_per_request ||
	       next->begin > field->end + gap;
}

/* steps[k] from those before it: all blocks that end with field k - 1.  The first field
 * that such a block may begin with, *least, never goes back. */
static int step(struct step *steps, const struct field *fields, size_t k, size_t *least,
                const struct plan_rules *rules)
{
	const struct field *last = &fields[k - 1];
	uint32_t max = plan_max_count(last->table, rules->limits), end = last->end;
	struct plan_cost cost = rules->cost;
	bool bits = plan_is_bits(last->table);
	uint64_t best_ns = UINT64_MAX;

	if (k > 1 && breaks(last - 1, last, rules->limits)) {
		*least = k - 1;
	}
	steps[k - 1].begin = last->begin;
	if (end - last->begin > max) {
		return -E2BIG;
	}
	while (*least < k - 1 &&
	       (end - fields[*least].begin > max || end > fields[*least].wall)) {
		++*least;
	}
	for (size_t i = *least; i < k; i++) {
		uint64_t cost_ns = steps[i].cost_ns +
		                   block_ns(&cost, bits, end - steps[i].begin);

		if (cost_ns < best_ns) {
			best_ns = cost_ns;
			steps[k].first = (uint32_t)i;
		}
	}
	steps[k].cost_ns = best_ns;
	return 0;
}

/* Walk back from the last step; blocks come out last first.  @return 0 or -ENOMEM */
static int write_blocks(struct plan *plan, const struct step *steps,
                        const struct field *fields, size_t n_fields, size_t n_asked)
{
	size_t at, end_point = n_asked;

	for (size_t k = n_fields; k > 0; k = steps[k].first) {
		plan->n_blocks++;
	}
	plan->blocks = calloc(plan->n_blocks + 1, sizeof(*plan->blocks));
	if (!plan->blocks) {
		return -ENOMEM;
	}
	at = plan->n_blocks;
	for (size_t k = n_fields; k > 0; k = steps[k].first) {
		const struct field *first = &fields[steps[k].first];

		plan->blocks[--at] = (struct plan_block){
			.table = first->table,
			.address = (uint16_t)first->begin,
			.count = (uint16_t)(fields[k - 1].end - first->begin),
			.first = first->first,
			.n_points = (uint32_t)(end_point - first->first)};
		end_point = first->first;
	}
	return 0;
}

static int solve(struct plan *plan, const struct span *spans, size_t n,
                 const struct plan_rules *rules)
{
	struct step *steps = calloc(n + 1, sizeof(*steps));
	struct field *fields = calloc(n + 1, sizeof(*fields));
	size_t n_fields = 0, least = 0;
	int err = -ENOMEM;

	if (steps && fields) {
		n_fields = find_fields(fields, spans, n);
		err = 0;
	}
	for (size_t k = 1; !err && k <= n_fields; k++) {
		err = step(steps, fields, k, &least, rules);
	}
	if (!err) {
		err = write_blocks(plan, steps, fields, n_fields, n);
	}
	free(fields);
	free(steps);
	return err;
}

/* ---- all of it ---- */

static void measure(struct plan *plan, const struct point *points)
{
	plan->max_points = plan->n_refused;
	for (size_t i = 0; i < plan->n_blocks; i++) {
		const struct plan_block *block = &plan->blocks[i];
		size_t text = 0;

		for (size_t k = 0; k < block->n_points; k++) {
			const struct point *point =
				&points[plan->points[block->first + k]];

			text += point->encoding->type == TYPE_STRING
			                ? point->encoding->length + 1U
			                : 0;
		}
		plan->max_text = text > plan->max_text ? text : plan->max_text;
		if (block->n_points > plan->max_points) {
			plan->max_points = block->n_points;
		}
	}
}

int plan_new(struct plan **out, const struct point *points, size_t n, uint32_t due,
             const struct plan_rules *rules)
{
	size_t n_stops = rules->limits->n_omit + rules->n_holes, n_asked;
	struct span *spans = calloc(2 * n + 1, sizeof(*spans)); /* half of it scratch */
	struct stop *stops = calloc(n_stops + 1, sizeof(*stops));
	struct plan *plan = calloc(1, sizeof(*plan));
	int err = -ENOMEM;

	if (!spans || !stops || !plan) {
		goto end;
	}
	plan->n_points = collect(spans, points, n, due, rules->limits);
	plan->points = calloc(plan->n_points + 1, sizeof(*plan->points));
	if (!plan->points) {
		goto end;
	}
	raise_walls(spans, plan->n_points, stops, rules, false);
	raise_walls(spans, plan->n_points, stops, rules, true);
	n_asked = part(spans, plan->n_points, &spans[n]);
	plan->n_refused = plan->n_points - n_asked;
	for (size_t i = 0; i < plan->n_points; i++) {
		plan->points[i] = spans[i].point;
	}
	err = solve(plan, spans, n_asked, rules);
	if (err) {
		goto end;
	}
	measure(plan, points);
	*out = plan;
	plan = NULL;

end:
	plan_free(plan);
	free(stops);
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
