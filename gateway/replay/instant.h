/* SPDX-License-Identifier: Apache-2.0 */
/** The times that recordings are written in. */
#ifndef GATEWAY_REPLAY_INSTANT_H
#define GATEWAY_REPLAY_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * A moment as nanoseconds of UTC since 1970, cut beyond: `2026-01-02T03:04:05.25Z`, with
 * a blank for the T, with `+01:00` for the Z, without either (UTC), without seconds,
 * without a time of day; or seconds since 1970, `1767323045.25`.
 *
 * @return false where the n characters are none of these, or no such day
 */
bool instant_parse(const char *text, size_t n, int64_t *ns);

#endif
