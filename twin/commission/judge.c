/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/commission/judge.h"

#include <math.h>
#include <string.h>

enum progress { RUNNING, MET, BROKEN };

const char *failure_text(enum failure failure)
{
	switch (failure) {
	case FAILURE_NONE:
		return "";
	case FAILURE_FALSE:
		return "does not hold";
	case FAILURE_LATE:
		return "not in time";
	case FAILURE_UNKNOWN:
		return "unknown: no good value";
	case FAILURE_RELEASE:
		return "its end did not come";
	case FAILURE_CROWDED:
		return "begun too often at a time to be watched";
	case FAILURE_HIDDEN:
		return "it names what cannot be seen over Modbus";
	}
	return "";
}

void judge_init(struct judge *m, const struct requirement *r)
{
	memset(m, 0, sizeof(*m));
	m->requirement = r;
	m->outcome.margin = (double)NAN;
	for (size_t i = 0; i < REQUIREMENT_QUANTITIES_MAX; i++) {
		m->outcome.values[i] = (double)NAN;
	}
}

static void keep_values(struct judge *m, const double *quantities)
{
	const struct requirement *r = m->requirement;

	for (size_t i = 0; i < r->n_quantities; i++) {
		m->outcome.values[i] = quantities[r->quantities[i]];
	}
}

static void fail(struct judge *m, enum failure failure, int64_t begin_ns, int64_t t_ns,
                 const double *quantities)
{
	struct outcome *o = &m->outcome;

	if (o->verdict == VERDICT_FAIL) {
		return;
	}
	o->verdict = VERDICT_FAIL;
	o->failure = failure;
	o->begin_ns = begin_ns;
	o->at_ns = t_ns;
	if (quantities) {
		keep_values(m, quantities);
	}
}

/* A new obligation.  One without end needs no second. */
static void begin(struct judge *m, int64_t t_ns, const double *quantities)
{
	const struct requirement *r = m->requirement;
	bool endless = r->window_ns < 0 && r->kind != REQUIREMENT_UNTIL;

	m->outcome.begun++;
	if (endless && m->n_pending > 0) {
		return;
	}
	if (m->n_pending == JUDGE_PENDING_MAX) {
		fail(m, FAILURE_CROWDED, t_ns, t_ns, quantities);
		return;
	}
	m->pending[m->n_pending++] = (struct obligation){
		.active = true,
		.begin_ns = t_ns + r->delay_ns,
		.since_ns = -1,
		.perhaps_ns = -1,
	};
}

void judge_start(struct judge *m, int64_t t_ns)
{
	m->started = true;
	m->started_ns = m->last_ns = t_ns;
	if (!m->requirement->triggered) {
		begin(m, t_ns, NULL);
	}
}

static int64_t deadline_of(const struct requirement *r, const struct obligation *o)
{
	return r->window_ns < 0 ? INT64_MAX : o->begin_ns + r->window_ns;
}

/* always, never: truth is that of what must hold. */
static enum progress step_always(struct obligation *o, const struct requirement *r,
                                 int64_t t_ns, double truth)
{
	int64_t deadline = deadline_of(r, o);

	if (t_ns > deadline) {
		return MET;
	}
	if (truth != 1) {
		o->doubted = isnan(truth);
		return BROKEN;
	}
	return t_ns == deadline ? MET : RUNNING;
}

/* Follow a time since which it is so.  @return has it been so for long enough */
static bool follow(int64_t *since_ns, bool so, int64_t t_ns, int64_t deadline_ns,
                   int64_t stays_ns)
{
	if (*since_ns >= 0 && t_ns > *since_ns + stays_ns) {
		return true; /* nothing between the moments spoke against it */
	}
	if (!so) {
		*since_ns = -1;
	} else if (*since_ns < 0 && t_ns <= deadline_ns) {
		*since_ns = t_ns;
	}
	return *since_ns >= 0 && t_ns >= *since_ns + stays_ns;
}

