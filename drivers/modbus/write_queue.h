/* SPDX-License-Identifier: Apache-2.0 */
/** One device's writes: in order, one at a time, ahead of its reads, each sent at most
 * once.  A part of a register is read and written back with nothing in between, and so is
 * a point with read_back written and read. */
#ifndef DRIVERS_MODBUS_WRITE_QUEUE_H
#define DRIVERS_MODBUS_WRITE_QUEUE_H

#include "drivers/modbus/transport.h"

enum { WRITER_MAX = 8 }; /* waiting */

/** A member of the device; open only so that it can be one. */
struct write_queue {
	struct transport *transport;
	struct transaction transaction;
	struct writer_order {
		const struct point *point;
		struct value value; /* of parts of registers; no text */
		uint8_t wire[VALUE_TEXT_MAX];
		write_done_cb done;
		void *arg;
	} orders[WRITER_MAX]; /* a ring; the first is under way */
	size_t first, n;
	uint8_t data[4]; /* of a coil; two masks */
	enum write_stage {
		WRITE_REST, /* the rest of the register is read, before a part is written
		             */
		WRITE_SENT,
		WRITE_CHECK, /* it was written, and is read back */
	} stage;
};

/** config and stats are borrowed until write_queue_fini(). */
void write_queue_init(struct write_queue *writer, const struct device_config *config,
                      struct transport *transport, struct device_stats *stats);

/** Ends every write: -ECANCELED, or -ETIMEDOUT where it may have been sent, -ENODATA
 * where it was being read back. */
void write_queue_fini(struct write_queue *writer);

/** As driver.write. */
int write_queue_start(struct write_queue *writer, const struct point *point,
                      const struct value *value, write_done_cb done, void *arg);

#endif
