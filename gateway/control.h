/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The local socket of a running gateway, state_dir/control.sock: one line in (the name of
 * a question), one JSON text out, then it is closed.  For `status`, `top`, and the like.
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
 * such question */
typedef char *(*control_answer_cb)(void *arg, const char *request);

struct control;

/** Path of the socket of the gateway with this state directory; free(); or NULL. */
char *control_path(const char *state_dir);

/** Listen, readable and writable for the group.  A socket left by a process that died is
 * replaced.  @return 0, -ENAMETOOLONG (107 bytes at most), -ENOMEM, -EACCES, ... */
int control_open(struct control **out, uv_loop_t *loop, const char *path,
                 control_answer_cb answer, void *arg);

/** Stop listening and cut clients; memory goes with their close callbacks. */
void control_close(struct control *c);

/**
 * Ask a running gateway; blocks, at most some 5 s: for the command line only.
 * @param[out] answer  NUL-terminated, free()
 * @return 0, -ENOENT or -ECONNREFUSED: none is running, -EACCES, -ETIMEDOUT, -ENOMEM
 */
int control_ask(const char *path, const char *request, char **answer);

#endif
