/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants are folded only where the result is one of the type, so that what overflows
 * is left to the machine, which has one rule for it.  Literals without a type are exact.
 */
#include <math.h>
#include <string.h>

#include "twin/plc/check_impl.h"

/* Magnitude and sign, so that the whole of LINT and of ULINT fits. */
struct number {
	uint64_t magnitude;
	bool negative, overflow;
};

static struct number number_of(const struct constant *k)
{
	return (struct number){
		.magnitude = k->negative ? -k->u.bits : k->u.bits,
		.negative = k->negative,
	};
}

struct constant *check_integer_new(struct check *c, uint64_t magnitude, bool negative)
{
	struct constant *k = region_alloc(c->region, sizeof(*k));

	if (k) {
		k->kind = CONSTANT_INTEGER;
		k->negative = negative && magnitude > 0;
		k->u.bits = k->negative ? -magnitude : magnitude;
	}
	return k;
}

struct constant *check_real_new(struct check *c, double value)
{
	struct constant *k = region_alloc(c->region, sizeof(*k));

	if (k) {
		k->kind = CONSTANT_REAL;
		k->u.real = value;
	}
	return k;
}

int64_t check_int64(const struct constant *k)
{
	if (k->negative) {
		return (int64_t)k->u.bits;
	}
	return k->u.bits > INT64_MAX ? INT64_MAX : (int64_t)k->u.bits;
}

int check_compare(const struct constant *a, const struct constant *b)
{
	if (a->negative != b->negative) {
		return a->negative ? -1 : 1;
	}
	/* of two negative ones the bits, as unsigned, are in the same order */
	return a->u.bits < b->u.bits ? -1 : a->u.bits > b->u.bits;
}

bool check_in_range(const struct constant *k, const struct type *t)
{
	int64_t low;
	uint64_t high;

	if (k->kind != CONSTANT_INTEGER || t->kind == KIND_ERROR) {
		return true;
	}
	type_limits(t, &low, &high);
	if (k->negative) {
		return (int64_t)k->u.bits >= low;
	}
	/* a subrange may end below zero or begin above it */
	if (t->kind == KIND_SUBRANGE && type_is_signed(t)) {
		return k->u.bits <= INT64_MAX && (int64_t)k->u.bits >= low &&
		       (int64_t)k->u.bits <= (int64_t)high;
	}
	return k->u.bits <= high && (low <= 0 || k->u.bits >= (uint64_t)low);
}

/* ---- arithmetic -----------------------------------------------------------------------
 */

static struct number add(struct number a, struct number b)
{
	struct number r = {.negative = a.negative};

	if (a.negative == b.negative) {
		r.overflow = __builtin_add_overflow(a.magnitude, b.magnitude,
		                                    &r.magnitude);
	} else if (a.magnitude >= b.magnitude) {
		r.magnitude = a.magnitude - b.magnitude;
	} else {
		r.magnitude = b.magnitude - a.magnitude;
		r.negative = b.negative;
	}
	return r;
}

static struct number multiply(struct number a, struct number b)
{
	struct number r = {.negative = a.negative != b.negative};

	r.overflow = __builtin_mul_overflow(a.magnitude, b.magnitude, &r.magnitude);
	return r;
}

/* MOD has the sign of the dividend, division cuts to zero. */
static struct number divide(struct number a, struct number b, bool rest)
{
	if (rest) {
		return (struct number){a.magnitude % b.magnitude, a.negative, false};
	}
	return (struct number){a.magnitude / b.magnitude, a.negative != b.negative,
	                       false};
}

static struct number calculate(enum operator op, struct number a, struct number b)
{
	if (op == OPERATOR_SUBTRACT) {
		b.negative = !b.negative;
	}
	if (op == OPERATOR_ADD || op == OPERATOR_SUBTRACT) {
		return add(a, b);
	}
	if (op == OPERATOR_MULTIPLY) {
		return multiply(a, b);
	}
	return divide(a, b, op == OPERATOR_MOD);
}

static bool is_arithmetic(enum operator op)
{
	return op == OPERATOR_ADD || op == OPERATOR_SUBTRACT || op == OPERATOR_MULTIPLY ||
	       op == OPERATOR_DIVIDE || op == OPERATOR_MOD;
}

static bool is_comparison(enum operator op)
{
	return op >= OPERATOR_LESS && op <= OPERATOR_NOT_EQUAL;
}

static bool compared(enum operator op, int order)
{
	bool equal = op == OPERATOR_EQUAL || op == OPERATOR_LESS_EQUAL ||
	             op == OPERATOR_GREATER_EQUAL;

	if (order == 0) {
		return equal;
	}
	if (op == OPERATOR_NOT_EQUAL) {
		return true;
	}
	if (order < 0) {
		return op == OPERATOR_LESS || op == OPERATOR_LESS_EQUAL;
	}
	return op == OPERATOR_GREATER || op == OPERATOR_GREATER_EQUAL;
}

static uint64_t bitwise(enum operator op, uint64_t a, uint64_t b)
{
	if (op == OPERATOR_AND) {
		return a & b;
	}
	return op == OPERATOR_OR ? a | b : a ^ b;
}

