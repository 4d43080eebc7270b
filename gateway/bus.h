/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The spine: takes a batch of readings through stamp, twin, alarms, reduction, history
 * and publisher, in that order.  Loop thread only; never waits; allocates nothing per
 * reading.
 */
#ifndef GATEWAY_BUS_H
#define GATEWAY_BUS_H

#include "gateway/alarm_desk.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/poller.h"
#include "gateway/publisher.h"
#include "storage/writer.h"

/** Since start.  Every reading is a sample, or left out by the tag's `store:`. */
struct bus_counts {
	uint64_t readings;
	uint64_t produced; /* samples handed to the history */
	uint64_t reduced;  /* readings that the reduction left out */
	uint64_t events;
	uint64_t alarms_held; /* of the flood of the moment, not told yet or any more */
	uint64_t alarms_lost; /* of all floods: over before they could be told */
};

/** What the bus connects; all borrowed until bus_free(). */
struct bus_parts {
	const struct config *config;
	struct clock_stamper *stamper;
	struct twin *twin;
	struct writer *writer;
	struct publisher *publisher; /* NULL: no destination */
};

struct bus;

/** @return 0 or -ENOMEM */
int bus_new(struct bus **out, const struct bus_parts *parts);
void bus_free(struct bus *b);

/** Take one block's answer.  Readings are borrowed for the call; none: only what the twin
 * was told is passed on (twin_tell()). */
void bus_deliver(struct bus *b, uint64_t received_ns, const struct reading *r, size_t n);

/** Give out what the reductions hold back: the newest readings, before the end. */
void bus_flush(struct bus *b);

/** A device changed its state. */
void bus_device(struct bus *b, uint32_t device, const struct device_health *health);

/** It did not, and is published again with the figures of how it is polled
 * (device_status.figures); not before it has a state. */
void bus_device_figures(struct bus *b, uint32_t device,
                        const struct device_health *health, const char *figures);

/** Something else happened: a clock step, a gap, trouble with the disk.  Stamped here;
 * kind, severity and message of e are used, and its device and tag. */
void bus_event(struct bus *b, const struct event *e);

/** As alarm_desk_acknowledge() and alarm_desk_shelve(), of a tag. */
int bus_acknowledge(struct bus *b, uint32_t tag, const char *by);
int bus_shelve(struct bus *b, uint32_t tag, uint32_t for_s, const char *by);

/** A tag's newest sample, as gateway/newest.h keeps it; ts_us 0: nothing yet.  Its text
 * belongs to the bus. */
struct sample bus_now(const struct bus *b, uint32_t tag);

/** Its alarm; id 0: none. */
struct alarm bus_alarm(const struct bus *b, uint32_t tag);

void bus_counts(const struct bus *b, struct bus_counts *out);

#endif
