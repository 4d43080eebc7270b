/* SPDX-License-Identifier: Apache-2.0 */
/** The port of a serial line: one transaction at a time, blocking, for a worker thread.
 * Only rtu_wake(), rtu_stop() and rtu_take_late() may be called from another. */
#ifndef DRIVERS_MODBUS_RTU_H
#define DRIVERS_MODBUS_RTU_H

#include "drivers/modbus/address.h"
#include "drivers/modbus/frame.h"
#include "drivers/modbus/pdu.h"

struct rtu;

/** One transaction: what to ask, and how it went. */
struct rtu_job {
	struct pdu_request request; /* its data stay until rtu_transact() is back */
	uint8_t unit;               /* 1 to 255 */
	uint32_t timeout_ms;        /* for the whole transaction */
	uint32_t first_byte_ms;     /* until its answer begins; 0: timeout_ms */
	uint32_t turnaround_ms; /* so long after a timeout its answer may still come */
	uint64_t not_before_ns; /* to be sent */
	/* From here on set by rtu_transact(). */
	enum reason reason; /* as in struct answer */
	uint8_t code;
	bool sent;
	uint64_t sent_ns, received_ns;
	uint64_t retry_ns; /* with REASON_REFUSED: when the line is opened again */
	uint32_t bytes_in, bytes_out;
	const uint8_t *data; /* of a read that went well, in `in` */
	size_t n_in;
	uint8_t in[2 * FRAME_MAX]; /* an echo and an answer */
};

/** The line is opened by the first transaction, and again by its path after it was lost.
 * @param now_ns  monotonic clock
 * @return 0, -ENOMEM, or what eventfd() answers */
int rtu_new(struct rtu **out, const struct address *address, uint64_t (*now_ns)(void));
void rtu_free(struct rtu *rtu);

/** Ask and wait for the answer.  After rtu_stop() it is back at once. */
void rtu_transact(struct rtu *rtu, struct rtu_job *job);

/** After a transaction: where a late answer may still come, wait for it to pass. */
void rtu_settle(struct rtu *rtu);

/** Wait for rtu_wake(); one that came during a transaction may be gone, so look before
 * whether there is anything to do.  @return 0, or -ECANCELED after rtu_stop() */
int rtu_wait(struct rtu *rtu);

void rtu_wake(struct rtu *rtu);
void rtu_stop(struct rtu *rtu);

/** Late answers that were thrown away since the last call. */
unsigned int rtu_take_late(struct rtu *rtu);

#endif
