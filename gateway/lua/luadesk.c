/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/luadesk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/child/keeper.h"
#include "gateway/lua/ask.h"
#include "gateway/lua/caller.h"
#include "gateway/lua/mail.h"

/* One script. */
struct member {
	struct luadesk *of;
	const struct lua_config *cfg;
	struct keeper keeper;
	bool loaded;
	bool failed; /* an event said so, and none yet that it runs */
	struct ask_state state;
};

struct luadesk {
	struct luadesk_parts parts;
	struct member *members;
	size_t n;
	struct mail mail; /* scratch */
	bool closing;
};

static const struct model *model_of(const struct member *m)
{
	return m->of->parts.config->twin.components[m->cfg->component].model;
}

static void on_down(void *arg, const char *why)
{
	struct member *m = arg;
	const struct luadesk_calls *calls = &m->of->parts.calls;

	m->loaded = false;
	m->failed = true;
	calls->answer(calls->arg, m->cfg->component, &m->state.last, NULL);
	calls->event(calls->arg, m->cfg->component, why);
}

/* ---- asking ---- */

static void post(struct member *m, int ms)
{
	struct mail *mail = &m->of->mail;
	const struct runner_message bytes = {mail, mail_request_size(mail),
	                                     sizeof(*mail)};

	mail->head.cpu_s = m->loaded ? CALLER_ASK_CPU_S : CALLER_LOAD_CPU_S;
	keeper_ask(&m->keeper, &bytes, ms);
}

static void on_up(void *arg)
{
	struct member *m = arg;

	m->loaded = false;
	mail_load(&m->of->mail, m->cfg->name, m->cfg->text, m->cfg->n);
	post(m, CALLER_LOAD_MS);
}

static void look(struct member *m)
{
	const struct luadesk_parts *p = &m->of->parts;
	struct local_question q;

	if (!m->loaded || !keeper_is_idle(&m->keeper) ||
	    !p->calls.question(p->calls.arg, m->cfg->component, &q) ||
	    !ask_is_new(&m->state, &q)) {
		return;
	}
	m->of->mail.head = (struct mail_head){.op = MAIL_ASK};
	ask_make(&m->state, p->components[m->cfg->component].parameters, &q,
	         &m->of->mail.body.ask);
	post(m, p->deadline_ms > 0 ? p->deadline_ms : CALLER_ASK_MS);
}

void luadesk_look(struct luadesk *d)
{
	for (size_t i = 0; d && i < d->n; i++) {
		look(&d->members[i]);
	}
}

/* ---- answers ---- */

static void on_loaded(struct member *m)
{
	if (!ask_is_same(model_of(m), &m->of->mail.body.ports)) {
		keeper_give_up(&m->keeper, "it declares something else than before");
		return;
	}
	m->loaded = true;
	m->state.begun = m->state.begun && !m->failed; /* then it is asked again */
}

static void on_computed(struct member *m)
{
	const struct luadesk_calls *calls = &m->of->parts.calls;
	const struct local_answer a = m->of->mail.body.answer;

	if (!ask_is_finite(model_of(m), &a)) {
		keeper_give_up(&m->keeper, "it gives no number");
		return;
	}
	calls->answer(calls->arg, m->cfg->component, &m->state.last, &a);
	if (m->failed) {
		m->failed = false;
		calls->event(calls->arg, m->cfg->component, NULL);
	}
}

static void on_answer(void *arg)
{
	struct member *m = arg;
	struct mail *mail = &m->of->mail;
	struct runner_message bytes = {mail, 0, sizeof(*mail)};
	char why[RUNNER_TEXT_MAX];

	if (!keeper_take(&m->keeper, &bytes)) {
		return;
	}
	keeper_idle(&m->keeper);
	if (!mail_is_answer(mail, bytes.n, m->loaded ? MAIL_ASK : MAIL_LOAD)) {
		keeper_give_up(&m->keeper, KEEPER_DISTRUST);
	} else if (mail->head.status == MAIL_FAILED) {
		mail_fault(mail, m->cfg->name, why, sizeof(why));
		keeper_give_up(&m->keeper, why);
	} else if (m->loaded) {
		on_computed(m);
	} else {
		on_loaded(m);
	}
	look(m); /* rows that came meanwhile */
}

/* ---- up and down ---- */

static void on_due(void *arg)
{
	(void)arg; /* it has no pace of its own */
}

int luadesk_open(struct luadesk **out, const struct luadesk_parts *parts)
{
	struct luadesk *d = calloc(1, sizeof(*d));
	size_t n = parts->config->n_luas;

	if (!d) {
		return -ENOMEM;
	}
	d->parts = *parts;
	d->members = calloc(n + 1, sizeof(*d->members));
	if (!d->members) {
		free(d);
		return -ENOMEM;
	}
	for (; d->n < n; d->n++) {
		struct member *m = &d->members[d->n];
		const struct keeper_parts keeper = {
			.loop = parts->loop,
			.now_ns = parts->now_ns,
			.wish = {parts->program, MAIL_COMMAND},
			.calls = {on_up, on_answer, on_due, on_down, m},
		};

		m->of = d;
		m->cfg = &parts->config->luas[d->n];
		keeper_open(&m->keeper, &keeper);
	}
	*out = d;
	return 0;
}

void luadesk_close(struct luadesk *d)
{
	if (!d || d->closing) {
		return;
	}
	d->closing = true;
	for (size_t i = 0; i < d->n; i++) {
		keeper_close(&d->members[i].keeper);
	}
}

void luadesk_free(struct luadesk *d)
{
	if (d) {
		free(d->members);
		free(d);
	}
}
