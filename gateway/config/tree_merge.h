/* SPDX-License-Identifier: Apache-2.0 */
/** A tree over another one that gives what it leaves out. */
#ifndef GATEWAY_CONFIG_TREE_MERGE_H
#define GATEWAY_CONFIG_TREE_MERGE_H

#include "gateway/config/tree.h"

/** own's pairs, and preset's whose keys own has not; room for one pair more.
 * @return in arena; NULL where memory ran out */
struct node *tree_merge_maps(const struct node *own, const struct node *preset,
                             struct arena *arena);

/** preset's tags, those with an id of own's merged key by key, then the rest of own's
 * (a list; NULL: none).  @return in arena; NULL where memory ran out */
struct node *tree_merge_tags(const struct node *own, const struct node *preset,
                             struct arena *arena);

/** A device with its `tags:` over further ones.  @return in arena; NULL where memory ran
 * out */
struct node *tree_merge_device_tags(const struct node *device, const struct node *tags,
                                    struct place at, struct arena *arena);

#endif
