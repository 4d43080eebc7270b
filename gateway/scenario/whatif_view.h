/* SPDX-License-Identifier: Apache-2.0 */
/** What scenarios came to: for a terminal, a program, a spreadsheet, a browser.  The same
 * foresights give the same bytes. */
#ifndef GATEWAY_SCENARIO_WHATIF_VIEW_H
#define GATEWAY_SCENARIO_WHATIF_VIEW_H

#include <jansson.h>

#include "gateway/scenario/foresight.h"

struct whatif {
	const struct config *config;
	const struct snapshot *snapshot;
	const struct foresights *foresights;
};

/** Figures, each with what it is more than as now, and remarks. */
void whatif_print(FILE *out, const struct whatif *w);

/** @return new reference, or NULL where memory ran out */
json_t *whatif_json(const struct whatif *w);

/** scenario,t_s,signal,unit,value,low,high */
void whatif_print_csv(FILE *out, const struct whatif *w);

/** One HTML page.  @param date  of the page, as document_date() */
void whatif_print_page(FILE *out, const struct whatif *w, const char *date);

/** What one should know of what is shown: sentences, one after the other.
 * @return false beyond the last */
bool whatif_remark(const struct whatif *w, size_t i, char *buf, size_t size);

#endif
