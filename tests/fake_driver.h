/* SPDX-License-Identifier: Apache-2.0 */
/** A driver whose device does what a test tells it; the only driver where it is linked.
 */
#ifndef TESTS_FAKE_DRIVER_H
#define TESTS_FAKE_DRIVER_H

#include "drivers/driver.h"

/** One device, by its index in the configuration. */
struct fake_device {
	int open_err, read_err; /* what open() and read() return; 0 */
	size_t reads, probes;   /* asked for since fake_reset() */
	uint32_t due;           /* groups of the last read */
	bool waiting;           /* a read or probe is under way */
	bool closed;
};

enum { FAKE_DEVICES = 16 };

void fake_reset(void);
struct fake_device *fake_at(uint32_t device);

/** End the read or probe under way.  @param err  as of read_sink.done; 0: all points of
 * the groups asked for are brought good with value */
void fake_answer(uint32_t device, int err, double value);

/** As fake_answer(device, 0, ...), but one point is bad with an exception. */
void fake_answer_partly(uint32_t device, uint32_t bad_tag);

/** Bring one point good; the read goes on. */
void fake_bring(uint32_t device, uint32_t tag, double value);

/** Time lent to the poller. */
uint64_t fake_now_ns(void);
void fake_pass_ms(uint64_t ms);

#endif
