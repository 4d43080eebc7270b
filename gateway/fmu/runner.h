/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The gateway's end of a child that runs an FMU: this program, run again as the hidden
 * command fmu-worker.  Whatever the unit does, the child alone suffers it.
 */
#ifndef GATEWAY_FMU_RUNNER_H
#define GATEWAY_FMU_RUNNER_H

#include <sys/types.h>

#include "gateway/fmu/wire.h"

struct runner {
	pid_t pid;                /* 0: not running */
	int fd;                   /* its socket, -1: none */
	char text[WIRE_TEXT_MAX]; /* why it is gone */
};

/**
 * Start the child; it has nothing loaded.
 *
 * @param program  to run; NULL: this one
 * @return 0 or a negative errno
 */
int runner_start(struct runner *r, const char *program);

/** Send a request, without waiting.  @return 0; -EPIPE: the child is gone, or as good as;
 * runner_is_gone() says when and why */
int runner_send(struct runner *r, const struct wire_message *request);

/**
 * Take an answer where one has come, without waiting, and look at it with distrust.
 *
 * @param n_get  values that were asked for
 * @return 0; -EAGAIN: none yet; -EPIPE: as runner_send()
 */
int runner_receive(struct runner *r, struct wire_message *answer, size_t n_get);

/** Send m and wait for its answer in m, at most ms; then the child is killed.
 * @return 0; -ETIMEDOUT, -EPIPE: see r->text */
int runner_call(struct runner *r, struct wire_message *m, int ms);

/** Kill the child, without waiting; why becomes r->text, copied. */
void runner_give_up(struct runner *r, const char *why);

/** Has it ended, and does r->text say why?  Then its socket is closed.  Never waits. */
bool runner_is_gone(struct runner *r);

/** End the child now, if it runs, and wait for it. */
void runner_kill(struct runner *r);

#endif
