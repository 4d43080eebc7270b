/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/worker.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/child/entry.h"
#include "gateway/child/sandbox.h"
#include "gateway/fmu/unit.h"

struct worker {
	int fd;
	struct unit *unit;           /* NULL: not loaded */
	struct wire_load load;       /* lent to the unit */
	struct wire_message message; /* the request, then its answer */
};

static enum wire_status load(struct worker *w)
{
	char *text = w->message.head.text;
	int err;

	if (w->unit) {
		return WIRE_REFUSED;
	}
	w->load = w->message.body.load;
	err = sandbox_enter(w->load.memory_bytes, w->load.folder);
	if (err) {
		snprintf(text, WIRE_TEXT_MAX, "no sandbox: %s", strerror(-err));
		return WIRE_REFUSED;
	}
	return unit_load(&w->unit, &w->load, text);
}

static enum wire_status step(struct worker *w)
{
	struct wire_head *head = &w->message.head;
	struct wire_value *values = w->message.body.values;
	enum wire_status status = unit_set(w->unit, values, head->n_set), got;

	if (status == WIRE_DONE && head->h > 0) {
		status = unit_step(w->unit, head->t, head->h);
		head->t = unit_reached(w->unit);
	}
	if (status == WIRE_DONE || status == WIRE_TERMINATED) {
		got = unit_get(w->unit, values + head->n_set, head->n_get);
		status = got == WIRE_DONE ? status : got;
	}
	return status;
}

static enum wire_status start(struct worker *w)
{
	const struct wire_head *head = &w->message.head;
	enum wire_status status = unit_set(w->unit, w->message.body.values, head->n_set);

	return status == WIRE_DONE
	               ? unit_start(w->unit, head->t, head->h, head->tolerance)
	               : status;
}

static enum wire_status end(struct worker *w)
{
	unit_free(w->unit);
	w->unit = NULL;
	return WIRE_DONE;
}

static enum wire_status obey(struct worker *w)
{
	enum wire_op op = (enum wire_op)w->message.head.op;

	if (op == WIRE_LOAD) {
		return load(w);
	}
	if (op == WIRE_END) {
		return end(w);
	}
	if (!w->unit) {
		return WIRE_REFUSED;
	}
	switch (op) {
	case WIRE_START:
		return start(w);
	case WIRE_STEP:
		return step(w);
	case WIRE_SAVE:
		return unit_save(w->unit);
	case WIRE_RESTORE:
		return unit_restore(w->unit);
	case WIRE_LOAD:
	case WIRE_END:
		break;
	}
	return WIRE_REFUSED;
}

/* Answer in the message of the request: only what was asked for goes back. */
static bool answer(struct worker *w, enum wire_status status)
{
	struct wire_head *head = &w->message.head;
	size_t n = head->n_get * sizeof(struct wire_value);
	ssize_t sent;

	if (w->unit && !head->text[0]) {
		snprintf(head->text, sizeof(head->text), "%s", unit_text(w->unit));
	}
	if (status == WIRE_DONE && sandbox_is_beyond(w->load.memory_bytes)) {
		status = WIRE_MEMORY;
	}
	memmove(w->message.body.values, w->message.body.values + head->n_set, n);
	head->status = status;
	head->n_set = 0;
	n += offsetof(struct wire_message, body);
	do {
		sent = send(w->fd, &w->message, n, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)n;
}

/* @return false: the gateway is gone, or speaks nonsense */
static bool receive(struct worker *w)
{
	ssize_t n;

	do {
		n = recv(w->fd, &w->message, sizeof(w->message), 0);
	} while (n < 0 && errno == EINTR);
	if (n < (ssize_t)offsetof(struct wire_message, body)) {
		return false;
	}
	w->message.head.text[0] = '\0';
	if (w->message.head.op == WIRE_LOAD) {
		w->message.head.n_set = w->message.head.n_get = 0;
		return n == (ssize_t)wire_size(&w->message.head);
	}
	return w->message.head.n_set <= WIRE_VALUES_MAX &&
	       w->message.head.n_get <= WIRE_VALUES_MAX - w->message.head.n_set &&
	       n == (ssize_t)wire_size(&w->message.head);
}

int worker_run(int fd)
{
	static struct worker w;
	enum wire_op op = WIRE_LOAD;

	w.fd = fd;
	entry_begin(fd);
	while (op != WIRE_END && receive(&w)) {
		op = (enum wire_op)w.message.head.op;
		sandbox_allow_cpu(w.message.head.cpu_s);
		if (!answer(&w, obey(&w))) {
			break;
		}
	}
	return op == WIRE_END ? 0 : 1;
}
