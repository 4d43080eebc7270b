/* SPDX-License-Identifier: Apache-2.0 */
/** What the history keeps of a sample, in 40 bytes instead of 88, for the way to the
 * storage thread.  A plain value; pure. */
#ifndef STORAGE_ROW_H
#define STORAGE_ROW_H

#include "twin/estimate.h"

struct row {
	int64_t ts_us;
	union {
		uint64_t bits;    /* of the value, as of its kind */
		const char *text; /* borrowed */
	};
	double predicted, sigma;
	uint32_t tag;
	uint16_t code;
	unsigned reason : 5, kind : 3, quality : 2, source : 2, state : 3, drift : 1;
};

struct row row_of(const struct sample *s);

/** The sample again; last, estimate and score are unknown. */
struct sample row_sample(const struct row *row);

#endif
