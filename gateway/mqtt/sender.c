/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/sender.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"
#include "gateway/mqtt/live.h"
#include "gateway/mqtt/outbox.h"
#include "gateway/payload.h"

enum {
	HISTORY_WINDOW = 25,        /* of the window: live samples always find room */
	HISTORY_BYTES = 128 * 1024, /* on a slow line live samples wait behind them */
	HISTORY_TURN = 16,          /* one message in so many, however busy live is */
	CHUNK_ROWS = 4096,
	HISTORY_ROWS = 64, /* of a message of backlog at least, where there are so many */
	GROUP_MAX = 2048,  /* rows of one P/D/data */
	RATE_MIN = 1000,   /* rows of backlog a second */
	RATE_FACTOR = 20,  /* of the live rate */
};

#define SECOND_NS  1000000000U
#define BLOCKED_NS (SECOND_NS / 2) /* live samples wait so long before they coalesce */

enum content { NOTHING, NOTICE, LIVE, HISTORY };

struct flight {
	enum content content;
	uint64_t ticket; /* of the notice, batch or chunk */
	size_t n;        /* rows */
	size_t bytes;    /* of the payload */
	uint64_t sent_ns;
};

struct sender {
	const struct config *cfg;
	struct sender_link link;
	struct backlog_source source;
	char base[TOPIC_MAX];
	struct outbox *outbox;
	struct live *live; /* layout tag; NULL: batches go out as they are */
	struct notices *notices;
	struct backlog *backlog;
	bool connected;

	struct flight window[SENDER_WINDOW];
	size_t in_flight, history_in_flight, history_bytes;
	bool draining;          /* no more backlog */
	unsigned since_history; /* messages */
	uint64_t chunk;         /* ticket of what is in backlog */

	uint64_t blocked_ns; /* since when a batch waits for room; 0: none does */
	uint64_t behind_ns;  /* since when the history has more than we know; 0: not */
	uint64_t read_ns;    /* the history is not read before this */
	bool read_failed;
	int error; /* of the link, met in sender_take() */

	double tokens; /* rows of backlog that may go now */
	uint64_t tokens_ns;
	double live_rate; /* rows a second, smoothed */
	uint64_t rate_ns;
	uint64_t rate_rows; /* since rate_ns */

	uint64_t now_ns;
	struct sender_stats stats;
	struct message message;
	const struct sample *group[GROUP_MAX];
	char buf[PAYLOAD_MAX];
};

