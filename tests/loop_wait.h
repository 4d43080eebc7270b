/* SPDX-License-Identifier: Apache-2.0 */
/** Turning a loop in a test: no sleeps, no counting of turns. */
#ifndef TESTS_LOOP_WAIT_H
#define TESTS_LOOP_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <uv.h>

/** Turn loop once, waiting 1 ms at most for something to do.  UV_RUN_ONCE runs the timers
 * before it waits: where one of them was all that the test waited for, it waits for ever.
 */
static inline void loop_turn(uv_loop_t *loop)
{
	struct pollfd fd = {.fd = uv_backend_fd(loop), .events = POLLIN};

	poll(&fd, 1, uv_backend_timeout(loop) == 0 ? 0 : 1);
	uv_run(loop, UV_RUN_NOWAIT);
}

/** Turn loop until fd is ready for events (UV_READABLE, UV_WRITABLE), or for most_ms.
 * @return it is ready */
bool loop_wait(uv_loop_t *loop, int fd, int events, unsigned most_ms);

#endif
