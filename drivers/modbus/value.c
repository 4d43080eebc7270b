/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/value.h"

#include <errno.h>
#include <string.h>

#include "drivers/modbus/real.h"
#include "drivers/scale.h"
#include "drivers/text.h"

enum kind {
	KIND_FLAG,
	KIND_UNSIGNED,
	KIND_SIGNED,
	KIND_REAL,
	KIND_BCD,
	KIND_TEXT,
};

enum {
	WORDS_MAX = 4, /* of a number */
	EXPONENT_MAX =
		10, /* SunSpec Alliance 2015, Information Model Specification:
	               a scale factor is -10 to 10; others mean that there is none */
};

static const struct form {
	enum kind kind;
	uint8_t bits; /* strings and BCD: by the point's length */
} forms[] = {
	[TYPE_BOOL] = {KIND_FLAG, 16},       [TYPE_BIT] = {KIND_FLAG, 1},
	[TYPE_INT8] = {KIND_SIGNED, 8},      [TYPE_INT16] = {KIND_SIGNED, 16},
	[TYPE_INT32] = {KIND_SIGNED, 32},    [TYPE_INT64] = {KIND_SIGNED, 64},
	[TYPE_UINT8] = {KIND_UNSIGNED, 8},   [TYPE_UINT16] = {KIND_UNSIGNED, 16},
	[TYPE_UINT32] = {KIND_UNSIGNED, 32}, [TYPE_UINT64] = {KIND_UNSIGNED, 64},
	[TYPE_FLOAT16] = {KIND_REAL, 16},    [TYPE_FLOAT32] = {KIND_REAL, 32},
	[TYPE_FLOAT64] = {KIND_REAL, 64},    [TYPE_STRING] = {KIND_TEXT, 0},
	[TYPE_BCD] = {KIND_BCD, 0},          [TYPE_EPOCH] = {KIND_UNSIGNED, 32},
};

static uint16_t registers_of(const struct encoding *e)
{
	switch (forms[e->type].kind) {
	case KIND_TEXT:
		return (uint16_t)((e->length + 1) / 2);
	case KIND_BCD:
		return (uint16_t)((e->length + 3) / 4);
	case KIND_FLAG:
	case KIND_UNSIGNED:
	case KIND_SIGNED:
	case KIND_REAL:
		break;
	}
	return (uint16_t)((forms[e->type].bits + 15) / 16);
}

uint16_t value_registers(const struct point *point)
{
	return registers_of(point->encoding);
}

static bool has_exponent(const struct encoding *e)
{
	return e->raw && e->raw->exponent_at;
}

uint32_t value_begin(const struct point *point)
{
	bool before = has_exponent(point->encoding) &&
	              point->encoding->raw->exponent < point->address;

	return before ? point->encoding->raw->exponent : point->address;
}

uint32_t value_end(const struct point *point)
{
	uint32_t end = point->address + value_registers(point);
	bool behind = has_exponent(point->encoding) &&
	              point->encoding->raw->exponent >= end;

	return behind ? point->encoding->raw->exponent + 1 : end;
}

static bool is_part(const struct encoding *e)
{
	const struct form *form = &forms[e->type];

	return form->bits > 0 && form->bits < 16;
}

bool value_is_part(const struct point *point)
{
	return is_part(point->encoding);
}

/* Its own inverse, so that both directions use it. */
static void reorder(uint8_t *out, const uint8_t *in, size_t n_words,
                    enum word_order order)
{
	size_t swap_words = order == ORDER_CDAB || order == ORDER_DCBA;
	size_t swap_bytes = order == ORDER_BADC || order == ORDER_DCBA;

	for (size_t i = 0; i < n_words; i++) {
		const uint8_t *word = in + 2 * (swap_words ? n_words - 1 - i : i);

		out[2 * i] = word[swap_bytes];
		out[2 * i + 1] = word[!swap_bytes];
	}
}

