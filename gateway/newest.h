/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A tag's newest sample in 56 bytes, for status, read and alarms.  Value, last good value
 * and times are exact.  What the twin made of it is kept as its distance from the value,
 * in single precision: residuals have seven digits, however large the value is.  Pure.
 */
#ifndef GATEWAY_NEWEST_H
#define GATEWAY_NEWEST_H

#include "twin/estimate.h"

/** Begin with newest_none(). */
struct newest {
	int64_t ts_us; /* 0: nothing yet */
	int64_t last_ts_us;
	double last;
	uint64_t bits;             /* of the value, as of its kind */
	float predicted, estimate; /* less the value; less last, where there is none */
	float sigma, score;
	uint16_t code;
	uint8_t reason, kind, quality, source, state;
	bool drift : 1, explained : 1, stuck : 1;
};

/** Nothing was read yet. */
void newest_none(struct newest *n);

/** Keep s; its text stays borrowed. */
void newest_keep(struct newest *n, const struct sample *s);

/** The sample that was kept, of this tag. */
struct sample newest_sample(const struct newest *n, uint32_t tag);

#endif
