/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/text.h"

#include <stdbool.h>
#include <string.h>

#include "twin/plc/calendar.h"
#include "twin/plc/code.h"
#include "twin/plc/digits.h"
#include "twin/plc/slot.h"

/** A text as it grows within its room. */
struct out {
	char *text;
	size_t room, n;
};

static void put(struct out *o, const char *text, size_t n)
{
	for (size_t i = 0; i < n && o->n + 1 < o->room; i++) {
		o->text[o->n++] = text[i];
	}
}

static void put_text(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

static void put_number(struct out *o, uint64_t value, size_t digits)
{
	char number[DIGITS_MAX];
	size_t n = digits_unsigned(number, value);

	for (size_t i = n; i < digits; i++) {
		put(o, "0", 1);
	}
	put(o, number, n);
}

/* value / 10^places, without zeros at the end. */
static void put_decimal(struct out *o, int64_t value, size_t places)
{
	uint64_t v = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
	uint64_t one = 1;

	for (size_t i = 0; i < places; i++) {
		one *= 10;
	}
	if (value < 0) {
		put(o, "-", 1);
	}
	put_number(o, v / one, 1);
	v %= one;
	if (v == 0) {
		return;
	}
	while (v % 10 == 0) {
		v /= 10;
		places--;
	}
	put(o, ".", 1);
	put_number(o, v, places);
}

static void put_date(struct out *o, int64_t ns)
{
	struct calendar_date d = calendar_date(calendar_day_of(ns));

	if (d.year < 0) {
		put(o, "-", 1);
	}
	put_number(o, (uint64_t)(d.year < 0 ? -d.year : d.year), 4);
	put(o, "-", 1);
	put_number(o, d.month, 2);
	put(o, "-", 1);
	put_number(o, d.day, 2);
}

static void put_time_of_day(struct out *o, int64_t ns)
{
	int64_t seconds = ns / 1000000000;

	put_number(o, (uint64_t)(seconds / 3600), 2);
	put(o, ":", 1);
	put_number(o, (uint64_t)(seconds / 60 % 60), 2);
	put(o, ":", 1);
	if (seconds % 60 < 10) {
		put(o, "0", 1);
	}
	put_decimal(o, ns % 60000000000, 9);
}

static void put_moment(struct out *o, enum kind kind, int64_t ns)
{
	int64_t midnight = calendar_day_of(ns) * CALENDAR_DAY_NS;

	if (kind == KIND_DATE) {
		put_text(o, "D#");
		put_date(o, ns);
	} else if (kind == KIND_TOD) {
		put_text(o, "TOD#");
		put_time_of_day(o, ns - midnight);
	} else {
		put_text(o, "DT#");
		put_date(o, ns);
		put(o, "-", 1);
		put_time_of_day(o, ns - midnight);
	}
}

static void put_integer(struct out *o, enum kind kind, const uint8_t *slot)
{
	char number[DIGITS_MAX];

	switch ((int)kind) {
	case KIND_SINT:
	case KIND_INT:
	case KIND_DINT:
		put(o, number, digits_signed(number, get_i(slot)));
		break;
	case KIND_LINT:
		put(o, number, digits_signed(number, get_l(slot)));
		break;
	case KIND_ULINT:
	case KIND_LWORD:
		put(o, number, digits_unsigned(number, get_q(slot)));
		break;
	default:
		put(o, number, digits_unsigned(number, get_u(slot)));
	}
}

/* One character of a string as a literal has it. */
static void put_character(struct out *o, uint32_t c, bool wide)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char *const names[] = {
		['\n'] = "$N", ['\r'] = "$R", ['\t'] = "$T",
		['\f'] = "$P", ['"'] = "$\"", ['$'] = "$$",
	};
	char text[8];
	size_t n = 0;

	if (c < sizeof(names) / sizeof(*names) && names[c]) {
		put_text(o, names[c]);
		return;
	}
	if (c >= ' ' && c != 127 && c < 256 && (!wide || c < 127)) {
		text[0] = (char)c;
		put(o, text, 1);
		return;
	}
	text[n++] = '$';
	for (int shift = wide ? 12 : 4; shift >= 0; shift -= 4) {
		text[n++] = hex[c >> shift & 15];
	}
	put(o, text, n);
}

