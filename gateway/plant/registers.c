/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plant/registers.h"

#include <math.h>
#include <string.h>

#include "drivers/modbus/value.h"

enum { WIRE_MAX = 8 }; /* bytes of a number */

bool registers_are_bits(const struct plant_register *r)
{
	return r->point.space == MODBUS_COIL || r->point.space == MODBUS_DISCRETE;
}

static uint16_t *words_of(struct image *image, const struct plant_register *r)
{
	return (r->point.space == MODBUS_HOLDING ? image->holding : image->input) +
	       r->point.address;
}

static bool *bit_of(struct image *image, const struct plant_register *r)
{
	return (r->point.space == MODBUS_COIL ? image->coils : image->discretes) +
	       r->point.address;
}

/* The raw number in the kind of its type; what it cannot hold saturates. */
static struct value raw_value(const struct plant_register *r, double raw)
{
	static const double beyond = 9.2e18; /* what a 64-bit integer takes for sure */

	switch (r->encoding.type) {
	case TYPE_BOOL:
	case TYPE_BIT:
		return value_bool(raw >= 0.5);
	case TYPE_FLOAT16:
	case TYPE_FLOAT32:
	case TYPE_FLOAT64:
		return value_real(raw);
	case TYPE_INT8:
	case TYPE_INT16:
	case TYPE_INT32:
	case TYPE_INT64:
	case TYPE_UINT8:
	case TYPE_UINT16:
	case TYPE_UINT32:
	case TYPE_UINT64:
	case TYPE_STRING:
	case TYPE_BCD:
	case TYPE_EPOCH:
		break;
	}
	/* No number becomes the lowest, as many sensors' cards show it. */
	raw = isnan(raw) ? r->raw_min : round(raw);
	raw = fmin(fmax(raw, fmax(r->raw_min, -beyond)), fmin(r->raw_max, beyond));
	return (struct value){.kind = VALUE_INT, .i64 = (int64_t)raw};
}

/* value_encode() has no bytes for what is no number: the quiet NaN of the width. */
static void put_nan(uint16_t *words, const struct plant_register *r)
{
	uint16_t n = value_registers(&r->point);
	bool last_first = r->encoding.order == ORDER_CDAB ||
	                  r->encoding.order == ORDER_DCBA;
	bool swapped = r->encoding.order == ORDER_BADC || r->encoding.order == ORDER_DCBA;
	uint16_t high = n == 1 ? 0x7e00 : n == 2 ? 0x7fc0 : 0x7ff8;

	if (swapped) {
		high = (uint16_t)(high << 8 | high >> 8);
	}
	memset(words, 0, n * sizeof(*words));
	words[last_first ? n - 1 : 0] = high;
}

static bool is_float(enum value_type type)
{
	return type == TYPE_FLOAT16 || type == TYPE_FLOAT32 || type == TYPE_FLOAT64;
}

void registers_show(struct image *image, const struct plant_register *r, double signal)
{
	struct value v = raw_value(r, (signal - r->offset) / r->scale);
	uint16_t n = value_registers(&r->point), *words;
	uint8_t wire[WIRE_MAX];

	if (registers_are_bits(r)) {
		*bit_of(image, r) = v.kind == VALUE_BOOL ? v.flag : v.i64 != 0;
		return;
	}
	words = words_of(image, r);
	if (is_float(r->encoding.type) && !isfinite(v.real)) {
		put_nan(words, r);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		pdu_put_register(wire, i, words[i]);
	}
	if (value_encode(wire, &r->point, &v) == 0) {
		for (size_t i = 0; i < n; i++) {
			words[i] = pdu_register(wire, i);
		}
	}
}

double registers_signal(struct image *image, const struct plant_register *r)
{
	struct reading reading = {.value = {.kind = VALUE_NONE}};
	uint8_t wire[WIRE_MAX];

	if (registers_are_bits(r)) {
		return *bit_of(image, r) * r->scale + r->offset;
	}
	for (size_t i = 0; i < value_registers(&r->point); i++) {
		pdu_put_register(wire, i, words_of(image, r)[i]);
	}
	value_decode(&reading, &r->point, wire, NULL);
	return value_number(&reading.value) * r->scale + r->offset;
}
