/* SPDX-License-Identifier: Apache-2.0 */
/** One device's scan cycle: the blocks of a plan asked one after another (or in_flight of
 * them at once), each answer brought to the sink, each failure kept to its own points. */
#ifndef DRIVERS_MODBUS_READER_H
#define DRIVERS_MODBUS_READER_H

#include "drivers/modbus/plan.h"
#include "drivers/modbus/transport.h"

enum { READER_PLANS_MAX = 16 }; /* sets of due groups whose plan is kept */

struct reader;

/** A request of the cycle. */
struct reader_request {
	struct transaction transaction;
	struct reader *reader;
	const struct plan_block *block; /* NULL: free */
};

/** A member of the device; open only so that it can be one. */
struct reader {
	const struct device_config *config;
	struct transport *transport;
	struct reader_request requests[TRANSPORT_WINDOW_MAX];
	size_t n_requests; /* used of them: in_flight */
	struct reader_plan {
		uint32_t due;
		uint32_t used; /* cycle that used it last */
		struct plan *plan;
	} plans[READER_PLANS_MAX];
	struct reading *readings; /* of one block */
	char *text;               /* of its strings */
	size_t max_points, max_text;
	/* The cycle under way. */
	bool busy;
	const struct plan *plan;
	struct read_sink sink;
	size_t next_block;
	size_t n_open;         /* requests on the way */
	bool answered;         /* anything in this cycle */
	unsigned int n_silent; /* blocks in a row without an answer */
	enum reason silence;   /* why, the last time */
	uint32_t n_cycles;
};

/** Transactions go by transport with the unit, timeout and so on of config and are
 * counted in stats; all three are borrowed until reader_fini().
 * @return 0, -ENOMEM, or -E2BIG: a point is larger than a request may be */
int reader_init(struct reader *reader, const struct device_config *config,
                struct transport *transport, struct device_stats *stats);

/** A cycle under way ends with -ECANCELED before. */
void reader_fini(struct reader *reader);

/** Start a cycle, as driver.read.  @return 0, -EBUSY: one is under way, -ENOENT: no point
 * is in the groups due, -ENOMEM */
int reader_start(struct reader *reader, uint32_t due, const struct read_sink *sink);

/** Set up a transaction of a device, but for its request, rank and done. */
void reader_prepare(struct transaction *t, const struct device_config *config,
                    struct device_stats *stats);

/** Did the device itself say something, if only an exception? */
bool reader_is_answer(enum reason reason);

/** The errno of a silence: -ETIMEDOUT, -ECONNREFUSED, -ECONNRESET, -EBADMSG. */
int reader_errno(enum reason reason);

#endif
