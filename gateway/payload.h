/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Message bytes of everything that is published (contract: docs/mqtt.md).  Pure.
 *
 * Numbers are numbers with the shortest digits that read back the same, 64-bit integers
 * exact; what is absent is null; times are ms of UTC, us / 1000 rounded down.  Functions
 * return the length of a NUL-terminated text, or 0 where size is too small.
 */
#ifndef GATEWAY_PAYLOAD_H
#define GATEWAY_PAYLOAD_H

#include "drivers/tag.h"
#include "gateway/jsonout.h"
#include "gateway/publisher.h"
#include "storage/event.h"
#include "twin/estimate.h"

enum {
	PAYLOAD_MAX = 64 * 1024,   /* bytes of a history message, at most */
	PAYLOAD_STATE_MAX = 4096,  /* a state always fits */
	PAYLOAD_NOTICE_MAX = 8192, /* an event, alarm, status or info always fits */
};

/** us to ms, rounded down also before 1970. */
int64_t payload_ms(int64_t us);

/** P/D/T/state: one flat object with all keys. */
size_t payload_state(char *buf, size_t size, const struct tag *tag,
                     const struct sample *s);

/** What P/D/data needs of the configuration; borrowed. */
struct payload_form {
	const struct tag *tags;    /* all; rows index it */
	const char *const *fields; /* further fields per tag; payload_is_field() */
	size_t n_fields;
};

/** P/D/data: the rows of one device that share one time; n >= 1. */
size_t payload_data(char *buf, size_t size, const struct payload_form *form,
                    const struct sample *const *rows, size_t n);

/** "predicted", "estimate", "sigma", "residual", "score", "state", "drift", "source",
 * "quality", "unit". */
bool payload_is_field(const char *name);

/** P/D/T/alarm, and with its device and tag P/events.
 * @param device, tag  names for P/events, NULL where none; both NULL: the alarm form */
size_t payload_alarm(char *buf, size_t size, const struct event *e);
size_t payload_event(char *buf, size_t size, const struct event *e, const char *device,
                     const char *tag);

/** P/D/status; without its figures where they do not fit. */
size_t payload_status(char *buf, size_t size, const struct device_status *s);

/** What P/info says. */
struct payload_info {
	const char *version, *session;
	int64_t started_us;
	size_t devices, tags;
	int64_t queue; /* samples that wait for this broker */
	bool clock_synced;
};
size_t payload_info(char *buf, size_t size, const struct payload_info *info);

/** P/D/T/history or P/D/history while it grows; begin with payload_history(). */
struct payload_history {
	struct jsonout json;
	int64_t from_us, to_us;
	size_t n; /* rows in it */
};

/** @param buf  of at least PAYLOAD_MAX bytes; borrowed until payload_history_done() */
struct payload_history payload_history(char *buf);

/** Add a row if it still fits.  @param name  of its tag in layout `device`, else NULL */
bool payload_history_add(struct payload_history *h, const struct sample *s,
                         const char *name);

/** @return where the text begins in buf; *n is its length, at most PAYLOAD_MAX */
const char *payload_history_done(struct payload_history *h, size_t *n);

#endif
