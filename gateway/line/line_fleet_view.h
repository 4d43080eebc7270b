/* SPDX-License-Identifier: Apache-2.0 */
/** What the vehicles of a line came to; nothing where it has none. */
#ifndef GATEWAY_LINE_LINE_FLEET_VIEW_H
#define GATEWAY_LINE_LINE_FLEET_VIEW_H

#include "gateway/line/line_view.h"

void line_fleets_print(FILE *out, const struct line_study *s);
json_t *line_fleets_json(const struct line_study *s);
void line_fleets_page(FILE *out, const struct line_study *s);

#endif
