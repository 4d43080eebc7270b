/* SPDX-License-Identifier: Apache-2.0 */
/** Something that happened, as kept in the history and published on P/events. */
#ifndef STORAGE_EVENT_H
#define STORAGE_EVENT_H

#include <stdint.h>

#define EVENT_NOBODY UINT32_MAX

/** Strings are borrowed for the call, static or copied by who keeps the event. */
struct event {
	int64_t ts_us;    /* UTC; strictly increasing over the gateway with all samples */
	int64_t alarm_id; /* ts_us of the alarm's raise; 0: no alarm, a plain event */
	uint32_t device;  /* index, devices then components; EVENT_NOBODY */
	uint32_t tag;     /* gateway-wide index, or EVENT_NOBODY */
	const char
		*kind; /* "drift", "mismatch", "device_down", "gap", "clock_step", ... */
	const char *severity; /* "info", "warning", "alarm", "critical" */
	const char *state; /* alarm: "active", "acknowledged", "shelved", "cleared"; else
	                      "" */
	double value, predicted, residual, threshold; /* NAN: none */
	const char *method;                           /* "" where none */
	const char *contributions; /* JSON array of {"tag","share"}; "" where none */
	const char *message;       /* a sentence for a person */
	const char *by;            /* who acknowledged; "" where nobody */
};

#endif
