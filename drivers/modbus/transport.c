/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/transport.h"

#include <errno.h>
#include <string.h>

static bool same_place(const struct address *a, const struct address *b)
{
	return a->serial == b->serial && a->port == b->port &&
	       strcmp(a->host, b->host) == 0 && strcmp(a->path, b->path) == 0;
}

static bool same_settings(const struct address *a, const struct address *b)
{
	return a->baud == b->baud && a->parity == b->parity && a->stop == b->stop &&
	       a->rs485 == b->rs485;
}

static int make(struct transport **out, const struct driver_env *env,
                const struct address *address)
{
	const struct transport_kind *kind = address->serial ? &transport_rtu
	                                                    : &transport_tcp;
	int err = kind->new (out, env, address);

	if (!err) {
		(*out)->kind = kind;
		(*out)->env = *env;
		(*out)->address = *address;
		(*out)->next = *env->shared;
		*env->shared = *out;
	}
	return err;
}

static void find_limits(struct transport *t)
{
	t->window = 1;
	t->connections = 1;
	for (const struct transport_user *u = t->users; u; u = u->next) {
		t->window = u->window > t->window ? u->window : t->window;
		t->connections = u->connections > t->connections ? u->connections
		                                                 : t->connections;
	}
	t->window = t->window < TRANSPORT_WINDOW_MAX ? t->window : TRANSPORT_WINDOW_MAX;
	t->connections = t->connections < TRANSPORT_CONNECTIONS_MAX
	                         ? t->connections
	                         : TRANSPORT_CONNECTIONS_MAX;
}

int transport_join(struct transport **out, const struct driver_env *env,
                   const struct address *address, struct transport_user *user,
                   const char **why)
{
	struct transport *t = *env->shared;
	int err;

	while (t && !same_place(&t->address, address)) {
		t = t->next;
	}
	if (t && !same_settings(&t->address, address)) {
		*why = "another device opens the same line with other settings";
		return -EINVAL;
	}
	if (!t) {
		err = make(&t, env, address);
		if (err) {
			*why = "no memory or threads for a connection";
			return err;
		}
	}
	user->next = t->users;
	t->users = user;
	find_limits(t);
	*out = t;
	return 0;
}

static void unlink_transport(struct transport *t)
{
	struct transport *first = *t->env.shared;

	if (first == t) {
		*t->env.shared = t->next;
		return;
	}
	while (first->next != t) {
		first = first->next;
	}
	first->next = t->next;
}

void transport_leave(struct transport *t, struct transport_user *user)
{
	struct transport_user **at = &t->users;

	while (*at != user) {
		at = &(*at)->next;
	}
	*at = user->next;
	find_limits(t);
	if (!t->users) {
		unlink_transport(t);
		t->kind->free(t);
	}
}

/* A request occupies the way to the device from when it is taken until its end is known:
 * on a serial line with the silence before it, and all of it after a timeout. */
static void count_out(struct device_stats *stats, uint64_t now_ns)
{
	if (stats->in_flight++ == 0) {
		stats->busy_since_ns = now_ns;
	}
}

static void count_back(struct device_stats *stats, uint64_t now_ns)
{
	if (--stats->in_flight == 0 && now_ns > stats->busy_since_ns) {
		stats->busy_ns += now_ns - stats->busy_since_ns;
	}
}

void transport_submit(struct transport *t, struct transaction *transaction)
{
	struct transaction **at = &t->queue;

	while (*at && (*at)->rank <= transaction->rank) {
		at = &(*at)->next;
	}
	transaction->next = *at;
	*at = transaction;
	transaction->queued = true;
	transaction->sent = false;
	transaction->number = t->n_submitted++;
	if (t->n_callbacks == 0) {
		t->kind->kick(t);
	}
}

void transport_begin(struct transport *t)
{
	t->n_callbacks++;
}

void transport_end(struct transport *t)
{
	t->n_callbacks--;
	if (t->n_callbacks == 0) {
		t->kind->kick(t);
	}
}

static void unqueue(struct transport *t, struct transaction *transaction)
{
	struct transaction **at = &t->queue;

	while (*at != transaction) {
		at = &(*at)->next;
	}
	*at = transaction->next;
	transaction->queued = false;
}

bool transport_cancel(struct transport *t, struct transaction *transaction)
{
	if (transaction->queued) {
		unqueue(t, transaction);
	} else if (transaction->sent) {
		t->kind->forget(t, transaction);
		transaction->sent = false;
		count_back(transaction->stats, t->env.now_ns());
		return true;
	}
	return false;
}

void transport_take(struct transport *t, struct transaction *transaction)
{
	unqueue(t, transaction);
	transaction->sent = true;
	count_out(transaction->stats, t->env.now_ns());
}

void transport_finish(struct transaction *transaction, const struct answer *answer)
{
	struct device_stats *stats = transaction->stats;

	if (transaction->sent) {
		transaction->sent = false;
		count_back(stats, answer->received_ns);
	}
	if (answer->reason == REASON_NONE || answer->reason == REASON_EXCEPTION) {
		stats->answers++;
		stats->rtt_us = (uint32_t)((answer->received_ns - transaction->sent_ns) /
		                           1000);
	}
	if (answer->reason != REASON_NONE) {
		stats->errors[answer->reason]++;
	}
	transaction->done(transaction, answer);
}

/* Of the queued, one that was there before `number`. */
static struct transaction *queued_before(const struct transport *t, uint64_t number)
{
	struct transaction *i = t->queue;

	while (i && i->number >= number) {
		i = i->next;
	}
	return i;
}

void transport_fail_queue(struct transport *t, enum reason reason, uint64_t now_ns)
{
	const struct answer answer = {.reason = reason, .received_ns = now_ns};
	uint64_t limit =
		t->n_submitted; /* who is told may submit anew: not of this round */
	struct transaction *i;

	while ((i = queued_before(t, limit)) != NULL) {
		transport_cancel(t, i);
		transport_finish(i, &answer);
	}
}

void transport_count_late(struct transport *t, uint8_t unit)
{
	for (const struct transport_user *u = t->users; u; u = u->next) {
		if (u->unit == unit) {
			u->stats->late_answers++;
			return;
		}
	}
}

/* ---- for those who ask ---- */

bool transport_is_answer(enum reason reason)
{
	return reason == REASON_NONE || reason == REASON_EXCEPTION ||
	       reason == REASON_SHORT;
}

int transport_errno(enum reason reason)
{
	switch (reason) {
	case REASON_TIMEOUT:
		return -ETIMEDOUT;
	case REASON_REFUSED:
		return -ECONNREFUSED;
	case REASON_RESET:
		return -ECONNRESET;
	case REASON_NONE:
	case REASON_EXCEPTION:
	case REASON_CRC:
	case REASON_MISMATCH:
	case REASON_SHORT:
	case REASON_NOT_A_NUMBER:
	case REASON_OUT_OF_RANGE:
	case REASON_OVERRUN:
	case REASON_DISABLED:
	case REASON_CONFIG:
	case REASON_COUNT:
		break;
	}
	return -EBADMSG;
}

void transport_prepare(struct transaction *t, const struct device_config *config,
                       struct device_stats *stats)
{
	uint32_t turnaround_ms = config->limits.max_turnaround_ms;

	t->unit = config->unit;
	t->timeout_ms = config->timeout_ms;
	t->pause_ms = config->limits.pause_ms;
	t->first_byte_ms = config->limits.first_byte_ms;
	t->turnaround_ms = turnaround_ms ? turnaround_ms : 2 * config->timeout_ms;
	t->stats = stats;
}
