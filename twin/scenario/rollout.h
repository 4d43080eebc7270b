/* SPDX-License-Identifier: Apache-2.0 */
/** A component run ahead of time, from a copy of where its observer stands: the twin
 * itself is not touched, and there is no way to a device. */
#ifndef TWIN_SCENARIO_ROLLOUT_H
#define TWIN_SCENARIO_ROLLOUT_H

#include "twin/twin.h"

/** A plain value; SI, without uncertainty. */
struct rollout {
	uint32_t component;
	double x[MODEL_STATES_MAX];
};

/** What a measured output will read. */
struct rollout_forecast {
	double value, sigma; /* in the tag's unit; sigma with the sensor's own noise */
};

/** Does the component judge, and know where it stands?  Else nothing can be said. */
bool rollout_is_ready(const struct twin *t, uint32_t component);

/**
 * All outputs at each horizon, with the inputs as they are now, and those still under way
 * in a dead time.  The component is ready.
 *
 * @param horizon_s  n of them, rising, > 0
 * @param[out] out   by horizon, then by output as in component_config
 * @return 0, or as observer_predict()
 */
int rollout_forecast(const struct twin *t, uint32_t component, const double *horizon_s,
                     size_t n, struct rollout_forecast (*out)[COMPONENT_OUTPUTS_MAX]);

/** Where a component stands, for a run elsewhere; SI. */
struct rollout_start {
	size_t n;       /* the model's states, then those that are parameters */
	size_t n_theta; /* of these: logarithms of parameter over the one in p */
	double x[MODEL_STATES_MAX], P[MODEL_STATES_MAX * MODEL_STATES_MAX];
	uint8_t theta[MODEL_STATES_MAX]; /* of those: which parameter, by its state */
	double p[MODEL_PARAMETERS_MAX];  /* in force */
	int64_t t_ns;                    /* when, on the twin's axis */
};

/** Can a run elsewhere start from the component: it is ready, or nothing measures it and
 * it goes along with its inputs. */
bool rollout_can_start(const struct twin *t, uint32_t component);

/** Of one that can. */
void rollout_start(const struct twin *t, uint32_t component, struct rollout_start *out);

/** Begin where a component that is ready stands. */
void rollout_begin(struct rollout *r, const struct twin *t, uint32_t component);

/** On by dt_s with the inputs that the component has now.  @return 0, -ERANGE, -EDOM */
int rollout_step(struct rollout *r, const struct twin *t, double dt_s);

/** What output i, as in component_config, then reads, in its tag's unit. */
double rollout_output(const struct rollout *r, const struct twin *t, size_t i);

#endif
