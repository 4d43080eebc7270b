/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Integration of a model with error control, a step at a time: Kutta 1901, of order 4(3)
 * by the slope at the end, and where the model is stiff over what is asked, the
 * Rosenbrock method Rodas3 of order 3(2), L-stable (Sandu, Verwer, Blom, Spee,
 * Carmichael, Potra 1997). Step control after Hairer, Norsett, Wanner 1993, section II.4.
 */
#ifndef TWIN_OBSERVER_INTEGRATE_H
#define TWIN_OBSERVER_INTEGRATE_H

#include "twin/models/model.h"

/** Steps of one prediction, at most; what would need more is too far away. */
enum { INTEGRATE_STEPS_MAX = 1000 };

/** Error of a step allowed, as a share of the state. */
#define INTEGRATE_TOLERANCE 1e-6

struct integration {
	const struct model *model;
	const double *p, *u; /* parameters, inputs held; borrowed */
	double tolerance;    /* INFINITY: all in one step */
	double end_s;        /* of the whole way */
	double done_s;       /* of it */
	double try_s;        /* length of the next step to be tried */
	unsigned steps;
};

/** All of dt_s >= 0 in one step, if that will do; tolerance INTEGRATE_TOLERANCE. */
void integrate_begin(struct integration *in, const struct model *model, const double *p,
                     const double *u, double dt_s);

/**
 * One step from x, as long as the tolerance allows.
 *
 * @param J     Jacobian of the rates at x, row-major
 * @param[out] h_s  its length
 * @return 0; -ERANGE after INTEGRATE_STEPS_MAX; -EDOM where x is no number any more
 */
int integrate_step(struct integration *in, const double *J, double *x, double *h_s);

/** J at x: the model's own, or by central differences. */
void integrate_jacobian(const struct model *model, const double *p, const double *u,
                        const double *x, double *J);

/** The rest of the way.  Errors likewise. */
int integrate(struct integration *in, double *x);

#endif
