/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A model that is computed elsewhere, such as an FMU in a process of its own: no states
 * here; its outputs are the last that twin_tell() said.
 */
#ifndef TWIN_MODELS_REMOTE_H
#define TWIN_MODELS_REMOTE_H

#include "twin/models/model.h"

/**
 * A model of its own with those ports.  Its parameters p are the number of outputs, and
 * the outputs.
 *
 * @param ports  name, source, inputs and outputs are taken from it, and borrowed
 */
void remote_make(struct model *out, const struct model *ports);

#endif
