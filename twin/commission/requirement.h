/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a commissioning script requires, as text and as a plain value.  Pure.
 *
 *     [when C:] [after T:] [always] [for T:] C       C holds (at every moment)
 *     [when C:] [after T:] never [for T:] C          C holds at no moment
 *     [when C:] [after T:] within T: C [for T]       C comes true in time (and stays for
 * T) [when C:] [after T:] C until C [within T]      the first holds until the second does
 *
 * C is a condition (twin/commission/formula.h), T a time: 200ms, 5 s, 1.5min, 2h. Without
 * `when` it begins once, where the script says so; with it, again each time that its
 * condition comes true.
 */
#ifndef TWIN_COMMISSION_REQUIREMENT_H
#define TWIN_COMMISSION_REQUIREMENT_H

#include "twin/commission/formula.h"

enum { REQUIREMENT_QUANTITIES_MAX = 16 };

enum requirement_kind {
	REQUIREMENT_ALWAYS,
	REQUIREMENT_NEVER,
	REQUIREMENT_WITHIN,
	REQUIREMENT_UNTIL,
};

struct requirement {
	enum requirement_kind kind;
	bool triggered;         /* `when` */
	struct formula when;    /* where triggered */
	struct formula holds;   /* the condition; of `until` the first */
	struct formula release; /* of `until` the second */
	int64_t delay_ns;       /* `after` */
	int64_t window_ns; /* of `within` and `for`; -1: none, which `within` never is */
	int64_t stays_ns;  /* of `within ... for`; 0: one moment is enough */
	uint32_t quantities[REQUIREMENT_QUANTITIES_MAX]; /* that it names */
	size_t n_quantities;
};

/** @return 0, or -EINVAL with *error */
int requirement_parse(struct requirement *out, const struct name_space *names,
                      const char *text, struct formula_error *error);

/** A condition alone, the whole text.  @return 0, or -EINVAL with *error */
int requirement_condition(struct formula *out, const struct name_space *names,
                          const char *text, struct formula_error *error);

/** Can its outcome only be known when the run ends? */
bool requirement_is_open(const struct requirement *r);

#endif
