/* SPDX-License-Identifier: Apache-2.0 */
/** Writes on their way from the loop to the thread that speaks to the server, and their
 * outcome back.  At most ORDERS_MAX; beyond that they are refused. */
#ifndef DRIVERS_OPCUA_ORDERS_H
#define DRIVERS_OPCUA_ORDERS_H

#include <uv.h>

#include "drivers/driver.h"

enum { ORDERS_MAX = 8 };

struct order {
	size_t point;
	char text[VALUE_TEXT_MAX + 1]; /* as of scalar_print() */
	write_done_cb done;
	void *arg;
	enum { ORDER_WAITS, ORDER_BEGUN, ORDER_OVER } state;
	int err; /* of write_done_cb */
	uint16_t code;
};

struct orders {
	uv_mutex_t lock;
	struct order ring[ORDERS_MAX];
	size_t first, n;
};

/** @return 0 or -ENOMEM */
int orders_init(struct orders *o);
void orders_fini(struct orders *o);

/** The loop.  @return 0, or -EBUSY: no room */
int orders_put(struct orders *o, const struct order *order);

/** The loop: the oldest where it is over, or false. */
bool orders_take(struct orders *o, struct order *out);

/** The loop, at the end: the oldest with its outcome as far as it is known.  Whatever the
 * thread still says of it is forgotten. */
bool orders_cancel(struct orders *o, struct order *out);

/** The thread: begin the oldest that waits, or false. */
bool orders_begin(struct orders *o, struct order *out);

/** The thread: what came of the one that was begun. */
void orders_end(struct orders *o, int err, uint16_t code);

/** Any thread: nobody is there to take those that wait. */
void orders_refuse(struct orders *o);

#endif
