/* SPDX-License-Identifier: Apache-2.0 */
/** How long a test runs: short by default, at length where POLLUX_LONG is set. */
#ifndef TESTS_LONG_FORM_H
#define TESTS_LONG_FORM_H

#include <stdlib.h>

static inline unsigned long long_form(unsigned long briefly, unsigned long at_length)
{
	const char *wanted = getenv("POLLUX_LONG");

	return wanted && *wanted && *wanted != '0' ? at_length : briefly;
}

#endif
