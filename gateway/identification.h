/* SPDX-License-Identifier: Apache-2.0 */
/** Parameters of a component out of its history, and what they are worth: fitted to the
 * first 70 % of the healthy rows, judged on the others. */
#ifndef GATEWAY_IDENTIFICATION_H
#define GATEWAY_IDENTIFICATION_H

#include "gateway/component_history.h"
#include "twin/identify/held_out.h"

struct identification {
	struct component_history history;
	double now[MODEL_PARAMETERS_MAX];  /* those in force: given */
	bool wanted[MODEL_PARAMETERS_MAX]; /* which are to be fitted: given */
	size_t fit_rows;
	struct identify_result result;
	struct held_out before, after; /* of those in force, and of those found */
	bool judged;                   /* there were rows enough for both */
	bool better;                   /* held_out_is_better() */
};

/** Can a component be identified at all: has its model parameters with names?  Those of
 * a script are by gateway/script_identification.h. */
bool identification_is_possible(const struct component_config *c);

/** Those that the configuration says: the model requires them, or they are not as
 * preset; and positive. */
void identification_default(const struct component_config *c, bool *wanted);

/**
 * @param[in,out] out  all zero but what is to be given
 * @return 0; -ENODATA: not enough healthy rows (history says how many); -ENOMEM; -EDOM,
 *         -ERANGE: the model cannot be simulated; -ECANCELED; or an error of the reader
 */
int identification_run(struct identification *out, struct reader *reader,
                       const struct config *cfg,
                       const struct component_history_wish *wish);
void identification_fini(struct identification *i);

/** The second half of it, on the history that was read.
 * @param c  what is identified; its model is that of the history's rows */
int identification_find(struct identification *out, const struct component_config *c,
                        const struct twin_config *twin, const struct patience *patience);

/** Mean ratio of forecast errors, after to before; NAN where none tells. */
double identification_gain(const struct identification *i);

#endif
