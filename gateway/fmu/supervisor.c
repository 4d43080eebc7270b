/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/supervisor.h"

#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/child/keeper.h"
#include "gateway/fmu/call.h"
#include "gateway/fmu/talk.h"

enum {
	BEHIND_MAX = 10, /* steps; beyond them its time runs slower than the clock's */
};

/* What a unit was asked to do. */
enum phase {
	PHASE_LOADING,
	PHASE_STARTING,
	PHASE_STEPPING,
};

/* One FMU. */
struct member {
	struct supervisor *of;
	const struct fmu_config *cfg;
	struct fmu *fmu;
	struct keeper keeper;
	enum phase phase;
	bool lost;                      /* its archive cannot be used: never started */
	bool looking;                   /* the step asked for is none */
	bool failed;                    /* an event said so, and none yet that it runs */
	int64_t t0_ns;                  /* of its time 0 on our clock */
	uint64_t k;                     /* steps done */
	double next[MODEL_OUTPUTS_MAX]; /* at step k, SI */
};

struct supervisor {
	struct supervisor_parts parts;
	struct member *members;
	size_t n;
	struct wire_message message; /* scratch */
	bool closing;
};

static void on_down(void *arg, const char *why)
{
	struct member *m = arg;
	const struct supervisor_parts *p = &m->of->parts;

	p->calls.tell(p->calls.arg, m->cfg->component, NULL);
	p->calls.event(p->calls.arg, m->cfg->component, why);
	m->failed = true;
}

/* ---- asking ---- */

static int deadline_ms(const struct member *m)
{
	int given = m->of->parts.deadline_ms;

	return given > 0 ? given : talk_deadline_ms(m->cfg);
}

static void post(struct member *m, enum phase phase, int ms)
{
	struct wire_message *message = &m->of->message;
	const struct runner_message bytes = {message, wire_size(&message->head),
	                                     sizeof(*message)};

	message->head.cpu_s = (uint32_t)(ms / 1000) + 1;
	m->phase = phase;
	keeper_ask(&m->keeper, &bytes, ms);
}

static void on_up(void *arg)
{
	struct member *m = arg;
	const char *id = m->of->parts.config->twin.components[m->cfg->component].id;

	fmu_load_request(m->fmu, id, &m->of->message);
	post(m, PHASE_LOADING, TALK_LOAD_MS);
}

static void send_start(struct member *m)
{
	talk_start(m->cfg, m->fmu, &m->of->message);
	post(m, PHASE_STARTING, TALK_LOAD_MS);
}

/* The step after step k, or, where h is 0, only a look at the outputs. */
static void send_step(struct member *m, double h)
{
	const struct supervisor_parts *p = &m->of->parts;
	double u[MODEL_INPUTS_MAX];

	m->looking = !(h > 0);
	p->calls.ask(p->calls.arg, m->cfg->component, u);
	talk_step(m->cfg, talk_time(m->cfg, m->fmu, m->k), h, u, &m->of->message);
	post(m, PHASE_STEPPING, deadline_ms(m));
}

/* ---- answers ---- */

static void tell(struct member *m)
{
	const struct supervisor_parts *p = &m->of->parts;

	if (m->failed) {
		m->failed = false;
		p->calls.event(p->calls.arg, m->cfg->component, NULL);
	}
	p->calls.tell(p->calls.arg, m->cfg->component, m->next);
}

static void on_due(void *arg)
{
	struct member *m = arg;

	tell(m);
	send_step(m, m->cfg->step_s);
}

/* Wait for the time of step k, from deadline to deadline. */
static void pace(struct member *m)
{
	int64_t step_ns = llround(m->cfg->step_s * 1e9);
	int64_t due_ns = m->t0_ns + (int64_t)m->k * step_ns;
	int64_t now_ns = (int64_t)m->of->parts.now_ns();

	if (now_ns - due_ns > BEHIND_MAX * step_ns) {
		m->t0_ns += now_ns - due_ns;
		due_ns = now_ns;
	}
	keeper_pace(&m->keeper,
	            due_ns > now_ns ? (uint64_t)(due_ns - now_ns + 500000) / 1000000 : 0);
}

