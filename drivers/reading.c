/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/reading.h"

double value_number(const struct value *value)
{
	switch (value->kind) {
	case VALUE_REAL:
		return value->real;
	case VALUE_INT:
		return (double)value->i64;
	case VALUE_UINT:
		return (double)value->u64;
	case VALUE_BOOL:
		return value->flag ? 1.0 : 0.0;
	case VALUE_NONE:
	case VALUE_TEXT:
		break;
	}
	return NAN;
}

const char *quality_name(enum quality quality)
{
	static const char *const names[] = {
		[QUALITY_GOOD] = "good",
		[QUALITY_UNCERTAIN] = "uncertain",
		[QUALITY_STALE] = "stale",
		[QUALITY_BAD] = "bad",
	};

	return names[quality];
}

const char *reason_name(enum reason reason)
{
	static const char *const names[REASON_COUNT] = {
		[REASON_NONE] = "",
		[REASON_TIMEOUT] = "timeout",
		[REASON_REFUSED] = "refused",
		[REASON_RESET] = "reset",
		[REASON_EXCEPTION] = "exception",
		[REASON_CRC] = "crc",
		[REASON_MISMATCH] = "mismatch",
		[REASON_SHORT] = "short",
		[REASON_NOT_A_NUMBER] = "not_a_number",
		[REASON_OUT_OF_RANGE] = "out_of_range",
		[REASON_OVERRUN] = "overrun",
		[REASON_DISABLED] = "disabled",
		[REASON_CONFIG] = "config",
	};

	return names[reason];
}
