/* SPDX-License-Identifier: Apache-2.0 */
/** Points in time that are written as text.  Pure. */
#ifndef DRIVERS_EPOCH_H
#define DRIVERS_EPOCH_H

/** "2026-01-02T03:04:05.678Z", also with a blank for T, without time of day, fraction or
 * zone (then UTC), or seconds since 1970, to seconds since 1970 UTC.  @return 0 or
 * -EINVAL
 */
int epoch_parse(const char *text, double *epoch_s);

#endif
