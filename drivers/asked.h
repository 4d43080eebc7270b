/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The asking side of a driver whose devices tell their values by themselves: a read is
 * answered with what has come, never before the call that asked has returned; while the
 * first connection is being made, after one timeout at the latest.  Loop thread only.
 */
#ifndef DRIVERS_ASKED_H
#define DRIVERS_ASKED_H

#include "drivers/driver.h"

/** What the driver knows; all run on the loop, arg is theirs. */
struct asked_hooks {
	/** How the connection is: 0, -EINPROGRESS while the first is being made, or
	 * another negative errno. */
	int (*error)(void *arg);
	/** A read is being answered: give to its sink what is due of asked->due. */
	void (*bring)(void *arg);
	/** After asked_close(): the timer is gone. */
	void (*closed)(void *arg);
	void *arg;
};

/** A member of the device; open to read. */
struct asked {
	const struct device_config *config; /* borrowed */
	struct asked_hooks hooks;
	uv_timer_t timer;
	bool reading, probing;
	uint32_t due; /* poll groups of the read, a bit each */
	struct read_sink sink;
	probe_done_cb probe_done;
	void *probe_arg;
};

/** From here on it must be closed before its memory goes. */
void asked_open(struct asked *a, uv_loop_t *loop, const struct device_config *config,
                const struct asked_hooks *hooks);

/** As driver.read and driver.probe.  @return 0, or -EBUSY: one is under way */
int asked_read(struct asked *a, uint32_t due, const struct read_sink *sink);
int asked_probe(struct asked *a, probe_done_cb done, void *arg);

/** The connection came up or went down: who waits is answered now. */
void asked_changed(struct asked *a);

/** Who waits is told -ECANCELED, before this returns; hooks.closed comes later. */
void asked_close(struct asked *a);

#endif
