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

#include "gateway/fmu/restart.h"
#include "gateway/fmu/runner.h"
#include "gateway/fmu/talk.h"

enum {
	DEATH_MS = 5, /* between two looks at a child that dies */
	DEATH_LOOKS = 20,
	BEHIND_MAX = 10, /* steps; beyond them its time runs slower than the clock's */
};

/* What a unit is doing. */
enum phase {
	PHASE_RESTING, /* the timer starts it */
	PHASE_LOADING,
	PHASE_STARTING,
	PHASE_STEPPING, /* an answer is awaited */
	PHASE_PACING,   /* the timer sends the next step */
	PHASE_DYING,    /* the timer looks whether it is gone */
	PHASE_LOST,     /* its archive cannot be used: never started */
};

/* A descriptor that the loop watches; freed when it is closed. */
struct watch {
	uv_poll_t poll;
	struct member *member; /* NULL: no longer of interest */
};

/* One FMU. */
struct member {
	struct supervisor *of;
	const struct fmu_config *cfg;
	struct fmu *fmu;
	struct runner runner;
	struct watch *watch;
	uv_timer_t timer;
	enum phase phase;
	unsigned looks; /* at a child that dies */
	struct restart restart;
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

static void on_timer(uv_timer_t *timer);

static void wait_ms(struct member *m, enum phase phase, uint64_t ms)
{
	m->phase = phase;
	uv_timer_start(&m->timer, on_timer, ms, 0);
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void unwatch(struct member *m)
{
	if (m->watch) {
		m->watch->member = NULL;
		uv_poll_stop(&m->watch->poll);
		uv_close((uv_handle_t *)&m->watch->poll, on_watch_closed);
		m->watch = NULL;
	}
}

/* ---- failing ---- */

/* Say why, and start it again when it is time. */
static void fail(struct member *m, const char *why)
{
	const struct supervisor_parts *p = &m->of->parts;
	int64_t wait_ns = restart_after(&m->restart, (int64_t)p->now_ns());
	char text[WIRE_TEXT_MAX + 80];

	p->calls.tell(p->calls.arg, m->cfg->component, NULL);
	snprintf(text, sizeof(text), "%s; started again in %.3g s", why,
	         (double)wait_ns / 1e9);
	p->calls.event(p->calls.arg, m->cfg->component, text);
	m->failed = true;
	wait_ms(m, PHASE_RESTING, (uint64_t)(wait_ns / 1000000));
}

/* The child is not answering any more: wait, without waiting, until it is gone. */
static void lose(struct member *m)
{
	unwatch(m);
	m->looks = 0;
	wait_ms(m, PHASE_DYING, 0);
}

static void give_up(struct member *m, const char *why)
{
	unwatch(m); /* before its descriptor is closed */
	runner_give_up(&m->runner, why);
	lose(m);
}

static void on_dying(struct member *m)
{
	if (runner_is_gone(&m->runner)) {
		fail(m, m->runner.text);
		return;
	}
	if (++m->looks == DEATH_LOOKS && !m->runner.text[0]) {
		runner_give_up(&m->runner, "it closed its socket");
	}
	wait_ms(m, PHASE_DYING, DEATH_MS);
}

/* ---- asking ---- */

static uint64_t deadline_ms(const struct member *m)
{
	int given = m->of->parts.deadline_ms;

	return (uint64_t)(given > 0 ? given : talk_deadline_ms(m->cfg));
}

static void post(struct member *m, enum phase phase, uint64_t ms)
{
	struct wire_message *message = &m->of->message;

	message->head.cpu_s = (uint32_t)(ms / 1000) + 1;
	wait_ms(m, phase, ms); /* the timer is now its deadline */
	if (runner_send(&m->runner, message)) {
		lose(m);
	}
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
	wait_ms(m, PHASE_PACING,
	        due_ns > now_ns ? (uint64_t)(due_ns - now_ns + 500000) / 1000000 : 0);
}

static void on_step(struct member *m)
{
	if (!talk_outputs(m->cfg, &m->of->message, m->next)) {
		give_up(m, "an output is no number");
		return;
	}
	m->k = m->looking ? 0 : m->k + 1;
	if (m->looking) {
		m->t0_ns = (int64_t)m->of->parts.now_ns();
	}
	pace(m);
}

static void on_answer(struct member *m)
{
	struct wire_message *message = &m->of->message;
	bool steps = m->phase == PHASE_STEPPING;
	int err = runner_receive(&m->runner, message, steps ? m->cfg->n_outputs : 0);

	if (err == -EAGAIN) {
		return;
	}
	if (err) {
		lose(m);
		return;
	}
	if (talk_fault(&message->head)) {
		give_up(m, talk_fault(&message->head));
		return;
	}
	if (m->phase == PHASE_LOADING) {
		send_start(m);
	} else if (m->phase == PHASE_STARTING) {
		send_step(m, 0);
	} else if (steps) {
		on_step(m);
	} else {
		give_up(m, "its process answers what was not asked");
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;

	if (watch->member) {
		on_answer(watch->member);
	}
}

/* ---- starting ---- */

static int watch_socket(struct member *m)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch) {
		return -ENOMEM;
	}
	err = uv_poll_init(m->of->parts.loop, &watch->poll, m->runner.fd);
	if (err) {
		free(watch);
		return err;
	}
	watch->member = m;
	watch->poll.data = watch;
	m->watch = watch;
	return uv_poll_start(&watch->poll, UV_READABLE | UV_DISCONNECT, on_readable);
}

static void start(struct member *m)
{
	const char *id = m->of->parts.config->twin.components[m->cfg->component].id;
	char why[120];
	int err = runner_start(&m->runner, m->of->parts.program);

	if (!err) {
		err = watch_socket(m);
	}
	if (err) {
		snprintf(why, sizeof(why), "no process for it: %s", strerror(-err));
		give_up(m, why);
		return;
	}
	fmu_load_request(m->fmu, id, &m->of->message);
	post(m, PHASE_LOADING, TALK_LOAD_MS);
}

static void on_timer(uv_timer_t *timer)
{
	struct member *m = timer->data;
	char why[80];

	switch (m->phase) {
	case PHASE_RESTING:
		start(m);
		return;
	case PHASE_PACING:
		tell(m);
		send_step(m, m->cfg->step_s);
		return;
	case PHASE_DYING:
		on_dying(m);
		return;
	case PHASE_LOADING:
	case PHASE_STARTING:
	case PHASE_STEPPING:
		snprintf(why, sizeof(why), "it did not answer within %.9g s",
		         (m->phase == PHASE_STEPPING ? (double)deadline_ms(m)
		                                     : (double)TALK_LOAD_MS) /
		                 1e3);
		give_up(m, why);
		return;
	case PHASE_LOST:
		return;
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
	struct fmu_error why = {""};

	m->runner.fd = -1;
	uv_timer_init(p->loop, &m->timer);
	m->timer.data = m;
	if (prepare(m, &why)) {
		m->phase = PHASE_LOST;
		p->calls.tell(p->calls.arg, m->cfg->component, NULL);
		p->calls.event(p->calls.arg, m->cfg->component, why.text);
		return;
	}
	wait_ms(m, PHASE_RESTING, 0);
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
		unwatch(&s->members[i]);
		uv_close((uv_handle_t *)&s->members[i].timer, NULL);
		runner_kill(&s->members[i].runner);
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
		(void)rmdir(s->parts.folder);
	}
	free(s->members);
	free(s);
}
