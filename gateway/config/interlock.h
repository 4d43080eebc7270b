/* SPDX-License-Identifier: Apache-2.0 */
/** Conditions of a write: "pump/ready == 1 and tank/level < 2.5".  Pure. */
#ifndef GATEWAY_CONFIG_INTERLOCK_H
#define GATEWAY_CONFIG_INTERLOCK_H

#include <stdbool.h>

enum interlock_operator {
	INTERLOCK_EQUAL,
	INTERLOCK_NOT_EQUAL,
	INTERLOCK_LESS,
	INTERLOCK_LESS_EQUAL,
	INTERLOCK_GREATER,
	INTERLOCK_GREATER_EQUAL,
};

/** One comparison. */
struct interlock_term {
	char tag[130]; /* DEVICE/TAG */
	enum interlock_operator operator;
	double number; /* true and false: 1 and 0 */
};

/**
 * Take the next term off *text; *text is then behind it and the word `and`, at '\0' after
 * the last.
 * @return 0, or -EINVAL with *why a static text
 */
int interlock_parse(const char **text, struct interlock_term *out, const char **why);

/** Is the term true of a value in the tag's unit?  NAN: never. */
bool interlock_holds(const struct interlock_term *term, double value);

#endif
