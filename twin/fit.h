/* SPDX-License-Identifier: Apache-2.0 */
/** Parameters that a component finds on its learning rows, before its observer starts:
 * the rows are kept, the parameters identified, and the rows taken again. */
#ifndef TWIN_FIT_H
#define TWIN_FIT_H

#include "twin/identify/identify.h"
#include "twin/twin.h"

struct fit {
	const struct twin_config *twin;
	double p[MODEL_PARAMETERS_MAX]; /* as configured, then as found */
	bool done;
	size_t n, room;
	int64_t *t_ns;
	double *u; /* n x n_inputs of the model */
	double *y; /* n x n_outputs of the component; NAN where there was no reading */
};

/** @param rows  to be kept.  @return 0 or -ENOMEM */
int fit_new(struct fit **out, const struct component_config *cfg,
            const struct twin_config *twin, size_t rows);
void fit_free(struct fit *f);

/** Keep a row.  @return are there enough now? */
bool fit_row(struct fit *f, const struct component_config *cfg, int64_t t_ns,
             const double *u, const double *y);

/** Find the parameters that cfg->fit names; where that fails they stay as they are. */
void fit_identify(struct fit *f, const struct component_config *cfg);

/** The rows are not needed any more. */
void fit_forget(struct fit *f);

#endif
