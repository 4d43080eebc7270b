/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Two tests of an observer on its normalised innovations squared (NIS; Bar-Shalom, Li,
 * Kirubarajan 2001, 5.4): an alarm on the sum of the last five, and a slow one, milder,
 * on the mean of the last 600.
 */
#ifndef TWIN_DRIFT_NIS_H
#define TWIN_DRIFT_NIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NIS_WINDOW = 5,
	NIS_SLOW = 600,
	NIS_ROWS_MAX = 8, /* outputs of an update */
};

/** State of the two tests; nis_init() first.  A plain value, allocated by its owner. */
struct nis {
	double last[NIS_WINDOW]; /* NIS of the last updates */
	uint8_t rows[NIS_WINDOW];
	double floor[NIS_WINDOW * NIS_ROWS_MAX + 1]; /* of the limit, by degrees */
	double largest;                              /* sum of five in learning */
	uint64_t n; /* updates so far, learning included */
	bool judging;
	bool alarm;

	float slow[NIS_SLOW]; /* NIS by row of the last updates judged */
	uint32_t n_slow;      /* of them, up to NIS_SLOW */
	uint32_t slow_at;
	double slow_sum;  /* of them */
	double low, high; /* band of their mean; NAN: not learnt */
	double sum, sum2,
		product;  /* of learning: NIS by row, squared, with the one before */
	uint32_t counted; /* updates of learning */
	double block;     /* sum of the NIS by row of the block that is being learnt */
	double block_low, block_high; /* means of blocks of learning */
	bool mismatch;
};

void nis_init(struct nis *s);

/** Take the NIS of an update of 1 to NIS_ROWS_MAX rows; sets alarm and mismatch. */
void nis_step(struct nis *s, double nis, size_t rows);

/** Learning is over; rows: outputs of a whole update.  From here on it judges. */
void nis_learnt(struct nis *s, size_t rows);

/** Sum of the last five, and what it must not exceed. */
double nis_statistic(const struct nis *s);
double nis_limit(const struct nis *s);

/** Mean NIS by row of the last NIS_SLOW updates judged, NAN: there are not as many. */
double nis_slow(const struct nis *s);

/** The larger of both tests' statistic over its limit; NAN while learning. */
double nis_score(const struct nis *s);

#endif
