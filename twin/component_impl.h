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

/** Its parameters found apart from it: twin/fit_job.h.  A large plain value. */
struct fit_job {
	uint32_t component;          /* of the twin */
	struct component_config cfg; /* as it was: the twin's own may change meanwhile */
	struct fit_rows rows;        /* of the component that gathers them */
	bool decided;                /* as its fit was */
	uint32_t turn;
	struct fit *found;
	struct component made; /* in its place; all zero: not yet */
	int err;
};

/** c has its rows.  @return 0 or -ENOMEM: job needs no end */
int component_fit_begin(const struct component *c, struct fit_job *job);
/** Touches nothing that c writes. */
void component_fit_run(struct fit_job *job, const struct patience *patience);
/** c goes on as what was made, unless that is not wanted any more; ends the job. */
void component_fit_adopt(struct component *c, struct fit_job *job);
/** Without it: c goes on gathering. */
void component_fit_end(struct fit_job *job);

/** Of a local model: a step at t_ns. */
void component_pace(struct component *c, int64_t t_ns);

/** Bring x of k back to what is physical. */
void component_limit(const struct component *c, struct kalman *k);

#endif
