/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The contract of a part of a plant: dx/dt = f(x, u), y = h(x, u), in SI units, but
 * temperatures in degC.  Kinds are pure: no state of their own.  A kind that conserves
 * something keeps the conserved quantity itself (volume, heat) as its state: Runge-Kutta
 * methods keep linear invariants exactly, so that balances close to rounding.
 * One kind a file; to add one: its file in parts/, and its name in
 * twin/plant/meson.build.
 */
#ifndef TWIN_PLANT_PART_H
#define TWIN_PLANT_PART_H

#include <stddef.h>

enum {
	PART_STATES_MAX = 4,
	PART_INPUTS_MAX = 8,
	PART_OUTPUTS_MAX = 8,
	PART_PARAMETERS_MAX = 12,
};

enum part_flag {
	PART_DIRECT = 1, /* an input that outputs depend on at once, not by a state */
	PART_FAULT = 2,  /* a parameter that is damage: what a script changes */
};

/** A named quantity of a kind of part or of a control block.  All strings static. */
struct part_port {
	const char *name;
	const char *unit;        /* "m3/s", "1" for a ratio */
	const char *description; /* one line, with the symbol in the formula */
	double preset;           /* of a parameter or unbound input; NAN: required */
	double min, max;         /* what makes sense, inclusive */
	unsigned flags;          /* PART_DIRECT, PART_FAULT, or 0 */
};

struct part_kind {
	const char *name;
	const char *source; /* of the equations: author, year, section */
	const struct part_port *parameters;
	size_t n_parameters;
	const struct part_port *inputs;
	size_t n_inputs;
	const struct part_port *outputs;
	size_t n_outputs;
	size_t n_states;

	/** State to start from; NULL: zero. */
	void (*start)(const double *p, const double *u, double *x);
	/** dx/dt in unit/s; NULL where there is no state. */
	void (*rates)(const double *p, const double *x, const double *u, double *dx);
	/** y = h(x, u); of u only what is PART_DIRECT is up to date. */
	void (*outputs_of)(const double *p, const double *x, const double *u, double *y);
};

/** The kind of a name, or NULL. */
const struct part_kind *part_find(const char *name);

/** The i-th kind, NULL beyond the last. */
const struct part_kind *part_at(size_t i);

/** Index of a port by name, or -1. */
int part_port(const struct part_port *ports, size_t n, const char *name);

#endif
