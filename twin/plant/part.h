/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a plant is made of: models of twin/models with the damage that a script can do to
 * them, and what has no model there because it goes in steps: counters, bottles.  All in
 * SI units.  Kinds are pure: no state of their own.
 * To add a kind that is no model: its file in parts/, and its name in
 * twin/plant/meson.build; to add damage to a model: a line in twin/plant/damage.c.
 */
#ifndef TWIN_PLANT_PART_H
#define TWIN_PLANT_PART_H

#include <stddef.h>

#include "twin/models/model.h"
#include "twin/plant/rng.h"

enum {
	PART_DAMAGES_MAX = 4,
	/* Parameters in force: those of the model, then the damage. */
	PART_NUMBERS_MAX = MODEL_PARAMETERS_MAX + PART_DAMAGES_MAX,
	PART_KEPT_MAX = 512, /* numbers that a part keeps which goes in steps */
};

/** A turn of a part that goes in steps. */
struct part_turn {
	const double *p;      /* parameters, then damage */
	const double *damage; /* the same numbers from there on */
	const double *u;      /* inputs at the beginning of the step */
	double dt_s;
	struct rng *rng; /* its own */
};

struct part_kind {
	const struct model *model;        /* name, ports, equations; borrowed */
	const struct model_port *damages; /* what can go wrong; 0: nothing is */
	size_t n_damages;
	/** Parameters in force: change p, a copy of the configured ones, by damage d;
	 * NULL: they stay. */
	void (*wear)(const double *d, double *p);
	/** The model's rates with the damage, which stands behind the parameters; NULL:
	 * the model's own. */
	void (*rates)(const double *p, const double *x, const double *u, double *dx);
	/** Goes in steps instead of being integrated: x, of n_kept numbers that start at
	 * 0, from the beginning to the end of a step.  outputs_of() of the model then
	 * tells of x alone. */
	void (*act)(const struct part_turn *t, double *x);
	size_t n_kept;
};

/** Fill out with the kind of a name: a model of twin/models, or one of the plant's own.
 * @return 0 or -ENOENT */
int part_find(struct part_kind *out, const char *name);

/** The name of the i-th kind, NULL beyond the last. */
const char *part_name_at(size_t i);

/** Index of a port by name, or -1. */
int part_port(const struct model_port *ports, size_t n, const char *name);

/** The damage of a model of twin/models; n_damages 0: none is known. */
void part_damage(struct part_kind *kind);

#endif
