/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/discover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/ranges.h"

enum {
	/* Even, so that no value of two registers is cut by the grid. */
	REGISTERS_MAX = PDU_READ_REGISTERS_MAX - 1,
	BITS_MAX = PDU_READ_BITS_MAX,
	STACK_MAX = 16,   /* a block is halved at most 11 times */
	BUSY_MAX = 3,     /* times that a busy device is asked again */
	GARBLED_MAX = 2,  /* times that a unit with garbled answers is */
	LIMIT_MIN = 8,    /* addresses; a smaller limit of reads is not learnt */
	SILENT_ROW = 6,   /* requests of a block, before it is left out */
	TRIED_ANYWAY = 4, /* refused blocks of a table in which nothing was found */
};

enum phase {
	PHASE_UNITS,
	PHASE_COARSE, /* the whole table, down to fine */
	PHASE_NEAR,   /* what was refused near to what was found, down to 1 */
	PHASE_END,
};

struct block {
	uint16_t first, count;
	bool right;     /* the right half of one that was refused ... */
	bool left_read; /* ... whose left half could be read */
	bool tried;     /* refused ones: was looked into */
};

/* Small blocks that were refused. */
struct refused {
	struct block *blocks;
	size_t n, size;
};

struct discover {
	struct discover_options options;
	enum phase phase;
	uint8_t unit;      /* being asked for in PHASE_UNITS */
	size_t n_wanted;   /* units that are asked for */
	size_t unit_index; /* being looked into */
	struct discover_unit *units;
	size_t n_units;
	bool alike;
	size_t table;
	uint32_t at;    /* next address of PHASE_COARSE */
	uint16_t limit; /* of the table's reads, as far as is known */
	struct block stack[STACK_MAX];
	size_t depth;
	struct refused refused;
	size_t next_refused, n_tried;             /* of them, in PHASE_NEAR */
	bool found;                               /* anything in this pass over them */
	unsigned int n_silent, n_busy, n_garbled; /* in a row */
	struct discover_ask ask;
	bool asking;
	uint64_t n_asked;
};

static bool is_bits(size_t table)
{
	return table == MODBUS_COIL || table == MODBUS_DISCRETE;
}

static struct discover_unit *current(const struct discover *d)
{
	return &d->units[d->unit_index];
}

static bool has_ranges(const struct discover *d)
{
	const struct discover_unit *u = current(d);

	return u->n_ranges > 0 && u->ranges[u->n_ranges - 1].table == d->table;
}

static bool is_near(const struct discover *d, const struct block *b)
{
	const struct discover_unit *u = current(d);

	for (size_t i = 0; i < u->n_ranges; i++) {
		const struct discover_range *r = &u->ranges[i];

		if (r->table == d->table &&
		    b->first <= (uint32_t)r->last + DISCOVER_NEAR &&
		    (uint32_t)b->first + b->count + DISCOVER_NEAR > r->first) {
			return true;
		}
	}
	return false;
}

/* ---- blocks ---- */

static void push(struct discover *d, struct block b)
{
	d->stack[d->depth++] = b;
}

static int remember_refused(struct discover *d, const struct block *b)
{
	struct refused *r = &d->refused;

	if (r->n == r->size) {
		size_t size = r->size ? 2 * r->size : 256;
		struct block *larger = realloc(r->blocks, size * sizeof(*larger));

		if (!larger) {
			return -ENOMEM;
		}
		r->blocks = larger;
		r->size = size;
	}
	r->blocks[r->n++] = *b;
	return 0;
}

/* The left half has an even number of addresses where that can be. */
static void halve(struct discover *d, const struct block *b)
{
	uint16_t left = b->count / 2;

	left = (uint16_t)(left + (left > 1 && left % 2));
	push(d, (struct block){.first = (uint16_t)(b->first + left),
	                       .count = (uint16_t)(b->count - left),
	                       .right = true});
	push(d, (struct block){.first = b->first, .count = left});
}

/* Both halves of what was refused could be read: it was too long.  Of small blocks that
 * says nothing: there a value may have been cut. */
static void learn_limit(struct discover *d, const struct block *right)
{
	struct discover_unit *u = current(d);
	uint16_t *max = is_bits(d->table) ? &u->max_bits : &u->max_registers;

	if (right->count >= LIMIT_MIN && (*max == 0 || *max > right->count)) {
		*max = right->count;
		d->limit = right->count;
	}
}

static int on_read(struct discover *d, const struct block *b, const uint8_t *data)
{
	d->found = d->phase == PHASE_NEAR;
	if (b->right && b->left_read) {
		learn_limit(d, b);
	}
	if (!b->right && d->depth > 0 && d->stack[d->depth - 1].right &&
	    d->stack[d->depth - 1].first == b->first + b->count) {
		d->stack[d->depth - 1].left_read = true;
	}
	return ranges_add(current(d), (enum modbus_table)d->table, b->first, b->count,
	                  data);
}

