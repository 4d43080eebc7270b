/* SPDX-License-Identifier: Apache-2.0 */
/** Models of the live twin that are computed in processes of their own, FMUs and scripts:
 * what they ask of the twin and tell it, and the events of their failures.  Loop thread.
 */
#ifndef GATEWAY_COMPUTERS_H
#define GATEWAY_COMPUTERS_H

#include <uv.h>

#include "gateway/bus.h"

/** All borrowed until computers_free(). */
struct computers_parts {
	const struct config *config;
	const struct component_config *components; /* the twin's: parameters in force */
	uv_loop_t *loop;
	struct twin *twin;
	struct bus *bus;
};

struct computers;

/** Start them; there may be none.
 * @return 0, -ENOMEM, or a negative errno where FMUs cannot be unpacked */
int computers_open(struct computers **out, const struct computers_parts *parts);

/** Readings went through the twin: scripts may be asked.  NULL-safe. */
void computers_look(struct computers *c);

/** End the children; the loop closes the handles.  NULL-safe. */
void computers_close(struct computers *c);

/** After the loop ran out of handles.  NULL-safe. */
void computers_free(struct computers *c);

#endif
