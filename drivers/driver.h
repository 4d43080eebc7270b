/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The contract between a driver and the gateway.
 *
 * All calls come from the loop thread and none blocks: a driver whose library blocks
 * keeps a worker of its own.  Drivers share no state; what several devices share (a
 * serial line, a TCP connection to a gateway of units) a driver finds through struct
 * driver_env.
 *
 * A device has poll groups: the distinct periods of its points.  The gateway says which
 * groups are due, the driver knows how to read them in as few requests as possible.
 */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H

#include <uv.h>

#include "drivers/reading.h"
#include "drivers/tag.h"

enum {
	POLL_GROUPS_MAX = 32, /* distinct periods of one device */
	POINT_TEXT_MAX = 64,  /* what print_point() needs at most */
};

/** Addresses of one space of a device, both ends included.  A plain value. */
struct device_range {
	uint16_t space; /* as point.space */
	uint16_t first, last;
};

/** What a device was found to refuse.  A plain value. */
struct device_hole {
	struct device_range
		range; /* not to be covered for the sake of points beside it */
	struct device_range asked; /* the request that was refused, range within it: no
	                              point that covers it is asked for either */
	uint8_t code;              /* of the exception */
	bool guess; /* asked was not refused itself, but something wider was */
};

/** Limits of a device that the request planner keeps. */
struct device_limits {
	uint16_t max_registers; /* in one read, 1 to 125 */
	uint16_t max_bits;      /* in one read, 1 to 2000 */
	uint16_t max_gap;     /* unwanted registers (or 16 bits) bridged between points */
	uint16_t in_flight;   /* requests on the way at once on one connection, 1 to 16;
	                         serial lines: 1 */
	uint16_t connections; /* to its address at once, 1 to 4; serial lines: 1 */
	uint32_t pause_ms;    /* between an answer and the next request */
	uint32_t first_byte_ms;     /* serial lines: until an answer begins; 0: timeout */
	uint32_t max_turnaround_ms; /* serial lines: latest of late answers; 0: 2 x
	                               timeout */
	uint32_t round_trip_us;     /* request to answer but for the line; 0: not known */
	const struct device_range *omit; /* never to be touched by a read */
	size_t n_omit;
	bool one_per_request; /* a read asks for one point (and what lies within it) */
	bool start_at_zero;   /* reads begin at address 0 */
};

/** One device as configured.  Everything belongs to the struct config that holds it. */
struct device_config {
	const char *id;      /* unique; appears in topics and in the log */
	const char *driver;  /* "modbus", "sim", ... */
	const char *address; /* in the driver's own syntax */
	uint32_t index;      /* in order of configuration */
	uint8_t unit;        /* Modbus unit id, 0 to 255 */
	uint32_t timeout_ms; /* for one transaction, 1 to 60000 */
	enum word_order order;
	struct device_limits limits;
	const struct point *points; /* points[i].tag is points[0].tag + i */
	size_t n_points;
	const uint32_t *periods_ms; /* poll groups, ascending, distinct */
	size_t n_periods;           /* at most POLL_GROUPS_MAX */
	/* What an earlier run found out; copied by open(), which leaves out what does not
	 * fit the limits. */
	const struct device_hole *holes;
	size_t n_holes;
	uint32_t measured_us; /* as device.measured_us */
};

/** What the gateway lends to a driver. */
struct driver_env {
	uv_loop_t *loop;
	uint64_t (*now_ns)(void); /* monotonic; any thread */
	void **shared; /* this driver's slot for what its devices share; NULL at start */
	/** UTC, us since 1970, to judge the age of what devices stamp themselves; NULL:
	 * unknown.  The time of a reading is never taken from it. */
	int64_t (*wall_us)(void);
};

