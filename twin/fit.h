/* SPDX-License-Identifier: Apache-2.0 */
/** Parameters that a component finds on its learning rows, before its observer starts:
 * the rows are kept, the parameters identified, and the rows taken again. */
#ifndef TWIN_FIT_H
#define TWIN_FIT_H

#include "twin/identify/identify.h"
#include "twin/twin.h"

/** Rows that may come while the parameters are found apart; further ones are lost. */
enum { FIT_LATER_MAX = 1024 };

enum fit_stage {
	FIT_GATHERS, /* rows come */
	FIT_WAITS,   /* there are enough */
	FIT_RUNS,    /* apart, twin/fit_job.h */
	FIT_DONE,
};

struct fit {
	const struct twin_config *twin;
	double p[MODEL_PARAMETERS_MAX]; /* as configured, then as found */
	enum identify_verdict verdict[MODEL_PARAMETERS_MAX];
	enum fit_stage stage;
	bool news;      /* the verdicts are to be told */
	bool decided;   /* p is somebody's word: only to be learnt with */
	uint32_t turn;  /* how often it was */
	size_t learn;   /* rows to find them on */
	size_t n, room; /* rows kept, and those that may be */
	size_t lost;    /* found no room */
	int64_t *t_ns;
	double *u; /* n x n_inputs of the model */
	double *y; /* n x n_outputs of the component; NAN where there was no reading */
};

/** @param rows  to learn from; 0: none are kept.  @return 0 or -ENOMEM */
int fit_new(struct fit **out, const struct component_config *cfg,
            const struct twin_config *twin, size_t rows);
void fit_free(struct fit *f);

/** Keep a row.  @return are there enough now? */
bool fit_row(struct fit *f, const struct component_config *cfg, int64_t t_ns,
             const double *u, const double *y);

/** The first rows of a fit, which stay where they are while others are added; borrowed.
 */
struct fit_rows {
	size_t n;
	const int64_t *t_ns;
	const double *u, *y;
};

/**
 * Find the parameters that cfg->fit names; where that fails they stay as they are.
 * @return 0 or -ECANCELED
 */
int fit_identify(struct fit *f, const struct fit_rows *rows,
                 const struct component_config *cfg, const struct patience *patience);

/** The rows are not needed any more. */
void fit_forget(struct fit *f);

#endif
