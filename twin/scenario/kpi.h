/* SPDX-License-Identifier: Apache-2.0 */
/** What a run of a plant is judged by: a formula over its signals, made one number. */
#ifndef TWIN_SCENARIO_KPI_H
#define TWIN_SCENARIO_KPI_H

#include "twin/plant/fault.h"

enum kpi_how {
	KPI_MEAN,
	KPI_MIN,
	KPI_MAX,
	KPI_LAST,
	KPI_INTEGRAL, /* of the formula's value, over seconds */
	KPI_SD,       /* standard deviation over time */
	KPI_SHARE,    /* of the time in which the formula is true */
	KPI_COUNT,    /* how often it becomes true */
};

struct kpi_config {
	const char *id, *unit; /* for who prints it; unit "" where none */
	struct condition of;   /* its value, true where it is not 0 */
	enum kpi_how how;
	double from_s; /* what comes before does not count */
	double scale;  /* of the result: 1/3.6e6 makes kWh of J */
};

/** One of them under way; zero-initialise.  A moment without a value does not count. */
struct kpi {
	double time_s, sum, squares, min, max, last;
	uint64_t count;
	bool any, on;
};

/** The formula's value, NAN where it has none. */
double kpi_formula(const struct condition *of, const double *signals);

/** At t_s, and for dt_s from then on, the signals are these. */
void kpi_take(struct kpi *k, const struct kpi_config *c, const double *signals,
              const double t_dt_s[2]);

/** The number; NAN where nothing counted. */
double kpi_value(const struct kpi *k, const struct kpi_config *c);

/** "mean", "min", ...; NULL beyond the last. */
const char *kpi_how_name(size_t how);

#endif
