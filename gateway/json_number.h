/* SPDX-License-Identifier: Apache-2.0 */
/** Numbers for jansson, whose reals are finite. */
#ifndef GATEWAY_JSON_NUMBER_H
#define GATEWAY_JSON_NUMBER_H

#include <jansson.h>
#include <math.h>

/** null where it is no finite number. */
static inline json_t *json_number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

#endif
