/* SPDX-License-Identifier: Apache-2.0 */
/** Between campaign.c and campaign_faults.c.  Nobody else's. */
#ifndef GATEWAY_COMMISSION_CAMPAIGN_IMPL_H
#define GATEWAY_COMMISSION_CAMPAIGN_IMPL_H

#include "gateway/commission/campaign.h"
#include "gateway/config/arena.h"

/** The run's faults and alarms, and which belong together.
 * @param steps  as they were prepared for the run
 * @return 0 or -ENOMEM */
int campaign_find_faults(struct campaign_run *run, const struct stand *stand,
                         const struct trial *trial, const struct step *steps,
                         struct arena *arena);

#endif