/* All registers of a number as one, the first the highest. */
static uint64_t load(const struct encoding *e, const uint8_t *wire)
{
	uint8_t bytes[2 * WORDS_MAX] = {0};
	size_t n_words = registers_of(e);
	uint64_t word = 0;

	reorder(bytes, wire, n_words, e->order);
	for (size_t i = 0; i < 2 * n_words; i++) {
		word = word << 8 | bytes[i];
	}
	return word;
}

static void store(uint8_t *wire, const struct encoding *e, uint64_t word)
{
	uint8_t bytes[2 * WORDS_MAX] = {0};
	size_t n_words = registers_of(e);

	for (size_t i = 2 * n_words; i-- > 0; word >>= 8) {
		bytes[i] = (uint8_t)(word & 0xff);
	}
	reorder(wire, bytes, n_words, e->order);
}

/* Where the part of a register begins, in bits from its lowest. */
static unsigned int shift_of(const struct encoding *e)
{
	if (e->type == TYPE_BIT) {
		return e->length;
	}
	return is_part(e) && e->high_byte ? 8 : 0;
}

static uint64_t ones(unsigned int n_bits)
{
	return n_bits >= 64 ? UINT64_MAX : (UINT64_C(1) << n_bits) - 1;
}

/* ---- BCD ---- */

static enum reason bcd_decode(uint64_t *out, const struct encoding *e, uint64_t word)
{
	*out = 0;
	for (int shift = 4 * (4 * registers_of(e) - 1); shift >= 0; shift -= 4) {
		uint64_t digit = word >> shift & 0xf;

		if (digit > 9) {
			return REASON_NOT_A_NUMBER;
		}
		if (digit && shift >= 4 * e->length) {
			return REASON_OUT_OF_RANGE; /* more digits than the type has */
		}
		*out = 10 * *out + digit;
	}
	return REASON_NONE;
}

static uint64_t bcd_encode(uint64_t number)
{
	uint64_t word = 0;

	for (unsigned int shift = 0; number; shift += 4, number /= 10) {
		word |= number % 10 << shift;
	}
	return word;
}

static uint64_t bcd_max(const struct encoding *e)
{
	uint64_t max = 1;

	for (unsigned int i = 0; i < e->length; i++) {
		max *= 10;
	}
	return max - 1;
}

/* ---- text ---- */

static void text_decode(char *text, const struct encoding *e, const uint8_t *wire)
{
	size_t n = 0;

	for (; n < e->length; n++) {
		text[n] = (char)wire[n ^ (size_t)e->string_low_first];
		if (text[n] == '\0') {
			break;
		}
	}
	while (n > 0 && text[n - 1] == ' ') {
		n--;
	}
	text[n] = '\0';
	text_sanitise(text);
}

static int text_encode(uint8_t *wire, const struct encoding *e, const struct value *value)
{
	size_t n;

	if (value->kind != VALUE_TEXT || !text_is_valid(value->text)) {
		return -ERANGE;
	}
	n = strlen(value->text);
	if (n > e->length) {
		return -ERANGE;
	}
	memset(wire, 0, (size_t)2 * registers_of(e));
	for (size_t i = 0; i < n; i++) {
		wire[i ^ (size_t)e->string_low_first] = (uint8_t)value->text[i];
	}
	return 0;
}

/* ---- to values ---- */

static void bring_real(struct reading *out, double real)
{
	if (!isfinite(real)) {
		out->quality = QUALITY_BAD;
		out->reason = REASON_NOT_A_NUMBER;
		return;
	}
	out->value = value_real(real);
}

static void bring_unsigned(struct reading *out, const struct encoding *e, uint64_t raw)
{
	if (scale_is_set(e)) {
		bring_real(out, scale_apply(e, (double)raw));
	} else {
		out->value = (struct value){.kind = VALUE_UINT, .u64 = raw};
	}
}

static void bring_signed(struct reading *out, const struct encoding *e, int64_t raw)
{
	if (scale_is_set(e)) {
		bring_real(out, scale_apply(e, (double)raw));
	} else {
		out->value = (struct value){.kind = VALUE_INT, .i64 = raw};
	}
}

