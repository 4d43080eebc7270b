/* SPDX-License-Identifier: Apache-2.0 */
/** Columns of a recording as a device of the configuration. */
#ifndef GATEWAY_CONFIG_CONFIG_RECORDED_H
#define GATEWAY_CONFIG_CONFIG_RECORDED_H

#include "gateway/config.h"
#include "gateway/config/tree.h"

/**
 * Put into a checked tree: the columns that no device of it has, as the tags of a device
 * of its own; and what replaces the rows to learn.
 * @return 0 or -ENOMEM
 */
int config_recorded_add(struct node *root, struct arena *arena,
                        const struct config_recording *recording);

#endif
