/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The MQTT connection: a thread of its own that alone calls Paho, fed by a bounded queue.
 *
 * Live samples go out as they come (layout `tag`: P/D/T/state, retained; `device`:
 * P/D/data); what could not is sent from the history as P/D/T/history or P/D/history,
 * from the cursor, oldest first, at a bounded rate.  The cursor moves by acknowledgements
 * only.
 */
#ifndef GATEWAY_PUBLISHER_H
#define GATEWAY_PUBLISHER_H

#include "gateway/config.h"
#include "storage/writer.h"

struct publisher;

/** Any thread; a consistent picture. */
struct publisher_stats {
	bool connected;
	const char
		*server; /* of the connection or attempt; belongs to the configuration */
	char error[160]; /* why not connected, for a person; "" */
	uint64_t messages; /* acknowledged (QoS 0: written to the socket) */
	uint64_t live_rows, history_rows; /* acknowledged, repeats included */
	uint64_t coalesced; /* live samples overtaken by newer ones; history has both */
	uint64_t connects;
	uint32_t in_flight;
	uint64_t queued_bytes;
	uint64_t progress; /* for the watchdog */
};

/** A device's state as published on P/D/status. */
struct device_status {
	const char *state; /* "ok", "degraded", "down", "disabled"; static */
	int64_t since_us;
	const char *error; /* "" or a reason; static */
	double ok_pct;     /* of the polls of the last 100 cycles */
	double rtt_ms;     /* NAN: none yet */
	/* Members of a JSON object that say how it is polled; NULL: as told before. */
	const char *figures;
};

/**
 * Start the thread; connecting goes on in the background for ever.  The variables
 * http_proxy and https_proxy leave the environment: Paho would heed them.
 * @param cfg, w       borrowed until publisher_stop()
 * @param destination  index of this connection's cursor in w
 * @return 0 or a negative errno
 */
int publisher_start(struct publisher **out, const struct config *cfg, struct writer *w,
                    size_t destination);

/** Queue one batch; loop thread only, never waits.  Where the queue is full the batch is
 * left to the history.  at_us as given to writer_samples(). */
void publisher_samples(struct publisher *p, int64_t at_us, const struct sample *rows,
                       size_t n);

/** Queue an event for P/events, and for P/D/T/alarm where it belongs to an alarm. */
void publisher_event(struct publisher *p, const struct event *e);

void publisher_device(struct publisher *p, uint32_t device,
                      const struct device_status *s);

void publisher_stats(struct publisher *p, struct publisher_stats *out);

/** Send what is queued for at most ms, say offline, disconnect, join.  Where the library
 * hangs in name resolution its memory is left to the end of the process.  NULL is fine.
 */
void publisher_stop(struct publisher *p, uint32_t ms);

#endif
