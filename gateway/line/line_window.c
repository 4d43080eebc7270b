/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_window.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "gateway/line/line_study.h"

enum {
	RUNS_LEAST = 8, /* of unlike chance */
	WINDOWS_A_RUN = 64,
	RUNS_MOST = 40,
};

bool line_is_break(const struct line_config *c, double at_s, double for_s)
{
	double from_s = c->period_s > 0 ? fmod(at_s, c->period_s) : 0;

	for (size_t i = 0; i < c->n_breaks && c->period_s > 0; i++) {
		const struct line_break *b = &c->breaks[i];
		/* the first break that is not over when the stretch begins */
		double begin_s = b->at_s + b->for_s > from_s ? b->at_s
		                                             : b->at_s + c->period_s;

		if (begin_s < from_s + for_s) {
			return true;
		}
	}
	return false;
}

/* How long it takes from then on until enough windows without a break are over; 0: there
 * are none. */
static double length_of(const struct line_config *c, double from_s, double window_s)
{
	size_t all = 0, free = 0, most = 100000;

	while (free < WINDOWS_A_RUN && all < most) {
		free += !line_is_break(c, from_s + (double)all * window_s, window_s);
		all++;
	}
	return free == WINDOWS_A_RUN ? (double)all * window_s : 0;
}

/* Its windows, in 1/h.  The warm-up is made whole windows, so that windows and periods of
 * the shifts begin together. */
static int simulate(double *x, size_t *n, const struct line_setup *setup,
                    const struct line_wish *wish)
{
	const struct line_config *c = &setup->config;
	size_t from = (size_t)llround(wish->warm_up_s / wish->bin_s), taken = 0;
	struct line *l = NULL;
	const struct line_figures *f;
	int err = line_run(&l, c, wish);

	if (err) {
		return err;
	}
	f = line_figures(l);
	for (size_t i = from; i < f->n_bins && taken < WINDOWS_A_RUN; i++) {
		if (!line_is_break(c, (double)i * wish->bin_s, wish->bin_s)) {
			x[taken++] = f->binned[i] / wish->bin_s * 3600;
		}
	}
	*n = taken;
	line_free(l);
	return 0;
}

static int simulate_all(double *x, size_t *n, const struct line_setup *setup,
                        struct line_wish *wish)
{
	size_t runs = setup->run.replications;
	int err = 0;

	runs = runs < RUNS_LEAST ? RUNS_LEAST : runs > RUNS_MOST ? RUNS_MOST : runs;
	*n = 0;
	for (size_t k = 0; k < runs && !err; k++) {
		size_t taken = 0;

		wish->seed = line_seed(&setup->run, k);
		err = simulate(x + *n, &taken, setup, wish);
		*n += taken;
	}
	return err;
}

int line_window(struct told_level *out, const struct line_setup *setup, double window_s,
                size_t *windows)
{
	struct line_wish wish = {.bin_s = window_s};
	double *x, warm_up_s;
	bool found;
	int err;

	*windows = 0;
	if (line_is_ordered(&setup->config)) {
		return -ERANGE;
	}
	err = line_warm_up(setup, &setup->run, &warm_up_s, &found);
	if (err) {
		return err;
	}
	wish.warm_up_s = ceil(warm_up_s / window_s) * window_s;
	wish.for_s = length_of(&setup->config, wish.warm_up_s, window_s);
	if (!(wish.for_s > 0)) {
		return -ERANGE;
	}
	x = calloc((size_t)RUNS_MOST * WINDOWS_A_RUN, sizeof(*x));
	if (!x) {
		return -ENOMEM;
	}
	err = simulate_all(x, windows, setup, &wish);
	if (!err && *windows < RUNS_LEAST) {
		err = -ERANGE;
	}
	if (!err) {
		told_learn(out, x, (const size_t[]){*windows, WINDOWS_A_RUN},
		           3600 / window_s);
		err = out->mean > 0 ? 0 : -EDOM;
	}
	free(x);
	return err;
}
