/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Types of Structured Text (IEC 61131-3 edition 2, table 10 and 2.3.3).
 *
 * The parser builds none: it leaves a struct type_spec (ast.h).  The checker makes types
 * of those, with the functions below.  Elementary types are static and can be compared by
 * their pointer; so can declared ones, which are made once.  Types are const once made.
 */
#ifndef TWIN_PLC_TYPE_H
#define TWIN_PLC_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plc/region.h"

struct constant;
struct expr;
struct pou;

enum kind {
	KIND_ERROR, /* of what was already complained about: fits everything, silently */
	KIND_BOOL,
	KIND_BYTE,
	KIND_WORD,
	KIND_DWORD,
	KIND_LWORD,
	KIND_SINT,
	KIND_INT,
	KIND_DINT,
	KIND_LINT,
	KIND_USINT,
	KIND_UINT,
	KIND_UDINT,
	KIND_ULINT,
	KIND_REAL,
	KIND_LREAL,
	KIND_TIME, /* all five of time and date: int64 ns; TIME and LTIME alike */
	KIND_LTIME,
	KIND_DATE,    /* ns since 1970-01-01-00:00:00 */
	KIND_TOD,     /* ns since midnight */
	KIND_DT,      /* ns since 1970-01-01-00:00:00 */
	KIND_STRING,  /* bytes */
	KIND_WSTRING, /* 16-bit units */
	KIND_ELEMENTARY_END,
	KIND_ENUM = KIND_ELEMENTARY_END,
	KIND_SUBRANGE,
	KIND_ARRAY,
	KIND_STRUCT,
	KIND_BLOCK, /* an instance of a function block (or program), declared or standard
	             */
};

enum { TYPE_DIMENSIONS_MAX = 8, TYPE_STRING_DEFAULT = 254, TYPE_STRING_MAX = 65535 };

struct type_range {
	int64_t low, high; /* low <= high */
};

struct type_field {
	const char *name; /* as declared */
	const char *key;  /* folded and interned, see struct name in ast.h */
	const struct type *type;
	const struct expr *initial; /* as checked; NULL: the type's own */
	uint32_t offset;            /* for who lays out memory */
};

struct type_value {
	const char *name, *key;
	int64_t value;
};

struct type {
	enum kind kind;
	const char *name; /* as declared; NULL where it has none (ARRAY..., STRING(n)) */
	union {
		uint32_t length; /* STRING, WSTRING: most characters */
		struct {
			const struct type *base; /* an elementary integer */
			struct type_range range;
		} subrange;
		struct {
			const struct type *element;
			const struct type_range
				*dims; /* rightmost index varies fastest */
			uint32_t n_dims;
			uint64_t n; /* elements in all */
		} array;
		struct {
			const struct type_field *fields;
			uint32_t n;
		} structure;
		struct {
			const struct type
				*base; /* what it is stored as; INT by default */
			const struct type_value *values;
			uint32_t n;
		} enumeration;
		struct {
			struct pou *pou;   /* declared; NULL: standard */
			uint32_t standard; /* id of standard.h where pou is NULL */
		} block;
	} u;
	const struct expr *initial; /* of a declared type with one; checked; else NULL */
	uint32_t size, align;       /* bytes, for who lays out memory; 0: not yet */
};

/** The static type of an elementary kind (STRING and WSTRING: of the default length). */
const struct type *type_elementary(enum kind kind);

/** By its name in any case: "dint", "TIME_OF_DAY"; NULL where it is no elementary type.
 */
const struct type *type_find(const char *name, size_t n);

/** "INT", "STRING", "a structure"; static. */
const char *type_kind_name(enum kind kind);

/** For messages: its declared name, or "ARRAY[0..3] OF INT", "STRING(20)"; in r; never
 * NULL. */
const char *type_text(const struct type *t, struct region *r);

/** Do two arrays have the same bounds, dimension by dimension? */
bool type_same_bounds(const struct type *a, const struct type *b);

/** A new type of a kind that is not elementary, or STRING(n), empty; NULL as
 * region_alloc(). Fill its union, then never change it. */
struct type *type_new(struct region *r, enum kind kind, const char *name);

/** What a subrange, or an enumeration, is stored as; any other type is itself. */
const struct type *type_base(const struct type *t);

/** The groups of the standard (2.3.2); a subrange counts as its base, an enumeration as
 * none of these, KIND_ERROR as all. */
bool type_is_integer(const struct type *t); /* ANY_INT */
bool type_is_signed(const struct type *t);  /* SINT INT DINT LINT */
bool type_is_real(const struct type *t);    /* ANY_REAL */
bool type_is_number(const struct type *t);  /* ANY_NUM */
bool type_is_bits(const struct type *t);    /* ANY_BIT, with BOOL */
bool type_is_time(const struct type *t);    /* TIME, LTIME */
bool type_is_date(const struct type *t);    /* ANY_DATE: DATE TOD DT */
bool type_is_string(const struct type *t);  /* ANY_STRING */
bool type_is_elementary(const struct type *t);

/** Bits of what it is stored as: 1 of BOOL, 8 to 64; 0 of strings and what is not
 * elementary. */
unsigned type_bits(const struct type *t);

/** Lowest and highest value of an integer or bit string, as bits: low is an int64, high a
 * uint64. */
void type_limits(const struct type *t, int64_t *low, uint64_t *high);

#endif
