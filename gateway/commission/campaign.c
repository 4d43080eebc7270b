/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/campaign.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/commission/campaign_impl.h"

/* Runs whose courses are kept for the report, about 100 KB a quantity each. */
enum { KEPT_MAX = 64 };

/* What campaign_free() gets is its first member. */
struct campaign_build {
	struct campaign campaign;
	struct arena arena;
	struct campaign_run *runs;
	struct trial **trials; /* by run; NULL: freed */
	size_t n_kept;
};

/* --- One run --- */

/* The values of the i-th combination, the last axis turning fastest. */
static void choose(const struct script_scenario *s, size_t i, double *variables)
{
	for (size_t k = s->n_axes; k-- > 0;) {
		variables[s->axes[k].variable] = s->axes[k].values[i % s->axes[k].n];
		i /= s->axes[k].n;
	}
}

static const char *label(struct arena *arena, const struct script *script,
                         const struct script_scenario *s, const double *variables)
{
	const char *text = s->id;

	for (size_t i = 0; i < s->n_axes && text; i++) {
		text = arena_format(arena, "%s%s%s=%.6g", text, i ? ", " : " [",
		                    script->variables[s->axes[i].variable],
		                    variables[s->axes[i].variable]);
	}
	return text && s->n_axes ? arena_format(arena, "%s]", text) : text;
}

/* The steps with their faults prepared. */
static struct step *prepare(struct campaign_build *b, const struct campaign_run *run,
                            int *err)
{
	const struct stand *stand = b->campaign.stand;
	const struct script_scenario *s = run->scenario;
	struct step *steps = arena_array(&b->arena, s->n_steps, sizeof(*steps));

	*err = steps ? 0 : -ENOMEM;
	for (size_t i = 0; i < s->n_steps && !*err; i++) {
		const struct script_step *from = &s->steps[i];
		double amount = from->amount.n
		                        ? formula_value(&from->amount, run->variables)
		                        : 0;

		steps[i] = from->step;
		if (from->target && isnan(amount)) {
			*err = -ENODATA;
		} else if (from->target) {
			*err = stand->fault(stand->bench.self, from->target, from->fault,
			                    amount, &steps[i].target);
		}
	}
	return steps;
}

/* What a trial takes of the scenario. */
struct inputs {
	struct trial_config config;
	struct requirement *requirements;
	bool *from_start;
};

static int gather(struct campaign_build *b, const struct campaign_run *run,
                  struct inputs *in)
{
	const struct script *script = b->campaign.script;
	const struct script_scenario *s = run->scenario;
	int err;

	in->config.steps = prepare(b, run, &err);
	in->requirements = arena_array(&b->arena, s->n_requirements,
	                               sizeof(*in->requirements));
	in->from_start = arena_array(&b->arena, s->n_requirements, sizeof(bool));
	if (err || !in->requirements || !in->from_start) {
		return err ? err : -ENOMEM;
	}
	for (size_t i = 0; i < s->n_requirements; i++) {
		in->requirements[i] = s->requirements[i].rule;
		in->from_start[i] = s->requirements[i].from_start;
	}
	in->config.bench = &b->campaign.stand->bench;
	in->config.variables = run->variables;
	in->config.n_variables = script->n_variables;
	in->config.handles = script->handles;
	in->config.n_handles = script->n_handles;
	in->config.n_steps = s->n_steps;
	in->config.requirements = in->requirements;
	in->config.n_requirements = s->n_requirements;
	in->config.from_start = in->from_start;
	in->config.limit_ns = s->limit_ns;
	return 0;
}

