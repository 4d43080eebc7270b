/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/convert.h"

#include <math.h>
#include <stdbool.h>

#include "twin/plc/calendar.h"
#include "twin/plc/digits.h"
#include "twin/plc/slot.h"
#include "twin/plc/text.h"

#define SECOND_NS INT64_C(1000000000)

/** Any value on its way. */
struct number {
	enum { NUMBER_SIGNED, NUMBER_UNSIGNED, NUMBER_REAL } form;
	uint64_t bits; /* an int64 where signed */
	double real;
};

static bool counts_time(enum kind k)
{
	return k >= KIND_TIME && k <= KIND_DT;
}

static bool is_real(enum kind k)
{
	return k == KIND_REAL || k == KIND_LREAL;
}

int64_t convert_round(double value)
{
	double r = nearbyint(value); /* half to even: nobody changes the mode */

	if (isnan(r)) {
		return 0;
	}
	if (r >= 0x1p63) {
		return INT64_MAX;
	}
	return r <= -0x1p63 ? INT64_MIN : (int64_t)r;
}

uint32_t convert_wrap(uint32_t bits, enum kind kind)
{
	switch ((int)kind) {
	case KIND_SINT:
		return (uint32_t)(int8_t)bits;
	case KIND_INT:
		return (uint32_t)(int16_t)bits;
	case KIND_USINT:
	case KIND_BYTE:
		return (uint8_t)bits;
	case KIND_UINT:
	case KIND_WORD:
		return (uint16_t)bits;
	default:
		return bits;
	}
}

static struct number load(const uint8_t *slot, enum kind kind)
{
	struct number n = {.form = NUMBER_SIGNED};

	switch ((int)kind) {
	case KIND_BOOL:
		n.bits = get_b(slot);
		break;
	case KIND_SINT:
	case KIND_INT:
	case KIND_DINT:
		n.bits = (uint64_t)(int64_t)get_i(slot);
		break;
	case KIND_REAL:
		n.form = NUMBER_REAL;
		n.real = (double)get_f(slot);
		break;
	case KIND_LREAL:
		n.form = NUMBER_REAL;
		n.real = get_d(slot);
		break;
	case KIND_LWORD:
	case KIND_ULINT:
		n.form = NUMBER_UNSIGNED;
		n.bits = get_q(slot);
		break;
	case KIND_LINT:
	case KIND_TIME:
	case KIND_LTIME:
	case KIND_DATE:
	case KIND_TOD:
	case KIND_DT:
		n.bits = get_q(slot);
		break;
	default:
		n.bits = get_u(slot);
	}
	return n;
}

static double real_of(const struct number *n)
{
	switch ((int)n->form) {
	case NUMBER_REAL:
		return n->real;
	case NUMBER_UNSIGNED:
		return (double)n->bits;
	default:
		return (double)(int64_t)n->bits;
	}
}

/* To unsigned 64 bits the upper half of them too. */
static uint64_t bits_of(const struct number *n, enum kind kind, enum convert_way way)
{
	double whole;

	if (n->form != NUMBER_REAL) {
		return n->bits;
	}
	whole = way == CONVERT_TRUNC ? trunc(n->real) : nearbyint(n->real);
	if ((kind == KIND_ULINT || kind == KIND_LWORD) && whole >= 0x1p63) {
		return whole < 0x1p64 ? (uint64_t)whole : UINT64_MAX;
	}
	return (uint64_t)convert_round(whole);
}

/* Seconds to ns. */
static uint64_t ns_of(const struct number *n)
{
	double whole, part;

	if (n->form != NUMBER_REAL) {
		return n->bits * (uint64_t)SECOND_NS;
	}
	part = modf(n->real, &whole);
	return (uint64_t)convert_round(whole) * (uint64_t)SECOND_NS +
	       (uint64_t)convert_round(part * 1e9);
}

static struct number seconds_of(const struct number *n, enum kind to)
{
	int64_t ns = (int64_t)n->bits, whole = ns / SECOND_NS;
	struct number s = {.form = NUMBER_SIGNED};

	if (is_real(to)) {
		s.form = NUMBER_REAL;
		s.real = (double)whole + (double)(ns % SECOND_NS) / 1e9;
	} else {
		s.bits = (uint64_t)whole;
	}
	return s;
}

