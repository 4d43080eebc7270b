/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "drivers/scale.h"
#include "drivers/text.h"

enum { NUMBER_MAX = 64 }; /* bytes of a number; longer ones are none */

/* What an integer type holds; max 0: no integer. */
static const struct range {
	int64_t min;
	uint64_t max;
} ranges[] = {
	[TYPE_INT8] = {INT8_MIN, INT8_MAX},
	[TYPE_INT16] = {INT16_MIN, INT16_MAX},
	[TYPE_INT32] = {INT32_MIN, INT32_MAX},
	[TYPE_INT64] = {INT64_MIN, INT64_MAX},
	[TYPE_UINT8] = {0, UINT8_MAX},
	[TYPE_UINT16] = {0, UINT16_MAX},
	[TYPE_UINT32] = {0, UINT32_MAX},
	[TYPE_UINT64] = {0, UINT64_MAX},
	[TYPE_EPOCH] = {0, UINT32_MAX},
	[TYPE_BIT] = {0, UINT64_MAX},
	[TYPE_BCD] = {0, 0},
};

int scalar_check(const struct point *point, const char **why)
{
	if (point->encoding->type == TYPE_BCD) {
		*why = "a text has no BCD: use an integer type";
		return -EINVAL;
	}
	return 0;
}

struct reading scalar_bad(const struct point *point, enum reason reason)
{
	return (struct reading){
		.tag = point->tag, .quality = QUALITY_BAD, .reason = (uint8_t)reason};
}

/* ---- from text ---- */

static void trim(const char **text, size_t *n)
{
	while (*n > 0 && strchr(" \t\r\n", (*text)[*n - 1])) {
		--*n;
	}
	while (*n > 0 && strchr(" \t\r\n", **text)) {
		++*text;
		--*n;
	}
}

/* Whole numbers as such where 64 bits hold them. */
static bool parse_number(struct value *out, const char *text)
{
	const char *digits = text + (*text == '-' || *text == '+');
	bool hex = strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0;
	char *end;

	errno = 0;
	if (hex || strspn(digits, "0123456789") == strlen(digits)) {
		if (*text == '-') {
			out->kind = VALUE_INT;
			out->i64 = strtoll(text, &end, 10);
		} else {
			out->kind = VALUE_UINT;
			out->u64 = strtoull(text, &end, hex ? 16 : 10);
		}
		if (errno == 0 || hex) {
			return errno == 0 && end != text && *end == '\0';
		}
	}
	*out = value_real(strtod(text, &end));
	return end != text && *end == '\0';
}

static bool parse_word(struct value *out, const char *text)
{
	static const struct {
		const char *word;
		bool flag;
	} words[] = {
		{"true", true}, {"false", false}, {"on", true}, {"off", false},
		{"yes", true},  {"no", false},    {"y", true},  {"n", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*out = value_bool(words[i].flag);
			return true;
		}
	}
	return false;
}

/* Cut to the type's length, but never within a character. */
static void read_text(struct reading *out, const struct point *point, const char *text,
                      size_t n, char *room)
{
	size_t kept = n < point->encoding->length ? n : point->encoding->length;

	while (kept > 0 && kept < n && ((unsigned char)text[kept] & 0xc0) == 0x80) {
		kept--;
	}
	memcpy(room, text, kept);
	room[kept] = '\0';
	text_sanitise(room);
	*out = (struct reading){.tag = point->tag,
	                        .value = {.kind = VALUE_TEXT, .text = room}};
}

void scalar_read(struct reading *out, const struct point *point, const char *text,
                 size_t n, char *room)
{
	char copy[NUMBER_MAX + 1];
	struct value raw;

	trim(&text, &n);
	if (point->encoding->type == TYPE_STRING) {
		read_text(out, point, text, n, room);
		return;
	}
	if (n == 0) {
		*out = scalar_bad(point, REASON_SHORT);
		return;
	}
	memcpy(copy, text, n < NUMBER_MAX ? n : NUMBER_MAX);
	copy[n < NUMBER_MAX ? n : NUMBER_MAX] = '\0';
	if (n <= NUMBER_MAX && strlen(copy) == n &&
	    (parse_number(&raw, copy) ||
	     (point->encoding->type == TYPE_BOOL && parse_word(&raw, copy)))) {
		scalar_take(out, point, &raw);
	} else {
		*out = scalar_bad(point, REASON_NOT_A_NUMBER);
	}
}

/* ---- from numbers ---- */

/* As int64 or, where above, uint64; false for a fraction or beyond both. */
static bool make_whole(struct value *raw)
{
	double real = raw->real;

	if (raw->kind == VALUE_BOOL) {
		*raw = (struct value){.kind = VALUE_UINT, .u64 = raw->flag};
	} else if (raw->kind == VALUE_REAL) {
		if (real != floor(real) || real < -0x1p63 || real >= 0x1p64) {
			return false;
		}
		*raw = real < 0 ? (struct value){.kind = VALUE_INT, .i64 = (int64_t)real}
		                : (struct value){.kind = VALUE_UINT,
		                                 .u64 = (uint64_t)real};
	}
	return true;
}

