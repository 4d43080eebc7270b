/* SPDX-License-Identifier: Apache-2.0 */
/** A component's sensors that have another of the same output beside them: each with a
 * filter that does without it (twin/observer/witness.h). */
#ifndef TWIN_REDUNDANCY_H
#define TWIN_REDUNDANCY_H

#include "twin/component.h"

/** Once cfg and out[].measured are set. */
void redundancy_init(struct component *c);

/** Beside the component's own filter: over dt_s with the inputs that act. */
void redundancy_predict(struct component *c, const struct observer *o, double dt_s);

/** Beside the component's own filter, when it has judged and taken a row. */
void redundancy_step(struct component *c);

#endif
