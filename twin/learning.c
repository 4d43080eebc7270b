/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/learning.h"

#include <math.h>
#include <stdlib.h>

/* The filter was tuned on the very rows that its innovations are learnt from: they move
 * less there than they will. */
#define TUNED_MARGIN 1.25F

/* Times the readings of learning, that a start-up may take. */
enum { STARTUP_MAX = 3 };

/* Learning begins, or is over, for a device (all its tags) or a component. */
static void note_learning(struct twin *t, uint32_t who, bool begins)
{
	bool is_device = who < t->n_devices;
	size_t component = who - t->n_devices;

	if (t->has_begun[who] == begins) {
		return;
	}
	t->has_begun[who] = begins;
	remarks_add(
		&t->remarks,
		&(struct remark){
			.kind = begins ? REMARK_LEARNING : REMARK_LEARNT,
			.device = is_device ? who
	                                    : t->cfg->components[component].device_index,
			.tag = REMARK_NO_TAG,
			.n = is_device ? t->monitored[who] : 0,
		});
}

void learning_done(struct twin *t, uint32_t tag)
{
	uint32_t device = t->cfg->tags[tag].device_index;

	if (--t->unlearnt[device] == 0) {
		note_learning(t, device, false);
	}
	learner_release(t->learner, tag);
	if (--t->learning == 0) {
		learner_free(t->learner);
		t->learner = NULL;
		free(t->still);
		t->still = NULL;
	}
}

static void learn(struct twin *t, uint32_t tag, const struct learner_rows *rows)
{
	const struct tag *def = &t->cfg->tags[tag];
	const struct monitor_wish wish = {
		.false_alarm = t->cfg->false_alarm,
		.tags = t->monitored[def->device_index],
		.lsb = def->kind->lsb,
	};
	struct sequence *test = twin_sequence(t, tag);
	struct monitor_learnt learnt;

	monitor_learn(&t->monitors[tag], &wish, rows, &learnt);
	stuck_learnt(&t->monitors[tag].move.stuck, &t->still[tag]);
	if (test) {
		test->correlation = learnt.correlation;
	}
	learning_done(t, tag);
}

/* A component has learnt: the monitors of its sensors learn from its innovations. */
void learning_teach(struct twin *t, struct component *c, int64_t t_ns)
{
	for (size_t j = 0; j < c->cfg->n_outputs; j++) {
		const struct binding *b = &c->cfg->outputs[j];
		struct learner_rows rows;
		double nu, dt_s;

		if (!c->out[j].measured || !t->monitors[b->tag].watched) {
			continue;
		}
		for (size_t k = 0; k < component_learnt_rows(c); k++) {
			if (component_learnt(c, j, k, &nu, &dt_s)) {
				learner_add(t->learner, b->tag, nu / b->scale, dt_s);
			}
		}
		t->monitors[b->tag].t_ns = t_ns;
		rows = learner_rows(t->learner, b->tag);
		if (rows.n >= MONITOR_LEARN_MIN) {
			learn(t, b->tag, &rows);
			t->monitors[b->tag].move.limit *= TUNED_MARGIN;
		}
	}
	component_forget(c);
}

/* What became of the parameters that were to be found. */
static void tell_fit(struct twin *t, uint32_t component)
{
	const struct component_config *cfg = &t->cfg->components[component];
	struct fit *fit = t->components[component].fit;

	for (size_t i = 0; i < cfg->model->n_parameters; i++) {
		if (cfg->fit >> i & 1) {
			bool fitted = fit->verdict[i] == IDENTIFY_FITTED;

			remarks_add(&t->remarks, &(struct remark){
							 .kind = fitted ? REMARK_FITTED
			                                                : REMARK_UNTOLD,
							 .device = cfg->device_index,
							 .tag = REMARK_NO_TAG,
							 .n = i,
							 .before = cfg->parameters[i],
							 .after = fit->p[i],
						 });
		}
	}
	fit->news = false;
}

void learning_component(struct twin *t, uint32_t component)
{
	const struct component *c = &t->components[component];
	uint32_t who = (uint32_t)t->n_devices + component;
	double progress = component_progress(c);
	bool done = t->has_begun[who] && progress >= 1;

	if (progress > 0) {
		note_learning(t, who, progress < 1);
	}
	if (c->fit && c->fit->news) {
		tell_fit(t, component);
	}
	if (done && component_misfit(c) > 1) {
		remarks_add(&t->remarks, &(struct remark){.kind = REMARK_MISFIT,
		                                          .device = c->cfg->device_index,
		                                          .tag = REMARK_NO_TAG,
		                                          .after = component_misfit(c)});
	}
}

static void note_tag(struct twin *t, uint32_t tag, const struct remark *what)
{
	struct remark n = *what;

	n.tag = tag;
	n.device = t->cfg->tags[tag].device_index;
	remarks_add(&t->remarks, &n);
}

/* Was the tag moving in what it is to learn from?  Then only what follows is kept, and
 * learning goes on: not for ever, some machines never stand still. */
static bool skip_startup(struct twin *t, uint32_t tag, const struct learner_rows *rows)
{
	size_t n;

	if (!t->cfg->skip_startup ||
	    rows->dropped >= STARTUP_MAX * (size_t)t->cfg->learn) {
		return false;
	}
	n = transient_last(rows->x, rows->dt_s, rows->scratch, rows->n,
	                   t->monitored[t->cfg->tags[tag].device_index]);
	if (n == 0) {
		return false;
	}
	learner_drop(t->learner, tag, n);
	t->still[tag] = (struct stuck_learner){0};
	note_tag(t, tag, &(struct remark){.kind = REMARK_STARTUP, .n = n});
	return true;
}

/* Let the monitor of a tag see x; the tag learns from so many of them. */
void learning_watch(struct twin *t, int64_t t_ns, const struct reading *r, double x,
                    struct estimate *e)
{
	struct monitor *m = &t->monitors[r->tag];
	double dt_s = m->t_ns == TIME_NEVER ? 0 : (double)(t_ns - m->t_ns) / 1e9;
	struct learner_rows rows;

	if (m->ready) {
		monitor_step(m, t_ns, x, twin_sequence(t, r->tag), e);
		stuck_step(&m->move.stuck, value_number(&r->value),
		           e->state == STATE_HEALTHY);
		e->stuck = stuck_is(&m->move.stuck);
		if (m->rebaselined) {
			note_tag(t, r->tag,
			         &(struct remark){.kind = REMARK_REBASELINED,
			                          .before = e->predicted,
			                          .after = m->m});
		}
		return;
	}
	note_learning(t, t->cfg->tags[r->tag].device_index, true);
	e->state = STATE_LEARNING;
	learner_add(t->learner, r->tag, x, dt_s);
	m->t_ns = t_ns;
	rows = learner_rows(t->learner, r->tag);
	if (rows.n >= t->cfg->learn && !skip_startup(t, r->tag, &rows)) {
		learn(t, r->tag, &rows);
	}
}
