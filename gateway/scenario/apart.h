/* SPDX-License-Identifier: Apache-2.0 */
/** Work that is done in a process of its own, which can compute and speak, and nothing
 * else: no file, no socket, no other process, no way to a device. */
#ifndef GATEWAY_SCENARIO_APART_H
#define GATEWAY_SCENARIO_APART_H

#include <stdio.h>

/**
 * Run it, and pass on what it writes.  Blocks; call it while there is one thread.
 *
 * @param job   writes to first, then to second; its return value, 0 to 255, is passed on
 * @param out   first and second; NULL: not wanted, and job gets NULL
 * @return what job returned; a negative errno: it could not be run, did not end well, or
 *         what it wrote could not be passed on
 */
int apart_run(int (*job)(void *arg, FILE *first, FILE *second), void *arg,
              FILE *const out[2]);

#endif
