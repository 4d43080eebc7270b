/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/witness.h"

#include <math.h>

/* Twice the log-likelihood ratio for odds of 10,000 to 1, which is what the difference of
 * two sums of squares is. */
#define BEYOND_DOUBT 18.4

void witness_start(struct witness *w, const struct kalman *k)
{
	for (size_t i = 0; i < w->n; i++) {
		w->without[i] = *k;
		w->others[i] = w->apart[i] = (struct witness_tally){.sum = 0};
		w->residual[i] = NAN;
	}
	w->running = true;
	w->in_alarm = false;
	w->liar = 0;
}

void witness_row(struct witness *w)
{
	size_t at = ++w->rows % NIS_WINDOW;

	for (size_t i = 0; i < w->n; i++) {
		w->others[i].n[at] = w->apart[i].n[at] = 0;
		w->others[i].last[at] = w->apart[i].last[at] = 0;
	}
}

static void add(struct witness_tally *t, size_t at, double square, size_t n)
{
	t->last[at] = square;
	t->n[at] = (uint8_t)n;
	t->sum += square;
	t->count += (double)n;
}

void witness_others(struct witness *w, size_t i, double nis, size_t rows)
{
	add(&w->others[i], w->rows % NIS_WINDOW, nis, rows);
}

void witness_apart(struct witness *w, size_t i, double d, double variance)
{
	add(&w->apart[i], w->rows % NIS_WINDOW, d * d / variance, 1);
}

/* The alarm began somewhere in its window. */
static void begin(struct witness_tally *t)
{
	t->sum = t->count = 0;
	for (size_t k = 0; k < NIS_WINDOW; k++) {
		t->sum += t->last[k];
		t->count += t->n[k];
	}
}

static double excess(const struct witness_tally *t)
{
	return t->sum - t->count;
}

static bool is_normal(const struct witness_tally *t, double normal)
{
	/* Few rows scatter: three sigma of their mean (chi-squared: 2 by row). */
	double most = fmax(normal, 1 + 3 * sqrt(2 / t->count));

	return t->count > 0 && t->sum / t->count <= most;
}

/* Without which sensor the others agree best with the model; true where it is the only
 * one of which that can be said. */
static bool is_alone(const struct witness *w, size_t *best)
{
	bool alone = true;

	*best = 0;
	for (size_t i = 1; i < w->n; i++) {
		if (excess(&w->others[i]) < excess(&w->others[*best])) {
			*best = i;
		}
	}
	for (size_t i = 0; i < w->n; i++) {
		double worse = excess(&w->others[i]) - excess(&w->others[*best]);

		alone = alone && (i == *best || worse >= BEYOND_DOUBT);
	}
	return alone;
}

void witness_judge(struct witness *w, bool alarm, double normal)
{
	size_t best;

	for (size_t i = 0; alarm && !w->in_alarm && i < w->n; i++) {
		begin(&w->others[i]);
		begin(&w->apart[i]);
	}
	w->in_alarm = alarm;
	if (!alarm) {
		w->liar = 0;
	} else if (w->n > 0 && is_alone(w, &best) &&
	           is_normal(&w->others[best], normal) &&
	           excess(&w->apart[best]) >= BEYOND_DOUBT) {
		w->liar = best + 1; /* and stays, as a jump is soon diluted */
	}
}

size_t witness_liar(const struct witness *w)
{
	return w->liar ? w->sensor[w->liar - 1] : WITNESS_NOBODY;
}
