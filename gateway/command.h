/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The one door to the machine: every write, wherever it was asked for, passes the
 * allow-list, the limits, the rate and the interlock, then goes to the driver once, and
 * has exactly one outcome.  Loop thread only.
 *
 * Writes to one device keep their order and go one at a time; rate, interlock and expiry
 * are judged in the moment of sending.  Nothing is repeated: where the device did not
 * answer, the tag's next readings tell whether the write arrived.
 */
#ifndef GATEWAY_COMMAND_H
#define GATEWAY_COMMAND_H

#include "gateway/config.h"
#include "gateway/write_rules.h"

enum {
	COMMAND_QUEUE_MAX = 64,   /* under way at once; more are busy */
	COMMAND_EXPIRY_MS = 5000, /* of an order that names none: from then on unsent
	                             ones die */
	COMMAND_SETTLE_MIN_MS =
		1000,                  /* how long readings are waited for after a write
	                                  that was not answered: two periods and timeouts, */
	COMMAND_SETTLE_MAX_MS = 10000, /* within these */
};

/** How a command ended. */
enum command_status {
	COMMAND_DONE,    /* the device's own matching answer, or read back equal */
	COMMAND_REFUSED, /* by a rule; nothing was sent */
	COMMAND_FAILED, /* the device refused it, was not reached, or holds something else
	                 */
	COMMAND_UNKNOWN, /* sent, not answered, and the tag cannot be read */
	COMMAND_EXPIRED, /* not sent in time */
	COMMAND_BUSY,    /* no room; nothing was sent */
};

/** Strings are borrowed for the call. */
struct command_result {
	enum command_status status;
	bool unreachable;      /* the device did not take it: no connection, no answer */
	struct value readback; /* VALUE_NONE: not read back */
	const char *error;     /* a sentence for a person; "" where done at once */
};

typedef void (*command_done_cb)(void *arg, const struct command_result *result);

struct command_order {
	uint32_t tag;       /* of a device */
	struct value value; /* text is copied */
	const char *origin; /* "cli", ...; static */
	uint32_t expiry_ms; /* dead when not sent by then; 0: COMMAND_EXPIRY_MS */
	command_done_cb
		done; /* runs exactly once, perhaps before command_submit() returns
	               */
	void *arg;
};

/** What the door connects; all borrowed until command_free(). */
struct command_parts {
	const struct config *config;
	uv_loop_t *loop;
	uint64_t (*now_ns)(void); /* monotonic */
	/** The open device of an index; NULL: it could not be opened. */
	struct device *(*device)(void *arg, uint32_t index);
	/** A command ended, for the record; runs before its done. */
	void (*ended)(void *arg, const struct command_order *order,
	              const struct command_result *result);
	void *arg;
};

struct commands;

/** @return 0 or -ENOMEM */
int command_open(struct commands **out, const struct command_parts *parts);

/** Nothing is sent any more: what waits ends as failed, what is being read back as
 * unknown; what is with a driver ends when that is closed, which comes next.  NULL is
 * fine. */
void command_close(struct commands *c);

/** After the loop has run all close callbacks.  NULL is fine. */
void command_free(struct commands *c);

void command_submit(struct commands *c, const struct command_order *order);

/** Readings as they came from the devices, for interlocks and for reading back. */
void command_readings(struct commands *c, uint64_t received_ns, const struct reading *r,
                      size_t n);

/** End what is overdue; the own timer calls it. */
void command_tick(struct commands *c);

/** "done", "refused", ...; static. */
const char *command_status_name(enum command_status status);

#endif
