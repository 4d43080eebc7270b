/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/newest.h"

void newest_none(struct newest *n)
{
	*n = (struct newest){.last = NAN};
}

/* What predictions are kept as a distance from. */
static double base_of(const struct value *value, double last)
{
	double x = value_number(value);

	x = isfinite(x) ? x : last;
	return isfinite(x) ? x : 0;
}

void newest_keep(struct newest *n, const struct sample *s)
{
	const struct estimate *e = &s->est;
	double base = base_of(&s->value, s->last);

	*n = (struct newest){
		.ts_us = s->ts_us,
		.last_ts_us = s->last_ts_us,
		.last = s->last,
		.bits = s->value.u64, /* all members begin where it does */
		.predicted = (float)(e->predicted - base),
		.estimate = (float)(e->estimate - base),
		.sigma = (float)e->sigma,
		.score = (float)e->score,
		.code = s->code,
		.reason = s->reason,
		.kind = (uint8_t)s->value.kind,
		.quality = e->quality,
		.source = e->source,
		.state = e->state,
		.drift = e->drift,
		.explained = e->explained,
		.stuck = e->stuck,
	};
}

struct sample newest_sample(const struct newest *n, uint32_t tag)
{
	struct sample s = {
		.ts_us = n->ts_us,
		.last_ts_us = n->last_ts_us,
		.tag = tag,
		.code = n->code,
		.reason = n->reason,
		.value = {.kind = (enum value_kind)n->kind, .u64 = n->bits},
		.last = n->last,
	};
	double base = base_of(&s.value, s.last);

	s.est = (struct estimate){
		.predicted = base + (double)n->predicted,
		.sigma = (double)n->sigma,
		.estimate = base + (double)n->estimate,
		.score = (double)n->score,
		.quality = n->quality,
		.source = n->source,
		.state = n->state,
		.drift = n->drift,
		.explained = n->explained,
		.stuck = n->stuck,
	};
	return s;
}
