/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A real mosquitto of the test's own, on a free port of loopback, and mosquitto_sub as a
 * witness of what it delivers.  Both are killed by their process id.
 */
#ifndef TESTS_BROKER_H
#define TESTS_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { BROKER_DEADLINE_MS = 15000 }; /* of everything that is waited for */

struct broker {
	char dir[64]; /* its files; removed by broker_free() */
	int port;
	pid_t pid; /* 0: not running */
};

struct witness {
	const struct broker *broker;
	pid_t pid;
	int fd;
	char *text; /* all lines so far: "RETAINED TOPIC PAYLOAD" */
	size_t n, room;
	size_t session; /* where the lines of the present session begin */
};

/** Are mosquitto and mosquitto_sub installed? */
bool broker_exists(void);

/** A directory and a port, nothing running yet. */
void broker_init(struct broker *b);

/** Run it until it accepts.  @param extra  further lines of mosquitto.conf, or NULL */
void broker_start(struct broker *b, const char *extra);

/** Run another server in its place until it accepts: a shell command in its directory
 * that is to `exec` it; PORT in it is replaced. */
void broker_start_other(struct broker *b, const char *command);

/** kill -9, and wait. */
void broker_kill(struct broker *b);
void broker_signal(const struct broker *b, int signal);
void broker_free(struct broker *b);

/** Write a file into its directory, or run a shell command there; fails the test. */
void broker_file(const struct broker *b, const char *name, const char *text);
void broker_shell(const struct broker *b, const char *command);

/** Subscribe to everything under a durable session, and wait until the broker has it. */
void witness_start(struct witness *w, const struct broker *b);

/** End its process; the broker keeps its session, and w its text. */
void witness_quit(struct witness *w);
void witness_stop(struct witness *w);

/** Wait until the text of the present session holds what (an extended regular expression
 * that may span lines).
 */
void witness_wait(struct witness *w, const char *what);

/** Take what has come, without waiting. */
void witness_read(struct witness *w);

/** Poll until done(arg), at most BROKER_DEADLINE_MS; fails the test. */
void wait_until(const char *what, bool (*done)(void *arg), void *arg);

#endif
