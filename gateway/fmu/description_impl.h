/* SPDX-License-Identifier: Apache-2.0 */
/** What the files behind gateway/fmu/description.h share.  Nobody else includes it. */
#ifndef GATEWAY_FMU_DESCRIPTION_IMPL_H
#define GATEWAY_FMU_DESCRIPTION_IMPL_H

#include "gateway/fmu/description.h"

/* A unit, or a type with its unit. */
struct named {
	const char *name;
	const char *unit;
	enum fmu_type type;
	struct place at, unit_at;
};

/* A variable with what is resolved at the end. */
struct raw {
	struct fmu_variable v;
	const char *declared; /* type; "": none */
	struct place unit_at, declared_at;
	bool spoilt; /* complained about: what follows from it is not */
	bool listed; /* among the outputs of the model structure */
};

/* One dimension of an array. */
struct dimension {
	size_t variable;
	bool refers; /* to the structural parameter of that reference */
	uint32_t size, reference;
	struct place at;
};

/* An output in the model structure: an index from 1 (2.0) or a reference (3.0). */
struct listed {
	uint32_t number;
	struct place at;
};

struct reader {
	struct description *d;
	struct complaints *said;
	int err;
	int stack[XML_DEPTH_MAX + 1]; /* enum node */
	unsigned depth;
	const char *element; /* at hand */
	struct place root;
	bool has_co_simulation, has_structure, has_variables;
	struct named *units, *types;
	size_t n_units, units_room, n_types, types_room;
	struct raw *raw;
	size_t n_raw, raw_room;
	struct dimension *dimensions;
	size_t n_dimensions, dimensions_room;
	struct listed *outputs;
	size_t n_outputs, outputs_room;
};

/** What the elements say together, once all are read; fills in the description's
 * variables.  @return 0 (look at the complaints), or -ENOMEM */
int description_check(struct reader *r);

#endif
