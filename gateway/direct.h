/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Straight to the devices, for the command line while no gateway runs: the devices of
 * some tags are opened with these tags alone, read until each has answered, perhaps
 * written once, and closed.  Blocks; runs a loop of its own.
 */
#ifndef GATEWAY_DIRECT_H
#define GATEWAY_DIRECT_H

#include "gateway/command.h"
#include "gateway/poller.h"

struct direct;

/** What was read of a tag last. */
struct direct_reading {
	struct reading reading;   /* its text is the device's until direct_close() */
	int64_t wall_us;          /* when; 0: nothing came */
	enum device_state device; /* of its device; down: it does not answer */
};

/**
 * Open the devices of n tags of devices (indices of cfg, any order, repeats allowed).
 * cfg is borrowed until direct_close().
 * @return 0 or -ENOMEM
 */
int direct_open(struct direct **out, const struct config *cfg, const uint32_t *tags,
                size_t n);

/** Wait until every tag was brought, good or bad: a silent device is asked twice. */
void direct_read(struct direct *d);

/** What is known of a tag that was opened. */
struct direct_reading direct_reading(const struct direct *d, uint32_t tag);

/** Put an order through the door (gateway/command.h) after direct_read(), and wait for
 * its outcome, which its done hears.  Interlocks are judged by the tags opened. */
void direct_write(struct direct *d, const struct command_order *order);

/** NULL is fine. */
void direct_close(struct direct *d);

#endif
