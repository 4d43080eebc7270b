/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/tune.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define ABOUT_AS_SMALL 1.25 /* in the mean square */

enum { STIFFEST = 2 }; /* below a tenth nothing is gained, and a slow walk is an alarm */

double tune_scale(size_t filter)
{
	return pow(10, ((double)filter - TUNE_MIDDLE) / 2);
}

int tune_init(struct tune *t, size_t capacity, size_t sensors)
{
	*t = (struct tune){.sensors = sensors, .capacity = capacity};
	t->sizes = calloc(capacity, sizeof(*t->sizes));
	t->dt_s = calloc(capacity, sizeof(*t->dt_s));
	t->row_nis = calloc(capacity * TUNE_FILTERS, sizeof(*t->row_nis));
	t->nu = calloc(capacity * TUNE_FILTERS * sensors, sizeof(*t->nu));
	return t->sizes && t->dt_s && t->row_nis && t->nu ? 0 : -ENOMEM;
}

void tune_fini(struct tune *t)
{
	free(t->sizes);
	free(t->dt_s);
	free(t->row_nis);
	free(t->nu);
	*t = (struct tune){0};
}

void tune_start(struct tune *t, const struct kalman *k)
{
	for (size_t i = 0; i < TUNE_FILTERS; i++) {
		t->filter[i] = *k;
	}
}

int tune_predict(struct tune *t, const struct observer *o, const double *u, double dt_s)
{
	double qc[MODEL_STATES_MAX];
	struct observer scaled = *o;
	int err = 0;

	scaled.qc = qc;
	for (size_t i = 0; i < TUNE_FILTERS && !err; i++) {
		for (size_t j = 0; j < o->model->n_states; j++) {
			bool known = j >= o->model->n_states - o->estimated;

			qc[j] = o->qc[j] * (known ? 1 : tune_scale(i));
		}
		err = observer_predict(&scaled, &t->filter[i], u, dt_s);
	}
	return err;
}

bool tune_row(struct tune *t, double dt_s)
{
	size_t values = TUNE_FILTERS * t->sensors;

	if (t->rows == t->capacity) {
		return false;
	}
	for (size_t i = 0; i < values; i++) {
		t->nu[t->rows * values + i] = NAN;
	}
	t->dt_s[t->rows++] = (float)dt_s;
	return true;
}

void tune_record(struct tune *t, size_t i, const struct kalman_rows *rows,
                 const uint8_t *sensors, const struct innovation *v)
{
	size_t at = (t->rows - 1) * TUNE_FILTERS + i;

	t->row_nis[at] = (float)v->nis;
	for (size_t r = 0; r < rows->n; r++) {
		t->nu[at * t->sensors + sensors[r]] = (float)rows->nu[r];
		t->nu2_r[i] += rows->nu[r] * rows->nu[r] / rows->R[r];
	}
	t->nis[i] += v->nis;
	if (i == 0) {
		t->sizes[t->rows - 1] = (uint8_t)rows->n;
		t->counted += rows->n;
	}
}

/* The stiffest filter whose innovations are at most so much larger than the smallest. */
static size_t stiffest(const struct tune *t, double factor)
{
	double least = INFINITY;

	for (size_t i = STIFFEST; i < TUNE_FILTERS; i++) {
		least = fmin(least, t->nu2_r[i]);
	}
	for (size_t i = STIFFEST; i < TUNE_FILTERS; i++) {
		if (t->nu2_r[i] <= factor * least) {
			return i;
		}
	}
	return TUNE_MIDDLE; /* no numbers */
}

struct tune_result tune_choose(const struct tune *t, bool r_known)
{
	size_t i = stiffest(t, ABOUT_AS_SMALL);
	double mean = t->counted ? t->nis[i] / (double)t->counted : 1;
	struct tune_result best = {.filter = i};

	best.scale_r = r_known || !(mean > 0 && isfinite(mean)) ? 1 : mean;
	best.scale_qc = tune_scale(i) * best.scale_r;
	best.scale_qc_lost = tune_scale(stiffest(t, 1)) * best.scale_r;
	return best;
}