static int64_t sign_extend(uint64_t word, unsigned int n_bits)
{
	uint64_t sign = UINT64_C(1) << (n_bits - 1) % 64;

	return (int64_t)((word ^ sign) - sign);
}

static void number_decode(struct reading *out, const struct encoding *e, uint64_t word)
{
	const struct form *form = &forms[e->type];
	double real;

	if (form->kind == KIND_SIGNED) {
		bring_signed(out, e, sign_extend(word, form->bits));
	} else if (form->kind == KIND_REAL) {
		real = real_from_word(word, form->bits);
		bring_real(out, scale_is_set(e) ? scale_apply(e, real) : real);
	} else if (form->kind == KIND_BCD) {
		out->reason = (uint8_t)bcd_decode(&word, e, word);
		if (out->reason) {
			out->quality = QUALITY_BAD;
			return;
		}
		bring_unsigned(out, e, word);
	} else {
		bring_unsigned(out, e, word);
	}
}

/* The number a point's registers hold, whatever its kind. */
static double raw_number(const struct encoding *e, uint64_t word)
{
	struct encoding plain = *e;
	struct reading r = {.quality = QUALITY_GOOD};

	plain.scale = 1;
	plain.offset = 0;
	if (forms[e->type].kind != KIND_BCD) {
		word &= ones(forms[e->type].bits); /* encoders leave the sign above */
	}
	number_decode(&r, &plain, word);
	return value_number(&r.value);
}

static bool is_invalid(const struct point_raw *raw, double number)
{
	for (size_t i = 0; i < raw->n_invalid; i++) {
		if (number == raw->invalid[i]) {
			return true;
		}
	}
	return false;
}

static int64_t exponent_of(const struct point *point, const uint8_t *wire)
{
	ptrdiff_t off = (ptrdiff_t)point->encoding->raw->exponent -
	                (ptrdiff_t)point->address;
	uint8_t bytes[2];

	reorder(bytes, wire + 2 * off, 1, point->encoding->order);
	return sign_extend((uint64_t)bytes[0] << 8 | bytes[1], 16);
}

/* A power of ten is divided by where it is less than 1: 1234 / 100 is 12.34. */
static void power_decode(struct reading *out, const struct encoding *e, double number,
                         int64_t exponent)
{
	double power = 1;

	for (int64_t i = 0; i < exponent || i < -exponent; i++) {
		power *= 10;
	}
	bring_real(out, scale_apply(e, exponent < 0 ? number / power : number * power));
}

/* A number that the device says more about. */
static void raw_decode(struct reading *out, const struct point *point, uint64_t word,
                       const uint8_t *wire)
{
	const struct encoding *e = point->encoding;
	double number = raw_number(e, word);
	int64_t exponent = has_exponent(e) ? exponent_of(point, wire) : 0;

	if (is_invalid(e->raw, number) || exponent < -EXPONENT_MAX ||
	    exponent > EXPONENT_MAX) {
		out->quality = QUALITY_BAD;
		out->reason = REASON_OUT_OF_RANGE;
	} else if (has_exponent(e) && !isnan(number)) {
		power_decode(out, e, number, exponent);
	} else {
		number_decode(out, e, word);
	}
}

void value_decode(struct reading *out, const struct point *point, const uint8_t *wire,
                  char *text)
{
	const struct encoding *e = point->encoding;
	const struct form *form = &forms[e->type];
	uint64_t word;

	*out = (struct reading){.tag = point->tag, .quality = QUALITY_GOOD};
	if (form->kind == KIND_TEXT) {
		text_decode(text, e, wire);
		out->value = (struct value){.kind = VALUE_TEXT, .text = text};
		return;
	}
	word = load(e, wire) >> shift_of(e);
	if (form->kind != KIND_BCD) {
		word &= ones(form->bits);
	}
	if (form->kind == KIND_FLAG) {
		out->value = value_bool(word != 0);
	} else if (e->raw) {
		raw_decode(out, point, word, wire);
	} else {
		number_decode(out, e, word);
	}
}

