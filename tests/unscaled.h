/* SPDX-License-Identifier: Apache-2.0 */
/** Encodings of points that have a type and nothing else. */
#ifndef TESTS_UNSCALED_H
#define TESTS_UNSCALED_H

#include "drivers/tag.h"

#define UNSCALED(type_) [type_] = {.scale = 1, .type = (type_)}

/* By type; &unscaled[TYPE_INT16]. */
static const struct encoding unscaled[] = {
	UNSCALED(TYPE_BOOL),    UNSCALED(TYPE_BIT),     UNSCALED(TYPE_INT8),
	UNSCALED(TYPE_INT16),   UNSCALED(TYPE_INT32),   UNSCALED(TYPE_INT64),
	UNSCALED(TYPE_UINT8),   UNSCALED(TYPE_UINT16),  UNSCALED(TYPE_UINT32),
	UNSCALED(TYPE_UINT64),  UNSCALED(TYPE_FLOAT16), UNSCALED(TYPE_FLOAT32),
	UNSCALED(TYPE_FLOAT64), UNSCALED(TYPE_STRING),  UNSCALED(TYPE_BCD),
	UNSCALED(TYPE_EPOCH),
};

#endif
