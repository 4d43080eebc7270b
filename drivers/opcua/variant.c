/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/variant.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/scalar.h"

uint16_t variant_code(UA_StatusCode status)
{
	return (uint16_t)(status >> 16);
}

static enum reason reason_of(UA_StatusCode status)
{
	switch (status & 0xFFFF0000U) {
	case UA_STATUSCODE_GOOD:
		return REASON_NONE;
	case UA_STATUSCODE_BADTIMEOUT:
		return REASON_TIMEOUT;
	case UA_STATUSCODE_BADOUTOFRANGE:
		return REASON_OUT_OF_RANGE;
	case UA_STATUSCODE_BADOUTOFSERVICE:
		return REASON_DISABLED;
	default:
		return REASON_EXCEPTION;
	}
}

struct reading variant_bad(const struct point *point, UA_StatusCode status)
{
	struct reading r = scalar_bad(point, reason_of(status));

	r.code = variant_code(status);
	return r;
}

/* A number as a value.  @return false: it is none */
static bool to_number(struct value *out, const void *data, UA_DataTypeKind kind)
{
	int64_t i64;
	uint64_t u64;

	switch ((int)kind) {
	case UA_DATATYPEKIND_BOOLEAN:
		*out = value_bool(*(const UA_Boolean *)data);
		return true;
	case UA_DATATYPEKIND_FLOAT:
		*out = value_real((double)*(const UA_Float *)data);
		return true;
	case UA_DATATYPEKIND_DOUBLE:
		*out = value_real(*(const UA_Double *)data);
		return true;
	case UA_DATATYPEKIND_SBYTE:
		i64 = (int)*(const UA_SByte *)data;
		break;
	case UA_DATATYPEKIND_INT16:
		i64 = *(const UA_Int16 *)data;
		break;
	case UA_DATATYPEKIND_INT32:
	case UA_DATATYPEKIND_ENUM:
		i64 = *(const UA_Int32 *)data;
		break;
	case UA_DATATYPEKIND_INT64:
		i64 = *(const UA_Int64 *)data;
		break;
	case UA_DATATYPEKIND_BYTE:
		i64 = *(const UA_Byte *)data;
		break;
	case UA_DATATYPEKIND_UINT16:
		i64 = *(const UA_UInt16 *)data;
		break;
	case UA_DATATYPEKIND_UINT32:
	case UA_DATATYPEKIND_STATUSCODE:
		i64 = *(const UA_UInt32 *)data;
		break;
	case UA_DATATYPEKIND_UINT64:
		u64 = *(const UA_UInt64 *)data;
		*out = (struct value){.kind = VALUE_UINT, .u64 = u64};
		return true;
	default:
		return false;
	}
	*out = (struct value){.kind = VALUE_INT, .i64 = i64};
	return true;
}

static void read_date(struct reading *out, const struct point *point, UA_DateTime t)
{
	struct value raw = {.kind = VALUE_INT};

	if (point->encoding->type == TYPE_FLOAT32 ||
	    point->encoding->type == TYPE_FLOAT64) {
		raw = value_real((double)(t - UA_DATETIME_UNIX_EPOCH) /
		                 (double)UA_DATETIME_SEC);
	} else {
		raw.i64 = UA_DateTime_toUnixTime(t);
	}
	scalar_take(out, point, &raw);
}

static void read_scalar(struct reading *out, const struct point *point, const void *data,
                        const UA_DataType *type, char *room)
{
	const UA_String *text = data;
	struct value raw;

	switch ((int)type->typeKind) {
	case UA_DATATYPEKIND_LOCALIZEDTEXT:
		text = &((const UA_LocalizedText *)data)->text;
		scalar_read(out, point, (const char *)text->data, text->length, room);
		break;
	case UA_DATATYPEKIND_STRING:
		scalar_read(out, point, (const char *)text->data, text->length, room);
		break;
	case UA_DATATYPEKIND_DATETIME:
		read_date(out, point, *(const UA_DateTime *)data);
		break;
	default:
		if (to_number(&raw, data, (UA_DataTypeKind)type->typeKind)) {
			scalar_take(out, point, &raw);
		} else {
			*out = scalar_bad(point, REASON_MISMATCH);
		}
	}
}

void variant_read(struct reading *out, const struct point *point,
                  const UA_DataValue *value, bool element, char *room)
{
	UA_StatusCode status = value->hasStatus ? value->status : UA_STATUSCODE_GOOD;
	const UA_Variant *v = &value->value;

	if (UA_StatusCode_isBad(status)) {
		*out = variant_bad(point, status);
		return;
	}
	if (!value->hasValue || UA_Variant_isEmpty(v)) {
		*out = scalar_bad(point, REASON_SHORT);
		return;
	}
	if (!UA_Variant_isScalar(v) && (!element || v->arrayLength != 1)) {
		*out = scalar_bad(point, v->arrayLength ? REASON_MISMATCH : REASON_SHORT);
		return;
	}
	read_scalar(out, point, v->data, v->type, room);
	if (UA_StatusCode_isUncertain(status) && out->quality == QUALITY_GOOD) {
		out->quality = QUALITY_UNCERTAIN;
		out->reason = REASON_EXCEPTION;
		out->code = variant_code(status);
	}
}