static enum progress step_within(struct obligation *o, const struct requirement *r,
                                 int64_t t_ns, double truth)
{
	int64_t deadline = deadline_of(r, o);

	if (follow(&o->since_ns, truth == 1, t_ns, deadline, r->stays_ns)) {
		return MET;
	}
	if (follow(&o->perhaps_ns, truth != 0, t_ns, deadline, r->stays_ns)) {
		o->doubted = true;
		o->perhaps_ns = -1;
	}
	if (t_ns < deadline || o->since_ns >= 0) {
		return RUNNING;
	}
	o->doubted |= o->perhaps_ns >= 0;
	return BROKEN;
}

static enum progress step_until(struct obligation *o, const struct requirement *r,
                                int64_t t_ns, const double *quantities)
{
	double release = formula_truth(&r->release, quantities);
	double truth = formula_truth(&r->holds, quantities);

	if (t_ns > deadline_of(r, o)) {
		return BROKEN;
	}
	if (release == 1) {
		return MET; /* also where a release before was unknown: this one counts */
	}
	if (truth != 1) {
		o->doubted |= isnan(truth) || isnan(release);
		return BROKEN;
	}
	o->doubted |= isnan(release);
	return t_ns == deadline_of(r, o) ? BROKEN : RUNNING;
}

static enum progress step_one(struct obligation *o, const struct requirement *r,
                              int64_t t_ns, const double *quantities)
{
	double truth;

	if (r->kind == REQUIREMENT_UNTIL) {
		return step_until(o, r, t_ns, quantities);
	}
	truth = formula_truth(&r->holds, quantities);
	if (r->kind == REQUIREMENT_WITHIN) {
		return step_within(o, r, t_ns, truth);
	}
	return step_always(o, r, t_ns, r->kind == REQUIREMENT_NEVER ? 1 - truth : truth);
}

/* Why an obligation broke at t_ns. */
static enum failure reason(const struct judge *m, const struct obligation *o,
                           int64_t t_ns, const double *quantities)
{
	const struct requirement *r = m->requirement;

	if (o->doubted) {
		return FAILURE_UNKNOWN;
	}
	if (r->kind == REQUIREMENT_WITHIN) {
		return FAILURE_LATE;
	}
	if (r->kind == REQUIREMENT_UNTIL && t_ns >= deadline_of(r, o) &&
	    (t_ns > deadline_of(r, o) || formula_truth(&r->holds, quantities) == 1)) {
		return FAILURE_RELEASE;
	}
	return FAILURE_FALSE;
}

static void broken(struct judge *m, const struct obligation *o, int64_t t_ns,
                   const double *quantities)
{
	fail(m, reason(m, o, t_ns, quantities), o->begin_ns, t_ns, quantities);
}

static void met(struct judge *m, const struct obligation *o, int64_t t_ns,
                const double *quantities)
{
	m->outcome.met++;
	if (m->outcome.verdict != VERDICT_FAIL) {
		m->outcome.begin_ns = o->begin_ns;
		m->outcome.at_ns = t_ns;
		if (isnan(m->outcome.margin)) {
			keep_values(m, quantities);
		}
	}
}

/* The least margin of what must hold at every moment, while nothing has failed. */
static void keep_margin(struct judge *m, int64_t t_ns, const double *quantities)
{
	const struct requirement *r = m->requirement;
	struct outcome *o = &m->outcome;
	double margin;

	if ((r->kind != REQUIREMENT_ALWAYS && r->kind != REQUIREMENT_NEVER) ||
	    o->verdict == VERDICT_FAIL) {
		return;
	}
	margin = formula_margin(&r->holds, quantities);
	margin = r->kind == REQUIREMENT_NEVER ? -margin : margin;
	if (isnan(o->margin)) {
		keep_values(m, quantities); /* the last, where nothing has a size */
	}
	if (isfinite(margin) && !(margin >= o->margin)) {
		o->margin = margin;
		o->margin_ns = t_ns;
		keep_values(m, quantities);
	}
}