/* Of a moment the day, or the time of day. */
static uint64_t part_of_date(uint64_t bits, enum kind from, enum kind to)
{
	int64_t midnight = calendar_day_of((int64_t)bits) * CALENDAR_DAY_NS;

	if (from == KIND_DT && to == KIND_DATE) {
		return (uint64_t)midnight;
	}
	if (from == KIND_DT && to == KIND_TOD) {
		return bits - (uint64_t)midnight;
	}
	return bits;
}

static void keep(uint8_t *slot, enum kind kind, const struct number *n,
                 enum convert_way way)
{
	switch ((int)kind) {
	case KIND_BOOL:
		put_b(slot, n->form == NUMBER_REAL ? n->real != 0 : n->bits != 0);
		break;
	case KIND_REAL:
		put_f(slot, n->form == NUMBER_SIGNED     ? (float)(int64_t)n->bits
		            : n->form == NUMBER_UNSIGNED ? (float)n->bits
		                                         : (float)n->real);
		break;
	case KIND_LREAL:
		put_d(slot, real_of(n));
		break;
	case KIND_LINT:
	case KIND_ULINT:
	case KIND_LWORD:
		put_q(slot, bits_of(n, kind, way));
		break;
	default:
		put_u(slot, convert_wrap((uint32_t)bits_of(n, kind, way), kind));
	}
}

static uint64_t from_bcd(uint64_t bits)
{
	uint64_t value = 0;

	for (int i = 15; i >= 0; i--) {
		value = value * 10 + (bits >> (4 * i) & 15);
	}
	return value;
}

static uint64_t to_bcd(uint64_t value)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 16; i++) {
		bits |= value % 10 << (4 * i);
		value /= 10;
	}
	return bits;
}

void convert_slot(uint8_t *to, const uint8_t *from, uint32_t packed)
{
	enum kind source = (enum kind)(packed & 255);
	enum kind target = (enum kind)(packed >> 8 & 255);
	enum convert_way way = (enum convert_way)(packed >> 16);
	struct number n = load(from, source);

	if (way == CONVERT_FROM_BCD) {
		n.bits = from_bcd(n.bits);
	} else if (way == CONVERT_TO_BCD) {
		n.bits = to_bcd(n.bits);
	}
	if (counts_time(source) && counts_time(target)) {
		put_q(to, part_of_date(n.bits, source, target));
		return;
	}
	if (counts_time(target)) {
		put_q(to, ns_of(&n));
		return;
	}
	if (counts_time(source)) {
		n = seconds_of(&n, target);
	}
	keep(to, target, &n, way);
}

/* ---- texts ---------------------------------------------------------------------------
 */

/* A string's characters as bytes; what is wider becomes '?'. */
static size_t bytes_of(char *out, size_t room, const uint8_t *string, enum kind kind)
{
	struct code_string head;
	size_t n;

	memcpy(&head, string, sizeof(head));
	n = head.length < room ? head.length : room;
	for (size_t i = 0; i < n; i++) {
		if (kind == KIND_STRING) {
			out[i] = (char)string[sizeof(head) + i];
		} else {
			uint16_t c;

			memcpy(&c, string + sizeof(head) + 2 * i, sizeof(c));
			out[i] = c < 256 ? (char)c : '?';
		}
	}
	return n;
}

static void set_bytes(uint8_t *string, enum kind kind, const char *text, size_t n)
{
	struct code_string head;

	memcpy(&head, string, sizeof(head));
	head.length = n < head.room ? (uint16_t)n : head.room;
	memcpy(string, &head, sizeof(head));
	for (size_t i = 0; i < head.length; i++) {
		if (kind == KIND_STRING) {
			string[sizeof(head) + i] = (uint8_t)text[i];
		} else {
			uint16_t c = (uint8_t)text[i];

			memcpy(string + sizeof(head) + 2 * i, &c, sizeof(c));
		}
	}
}

void convert_text(uint8_t *to, const uint8_t *from, uint32_t packed)
{
	enum kind source = (enum kind)(packed & 255);
	enum kind target = (enum kind)(packed >> 8 & 255);
	/* Of both there are at most these many characters that matter. */
	char text[2048];
	size_t n;

	if (source == KIND_STRING || source == KIND_WSTRING) {
		n = bytes_of(text, sizeof(text) - 1, from, source);
	} else {
		n = text_literal(text, source, from);
	}
	if (target == KIND_STRING || target == KIND_WSTRING) {
		set_bytes(to, target, text, n);
		return;
	}
	text[n] = '\0';
	if (text_read(text, type_elementary(target), to) != 0) {
		memset(to, 0, text_slot_bytes(target));
	}
}
