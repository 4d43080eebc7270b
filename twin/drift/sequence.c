/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/sequence.h"

#include <errno.h>
#include <math.h>

#include "twin/drift/adwin.h"

#define OFF 0.6 /* of the limit */

enum { HINKLEY_MIN = 30 /* values before it may find anything */ };

struct sequence_config sequence_usual(enum sequence_kind kind)
{
	return (struct sequence_config){
		.kind = kind,
		.k = 0.5,
		.h = 5,
		.lambda = 0.1,
		.limit = 2.814,
		.delta = kind == SEQUENCE_ADWIN ? 0.002 : 0.005,
		.threshold = 50,
		.alpha = 0.9999,
	};
}

const char *sequence_name(enum sequence_kind kind)
{
	static const char *const names[] = {
		[SEQUENCE_LEVEL] = "level", [SEQUENCE_CUSUM] = "cusum",
		[SEQUENCE_EWMA] = "ewma",   [SEQUENCE_PAGE_HINKLEY] = "page_hinkley",
		[SEQUENCE_ADWIN] = "adwin",
	};

	return names[kind];
}

int sequence_init(struct sequence *s, const struct sequence_config *cfg)
{
	*s = (struct sequence){.cfg = cfg, .correlation = NAN};
	return cfg->kind == SEQUENCE_ADWIN ? adwin_new(&s->adwin, cfg->delta) : 0;
}

void sequence_fini(struct sequence *s)
{
	adwin_free(s->adwin);
	s->adwin = NULL;
}

void cusum_step(struct cusum *c, double z, double k)
{
	c->up = fmax(0, c->up + z - k);
	c->down = fmax(0, c->down - z - k);
}

/* On above 1, off below 0.6; true where it has just gone off. */
static bool switch_by(struct sequence *s, double score)
{
	bool before = s->on;

	s->score = score;
	s->on = score > (before ? OFF : 1);
	return before && !s->on;
}

static void step_cusum(struct sequence *s, double z)
{
	double h = s->cfg->h;

	cusum_step(&s->cusum, z, s->cfg->k);
	if (switch_by(s, fmax(s->cusum.up, s->cusum.down) / h)) {
		s->cusum = (struct cusum){0};
	}
	if (s->on) { /* else a long drift would be seen for as long after its end */
		s->cusum.up = fmin(s->cusum.up, 2 * h);
		s->cusum.down = fmin(s->cusum.down, 2 * h);
	}
}

static double ewma_limit(const struct sequence_config *cfg)
{
	return cfg->limit * sqrt(cfg->lambda / (2 - cfg->lambda));
}

static void step_ewma(struct sequence *s, double z)
{
	s->w += s->cfg->lambda * (z - s->w);
	if (switch_by(s, fabs(s->w) / ewma_limit(s->cfg))) {
		s->w = 0;
	}
}

static void step_hinkley(struct sequence *s, double z)
{
	const struct sequence_config *cfg = s->cfg;
	double up, down;

	s->hinkley.n++;
	s->hinkley.mean += (z - s->hinkley.mean) / (double)s->hinkley.n;
	z -= s->hinkley.mean;
	s->hinkley.up = cfg->alpha * s->hinkley.up + z - cfg->delta;
	s->hinkley.down = cfg->alpha * s->hinkley.down + z + cfg->delta;
	s->hinkley.lowest = fmin(s->hinkley.lowest, s->hinkley.up);
	s->hinkley.highest = fmax(s->hinkley.highest, s->hinkley.down);
	up = s->hinkley.up - s->hinkley.lowest;
	down = s->hinkley.highest - s->hinkley.down;
	s->score = fmax(up, down) / cfg->threshold;
	s->on = s->hinkley.n >= HINKLEY_MIN && s->score > 1;
	if (s->on) {
		s->hinkley.mean = s->hinkley.up = s->hinkley.down = 0;
		s->hinkley.lowest = s->hinkley.highest = 0;
		s->hinkley.n = 0;
	}
}

void sequence_step(struct sequence *s, double z)
{
	switch (s->cfg->kind) {
	case SEQUENCE_CUSUM:
		step_cusum(s, z);
		break;
	case SEQUENCE_EWMA:
		step_ewma(s, z);
		break;
	case SEQUENCE_PAGE_HINKLEY:
		step_hinkley(s, z);
		break;
	case SEQUENCE_ADWIN:
		s->on = adwin_step(s->adwin, z, &s->score);
		break;
	case SEQUENCE_LEVEL:
		break;
	}
}

double sequence_threshold(const struct sequence_config *cfg)
{
	switch (cfg->kind) {
	case SEQUENCE_CUSUM:
		return cfg->k;
	case SEQUENCE_EWMA:
		return ewma_limit(cfg);
	case SEQUENCE_LEVEL:
	case SEQUENCE_PAGE_HINKLEY:
	case SEQUENCE_ADWIN:
		break;
	}
	return NAN;
}
