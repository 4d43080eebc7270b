/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The components of a plant that are FMUs: each in a process of its own (docs/fmu.md),
 * stepped with the plant and waited for, so that the same run gives the same bytes.
 */
#ifndef GATEWAY_PLANT_PLANT_FMUS_H
#define GATEWAY_PLANT_PLANT_FMUS_H

#include <stdio.h>

#include "gateway/plant/plant_config.h"

struct plant_fmus;

/**
 * Unpack and start them below $TMPDIR, and make them the remote parts of setup->plant.
 *
 * @param[out] out    set on success only; close after the plant is freed
 * @param setup       borrowed until plant_fmus_close()
 * @param program     of the children; NULL: this one
 * @param complaints  a line for each that fails, now or later; borrowed as well
 * @return 0, -ENOMEM, or -EIO: one cannot be run
 */
int plant_fmus_open(struct plant_fmus **out, struct plant_setup *setup,
                    const char *program, FILE *complaints);

/** End the children.  NULL-safe. */
void plant_fmus_close(struct plant_fmus *f);

#endif
