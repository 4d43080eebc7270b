/* SPDX-License-Identifier: Apache-2.0 */
/** One Modbus device on a loop, and what it brought; the clock is the real one. */
#ifndef TESTS_DRIVERS_MODBUS_RIG_H
#define TESTS_DRIVERS_MODBUS_RIG_H

#include "drivers/driver.h"

enum { MODBUS_RIG_POINTS = 64 };

struct modbus_rig {
	uv_loop_t loop;
	void *shared;
	struct driver_env env;
	const struct driver *driver;
	struct device *device;
	struct device_config config;
	struct encoding encodings[MODBUS_RIG_POINTS]; /* of the points */
	struct point points[MODBUS_RIG_POINTS];
	uint32_t periods_ms[2];
	char address[128];
	/* What the last read brought. */
	struct reading
		readings[MODBUS_RIG_POINTS]; /* by tag, which is the point's index */
	unsigned int n_brought[MODBUS_RIG_POINTS];
	uint64_t received_ns[MODBUS_RIG_POINTS];
	char texts[MODBUS_RIG_POINTS][VALUE_TEXT_MAX + 1];
	size_t n_blocks;
	size_t n_done; /* of anything asked, since init */
	int err;
	uint16_t code;
	void (*on_block)(struct modbus_rig *rig);
};

/** A rig without points: unit 1, 5 s timeout, plain limits, two groups. */
void modbus_rig_init(struct modbus_rig *rig, const char *address);

/** Add a point in group 0; fails the test where it is refused.
 * @return its encoding, to be refined */
struct encoding *modbus_rig_point(struct modbus_rig *rig, const char *at,
                                  enum value_type type, uint16_t length);

/** As modbus_rig_point(), in a group. */
void modbus_rig_grouped(struct modbus_rig *rig, const char *at, enum value_type type,
                        uint32_t group);

/** Open; fails the test where it is refused. */
void modbus_rig_open(struct modbus_rig *rig);

/** Start a read without waiting. */
void modbus_rig_start(struct modbus_rig *rig, uint32_t due);

/** Wait until n things are done, since init. */
void modbus_rig_wait(struct modbus_rig *rig, size_t n);

/** Read and wait.  Checks that every point due came exactly once.  @return err of done */
int modbus_rig_read(struct modbus_rig *rig, uint32_t due);

/** Write and wait.  @return write()'s own err, else that of done; code in rig->code */
int modbus_rig_write(struct modbus_rig *rig, size_t i, struct value value);

/** Probe and wait.  @return err of done */
int modbus_rig_probe(struct modbus_rig *rig);

/** The callbacks, for tests that ask without waiting; arg is the rig. */
void modbus_rig_written(void *arg, int err, uint16_t code);

/** Close the device. */
void modbus_rig_close(struct modbus_rig *rig);

/** Close the device, run the loop until its end; fails where a handle is left. */
void modbus_rig_fini(struct modbus_rig *rig);

#endif
