/* SPDX-License-Identifier: Apache-2.0 */
/** Between plant.c, plant_build.c, plant_order.c and fault.c.  Nobody else's. */
#ifndef TWIN_PLANT_PLANT_IMPL_H
#define TWIN_PLANT_PLANT_IMPL_H

#include "twin/plant/plant.h"

/* A part at work. */
struct part {
	const struct part_config *config;
	struct model model; /* the kind's, with its damage */
	const double *p;    /* in force: parameters, then damage */
	double *own;        /* the same where they are its own; NULL: as configured */
	double *x;
	struct rng rng;
	double *late; /* inputs of the last steps, n_late rows; NULL: no dead time */
	size_t n_late, next_late;
	bool lost; /* remote, and failed */
};

/* A fault of the script or injected. */
struct planned {
	struct fault fault;
	double begun_s; /* NAN: not yet */
	double before;  /* of FAULT_SET: the signal's own value */
	bool active, over;
};

struct plant {
	const struct plant_config *config;
	struct part *parts; /* in the order of configuration */
	uint32_t *order;    /* of evaluation; a part may come several times */
	size_t n_order;
	struct sensor *sensors;
	struct actuator *actuators;
	struct block *blocks;
	struct plant_program program;
	double *signals;
	uint8_t *written; /* by signal: it has a writer */
	double *numbers;  /* what parts and sensors keep */
	struct planned faults[PLANT_FAULTS_MAX];
	size_t n_faults, n_active;
	uint64_t turns, settled, failures;
};

/* Begin, end and apply faults for the turn that is due. */
void plant_run_script(struct plant *p);

/* Parameters in force of a part from those configured and its damage. */
void plant_wear(struct part *part);

/* All outputs from the states. */
void plant_evaluate(struct plant *p);

/* What a part gets, SI. */
void plant_inputs(const struct plant *p, const struct part *part, double *u);

/* Time of step k of this turn since it was built, settling included, s. */
double plant_step_time(const struct plant *p, uint32_t k);

/**
 * The order of evaluation.
 *
 * @param[out] order  parts, free() it; NULL: none is wanted
 * @param loop  room for n_loop signals of a loop, *n_loop becomes how many there are
 * @return 0, -ENOMEM, -ELOOP
 */
int plant_order(const struct plant_config *c, uint32_t **order, size_t *n_order,
                uint32_t *loop, size_t *n_loop);

/* May the fault be of this plant? */
bool plant_fault_is_valid(const struct plant_config *c, const struct fault *f);

#endif
