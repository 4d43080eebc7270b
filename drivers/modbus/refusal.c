/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/refusal.h"

#include <stdlib.h>

#include "drivers/modbus/value.h"

/* What a point alone asks for, end not included. */
struct stretch {
	uint32_t begin, end;
};

static struct stretch stretch_of(const struct refusal *r, size_t k)
{
	const struct point *point = &r->points[r->plan->points[k]];

	return (struct stretch){r->limits->start_at_zero ? 0 : value_begin(point),
	                        value_end(point)};
}

static uint32_t end_of(const struct plan_block *block)
{
	return block->address + (uint32_t)block->count;
}

struct device_range refusal_range(const struct plan_block *block)
{
	return (struct device_range){.space = (uint16_t)block->table,
	                             .first = block->address,
	                             .last = (uint16_t)(end_of(block) - 1)};
}

struct device_range refusal_point_range(const struct point *point,
                                        const struct device_limits *limits)
{
	return (struct device_range){
		.space = point->space,
		.first = limits->start_at_zero ? 0 : (uint16_t)value_begin(point),
		.last = (uint16_t)(value_end(point) - 1)};
}

/* Points first to end - 1 of the plan, which are some of the block's. */
static void push(struct refusal *r, const struct plan_block *block, size_t first,
                 size_t end)
{
	struct stretch hull = stretch_of(r, first);

	if (first == end) {
		return;
	}
	for (size_t k = first + 1; k < end; k++) {
		struct stretch next = stretch_of(r, k);

		hull.begin = next.begin < hull.begin ? next.begin : hull.begin;
		hull.end = next.end > hull.end ? next.end : hull.end;
	}
	r->pieces[r->n_pieces++] = (struct plan_block){
		.table = block->table,
		.address = (uint16_t)hull.begin,
		.count = (uint16_t)(hull.end - hull.begin),
		.first = (uint32_t)first,
		.n_points = (uint32_t)(end - first),
		.answered = block->answered};
}

/* Where there is no memory for it, it is learned again in the next cycle. */
static void remember(struct refusal *r, const struct device_hole *hole, bool cause)
{
	(void)holes_add(r->holes, hole, r->now_ns, cause);
}

/* Each gap is a hole.  Where there are several, one that is innocent shows it when its
 * two neighbours are asked for together. */
static void remember_gaps(struct refusal *r, size_t first_piece, uint8_t code)
{
	bool guess = r->n_pieces - first_piece > 2;

	for (size_t i = first_piece; i + 1 < r->n_pieces; i++) {
		struct device_range before = refusal_range(&r->pieces[i]);
		struct device_range after = refusal_range(&r->pieces[i + 1]);
		struct device_range gap = before, both = before;

		gap.first = (uint16_t)(before.last + 1);
		gap.last = (uint16_t)(after.first - 1);
		both.last = after.last;
		remember(r, &(struct device_hole){gap, both, code, guess}, !guess);
	}
}

static bool split_at_gaps(struct refusal *r, const struct plan_block *block, uint8_t code)
{
	size_t first = block->first, end = block->first + block->n_points;
	size_t first_piece = r->n_pieces;
	uint32_t covered = stretch_of(r, first).end;

	for (size_t k = block->first; k < end; k++) {
		struct stretch next = stretch_of(r, k);

		if (next.begin > covered) {
			push(r, block, first, k);
			first = k;
		}
		covered = next.end > covered ? next.end : covered;
	}
	if (first == block->first) {
		return false;
	}
	push(r, block, first, end);
	remember_gaps(r, first_piece, code);
	return true;
}

/* Of the places between two points that no point lies across, the one nearest to the
 * middle.  @return the point behind it, or the block's first: there is none */
static size_t find_cut(const struct refusal *r, const struct plan_block *block)
{
	size_t cut = block->first, end = block->first + block->n_points;
	uint32_t middle = block->address + block->count / 2U, covered = 0;
	uint32_t best = UINT32_MAX;

	for (size_t k = block->first; k < end; k++) {
		struct stretch next = stretch_of(r, k);
		uint32_t off = next.begin > middle ? next.begin - middle
		                                   : middle - next.begin;

		if (k > block->first && next.begin >= covered && off < best) {
			best = off;
			cut = k;
		}
		covered = next.end > covered ? next.end : covered;
	}
	return cut;
}

/* That nothing may cross the cut is all there is to remember: so the next cycle begins
 * with the halves, whatever becomes of them. */
static void split_in_halves(struct refusal *r, const struct plan_block *block,
                            uint8_t code)
{
	struct device_range asked = refusal_range(block), range = asked;
	size_t cut = find_cut(r, block);

	if (cut == block->first) {
		cut += block->n_points / 2;
	} else {
		range.last = (uint16_t)stretch_of(r, cut).begin;
		range.first = (uint16_t)(range.last - 1);
	}
	remember(r, &(struct device_hole){range, asked, code, false}, false);
	push(r, block, cut, block->first + block->n_points);
	push(r, block, block->first, cut);
}

size_t refusal_split(struct refusal *r, const struct plan_block *block, uint8_t code,
                     uint64_t now_ns)
{
	struct device_range asked = refusal_range(block);
	size_t n_bad = 0;

	r->now_ns = now_ns;
	if (split_at_gaps(r, block, code)) {
		return 0;
	}
	/* Of points that begin together the longest comes first. */
	while (n_bad < block->n_points) {
		struct stretch own = stretch_of(r, block->first + n_bad);

		if (own.begin != block->address || own.end != end_of(block)) {
			break;
		}
		n_bad++;
	}
	if (n_bad == 0) {
		split_in_halves(r, block, code);
	} else {
		remember(r, &(struct device_hole){asked, asked, code, false}, true);
		push(r, block, block->first + n_bad, block->first + block->n_points);
	}
	return n_bad;
}

bool refusal_holds(const struct device_hole *hole, const struct device_limits *limits)
{
	const struct device_range *asked = &hole->asked;

	if (hole->guess || asked->last < asked->first || asked->space > MODBUS_DISCRETE ||
	    hole->range.last < hole->range.first ||
	    !holes_contains(asked, &hole->range) ||
	    (uint32_t)(asked->last - asked->first) >=
	            plan_max_count((enum modbus_table)asked->space, limits)) {
		return false;
	}
	for (size_t i = 0; i < limits->n_omit; i++) {
		const struct device_range *omit = &limits->omit[i];

		if (omit->space == asked->space && omit->first <= asked->last &&
		    omit->last >= asked->first) {
			return false;
		}
	}
	return true;
}