/* Of a literal the result must be a number of 64 bits, of a type one of it. */
static void keep_number(struct check *c, struct expr *e, struct number r)
{
	struct constant *k;
	bool fits = r.negative ? r.magnitude <= (uint64_t)INT64_MAX + 1 : true;

	if (r.overflow || !fits) {
		if (check_is_open(e->type)) {
			check_say(c, e, "the result does not fit into 64 bits");
			e->type = type_elementary(KIND_ERROR);
		}
		return;
	}
	k = check_integer_new(c, r.magnitude, r.negative);
	if (k && (check_is_open(e->type) || check_in_range(k, e->type))) {
		e->constant = k;
	}
}

static void keep_real(struct check *c, struct expr *e, double value)
{
	if (e->type->kind == KIND_REAL) {
		value = (double)(float)value;
	}
	if (isfinite(value)) {
		e->constant = check_real_new(c, value);
	}
}

static void fold_integers(struct check *c, struct expr *e, const struct constant *a,
                          const struct constant *b)
{
	enum operator op = e->u.operation.op;

	if (is_comparison(op)) {
		e->constant = check_integer_new(c, compared(op, check_compare(a, b)),
		                                false);
	} else if (op == OPERATOR_AND || op == OPERATOR_OR || op == OPERATOR_XOR) {
		e->constant = check_integer_new(c, bitwise(op, a->u.bits, b->u.bits),
		                                false);
	} else if (is_arithmetic(op) &&
	           (b->u.bits != 0 || (op != OPERATOR_DIVIDE && op != OPERATOR_MOD))) {
		keep_number(c, e, calculate(op, number_of(a), number_of(b)));
	}
}

static void fold_reals(struct check *c, struct expr *e, double a, double b)
{
	enum operator op = e->u.operation.op;

	if (is_comparison(op)) {
		e->constant = check_integer_new(c, compared(op, a < b ? -1 : a > b),
		                                false);
	} else if (op == OPERATOR_ADD) {
		keep_real(c, e, a + b);
	} else if (op == OPERATOR_SUBTRACT) {
		keep_real(c, e, a - b);
	} else if (op == OPERATOR_MULTIPLY) {
		keep_real(c, e, a * b);
	} else if (op == OPERATOR_DIVIDE && b != 0) {
		keep_real(c, e, a / b);
	} else if (op == OPERATOR_POWER) {
		keep_real(c, e, pow(a, b));
	}
}

static uint64_t mask(const struct type *t)
{
	unsigned bits = type_bits(t);

	return bits > 0 ? UINT64_MAX >> (64 - bits) : 0;
}

static void fold_unary(struct check *c, struct expr *e, const struct constant *k)
{
	enum operator op = e->u.operation.op;

	if (op == OPERATOR_PLUS) {
		e->constant = k;
	} else if (op == OPERATOR_NOT) {
		e->constant = check_integer_new(c, ~k->u.bits & mask(e->type), false);
	} else if (k->kind == CONSTANT_REAL) {
		keep_real(c, e, -k->u.real);
	} else {
		struct number n = number_of(k);

		n.negative = !n.negative;
		keep_number(c, e, n);
	}
}

static double as_real(const struct constant *k)
{
	if (k->kind == CONSTANT_REAL) {
		return k->u.real;
	}
	return k->negative ? -(double)-k->u.bits : (double)k->u.bits;
}

const struct constant *check_converted(struct check *c, const struct expr *e)
{
	const struct constant *k = e->constant;
	double value;

	if (!k || !e->target || k->kind == CONSTANT_STRING || !type_is_real(e->target)) {
		return k; /* integers and bit strings stay what they are when widened */
	}
	value = as_real(k);
	return check_real_new(c, e->target->kind == KIND_REAL ? (double)(float)value
	                                                      : value);
}

void check_fold(struct check *c, struct expr *e)
{
	const struct expr *left = e->u.operation.left, *right = e->u.operation.right;
	const struct constant *a = check_converted(c, left);
	const struct constant *b = right ? check_converted(c, right) : NULL;

	if (!a || (right && !b) || a->kind == CONSTANT_STRING ||
	    e->type->kind == KIND_ERROR) {
		return;
	}
	if (!right) {
		fold_unary(c, e, a);
	} else if (b->kind == CONSTANT_STRING ||
	           (type_is_time(e->type) && b->kind == CONSTANT_REAL)) {
		return;
	} else if (a->kind == CONSTANT_REAL || b->kind == CONSTANT_REAL ||
	           e->u.operation.op == OPERATOR_POWER) {
		fold_reals(c, e, as_real(a), as_real(b));
	} else {
		fold_integers(c, e, a, b);
	}
}

/* ---- what declarations ask for
 * ---------------------------------------------------------
 */

const struct constant *check_constant_integer(struct check *c, struct expr *e,
                                              const struct type *want, const char *what)
{
	e = check_some(c, e); /* ARRAY[3] has no upper end: that is said */
	check_expr(c, e, want);
	if (e->type->kind == KIND_ERROR) {
		return NULL;
	}
	if (!type_is_integer(e->type)) {
		check_say(c, e, "%s is a whole number, not %s", what,
		          check_text(c, e->type));
		return NULL;
	}
	if (!e->constant) {
		check_say(c, e,
		          "%s must be known before the program runs: a number or a "
		          "constant",
		          what);
		return NULL;
	}
	if (check_is_open(e->type)) {
		const struct constant *k = e->constant;

		check_settle(c, e);
		return k;
	}
	return e->constant;
}
