/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/type.h"

#include <stdarg.h>
#include <string.h>

#include "twin/plc/message.h"

enum { TYPE_TEXT_MAX = 200, TYPE_TEXT_NEST = 8 };

/** What the standard says of its types, by kind. */
static const struct facts {
	const char *name;
	unsigned bits; /* 0: a string, or not elementary */
	bool integer, has_sign, real, pattern;
} facts[] = {
	[KIND_ERROR] = {"an erroneous type", 0, false, false, false, false},
	[KIND_BOOL] = {"BOOL", 1, false, false, false, true},
	[KIND_BYTE] = {"BYTE", 8, false, false, false, true},
	[KIND_WORD] = {"WORD", 16, false, false, false, true},
	[KIND_DWORD] = {"DWORD", 32, false, false, false, true},
	[KIND_LWORD] = {"LWORD", 64, false, false, false, true},
	[KIND_SINT] = {"SINT", 8, true, true, false, false},
	[KIND_INT] = {"INT", 16, true, true, false, false},
	[KIND_DINT] = {"DINT", 32, true, true, false, false},
	[KIND_LINT] = {"LINT", 64, true, true, false, false},
	[KIND_USINT] = {"USINT", 8, true, false, false, false},
	[KIND_UINT] = {"UINT", 16, true, false, false, false},
	[KIND_UDINT] = {"UDINT", 32, true, false, false, false},
	[KIND_ULINT] = {"ULINT", 64, true, false, false, false},
	[KIND_REAL] = {"REAL", 32, false, true, true, false},
	[KIND_LREAL] = {"LREAL", 64, false, true, true, false},
	[KIND_TIME] = {"TIME", 64, false, true, false, false},
	[KIND_LTIME] = {"LTIME", 64, false, true, false, false},
	[KIND_DATE] = {"DATE", 64, false, true, false, false},
	[KIND_TOD] = {"TIME_OF_DAY", 64, false, true, false, false},
	[KIND_DT] = {"DATE_AND_TIME", 64, false, true, false, false},
	[KIND_STRING] = {"STRING", 0, false, false, false, false},
	[KIND_WSTRING] = {"WSTRING", 0, false, false, false, false},
	[KIND_ENUM] = {"an enumeration", 0, false, false, false, false},
	[KIND_SUBRANGE] = {"a subrange", 0, false, false, false, false},
	[KIND_ARRAY] = {"an array", 0, false, false, false, false},
	[KIND_STRUCT] = {"a structure", 0, false, false, false, false},
	[KIND_BLOCK] = {"a function block", 0, false, false, false, false},
};

#define ELEMENTARY(k, word) [KIND_##k] = {.kind = KIND_##k, .name = (word)}
#define TEXTUAL(k)                                                                       \
	[KIND_##k] = {.kind = KIND_##k, .name = #k, .u = {.length = TYPE_STRING_DEFAULT}}

static const struct type elementary[KIND_ELEMENTARY_END] = {
	ELEMENTARY(ERROR, NULL),
	ELEMENTARY(BOOL, "BOOL"),
	ELEMENTARY(BYTE, "BYTE"),
	ELEMENTARY(WORD, "WORD"),
	ELEMENTARY(DWORD, "DWORD"),
	ELEMENTARY(LWORD, "LWORD"),
	ELEMENTARY(SINT, "SINT"),
	ELEMENTARY(INT, "INT"),
	ELEMENTARY(DINT, "DINT"),
	ELEMENTARY(LINT, "LINT"),
	ELEMENTARY(USINT, "USINT"),
	ELEMENTARY(UINT, "UINT"),
	ELEMENTARY(UDINT, "UDINT"),
	ELEMENTARY(ULINT, "ULINT"),
	ELEMENTARY(REAL, "REAL"),
	ELEMENTARY(LREAL, "LREAL"),
	ELEMENTARY(TIME, "TIME"),
	ELEMENTARY(LTIME, "LTIME"),
	ELEMENTARY(DATE, "DATE"),
	ELEMENTARY(TOD, "TIME_OF_DAY"),
	ELEMENTARY(DT, "DATE_AND_TIME"),
	TEXTUAL(STRING),
	TEXTUAL(WSTRING),
};

/** Names beside those of facts. */
static const struct {
	const char *name;
	enum kind kind;
} aliases[] = {
	{"TOD", KIND_TOD},
	{"DT", KIND_DT},
};

const struct type *type_elementary(enum kind kind)
{
	return &elementary[kind];
}

static bool same_word(const char *name, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++) {
		char c = name[i];

		if (c >= 'a' && c <= 'z') {
			c = (char)(c - 'a' + 'A');
		}
		if (word[i] == '\0' || c != word[i]) {
			return false;
		}
	}
	return word[n] == '\0';
}

const struct type *type_find(const char *name, size_t n)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		if (same_word(name, n, aliases[i].name)) {
			return &elementary[aliases[i].kind];
		}
	}
	for (size_t i = KIND_BOOL; i < KIND_ELEMENTARY_END; i++) {
		if (same_word(name, n, facts[i].name)) {
			return &elementary[i];
		}
	}
	return NULL;
}

