/* SPDX-License-Identifier: Apache-2.0 */
/** Turn a loop until a foreign descriptor is ready: no sleeps, no counting of turns. */
#ifndef TESTS_LOOP_WAIT_H
#define TESTS_LOOP_WAIT_H

#include <stdbool.h>
#include <uv.h>

/** Turn loop until fd is ready for events (UV_READABLE, UV_WRITABLE), or for most_ms.
 * @return it is ready */
bool loop_wait(uv_loop_t *loop, int fd, int events, unsigned most_ms);

#endif
