/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A child process (gateway/child/runner.h) that the loop keeps: it is asked, answers in
 * time or is killed, and is started again after it failed (gateway/child/restart.h).
 * Nothing here waits.  Loop thread.
 */
#ifndef GATEWAY_CHILD_KEEPER_H
#define GATEWAY_CHILD_KEEPER_H

#include <uv.h>

#include "gateway/child/restart.h"
#include "gateway/child/runner.h"

/** What whoever keeps it is told. */
struct keeper_calls {
	/** It runs, with nothing loaded: to be asked. */
	void (*up)(void *arg);
	/** An answer has come, to be taken with keeper_take(). */
	void (*answer)(void *arg);
	/** The time of keeper_pace() has come. */
	void (*due)(void *arg);
	/** It failed; why is for people.  It is started again by itself. */
	void (*down)(void *arg, const char *why);
	void *arg;
};

/** All borrowed until keeper_close(). */
struct keeper_parts {
	uv_loop_t *loop;
	uint64_t (*now_ns)(void);
	struct runner_wish wish;
	struct keeper_calls calls;
};

enum keeper_phase {
	KEEPER_RESTING, /* the timer starts it */
	KEEPER_IDLE,
	KEEPER_ASKED, /* an answer is awaited; the timer is its deadline */
	KEEPER_PACING,
	KEEPER_DYING, /* the timer looks whether it is gone */
};

struct keeper_watch;

/** Not to be looked into. */
struct keeper {
	struct keeper_parts parts;
	struct runner runner;
	struct keeper_watch *watch;
	uv_timer_t timer;
	enum keeper_phase phase;
	int deadline_ms;
	unsigned looks; /* at a child that dies */
	struct restart restart;
};

/** Keep a child, which is started soon; k stays where it is until the loop has closed its
 * handles. */
void keeper_open(struct keeper *k, const struct keeper_parts *parts);

/** Ask it; an answer must come within ms. */
void keeper_ask(struct keeper *k, const struct runner_message *request, int ms);

/** Take an answer where one has come, which need not be one to the question.
 * @return false: none */
bool keeper_take(struct keeper *k, struct runner_message *answer);

/** It answered, and has nothing to do. */
void keeper_idle(struct keeper *k);
bool keeper_is_idle(const struct keeper *k);

/** It answered, and has nothing to do until calls.due in ms. */
void keeper_pace(struct keeper *k, uint64_t ms);

/** It is of no use any more: calls.down comes when it is gone. */
void keeper_give_up(struct keeper *k, const char *why);

/** What one says of an answer that is none. */
#define KEEPER_DISTRUST "its process answers what was not asked"

/** End the child; the loop closes the handles. */
void keeper_close(struct keeper *k);

#endif