const char *type_kind_name(enum kind kind)
{
	return facts[kind].name;
}

/** A type's text as it grows. */
struct text {
	char out[TYPE_TEXT_MAX];
	size_t n;
};

static void append(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct text *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->n += message_format(t->out + t->n, sizeof(t->out) - t->n, format, args);
	va_end(args);
}

/** All of a type but the element of an array, which it returns. */
static const struct type *append_outer(struct text *text, const struct type *t)
{
	if (t->name) {
		append(text, "%s", t->name);
	} else if (t->kind == KIND_STRING || t->kind == KIND_WSTRING) {
		append(text, "%s(%u)", facts[t->kind].name, t->u.length);
	} else if (t->kind == KIND_SUBRANGE) {
		append(text, "%s(%lld..%lld)", type_kind_name(t->u.subrange.base->kind),
		       (long long)t->u.subrange.range.low,
		       (long long)t->u.subrange.range.high);
	} else if (t->kind == KIND_ARRAY) {
		for (uint32_t i = 0; i < t->u.array.n_dims; i++) {
			append(text, "%s%lld..%lld", i == 0 ? "ARRAY[" : ", ",
			       (long long)t->u.array.dims[i].low,
			       (long long)t->u.array.dims[i].high);
		}
		append(text, "] OF ");
		return t->u.array.element;
	} else {
		append(text, "%s", type_kind_name(t->kind));
	}
	return NULL;
}

const char *type_text(const struct type *t, struct region *r)
{
	struct text text = {.n = 0};
	const char *copy;

	if (t->name) {
		return t->name;
	}
	for (int i = 0; t && i < TYPE_TEXT_NEST; i++) {
		t = append_outer(&text, t);
	}
	copy = region_text(r, text.out, text.n);
	return copy ? copy : "a type";
}

bool type_same_bounds(const struct type *a, const struct type *b)
{
	if (a->u.array.n_dims != b->u.array.n_dims) {
		return false;
	}
	for (uint32_t i = 0; i < a->u.array.n_dims; i++) {
		if (a->u.array.dims[i].low != b->u.array.dims[i].low ||
		    a->u.array.dims[i].high != b->u.array.dims[i].high) {
			return false;
		}
	}
	return true;
}

struct type *type_new(struct region *r, enum kind kind, const char *name)
{
	struct type *t = region_alloc(r, sizeof(*t));

	if (t) {
		t->kind = kind;
		t->name = name;
	}
	return t;
}

const struct type *type_base(const struct type *t)
{
	if (t->kind == KIND_SUBRANGE) {
		return t->u.subrange.base;
	}
	return t->kind == KIND_ENUM ? t->u.enumeration.base : t;
}

/** What the standard says of it; of a subrange, of its base; NULL where not elementary.
 */
static const struct facts *facts_of(const struct type *t)
{
	enum kind kind = t->kind == KIND_SUBRANGE ? t->u.subrange.base->kind : t->kind;

	return kind < KIND_ELEMENTARY_END ? &facts[kind] : NULL;
}

bool type_is_integer(const struct type *t)
{
	const struct facts *f = facts_of(t);

	return t->kind == KIND_ERROR || (f && f->integer);
}

bool type_is_signed(const struct type *t)
{
	const struct facts *f = facts_of(t);

	return t->kind == KIND_ERROR || (f && f->integer && f->has_sign);
}

bool type_is_real(const struct type *t)
{
	const struct facts *f = facts_of(t);

	return t->kind == KIND_ERROR || (f && f->real);
}

bool type_is_number(const struct type *t)
{
	return type_is_integer(t) || type_is_real(t);
}

bool type_is_bits(const struct type *t)
{
	const struct facts *f = facts_of(t);

	return t->kind == KIND_ERROR || (f && f->pattern);
}

bool type_is_time(const struct type *t)
{
	return t->kind == KIND_ERROR || t->kind == KIND_TIME || t->kind == KIND_LTIME;
}

bool type_is_date(const struct type *t)
{
	return t->kind == KIND_ERROR || t->kind == KIND_DATE || t->kind == KIND_TOD ||
	       t->kind == KIND_DT;
}

bool type_is_string(const struct type *t)
{
	return t->kind == KIND_ERROR || t->kind == KIND_STRING || t->kind == KIND_WSTRING;
}

bool type_is_elementary(const struct type *t)
{
	return t->kind < KIND_ELEMENTARY_END;
}

unsigned type_bits(const struct type *t)
{
	return facts[type_base(t)->kind].bits;
}

void type_limits(const struct type *t, int64_t *low, uint64_t *high)
{
	unsigned bits = type_bits(t);
	bool has_sign = facts[type_base(t)->kind].has_sign;

	if (t->kind == KIND_SUBRANGE) {
		*low = t->u.subrange.range.low;
		*high = (uint64_t)t->u.subrange.range.high;
		return;
	}
	*low = 0;
	*high = bits > 0 ? UINT64_MAX >> (64 - bits) : 0;
	if (has_sign) {
		*high >>= 1;
		*low = -(int64_t)*high - 1;
	}
}
