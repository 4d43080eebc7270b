/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/scenario/record.h"

#include <math.h>
#include <stdlib.h>

void record_add(struct record *r, double error, double persistence, bool held)
{
	r->error[r->next] = (float)error;
	r->persistence[r->next] = (float)persistence;
	r->held[r->next] = held;
	r->next = (r->next + 1) % RECORD_KEPT;
	r->n += r->n < RECORD_KEPT;
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

double record_band(const struct record *r, double level)
{
	float sorted[RECORD_KEPT];
	size_t rank = (size_t)ceil((double)(r->n + 1) * level);

	if (r->n < RECORD_ERRORS_MIN) {
		return NAN;
	}
	for (size_t i = 0; i < r->n; i++) {
		sorted[i] = fabsf(r->error[i]);
	}
	qsort(sorted, r->n, sizeof(*sorted), compare);
	/* A level that n errors cannot tell gets the largest. */
	return (double)sorted[rank < r->n ? (rank ? rank - 1 : 0) : r->n - 1];
}

struct record_score record_judge(const struct record *r)
{
	double n = (double)r->n, squares = 0, persistence = 0, held = 0;
	struct record_score s = {.n = r->n};

	for (size_t i = 0; i < r->n; i++) {
		squares += (double)r->error[i] * (double)r->error[i];
		persistence += (double)r->persistence[i] * (double)r->persistence[i];
		held += r->held[i];
	}
	s.rmse = sqrt(squares / n);
	s.persistence_rmse = sqrt(persistence / n);
	s.skill = 1 - s.rmse / s.persistence_rmse;
	s.coverage = held / n;
	return s;
}
