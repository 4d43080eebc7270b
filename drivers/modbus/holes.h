/* SPDX-License-Identifier: Apache-2.0 */
/** What one device was found to refuse, and when each is doubted again.  Pure but for
 * memory. */
#ifndef DRIVERS_MODBUS_HOLES_H
#define DRIVERS_MODBUS_HOLES_H

#include "drivers/driver.h"

enum {
	HOLES_MAX = 4096,      /* of a device; those beyond are not remembered */
	HOLES_WAIT_S = 600,    /* before the first doubt, then twice as long each time */
	HOLES_WAIT_ODD_S = 10, /* likewise, of what was answered before: a device that
	                          starts or loses a module refuses for a while */
	HOLES_WAIT_MAX_S = 3600,
};

/** When a hole is asked for again. */
struct hole_doubt {
	uint64_t at_ns;
	uint32_t wait_s; /* the last wait; 0: it was never asked for in this form */
};

/** A member of the reader; items, n and version stand in *shown. */
struct holes {
	struct device_holes *shown;
	struct device_hole *items;
	struct hole_doubt *doubts; /* same index */
	size_t room;
	uint32_t wait_s; /* before the first doubt of what is added next */
};

/** All start empty; shown is borrowed until holes_fini(). */
void holes_init(struct holes *holes, struct device_holes *shown);
void holes_fini(struct holes *holes);

/** Is b within a? */
bool holes_contains(const struct device_range *a, const struct device_range *b);

/**
 * Remember a hole; a guess is doubted at once, the others after holes->wait_s.
 *
 * @param cause  nothing less can be asked for: it explains wider refusals, of requests
 *               that asked for all that this one did and more, and they are forgotten
 * @return 0, -ENOMEM, or -ENOSPC: HOLES_MAX are there
 */
int holes_add(struct holes *holes, const struct device_hole *hole, uint64_t now_ns,
              bool cause);

/** Remember a hole of an earlier run, doubted after HOLES_WAIT_S.  Errors likewise.
 */
int holes_know(struct holes *holes, const struct device_hole *hole, uint64_t now_ns);

/** The hole by which a request for range would be refused, or NULL. */
const struct device_hole *holes_refuse(const struct holes *holes,
                                       const struct device_range *range);

/** The hole whose doubt comes first, or NULL where none is due at now_ns.
 * UINT64_MAX for the first in any case. */
const struct device_hole *holes_due(const struct holes *holes, uint64_t now_ns);

/** What was asked again was refused again: the next doubt of all that follows from it is
 * later. */
void holes_confirm(struct holes *holes, const struct device_range *asked,
                   uint64_t now_ns);

/** What was asked again was answered: what followed from its refusal is forgotten.  Where
 * the device had refused it before, the others are doubted at once: it has changed. */
void holes_refute(struct holes *holes, const struct device_range *asked, uint64_t now_ns);

/** Doubt all at once. */
void holes_doubt(struct holes *holes, uint64_t now_ns);

#endif