/* ---- and back ---- */

/* An integer from lo to hi, in two's complement. */
static int integer_of_real(uint64_t *word, double real, int64_t lo, uint64_t hi)
{
	if (!(real >= (double)lo && real < 0x1p64) || real != floor(real)) {
		return -ERANGE;
	}
	*word = real < 0 ? (uint64_t)(int64_t)real : (uint64_t)real;
	return real > 0 && *word > hi ? -ERANGE : 0;
}

static int integer_of(uint64_t *word, const struct encoding *e, const struct value *value,
                      int64_t lo, uint64_t hi)
{
	double real = value_number(value);
	int err;

	if (scale_is_set(e)) {
		err = scale_step(&real, e, real);
		return err ? err : integer_of_real(word, real, lo, hi);
	}
	switch (value->kind) {
	case VALUE_INT:
		*word = (uint64_t)value->i64;
		return value->i64 < lo || (value->i64 > 0 && *word > hi) ? -ERANGE : 0;
	case VALUE_UINT:
		*word = value->u64;
		return value->u64 > hi ? -ERANGE : 0;
	case VALUE_REAL:
	case VALUE_BOOL:
	case VALUE_TEXT:
	case VALUE_NONE:
		break;
	}
	return integer_of_real(word, real, lo, hi);
}

/* Whole numbers are meant to the last digit, so they must not be rounded. */
static int check_whole(const struct value *value, double stored)
{
	static const struct encoding whole = {.scale = 1};
	uint64_t want, got;
	int err;

	if (value->kind != VALUE_INT && value->kind != VALUE_UINT) {
		return 0;
	}
	err = integer_of(&want, &whole, value, INT64_MIN, UINT64_MAX);
	if (!err) {
		err = integer_of_real(&got, stored, INT64_MIN, UINT64_MAX);
	}
	return err ? err : want == got ? 0 : -ERANGE;
}

static int real_of(uint64_t *word, const struct encoding *e, const struct value *value)
{
	unsigned int bits = forms[e->type].bits;
	double real = value_number(value);
	int err;

	if (scale_is_set(e)) {
		return real_to_word(word, bits, (real - e->offset) / e->scale);
	}
	err = real_to_word(word, bits, real);
	return err ? err : check_whole(value, real_from_word(*word, bits));
}

static int number_encode(uint64_t *word, const struct encoding *e,
                         const struct value *value)
{
	const struct form *form = &forms[e->type];
	struct encoding unscaled = *e;
	int err;

	switch (form->kind) {
	case KIND_FLAG:
		unscaled.scale = 1;
		unscaled.offset = 0;
		return integer_of(word, &unscaled, value, 0, 1);
	case KIND_SIGNED:
		return integer_of(word, e, value,
		                  sign_extend(ones(form->bits - 1U) + 1, form->bits),
		                  ones(form->bits - 1U));
	case KIND_REAL:
		return real_of(word, e, value);
	case KIND_BCD:
		err = integer_of(word, e, value, 0, bcd_max(e));
		if (!err) {
			*word = bcd_encode(*word);
		}
		return err;
	case KIND_UNSIGNED:
	case KIND_TEXT:
		break;
	}
	return integer_of(word, e, value, 0, ones(form->bits));
}

int value_encode(uint8_t *wire, const struct point *point, const struct value *value)
{
	const struct encoding *e = point->encoding;
	const struct form *form = &forms[e->type];
	uint64_t word, mask;
	int err;

	if (form->kind == KIND_TEXT) {
		return text_encode(wire, e, value);
	}
	err = number_encode(&word, e, value);
	if (!err && e->raw && is_invalid(e->raw, raw_number(e, word))) {
		err = -ERANGE; /* it would say that there is none */
	}
	if (err) {
		return err;
	}
	if (value_is_part(point)) {
		mask = ones(form->bits) << shift_of(e);
		word = (load(e, wire) & ~mask) | (word << shift_of(e) & mask);
	}
	store(wire, e, word);
	return 0;
}
