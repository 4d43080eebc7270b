/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/commission/trial.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* What ends by itself: a button, a fault. */
struct timed {
	int64_t at_ns;
	uint32_t step;
	double before; /* of a button: what it was */
};

struct trial {
	const struct trial_config *cfg;
	struct judge *judges;
	struct course *courses;
	double *quantities; /* the variables, then those of the bench */
	struct timed timed[TRIAL_TIMED_MAX];
	size_t n_timed;
	struct run_event events[TRIAL_EVENTS_MAX];
	size_t n_events;
	size_t step;
	bool entered; /* the step that waits has begun */
	int64_t entered_ns, now_ns;
	int err;
	enum run_end end;
};

int trial_new(struct trial **out, const struct trial_config *cfg)
{
	struct trial *r = calloc(1, sizeof(*r));
	size_t n = cfg->n_handles + cfg->n_variables;

	if (!r) {
		return -ENOMEM;
	}
	r->cfg = cfg;
	r->judges = calloc(cfg->n_requirements + 1, sizeof(*r->judges));
	r->courses = calloc(n + 1, sizeof(*r->courses));
	r->quantities = calloc(n + 1, sizeof(*r->quantities));
	if (!r->judges || !r->courses || !r->quantities) {
		trial_free(r);
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_variables; i++) {
		r->quantities[i] = cfg->variables[i];
	}
	for (size_t i = 0; i < cfg->n_handles; i++) {
		r->quantities[cfg->n_variables + i] = cfg->bench->read(cfg->bench->self,
		                                                       cfg->handles[i]);
	}
	for (size_t i = 0; i < n; i++) {
		course_init(&r->courses[i]);
	}
	for (size_t i = 0; i < cfg->n_requirements; i++) {
		judge_init(&r->judges[i], &cfg->requirements[i]);
		if (cfg->from_start[i]) {
			judge_start(&r->judges[i], 0);
		}
	}
	*out = r;
	return 0;
}

void trial_free(struct trial *r)
{
	if (r) {
		free(r->judges);
		free(r->courses);
		free(r->quantities);
		free(r);
	}
}

static void note(struct trial *r, size_t step, bool ends)
{
	if (r->n_events < TRIAL_EVENTS_MAX) {
		r->events[r->n_events++] = (struct run_event){r->now_ns, (uint32_t)step,
		                                              ends};
	}
}

static void finish(struct trial *r, enum run_end end)
{
	r->end = end;
	for (size_t i = 0; i < r->cfg->n_requirements; i++) {
		judge_finish(&r->judges[i], r->now_ns);
	}
}

/* Take back what the step did. */
static int undo(struct trial *r, const struct step *s, double before)
{
	const struct bench *b = r->cfg->bench;

	return s->kind == STEP_PRESS ? b->set(b->self, s->target, before)
	                             : b->inject(b->self, s->target, false, 0);
}

static int run_timed(struct trial *r)
{
	size_t kept = 0;
	int err = 0;

	for (size_t i = 0; i < r->n_timed; i++) {
		if (r->timed[i].at_ns > r->now_ns) {
			r->timed[kept++] = r->timed[i];
			continue;
		}
		note(r, r->timed[i].step, true);
		err = err ? err
		          : undo(r, &r->cfg->steps[r->timed[i].step], r->timed[i].before);
	}
	r->n_timed = kept;
	return err;
}

/* The step's effect ends at its time. */
static int plan_end(struct trial *r, const struct step *s, double before)
{
	if (s->time_ns < 0) {
		return 0;
	}
	if (r->n_timed == TRIAL_TIMED_MAX) {
		return -ENOSPC;
	}
	r->timed[r->n_timed++] = (struct timed){r->now_ns + s->time_ns, (uint32_t)r->step,
	                                        before};
	return 0;
}

/* A fault that is cleared by hand has no end of its own any more. */
static void forget_timed(struct trial *r, uint32_t fault)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_timed; i++) {
		const struct step *s = &r->cfg->steps[r->timed[i].step];

		if (s->kind != STEP_INJECT || s->target != fault) {
			r->timed[kept++] = r->timed[i];
		}
	}
	r->n_timed = kept;
}