/* Why a run ended before its time. */
static const char *reason(struct campaign_build *b, const struct campaign_run *run,
                          int err)
{
	const char *why = b->campaign.stand->why(b->campaign.stand->bench.self);
	const char *step = run->step < run->scenario->n_steps
	                           ? run->scenario->steps[run->step].text
	                           : "the end";

	switch (run->end) {
	case RUN_GOES_ON:
	case RUN_DONE:
		return "";
	case RUN_WAITED:
		return arena_format(&b->arena, "waited in vain: %s", step);
	case RUN_REFUSED:
		return arena_format(&b->arena, "could not %s: %s", step,
		                    err == -ENODATA ? "its value is unknown"
		                                    : strerror(-err));
	case RUN_STOPPED:
		return arena_format(&b->arena, "stopped at step '%s': %s", step,
		                    *why ? why : strerror(-err));
	case RUN_TOO_LONG:
		return arena_format(&b->arena, "its limit came before: %s", step);
	}
	return "";
}

static bool has_failed(const struct campaign_run *run)
{
	bool failed = *run->why;

	for (size_t i = 0; i < run->scenario->n_requirements; i++) {
		failed = failed || run->outcomes[i].verdict == VERDICT_FAIL;
	}
	return failed;
}

/* Of a variable that the PLC does not show nothing can be said. */
static bool names_hidden(const struct campaign_build *b, const struct requirement *r)
{
	struct stand_quantity q;
	bool hidden = false;

	for (size_t i = 0; i < r->n_quantities && !hidden; i++) {
		campaign_quantity(&b->campaign, r->quantities[i], &q);
		hidden = q.hidden;
	}
	return hidden;
}

static int keep_outcomes(struct campaign_build *b, struct campaign_run *run,
                         const struct trial *trial)
{
	size_t n = run->scenario->n_requirements;
	struct outcome *outcomes = arena_array(&b->arena, n, sizeof(*outcomes));

	run->step = trial_step(trial);
	run->end_ns = trial_now_ns(trial);
	run->why = reason(b, run, trial_error(trial));
	run->outcomes = outcomes;
	if (!outcomes || !run->why) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		outcomes[i] = *trial_outcome(trial, i);
		if (names_hidden(b, &run->scenario->requirements[i].rule)) {
			outcomes[i] = (struct outcome){.failure = FAILURE_HIDDEN,
			                               .margin = NAN};
		}
	}
	return 0;
}

/* What the twin has learnt in the first run is for all. */
static int keep_learnt(struct campaign_build *b, struct campaign_run *run)
{
	const struct stand *stand = b->campaign.stand;
	const char *learn = b->campaign.script->learn;
	int err;

	if (!learn || !stand->keep || strcmp(learn, run->scenario->id) != 0) {
		return 0;
	}
	err = stand->keep(stand->bench.self);
	if (err == -EAGAIN && !*run->why) {
		run->why = "the twin still learns at its end: prolong it";
	}
	return err == -EAGAIN ? 0 : err;
}

static int run_one(struct campaign_build *b, size_t index, bool first)
{
	const struct stand *stand = b->campaign.stand;
	struct campaign_run *run = &b->runs[index];
	struct inputs *in = arena_array(&b->arena, 1, sizeof(*in));
	struct trial *trial;
	int err = in ? stand->restart(stand->bench.self) : -ENOMEM;

	err = err ? err : gather(b, run, in);
	err = err ? err : trial_new(&trial, &in->config);
	if (err) {
		return err;
	}
	do {
		run->end = trial_turn(trial);
	} while (run->end == RUN_GOES_ON);
	b->trials[index] = trial;
	err = keep_outcomes(b, run, trial);
	err = err ? err
	          : campaign_find_faults(run, stand, trial, in->config.steps, &b->arena);
	err = err ? err : keep_learnt(b, run);
	if (!err && b->n_kept < KEPT_MAX && (first || has_failed(run))) {
		run->trial = trial;
		b->n_kept++;
	} else {
		trial_free(trial);
		b->trials[index] = NULL;
	}
	return err;
}

/* --- The table --- */

static void count(struct campaign *c, const struct campaign_row *row)
{
	*(row->verdict == VERDICT_PASS   ? &c->passed
	  : row->verdict == VERDICT_FAIL ? &c->failed
	                                 : &c->not_reached) += 1;
}

