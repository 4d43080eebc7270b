/* SPDX-License-Identifier: Apache-2.0 */
/** include: [dir/...]: other files' devices, components and sections. */
#ifndef GATEWAY_CONFIG_CONFIG_INCLUDE_H
#define GATEWAY_CONFIG_CONFIG_INCLUDE_H

#include "gateway/config/tree.h"

/** Read what root includes and merge it into root; names are globs relative to root's
 * file.  @return 0; -EINVAL: a file could not be read (said says so); -ENOMEM */
int config_include(struct node *root, struct arena *arena, struct complaints *said);

#endif
