/* SPDX-License-Identifier: Apache-2.0 */
/** What can go wrong with a plant, when, and until when. */
#ifndef TWIN_PLANT_FAULT_H
#define TWIN_PLANT_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONDITION_SIGNALS_MAX = 16 };

/** A formula over signals (twin/models/expression.h), true where it is not 0.  Borrowed.
 */
struct condition {
	const double *program;   /* of expression_compile(); NULL: always true */
	const uint32_t *signals; /* its inputs, n up to CONDITION_SIGNALS_MAX */
	size_t n;
};

/** What has no value is not true. */
bool condition_holds(const struct condition *c, const double *signals);

enum fault_kind {
	FAULT_DAMAGE,    /* target: part; its damage takes the value: leak, wear */
	FAULT_STUCK,     /* target: sensor; repeats its last value */
	FAULT_DROPOUT,   /* target: sensor; gives no number */
	FAULT_OFFSET,    /* target: sensor; value in its unit */
	FAULT_DRIFT,     /* target: sensor; value in its unit a second */
	FAULT_NOISE,     /* target: sensor; its noise times the value */
	FAULT_DELAY,     /* target: sensor; value in s, up to SENSOR_DELAY_MAX_S */
	FAULT_SWAPPED,   /* target: sensor; its words in the wrong order on the wire */
	FAULT_JAMMED,    /* target: actuator; stays where it is */
	FAULT_SLOW,      /* target: actuator; value: further lag in s */
	FAULT_STICKING,  /* target: actuator; value: how far it must be wanted to move */
	FAULT_SET,       /* target: signal without a writer; has the value, and after it
	                    the one before: somebody presses a button */
	FAULT_SILENCE,   /* target: unit; does not answer */
	FAULT_EXCEPTION, /* target: unit; answers exception number value */
	FAULT_CLOSE,     /* target: unit; closes the connection on a request */
	FAULT_LATE,      /* target: unit; answers after value s */
	FAULT_GARBLED,   /* target: unit; a share, value, of its answers is garbled */
	FAULT_CLOCK,     /* target: unit; its clock is value s ahead */
};

/** Begins at at_s, or when `when` first holds after it; ends at until_s, or for_s after
 * it began. */
struct fault {
	enum fault_kind kind;
	uint32_t target; /* index of the part, sensor, actuator, signal or unit */
	uint32_t damage; /* of a part */
	double value;    /* as the kind says */
	double at_s,
		until_s; /* plant time, at inclusive, until exclusive; INFINITY: stays */
	double for_s;    /* at most; 0 or INFINITY: no matter */
	struct condition when;
};

#endif
