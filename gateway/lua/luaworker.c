/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/luaworker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/child/entry.h"
#include "gateway/child/sandbox.h"
#include "gateway/lua/mail.h"

/* Far beyond what the script's own limit leaves it: for what goes round that. */
#define MEMORY_BYTES (UINT64_C(256) << 20)

struct worker {
	int fd;
	struct luamodel *script; /* NULL: not loaded */
	struct mail mail;        /* the request, then its answer */
};

static int load(struct worker *w, struct machine_error *why)
{
	struct mail_load *load = &w->mail.body.load;
	int err = w->script ? -EINVAL : sandbox_enter(MEMORY_BYTES, NULL);

	if (err) {
		snprintf(why->text, sizeof(why->text), "no sandbox: %s", strerror(-err));
		return err;
	}
	load->name[sizeof(load->name) - 1] = '\0';
	err = luamodel_open(&w->script, load->name, load->text, load->n, why);
	if (!err) {
		w->mail.body.ports = *luamodel_ports(w->script);
	}
	return err;
}

static int answer(struct worker *w, struct machine_error *why)
{
	struct local_answer a;
	int err = luamodel_answer(w->script, &w->mail.body.ask, &a, why);

	w->mail.body.answer = a;
	return err;
}

static int obey(struct worker *w, struct machine_error *why)
{
	enum mail_op op = (enum mail_op)w->mail.head.op;

	if (op == MAIL_LOAD) {
		return load(w, why);
	}
	if (!w->script) {
		return -EINVAL;
	}
	return op == MAIL_TRY ? luamodel_try(w->script, &w->mail.body.ask, why)
	                      : answer(w, why);
}

static bool reply(struct worker *w)
{
	struct machine_error why = {.text = ""};
	enum mail_op op = (enum mail_op)w->mail.head.op;
	int err = obey(w, &why);
	size_t n = err ? offsetof(struct mail, body) : mail_answer_size(op);
	ssize_t sent;

	if (err == -ENOMEM) {
		snprintf(why.text, sizeof(why.text), "not enough memory");
	}
	w->mail.head = (struct mail_head){
		.op = op, .status = err ? MAIL_FAILED : MAIL_DONE, .line = why.line};
	snprintf(w->mail.head.text, sizeof(w->mail.head.text), "%s", why.text);
	do {
		sent = send(w->fd, &w->mail, n, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n;
}

/* @return false: the gateway is gone, or speaks nonsense */
static bool receive(struct worker *w)
{
	ssize_t n;

	do {
		n = recv(w->fd, &w->mail, sizeof(w->mail), 0);
	} while (n < 0 && errno == EINTR);
	return n >= (ssize_t)offsetof(struct mail, body) &&
	       (size_t)n == mail_request_size(&w->mail);
}

int luaworker_run(int fd)
{
	static struct worker w;

	w.fd = fd;
	entry_begin(fd);
	while (receive(&w)) {
		sandbox_allow_cpu(w.mail.head.cpu_s);
		if (!reply(&w)) {
			break;
		}
	}
	return 0;
}