static void on_step(struct member *m)
{
	if (!talk_outputs(m->cfg, &m->of->message, m->next)) {
		keeper_give_up(&m->keeper, "an output is no number");
		return;
	}
	m->k = m->looking ? 0 : m->k + 1;
	if (m->looking) {
		m->t0_ns = (int64_t)m->of->parts.now_ns();
	}
	pace(m);
}

static void on_answer(void *arg)
{
	struct member *m = arg;
	struct wire_message *message = &m->of->message;
	struct runner_message bytes = {message, 0, sizeof(*message)};
	bool steps = m->phase == PHASE_STEPPING;

	if (!keeper_take(&m->keeper, &bytes)) {
		return;
	}
	if (!wire_is_answer(message, bytes.n, steps ? m->cfg->n_outputs : 0)) {
		keeper_give_up(&m->keeper, KEEPER_DISTRUST);
	} else if (talk_fault(&message->head)) {
		keeper_give_up(&m->keeper, talk_fault(&message->head));
	} else if (m->phase == PHASE_LOADING) {
		send_start(m);
	} else if (m->phase == PHASE_STARTING) {
		send_step(m, 0);
	} else {
		on_step(m);
	}
}

/* ---- up and down ---- */

/* The archive again: it may be another since the configuration was read. */
static int prepare(struct member *m, struct fmu_error *why)
{
	char *said = NULL;
	size_t n;
	FILE *f = open_memstream(&said, &n);
	int err = f ? fmu_open(&m->fmu, m->cfg->path, f) : -ENOMEM;

	if (f) {
		fclose(f);
	}
	if (err) {
		snprintf(why->text, sizeof(why->text), "%s", said ? said : "no memory");
		why->text[strcspn(why->text, "\n")] = '\0';
	} else if (!fmu_is_runnable(m->fmu, why)) {
		err = -EINVAL;
	} else {
		err = fmu_unpack(m->fmu, m->of->parts.folder, why);
	}
	free(said);
	return err;
}

static void open_member(struct member *m)
{
	const struct supervisor_parts *p = &m->of->parts;
	const struct keeper_parts parts = {
		.loop = p->loop,
		.now_ns = p->now_ns,
		.wish = {p->program, CALL_COMMAND},
		.calls = {on_up, on_answer, on_due, on_down, m},
	};
	struct fmu_error why = {""};

	if (prepare(m, &why)) {
		m->lost = true;
		p->calls.tell(p->calls.arg, m->cfg->component, NULL);
		p->calls.event(p->calls.arg, m->cfg->component, why.text);
		return;
	}
	keeper_open(&m->keeper, &parts);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path) && errno != ENOENT ? -1 : 0;
}

/* What a run that was killed left there goes. */
static int make_folder(const char *folder)
{
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return mkdir(folder, 0700) && errno != EEXIST ? -errno : 0;
}

int supervisor_open(struct supervisor **out, const struct supervisor_parts *parts)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	size_t n = parts->config->n_fmus;
	int err;

	if (!s) {
		return -ENOMEM;
	}
	s->parts = *parts;
	s->members = calloc(n + 1, sizeof(*s->members));
	err = s->members ? make_folder(parts->folder) : -ENOMEM;
	if (err) {
		supervisor_free(s);
		return err;
	}
	for (; s->n < n; s->n++) {
		s->members[s->n].of = s;
		s->members[s->n].cfg = &parts->config->fmus[s->n];
		open_member(&s->members[s->n]);
	}
	*out = s;
	return 0;
}

void supervisor_close(struct supervisor *s)
{
	if (!s || s->closing) {
		return;
	}
	s->closing = true;
	for (size_t i = 0; i < s->n; i++) {
		if (!s->members[i].lost) {
			keeper_close(&s->members[i].keeper);
		}
	}
}

void supervisor_free(struct supervisor *s)
{
	if (!s) {
		return;
	}
	for (size_t i = 0; s->members && i < s->n; i++) {
		fmu_close(s->members[i].fmu);
	}
	if (s->parts.folder) {
		(void)nftw(s->parts.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	free(s->members);
	free(s);
}
