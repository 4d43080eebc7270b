/* SPDX-License-Identifier: Apache-2.0 */
/** Work that is many jobs, on all cores.  For the command line: it blocks. */
#ifndef GATEWAY_SPREAD_H
#define GATEWAY_SPREAD_H

#include <stddef.h>

/**
 * Run each of n jobs once, in no order, on as many threads as there are cores.
 *
 * @param job  called from several threads at once, with its number; non-zero ends it all
 * @param[out] threads  that ran them; NULL: not wanted
 * @return 0, or what a job returned
 */
int spread_run(size_t n, int (*job)(void *arg, size_t i), void *arg, unsigned *threads);

#endif
