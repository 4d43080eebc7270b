/* SPDX-License-Identifier: Apache-2.0 */
/** Between the files script*.c.  Nobody else's. */
#ifndef GATEWAY_COMMISSION_SCRIPT_IMPL_H
#define GATEWAY_COMMISSION_SCRIPT_IMPL_H

#include "gateway/commission/script.h"
#include "gateway/config/schema.h"

extern const struct schema_object script_root;

/** A script with what it is made of; what script_free() gets is its first member. */
struct script_build {
	struct script script;
	struct arena arena;
	struct complaints *said;
	struct schema_view root;

	/* While it is bound: */
	const struct stand *stand;
	uint32_t *handles; /* quantities by order of first use */
	size_t n_handles, room;
	const char **variables;
	size_t n_variables;
	struct script_requirement *requirements; /* of the scenario at hand */
	size_t n_requirements, room_requirements;
	bool full; /* memory ran out */
};

/** Names for the parser of formulas: variables, then the stand's quantities. */
struct name_space script_names(struct script_build *b);

/** Quantities of formulas may be variables only. */
struct name_space script_variables(struct script_build *b);

/** Text of a node as a requirement or a formula; complains at the very character. */
bool script_requirement_of(struct script_build *b, const struct node *node,
                           struct requirement *out);
bool script_formula_of(struct script_build *b, const struct node *node,
                       const struct name_space *names, struct formula *out);

/** A requirement's map to the next place of b->requirements.  @return its index, -1:
 * complained about */
int script_add_requirement(struct script_build *b, const struct schema_view *view,
                           bool invariant, bool from_start);

/** The steps of a scenario. */
void script_build_steps(struct script_build *b, const struct schema_view *scenario,
                        struct script_scenario *out);

/** Index of a variable, or -1. */
int script_variable(const struct script_build *b, const char *name, size_t n);

/** The stand's quantity that text names as a whole, handle in *out; complains. */
bool script_handle(struct script_build *b, const struct node *node, const char *text,
                   uint32_t *out);

#endif
