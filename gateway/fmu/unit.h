/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An FMU's library, loaded and called as its version wants it.  Only in the child process
 * that is there for it: whatever the library does, it does to that one.
 */
#ifndef GATEWAY_FMU_UNIT_H
#define GATEWAY_FMU_UNIT_H

#include "gateway/fmu/wire.h"

struct unit;

/** Load the library and make an instance.
 * @param[out] out  set on success; free with unit_free()
 * @param[out] text  of WIRE_TEXT_MAX: why not */
enum wire_status unit_load(struct unit **out, const struct wire_load *load, char *text);

/** Set values before it is initialised, or between steps.  Several of one reference in a
 * row are an array (3.0). */
enum wire_status unit_set(struct unit *u, const struct wire_value *v, size_t n);
enum wire_status unit_get(struct unit *u, struct wire_value *v, size_t n);

/** Initialise: time starts at start and stops at stop, s.
 * @param tolerance  0: the unit's own */
enum wire_status unit_start(struct unit *u, double start, double stop, double tolerance);

/** From t to t + h, s; in smaller steps where the unit discards this one and may. */
enum wire_status unit_step(struct unit *u, double t, double h);

/** How far the last step came, s. */
double unit_reached(const struct unit *u);

/** Keep the state in the unit's memory, in place of the one kept before; go back to it.
 */
enum wire_status unit_save(struct unit *u);
enum wire_status unit_restore(struct unit *u);

/** What the unit logged last, "" when it did not. */
const char *unit_text(const struct unit *u);

/** Terminate where that is allowed, and free. */
void unit_free(struct unit *u);

#endif
