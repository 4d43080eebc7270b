/* SPDX-License-Identifier: Apache-2.0 */
/** The plans from the base of a view to its variants. */
#ifndef GATEWAY_LINE_LINE_PLAN_VIEW_H
#define GATEWAY_LINE_LINE_PLAN_VIEW_H

#include "gateway/line/line_view.h"

void line_plan_print(FILE *out, const struct line_view *v, size_t variant);
json_t *line_plan_json(const struct line_view *v, size_t variant);
void line_plans_page(FILE *out, const struct line_view *v);

#endif
