/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A plant and its PLC in step: the program of the plant's file scans once a turn, between
 * sensors and actuators, on the addresses that the file gives it.
 *
 * Before the scan inputs are set from their signals; what else has an address (%Q, %M) is
 * set where somebody wrote its signal since the last scan, as a master of the PLC would.
 * After the scan all of %Q and %M is given to its signals.  Each scan that runs into an
 * error, and all after it, give the safe state: everything off.
 */
#ifndef GATEWAY_PLANT_PLC_LINK_H
#define GATEWAY_PLANT_PLC_LINK_H

#include <stdio.h>

#include "gateway/plant/plant_config.h"
#include "gateway/plc/online.h"
#include "twin/plc/program.h"

struct plc_link;

/**
 * Read and compile the program of setup.
 *
 * @param[out] out    set on success only; free with plc_link_close(), after the plant
 * @param setup       borrowed
 * @param options     of the program; NULL: its cycle is the plant's
 * @param complaints  gets file:line:col: error: ... of all that is wrong
 * @return 0; -EINVAL: complaints say why; -ENOMEM, -ENOENT, ... (said as well)
 */
int plc_link_open(struct plc_link **out, const struct plant_setup *setup,
                  const struct program_options *options, FILE *complaints);
void plc_link_close(struct plc_link *l);

/** Join it to a plant that was just made, whose first turn is scan 0. */
void plc_link_attach(struct plc_link *l, struct plant *plant);

/** The program, for what one wants to see of it. */
struct program *plc_link_program(const struct plc_link *l);

/** Another program in its place, between two scans: the files again, or others.  The
 * addresses of the plant's file stay.
 * @param watched  borrowed  @return end with online_free(); NULL: out of memory */
struct online_change *plc_link_online(struct plc_link *l, struct watched *watched);

/** Its texts. */
struct sources *plc_link_sources(const struct plc_link *l);

/** 0, or what program_scan() said of the last scan. */
int plc_link_fault(const struct plc_link *l);

#endif
