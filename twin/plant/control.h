/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The cyclic control program of a plant: function blocks, executed in order once a
 * control cycle.  A block has inputs, one output and a few doubles of state.
 */
#ifndef TWIN_PLANT_CONTROL_H
#define TWIN_PLANT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plant/part.h"

enum {
	BLOCK_STATES_MAX = 2,
	BLOCK_INPUTS_MAX = 4,
	BLOCK_PARAMETERS_MAX = 8,
};

struct block_kind {
	const char *name;
	const char *description;
	const struct model_port *parameters;
	size_t n_parameters;
	const struct model_port *inputs; /* preset NAN: required */
	size_t n_inputs;
	/**
	 * One scan.
	 * @param x      the block's state; all zero before the first scan
	 * @param first  the first scan since the start
	 * @return the output
	 */
	double (*scan)(const double *p, const double *u, double *x, double dt_s,
	               bool first);
};

/** One block as configured. */
struct block_config {
	const struct block_kind *kind;
	double parameters[BLOCK_PARAMETERS_MAX]; /* in the order of kind->parameters */
	uint32_t inputs[BLOCK_INPUTS_MAX];       /* signals */
	uint32_t output;                         /* signal */
};

/** A block at work. */
struct block {
	const struct block_config *config;
	double x[BLOCK_STATES_MAX];
	bool started;
};

/** The kind of a name, or NULL. */
const struct block_kind *block_find(const char *name);

/** The i-th kind, NULL beyond the last. */
const struct block_kind *block_at(size_t i);

/** Run all blocks once, in order, on the table of signals. */
void control_scan(struct block *blocks, size_t n, double *signals, double dt_s);

#endif
