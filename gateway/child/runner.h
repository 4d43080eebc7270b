/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The gateway's end of a child that runs a stranger's code: this program, run again as a
 * hidden command.  Whatever that code does, the child alone suffers it.  The two speak
 * over a socket that keeps messages whole (SOCK_SEQPACKET).
 */
#ifndef GATEWAY_CHILD_RUNNER_H
#define GATEWAY_CHILD_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
	RUNNER_TEXT_MAX = 240,
	RUNNER_FD = 3, /* where the child finds its socket */
};

struct runner {
	pid_t pid;                  /* 0: not running */
	int fd;                     /* its socket, -1: none */
	char text[RUNNER_TEXT_MAX]; /* why it is gone */
};

/** What to run. */
struct runner_wish {
	const char *program; /* NULL: this one */
	const char *command; /* the hidden command, "fmu-worker" */
};

/** A message's bytes; an answer is taken with distrust. */
struct runner_message {
	void *bytes;
	size_t n, room;
};

/**
 * Start the child; it has nothing loaded.
 * @return 0 or a negative errno
 */
int runner_start(struct runner *r, const struct runner_wish *wish);

/** Send a request, without waiting.  @return 0; -EPIPE: the child is gone, or as good as;
 * runner_is_gone() says when and why */
int runner_send(struct runner *r, const struct runner_message *request);

/**
 * Take an answer where one has come, without waiting.
 * @return 0; -EAGAIN: none yet; -EPIPE: as runner_send()
 */
int runner_receive(struct runner *r, struct runner_message *answer);

/** Send m and wait for its answer in m, at most ms; then the child is killed.
 * @return 0; -ETIMEDOUT, -EPIPE: see r->text */
int runner_call(struct runner *r, struct runner_message *m, int ms);

/** What came is no answer to what was asked: end the child, and wait for it. */
void runner_distrust(struct runner *r);

/** Kill the child, without waiting; why becomes r->text, copied. */
void runner_give_up(struct runner *r, const char *why);

/** Has it ended, and does r->text say why?  Then its socket is closed.  Never waits. */
bool runner_is_gone(struct runner *r);

/** End the child now, if it runs, and wait for it. */
void runner_kill(struct runner *r);

#endif
