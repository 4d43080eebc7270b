/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/health/approach.h"

#include <math.h>

#define MINUTE_US INT64_C(60000000)
#define SPREADS   5

enum { BACK_MINUTES = 10 };

struct approach_line approach_line(const struct trend_points *p, double limit, bool rises,
                                   bool leads)
{
	struct approach_line line = {limit, rises, NAN, NAN, NAN};
	double last = p->t[p->n - 1], squares = 0;
	struct trend fit;

	if (!leads) {
		return line;
	}
	fit = trend_fit(p);
	for (size_t i = 0; i < p->n; i++) {
		double rest = p->y[i] - fit.level - fit.slope * (p->t[i] - last);

		squares += rest * rest;
	}
	line.level = fit.level;
	line.start = fit.level - fit.slope * (last - p->t[0]);
	line.spread = sqrt(squares / (double)p->n);
	return line;
}

void approach_init(struct approach *a, bool reached)
{
	*a = (struct approach){
		.line = {.limit = NAN, .start = NAN, .level = NAN, .spread = NAN},
		.reached = reached};
}

void approach_look(struct approach *a, const struct approach_line *line)
{
	bool rises = a->reached && !isnan(a->line.limit) ? a->line.rises : line->rises;

	if (isnan(line->start)) {
		a->line.limit = line->limit;
	} else {
		a->line = *line;
	}
	a->line.rises = rises;
}

/* How far back, of the way that it had come. */
static bool is_back(const struct approach *a, double x)
{
	const struct approach_line *line = &a->line;
	double from = a->reached ? line->limit : line->level;
	double way = fabs(from - line->start), back = line->rises ? from - x : x - from;

	return back > way / 2 && back > SPREADS * line->spread; /* false without a line */
}

static enum approach_turn judge(struct approach *a, double mean, int64_t *at_us)
{
	const struct approach_line *line = &a->line;
	bool beyond = line->rises ? mean >= line->limit : mean <= line->limit;

	*at_us = a->minute_us;
	if (!a->reached && beyond) {
		a->reached = true;
		a->back = 0;
		return APPROACH_REACHED;
	}
	if (!is_back(a, mean)) {
		a->back = 0;
		return APPROACH_GOES_ON;
	}
	if (a->back++ == 0) {
		a->back_us = a->minute_us;
	}
	if (a->back < BACK_MINUTES) {
		return APPROACH_GOES_ON;
	}
	*at_us = a->back_us;
	approach_init(a, false);
	return APPROACH_REPAIRED;
}

enum approach_turn approach_add(struct approach *a, int64_t ts_us, double x,
                                int64_t *at_us)
{
	enum approach_turn turn = APPROACH_GOES_ON;

	if (isnan(a->line.limit) || !isfinite(x)) {
		return turn;
	}
	if (a->n && ts_us - a->minute_us >= MINUTE_US) {
		turn = judge(a, a->sum / (double)a->n, at_us);
		a->n = 0;
	}
	if (a->n == 0) {
		a->minute_us = ts_us;
		a->sum = 0;
	}
	a->sum += x;
	a->n++;
	return turn;
}
