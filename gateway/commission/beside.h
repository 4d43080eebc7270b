/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The gateway's twin beside a stepped plant: its configuration's tags are read from the
 * plant's registers at their periods, as over the wire, and merged; alarms are raised as
 * by the running gateway.
 */
#ifndef GATEWAY_COMMISSION_BESIDE_H
#define GATEWAY_COMMISSION_BESIDE_H

#include <stdio.h>

#include "gateway/commission/stand.h"
#include "gateway/plant/plant_config.h"

struct beside;

/**
 * @param[out] out   set on success only; free with beside_close()
 * @param path       of the gateway's configuration
 * @param setup      the plant that it polls; borrowed until beside_close()
 * @param complaints what is wrong with the configuration, and which tags the plant does
 *                   not have
 * @return 0; -EINVAL: complaints say why; -ENOMEM, ...
 */
int beside_open(struct beside **out, const char *path, const struct plant_setup *setup,
                FILE *complaints);
void beside_close(struct beside *b);

/** A new twin: with what beside_keep() kept, else one that knows nothing.  Turns until
 * beside_begin() are for it to find the plant's state: nothing is judged.
 * @return 0 or -ENOMEM */
int beside_restart(struct beside *b);

/** The run begins now. */
void beside_begin(struct beside *b);

/** Has beside_keep() kept something? */
bool beside_has_learnt(const struct beside *b);

/** What the twin has learnt in this run is what later ones begin with.
 * @return 0 or -ENOMEM */
int beside_keep(struct beside *b);

/** The plant has made a turn: take the readings that are due. */
void beside_turn(struct beside *b, const struct plant *plant);

/** A tag of a device: DEVICE/TAG.  @return 0 or -ENOENT */
int beside_find(const struct beside *b, const char *name, size_t n, uint32_t *tag);

/** Its newest reading, NAN where that was not good. */
double beside_value(const struct beside *b, uint32_t tag);

/** Name and unit; the i-th tag's name, NULL behind the last. */
void beside_describe(const struct beside *b, uint32_t tag, struct stand_quantity *out);
const char *beside_name(const struct beside *b, size_t i);

/** The tag that shows a signal, or NULL: "line/level1". */
const char *beside_tag_of(const struct beside *b, uint32_t signal);

/** Alarms of this run, in order; those that are not over have until_ns -1.  Valid until
 * beside_restart(). */
const struct stand_alarm *beside_alarms(const struct beside *b, size_t *n);

/** Tags and components that still learn. */
size_t beside_learning(const struct beside *b);

#endif
