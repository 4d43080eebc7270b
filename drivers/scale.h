/* SPDX-License-Identifier: Apache-2.0 */
/** value = raw * scale + offset, and back.  Pure. */
#ifndef DRIVERS_SCALE_H
#define DRIVERS_SCALE_H

#include "drivers/tag.h"

/** Has it a scale or an offset at all?  Else its values stay exact. */
bool scale_is_set(const struct encoding *e);

/** 3 * 0.1 is 0.30000000000000004, 3 / 10 is 0.3: where the scale is what 1 / n is in
 * double, dividing gives the decimals that people mean. */
double scale_apply(const struct encoding *e, double raw);

/** The integer behind a scaled value.
 * @return 0, or -ERANGE: between two steps, or beyond 2^53, where steps are lost */
int scale_step(double *raw, const struct encoding *e, double value);

#endif
