/* SPDX-License-Identifier: Apache-2.0 */
/** Where scenarios of the command line start from: a running gateway, a file in which a
 * snapshot was kept, or the history. */
#ifndef GATEWAY_SCENARIO_START_H
#define GATEWAY_SCENARIO_START_H

#include <stdio.h>

#include "gateway/scenario/snapshot.h"

struct start_wish {
	const char *file;  /* a snapshot that was kept; NULL: none */
	int64_t at_us;     /* of the history; INT64_MIN: now, of the gateway */
	const char *names; /* tags that are wanted beside those of components */
	const char *keep;  /* file to keep the snapshot in; NULL: none */
};

/**
 * @param say  where it fails: a sentence for the operator
 * @return 0 or a negative errno; -ECONNREFUSED: no gateway runs; snapshot_fini() either
 *         way
 */
int start_snapshot(struct snapshot *out, const struct config *cfg,
                   const struct start_wish *wish, FILE *say);

#endif