/* Of several passes the one that was nearest to failing. */
static bool is_tighter(const struct outcome *a, const struct outcome *b)
{
	return b && !(a->margin >= b->margin) && !isnan(a->margin);
}

/* An invariant: broken once is broken, held once is held. */
static struct campaign_row summarise(const struct campaign *c, size_t i)
{
	struct campaign_row row = {
		.requirement = &c->script->scenarios[0].requirements[i]};

	for (size_t k = 0; k < c->n_runs; k++) {
		const struct campaign_run *run = &c->runs[k];
		const struct outcome *o = &run->outcomes[i];
		bool fails = o->verdict == VERDICT_FAIL && row.verdict != VERDICT_FAIL;
		bool passes = o->verdict == VERDICT_PASS && row.verdict != VERDICT_FAIL &&
		              (!row.outcome || is_tighter(o, row.outcome));

		row.passed += o->verdict == VERDICT_PASS;
		row.failed += o->verdict == VERDICT_FAIL;
		if (o->failure == FAILURE_HIDDEN && !row.outcome) {
			row.outcome = o;
		}
		if (fails || passes) {
			row.run = run;
			row.outcome = o;
			row.verdict = o->verdict;
		}
	}
	return row;
}

static int build_rows(struct campaign_build *b)
{
	struct campaign *c = &b->campaign;
	size_t n = c->script->n_invariants + c->n_runs;
	struct campaign_row *rows;

	for (size_t k = 0; k < c->n_runs; k++) {
		n += c->runs[k].scenario->n_requirements;
	}
	rows = arena_array(&b->arena, n, sizeof(*rows));
	if (!rows) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->script->n_invariants; i++) {
		rows[c->n_rows++] = summarise(c, i);
	}
	for (size_t k = 0; k < c->n_runs; k++) {
		const struct campaign_run *run = &c->runs[k];

		if (*run->why) {
			rows[c->n_rows++] = (struct campaign_row){
				.run = run, .verdict = VERDICT_FAIL};
		}
		for (size_t i = c->script->n_invariants;
		     i < run->scenario->n_requirements; i++) {
			rows[c->n_rows++] = (struct campaign_row){
				.requirement = &run->scenario->requirements[i],
				.run = run,
				.outcome = &run->outcomes[i],
				.index = i,
				.verdict = run->outcomes[i].verdict,
			};
		}
	}
	for (size_t i = 0; i < c->n_rows; i++) {
		count(c, &rows[i]);
	}
	c->rows = rows;
	return 0;
}

/* --- All of it --- */

static int plan(struct campaign_build *b)
{
	const struct script *script = b->campaign.script;
	size_t n = 0;

	for (size_t i = 0; i < script->n_scenarios; i++) {
		n += script_runs(&script->scenarios[i]);
	}
	b->runs = arena_array(&b->arena, n, sizeof(*b->runs));
	b->trials = arena_array(&b->arena, n, sizeof(*b->trials));
	if (!b->runs || !b->trials) {
		return -ENOMEM;
	}
	b->campaign.runs = b->runs;
	return 0;
}

static int plan_run(struct campaign_build *b, const struct script_scenario *s, size_t i)
{
	const struct script *script = b->campaign.script;
	struct campaign_run *run = &b->runs[b->campaign.n_runs];
	double *variables = arena_array(&b->arena, script->n_variables,
	                                sizeof(*variables));

	if (!variables) {
		return -ENOMEM;
	}
	for (size_t k = 0; k < script->n_variables; k++) {
		variables[k] = (double)NAN;
	}
	choose(s, i, variables);
	run->scenario = s;
	run->variables = variables;
	run->label = label(&b->arena, script, s, variables);
	return run->label ? 0 : -ENOMEM;
}

