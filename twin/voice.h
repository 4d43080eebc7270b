/* SPDX-License-Identifier: Apache-2.0 */
/** What components and monitors say of themselves: virtual sensors, health, reasons. */
#ifndef TWIN_VOICE_H
#define TWIN_VOICE_H

#include "twin/component.h"
#include "twin/drift/monitor.h"
#include "twin/twin.h"

/** Output i, which no device measures, as a reading of its own tag. */
void voice_sensor(const struct component *c, size_t i, struct reading *r,
                  struct estimate *e);

/** The component's own test, as a reading of its tag health: the sum of five NIS. */
void voice_health(const struct component *c, struct reading *r, struct estimate *e);

/** Why a component is as it is; fills method, threshold (of the statistic) and blame. */
void voice_component(const struct component *c, struct explanation *out);

/** What would explain how the component behaves: fills causes. */
void voice_causes(const struct component *c, struct explanation *out);

/** Why a tag is as its monitor says; test: chosen in place of its own, or NULL. blamed[0]
 * is the caller's. */
void voice_monitor(const struct monitor *m, const struct sequence *test,
                   struct explanation *out);

#endif
