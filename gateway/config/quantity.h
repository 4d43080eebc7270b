/* SPDX-License-Identifier: Apache-2.0 */
/** Numbers as people write them in the configuration, strictly: all of the text or
 * nothing.  Pure. */
#ifndef GATEWAY_CONFIG_QUANTITY_H
#define GATEWAY_CONFIG_QUANTITY_H

#include <stddef.h>
#include <stdint.h>

/** What the two printing functions need at most. */
enum { QUANTITY_TEXT_MAX = 32 };

/** "12", "-3", "0x1F".  @return 0, -EINVAL, or -ERANGE beyond 64 bits */
int quantity_int(const char *text, int64_t *out);

/** "0.5", "1e-4"; finite, decimal, no space.  @return 0, -EINVAL, -ERANGE */
int quantity_real(const char *text, double *out);

/** "500ms", "1.5s", "5m" or "5min", "2h", "90d" to ms.  @return 0; -EINVAL; -ENODATA: a
 * number without its unit; -ERANGE: no whole ms, or beyond 1e15 */
int quantity_duration(const char *text, int64_t *ms);

/** As quantity_duration() reads it, in the largest unit that divides it; ms >= 0. */
void quantity_print_duration(int64_t ms, char *buf, size_t n);

/** "512KiB", "2GiB", "10MB", "100B" to bytes.  @return as quantity_duration() */
int quantity_size(const char *text, int64_t *bytes);

/** As quantity_size() reads it, in the largest binary unit that divides it. */
void quantity_print_size(int64_t bytes, char *buf, size_t n);

/** "2/s", "10/min", "1/h" to the least time between two, in ms.  @return 0, -EINVAL,
 * -ERANGE where it is under 1 ms or beyond 1e9 ms */
int quantity_rate(const char *text, int64_t *ms);

#endif