/* A step that acts at once. */
static int act(struct trial *r, const struct step *s)
{
	const struct bench *b = r->cfg->bench;
	double value;
	int err;

	switch (s->kind) {
	case STEP_SET:
		value = formula_value(&s->value, r->quantities);
		return isnan(value) ? -ENODATA : b->set(b->self, s->target, value);
	case STEP_PRESS:
		value = b->read(b->self, s->target) == 1; /* a contact that opens: 1 */
		err = b->set(b->self, s->target, 1 - value);
		return err ? err : plan_end(r, s, value);
	case STEP_INJECT:
		err = b->inject(b->self, s->target, true, s->time_ns);
		return err ? err : plan_end(r, s, 0);
	case STEP_CLEAR:
		forget_timed(r, s->target);
		return b->inject(b->self, s->target, false, 0);
	case STEP_EXPECT:
		judge_start(&r->judges[s->target], r->now_ns);
		return 0;
	case STEP_REMEMBER:
		value = formula_value(&s->value, r->quantities);
		r->quantities[s->target] = value;
		return 0;
	case STEP_WAIT:
	case STEP_WAIT_UNTIL:
		break;
	}
	return 0;
}

/* A step that waits.  @return is it over */
static bool wait_over(struct trial *r, const struct step *s)
{
	if (!r->entered) {
		r->entered = true;
		r->entered_ns = r->now_ns;
		note(r, r->step, false);
	}
	if (s->kind == STEP_WAIT) {
		return r->now_ns >= r->entered_ns + s->time_ns;
	}
	if (formula_truth(&s->value, r->quantities) == 1) {
		return true;
	}
	if (r->now_ns >= r->entered_ns + s->time_ns) {
		finish(r, RUN_WAITED);
	}
	return false;
}

/* All steps that are due. */
static void run_steps(struct trial *r)
{
	while (r->step < r->cfg->n_steps && r->end == RUN_GOES_ON) {
		const struct step *s = &r->cfg->steps[r->step];

		if (s->kind == STEP_WAIT || s->kind == STEP_WAIT_UNTIL) {
			if (!wait_over(r, s)) {
				return;
			}
			r->entered = false;
		} else {
			note(r, r->step, false);
			r->err = act(r, s);
			if (r->err) {
				finish(r, RUN_REFUSED);
				return;
			}
		}
		r->step++;
	}
}

/* After the last step: nothing new begins, what is pending is waited for. */
static bool is_over(struct trial *r)
{
	bool settled = true;

	if (r->step < r->cfg->n_steps) {
		return false;
	}
	for (size_t i = 0; i < r->cfg->n_requirements; i++) {
		judge_close(&r->judges[i]);
		settled = settled && judge_is_settled(&r->judges[i]);
	}
	return settled;
}

static void observe(struct trial *r)
{
	const struct trial_config *c = r->cfg;

	for (size_t i = 0; i < c->n_handles; i++) {
		r->quantities[c->n_variables + i] = c->bench->read(c->bench->self,
		                                                   c->handles[i]);
	}
	for (size_t i = 0; i < c->n_handles + c->n_variables; i++) {
		course_add(&r->courses[i], r->now_ns, r->quantities[i]);
	}
	for (size_t i = 0; i < c->n_requirements; i++) {
		judge_step(&r->judges[i], r->now_ns, r->quantities);
	}
}

enum run_end trial_turn(struct trial *r)
{
	const struct bench *b = r->cfg->bench;

	if (r->end != RUN_GOES_ON) {
		return r->end;
	}
	r->err = run_timed(r);
	if (r->err) {
		finish(r, RUN_REFUSED);
		return r->end;
	}
	run_steps(r);
	if (r->end == RUN_GOES_ON && is_over(r)) {
		finish(r, RUN_DONE);
	}
	if (r->end == RUN_GOES_ON && r->now_ns >= r->cfg->limit_ns) {
		finish(r, RUN_TOO_LONG);
	}
	if (r->end != RUN_GOES_ON) {
		return r->end;
	}
	r->err = b->step(b->self);
	if (r->err) {
		finish(r, RUN_STOPPED);
		return r->end;
	}
	r->now_ns = b->now_ns(b->self);
	observe(r);
	return RUN_GOES_ON;
}

size_t trial_step(const struct trial *r)
{
	return r->step;
}

int trial_error(const struct trial *r)
{
	return r->err;
}

int64_t trial_now_ns(const struct trial *r)
{
	return r->now_ns;
}

const struct outcome *trial_outcome(const struct trial *r, size_t requirement)
{
	return &r->judges[requirement].outcome;
}

const struct course *trial_course(const struct trial *r, size_t quantity)
{
	return &r->courses[quantity];
}

const struct run_event *trial_events(const struct trial *r, size_t *n)
{
	*n = r->n_events;
	return r->events;
}