static bool is_within(const struct value *whole, const struct range *range)
{
	if (whole->kind == VALUE_INT && whole->i64 < 0) {
		return whole->i64 >= range->min;
	}
	return whole->u64 <= range->max; /* a positive i64 has the same bits */
}

static void take_real(struct reading *out, const struct point *point, double raw)
{
	*out = (struct reading){
		.tag = point->tag,
		.value = value_real(scale_is_set(point->encoding)
	                                    ? scale_apply(point->encoding, raw)
	                                    : raw)};
	if (!isfinite(out->value.real)) {
		*out = scalar_bad(point, REASON_NOT_A_NUMBER);
	}
}

static void take_whole(struct reading *out, const struct point *point, struct value whole)
{
	bool is_signed = ranges[point->encoding->type].min < 0;

	*out = (struct reading){.tag = point->tag};
	if (point->encoding->type == TYPE_BIT) {
		out->value = value_bool(whole.u64 >> point->encoding->length & 1);
	} else {
		out->value = whole; /* in range: the bits are the same in both kinds */
		out->value.kind = is_signed ? VALUE_INT : VALUE_UINT;
	}
}

/* Why an integer point cannot hold whole, which becomes one; scaled: it may be a
 * fraction.
 */
static enum reason objection(const struct point *point, struct value *whole)
{
	const struct range *range = &ranges[point->encoding->type];
	double real = value_number(whole);

	if (!isfinite(real)) {
		return REASON_NOT_A_NUMBER;
	}
	if (real < (double)range->min || real > (double)range->max) {
		return REASON_OUT_OF_RANGE;
	}
	if (scale_is_set(point->encoding)) {
		return REASON_NONE;
	}
	if (real != floor(real)) {
		return REASON_MISMATCH;
	}
	return make_whole(whole) && is_within(whole, range) ? REASON_NONE
	                                                    : REASON_OUT_OF_RANGE;
}

static void take_integer(struct reading *out, const struct point *point, struct value raw)
{
	enum reason reason = objection(point, &raw);

	if (reason != REASON_NONE) {
		*out = scalar_bad(point, reason);
	} else if (scale_is_set(point->encoding)) {
		take_real(out, point, value_number(&raw));
	} else {
		take_whole(out, point, raw);
	}
}

void scalar_take(struct reading *out, const struct point *point, const struct value *raw)
{
	double real = value_number(raw);

	if (raw->kind == VALUE_TEXT || raw->kind == VALUE_NONE ||
	    point->encoding->type == TYPE_STRING) {
		*out = scalar_bad(point, REASON_MISMATCH);
	} else if (ranges[point->encoding->type].max > 0) {
		take_integer(out, point, *raw);
	} else if (point->encoding->type == TYPE_BOOL && isfinite(real)) {
		*out = (struct reading){.tag = point->tag,
		                        .value = value_bool(real != 0)};
	} else {
		take_real(out, point, real);
	}
}

/* ---- and back ---- */

static int print_integer(char *text, size_t n, const struct point *point,
                         const struct value *value)
{
	const struct range flag = {0, 1};
	const struct range *range = point->encoding->type == TYPE_BOOL
	                                    ? &flag
	                                    : &ranges[point->encoding->type];
	struct value whole = *value;

	if (scale_is_set(point->encoding)) {
		whole.kind = VALUE_REAL;
		if (scale_step(&whole.real, point->encoding, value_number(value))) {
			return -ERANGE;
		}
	}
	if (whole.kind == VALUE_TEXT || whole.kind == VALUE_NONE || !make_whole(&whole) ||
	    !is_within(&whole, range)) {
		return -ERANGE;
	}
	if (whole.kind == VALUE_INT) {
		snprintf(text, n, "%" PRId64, whole.i64);
	} else {
		snprintf(text, n, "%" PRIu64, whole.u64);
	}
	return 0;
}

static int print_real(char *text, size_t n, const struct point *point, double value)
{
	double raw = scale_is_set(point->encoding)
	                     ? (value - point->encoding->offset) / point->encoding->scale
	                     : value;

	if (!isfinite(raw)) {
		return -ERANGE;
	}
	snprintf(text, n, "%.15g", raw);
	if (strtod(text, NULL) != raw) {
		snprintf(text, n, "%.17g", raw);
	}
	return 0;
}

int scalar_print(char *text, size_t n, const struct point *point,
                 const struct value *value)
{
	if (point->encoding->type == TYPE_STRING) {
		if (value->kind != VALUE_TEXT ||
		    strlen(value->text) > point->encoding->length ||
		    strlen(value->text) >= n || !text_is_valid(value->text)) {
			return -ERANGE;
		}
		snprintf(text, n, "%s", value->text);
		return 0;
	}
	if (point->encoding->type == TYPE_BOOL || ranges[point->encoding->type].max > 0) {
		return print_integer(text, n, point, value);
	}
	return print_real(text, n, point, value_number(value));
}
