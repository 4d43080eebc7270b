/* SPDX-License-Identifier: Apache-2.0 */
/**
 * This program run once more with other arguments, for what takes its time or is better
 * not done here: with the least priority, its input given, what it says kept up to a
 * bound.  Loop thread; nothing waits.
 */
#ifndef GATEWAY_CHILD_ERRAND_H
#define GATEWAY_CHILD_ERRAND_H

#include <stdbool.h>
#include <uv.h>

enum { ERRAND_COMPLAINTS_MAX = 4096 };

/** How it ended; borrowed for the call. */
struct errand_end {
	int err;        /* it could not be begun, a libuv error; 0: it was */
	bool late;      /* and was killed at its limit */
	bool too_much;  /* its output was longer than may be: cut */
	int64_t status; /* exit code */
	int signal;     /* 0: none */
	const char *output, *complaints; /* stdout and the begin of stderr, terminated */
	size_t n;                        /* bytes of output */
};

/** Borrowed for errand_begin(). */
struct errand_wish {
	uv_loop_t *loop;
	char *const *argv;  /* argv[0] is what it is called; ends with NULL */
	const char *input;  /* on stdin; NULL: none */
	const char *tmpdir; /* TMPDIR of its environment; NULL: as here */
	unsigned limit_s;
	size_t output_max;
	void (*done)(void *arg, const struct errand_end *end); /* then it is gone */
	void *arg;
};

struct errand;

/** @return NULL: no memory; else done() comes, from the loop */
struct errand *errand_begin(const struct errand_wish *wish);

/** End it, without done(); its memory goes with the loop's handles.  NULL is fine. */
void errand_drop(struct errand *e);

#endif
