/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Polls the devices: opens them, reads their poll groups when they are due, leaves silent
 * ones alone, and says how each is.  One timer a device; no device waits for another.
 */
#ifndef GATEWAY_POLLER_H
#define GATEWAY_POLLER_H

#include "drivers/driver.h"
#include "gateway/recent.h"

enum device_state {
	DEVICE_OK,
	DEVICE_DEGRADED, /* answers, but some tags are bad */
	DEVICE_DOWN,
	DEVICE_DISABLED,
};

/** A device as seen from outside.  A plain value. */
struct device_health {
	enum device_state state;
	enum reason reason; /* why down; REASON_NONE */
	const char *detail; /* as struct device's; NULL: nothing */
	uint32_t bad_tags;  /* of the last cycle of each group */
	double ok_pct;      /* of the last 100 reads and probes; NAN before the first */
	uint64_t reads, overruns;
	uint32_t backoff_ms;       /* until the next probe; 0: polled as configured */
	struct device_stats stats; /* the driver's own */
};

/** How it is polled, of the last minutes (figures.h).  A plain value. */
struct device_figures {
	struct quantiles rtt_us;
	double bus_load; /* share of time, 0 to 1; NAN: not on a bus */
};

/** One poll group.  A plain value. */
struct group_figures {
	uint32_t period_ms;
	uint64_t reads, overruns; /* since start */
	struct quantiles interval_us;
};

/** Where readings go.  All on the loop thread. */
struct poller_sink {
	/** A block's answer, or what is known of tags that had none.  Borrowed. */
	void (*readings)(void *arg, uint32_t device, uint64_t received_ns,
	                 const struct reading *r, size_t n);
	/** The state or its reason changed. */
	void (*device)(void *arg, uint32_t device, const struct device_health *health);
	void *arg;
};

struct poller_config {
	const struct device_config *devices; /* borrowed until poller_close() */
	size_t n_devices;
	uv_loop_t *loop;
	uint64_t (*now_ns)(void); /* monotonic */
};

struct poller;

/**
 * Open all devices and start polling.  A device that cannot be opened is down with reason
 * config; the others go on.
 * @param[out] out  set also on failure: close, let the loop run out, free
 * @return 0 or -ENOMEM
 */
int poller_open(struct poller **out, const struct poller_config *cfg,
                const struct poller_sink *sink);

void poller_health(const struct poller *p, uint32_t device, struct device_health *out);

void poller_figures(const struct poller *p, uint32_t device, struct device_figures *out);

/** @param group  below the n_periods of the device's configuration */
void poller_group(const struct poller *p, uint32_t device, size_t group,
                  struct group_figures *out);

/** The open device, for commands; NULL where it could not be opened. */
struct device *poller_device(struct poller *p, uint32_t device);

/** Have all devices asked once more for what they are held to refuse. */
void poller_doubt(struct poller *p);

/** Close all devices; nothing of sink runs any more.  NULL is fine. */
void poller_close(struct poller *p);

/** After poller_close() and once the loop has run all close callbacks.  NULL is fine. */
void poller_free(struct poller *p);

/** "ok", "degraded", "down", "disabled"; static. */
const char *device_state_name(enum device_state state);

#endif
