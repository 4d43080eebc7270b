/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/child/keeper.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEATH_MS = 5, /* between two looks at a child that dies */
	DEATH_LOOKS = 20,
};

/* A descriptor that the loop watches; freed when it is closed. */
struct keeper_watch {
	uv_poll_t poll;
	struct keeper *keeper; /* NULL: no longer of interest */
};

static void on_timer(uv_timer_t *timer);

static void wait_ms(struct keeper *k, enum keeper_phase phase, uint64_t ms)
{
	k->phase = phase;
	uv_timer_start(&k->timer, on_timer, ms, 0);
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void unwatch(struct keeper *k)
{
	if (k->watch) {
		k->watch->keeper = NULL;
		uv_poll_stop(&k->watch->poll);
		uv_close((uv_handle_t *)&k->watch->poll, on_watch_closed);
		k->watch = NULL;
	}
}

/* ---- failing ---- */

/* Say why, and start it again when it is time. */
static void fail(struct keeper *k)
{
	int64_t wait_ns = restart_after(&k->restart, (int64_t)k->parts.now_ns());
	char text[RUNNER_TEXT_MAX + 80];

	snprintf(text, sizeof(text), "%s; started again in %.3g s", k->runner.text,
	         (double)wait_ns / 1e9);
	wait_ms(k, KEEPER_RESTING, (uint64_t)(wait_ns / 1000000));
	k->parts.calls.down(k->parts.calls.arg, text);
}

/* The child is not answering any more: wait, without waiting, until it is gone. */
static void lose(struct keeper *k)
{
	unwatch(k);
	k->looks = 0;
	wait_ms(k, KEEPER_DYING, 0);
}

void keeper_give_up(struct keeper *k, const char *why)
{
	unwatch(k); /* before its descriptor is closed */
	runner_give_up(&k->runner, why);
	lose(k);
}

static void on_dying(struct keeper *k)
{
	if (runner_is_gone(&k->runner)) {
		fail(k);
		return;
	}
	if (++k->looks == DEATH_LOOKS && !k->runner.text[0]) {
		runner_give_up(&k->runner, "it closed its socket");
	}
	wait_ms(k, KEEPER_DYING, DEATH_MS);
}

/* ---- asking ---- */

void keeper_ask(struct keeper *k, const struct runner_message *request, int ms)
{
	assert(k->phase != KEEPER_RESTING && k->phase != KEEPER_DYING);
	k->deadline_ms = ms;
	wait_ms(k, KEEPER_ASKED, (uint64_t)ms);
	if (runner_send(&k->runner, request)) {
		lose(k);
	}
}

bool keeper_take(struct keeper *k, struct runner_message *answer)
{
	int err = runner_receive(&k->runner, answer);

	if (err && err != -EAGAIN) {
		lose(k);
	} else if (!err && k->phase != KEEPER_ASKED) {
		keeper_give_up(k, KEEPER_DISTRUST);
		err = -EPROTO;
	}
	return err == 0;
}

void keeper_idle(struct keeper *k)
{
	k->phase = KEEPER_IDLE;
	uv_timer_stop(&k->timer);
}

bool keeper_is_idle(const struct keeper *k)
{
	return k->phase == KEEPER_IDLE;
}

void keeper_pace(struct keeper *k, uint64_t ms)
{
	wait_ms(k, KEEPER_PACING, ms);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct keeper_watch *watch = poll->data;

	if (watch->keeper) {
		watch->keeper->parts.calls.answer(watch->keeper->parts.calls.arg);
	}
}

/* ---- starting ---- */

static int watch_socket(struct keeper *k)
{
	struct keeper_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch) {
		return -ENOMEM;
	}
	err = uv_poll_init(k->parts.loop, &watch->poll, k->runner.fd);
	if (err) {
		free(watch);
		return err;
	}
	watch->keeper = k;
	watch->poll.data = watch;
	k->watch = watch;
	return uv_poll_start(&watch->poll, UV_READABLE | UV_DISCONNECT, on_readable);
}

static void start(struct keeper *k)
{
	char why[120];
	int err = runner_start(&k->runner, &k->parts.wish);

	if (!err) {
		err = watch_socket(k);
	}
	if (err) {
		snprintf(why, sizeof(why), "no process for it: %s", strerror(-err));
		keeper_give_up(k, why);
		return;
	}
	keeper_idle(k);
	k->parts.calls.up(k->parts.calls.arg);
}

static void on_timer(uv_timer_t *timer)
{
	struct keeper *k = timer->data;
	char why[80];

	switch (k->phase) {
	case KEEPER_RESTING:
		start(k);
		return;
	case KEEPER_PACING:
		k->parts.calls.due(k->parts.calls.arg);
		return;
	case KEEPER_DYING:
		on_dying(k);
		return;
	case KEEPER_ASKED:
		snprintf(why, sizeof(why), "it did not answer within %.9g s",
		         (double)k->deadline_ms / 1e3);
		keeper_give_up(k, why);
		return;
	case KEEPER_IDLE:
		return;
	}
}

/* ---- up and down ---- */

void keeper_open(struct keeper *k, const struct keeper_parts *parts)
{
	*k = (struct keeper){.parts = *parts, .runner = {.fd = -1}};
	uv_timer_init(parts->loop, &k->timer);
	k->timer.data = k;
	wait_ms(k, KEEPER_RESTING, 0);
}

void keeper_close(struct keeper *k)
{
	unwatch(k);
	uv_close((uv_handle_t *)&k->timer, NULL);
	runner_kill(&k->runner);
}
