/* SPDX-License-Identifier: Apache-2.0 */
/** What the twin makes of a reading, and the sample that is stored and published. */
#ifndef TWIN_ESTIMATE_H
#define TWIN_ESTIMATE_H

#include "drivers/reading.h"

/** Where a sample's value comes from. */
enum source {
	SOURCE_MEASURED,
	SOURCE_PREDICTED, /* by a model, in place of a lost sensor, or a virtual sensor */
	SOURCE_HELD,      /* nothing new: the last value stands beside a null */
	SOURCE_SIMULATED,
};

/** A tag's state; of those that apply the first of: bad, stale,
 * learning, mismatch, spike, transient, drift, healthy. */
enum tag_state {
	STATE_LEARNING,
	STATE_HEALTHY,
	STATE_SPIKE,
	STATE_TRANSIENT,
	STATE_DRIFT,
	STATE_MISMATCH,
	STATE_STALE,
	STATE_BAD,
};

/** The twin's answer to one reading, in the tag's unit.  NAN: not known (learning, no
 * number).  predicted and sigma are those of the prior: what was expected before the
 * reading.  score 1 is the alarm limit. */
struct estimate {
	double predicted;
	double sigma;    /* standard deviation of the innovation, sqrt(S) */
	double estimate; /* posterior: reading merged with prediction */
	double score;
	uint8_t quality; /* enum quality after merging: uncertain where predicted */
	uint8_t source;  /* enum source */
	uint8_t state;   /* enum tag_state */
	bool drift; /* in drift, mismatch, and in transient while the level test is on */
	bool explained; /* off, but for another that is: no alarm of its own */
	bool stuck;     /* the reading has not moved for longer than its noise allows: no
	                   state, but an alarm */
};

/**
 * A reading with its estimate, as stored and published.  (tag, ts_us / 1000) identifies
 * it for ever.  A plain value; text is borrowed from the batch.
 */
struct sample {
	int64_t ts_us;      /* UTC, when the answer came in */
	int64_t last_ts_us; /* of last; 0 where there was none */
	uint32_t tag;       /* gateway-wide index */
	uint16_t code;
	uint8_t reason;     /* enum reason */
	struct value value; /* VALUE_NONE where bad or stale and no model fills in */
	double last;        /* last good value, NAN: none; used where value is NONE */
	struct estimate est;
};

/** "measured", "predicted", "held", "simulated"; static. */
const char *source_name(enum source source);

/** "learning", "healthy", ..., "bad"; static. */
const char *tag_state_name(enum tag_state state);

#endif
