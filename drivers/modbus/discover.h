/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Finds which units answer and which of their registers and bits can be read.  Pure: says
 * what to ask next and is told how that ended; when and over what, is the caller's.
 *
 * Blocks as large as a request may be are asked, and halved where the device refuses them
 * (exception 2, 3 or 4): down to `fine` addresses at first, and down to one near to what
 * was found and at round hundreds, where manuals like to begin.  So a range of at least
 * twice `fine` is always found, and found exactly; a shorter one only where it lies
 * within DISCOVER_NEAR of another or at a round hundred.  With `fine` 1 every address is
 * settled.  That is of devices that refuse; of one that is silent instead what it has is
 * found in part.
 */
#ifndef DRIVERS_MODBUS_DISCOVER_H
#define DRIVERS_MODBUS_DISCOVER_H

#include "drivers/modbus/pdu.h"

enum {
	DISCOVER_NEAR = 64,  /* addresses */
	DISCOVER_TABLES = 4, /* enum modbus_table */
	DISCOVER_UNIT_MAX = 255,
	DISCOVER_SILENT_MAX = 3, /* blocks in a row without any answer end a unit */
	DISCOVER_ALIKE_MIN = 32, /* so many units asked and all answer: it is one device
	                            that does not look at the unit */
};

/** What to look for. */
struct discover_options {
	bool units[DISCOVER_UNIT_MAX + 1];
	bool tables[DISCOVER_TABLES];
	uint16_t from, to; /* addresses, both included */
	uint16_t fine;     /* 1 to 62 */
};

/** One read to make. */
struct discover_ask {
	uint8_t unit;
	enum modbus_table table;
	uint16_t address, count;
};

/** Addresses that can be read, without a hole. */
struct discover_range {
	enum modbus_table table;
	uint16_t first, last;
	uint16_t *values; /* one an address: what the register or bit was */
};

struct discover_unit {
	uint8_t unit;
	bool gone; /* stopped answering before the end */
	/* Largest read that is borne; 0: no limit was met. */
	uint16_t max_registers, max_bits;
	struct discover_range *ranges; /* in order of table and address */
	size_t n_ranges;
};

/** How far it is, for a person. */
struct discover_progress {
	struct discover_ask ask; /* the last */
	bool units;              /* still looking for units */
	double part;             /* 0 to 1 of the unit's tables, or of the units */
	size_t n_units;          /* found */
	size_t unit_index;       /* of them: under way */
	uint64_t n_asked;
};

struct discover;

/** @return 0 or -ENOMEM */
int discover_new(struct discover **out, const struct discover_options *options);
void discover_free(struct discover *d);

/** What to ask next; the same until it is answered.  @return false: all is found */
bool discover_next(struct discover *d, struct discover_ask *ask);

/**
 * How the last ask ended.
 * @param code  of an exception, with REASON_EXCEPTION
 * @param data  with REASON_NONE: what was read, as on the wire
 * @return 0 or -ENOMEM
 */
int discover_answer(struct discover *d, enum reason reason, uint8_t code,
                    const uint8_t *data);

/** The i-th unit found, NULL beyond the last.  Valid at any time, also half way. */
const struct discover_unit *discover_unit(const struct discover *d, size_t i);

/** Does the device answer under every unit?  Then only the first is looked into. */
bool discover_alike(const struct discover *d);

struct discover_progress discover_progress(const struct discover *d);

#endif
