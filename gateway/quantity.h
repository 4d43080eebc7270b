/* SPDX-License-Identifier: Apache-2.0 */
/** Numbers as people write them in the configuration, strictly: all of the text or
 * nothing.  Pure. */
#ifndef GATEWAY_QUANTITY_H
#define GATEWAY_QUANTITY_H

#include <stdint.h>

/** "12", "-3", "0x1F".  @return 0, -EINVAL, or -ERANGE beyond 64 bits */
int quantity_int(const char *text, int64_t *out);

/** "0.5", "1e-4"; finite, decimal, no space.  @return 0, -EINVAL, -ERANGE */
int quantity_real(const char *text, double *out);

/** "500ms", "1.5s", "5m" or "5min", "2h", "90d" to ms.  @return 0; -EINVAL; -ENODATA: a
 * number without its unit; -ERANGE: no whole ms, or beyond 1e15 */
int quantity_duration(const char *text, int64_t *ms);

/** "512KiB", "2GiB", "10MB", "100B" to bytes.  @return as quantity_duration() */
int quantity_size(const char *text, int64_t *bytes);

/** "2/s", "10/min", "1/h" to the least time between two, in ms.  @return 0, -EINVAL,
 * -ERANGE where it is under 1 ms or beyond 1e9 ms */
int quantity_rate(const char *text, int64_t *ms);

#endif
