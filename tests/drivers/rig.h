/* SPDX-License-Identifier: Apache-2.0 */
/* One device of a driver on a loop with a scripted clock, and what it brought. */
#ifndef TESTS_DRIVERS_RIG_H
#define TESTS_DRIVERS_RIG_H

#include "drivers/driver.h"

enum { RIG_POINTS_MAX = 16 };

struct rig {
	uv_loop_t loop;
	void *shared;
	struct driver_env env;
	const struct driver *driver;
	struct device *device;
	struct device_config config;
	struct encoding encodings[RIG_POINTS_MAX]; /* of the points */
	struct point points[RIG_POINTS_MAX];
	struct reading readings[RIG_POINTS_MAX]; /* last brought, by tag */
	size_t n_brought, n_done;
	int err; /* of the last done */
};

/** Time of the rig's clock, ns. */
extern uint64_t rig_now_ns;

/** A rig of a driver without points yet; the clock at 1000 s. */
void rig_init(struct rig *r, const char *driver, const char *address);

/** Add a point in group 0; fails the test where it is refused.
 * @return its encoding, to be refined */
struct encoding *rig_point(struct rig *r, const char *at, enum value_type type);

/** Open; fails the test where it is refused. */
void rig_open(struct rig *r);

/** Read all points at t_s after 1000 s and turn the loop until done.  @return its err */
int rig_read(struct rig *r, double t_s);

/** Value last brought of point i as a number. */
double rig_value(const struct rig *r, size_t i);

/** Write a number and turn the loop.  @return write()'s err, else that of done */
int rig_write(struct rig *r, size_t i, double value);

/** Probe and turn the loop.  @return err of done */
int rig_probe(struct rig *r);

/** Close all; fails the test where a handle is left. */
void rig_fini(struct rig *r);

#endif