static void put_string(struct out *o, enum kind kind, const uint8_t *slot)
{
	struct code_string head;

	memcpy(&head, slot, sizeof(head));
	put(o, "\"", 1);
	for (size_t i = 0; i < head.length; i++) {
		uint16_t c = slot[sizeof(head) + i];

		if (kind == KIND_WSTRING) {
			memcpy(&c, slot + sizeof(head) + 2 * i, sizeof(c));
		}
		put_character(o, c, kind == KIND_WSTRING);
	}
	put(o, "\"", 1);
}

static void put_enumerator(struct out *o, const struct type *type, const uint8_t *slot)
{
	const struct type *base = type->u.enumeration.base;
	int64_t value = text_slot_bytes(base->kind) == 8 ? get_l(slot) : get_i(slot);

	for (uint32_t i = 0; i < type->u.enumeration.n; i++) {
		if (type->u.enumeration.values[i].value == value) {
			put_text(o, type->u.enumeration.values[i].name);
			return;
		}
	}
	put_integer(o, base->kind, slot);
}

static void put_elementary(struct out *o, enum kind kind, const uint8_t *slot)
{
	char number[DIGITS_MAX];

	switch ((int)kind) {
	case KIND_BOOL:
		put_text(o, get_b(slot) ? "1" : "0");
		break;
	case KIND_REAL:
		put(o, number, digits_real(number, (double)get_f(slot), true));
		break;
	case KIND_LREAL:
		put(o, number, digits_real(number, get_d(slot), false));
		break;
	case KIND_TIME:
	case KIND_LTIME:
		put_decimal(o, get_l(slot), 6);
		break;
	case KIND_DATE:
	case KIND_TOD:
	case KIND_DT:
		put_moment(o, kind, get_l(slot));
		break;
	case KIND_STRING:
	case KIND_WSTRING:
		put_string(o, kind, slot);
		break;
	default:
		put_integer(o, kind, slot);
	}
}

size_t text_write(char *out, size_t room, const struct type *type, const uint8_t *slot)
{
	struct out o = {out, room, 0};

	if (type->kind == KIND_SUBRANGE) {
		type = type->u.subrange.base;
	}
	if (type->kind == KIND_ENUM) {
		put_enumerator(&o, type, slot);
	} else if (type->kind > KIND_ERROR && type->kind < KIND_ELEMENTARY_END) {
		put_elementary(&o, type->kind, slot);
	}
	if (room > 0) {
		out[o.n] = '\0';
	}
	return o.n;
}

size_t text_literal(char *out, enum kind kind, const uint8_t *slot)
{
	static const char hex[] = "0123456789ABCDEF";
	struct out o = {out, TEXT_LITERAL_MAX, 0};
	uint64_t bits;
	int shift = 60;

	switch ((int)kind) {
	case KIND_BOOL:
		put_text(&o, get_b(slot) ? "TRUE" : "FALSE");
		break;
	case KIND_BYTE:
	case KIND_WORD:
	case KIND_DWORD:
	case KIND_LWORD:
		bits = kind == KIND_LWORD ? get_q(slot) : get_u(slot);
		put_text(&o, "16#");
		while (shift > 0 && bits >> shift == 0) {
			shift -= 4;
		}
		for (; shift >= 0; shift -= 4) {
			put(&o, &hex[bits >> shift & 15], 1);
		}
		break;
	case KIND_TIME:
	case KIND_LTIME:
		put_text(&o, "T#");
		put_decimal(&o, get_l(slot), 9);
		put_text(&o, "s");
		break;
	default:
		put_elementary(&o, kind, slot);
	}
	out[o.n] = '\0';
	return o.n;
}

size_t text_slot_bytes(enum kind kind)
{
	switch ((int)kind) {
	case KIND_BOOL:
		return 1;
	case KIND_LWORD:
	case KIND_LINT:
	case KIND_ULINT:
	case KIND_LREAL:
	case KIND_TIME:
	case KIND_LTIME:
	case KIND_DATE:
	case KIND_TOD:
	case KIND_DT:
		return 8;
	default:
		return 4;
	}
}
