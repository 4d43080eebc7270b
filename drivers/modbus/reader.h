/* SPDX-License-Identifier: Apache-2.0 */
/** One device's scan cycle: the blocks of a plan asked one after another (or in_flight of
 * them at once), each answer brought to the sink, each failure kept to its own points.
 * What a device refuses is found out within the cycle, as long as its period lasts, and
 * not asked again but for a rare doubt, one a cycle. */
#ifndef DRIVERS_MODBUS_READER_H
#define DRIVERS_MODBUS_READER_H

#include "drivers/modbus/cost.h"
#include "drivers/modbus/delivery.h"
#include "drivers/modbus/later.h"
#include "drivers/modbus/plan_cache.h"
#include "drivers/modbus/refusal.h"
#include "drivers/modbus/transport.h"

struct reader;

/** What a request is for. */
enum reader_purpose {
	READER_FREE,  /* there is none */
	READER_BLOCK, /* points */
	READER_AGAIN, /* the same, refused though it was answered before */
	READER_PIECE, /* points of a refused block, one piece at a time: what is learned
	                 from one may spare the next */
	READER_DOUBT, /* is what was refused still refused? */
	READER_PULSE, /* is the device there?  All that is due is refused */
};

/** A request of the cycle. */
struct reader_request {
	struct transaction transaction;
	struct reader *reader;
	enum reader_purpose purpose;
	struct plan_block block;
	struct plan_block *planned; /* of a block and again: in the plan */
};

/** A member of the device; open only so that it can be one. */
struct reader {
	struct device *device;
	const struct device_config *config;
	struct transport *transport;
	struct reader_request requests[TRANSPORT_WINDOW_MAX];
	size_t n_requests; /* used of them */
	struct plan_cache plans;
	struct cost_meter meter;
	struct delivery delivery;
	size_t max_pieces; /* room of refusal.pieces */
	struct holes holes;
	struct refusal refusal;
	struct later later;
	/* The cycle under way. */
	bool busy;
	const struct plan *plan;
	size_t next_block;
	uint64_t end_ns;       /* of the time to find out what is refused */
	bool doubted;          /* a hole, in this cycle */
	size_t n_open;         /* requests on the way */
	bool answered;         /* anything in this cycle */
	unsigned int n_silent; /* blocks in a row without an answer */
	enum reason silence;   /* why, the last time */
};

/** Transactions go by transport with the unit, timeout and so on of device->config and
 * are counted in device->stats, device->holes are the reader's; both are borrowed until
 * reader_fini().
 * @return 0, -ENOMEM, or -E2BIG: a point is larger than a request may be */
int reader_init(struct reader *reader, struct device *device,
                struct transport *transport);

/** A cycle under way ends with -ECANCELED before. */
void reader_fini(struct reader *reader);

/** Start a cycle, as driver.read.  @return 0, -EBUSY: one is under way, -ENOENT: no point
 * is in the groups due, -ENOMEM */
int reader_start(struct reader *reader, uint32_t due, const struct read_sink *sink);

/** As driver.doubt_holes. */
void reader_doubt_holes(struct reader *reader);

/** The first point alone that the device is not known to refuse (some answer nothing but
 * what they have); else the first. */
struct pdu_request reader_least(const struct reader *reader);

#endif