/* A span of violation from from_ns, that this moment belongs to. */
static void violate(struct judge *m, int64_t from_ns, int64_t t_ns)
{
	struct outcome *o = &m->outcome;

	if (!m->open_span) {
		if (o->n_spans == JUDGE_SPANS_MAX) {
			return;
		}
		o->spans[o->n_spans++] = (struct span){from_ns, t_ns};
		m->open_span = true;
	}
	o->spans[o->n_spans - 1].until_ns = t_ns;
}

/* After a failure: is the moment still one of violation? */
static bool is_violated(const struct judge *m, const double *quantities)
{
	const struct requirement *r = m->requirement;
	double truth = formula_truth(
		r->kind == REQUIREMENT_UNTIL ? &r->release : &r->holds, quantities);

	if (r->kind == REQUIREMENT_NEVER) {
		return truth != 0;
	}
	return truth != 1;
}

/* What is pending at this moment.  @return has one of them begun to count */
static bool step_pending(struct judge *m, int64_t t_ns, const double *quantities,
                         bool *violated)
{
	const struct requirement *r = m->requirement;
	bool counts = false;
	size_t kept = 0;

	for (size_t i = 0; i < m->n_pending; i++) {
		struct obligation o = m->pending[i];
		enum progress progress = RUNNING;
		bool endless = r->window_ns < 0 && r->kind != REQUIREMENT_UNTIL;

		if (t_ns >= o.begin_ns) {
			counts = true;
			o.seen = true;
			progress = step_one(&o, r, t_ns, quantities);
		}
		if (progress == BROKEN) {
			broken(m, &o, t_ns, quantities);
			violate(m, r->kind == REQUIREMENT_WITHIN ? o.begin_ns : t_ns,
			        t_ns);
			*violated = true;
		} else if (progress == MET) {
			met(m, &o, t_ns, quantities);
		}
		if (progress == RUNNING || (progress == BROKEN && endless)) {
			m->pending[kept++] = o;
		}
	}
	m->n_pending = kept;
	return counts;
}

void judge_step(struct judge *m, int64_t t_ns, const double *quantities)
{
	const struct requirement *r = m->requirement;
	bool violated = false;

	if (!m->started) {
		return;
	}
	m->last_ns = t_ns;
	if (r->triggered) {
		double when = formula_truth(&r->when, quantities);

		if (when == 1 && m->when != 1 && !m->closed) {
			begin(m, t_ns, quantities);
		}
		m->when = when;
	}
	if (step_pending(m, t_ns, quantities, &violated)) {
		keep_margin(m, t_ns, quantities);
	}
	if (m->open_span && !violated) {
		if (is_violated(m, quantities)) {
			violate(m, t_ns, t_ns);
		} else {
			m->open_span = false;
		}
	}
}

void judge_close(struct judge *m)
{
	m->closed = true;
}

/* What the end makes of an obligation that is still pending: it is met, broken, or was
 * not decided. */
static enum progress end_of(const struct requirement *r)
{
	if (r->window_ns >= 0) {
		return RUNNING;
	}
	return r->kind == REQUIREMENT_UNTIL ? BROKEN : MET;
}

const struct outcome *judge_finish(struct judge *m, int64_t t_ns)
{
	struct outcome *o = &m->outcome;
	bool undecided = o->begun == 0;

	for (size_t i = 0; i < m->n_pending; i++) {
		const struct obligation *p = &m->pending[i];
		enum progress progress = p->seen ? end_of(m->requirement) : RUNNING;

		if (progress == BROKEN) {
			fail(m, p->doubted ? FAILURE_UNKNOWN : FAILURE_RELEASE,
			     p->begin_ns, t_ns, NULL);
			violate(m, p->begin_ns, t_ns);
		} else if (o->verdict != VERDICT_FAIL && progress == MET) {
			o->met++;
			o->at_ns = t_ns;
			o->begin_ns = p->begin_ns;
		} else {
			undecided = true;
		}
	}
	m->n_pending = 0;
	m->started = false;
	if (o->verdict != VERDICT_FAIL) {
		o->verdict = undecided ? VERDICT_NOT_REACHED : VERDICT_PASS;
	}
	return o;
}

bool judge_is_settled(const struct judge *m)
{
	return !m->started || m->n_pending == 0 || m->requirement->window_ns < 0;
}
