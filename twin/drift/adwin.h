/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A window as long as its mean has not changed (Bifet, Gavalda 2007, Learning from
 * time-changing data with adaptive windowing, ADWIN2), kept in buckets of 2^i values,
 * five of each size: some kilobytes for any length.
 */
#ifndef TWIN_DRIFT_ADWIN_H
#define TWIN_DRIFT_ADWIN_H

#include <stdbool.h>
#include <stdint.h>

struct adwin;

/** @param delta  risk of a false cut  @return 0 or -ENOMEM */
int adwin_new(struct adwin **out, double delta);
void adwin_free(struct adwin *a);

/**
 * Take a value; every 32nd the window is cut where its parts differ.
 * @param[out] score  the largest difference over its limit, of the last look
 * @return has it been cut?
 */
bool adwin_step(struct adwin *a, double x, double *score);

/** Values in the window, and their mean. */
uint64_t adwin_width(const struct adwin *a);
double adwin_mean(const struct adwin *a);

#endif
