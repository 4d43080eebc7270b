/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reduction of a tag's readings to samples, once, before storing and publishing.  Pure.
 *
 * With a deviation d two things hold, for numbers: the newest sample is within d of the
 * newest reading, and straight lines through the samples are within d of every reading
 * between them.  The second is a swinging door (Bristol 1990, "Swinging door trending")
 * in its strict form: a reading becomes the candidate only while the line from the last
 * sample to it passes within d of all readings between.
 */
#ifndef GATEWAY_REDUCE_H
#define GATEWAY_REDUCE_H

#include "twin/estimate.h"

/** One tag's reduction; zero-initialise.  Allocated by who owns the tags. */
struct reduce {
	struct sample
		last; /* newest sample: the anchor of the door; its text is not kept */
	struct sample held;          /* newest reading that is no sample yet */
	uint64_t last_key;           /* of last's text or flag */
	double slope_min, slope_max; /* of lines from the anchor that fit, unit/us */
	bool begun, has_held;
};

/**
 * Take the newest reading.
 *
 * @param deviation        in the tag's unit, >= 0; 0: every change
 * @param max_interval_us  a sample at least this often; 0: no limit
 * @param out              samples to give out, older first
 * @return how many, 0 to 2
 */
size_t reduce_step(struct reduce *r, double deviation, int64_t max_interval_us,
                   const struct sample *s, struct sample out[2]);

/**
 * For tags without a deviation: is s news?  A good reading always is; a lasting fault is
 * told once, then each max_interval_us.
 */
bool reduce_is_news(const struct sample *last, const struct sample *s,
                    int64_t max_interval_us);

#endif
