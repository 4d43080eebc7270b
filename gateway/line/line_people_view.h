/* SPDX-License-Identifier: Apache-2.0 */
/** The load of operators over the shift; nothing where nobody works by hand. */
#ifndef GATEWAY_LINE_LINE_PEOPLE_VIEW_H
#define GATEWAY_LINE_LINE_PEOPLE_VIEW_H

#include "gateway/line/line_view.h"

void line_people_print(FILE *out, const struct line_study *s);
json_t *line_people_json(const struct line_study *s);
void line_people_page(FILE *out, const struct line_study *s);

#endif
