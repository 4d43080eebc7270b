/* SPDX-License-Identifier: Apache-2.0 */
/** Models that a configuration makes itself: of matrices, of formulas. */
#ifndef GATEWAY_CONFIG_CONFIG_MODEL_H
#define GATEWAY_CONFIG_CONFIG_MODEL_H

#include "gateway/config/config_build.h"

/** A model and its parameters, in the arena. */
struct made_model {
	const struct model *model; /* NULL: complained about */
	const double *p;
	size_t n;
	double noise[MODEL_OUTPUTS_MAX]; /* of its sensors, NAN: not said */
};

/**
 * Make the model that a component of that name asks for.
 *
 * @return 0; -ENOENT: no such model is made by a configuration; -ENOMEM
 */
int config_model_make(struct build *b, const struct schema_view *component,
                      const char *name, struct made_model *out);

#endif
