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

/** {"mean": 1.2, "half": 0.1}; null where it is none. */
json_t *line_interval_json(const struct interval *in);

void line_view_print(FILE *out, const struct line_view *v);
json_t *line_view_json(const struct line_view *v);
void line_view_page(FILE *out, const struct line_view *v, const char *date);

#endif