/* Does a block hold an address that is a round hundred, counted from 0 or from 1? */
static bool is_round(const struct block *b)
{
	return b->first % 100 == 0 || b->first % 100 + b->count >= 100;
}

static int on_refused(struct discover *d, const struct block *b)
{
	if (b->count > 1 &&
	    (d->phase == PHASE_NEAR || b->count > d->options.fine || is_round(b))) {
		halve(d, b);
		return 0;
	}
	return b->count > 1 ? remember_refused(d, b) : 0;
}

/* ---- order of things ---- */

static void begin_table(struct discover *d)
{
	uint16_t learnt;

	while (d->table < DISCOVER_TABLES && !d->options.tables[d->table]) {
		d->table++;
	}
	if (d->table == DISCOVER_TABLES) {
		d->table = 0;
		d->unit_index++;
		d->n_silent = 0;
		d->phase = d->unit_index < d->n_units ? PHASE_COARSE : PHASE_END;
		if (d->phase == PHASE_COARSE) {
			begin_table(d);
		}
		return;
	}
	learnt = is_bits(d->table) ? current(d)->max_bits : current(d)->max_registers;
	d->limit = is_bits(d->table) ? BITS_MAX : REGISTERS_MAX;
	d->limit = learnt && learnt < d->limit ? learnt : d->limit;
	d->phase = PHASE_COARSE;
	d->at = d->options.from;
	d->depth = 0;
	d->refused.n = d->next_refused = d->n_tried = 0;
	d->found = false;
}

static void end_table(struct discover *d)
{
	d->table++;
	begin_table(d);
}

static void end_unit(struct discover *d)
{
	d->table = DISCOVER_TABLES;
	begin_table(d);
}

static void end_units(struct discover *d)
{
	d->alike = d->n_units == d->n_wanted && d->n_wanted >= DISCOVER_ALIKE_MIN;
	d->n_units = d->alike ? 1 : d->n_units;
	d->phase = d->n_units ? PHASE_COARSE : PHASE_END;
	if (d->n_units) {
		begin_table(d);
	}
}

static bool next_unit(struct discover *d)
{
	unsigned int unit = d->unit;

	while (unit <= DISCOVER_UNIT_MAX && !d->options.units[unit]) {
		unit++;
	}
	if (unit > DISCOVER_UNIT_MAX) {
		return false;
	}
	d->unit = (uint8_t)unit;
	d->ask = (struct discover_ask){
		.unit = d->unit, .table = MODBUS_HOLDING, .count = 1};
	return true;
}

/* Look into a refused block near to a range.  What is found makes others near, so there
 * are passes until one finds nothing. */
static bool next_refused(struct discover *d)
{
	for (;;) {
		struct block *b;

		if (d->next_refused == d->refused.n) {
			if (!d->found) {
				return false;
			}
			d->next_refused = 0;
			d->found = false;
			continue;
		}
		b = &d->refused.blocks[d->next_refused++];
		if (!b->tried && (is_near(d, b) ||
		                  (!has_ranges(d) && d->next_refused <= TRIED_ANYWAY))) {
			b->tried = true;
			d->n_tried++;
			halve(d, b);
			return true;
		}
	}
}

/* Make sure that a block is on the stack.  @return false: the table is done */
static bool next_block(struct discover *d)
{
	uint32_t left;

	if (d->depth > 0) {
		return true;
	}
	if (d->phase == PHASE_COARSE && d->at <= d->options.to) {
		left = d->options.to - d->at + 1U;
		push(d, (struct block){
				.first = (uint16_t)d->at,
				.count = (uint16_t)(left < d->limit ? left : d->limit)});
		d->at += d->stack[0].count;
		return true;
	}
	d->phase = PHASE_NEAR;
	return next_refused(d);
}

bool discover_next(struct discover *d, struct discover_ask *ask)
{
	if (d->asking) {
		*ask = d->ask;
		return true;
	}
	if (d->phase == PHASE_UNITS && !next_unit(d)) {
		end_units(d);
	}
	while (d->phase == PHASE_COARSE || d->phase == PHASE_NEAR) {
		if (next_block(d)) {
			const struct block *b = &d->stack[d->depth - 1];

			d->ask = (struct discover_ask){
				.unit = current(d)->unit,
				.table = (enum modbus_table)d->table,
				.address = b->first,
				.count = b->count};
			break;
		}
		end_table(d);
	}
	d->asking = d->phase != PHASE_END;
	*ask = d->ask;
	return d->asking;
}

/* ---- answers ---- */

static int add_unit(struct discover *d)
{
	struct discover_unit *larger = realloc(d->units,
	                                       (d->n_units + 1) * sizeof(*larger));

	if (!larger) {
		return -ENOMEM;
	}
	d->units = larger;
	larger[d->n_units++] = (struct discover_unit){.unit = d->unit};
	return 0;
}

