/* SPDX-License-Identifier: Apache-2.0 */
/** What a tag's monitor does with its readings: collects them and learns, then judges. */
#ifndef TWIN_LEARNING_H
#define TWIN_LEARNING_H

#include "twin/twin_impl.h"

/** Let the monitor of r's tag see x at t_ns; the tag learns from so many of them. */
void learning_watch(struct twin *t, int64_t t_ns, const struct reading *r, double x,
                    struct estimate *e);

/** A component has learnt: the monitors of its sensors learn from its innovations. */
void learning_teach(struct twin *t, struct component *c, int64_t t_ns);

/** Remark where a component has begun to learn, or is done. */
void learning_component(struct twin *t, uint32_t component);

/** A tag has learnt; with the last of them the learning buffers go. */
void learning_done(struct twin *t, uint32_t tag);

#endif
