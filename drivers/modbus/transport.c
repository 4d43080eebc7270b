/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/transport.h"

#include <errno.h>
#include <string.h>

#define MS_NS UINT64_C(1000000)

enum { PROBE_PCT = 4 }; /* of the time, for probes that nobody answers */

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
	t->answered = t->answered == user ? NULL : t->answered;
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

static struct transport_user *user_of(const struct transport *t,
                                      const struct device_stats *stats)
{
	struct transport_user *user = t->users;

	while (user && user->stats != stats) {
		user = user->next;
	}
	return user;
}

void transport_submit(struct transport *t, struct transaction *transaction)
{
	struct transaction **at = &t->queue;

	if (!transaction->user) {
		transaction->user = user_of(t, transaction->stats);
	}

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

/* ---- who is next ---- */

/* Time that a unit had, as fair queueing counts it (Goyal, Vin and Cheng 1996, start-time
 * fair queueing): one that asked for nothing for a while saves nothing up. */
static uint64_t had_ns(const struct transport *t, const struct transaction *transaction)
{
	const struct transport_user *user = transaction->user;

	return user && user->used_ns > t->clock_ns ? user->used_ns : t->clock_ns;
}

/* From when on a queued transaction may be sent. */
static uint64_t allowed_ns(const struct transport *t, const struct transaction *i,
                           uint64_t probes_from_ns)
{
	if (i->probe) {
		return t->probe_ns > probes_from_ns ? t->probe_ns : probes_from_ns;
	}
	return i->rank == RANK_READ && i->user ? i->user->not_before_ns : 0;
}

struct transaction *transport_next(const struct transport *t, uint64_t probes_from_ns,
                                   uint64_t *due_ns)
{
	uint64_t now_ns = t->queue ? t->env.now_ns() : 0;
	struct transaction *best = NULL;

	*due_ns = UINT64_MAX;
	for (struct transaction *i = t->queue; i; i = i->next) {
		uint64_t from_ns = allowed_ns(t, i, probes_from_ns);

		if (from_ns > now_ns) {
			*due_ns = from_ns < *due_ns ? from_ns : *due_ns;
		} else if (!best || (i->rank == RANK_READ && best->rank == RANK_READ &&
		                     had_ns(t, i) < had_ns(t, best))) {
			best = i;
		}
	}
	return best;
}

/* Time that a transaction took, and takes: after a silence a serial line is drained. */
static uint64_t cost_ns(const struct transport *t, const struct transaction *transaction,
                        const struct answer *answer)
{
	bool drained = t->address.serial && !transport_is_answer(answer->reason);

	return answer->received_ns - transaction->sent_ns +
	       (drained ? transaction->turnaround_ms * MS_NS : 0);
}

/* Else an answer may have waited for those of other units. */
static bool one_at_a_time(const struct transport *t)
{
	return t->address.serial || (t->window == 1 && t->connections == 1);
}

static uint32_t count_users(const struct transport *t)
{
	uint32_t n = 0;

	for (const struct transport_user *user = t->users; user; user = user->next) {
		n++;
	}
	return n;
}

static void account(struct transport *t, const struct transaction *transaction,
                    const struct answer *answer)
{
	struct transport_user *user = transaction->user;
	uint64_t spent_ns = cost_ns(t, transaction, answer);

	if (!user) {
		return;
	}
	user->used_ns = had_ns(t, transaction) + spent_ns;
	if (transport_is_answer(answer->reason)) {
		t->answered = user;
		if (one_at_a_time(t) && spent_ns > transaction->timeout_ms * MS_NS / 2) {
			user->not_before_ns = answer->received_ns +
			                      spent_ns * (count_users(t) - 1);
		}
	} else if (transaction->probe && t->answered && t->answered != user) {
		t->answered = NULL;
		t->probe_ns = answer->received_ns +
		              spent_ns * (100 - PROBE_PCT) / PROBE_PCT;
	}
}

void transport_take(struct transport *t, struct transaction *transaction)
{
	unqueue(t, transaction);
	if (transaction->rank == RANK_READ) {
		t->clock_ns = had_ns(t, transaction);
	}
	transaction->sent = true;
	count_out(transaction->stats, t->env.now_ns());
}

void transport_finish(struct transport *t, struct transaction *transaction,
                      const struct answer *answer)
{
	struct device_stats *stats = transaction->stats;

	if (transaction->sent && answer->sent) {
		account(t, transaction, answer);
	}
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
		transport_finish(t, i, &answer);
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
