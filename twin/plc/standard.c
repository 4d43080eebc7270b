/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/standard.h"

#include <string.h>
#include <strings.h>

#include "twin/plc/type.h"

/* One parameter: a generic one, or one of an exact kind. */
#define ANY(name, group)                                                                 \
	{                                                                                \
		name, CLASS_##group, KIND_ERROR                                          \
	}
#define ONE(name, kind)                                                                  \
	{                                                                                \
		name, CLASS_KIND, KIND_##kind                                            \
	}
/* What the call gives: the common type, a fixed kind, that of an operator. */
#define COMMON(id)     #id, STANDARD_##id, RESULT_COMMON, KIND_ERROR, OPERATOR_PLUS
#define FIXED(id, as)  #id, STANDARD_##id, RESULT_KIND, KIND_##as, OPERATOR_PLUS
#define WORD(name, op) name, STANDARD_OPERATOR, RESULT_OPERATOR, KIND_ERROR, OPERATOR_##op
#define TRUNC          "TRUNC", STANDARD_TRUNC, RESULT_CONTEXT, KIND_DINT, OPERATOR_PLUS

/* Tables 22 to 31; ATAN2, MUL_TIME, DIV_TIME and the LTIME ones are of edition 3. */
static const struct standard_function functions[] = {
	{TRUNC, false, {ANY("IN", REAL)}},
	{COMMON(ABS), false, {ANY("IN", NUMBER)}},
	{COMMON(SQRT), false, {ANY("IN", REAL)}},
	{COMMON(LN), false, {ANY("IN", REAL)}},
	{COMMON(LOG), false, {ANY("IN", REAL)}},
	{COMMON(EXP), false, {ANY("IN", REAL)}},
	{COMMON(SIN), false, {ANY("IN", REAL)}},
	{COMMON(COS), false, {ANY("IN", REAL)}},
	{COMMON(TAN), false, {ANY("IN", REAL)}},
	{COMMON(ASIN), false, {ANY("IN", REAL)}},
	{COMMON(ACOS), false, {ANY("IN", REAL)}},
	{COMMON(ATAN), false, {ANY("IN", REAL)}},
	{COMMON(ATAN2), false, {ANY("Y", REAL), ANY("X", REAL)}},
	{WORD("ADD", ADD), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("MUL", MULTIPLY), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("SUB", SUBTRACT), false, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("DIV", DIVIDE), false, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("MOD", MOD), false, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("EXPT", POWER), false, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{COMMON(MOVE), false, {ANY("IN", ANY)}},
	{COMMON(SHL), false, {ANY("IN", BITS), ANY("N", INTEGER)}},
	{COMMON(SHR), false, {ANY("IN", BITS), ANY("N", INTEGER)}},
	{COMMON(ROL), false, {ANY("IN", BITS), ANY("N", INTEGER)}},
	{COMMON(ROR), false, {ANY("IN", BITS), ANY("N", INTEGER)}},
	{WORD("AND", AND), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("OR", OR), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("XOR", XOR), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("NOT", NOT), false, {ANY("IN", ANY)}},
	{COMMON(SEL), false, {ONE("G", BOOL), ANY("IN0", ANY), ANY("IN1", ANY)}},
	{COMMON(MAX), true, {ANY("IN1", ELEMENTARY), ANY("IN2", ELEMENTARY)}},
	{COMMON(MIN), true, {ANY("IN1", ELEMENTARY), ANY("IN2", ELEMENTARY)}},
	{COMMON(LIMIT),
         false,
         {ANY("MN", ELEMENTARY), ANY("IN", ELEMENTARY), ANY("MX", ELEMENTARY)}},
	{COMMON(MUX), true, {ANY("K", INTEGER), ANY("IN0", ANY), ANY("IN1", ANY)}},
	{WORD("GT", GREATER), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("GE", GREATER_EQUAL), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("EQ", EQUAL), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("LE", LESS_EQUAL), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("LT", LESS), true, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{WORD("NE", NOT_EQUAL), false, {ANY("IN1", ANY), ANY("IN2", ANY)}},
	{FIXED(LEN, INT), false, {ANY("IN", STRING)}},
	{COMMON(LEFT), false, {ANY("IN", STRING), ANY("L", INTEGER)}},
	{COMMON(RIGHT), false, {ANY("IN", STRING), ANY("L", INTEGER)}},
	{COMMON(MID), false, {ANY("IN", STRING), ANY("L", INTEGER), ANY("P", INTEGER)}},
	{COMMON(CONCAT), true, {ANY("IN1", STRING), ANY("IN2", STRING)}},
	{COMMON(INSERT),
         false,
         {ANY("IN1", STRING), ANY("IN2", STRING), ANY("P", INTEGER)}},
	{COMMON(DELETE),
         false,
         {ANY("IN", STRING), ANY("L", INTEGER), ANY("P", INTEGER)}},
	{COMMON(REPLACE),
         false,
         {ANY("IN1", STRING), ANY("IN2", STRING), ANY("L", INTEGER), ANY("P", INTEGER)}},
	{FIXED(FIND, INT), false, {ANY("IN1", STRING), ANY("IN2", STRING)}},
	{WORD("ADD_TIME", ADD), false, {ANY("IN1", TIME), ANY("IN2", TIME)}},
	{WORD("ADD_LTIME", ADD), false, {ANY("IN1", TIME), ANY("IN2", TIME)}},
	{WORD("ADD_TOD_TIME", ADD), false, {ONE("IN1", TOD), ANY("IN2", TIME)}},
	{WORD("ADD_DT_TIME", ADD), false, {ONE("IN1", DT), ANY("IN2", TIME)}},
	{WORD("SUB_TIME", SUBTRACT), false, {ANY("IN1", TIME), ANY("IN2", TIME)}},
	{WORD("SUB_LTIME", SUBTRACT), false, {ANY("IN1", TIME), ANY("IN2", TIME)}},
	{WORD("SUB_DATE_DATE", SUBTRACT), false, {ONE("IN1", DATE), ONE("IN2", DATE)}},
	{WORD("SUB_TOD_TIME", SUBTRACT), false, {ONE("IN1", TOD), ANY("IN2", TIME)}},
	{WORD("SUB_TOD_TOD", SUBTRACT), false, {ONE("IN1", TOD), ONE("IN2", TOD)}},
	{WORD("SUB_DT_TIME", SUBTRACT), false, {ONE("IN1", DT), ANY("IN2", TIME)}},
	{WORD("SUB_DT_DT", SUBTRACT), false, {ONE("IN1", DT), ONE("IN2", DT)}},
	{WORD("MULTIME", MULTIPLY), false, {ANY("IN1", TIME), ANY("IN2", NUMBER)}},
	{WORD("MUL_TIME", MULTIPLY), false, {ANY("IN1", TIME), ANY("IN2", NUMBER)}},
	{WORD("MUL_LTIME", MULTIPLY), false, {ANY("IN1", TIME), ANY("IN2", NUMBER)}},
	{WORD("DIVTIME", DIVIDE), false, {ANY("IN1", TIME), ANY("IN2", NUMBER)}},
	{WORD("DIV_TIME", DIVIDE), false, {ANY("IN1", TIME), ANY("IN2", NUMBER)}},
	{WORD("DIV_LTIME", DIVIDE), false, {ANY("IN1", TIME), ANY("IN2", NUMBER)}},
	{FIXED(CONCAT_DATE_TOD, DT), false, {ONE("IN1", DATE), ONE("IN2", TOD)}},
};

#define IN(name, kind)                                                                   \
	{                                                                                \
		name, SECTION_INPUT, KIND_##kind                                         \
	}
#define OUT(name, kind)                                                                  \
	{                                                                                \
		name, SECTION_OUTPUT, KIND_##kind                                        \
	}
#define UP(kind)                                                                         \
	{                                                                                \
		IN("CU", BOOL), IN("R", BOOL), IN("PV", kind), OUT("Q", BOOL),           \
			OUT("CV", kind)                                                  \
	}
#define DOWN(kind)                                                                       \
	{                                                                                \
		IN("CD", BOOL), IN("LD", BOOL), IN("PV", kind), OUT("Q", BOOL),          \
			OUT("CV", kind)                                                  \
	}
#define BOTH(kind)                                                                       \
	{                                                                                \
		IN("CU", BOOL), IN("CD", BOOL), IN("R", BOOL), IN("LD", BOOL),           \
			IN("PV", kind), OUT("QU", BOOL), OUT("QD", BOOL),                \
			OUT("CV", kind)                                                  \
	}
#define TIMER                                                                            \
	{                                                                                \
		IN("IN", BOOL), IN("PT", TIME), OUT("Q", BOOL), OUT("ET", TIME)          \
	}
#define EDGE                                                                             \
	{                                                                                \
		IN("CLK", BOOL), OUT("Q", BOOL)                                          \
	}

/* Tables 34 to 38, in the order of their ids. */
static const struct standard_block blocks[] = {
	{"SR", STANDARD_SR, {IN("S1", BOOL), IN("R", BOOL), OUT("Q1", BOOL)}},
	{"RS", STANDARD_RS, {IN("S", BOOL), IN("R1", BOOL), OUT("Q1", BOOL)}},
	{"SEMA",
         STANDARD_SEMA,
         {IN("CLAIM", BOOL), IN("RELEASE", BOOL), OUT("BUSY", BOOL)}},
	{"R_TRIG", STANDARD_R_TRIG, EDGE},
	{"F_TRIG", STANDARD_F_TRIG, EDGE},
	{"CTU", STANDARD_CTU, UP(INT)},
	{"CTU_DINT", STANDARD_CTU_DINT, UP(DINT)},
	{"CTU_LINT", STANDARD_CTU_LINT, UP(LINT)},
	{"CTU_UDINT", STANDARD_CTU_UDINT, UP(UDINT)},
	{"CTU_ULINT", STANDARD_CTU_ULINT, UP(ULINT)},
	{"CTD", STANDARD_CTD, DOWN(INT)},
	{"CTD_DINT", STANDARD_CTD_DINT, DOWN(DINT)},
	{"CTD_LINT", STANDARD_CTD_LINT, DOWN(LINT)},
	{"CTD_UDINT", STANDARD_CTD_UDINT, DOWN(UDINT)},
	{"CTD_ULINT", STANDARD_CTD_ULINT, DOWN(ULINT)},
	{"CTUD", STANDARD_CTUD, BOTH(INT)},
	{"CTUD_DINT", STANDARD_CTUD_DINT, BOTH(DINT)},
	{"CTUD_LINT", STANDARD_CTUD_LINT, BOTH(LINT)},
	{"CTUD_UDINT", STANDARD_CTUD_UDINT, BOTH(UDINT)},
	{"CTUD_ULINT", STANDARD_CTUD_ULINT, BOTH(ULINT)},
	{"TP", STANDARD_TP, TIMER},
	{"TON", STANDARD_TON, TIMER},
	{"TOF", STANDARD_TOF, TIMER},
	{"RTC",
         STANDARD_RTC,
         {IN("IN", BOOL), IN("PDT", DT), OUT("Q", BOOL), OUT("CDT", DT)}},
};

/* Names that edition 3 gives to blocks of edition 2. */
static const struct {
	const char *name, *means;
} aliases[] = {
	{"CTU_INT", "CTU"}, {"CTD_INT", "CTD"},   {"CTUD_INT", "CTUD"},
	{"TP_TIME", "TP"},  {"TON_TIME", "TON"},  {"TOF_TIME", "TOF"},
	{"TP_LTIME", "TP"}, {"TON_LTIME", "TON"}, {"TOF_LTIME", "TOF"},
};

enum {
	N_FUNCTIONS = sizeof(functions) / sizeof(functions[0]),
	N_BLOCKS = sizeof(blocks) / sizeof(blocks[0]),
	N_ALIASES = sizeof(aliases) / sizeof(aliases[0]),
};

static bool is_numeric(enum kind k)
{
	return k >= KIND_BOOL && k <= KIND_LREAL;
}

static bool is_bits(enum kind k)
{
	return k >= KIND_BYTE && k <= KIND_LWORD;
}

static bool is_integer(enum kind k)
{
	return k >= KIND_SINT && k <= KIND_ULINT;
}

static bool is_text(enum kind k)
{
	return k == KIND_STRING || k == KIND_WSTRING;
}

static bool is_length(enum kind k)
{
	return k == KIND_TIME || k == KIND_LTIME;
}

/* A moment of a calendar becomes a part of itself only: DATE_TO_TOD makes no sense. */
static bool can_convert(enum kind from, enum kind to)
{
	if (is_numeric(from) || is_text(from)) {
		return true;
	}
	if (is_numeric(to) || is_text(to) || from == to) {
		return true;
	}
	if (is_length(from) || is_length(to)) {
		return (is_length(from) || from == KIND_TOD) &&
		       (is_length(to) || to == KIND_TOD);
	}
	return from == KIND_DT || (from == KIND_DATE && to == KIND_DT);
}

/* The type that n characters name; KIND_ERROR where they name none. */
static enum kind kind_named(const char *name, size_t n)
{
	const struct type *t = type_find(name, n);

	return t ? t->kind : KIND_ERROR;
}

static void make(struct standard_function *out, const char *name, enum standard id)
{
	memset(out, 0, sizeof(*out));
	out->name = name;
	out->id = id;
	out->result = RESULT_KIND;
	out->parameters[0].name = "IN";
}

/* from and to are parts of name: "" is any type, KIND_ERROR a word that is no type. */
struct halves {
	enum kind from, to;
	bool any_from;
};

/* Split at word, which stands at `at` in name. */
static struct halves split(const char *name, const char *at, size_t length)
{
	struct halves h = {.any_from = at == name && *at != '_'};

	if (!h.any_from) {
		h.from = kind_named(name, (size_t)(at - name));
	}
	h.to = kind_named(at + length, strlen(at + length));
	return h;
}

/* `A word B` with both of them types.  DT_TO_TOD has one place, but TIME_OF_DAY_TO_DT
 * might have had two: the first that works. */
static bool find_halves(struct halves *out, const char *name, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = name; *at != '\0'; at++) {
		struct halves h;

		if (strncasecmp(at, word, length) != 0) {
			continue;
		}
		h = split(name, at, length);
		if (h.to != KIND_ERROR && (h.any_from || h.from != KIND_ERROR)) {
			*out = h;
			return true;
		}
	}
	return false;
}

static void from_kind(struct standard_function *out, const struct halves *h,
                      enum standard_class any)
{
	out->kind = h->to;
	out->parameters[0].group = h->any_from ? any : CLASS_KIND;
	out->parameters[0].kind = h->from;
}

/* WORD_BCD_TO_UINT, BCD_TO_UINT; UINT_TO_BCD_WORD, TO_BCD_WORD. */
static bool find_bcd(struct standard_function *out, const char *name)
{
	struct halves h;

	if ((find_halves(&h, name, "_BCD_TO_") || (strncasecmp(name, "BCD_TO_", 7) == 0 &&
	                                           find_halves(&h, name, "BCD_TO_"))) &&
	    (h.any_from || is_bits(h.from)) && is_integer(h.to)) {
		make(out, name, STANDARD_FROM_BCD);
		from_kind(out, &h, CLASS_BITS);
		return true;
	}
	if ((find_halves(&h, name, "_TO_BCD_") || (strncasecmp(name, "TO_BCD_", 7) == 0 &&
	                                           find_halves(&h, name, "TO_BCD_"))) &&
	    (h.any_from || is_integer(h.from)) && is_bits(h.to)) {
		make(out, name, STANDARD_TO_BCD);
		from_kind(out, &h, CLASS_INTEGER);
		return true;
	}
	return false;
}

/* REAL_TRUNC_DINT, TRUNC_DINT of edition 3; INT_TO_REAL, TO_REAL of edition 3. */
static bool find_conversion(struct standard_function *out, const char *name)
{
	struct halves h;

	if ((find_halves(&h, name, "_TRUNC_") ||
	     (strncasecmp(name, "TRUNC_", 6) == 0 && find_halves(&h, name, "TRUNC_"))) &&
	    (h.any_from || h.from == KIND_REAL || h.from == KIND_LREAL) &&
	    is_integer(h.to)) {
		make(out, name, STANDARD_TRUNC);
		from_kind(out, &h, CLASS_REAL);
		return true;
	}
	if (!find_halves(&h, name, "_TO_") &&
	    (strncasecmp(name, "TO_", 3) != 0 || !find_halves(&h, name, "TO_"))) {
		return find_bcd(out, name);
	}
	if (!h.any_from && !can_convert(h.from, h.to)) {
		return false;
	}
	make(out, name, STANDARD_CONVERT);
	from_kind(out, &h, CLASS_ELEMENTARY);
	return true;
}

bool standard_function(struct standard_function *out, const char *name)
{
	for (size_t i = 0; i < N_FUNCTIONS; i++) {
		if (strcasecmp(functions[i].name, name) == 0) {
			*out = functions[i];
			return true;
		}
	}
	return find_conversion(out, name);
}

const struct standard_function *standard_function_at(size_t i)
{
	return i < N_FUNCTIONS ? &functions[i] : NULL;
}

const struct standard_block *standard_block(const char *name)
{
	for (size_t i = 0; i < N_ALIASES; i++) {
		if (strcasecmp(aliases[i].name, name) == 0) {
			name = aliases[i].means;
			break;
		}
	}
	for (size_t i = 0; i < N_BLOCKS; i++) {
		if (strcasecmp(blocks[i].name, name) == 0) {
			return &blocks[i];
		}
	}
	return NULL;
}

const struct standard_block *standard_block_of(uint32_t id)
{
	return id >= STANDARD_SR && id < STANDARD_END ? &blocks[id - STANDARD_SR] : NULL;
}

uint32_t standard_parameters(const struct standard_function *f)
{
	uint32_t n = 0;

	while (f->parameters[n].name) {
		n++;
	}
	return n;
}
