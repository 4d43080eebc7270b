/* SPDX-License-Identifier: Apache-2.0 */
/** The PLC of a stand behind Modbus: turns of the plant at their deadlines, each with an
 * exchange (gateway/plant/plc_remote.h), on a loop of its own. */
#ifndef GATEWAY_COMMISSION_WIRE_H
#define GATEWAY_COMMISSION_WIRE_H

#include <stdio.h>

#include "gateway/plant/plc_remote.h"

struct wire;

/**
 * @param[out] out  set on success only
 * @param setup     borrowed
 * @param target    as plc_remote_wish.target; borrowed
 * @param why       static text for the operator where it fails
 * @return 0, or as plc_remote_open()
 */
int wire_open(struct wire **out, const struct plant_setup *setup, const char *target,
              const char **why);
/** NULL is fine. */
void wire_close(struct wire *w);

/** Join it to a plant that was just made, and begin its deadlines now. */
void wire_attach(struct wire *w, struct plant *plant);

/** Behind a turn: wait for its exchange and for the next deadline.  One that is missed by
 * a whole cycle is counted and left out.  @return 0, or -EHOSTDOWN: nobody answers */
int wire_wait(struct wire *w);

/** Why nobody answers, static; "" where somebody does. */
const char *wire_why(const struct wire *w);

/** A line for the operator: exchanges, and deadlines missed. */
void wire_tell(const struct wire *w, FILE *out);

#endif
