/* SPDX-License-Identifier: Apache-2.0 */
/** Versions of a component's parameters, as in the view `models`: records that never
 * change, but for which of them is in force. */
#ifndef STORAGE_VERSION_H
#define STORAGE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

struct history;

/** Of a component; version 0 is what is configured, and has no record. */
struct version {
	int64_t ts_us;         /* UTC, when it was made; 0: only force is to change */
	uint32_t device;       /* the component's index */
	int64_t number;        /* from 1; 0: force what is configured */
	const char *details;   /* JSON: parameters, prior, and how they were found */
	double train_error;    /* root mean square of residuals over sigma */
	double held_out_error; /* mean ratio of forecast errors to those before */
	bool accepted;         /* puts it in force in place of any other */
};

/** Keep a version, or put a kept one in force.
 * @return as history_append() */
int version_put(struct history *h, const struct version *v);

#endif
