/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What was found out about devices, across restarts: `devices.json` in the state
 * directory, taken at start, written when a driver has learned something.  Loop thread;
 * while the gateway runs text and disk are the pool's.
 */
#ifndef GATEWAY_DEVICE_FILE_H
#define GATEWAY_DEVICE_FILE_H

#include "gateway/config.h"
#include "gateway/poller.h"

struct device_file;

/**
 * Read what is there.  What belongs to a device that is no more, or has another address
 * or unit, is left out; a file that is damaged is said so in the log and overwritten.
 *
 * @param cfg, loop  borrowed until device_file_free(); loop NULL: only to read
 * @return 0 or -ENOMEM
 */
int device_file_new(struct device_file **out, const struct config *cfg, uv_loop_t *loop);

/** The devices of the configuration, each with what is known of it; valid until
 * device_file_free(). */
const struct device_config *device_file_devices(const struct device_file *f);

/** Once a second; writes on the pool when a device has learned something. */
void device_file_tick(struct device_file *f, struct poller *poller);

/** Take what the devices know, before poller_close(); device_file_save() writes it. */
void device_file_end(struct device_file *f, struct poller *poller);

/** Write what is not written yet, and wait for it; the loop has ended.  NULL is fine. */
void device_file_save(struct device_file *f);
void device_file_free(struct device_file *f);

#endif
