/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The local socket of a running gateway, state_dir/control.sock: one line in (the name of
 * a question and its arguments), one JSON text out, then it is closed.  For `status`,
 * `read`, `write` and the like.
 */
#ifndef GATEWAY_CONTROL_H
#define GATEWAY_CONTROL_H

#include <stdbool.h>
#include <uv.h>

enum {
	CONTROL_CLIENTS_MAX = 16, /* more are turned away at once */
	CONTROL_REQUEST_MAX = 4096,
	CONTROL_IDLE_MS = 5000, /* a client that neither asks nor reads is cut */
};

/** Answer a request line.  @return JSON text from malloc(), owned by the caller; NULL: no
 * such question, or the answer comes later, see control_defer() */
typedef char *(*control_answer_cb)(void *arg, const char *request);

struct control;

/** Path of the socket of the gateway with this state directory; free(); or NULL. */
char *control_path(const char *state_dir);

/** Listen, readable and writable for the group.  A socket left by a process that died is
 * replaced.  @return 0, -ENAMETOOLONG (107 bytes at most), -ENOMEM, -EACCES, ... */
int control_open(struct control **out, uv_loop_t *loop, const char *path,
                 control_answer_cb answer, void *arg);

/** Who waits for an answer that comes later.  A plain value. */
struct control_ticket {
	size_t place;
	uint64_t number;
};

/** Within the answer callback, which then returns NULL: the answer comes by
 * control_reply(), perhaps before it returns. */
struct control_ticket control_defer(struct control *c);

/** Answer at last.  @param text  JSON from malloc(), owned by the callee; NULL: out of
 * memory.  Where the client is gone nothing happens. */
void control_reply(struct control *c, struct control_ticket ticket, char *text);

/** Stop listening and cut clients; memory goes with their close callbacks. */
void control_close(struct control *c);

/**
 * Ask a running gateway; blocks: for the command line only.
 * @param patience_ms  for an answer to begin; 0: CONTROL_IDLE_MS
 * @param[out] answer  NUL-terminated, free()
 * @return 0, -ENOENT or -ECONNREFUSED: none is running, -EACCES, -ETIMEDOUT, -ENOMEM
 */
int control_ask_for(const char *path, const char *request, unsigned int patience_ms,
                    char **answer);

/** The same with the usual patience. */
int control_ask(const char *path, const char *request, char **answer);

#endif
