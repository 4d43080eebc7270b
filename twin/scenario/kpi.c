/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/scenario/kpi.h"

#include <math.h>

#include "drivers/reading.h"
#include "twin/models/expression.h"

static const char *const names[] = {
	[KPI_MEAN] = "mean",   [KPI_MIN] = "min",           [KPI_MAX] = "max",
	[KPI_LAST] = "last",   [KPI_INTEGRAL] = "integral", [KPI_SD] = "sd",
	[KPI_SHARE] = "share", [KPI_COUNT] = "count",
};

const char *kpi_how_name(size_t how)
{
	return how < ARRAY_SIZE(names) ? names[how] : NULL;
}

double kpi_formula(const struct condition *of, const double *signals)
{
	double u[CONDITION_SIGNALS_MAX];

	for (size_t i = 0; i < of->n; i++) {
		u[i] = signals[of->signals[i]];
	}
	return expression_eval(of->program, u);
}

void kpi_take(struct kpi *k, const struct kpi_config *c, const double *signals,
              const double t_dt_s[2])
{
	double value, dt_s = t_dt_s[1];
	bool on;

	if (t_dt_s[0] < c->from_s) {
		return;
	}
	value = kpi_formula(&c->of, signals);
	if (isnan(value)) {
		return;
	}
	on = value != 0;
	k->count += on && !k->on;
	k->on = on;
	if (c->how == KPI_SHARE) {
		value = on;
	}
	k->min = k->any ? fmin(k->min, value) : value;
	k->max = k->any ? fmax(k->max, value) : value;
	k->any = true;
	k->last = value;
	k->time_s += dt_s;
	k->sum += value * dt_s;
	k->squares += value * value * dt_s;
}

double kpi_value(const struct kpi *k, const struct kpi_config *c)
{
	double mean = k->sum / k->time_s;

	if (!k->any) {
		return c->how == KPI_COUNT ? 0 : (double)NAN;
	}
	switch (c->how) {
	case KPI_MEAN:
	case KPI_SHARE:
		return c->scale * mean;
	case KPI_MIN:
		return c->scale * k->min;
	case KPI_MAX:
		return c->scale * k->max;
	case KPI_LAST:
		return c->scale * k->last;
	case KPI_INTEGRAL:
		return c->scale * k->sum;
	case KPI_SD:
		return c->scale * sqrt(fmax(k->squares / k->time_s - mean * mean, 0));
	case KPI_COUNT:
		return c->scale * (double)k->count;
	}
	return (double)NAN;
}