/* A gateway says of a unit that is not there: path unavailable, or no answer. */
static bool is_absent(enum reason reason, uint8_t code)
{
	if (reason == REASON_EXCEPTION) {
		return code == PDU_GATEWAY_NO_PATH || code == PDU_GATEWAY_NO_ANSWER;
	}
	return reason != REASON_NONE && reason != REASON_SHORT;
}

/* Noise, or a connection that was cut: neither there nor not. */
static bool is_garbled(enum reason reason)
{
	return reason == REASON_CRC || reason == REASON_MISMATCH ||
	       reason == REASON_RESET;
}

static int answer_unit(struct discover *d, enum reason reason, uint8_t code)
{
	int err;

	if (is_garbled(reason) && d->n_garbled < GARBLED_MAX) {
		d->n_garbled++;
		return 0;
	}
	d->n_garbled = 0;
	err = is_absent(reason, code) ? 0 : add_unit(d);
	if (d->unit == DISCOVER_UNIT_MAX) {
		end_units(d);
	} else {
		d->unit++;
	}
	return err;
}

/* Nothing was said about the block: once more, then shorter, for its answer may take too
 * long; where that does not help either, the rest of it is left out. */
static void answer_silence(struct discover *d)
{
	const struct block b = d->stack[d->depth - 1];

	d->n_silent++;
	if (d->n_silent % SILENT_ROW == 1) {
		return;
	}
	d->depth--;
	if (d->n_silent % SILENT_ROW == 0) {
		d->depth = 0;
	} else if (b.count >= 2 * LIMIT_MIN) {
		halve(d, &b);
	}
	if (d->n_silent >= SILENT_ROW * DISCOVER_SILENT_MAX) {
		current(d)->gone = true;
		end_unit(d);
	}
}

int discover_answer(struct discover *d, enum reason reason, uint8_t code,
                    const uint8_t *data)
{
	struct block b;

	d->asking = false;
	d->n_asked++;
	if (d->phase == PHASE_UNITS) {
		return answer_unit(d, reason, code);
	}
	if (is_absent(reason, code)) {
		answer_silence(d);
		return 0;
	}
	d->n_silent = 0;
	if (reason == REASON_EXCEPTION && (code == PDU_BUSY || code == PDU_ACKNOWLEDGE) &&
	    d->n_busy < BUSY_MAX) {
		d->n_busy++;
		return 0;
	}
	d->n_busy = 0;
	b = d->stack[--d->depth];
	if (reason == REASON_NONE) {
		return on_read(d, &b, data);
	}
	if (reason == REASON_EXCEPTION && code == PDU_ILLEGAL_FUNCTION &&
	    !has_ranges(d)) {
		end_table(d); /* the device has no such table */
		return 0;
	}
	return on_refused(d, &b);
}

/* ---- looking in ---- */

const struct discover_unit *discover_unit(const struct discover *d, size_t i)
{
	return i < d->n_units ? &d->units[i] : NULL;
}

bool discover_alike(const struct discover *d)
{
	return d->alike;
}

struct discover_progress discover_progress(const struct discover *d)
{
	struct discover_progress p = {.ask = d->ask,
	                              .units = d->phase == PHASE_UNITS,
	                              .n_units = d->n_units,
	                              .unit_index = d->unit_index,
	                              .n_asked = d->n_asked};
	size_t n_tables = 0, done = 0;

	if (p.units) {
		p.part = d->n_asked < d->n_wanted
		                 ? (double)d->n_asked / (double)d->n_wanted
		                 : 1;
		return p;
	}
	for (size_t i = 0; i < DISCOVER_TABLES; i++) {
		n_tables += d->options.tables[i];
		done += d->options.tables[i] && i < d->table;
	}
	p.part = n_tables ? (double)done / (double)n_tables : 1;
	if (d->phase == PHASE_COARSE) { /* the larger part by far */
		p.part += 0.9 * (d->at - d->options.from) /
		          (d->options.to - d->options.from + 1.0) / (double)n_tables;
	} else if (d->phase == PHASE_NEAR && d->refused.n > 0) {
		p.part += (0.9 + 0.1 * (double)d->n_tried / (double)d->refused.n) /
		          (double)n_tables;
	} else {
		p.part = 1;
	}
	return p;
}

int discover_new(struct discover **out, const struct discover_options *options)
{
	struct discover *d = calloc(1, sizeof(*d));

	if (!d) {
		return -ENOMEM;
	}
	d->options = *options;
	for (size_t i = 0; i <= DISCOVER_UNIT_MAX; i++) {
		d->n_wanted += options->units[i];
	}
	*out = d;
	return 0;
}

void discover_free(struct discover *d)
{
	if (!d) {
		return;
	}
	for (size_t i = 0; i < d->n_units; i++) {
		ranges_free(&d->units[i]);
	}
	free(d->units);
	free(d->refused.blocks);
	free(d);
}
