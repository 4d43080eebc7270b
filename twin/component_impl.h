/* SPDX-License-Identifier: Apache-2.0 */
/** What the files behind twin/component.h share.  Nobody else includes it. */
#ifndef TWIN_COMPONENT_IMPL_H
#define TWIN_COMPONENT_IMPL_H

#include "twin/component.h"

#define TIME_NEVER  INT64_MIN
#define TIME_ALWAYS INT64_MAX

enum {
	NOISE_ROWS = 30, /* tell the noise of the sensors, else left out */
	LEFT_OUT_ROWS = NOISE_ROWS + 10, /* until the filters have settled */
};

/** For component_rows(): no output is left out. */
#define COMPONENT_ALL SIZE_MAX

/**
 * The readings that came, but for that of output but, against the prior of k.
 *
 * @param[out] which  by row: the output it is of
 * @return 0 or -EDOM
 */
int component_rows(const struct component *c, const struct kalman *k, size_t but,
                   struct kalman_rows *rows, uint8_t *which);

/** All of component_init() but fit, which finds parameters, or has: c->fit. */
int component_begin(struct component *c, const struct component_config *cfg,
                    const struct twin_config *twin, struct fit *fit);

/** component_step() while c->fit finds parameters: keep the row. */
void component_keep(struct component *c, int64_t t_ns);

/** Bring x of k back to what is physical. */
void component_limit(const struct component *c, struct kalman *k);

#endif
