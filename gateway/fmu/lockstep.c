/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/lockstep.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/fmu/call.h"
#include "gateway/fmu/talk.h"

/* One FMU. */
struct walker {
	const struct fmu_config *cfg;
	struct fmu *fmu;
	struct runner runner;
	bool begun, lost;
	int64_t t0_ns, t_ns;         /* of its time 0; of the row before */
	uint64_t k;                  /* steps done */
	double y[MODEL_OUTPUTS_MAX]; /* at step k, SI */
};

struct lockstep {
	struct lockstep_parts parts;
	struct walker *walkers;
	size_t n;
	struct wire_message message; /* scratch */
};

static void lose(struct lockstep *l, struct walker *w, const char *why)
{
	const char *id = l->parts.config->twin.components[w->cfg->component].id;

	fprintf(l->parts.complaints, "%s: its FMU failed: %s\n", id, why);
	runner_kill(&w->runner);
	w->lost = true;
	twin_tell(l->parts.twin, w->cfg->component, NULL);
}

/* Ask and wait.  @return false: it is lost */
static bool ask(struct lockstep *l, struct walker *w, int ms)
{
	struct wire_message *m = &l->message;

	m->head.cpu_s = (uint32_t)ms / 1000 + 1;
	if (call_wait(&w->runner, m, ms)) {
		lose(l, w, w->runner.text);
		return false;
	}
	if (talk_fault(&m->head)) {
		lose(l, w, talk_fault(&m->head));
		return false;
	}
	return true;
}

static bool step(struct lockstep *l, struct walker *w, double h)
{
	double u[MODEL_INPUTS_MAX];

	twin_asked(l->parts.twin, w->cfg->component, u);
	talk_step(w->cfg, talk_time(w->cfg, w->fmu, w->k), h, u, &l->message);
	if (!ask(l, w, talk_deadline_ms(w->cfg))) {
		return false;
	}
	if (!talk_outputs(w->cfg, &l->message, w->y)) {
		lose(l, w, "an output is no number");
		return false;
	}
	return true;
}

/* From the archive to its outputs at time 0. */
static bool begin(struct lockstep *l, struct walker *w)
{
	const char *id = l->parts.config->twin.components[w->cfg->component].id;
	const struct runner_wish wish = {l->parts.program, CALL_COMMAND};
	int err = runner_start(&w->runner, &wish);

	if (err) {
		lose(l, w, strerror(-err));
		return false;
	}
	fmu_load_request(w->fmu, id, &l->message);
	if (!ask(l, w, TALK_LOAD_MS)) {
		return false;
	}
	talk_start(w->cfg, w->fmu, &l->message);
	return ask(l, w, TALK_LOAD_MS) && step(l, w, 0);
}

static void advance(struct lockstep *l, struct walker *w, int64_t t_ns)
{
	const struct component_config *c =
		&l->parts.config->twin.components[w->cfg->component];
	int64_t step_ns = llround(w->cfg->step_s * 1e9);

	if (!w->begun) {
		w->begun = true;
		w->t0_ns = w->t_ns = t_ns;
		if (!begin(l, w)) {
			return;
		}
	}
	if ((double)(t_ns - w->t_ns) / 1e9 > c->max_age_s) {
		w->t0_ns += t_ns - w->t_ns;
	}
	while (w->t0_ns + (int64_t)(w->k + 1) * step_ns <= t_ns) {
		if (!step(l, w, w->cfg->step_s)) {
			return;
		}
		w->k++;
	}
	w->t_ns = t_ns > w->t_ns ? t_ns : w->t_ns;
	twin_tell(l->parts.twin, w->cfg->component, w->y);
}

void lockstep_advance(struct lockstep *l, int64_t t_ns)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!l->walkers[i].lost) {
			advance(l, &l->walkers[i], t_ns);
		}
	}
}

static void prepare(struct lockstep *l, struct walker *w)
{
	const char *under = getenv("TMPDIR");
	struct fmu_error why = {""};

	if (fmu_open(&w->fmu, w->cfg->path, l->parts.complaints)) {
		lose(l, w, "it cannot be opened");
	} else if (!fmu_is_runnable(w->fmu, &why) ||
	           fmu_unpack(w->fmu, under && *under ? under : "/tmp", &why)) {
		lose(l, w, why.text);
	}
}

int lockstep_open(struct lockstep **out, const struct lockstep_parts *parts)
{
	struct lockstep *l = calloc(1, sizeof(*l));

	if (!l) {
		return -ENOMEM;
	}
	l->parts = *parts;
	l->walkers = calloc(parts->config->n_fmus + 1, sizeof(*l->walkers));
	if (!l->walkers) {
		free(l);
		return -ENOMEM;
	}
	for (; l->n < parts->config->n_fmus; l->n++) {
		l->walkers[l->n].cfg = &parts->config->fmus[l->n];
		l->walkers[l->n].runner.fd = -1;
		prepare(l, &l->walkers[l->n]);
	}
	*out = l;
	return 0;
}

void lockstep_free(struct lockstep *l)
{
	if (!l) {
		return;
	}
	for (size_t i = 0; i < l->n; i++) {
		runner_kill(&l->walkers[i].runner);
		fmu_close(l->walkers[i].fmu);
	}
	free(l->walkers);
	free(l);
}
