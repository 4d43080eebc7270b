/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/voice.h"

#include <math.h>

#include "twin/links.h"

void voice_sensor(const struct component *c, size_t i, struct reading *r,
                  struct estimate *e)
{
	const struct binding *b = &c->cfg->outputs[i];
	enum tag_state state = component_state(c);
	double value, sigma;

	*r = (struct reading){.tag = b->tag, .quality = QUALITY_BAD};
	*e = (struct estimate){.predicted = NAN,
	                       .sigma = NAN,
	                       .estimate = NAN,
	                       .score = NAN,
	                       .quality = QUALITY_BAD,
	                       .source = SOURCE_HELD,
	                       .state = (uint8_t)state,
	                       .drift = state == STATE_MISMATCH};
	if (state == STATE_STALE) {
		r->quality = e->quality = QUALITY_STALE;
	} else if (component_fill(c, i, &value, &sigma)) {
		r->quality = e->quality = QUALITY_UNCERTAIN;
		r->value = value_real(links_to_tag(b, value));
		e->source = SOURCE_PREDICTED;
		if (state != STATE_LEARNING) {
			e->predicted = e->estimate = r->value.real;
			e->sigma = sigma / fabs(b->scale);
		}
	}
}

/* The component's test and its limit. */
static double statistic_of(const struct component *c, double *score)
{
	if (c->var) {
		*score = var_statistic(c->var) / var_limit(c->var);
		return var_statistic(c->var);
	}
	*score = nis_score(&c->nis);
	return nis_statistic(&c->nis);
}

void voice_health(const struct component *c, struct reading *r, struct estimate *e)
{
	enum tag_state state = component_state(c);
	bool judges = c->var ? state != STATE_LEARNING : c->phase == COMPONENT_JUDGING;
	double score;

	*r = (struct reading){.tag = c->cfg->health_tag, .quality = QUALITY_BAD};
	*e = (struct estimate){.predicted = NAN,
	                       .sigma = NAN,
	                       .estimate = NAN,
	                       .score = NAN,
	                       .quality = QUALITY_BAD,
	                       .source = SOURCE_HELD,
	                       .state = (uint8_t)state,
	                       .drift = state == STATE_MISMATCH};
	if (state == STATE_STALE) {
		r->quality = e->quality = QUALITY_STALE;
	} else if (judges && state != STATE_BAD) {
		r->quality = e->quality = QUALITY_GOOD;
		r->value = value_real(statistic_of(c, &score));
		e->source = SOURCE_MEASURED;
		e->score = state == STATE_LEARNING ? (double)NAN : score;
	}
}

/* The outputs by what they contributed to the last NIS. */
static void blame(const struct component *c, struct explanation *out)
{
	for (size_t j = 0; j < c->cfg->n_outputs; j++) {
		const struct component_output *o = &c->out[j];
		size_t at = out->n_blamed < 4 ? out->n_blamed : 4;

		if (!o->measured || !(o->share > 0)) {
			continue;
		}
		for (; at > 0 && out->share[at - 1] < o->share; at--) {
			if (at < 4) {
				out->share[at] = out->share[at - 1];
				out->blamed[at] = out->blamed[at - 1];
			}
		}
		if (at < 4) {
			out->share[at] = o->share;
			out->blamed[at] = c->cfg->outputs[j].tag;
			out->n_blamed += out->n_blamed < 4;
		}
	}
}

static void blame_tags(const struct component *c, struct explanation *out)
{
	out->method = "var";
	out->threshold = var_limit(c->var);
	out->n_blamed = var_blame(c->var, out->blamed, out->share);
	for (size_t i = 0; i < out->n_blamed; i++) {
		out->blamed[i] = c->cfg->tags[out->blamed[i]];
	}
}

void voice_component(const struct component *c, struct explanation *out)
{
	if (c->var) {
		blame_tags(c, out);
		return;
	}
	out->method = c->nis.alarm || !c->nis.mismatch ? "nis" : "nis_mean";
	out->threshold = c->nis.alarm || !c->nis.mismatch ? nis_limit(&c->nis)
	                                                  : c->nis.high;
	if (witness_liar(&c->witness) != WITNESS_NOBODY) {
		out->blamed[0] = c->cfg->outputs[witness_liar(&c->witness)].tag;
		out->share[0] = 1;
		out->n_blamed = 1;
		out->lies = true;
		return;
	}
	blame(c, out);
	voice_causes(c, out);
}

static const struct binding *input_of(const struct component_config *cfg, size_t port)
{
	size_t i = 0;

	while (cfg->inputs[i].port != port) {
		i++;
	}
	return &cfg->inputs[i];
}

void voice_causes(const struct component *c, struct explanation *out)
{
	struct blame_cause causes[BLAME_CAUSES_MAX];

	out->n_causes = blame_causes(&c->blame, causes);
	for (size_t i = 0; i < out->n_causes; i++) {
		const struct blame_cause *from = &causes[i];
		const struct binding *b;

		if (from->kind == BLAME_PARAMETER) {
			out->causes[i] = (struct cause){
				.kind = CAUSE_PARAMETER,
				.parameter = c->cfg->model->parameters[from->i].name,
				.amount = from->amount};
			continue;
		}
		b = from->kind == BLAME_INPUT ? input_of(c->cfg, from->i)
		                              : &c->cfg->outputs[from->i];
		out->causes[i] = (struct cause){
			.kind = from->kind == BLAME_INPUT ? CAUSE_INPUT : CAUSE_SENSOR,
			.tag = b->tag,
			.amount = from->amount / b->scale};
	}
}

void voice_monitor(const struct monitor *m, const struct sequence *test,
                   struct explanation *out)
{
	out->method = "ewma";
	out->threshold = monitor_threshold(m);
	out->off = m->w * monitor_sigma(m);
	if (test) {
		out->method = sequence_name(test->cfg->kind);
		out->threshold = sequence_threshold(test->cfg) * monitor_sigma(m);
	}
	if (stuck_is(&m->move.stuck)) {
		out->method = "stuck";
		out->threshold = NAN;
	} else if (m->spike) {
		out->off = 0;
		out->method = "gate";
		out->threshold = monitor_gate(m);
	} else if (m->move.on) {
		out->off = 0;
		out->method = "transient";
		out->threshold = (double)m->move.sigma * (double)m->move.limit;
	}
	out->share[0] = 1;
	out->n_blamed = 1;
}
