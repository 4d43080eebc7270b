/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/nis.h"

#include <math.h>

#include "drivers/reading.h"
#include "twin/drift/quantile.h"

#define FALSE_ALARM      1e-6
#define FALSE_ALARM_SLOW 1e-4
#define MARGIN           3.0 /* over the largest of learning: model errors are not white */
#define ALARM_OFF        0.5  /* of the limit */
#define MEAN_LOW         0.5  /* a mean NIS within these is fit for use, whatever the */
#define MEAN_HIGH        1.5  /* chi-squared band says */
#define MEAN_MARGIN      1.25 /* over the means of shorter blocks of learning */

enum { BLOCK = 60 };

void nis_init(struct nis *s)
{
	*s = (struct nis){.low = NAN, .high = NAN, .block_low = INFINITY};
	for (size_t dof = 1; dof < ARRAY_SIZE(s->floor); dof++) {
		s->floor[dof] = quantile_chi2(FALSE_ALARM, (double)dof);
	}
}

double nis_statistic(const struct nis *s)
{
	double sum = 0;

	for (size_t i = 0; i < NIS_WINDOW; i++) {
		sum += s->last[i];
	}
	return sum;
}

double nis_limit(const struct nis *s)
{
	size_t dof = 0;

	for (size_t i = 0; i < NIS_WINDOW; i++) {
		dof += s->rows[i];
	}
	return fmax(s->floor[dof], MARGIN * s->largest);
}

static void learn(struct nis *s, double by_row)
{
	if (s->n >= NIS_WINDOW) {
		s->largest = fmax(s->largest, nis_statistic(s));
	}
	s->sum += by_row;
	s->sum2 += by_row * by_row;
	s->counted++;
	s->block += by_row;
	if (s->counted % BLOCK == 0) {
		s->block_low = fmin(s->block_low, s->block / BLOCK);
		s->block_high = fmax(s->block_high, s->block / BLOCK);
		s->block = 0;
	}
}

/* Lag-1 correlation of NIS in learning; product leaves out the first, as is usual. */
static double correlation(const struct nis *s)
{
	double mean = s->sum / s->counted;
	double variance = s->sum2 / s->counted - mean * mean;
	double covariance = s->product / (s->counted - 1) - mean * mean;

	return variance > 0 ? fmin(fmax(covariance / variance, 0), 0.99) : 0;
}

void nis_learnt(struct nis *s, size_t rows)
{
	double rho = s->counted > 1 ? correlation(s) : 0;
	double mean = s->counted ? s->sum / s->counted : 1;
	double dof = (double)(NIS_SLOW * rows) * (1 - rho) / (1 + rho);

	/* Around the mean of learning, which is 1 unless R was given and is not true; and
	 * a pace of work that learning had in it, quiet or busy, is no mismatch. */
	s->low = mean *
	         fmin(quantile_chi2(1 - FALSE_ALARM_SLOW / 2, dof) / dof, MEAN_LOW);
	s->low = fmin(s->low, s->block_low / MEAN_MARGIN);
	s->high = mean * fmax(quantile_chi2(FALSE_ALARM_SLOW / 2, dof) / dof, MEAN_HIGH);
	s->high = fmax(s->high, s->block_high * MEAN_MARGIN);
	s->judging = true;
}

static double slow_mean(const struct nis *s)
{
	return s->slow_sum / NIS_SLOW;
}

/* What a mean of 600 may be is not learnt from fewer. */
static bool slow_counts(const struct nis *s)
{
	return s->n_slow == NIS_SLOW && s->counted >= NIS_SLOW;
}

static void judge_slow(struct nis *s, double by_row)
{
	s->slow_sum += by_row - (double)s->slow[s->slow_at];
	s->slow[s->slow_at] = (float)by_row;
	s->slow_at = (s->slow_at + 1) % NIS_SLOW;
	if (s->n_slow < NIS_SLOW) {
		s->n_slow++;
	}
	if (s->slow_at == 0) {
		/* What rounding added up must not last for ever. */
		s->slow_sum = 0;
		for (size_t i = 0; i < NIS_SLOW; i++) {
			s->slow_sum += (double)s->slow[i];
		}
	}
	s->mismatch = slow_counts(s) && (slow_mean(s) < s->low || slow_mean(s) > s->high);
}

void nis_step(struct nis *s, double nis, size_t rows)
{
	size_t at = s->n % NIS_WINDOW;
	double before = s->last[(at + NIS_WINDOW - 1) % NIS_WINDOW] /
	                fmax(1, s->rows[(at + NIS_WINDOW - 1) % NIS_WINDOW]);
	double by_row = nis / (double)rows, statistic;

	s->last[at] = nis;
	s->rows[at] = (uint8_t)rows;
	s->n++;
	if (!s->judging) {
		if (s->counted) {
			s->product += by_row * before;
		}
		learn(s, by_row);
		return;
	}
	statistic = nis_statistic(s) / nis_limit(s);
	s->alarm = statistic > 1 || (s->alarm && statistic > ALARM_OFF);
	judge_slow(s, by_row);
}

double nis_slow(const struct nis *s)
{
	return s->n_slow == NIS_SLOW ? slow_mean(s) : (double)NAN;
}

double nis_score(const struct nis *s)
{
	double score = nis_statistic(s) / nis_limit(s);

	if (!s->judging) {
		return NAN;
	}
	if (slow_counts(s)) {
		score = fmax(score, fmax(slow_mean(s) / s->high, s->low / slow_mean(s)));
	}
	return score;
}
