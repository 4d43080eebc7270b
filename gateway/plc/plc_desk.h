/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What may be asked of a running PLC over its local socket (gateway/control.h):
 *
 *     plc                  how it runs: scans, cycle, effort, fault, forced variables
 *     watch NAME...        values, each with whether it is forced
 *     force NAME VALUE     hold a variable at a value
 *     unforce NAME         let it go
 *     change [FILE...]     another program takes its place: {"kept", "begun", "dropped"},
 *                          or {"refused": text}
 *
 * NAME and VALUE are separated by one tab.
 */
#ifndef GATEWAY_PLC_PLC_DESK_H
#define GATEWAY_PLC_PLC_DESK_H

#include <jansson.h>

#include "gateway/plc/cycle.h"
#include "gateway/plc/online.h"
#include "twin/plc/program.h"

struct plc_desk;

/** Who runs the program. */
struct plc_host {
	struct program *program; /* borrowed */
	/** How it runs; a period_mean of 0: scans are not on the clock. */
	struct cycle_stats (*stats)(void *arg);
	/** The program's time of the last scan, ns. */
	int64_t (*time_ns)(void *arg);
	/** A variable is forced, to a value as text; NULL: no longer.  NULL: nobody
	 * wants to know. */
	void (*forced)(void *arg, const char *name, const char *value);
	void *arg;
	struct online_change *online; /* borrowed; NULL: it cannot be changed */
};

/** @return 0 or -ENOMEM */
int plc_desk_new(struct plc_desk **out, const struct plc_host *host);
void plc_desk_free(struct plc_desk *d);

/** As control_answer_cb; every answer is an object, of what was wrong {"error": text}.
 * Forcing is said on stderr too. */
char *plc_desk_answer(void *desk, const char *request);

/** Change the program; said on stderr too.  @param paths  as online_apply()'s */
json_t *plc_desk_change(struct plc_desk *d, char *paths);

#endif