int sender_new(struct sender **out, const struct config *cfg, const struct cursor *start,
               const struct backlog_source *source, const struct sender_link *link)
{
	struct sender *s = calloc(1, sizeof(*s));
	int err;

	if (!s) {
		return -ENOMEM;
	}
	s->cfg = cfg;
	s->source = *source;
	s->link = *link;
	snprintf(s->base, sizeof(s->base), "%s/%s", cfg->mqtt.prefix, cfg->gateway_id);
	err = outbox_new(&s->outbox, start);
	if (!err && cfg->mqtt.layout == LAYOUT_TAG) {
		err = live_new(&s->live, cfg->tags, cfg->n_tags);
	}
	if (!err) {
		err = notices_new(&s->notices, cfg, s->base, start->events);
	}
	if (!err) {
		err = backlog_new(&s->backlog, cfg, s->base);
	}
	if (err) {
		sender_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void sender_free(struct sender *s)
{
	if (s) {
		outbox_free(s->outbox);
		live_free(s->live);
		notices_free(s->notices);
		backlog_free(s->backlog);
		free(s);
	}
}

const char *sender_base(const struct sender *s)
{
	return s->base;
}

struct notices *sender_notices(struct sender *s)
{
	return s->notices;
}

void sender_connected(struct sender *s)
{
	s->connected = true;
	notices_connected(s->notices);
	if (s->live) {
		live_refresh(s->live); /* the retained states of this broker */
	}
}

void sender_disconnected(struct sender *s)
{
	s->connected = false;
	memset(s->window, 0, sizeof(s->window));
	s->in_flight = s->history_in_flight = s->history_bytes = 0;
	s->blocked_ns = s->behind_ns = 0;
	outbox_disconnected(s->outbox);
	notices_disconnected(s->notices);
	backlog_clear(s->backlog);
	s->error = 0;
	if (s->live) {
		live_halt(s->live);
	}
}

void sender_gap(struct sender *s)
{
	outbox_gap(s->outbox);
}

/* Rows from i on that share one time: they are taken together or not at all. */
static size_t run_end(const struct sender_batch *b, size_t i)
{
	size_t end = i + 1;

	while (end < b->n && b->rows[end].ts_us == b->rows[i].ts_us) {
		end++;
	}
	return end;
}

static bool may_take(struct sender *s, const struct sender_batch *b, size_t end,
                     uint64_t now_ns)
{
	if (live_waiting(s->live) == 0) {
		s->blocked_ns = 0;
	}
	if (b->pressed || (s->blocked_ns && now_ns - s->blocked_ns > BLOCKED_NS)) {
		return true;
	}
	for (size_t i = b->taken; i < end; i++) {
		if (live_waits(s->live, b->rows[i].tag)) {
			s->blocked_ns = s->blocked_ns ? s->blocked_ns : now_ns;
			return false;
		}
	}
	return true;
}

static void take_row(struct sender *s, const struct sample *row, uint64_t ticket)
{
	uint64_t overtaken = live_put(s->live, row, ticket);

	if (overtaken) {
		s->stats.coalesced++;
		outbox_live_lost(s->outbox, overtaken);
	}
}

/* Send s->message.  @return 1, or the link's error */
static int send_message(struct sender *s, enum content content, uint64_t ticket, size_t n)
{
	uint32_t slot = 0;
	int err;

	while (s->window[slot].content != NOTHING) {
		slot++; /* the caller saw that there is room */
	}
	err = s->link.send(s->link.arg, slot, &s->message);
	if (err) {
		return err;
	}
	s->window[slot] = (struct flight){content, ticket, n, s->message.n, s->now_ns};
	s->in_flight++;
	if (content == HISTORY) {
		s->history_in_flight++;
		s->history_bytes += s->message.n;
		s->since_history = 0;
	} else {
		s->since_history++;
	}
	return 1;
}

static int send_notice(struct sender *s)
{
	uint64_t ticket;
	int sent;

	if (!notices_next(s->notices, &s->message, &ticket)) {
		return 0;
	}
	sent = send_message(s, NOTICE, ticket, 0);
	if (sent > 0) {
		notices_sent(s->notices, ticket);
	}
	return sent;
}

/* Form the message of the first n rows of s->group, or of fewer where they do not fit.
 * @return number of rows in it */
static size_t form_live(struct sender *s, size_t n)
{
	const struct config *cfg = s->cfg;
	const struct tag *tag = &cfg->tags[s->group[0]->tag];
	struct payload_form form = {cfg->tags, cfg->mqtt.fields, cfg->mqtt.n_fields};
	struct message *m = &s->message;

	m->payload = s->buf;
	if (cfg->mqtt.layout == LAYOUT_TAG) {
		m->retained = true;
		m->n = payload_state(s->buf, sizeof(s->buf), tag, s->group[0]);
		message_topic(m, s->base, tag->device, tag->name, "state");
		return 1;
	}
	m->retained = false;
	message_topic(m, s->base, tag->device, NULL, "data");
	for (; n > 1; n /= 2) {
		m->n = payload_data(s->buf, sizeof(s->buf), &form, s->group, n);
		if (m->n) {
			return n;
		}
	}
	m->n = payload_data(s->buf, sizeof(s->buf), &form, s->group, 1);
	return 1;
}

/* Layout tag: the newest of each. */
static int send_newest(struct sender *s)
{
	uint64_t ticket;
	size_t n = live_head(s->live, s->group, 1, &ticket);
	int sent;

	if (n == 0) {
		return 0;
	}
	n = form_live(s, n);
	sent = send_message(s, LIVE, ticket, n);
	if (sent > 0) {
		live_pop(s->live, n);
	}
	return sent;
}

/* Layout device: the next rows of a batch that share one time. */
static int send_rows(struct sender *s, struct sender_batch *b)
{
	size_t n = run_end(b, b->taken) - b->taken;
	int sent;

	n = n < GROUP_MAX ? n : GROUP_MAX;
	for (size_t i = 0; i < n; i++) {
		s->group[i] = &b->rows[b->taken + i];
	}
	n = form_live(s, n);
	sent = send_message(s, LIVE, b->ticket, n);
	if (sent > 0) {
		b->taken += n;
	}
	return sent;
}

static double history_rate(const struct sender *s)
{
	double rate = RATE_FACTOR * s->live_rate;

	if (s->cfg->mqtt.replay_rate > 0) {
		return s->cfg->mqtt.replay_rate;
	}
	return rate > RATE_MIN ? rate : RATE_MIN;
}

/* A burst, and no more saved up. */
static double tokens_max(const struct sender *s)
{
	return fmax(history_rate(s) / 4, 1);
}

static void say_read_error(struct sender *s, int err)
{
	if (err && !s->read_failed) {
		log_line(LOG_WARNING, "mqtt: the backlog cannot be read: %s",
		         strerror(-err));
	}
	s->read_failed = err != 0;
}

/* Read the next chunk.  @return true: there are rows to send */
static bool read_chunk(struct sender *s)
{
	struct backlog_query q = {.max = CHUNK_ROWS};
	int64_t upto_us;

	while (s->now_ns >= s->read_ns &&
	       outbox_hole(s->outbox, &q.after_us, &q.before_us)) {
		int n = backlog_fill(s->backlog, &s->source, &q, &upto_us);

		say_read_error(s, n < 0 ? n : 0);
		if (n < 0) {
			s->read_ns = s->now_ns + SECOND_NS;
			return false;
		}
		s->chunk = outbox_chunk(s->outbox, upto_us, (size_t)n);
		if (n > 0) {
			return true;
		}
	}
	backlog_clear(s->backlog); /* a chunk is a megabyte, and most days see none */
	return false;
}

/* As many rows as make a message worth while; with fewer the broker had one a row. */
static double tokens_needed(const struct sender *s)
{
	size_t waiting = backlog_waiting(s->backlog);
	double needed = waiting > 0 && waiting < HISTORY_ROWS ? (double)waiting
	                                                      : HISTORY_ROWS;

	return fmin(needed, tokens_max(s));
}

static int send_history(struct sender *s)
{
	size_t n;
	int sent;

	if (s->draining || s->history_in_flight >= HISTORY_WINDOW ||
	    s->history_bytes >= HISTORY_BYTES || s->tokens < tokens_needed(s)) {
		return 0;
	}
	if (backlog_waiting(s->backlog) == 0 && !read_chunk(s)) {
		return 0;
	}
	n = backlog_head(s->backlog, (size_t)s->tokens, &s->message);
	sent = send_message(s, HISTORY, s->chunk, n);
	if (sent > 0) {
		backlog_pop(s->backlog);
		s->tokens -= (double)n;
	}
	return sent;
}

/* Send one message: notices, then live, then the backlog, which keeps its turn.
 * @param b  layout device: what is live; NULL: nothing
 * @return 1, 0: there is nothing to send, or the link's error */
static int send_next(struct sender *s, struct sender_batch *b)
{
	int sent = send_notice(s);

	if (sent == 0 && s->since_history >= HISTORY_TURN) {
		sent = send_history(s);
	}
	if (sent == 0 && s->live) {
		sent = send_newest(s);
	} else if (sent == 0 && b) {
		sent = send_rows(s, b);
	}
	return sent ? sent : send_history(s);
}

static void earn_tokens(struct sender *s)
{
	double earned = history_rate(s) * (double)(s->now_ns - s->tokens_ns) / SECOND_NS;

	s->tokens = fmin(s->tokens + earned, tokens_max(s));
	s->tokens_ns = s->now_ns;
	if (s->now_ns - s->rate_ns >= SECOND_NS) {
		double seconds = (double)(s->now_ns - s->rate_ns) / SECOND_NS;

		s->live_rate += 0.3 * ((double)s->rate_rows / seconds - s->live_rate);
		s->rate_ns = s->now_ns;
		s->rate_rows = 0;
	}
}

/* The history is the outbox: where it has more than live batches told, however that came,
 * the rest is read from it. */
static void compare_with_history(struct sender *s, int64_t committed_at)
{
	struct cursor c;

	outbox_committed(s->outbox, committed_at);
	outbox_cursor(s->outbox, &c);
	if (!outbox_in_step(s->outbox) || committed_at <= c.acked) {
		s->behind_ns = 0;
	} else if (s->behind_ns == 0) {
		s->behind_ns = s->now_ns;
	} else if (s->now_ns - s->behind_ns > SECOND_NS) {
		outbox_gap(s->outbox);
	}
}

/* Layout device: send a batch; what finds no room waits, or is left to the history. */
static bool take_rows(struct sender *s, struct sender_batch *b)
{
	int sent = 1;

	while (sent > 0 && b->taken < b->n && s->in_flight < SENDER_WINDOW) {
		sent = send_next(s, b);
	}
	s->error = sent < 0 ? sent : 0;
	if (b->taken < b->n && b->pressed) {
		s->stats.coalesced += b->n - b->taken;
		outbox_live_lost(s->outbox, b->ticket);
		b->taken = b->n;
	}
	return b->taken == b->n;
}

/* Layout tag: keep the newest of each tag. */
static bool take_newest(struct sender *s, struct sender_batch *b)
{
	while (b->taken < b->n) {
		size_t end = run_end(b, b->taken);

		if (!may_take(s, b, end, s->now_ns)) {
			return false;
		}
		for (; b->taken < end; b->taken++) {
			take_row(s, &b->rows[b->taken], b->ticket);
		}
	}
	return true;
}

bool sender_take(struct sender *s, struct sender_batch *b, uint64_t now_ns)
{
	if (!s->connected) {
		for (; s->live && b->taken < b->n; b->taken++) {
			live_keep(s->live, &b->rows[b->taken]);
		}
		return true;
	}
	if (b->taken == 0 && b->ticket == 0) {
		if (b->after_gap) {
			outbox_gap(s->outbox);
		}
		b->ticket = outbox_live(s->outbox, b->at_us, b->n);
		s->rate_rows += b->n;
	}
	s->now_ns = now_ns;
	return s->live ? take_newest(s, b) : take_rows(s, b);
}

int sender_run(struct sender *s, uint64_t now_ns, int64_t committed_at)
{
	int sent = s->error < 0 ? s->error : 1;

	s->now_ns = now_ns;
	s->error = 0;
	earn_tokens(s);
	if (!s->connected) {
		return 0;
	}
	compare_with_history(s, committed_at);
	while (sent > 0 && s->in_flight < SENDER_WINDOW) {
		sent = send_next(s, NULL);
	}
	return sent < 0 ? sent : 0;
}

uint64_t sender_due_ns(const struct sender *s)
{
	int64_t after_us, before_us;

	if (!s->connected || s->draining || s->tokens >= tokens_needed(s) ||
	    (backlog_waiting(s->backlog) == 0 &&
	     !outbox_hole(s->outbox, &after_us, &before_us))) {
		return UINT64_MAX;
	}
	return s->now_ns +
	       (uint64_t)((tokens_needed(s) - s->tokens) / history_rate(s) * SECOND_NS);
}

void sender_acked(struct sender *s, uint32_t slot)
{
	struct flight *f = &s->window[slot];

	switch (f->content) {
	case NOTHING:
		return;
	case NOTICE:
		notices_acked(s->notices, f->ticket);
		break;
	case LIVE:
		outbox_live_acked(s->outbox, f->ticket, f->n);
		s->stats.live_rows += f->n;
		break;
	case HISTORY:
		outbox_chunk_acked(s->outbox, f->ticket, f->n);
		s->stats.history_rows += f->n;
		s->history_in_flight--;
		s->history_bytes -= f->bytes;
		break;
	}
	s->stats.messages++;
	s->in_flight--;
	f->content = NOTHING;
}

uint64_t sender_oldest_ns(const struct sender *s)
{
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; i < SENDER_WINDOW; i++) {
		const struct flight *f = &s->window[i];

		if (f->content != NOTHING && f->sent_ns < oldest) {
			oldest = f->sent_ns;
		}
	}
	return oldest;
}

void sender_drain(struct sender *s)
{
	s->draining = true;
}

bool sender_idle(struct sender *s)
{
	uint64_t ticket;

	return s->in_flight == 0 && (!s->live || live_waiting(s->live) == 0) &&
	       !notices_next(s->notices, &s->message, &ticket);
}

void sender_cursor(const struct sender *s, struct cursor *out)
{
	outbox_cursor(s->outbox, out);
	out->events = notices_acked_to(s->notices);
}

void sender_stats(const struct sender *s, struct sender_stats *out)
{
	*out = s->stats;
	out->in_flight = (uint32_t)s->in_flight;
	out->events_dropped = notices_dropped(s->notices);
}
