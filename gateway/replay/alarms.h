/* SPDX-License-Identifier: Apache-2.0 */
/** The alarms of a replay, as the running gateway would raise and clear them: counted,
 * and where wanted one line of CSV each, when it is over. */
#ifndef GATEWAY_REPLAY_ALARMS_H
#define GATEWAY_REPLAY_ALARMS_H

#include <stdio.h>

#include "gateway/alarm.h"
#include "gateway/replay/sheet.h"

struct alarms;

/**
 * @param cfg  its tags, and after how many readings an alarm is one; borrowed until
 *             alarms_free()
 * @param out  borrowed likewise; NULL: only count
 * @return 0 or -ENOMEM
 */
int alarms_new(struct alarms **a, const struct twin_config *cfg, FILE *out);
/** Those that are still active are written with an empty `until`. */
void alarms_free(struct alarms *a);

/** Take a tag's verdict of the row at a time, of which twin can say why.
 * @return 0 or -ENOMEM */
int alarms_step(struct alarms *a, const struct sheet_cell *time, const struct sample *s,
                const struct twin *twin);

/** Active now; raised since the beginning. */
size_t alarms_active(const struct alarms *a);
uint64_t alarms_raised(const struct alarms *a);

#endif