static int run_all(struct campaign_build *b)
{
	const struct script *script = b->campaign.script;
	int err = plan(b);

	for (size_t k = 0; k < script->n_scenarios && !err; k++) {
		const struct script_scenario *s = &script->scenarios[k];

		for (size_t i = 0; i < script_runs(s) && !err; i++) {
			err = plan_run(b, s, i);
			err = err ? err : run_one(b, b->campaign.n_runs, i == 0);
			b->campaign.n_runs++;
		}
	}
	return err ? err : build_rows(b);
}

int campaign_run(struct campaign **out, const struct script *script,
                 const struct stand *stand)
{
	struct campaign_build *b = calloc(1, sizeof(*b));
	int err;

	if (!b) {
		return -ENOMEM;
	}
	b->campaign.script = script;
	b->campaign.stand = stand;
	err = run_all(b);
	if (err) {
		campaign_free(&b->campaign);
		return err;
	}
	*out = &b->campaign;
	return 0;
}

void campaign_free(struct campaign *c)
{
	struct campaign_build *b = (struct campaign_build *)c;

	if (!b) {
		return;
	}
	for (size_t i = 0; b->trials && i < c->n_runs; i++) {
		trial_free(b->trials[i]);
	}
	arena_free(&b->arena);
	free(b);
}

/* --- Words --- */

void campaign_quantity(const struct campaign *c, uint32_t quantity,
                       struct stand_quantity *out)
{
	const struct script *s = c->script;

	if (quantity < s->n_variables) {
		*out = (struct stand_quantity){.name = s->variables[quantity],
		                               .unit = ""};
		return;
	}
	c->stand->describe(c->stand->bench.self, s->handles[quantity - s->n_variables],
	                   out);
}

const char *campaign_value(const struct campaign *c, uint32_t quantity, double value,
                           char *buf, size_t n)
{
	struct stand_quantity q;
	const char *state = NULL;
	bool has_unit;

	campaign_quantity(c, quantity, &q);
	has_unit = *q.unit && strcmp(q.unit, "1") != 0;
	if (isnan(value)) {
		return "unknown";
	}
	if (q.state) {
		state = q.state(q.arg, value);
	}
	if (state) {
		snprintf(buf, n, "%s", state);
	} else {
		snprintf(buf, n, "%.5g%s%s", fabs(value) < 1e-12 ? 0 : value,
		         has_unit ? " " : "", has_unit ? q.unit : "");
	}
	return buf;
}

const char *campaign_verdict(enum verdict verdict)
{
	return verdict == VERDICT_PASS   ? "pass"
	       : verdict == VERDICT_FAIL ? "FAIL"
	                                 : "not reached";
}

void campaign_remark(const struct campaign_row *row, char *buf, size_t n)
{
	const struct outcome *o = row->outcome;

	*buf = '\0';
	if (!row->requirement) {
		snprintf(buf, n, "%s", row->run->why);
	} else if (row->verdict == VERDICT_FAIL && o) {
		bool span = row->requirement->rule.kind == REQUIREMENT_WITHIN ||
		            row->requirement->rule.triggered;

		snprintf(buf, n, span ? "%s, begun at %.3f s" : "%s",
		         failure_text(o->failure), (double)o->begin_ns / 1e9);
	} else if (row->verdict == VERDICT_PASS && o && isfinite(o->margin)) {
		snprintf(buf, n, "%.4g to spare at %.3f s", fmax(o->margin, 0),
		         (double)o->margin_ns / 1e9);
	} else if (row->verdict == VERDICT_PASS && o &&
	           row->requirement->rule.triggered) {
		snprintf(buf, n, "%u times", o->met);
	} else if (row->verdict == VERDICT_PASS && o &&
	           row->requirement->rule.kind == REQUIREMENT_WITHIN) {
		snprintf(buf, n, "after %.3f s", (double)(o->at_ns - o->begin_ns) / 1e9);
	} else if (row->verdict == VERDICT_NOT_REACHED && o && o->failure) {
		snprintf(buf, n, "%s", failure_text(o->failure));
	} else if (row->verdict == VERDICT_NOT_REACHED && o && o->begun > 0) {
		snprintf(buf, n, "the run ended before");
	}
}
