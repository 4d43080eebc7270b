/* SPDX-License-Identifier: Apache-2.0 */
/** Between the files plant_*.c: a plant's file under construction.  Nobody else's. */
#ifndef GATEWAY_PLANT_PLANT_BUILD_H
#define GATEWAY_PLANT_PLANT_BUILD_H

#include "gateway/config/schema.h"
#include "gateway/plant/plant_config.h"

extern const struct schema_object plant_root, plant_script_root;

struct plant_build {
	struct arena *arena;
	struct complaints *said;
	struct schema_view root;
	struct plant_setup *setup;
	struct signal_config *signals; /* room for all that may come */
	size_t n_signals, room;
};

/** Signals, parts, sensors, control, actuators.  @return 0 or -ENOMEM; what is wrong goes
 * to said */
int plant_machine_build(struct plant_build *b);

/** The server's units and their maps.  @return 0 or -ENOMEM */
int plant_units_build(struct plant_build *b);

/** The script in view.  @return 0 or -ENOMEM */
int plant_script_build(struct plant_build *b, const struct schema_view *view);

/** The signal that text names, or -1 with a complaint at node.  A number is a constant of
 * its own, where numbers are allowed. */
int64_t plant_signal(struct plant_build *b, const struct node *node, bool number);

/** Items of a list in view, 0 where it is absent. */
size_t plant_count(const struct schema_view *view, const char *name);

#endif
