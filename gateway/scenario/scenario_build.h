/* SPDX-License-Identifier: Apache-2.0 */
/** Between the files scenario_*.c: a file of scenarios under construction.  Nobody
 * else's. */
#ifndef GATEWAY_SCENARIO_SCENARIO_BUILD_H
#define GATEWAY_SCENARIO_SCENARIO_BUILD_H

#include "gateway/plant/plant_build.h"
#include "gateway/scenario/scenario_file.h"

extern const struct schema_object scenario_root;

/** An input of components that the file drives. */
struct scenario_drive {
	uint32_t tag;
	struct plant_wire wire; /* from the signal that drives it, in the tag's unit */
	const struct node *node;
};

struct scenario_build {
	struct plant_build plant; /* its root is the file */
	const struct config *cfg;
	const struct snapshot *snapshot;
	struct scenario_setup *setup;
	struct scenario_part *parts;
	int32_t *part_of;      /* by component; -1: it is not run */
	uint32_t *tag_signals; /* by tag; UINT32_MAX: none */
	struct scenario_drive *drives;
	size_t n_drives;
};

/** The twin's components as parts that are given, their tags as signals.
 * @param[out] given  calls back into b
 * @return 0 or -ENOMEM; what is wrong is complained about */
int scenario_given(struct scenario_build *b, struct plant_given *given);

/** Scenarios, disturbances, figures and what is shown, when the plant is there.
 * @return 0 or -ENOMEM */
int scenario_parts(struct scenario_build *b);

#endif