/** Counted by the driver, shown by status.  Since open; monotone but for rtt. */
struct device_stats {
	uint64_t requests, answers;
	uint64_t registers;            /* asked for, bits counted as 1/16 */
	uint64_t late_answers;         /* dropped: their request was given up */
	uint64_t errors[REASON_COUNT]; /* transactions that failed, by reason */
	uint64_t bytes_in, bytes_out;
	uint32_t in_flight;     /* requests on the way now; not monotone */
	uint64_t busy_since_ns; /* while in_flight is not 0 */
	uint64_t busy_ns;  /* with a request on the way, but for the present stretch */
	uint32_t rtt_us;   /* of the last answer */
	uint32_t n_blocks; /* requests of a cycle with all groups due */
};

/** What a driver has learned that the device refuses.  Read by the gateway, which keeps
 * it across restarts; changed by the driver only. */
struct device_holes {
	const struct device_hole *items; /* as long as version stays */
	size_t n;
	uint32_t version; /* another with every change */
};

/** Where a device brings values that come by themselves, between reads: a block as that
 * of struct read_sink, on the loop thread. */
struct report_sink {
	void (*block)(void *arg, uint64_t received_ns, const struct reading *r, size_t n);
	void *arg;
};

/** The first member of every driver's own device. */
struct device {
	const struct driver *driver;
	const struct device_config *config;
	struct device_stats stats;
	struct device_holes holes;
	uint32_t measured_us; /* round trip but for the line, that plans are made with;
	                         0: not measured yet */
	const char *detail;   /* why it is down, in the words of its protocol; static;
	                         NULL: the reason says it all */
	struct report_sink report; /* set right after open(); block NULL: not wanted */
};

/**
 * Where a read brings its answers.  Every point of the groups asked for is brought
 * exactly once, good or bad, in any number of blocks; then done runs exactly once.  A
 * driver that reports (struct report_sink) brings only the points that have no good
 * value: the others were brought when they came.
 */
struct read_sink {
	/** One block's answer (or failure: all its readings bad with the reason).
	 * @param received_ns  when the answer was complete, on env->now_ns' axis
	 * @param r            borrowed for the call */
	void (*block)(void *arg, uint64_t received_ns, const struct reading *r, size_t n);
	/** All is brought.
	 * @param err  0 when the device answered anything at all, also an exception; else
	 *             why it is silent: -ETIMEDOUT, -ECONNREFUSED, -ECONNRESET, ... */
	void (*done)(void *arg, int err);
	void *arg;
};

/** @param err   0 only on the device's own matching answer; -EREMOTEIO with code for a
 *               Modbus exception; -ETIMEDOUT: sent, no answer, outcome unknown;
 *               -ECANCELED, -ECONNREFUSED: never sent.  Of a point with read_back, where
 *               the device took it: -EBADMSG: it holds something else, -ENODATA: that
 *               could not be read */
typedef void (*write_done_cb)(void *arg, int err, uint16_t code);
typedef void (*probe_done_cb)(void *arg, int err);

/** Something readable that a device names by itself.  Borrowed for the call. */
struct browse_item {
	const char *path;  /* the names that lead to it, "Pump/Flow" */
	const char *at;    /* in the driver's own syntax */
	const char *type;  /* "float64", "string(32)", ... */
	const char *unit;  /* "" where it has none */
	const char *value; /* as it is now; "" where it has none, or is an array's */
	bool writable;
};

/** Where browse() brings what it finds. */
struct browse_sink {
	void (*item)(void *arg, const struct browse_item *item);
	/** Before each request.  @return false: stop */
	bool (*go_on)(void *arg, size_t n_seen, const char *path);
	void *arg;
};

struct driver {
	const char *name; /* as written in the configuration */
	bool raw_values;  /* keeps to struct point_raw */

	/**
	 * Understand `at:` and check it against the type (encoding->type, length and the
	 * like are set before).  Pure.  Fills space, address and read_only (and type and
	 * length where the address implies them), and raw->exponent.
	 * @return 0, or -EINVAL with *why a static text for the operator
	 */
	int (*parse_point)(struct point *point, const char **why);