/* ---- and back ---- */

/* What the integer types of OPC UA hold; max 0: no integer. */
static const struct range {
	int64_t min;
	uint64_t max;
} ranges[UA_DATATYPEKINDS] = {
	[UA_DATATYPEKIND_BOOLEAN] = {0, 1},
	[UA_DATATYPEKIND_SBYTE] = {INT8_MIN, INT8_MAX},
	[UA_DATATYPEKIND_BYTE] = {0, UINT8_MAX},
	[UA_DATATYPEKIND_INT16] = {INT16_MIN, INT16_MAX},
	[UA_DATATYPEKIND_UINT16] = {0, UINT16_MAX},
	[UA_DATATYPEKIND_INT32] = {INT32_MIN, INT32_MAX},
	[UA_DATATYPEKIND_UINT32] = {0, UINT32_MAX},
	[UA_DATATYPEKIND_INT64] = {INT64_MIN, INT64_MAX},
	[UA_DATATYPEKIND_UINT64] = {0, UINT64_MAX},
	[UA_DATATYPEKIND_ENUM] = {INT32_MIN, INT32_MAX},
	[UA_DATATYPEKIND_DATETIME] = {0, UINT32_MAX}, /* s since 1970 */
};

/* @return false: no integer, or beyond the range */
static bool parse_integer(uint64_t *bits, const char *text, const struct range *range)
{
	int64_t negative;
	char *end;

	errno = 0;
	if (*text == '-') {
		negative = strtoll(text, &end, 10);
		*bits = (uint64_t)negative;
		return end != text && !*end && !errno && negative >= range->min;
	}
	*bits = strtoull(text, &end, 10);
	return end != text && !*end && !errno && *bits <= range->max;
}

static bool to_integer(void *data, const UA_DataType *type, const char *text)
{
	uint64_t bits;

	if (!parse_integer(&bits, text, &ranges[type->typeKind])) {
		return false;
	}
	if (type->typeKind == UA_DATATYPEKIND_DATETIME) {
		*(UA_DateTime *)data = UA_DateTime_fromUnixTime((int64_t)bits);
		return true;
	}
	switch (type->memSize) {
	case 1:
		*(uint8_t *)data = (uint8_t)bits;
		break;
	case 2:
		*(uint16_t *)data = (uint16_t)bits;
		break;
	case 4:
		*(uint32_t *)data = (uint32_t)bits;
		break;
	default:
		*(uint64_t *)data = bits;
	}
	return true;
}

static bool to_real(void *data, UA_DataTypeKind kind, const char *text)
{
	char *end;
	double real = strtod(text, &end);

	if (end == text || *end) {
		return false;
	}
	if (kind == UA_DATATYPEKIND_DOUBLE) {
		*(UA_Double *)data = real;
		return true;
	}
	*(UA_Float *)data = (UA_Float)real;
	return isfinite(*(UA_Float *)data) || !isfinite(real);
}

static UA_StatusCode fill(void *data, const UA_DataType *type, const char *text)
{
	UA_DataTypeKind kind = (UA_DataTypeKind)type->typeKind;
	UA_String *string = data;
	bool fits;

	if (kind == UA_DATATYPEKIND_LOCALIZEDTEXT) {
		string = &((UA_LocalizedText *)data)->text;
	}
	if (kind == UA_DATATYPEKIND_STRING || kind == UA_DATATYPEKIND_LOCALIZEDTEXT) {
		*string = UA_STRING_ALLOC(text);
		return string->data ? UA_STATUSCODE_GOOD : UA_STATUSCODE_BADOUTOFMEMORY;
	}
	if (kind == UA_DATATYPEKIND_FLOAT || kind == UA_DATATYPEKIND_DOUBLE) {
		fits = to_real(data, kind, text);
	} else if (ranges[kind].max > 0) {
		fits = to_integer(data, type, text);
	} else {
		return UA_STATUSCODE_BADTYPEMISMATCH;
	}
	return fits ? UA_STATUSCODE_GOOD : UA_STATUSCODE_BADOUTOFRANGE;
}

UA_StatusCode variant_write(UA_Variant *out, const UA_DataType *type, bool array,
                            const char *text)
{
	UA_StatusCode status;
	void *data;

	UA_Variant_init(out);
	data = array ? UA_Array_new(1, type) : UA_new(type);
	if (!data) {
		return UA_STATUSCODE_BADOUTOFMEMORY;
	}
	if (array) {
		UA_Variant_setArray(out, data, 1, type);
	} else {
		UA_Variant_setScalar(out, data, type);
	}
	status = fill(data, type, text);
	if (status) {
		UA_Variant_clear(out);
	}
	return status;
}
