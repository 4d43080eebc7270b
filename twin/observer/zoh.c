/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/zoh.h"

#include <math.h>
#include <string.h>

#include "twin/observer/discretise.h"

/* Q is linear in qc: is a a multiple of b?  Its share, or NAN. */
static double multiple(const double *a, const double *b, size_t n)
{
	double share = NAN;

	for (size_t i = 0; i < n; i++) {
		double here = b[i] != 0 ? a[i] / b[i] : (double)NAN;

		if (a[i] == 0 && b[i] == 0) {
			continue;
		}
		if (!isfinite(here) ||
		    (isfinite(share) && fabs(here - share) > 1e-12 * fabs(share))) {
			return NAN;
		}
		share = here;
	}
	return share;
}

static void make(struct zoh_step *s, const double *A, const double *qc, size_t n)
{
	double unit[MODEL_STATES_MAX * MODEL_STATES_MAX] = {0};
	double noise[MODEL_STATES_MAX * MODEL_STATES_MAX] = {0};
	double dt_s = (double)s->dt_us / 1e6;

	for (size_t i = 0; i < n; i++) {
		unit[i * (n + 1)] = 1;
		noise[i * (n + 1)] = qc[i];
	}
	memcpy(s->qc, qc, n * sizeof(*qc));
	discretise_inputs(&(struct linear){.n = n, .m = n, .A = A, .B = unit}, dt_s, s->F,
	                  s->G);
	discretise_noise(&(struct linear){.n = n, .A = A, .Qc = noise}, dt_s, s->Q);
}

const struct zoh_step *zoh_find(struct zoh *z, const struct zoh_wish *wish, double *share,
                                struct zoh_step *scratch)
{
	int64_t dt_us = llround(wish->dt_s * 1e6);
	struct zoh_step *s = scratch;

	for (size_t i = 0; z && i < ZOH_KEPT; i++) {
		*share = multiple(wish->qc, z->steps[i].qc, wish->n);
		if (z->steps[i].dt_us == dt_us && dt_us > 0 && isfinite(*share)) {
			return &z->steps[i];
		}
	}
	if (z) {
		s = &z->steps[z->next];
		z->next = (z->next + 1) % ZOH_KEPT;
	}
	s->dt_us = dt_us;
	make(s, wish->A, wish->qc, wish->n);
	*share = 1;
	return s;
}
