/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A plant without a PLC of its own, as the Modbus client of one: each turn writes what
 * the program's inputs (%I) are, and reads its outputs (%Q, %M), as Factory I/O does with
 * OpenPLC.  Inputs cannot be written over Modbus where OpenPLC's map has them, so they go
 * to coils and holding registers from an address of their own on.
 *
 * An exchange is of one turn: what is written now is answered with what the PLC's last
 * scan made, and acts from the next turn on.  One that is not over by then is late, and
 * the turn goes without.  A PLC that is silent for a second is lost: its outputs are off
 * until it answers again.
 */
#ifndef GATEWAY_PLANT_PLC_REMOTE_H
#define GATEWAY_PLANT_PLC_REMOTE_H

#include <uv.h>

#include "gateway/plant/plant_config.h"

enum { PLC_REMOTE_INPUTS = 8192 }; /* where inputs go unless said */

struct plc_remote;

struct plc_remote_wish {
	/** tcp://HOST:PORT[?unit=N&inputs=N]: else the unit of the plant's file, inputs
	 * from coil and holding register PLC_REMOTE_INPUTS on.  Borrowed for the call. */
	const char *target;
	/** The PLC answers, or does not: why then, static.  NULL: nobody listens. */
	void (*on_link)(void *arg, bool up, const char *why);
	void *arg;
};

struct plc_remote_stats {
	uint64_t exchanges;
	uint64_t late;   /* turns that found the last exchange under way */
	uint64_t failed; /* exchanges */
	uint32_t rtt_us; /* of the last request */
};

/**
 * @param[out] out  set on success only
 * @param setup     borrowed
 * @param why       static text for the operator where it fails
 * @return 0, -ENOMEM, -EINVAL: the target, or too many addresses for a turn
 */
int plc_remote_open(struct plc_remote **out, uv_loop_t *loop,
                    const struct plant_setup *setup, const struct plc_remote_wish *wish,
                    const char **why);

/** Its memory goes now, its connection while the loop runs.  NULL is fine. */
void plc_remote_close(struct plc_remote *r);

/** Join it to a plant that was just made. */
void plc_remote_attach(struct plc_remote *r, struct plant *plant);

struct plc_remote_stats plc_remote_stats(const struct plc_remote *r);

#endif
