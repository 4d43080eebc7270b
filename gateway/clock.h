/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The only reader of clocks.  Everything is scheduled on the monotonic clock; wall time
 * is monotonic time plus an offset that never lets a stamp go backwards.  Tests script
 * it.
 */
#ifndef GATEWAY_CLOCK_H
#define GATEWAY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/** Monotonic time in ns.  Any thread. */
uint64_t clock_now_ns(void);

/** UTC now in us as the kernel has it, for what is no stamp of a sample.  Any thread. */
int64_t clock_wall_us(void);

/** Does the kernel say that the clock is synchronised, or, where it may not be asked,
 * systemd-timesyncd?  Any thread. */
bool clock_synced(void);

/** Turns monotonic times into stamps.  Loop thread. */
struct clock_stamper {
	int64_t offset_us;  /* wall - monotonic, as last taken */
	int64_t ahead_us;   /* how far stamps run before the wall clock, >= 0 */
	uint64_t slewed_ns; /* monotonic time up to which ahead_us has been worked off */
	int64_t last_us;    /* newest stamp given */
};

/** @param reserve_us  no stamp at or below this was or will be given (storage/history.h)
 */
void clock_stamper_init(struct clock_stamper *s, int64_t reserve_us);

/**
 * The stamp of what was received at mono_ns: UTC us, at least 2 above the last given (so
 * that a held-back row fits between), and in a later millisecond than not_in_ms_of (the
 * last stamp of the same tags; 0: none).
 *
 * After a backward step of the wall clock stamps go on at half speed until the wall has
 * caught up; a forward step is taken at once.
 */
int64_t clock_stamp(struct clock_stamper *s, uint64_t mono_ns, int64_t not_in_ms_of);

/** Compare the wall clock with the offset.  @return step in us since the last call beyond
 * 500 ms, else 0: an event */
int64_t clock_stamper_check(struct clock_stamper *s);

/** Replace the clocks by scripted ones; NULL: the real ones.  For tests. */
void clock_script(uint64_t (*mono_ns)(void), int64_t (*wall_us)(void));

/** ISO 8601 UTC with ms, "2026-01-02T03:04:05.678Z"; buf of at least 25 bytes. */
void clock_iso(int64_t ts_us, char *buf);

/** Parse "2026-01-02T03:04:05Z", "... 03:04:05.6" (UTC), epoch seconds, or a span back
 * from now ("90s", "15m", "2h", "7d"). @return 0 or -EINVAL */
int clock_parse(const char *text, int64_t now_us, int64_t *ts_us);

#endif
