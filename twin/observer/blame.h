/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Who is to blame where innovations are not noise any more?  Each parameter, each input
 * and each sensor leaves a mark of its own on the innovations when it is not what the
 * observer takes it for; the marks are followed through the filter and laid against the
 * innovations of about the last 60 rows, or of those since it began: generalised
 * likelihood ratio (Willsky, Jones 1976), with finite differences.
 */
#ifndef TWIN_OBSERVER_BLAME_H
#define TWIN_OBSERVER_BLAME_H

#include <stdbool.h>
#include <stdint.h>

#include "twin/models/model.h"
#include "twin/observer/kalman.h"

enum {
	BLAME_SENSORS_MAX = 2 * MODEL_OUTPUTS_MAX,
	BLAME_CAUSES_MAX = 3,
	BLAME_BANKS = 3, /* since long; shortly before it became loud; when it did */
};

/** A mark against the innovations, both weighted by S^-1: squared, and with them. */
struct blame_sum {
	double mark2, product;
};

/** Marks of what has been other since the bank began. */
struct blame_bank {
	double parameter_at[MODEL_PARAMETERS_MAX][MODEL_STATES_MAX]; /* error of x by */
	double input_at[MODEL_INPUTS_MAX][MODEL_STATES_MAX];         /* one of each */
	double sensor_at[BLAME_SENSORS_MAX]; /* of its innovation, when it drifts */
	struct blame_sum parameter[MODEL_PARAMETERS_MAX];
	struct blame_sum input[MODEL_INPUTS_MAX];
	struct blame_sum sensor[BLAME_SENSORS_MAX];
	double nis, dof; /* of the same rows, and what it would be in health */
};

/** A plain value; zeroed: no rows yet. */
struct blame {
	struct blame_bank banks[BLAME_BANKS]; /* by when it may have begun */
	uint32_t rows;                        /* of the bank that begins anew */
	double mean;                          /* NIS over its degrees, of the last rows */
	bool loud;
	double share[BLAME_SENSORS_MAX]; /* of what NIS exceeds, by sensor */
};

/** A row before its update; all borrowed. */
struct blame_row {
	const struct model *model;
	const double *p, *u;
	size_t n_parameters; /* of p that are parameters of a machine; 0: none */
	uint32_t inputs;     /* bit by port: those that a tag feeds */
	double dt_s;         /* since the row before; of the first it does not count */
	const struct kalman *prior;
	const struct kalman_rows *rows;
	const struct innovation *v;
	const uint8_t *sensor, *port; /* of each row */
};

void blame_step(struct blame *b, const struct blame_row *row);

enum blame_kind { BLAME_PARAMETER, BLAME_INPUT, BLAME_SENSOR };

/** What would explain the innovations. */
struct blame_cause {
	enum blame_kind kind;
	size_t i;        /* parameter, input port or sensor */
	double amount;   /* parameter: larger by that share; input: larger than it is
	                    read, SI; sensor: drifts at that rate, SI/s */
	double evidence; /* log of the likelihood ratio, times 2 */
};

/**
 * The likeliest cause, and those of another kind that explain about as much: what cannot
 * be told apart.  Of parameters that act alike the first of the model is named.
 *
 * @param out  room for BLAME_CAUSES_MAX
 * @return how many; 0: none is clear
 */
size_t blame_causes(const struct blame *b, struct blame_cause *out);

/** Is the sensor off, or does it only share a component with one that is?  Of what NIS
 * exceeds in the last rows, it has at least half of the largest part. */
bool blame_is_off(const struct blame *b, size_t sensor);

#endif
