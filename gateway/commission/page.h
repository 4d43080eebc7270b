/* SPDX-License-Identifier: Apache-2.0 */
/** What a campaign found, as one HTML page that needs no network and prints well. */
#ifndef GATEWAY_COMMISSION_PAGE_H
#define GATEWAY_COMMISSION_PAGE_H

#include "gateway/commission/campaign.h"

/** @param date "2026-11-26T05:00:00": the only thing that differs between two runs */
void page_print(FILE *out, const struct campaign *c, const char *date);

#endif
