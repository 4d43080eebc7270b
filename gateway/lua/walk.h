/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The scripts of a twin at the pace of a recording: as the desk's, but waiting for each
 * answer, so that the same recording gives the same bytes.  Not for the loop thread.
 */
#ifndef GATEWAY_LUA_WALK_H
#define GATEWAY_LUA_WALK_H

#include <stdio.h>

#include "gateway/config.h"

/** All borrowed until walk_free(). */
struct walk_parts {
	const struct config *config;
	struct twin *twin;
	const char *program; /* of the children; NULL: this one */
	FILE *complaints;    /* a line for each script that fails */
};

struct walk;

/** Start them.  One that cannot be started costs its component only.
 * @return 0 or -ENOMEM */
int walk_open(struct walk **out, const struct walk_parts *parts);

/** Before the row of t_ns: have the models looked at as far as that row.  A script that
 * fails is not started again. */
void walk_advance(struct walk *w, int64_t t_ns);

/** NULL-safe. */
void walk_free(struct walk *w);

#endif
