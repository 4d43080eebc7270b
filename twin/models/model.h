/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The contract of a model of a machine: dx/dt = f(x, u), y = h(x, u), in SI units.
 * Models are pure: no state of their own, no I/O, no allocation.  One model a file; to
 * add one: its file, and its name in twin/meson.build.
 */
#ifndef TWIN_MODELS_MODEL_H
#define TWIN_MODELS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_STATES_MAX = 8,
	MODEL_INPUTS_MAX = 8,
	MODEL_OUTPUTS_MAX = 8,
	MODEL_PARAMETERS_MAX = 16,
};

/** A named quantity of a model.  All strings static. */
struct model_port {
	const char *name;
	const char *unit;        /* SI: "m", "m3/s", "K"; "1": a ratio; "": the tag's */
	const char *description; /* one line, with the symbol in the source's formula */
	double preset;   /* default of a parameter or unbound input; NAN: required */
	double min, max; /* what makes sense, inclusive */
};

struct model {
	const char *name;
	const char *source; /* of the equations: author, year, section */
	const struct model_port *parameters;
	size_t n_parameters;
	const struct model_port *inputs;
	size_t n_inputs;
	const struct model_port *outputs;
	size_t n_outputs;
	size_t n_states;
	/** By output, a bit for each input that it depends on at once, not by a state:
	 * what closes an algebraic loop. */
	uint8_t direct[MODEL_OUTPUTS_MAX];

	/** State to start from, given measured outputs y (NAN where not measured). */
	void (*start)(const double *p, const double *u, const double *y, double *x);
	/** dx/dt in unit/s. */
	void (*rates)(const double *p, const double *x, const double *u, double *dx);
	/** y = h(x, u). */
	void (*outputs_of)(const double *p, const double *x, const double *u, double *y);
	/** Jacobian of rates, row-major n_states x n_states; NULL: by central
	 * differences. */
	void (*jacobian)(const double *p, const double *x, const double *u, double *j);
	/** Process noise density per state, unit^2/s, before it is scaled in learning. */
	void (*noise)(const double *p, double *qc);
	/** Bring x back to what is physical (a level is not negative); NULL: all is. */
	void (*limit)(const double *p, double *x);
	/** Of all inputs, s: who integrates passes u of that long ago; NULL: 0. */
	double (*dead_time)(const double *p);
	/** rates is affine in x and u: the step over held inputs is known exactly. */
	bool linear;
	/** Computed elsewhere: twin_tell() says its outputs (twin/models/remote.h). */
	bool remote;
	/** Computed elsewhere, and known around where it stands (twin/models/local.h). */
	bool local;
};

/** Learnt from its tags alone (twin/drift/var.h): not in the list of model_at(). */
extern const struct model model_var;

const struct model *model_find(const char *name);

/** The i-th model, NULL beyond the last. */
const struct model *model_at(size_t i);

#endif
