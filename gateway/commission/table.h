/* SPDX-License-Identifier: Apache-2.0 */
/** What a campaign found, for a terminal, for a program, for a CI server. */
#ifndef GATEWAY_COMMISSION_TABLE_H
#define GATEWAY_COMMISSION_TABLE_H

#include "gateway/commission/campaign.h"

/** A table and a line that sums it up. */
void table_print(FILE *out, const struct campaign *c, bool colour);

/** One JSON object, with every run.  @return 0 or -ENOMEM */
int table_print_json(FILE *out, const struct campaign *c);

/**
 * JUnit XML as CI servers read it: a suite for the invariants, one a run; what was not
 * reached counts as failed.
 *
 * @param date  "2026-11-26T05:00:00", the only thing that differs between two runs
 */
void table_print_junit(FILE *out, const struct campaign *c, const char *date);

#endif
