/* SPDX-License-Identifier: Apache-2.0 */
/** Components whose model is an FMU: its variables become the ports of a model. */
#ifndef GATEWAY_CONFIG_CONFIG_FMU_H
#define GATEWAY_CONFIG_CONFIG_FMU_H

#include "gateway/config/config_model.h"

/**
 * Read the component's file and make a model of it, for the component that is built
 * next.  What is wrong is complained about, and out->model stays NULL.
 *
 * @return 0 or -ENOMEM
 */
int config_fmu_make(struct build *b, const struct schema_view *component,
                    struct made_model *out);

/** A tag's id for a variable: what an id cannot have becomes '_'.
 * @return in the arena; NULL where memory ran out */
const char *config_fmu_tag_name(struct build *b, const char *variable);

#endif
