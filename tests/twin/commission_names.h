/* SPDX-License-Identifier: Apache-2.0 */
/** Names for tests of conditions: quantity i has name names[i]. */
#ifndef TESTS_TWIN_COMMISSION_NAMES_H
#define TESTS_TWIN_COMMISSION_NAMES_H

#include <errno.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/commission/formula.h"

static const char *const commission_names[] = {
	"a",         "b",           "c",      "tank/level", "tank1.level",
	"main.a[3]", "main.pump.Q", "%QX0.1", "x-y",        "state",
};

static inline int commission_find(void *arg, const char *name, size_t n, uint32_t *index)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(commission_names); i++) {
		if (strlen(commission_names[i]) == n &&
		    strncmp(commission_names[i], name, n) == 0) {
			*index = (uint32_t)i;
			return 0;
		}
	}
	return -ENOENT;
}

/* The quantity state is 2 when it is 'Running'. */
static inline int commission_literal(void *arg, uint32_t index, const char *text,
                                     size_t n, double *out)
{
	(void)arg;
	*out = 2;
	return index == 9 && n == 7 && strncmp(text, "Running", n) == 0 ? 0 : -ENOENT;
}

static const struct name_space commission_space = {commission_find, commission_literal,
                                                   NULL};

#endif
