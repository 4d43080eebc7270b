/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A bench (twin/commission/trial.h) with names: what a commissioning script is bound to.
 * Kinds: gateway/commission/stand_line.h, plant and program stepped in this process;
 * a test's own.
 */
#ifndef GATEWAY_COMMISSION_STAND_H
#define GATEWAY_COMMISSION_STAND_H

#include "twin/commission/trial.h"

/** What one of its quantities is. */
struct stand_quantity {
	const char *name; /* as it is best written; valid as long as the stand */
	const char *unit; /* "" where none */
	bool writable;
	bool hidden; /* it has no value here: what names it is not judged */
	bool states; /* few values that mean something: a switch, an enumeration */
	/** What a value is called; NULL: it has no names.  Valid until the next call. */
	const char *(*state)(void *arg, double value);
	void *arg;
};

/** An alarm that the gateway's twin, running beside, has raised. */
struct stand_alarm {
	int64_t from_ns, until_ns; /* of the run; until -1: not over */
	const char *tag, *kind, *message;
};

struct logic;

struct stand {
	struct bench bench; /* its self is that of all calls below */
	/** A quantity by name.  @return 0 or -ENOENT */
	int (*find)(void *self, const char *name, size_t n, uint32_t *handle);
	/** The number of a value by name: of 'Running'.  @return 0 or -ENOENT */
	int (*literal)(void *self, uint32_t handle, const char *text, size_t n,
	               double *out);
	/** All names, to suggest one; NULL behind the last. */
	const char *(*name)(void *self, size_t i);
	void (*describe)(void *self, uint32_t handle, struct stand_quantity *out);
	/** Prepare a fault for bench.inject().  @return 0; -ENOENT: no such target;
	 * -EINVAL: the target has no such fault, or not of this value; -ENOMEM */
	int (*fault)(void *self, const char *target, const char *fault, double value,
	             uint32_t *out);
	/** Back to the beginning, as it came.  @return 0 or a negative errno */
	int (*restart)(void *self);
	/** Alarms of the run so far, valid until restart(); NULL: no twin runs beside. */
	const struct stand_alarm *(*alarms)(void *self, size_t *n);
	/** The tag that a prepared fault falsifies, or NULL: it is not one tag's. */
	const char *(*falsifies)(void *self, uint32_t fault);
	/** What the twin has learnt in this run is what later runs begin with; NULL: as
	 * alarms.  @return 0; -EAGAIN: it is still learning; -ENOMEM */
	int (*keep)(void *self);
	/** Its program, for what of it has run; NULL: it has none that could say. */
	const struct logic *(*logic)(void *self);
	/** Why step() stopped, a sentence; "" where it did not. */
	const char *(*why)(void *self);
};

#endif
