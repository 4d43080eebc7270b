/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/value_type.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/quantity.h"

static const struct type {
	const char *name;
	const char *why; /* of the argument; NULL: takes none */
	long min_length, max_length;
	double min, max; /* NAN: no number */
	uint32_t bits;   /* 0: by its length */
} types[] = {
	[TYPE_BOOL] = {"bool", NULL, 0, 0, NAN, NAN, 1},
	[TYPE_BIT] = {"bit", "bit(n): a bit's number from 0 to 15", 0, 15, NAN, NAN, 1},
	[TYPE_INT8] = {"int8", NULL, 0, 0, INT8_MIN, INT8_MAX, 8},
	[TYPE_INT16] = {"int16", NULL, 0, 0, INT16_MIN, INT16_MAX, 16},
	[TYPE_INT32] = {"int32", NULL, 0, 0, INT32_MIN, INT32_MAX, 32},
	[TYPE_INT64] = {"int64", NULL, 0, 0, (double)INT64_MIN, (double)INT64_MAX, 64},
	[TYPE_UINT8] = {"uint8", NULL, 0, 0, 0, UINT8_MAX, 8},
	[TYPE_UINT16] = {"uint16", NULL, 0, 0, 0, UINT16_MAX, 16},
	[TYPE_UINT32] = {"uint32", NULL, 0, 0, 0, UINT32_MAX, 32},
	[TYPE_UINT64] = {"uint64", NULL, 0, 0, 0, (double)UINT64_MAX, 64},
	[TYPE_FLOAT16] = {"float16", NULL, 0, 0, -65504, 65504, 16},
	[TYPE_FLOAT32] = {"float32", NULL, 0, 0, -3.4028234663852886e38,
                          3.4028234663852886e38, 32},
	[TYPE_FLOAT64] = {"float64", NULL, 0, 0, -1.7976931348623157e308,
                          1.7976931348623157e308, 64},
	[TYPE_STRING] = {"string", "string(n): 1 to 250 bytes", 1, VALUE_TEXT_MAX, NAN,
                         NAN, 0},
	[TYPE_BCD] = {"bcd", "bcd(n): 1 to 16 digits", 1, 16, 0, 0, 0},
	[TYPE_EPOCH] = {"epoch", NULL, 0, 0, 0, UINT32_MAX, 32},
};

const char *value_type_name(size_t i)
{
	return i < ARRAY_SIZE(types) ? types[i].name : NULL;
}

/* The number in "(12)", or -1. */
static long argument(const char *text)
{
	size_t n = *text ? strspn(text + 1, "0123456789") : 0;
	long value = 0;

	if (*text != '(' || n == 0 || n > 4 || strcmp(text + 1 + n, ")") != 0) {
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		value = value * 10 + (text[1 + i] - '0');
	}
	return value;
}

int value_type_parse(const char *text, enum value_type *type, uint16_t *length,
                     const char **why)
{
	size_t n = strcspn(text, "(");
	long value;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct type *t = &types[i];

		if (strlen(t->name) != n || strncmp(t->name, text, n) != 0) {
			continue;
		}
		value = t->why ? argument(text + n) : 0;
		if (t->why && (value < t->min_length || value > t->max_length)) {
			*why = t->why;
			return -EINVAL;
		}
		if (!t->why && text[n]) {
			*why = "takes no length";
			return -EINVAL;
		}
		*type = (enum value_type)i;
		*length = (uint16_t)value;
		return 0;
	}
	*why = "unknown type";
	return -EINVAL;
}

bool value_type_analog(enum value_type type)
{
	return type != TYPE_BOOL && type != TYPE_BIT && type != TYPE_STRING &&
	       type != TYPE_EPOCH;
}

bool value_type_integer(enum value_type type)
{
	return (type >= TYPE_INT8 && type <= TYPE_UINT64) || type == TYPE_BCD;
}

bool value_type_range(enum value_type type, uint16_t length, double *min, double *max)
{
	if (isnan(types[type].min)) {
		return false;
	}
	*min = types[type].min;
	*max = type == TYPE_BCD ? pow(10, length) - 1 : types[type].max;
	return true;
}

uint32_t value_type_bits(enum value_type type, uint16_t length)
{
	if (type == TYPE_STRING) {
		return (length + 1U) / 2 * 16;
	}
	if (type == TYPE_BCD) {
		return (length + 3U) / 4 * 16;
	}
	return types[type].bits;
}
