/* SPDX-License-Identifier: Apache-2.0 */
/** Between the files page*.c.  Nobody else's. */
#ifndef GATEWAY_COMMISSION_PAGE_IMPL_H
#define GATEWAY_COMMISSION_PAGE_IMPL_H

#include "gateway/commission/page.h"

/** A badge: colour and word. */
void page_verdict(FILE *out, enum verdict verdict);

/** Trends of what a requirement names, around its violation. */
void page_failure_chart(FILE *out, const struct campaign *c,
                        const struct campaign_row *row);

/** Trends of a whole run, with its steps and faults; steps as a table. */
void page_run(FILE *out, const struct campaign *c, const struct campaign_run *run);

/** Faults injected against what the twin raised; nothing where no twin ran beside. */
void page_twin(FILE *out, const struct campaign *c);

/** Coverage of the program, machine by machine and line by line; nothing where the stand
 * has none. */
void page_logic(FILE *out, const struct campaign *c);

#endif
