/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A model some of whose parameters are states beside its own (Kopp, Orford 1963), each as
 * x = ln(theta / theta0): a slow walk that is drawn back to the configured theta0,
 * dx = -x/T dt + noise, so that without readings x has the spread of its prior, for ever.
 * They are outputs too, behind those of the model, as theta.
 */
#ifndef TWIN_OBSERVER_AUGMENT_H
#define TWIN_OBSERVER_AUGMENT_H

#include "twin/models/model.h"

/** T, s.  Machines age over weeks, and a reading is worth minutes. */
#define AUGMENT_T_S 86400.0
/** A parameter keeps within so many spreads of theta0. */
#define AUGMENT_SPREADS 3.0

/** The augmented model and its parameters, which say what it is made of. */
struct augmented {
	struct model model;
	size_t n;                               /* parameters that are states */
	double p[3 * MODEL_PARAMETERS_MAX + 2]; /* see augment.c */
};

/**
 * @param base    of model_at(); its states and outputs, and n of each more, must be
 * within the limits of models
 * @param p       its parameters; those that become states are > 0
 * @param spread  by parameter: of the prior, standard deviation of x; 0: a constant
 */
void augment_init(struct augmented *a, const struct model *base, const double *p,
                  const double *spread);

/** base's parameters have changed: theta0 are these. */
void augment_parameters(struct augmented *a, const double *p);

/** base's parameters as they are in state x, MODEL_PARAMETERS_MAX of them. */
void augment_at(const struct augmented *a, const double *x, double *p);

/** Variance of the prior of the i-th parameter that is a state. */
double augment_variance(const struct augmented *a, size_t i);

#endif
