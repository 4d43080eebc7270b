/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What is watched on a connected server: a subscription with one monitored item a point,
 * and one for the server's clock, whose beat says that the subscription lives and that
 * what was not told has not changed.  All on the thread that owns the client.
 */
#ifndef DRIVERS_OPCUA_WATCH_H
#define DRIVERS_OPCUA_WATCH_H

#include <open62541/client.h>

#include "drivers/driver.h"
#include "drivers/opcua/endpoint.h"
#include "drivers/opcua/mailbox.h"
#include "drivers/opcua/node.h"
#include "drivers/opcua/orders.h"

struct watch;

struct watch_config {
	const struct device_config *device; /* all borrowed */
	const struct endpoint *endpoint;
	struct mailbox *mailbox;
	uint64_t (*now_ns)(void);
	void (*wake)(void *arg); /* there is something in the mailbox */
	void *arg;
};

/** @return 0, -ENOMEM, or -EINVAL: a point's `at:` */
int watch_new(struct watch **out, const struct watch_config *cfg);
void watch_free(struct watch *w);

/** Subscribe, on a client whose session is active.  A point that the server refuses is
 * told bad by itself.  @return 0, or why the connection is of no use */
int watch_start(struct watch *w, UA_Client *client);

/** Between two turns of the client: pass the beat on, ask again for what was refused.
 * @return 0, or -ETIMEDOUT, -ECONNRESET: the subscription is dead */
int watch_turn(struct watch *w);

/** Number of the present session, or of the last one; struct said has it. */
uint32_t watch_session(const struct watch *w);

/** How often the server confirms what it said, once watch_start() was fine. */
uint32_t watch_beat_ms(const struct watch *w);

/** Write, and wait for the server's answer, a timeout at most.
 * @param[out] code  variant_code() where it refuses
 * @return as of write_done_cb */
int watch_write(struct watch *w, const struct order *order, uint16_t *code);

/** Forget the client. */
void watch_stop(struct watch *w);

#endif
