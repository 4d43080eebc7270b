/* SPDX-License-Identifier: Apache-2.0 */
/** Tasks given to stations, and what each asks of who does it. */
#ifndef GATEWAY_LINE_BALANCE_VIEW_H
#define GATEWAY_LINE_BALANCE_VIEW_H

#include <jansson.h>

#include "gateway/line/line_file.h"

struct balance_view {
	const struct line_setup *setup;
	struct balance balance;
	double cycle_s;
};

/** Balance what the file says.
 * @param[out] why  where it fails: static text
 * @return 0 or as balance_find() */
int balance_view_find(struct balance_view *out, const struct line_setup *setup,
                      const char **why);

void balance_view_print(FILE *out, const struct balance_view *v);
json_t *balance_view_json(const struct balance_view *v);

#endif
