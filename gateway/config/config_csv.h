/* SPDX-License-Identifier: Apache-2.0 */
/** tags_csv: FILE of a device: its rows become tags, under the device's own. */
#ifndef GATEWAY_CONFIG_CONFIG_CSV_H
#define GATEWAY_CONFIG_CONFIG_CSV_H

#include "gateway/config/tree.h"

/**
 * Read what the devices of root name and put it into their `tags:`; a tag of the device
 * with a row's id changes it key by key.
 *
 * @return 0; -EINVAL: a file cannot be read or is no register map (said says so); -ENOMEM
 */
int config_csv_expand(struct node *root, struct arena *arena, struct complaints *said);

#endif
