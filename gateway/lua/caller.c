/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/caller.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/lua/mail.h"

struct caller {
	struct runner runner;
	struct mail mail;
};

/* Send what stands in c->mail and wait for the answer there. */
static int call(struct caller *c, int ms, struct machine_error *why)
{
	enum mail_op op = (enum mail_op)c->mail.head.op;
	struct runner_message bytes = {&c->mail, mail_request_size(&c->mail),
	                               sizeof(c->mail)};
	int err;

	c->mail.head.cpu_s = op == MAIL_LOAD ? CALLER_LOAD_CPU_S : CALLER_ASK_CPU_S;
	err = runner_call(&c->runner, &bytes, ms);
	if (!err && !mail_is_answer(&c->mail, bytes.n, op)) {
		runner_distrust(&c->runner);
		err = -EPIPE;
	}
	*why = (struct machine_error){.text = ""};
	if (err) {
		snprintf(why->text, sizeof(why->text), "%s", c->runner.text);
		return -EINVAL;
	}
	if (c->mail.head.status == MAIL_FAILED) {
		why->line = c->mail.head.line;
		snprintf(why->text, sizeof(why->text), "%s", c->mail.head.text);
		return -EINVAL;
	}
	return 0;
}

int caller_open(struct caller **out, const struct caller_wish *wish,
                struct luamodel_ports *ports, struct machine_error *why)
{
	const struct runner_wish run = {wish->program, MAIL_COMMAND};
	struct caller *c = calloc(1, sizeof(*c));
	int err = c ? runner_start(&c->runner, &run) : -ENOMEM;

	if (err) {
		snprintf(why->text, sizeof(why->text), "no process for it: %s",
		         strerror(-err));
		why->line = 0;
		free(c);
		return err;
	}
	mail_load(&c->mail, wish->name, wish->text, wish->n);
	err = call(c, CALLER_LOAD_MS, why);
	if (err) {
		caller_close(c);
		return err;
	}
	*ports = c->mail.body.ports;
	*out = c;
	return 0;
}

static int ask(struct caller *c, enum mail_op op, const struct luamodel_ask *ask,
               struct machine_error *why)
{
	c->mail.head = (struct mail_head){.op = op};
	c->mail.body.ask = *ask;
	return call(c, CALLER_ASK_MS, why);
}

int caller_try(struct caller *c, const struct luamodel_ask *question,
               struct machine_error *why)
{
	return ask(c, MAIL_TRY, question, why);
}

int caller_answer(struct caller *c, const struct luamodel_ask *question,
                  struct local_answer *a, struct machine_error *why)
{
	int err = ask(c, MAIL_ASK, question, why);

	if (!err) {
		*a = c->mail.body.answer;
	}
	return err;
}

void caller_close(struct caller *c)
{
	if (c) {
		runner_kill(&c->runner);
		free(c);
	}
}
