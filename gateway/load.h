/* SPDX-License-Identifier: Apache-2.0 */
/** What polling will ask of a device, before it runs: for `check -v`.  Pure. */
#ifndef GATEWAY_LOAD_H
#define GATEWAY_LOAD_H

#include "drivers/driver.h"

/** A plain value. */
struct load {
	double busy; /* share of time with a request on the way, 0 to 1 and more */
	double requests_per_s;
};

/**
 * Poll groups that are due together share their requests, as the schedule has it: a slow
 * group with a faster one whose period divides its own.  Groups with `every: 0ms` take
 * what is left and count as nothing; so does a driver that cannot plan.
 */
struct load load_of_device(const struct device_config *d);

#endif
