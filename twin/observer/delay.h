/* SPDX-License-Identifier: Apache-2.0 */
/** A dead time: inputs as they were some time ago.  Changes closer together than
 * 1/DELAY_SLOTS of it are taken as one, at the time of the first. */
#ifndef TWIN_OBSERVER_DELAY_H
#define TWIN_OBSERVER_DELAY_H

#include <stddef.h>
#include <stdint.h>

#include "twin/models/model.h"

enum { DELAY_SLOTS = 128 };

struct delay_slot {
	int64_t t_ns;
	double u[MODEL_INPUTS_MAX];
};

struct delay {
	int64_t dead_ns;
	size_t n_inputs;
	size_t first, n; /* oldest slot, and how many hold something */
	struct delay_slot slots[DELAY_SLOTS + 1]; /* one more: it holds what was before */
};

/** @param dead_s  > 0 */
void delay_init(struct delay *d, double dead_s, size_t n_inputs);

/** Inputs are u from t_ns on; t_ns does not go backwards. */
void delay_push(struct delay *d, int64_t t_ns, const double *u);

/**
 * What acts at t_ns: the inputs of a dead time ago, or the first there ever were.
 *
 * @param[out] u      untouched where nothing was pushed yet
 * @return when they change next, INT64_MAX: not by what is known
 */
int64_t delay_at(const struct delay *d, int64_t t_ns, double *u);

#endif
