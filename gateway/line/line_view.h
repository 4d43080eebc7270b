/* SPDX-License-Identifier: Apache-2.0 */
/** What a line came to, beside its variants: for a terminal, a program, a browser. */
#ifndef GATEWAY_LINE_LINE_VIEW_H
#define GATEWAY_LINE_LINE_VIEW_H

#include <jansson.h>

#include "gateway/line/line_study.h"

struct line_view {
	const char *path;
	const struct line_run *run;
	const struct line_study *const *studies; /* the first is the base */
	size_t n;
};

/** What changing to a variant takes and when it pays back. */
struct line_plan {
	const char
		*changed[32]; /* stations that are new or another there; gone: with '-' */
	size_t n_changed;
	double investment, floor_m2; /* more than the base; of what is said */
	double downtime_s;
	double gain_h; /* good parts an hour more */
	double pays_h; /* hours of the run's kind until it has paid back; NAN: never, or
	                  not said */
};
void line_plan_of(const struct line_view *v, size_t variant, struct line_plan *out);

/** {"mean": 1.2, "half": 0.1}; null where it is none. */
json_t *line_interval_json(const struct interval *in);

void line_view_print(FILE *out, const struct line_view *v);
json_t *line_view_json(const struct line_view *v);
void line_view_page(FILE *out, const struct line_view *v, const char *date);

#endif