	/**
	 * Print where a point is in every notation of the field, "holding:0 40001", for
	 * `check -v`.  Pure.  May be NULL: then as configured.
	 * @param text  n >= POINT_TEXT_MAX bytes
	 */
	void (*print_point)(const struct point *point, char *text, size_t n);

	/**
	 * Understand a range of `omit:`, first and last address in the notation of
	 * `at:`.  Pure.  May be NULL: then the driver keeps no such limit.
	 * @return 0, or -EINVAL with *why a static text
	 */
	int (*parse_range)(struct device_range *out, const char *text, const char **why);

	/** Print a range as parse_range() reads it; n >= POINT_TEXT_MAX bytes.  Pure. */
	void (*print_range)(const struct device_range *range, char *text, size_t n);

	/**
	 * May a point, understood before, be read within the limits?  Pure.  May be NULL.
	 * @return 0, or -EINVAL with *why a static text
	 */
	int (*check_point)(const struct point *point, const struct device_limits *limits,
	                   const char **why);

	/** Check `address:`.  Pure.  @return 0 or -EINVAL with *why a static text */
	int (*parse_address)(const char *address, const char **why);

	/**
	 * Open a device; connects in its own time, so a device that is away is no error.
	 * cfg and env outlive the device.
	 * @return 0, or a negative errno with *why a static text for the operator
	 */
	int (*open)(struct device **out, const struct driver_env *env,
	            const struct device_config *cfg, const char **why);

	/**
	 * Start reading all points of the groups whose bit is set in due (bit i: the
	 * group of periods_ms[i]).  One read at a time per device.  sink is copied.  A
	 * silent device costs one timeout: once nothing has answered, the rest is brought
	 * bad without asking.  In close(), a read under way ends with -ECANCELED.
	 * @return 0; or a negative errno and nothing of sink ever runs
	 */
	int (*read)(struct device *dev, uint32_t due, const struct read_sink *sink);

	/** Ask the least there is, to see whether the device is back.  done as in read.
	 */
	int (*probe)(struct device *dev, probe_done_cb done, void *arg);

	/**
	 * Write one point; overtakes reads by at most the transactions in flight; sent at
	 * most once.  On 0, done runs exactly once and later, at the latest in close().
	 * NULL where the driver cannot write.
	 * @return 0, -ERANGE: the value does not fit point exactly, -EROFS, -EBUSY: 8
	 * queued
	 */
	int (*write)(struct device *dev, const struct point *point,
	             const struct value *value, write_done_cb done, void *arg);

	/** Ask for what is held to be refused once more, soon.  May be NULL. */
	void (*doubt_holes)(struct device *dev);

	/** Close: ends what is under way, closes handles; the memory is freed in their
	 * close callbacks, while the loop still runs.  dev is gone for the caller. */
	void (*close)(struct device *dev);

	/**
	 * List what can be read at an address, for `pollux scan`.  Blocks: for a program
	 * that does nothing else.  May be NULL: a device does not say what it has.
	 * @return 0; -ECANCELED: stopped; -EFBIG: there is more; else why the device
	 * cannot be used, after what was found
	 */
	int (*browse)(const char *address, uint32_t timeout_ms,
	              const struct browse_sink *sink);

	/**
	 * Print the request plan for the groups in due, a line a block, for `check -v`.
	 * Pure: needs no open device.  May be NULL.
	 * @return predicted number of requests; predicted cycle time in *cycle_us
	 */
	size_t (*plan)(const struct device_config *cfg, uint32_t due, uint32_t *cycle_us,
	               void (*line)(void *arg, const char *text), void *arg);
};

/** The driver of a name, or NULL. */
const struct driver *driver_find(const char *name);

/** What a driver needs that was not there when this program was built without it, or
 * NULL: no such driver, or it is in.  Static. */
const char *driver_needs(const char *name);

/** The i-th driver, NULL beyond the last: for lists and "did you mean". */
const struct driver *driver_at(size_t i);

#endif
