/* SPDX-License-Identifier: Apache-2.0 */
/** Child processes of `pollux demo`.  They die with their parent. */
#ifndef GATEWAY_CLI_CHILD_H
#define GATEWAY_CLI_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
	pid_t pid;  /* 0: not started or gone */
	int out;    /* read end of its stdout, non-blocking; -1: none */
	int status; /* of waitpid(), once it is gone */
};

/**
 * Start a program.
 * @param argv      argv[0] looked up in PATH; NULL at the end
 * @param log_path  where stderr (and stdout, without want_out) goes
 * @return 0 or a negative errno; -ENOENT: no such program
 */
int child_start(struct child *c, const char *const *argv, const char *log_path,
                bool want_out);

/** Has it ended?  Takes its status when so. */
bool child_is_gone(struct child *c);

/** SIGTERM, then after ms SIGKILL.  @return its exit code, or -1 where it was killed */
int child_stop(struct child *c, int ms);

/** A TCP port of 127.0.0.1 that is free now, or a negative errno. */
int child_free_port(void);

/** Does somebody listen there within ms? */
bool child_port_answers(int port, int ms);

#endif
