/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/jsonout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct jsonout jsonout_into(char *bytes, size_t size)
{
	return (struct jsonout){.bytes = bytes, .size = size, .full = size == 0};
}

static void put(struct jsonout *j, const char *text, size_t n)
{
	if (j->full || n >= j->size - j->n) { /* room for the NUL stays */
		j->full = true;
		return;
	}
	memcpy(j->bytes + j->n, text, n);
	j->n += n;
}

static void item(struct jsonout *j)
{
	if (j->comma) {
		put(j, ",", 1);
	}
	j->comma = true;
}

void jsonout_open(struct jsonout *j, char bracket)
{
	item(j);
	put(j, &bracket, 1);
	j->comma = false;
}

void jsonout_close(struct jsonout *j, char bracket)
{
	put(j, &bracket, 1);
	j->comma = true;
}

/* Length of the UTF-8 sequence at s, 0 where it is none (RFC 3629, section 4). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80   ? 1
	           : s[0] < 0xc2 ? 0
	           : s[0] < 0xe0 ? 2
	           : s[0] < 0xf0 ? 3
	                         : 4;

	if (s[0] > 0xf4) {
		return 0;
	}
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) { /* a NUL ends it too */
			return 0;
		}
	}
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) {
		return 0; /* overlong, surrogate, beyond U+10FFFF */
	}
	return n;
}

static void put_character(struct jsonout *j, const char *text, size_t n)
{
	unsigned char c = (unsigned char)text[0];
	char escape[8];

	if (n == 0) {
		put(j, "\xef\xbf\xbd", 3);
	} else if (c == '"' || c == '\\') {
		escape[0] = '\\';
		escape[1] = (char)c;
		put(j, escape, 2);
	} else if (c < 0x20 || c == 0x7f) {
		put(j, escape, (size_t)snprintf(escape, sizeof(escape), "\\u%04x", c));
	} else {
		put(j, text, n);
	}
}

static void put_escaped(struct jsonout *j, const char *text)
{
	while (*text && !j->full) {
		size_t n = utf8_length((const unsigned char *)text);

		put_character(j, text, n);
		text += n ? n : 1;
	}
}

void jsonout_key(struct jsonout *j, const char *key)
{
	jsonout_text(j, key);
	put(j, ":", 1);
	j->comma = false;
}

void jsonout_key2(struct jsonout *j, const char *tag, const char *field)
{
	item(j);
	put(j, "\"", 1);
	put_escaped(j, tag);
	put(j, ".", 1);
	put_escaped(j, field);
	put(j, "\":", 2);
	j->comma = false;
}

void jsonout_raw(struct jsonout *j, const char *text)
{
	item(j);
	put(j, text, strlen(text));
}

void jsonout_null(struct jsonout *j)
{
	jsonout_raw(j, "null");
}

void jsonout_bool(struct jsonout *j, bool flag)
{
	jsonout_raw(j, flag ? "true" : "false");
}

void jsonout_int(struct jsonout *j, int64_t i)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRId64, i);
	jsonout_raw(j, digits);
}

void jsonout_uint(struct jsonout *j, uint64_t u)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, u);
	jsonout_raw(j, digits);
}

void jsonout_real(struct jsonout *j, double real)
{
	char digits[32];

	if (!isfinite(real)) {
		jsonout_null(j);
		return;
	}
	/* 15 digits always survive, 17 always identify (IEEE 754-2019, section 5.12.2).
	 */
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, real);
		if (strtod(digits, NULL) == real) {
			break;
		}
	}
	jsonout_raw(j, digits);
}

void jsonout_text(struct jsonout *j, const char *text)
{
	item(j);
	put(j, "\"", 1);
	put_escaped(j, text);
	put(j, "\"", 1);
}

void jsonout_text_or_null(struct jsonout *j, const char *text)
{
	if (text && *text) {
		jsonout_text(j, text);
	} else {
		jsonout_null(j);
	}
}

void jsonout_value(struct jsonout *j, const struct value *value)
{
	switch (value->kind) {
	case VALUE_NONE:
		jsonout_null(j);
		break;
	case VALUE_REAL:
		jsonout_real(j, value->real);
		break;
	case VALUE_INT:
		jsonout_int(j, value->i64);
		break;
	case VALUE_UINT:
		jsonout_uint(j, value->u64);
		break;
	case VALUE_BOOL:
		jsonout_bool(j, value->flag);
		break;
	case VALUE_TEXT:
		jsonout_text(j, value->text ? value->text : "");
		break;
	}
}

size_t jsonout_done(struct jsonout *j)
{
	if (j->full) {
		return 0;
	}
	j->bytes[j->n] = '\0';
	return j->n;
}
