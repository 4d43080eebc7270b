/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plc/check_impl.h"

static const struct type *error_type(void)
{
	return type_elementary(KIND_ERROR);
}

static bool is_comparison(enum operator op)
{
	return op >= OPERATOR_LESS && op <= OPERATOR_NOT_EQUAL;
}

static bool is_logic(enum operator op)
{
	return op == OPERATOR_AND || op == OPERATOR_OR || op == OPERATOR_XOR;
}

static const char *text(struct check *c, const struct expr *e)
{
	return check_text(c, e->type);
}

/* ---- open operands
 * ---------------------------------------------------------------------
 */

/* The narrowest bit string that a literal fits into. */
static void settle_bits(struct check *c, struct expr *e)
{
	for (enum kind k = KIND_BOOL; k <= KIND_LWORD; k++) {
		if (check_adopt(c, e, type_elementary(k))) {
			return;
		}
	}
}

/* A fraction beside an integer: both become REAL, LREAL where REAL is too narrow. */
static const struct type *real_beside(const struct type *t, const struct type *want)
{
	if (!type_is_integer(t)) {
		return t;
	}
	if (want && type_is_real(want) && want->kind != KIND_ERROR) {
		return want;
	}
	return type_elementary(type_bits(t) < 32 ? KIND_REAL : KIND_LREAL);
}

/* Let the open one of two take the type of the other, or one that both fit into. */
static void close_beside(struct check *c, struct expr *open, const struct expr *other,
                         const struct type *want)
{
	const struct type *t = type_base(other->type);

	if (other->type->kind == KIND_ENUM) {
		t = other->type;
	}
	if (open->type == &check_any_real) {
		t = real_beside(t, want);
	}
	if (check_adopt(c, open, t)) {
		return;
	}
	if (type_is_bits(t)) {
		settle_bits(c, open);
	} else {
		check_settle(c, open);
	}
}

static void close_operands(struct check *c, struct expr *e, const struct type *want)
{
	struct expr *left = e->u.operation.left, *right = e->u.operation.right;
	bool number = want && type_is_number(want) && !is_logic(e->u.operation.op) &&
	              !is_comparison(e->u.operation.op);

	if (number && left->kind == EXPR_DIRECT) {
		check_adopt(c, left, want);
	}
	if (number && right->kind == EXPR_DIRECT) {
		check_adopt(c, right, want);
	}
	if (left->kind == EXPR_DIRECT && !check_is_open(right->type)) {
		check_adopt(c, left, right->type);
	} else if (right->kind == EXPR_DIRECT && !check_is_open(left->type)) {
		check_adopt(c, right, left->type);
	}
	if (check_is_open(left->type) && !check_is_open(right->type)) {
		close_beside(c, left, right, want);
	} else if (check_is_open(right->type) && !check_is_open(left->type)) {
		close_beside(c, right, left, want);
	}
}

/* ---- two operands
 * ----------------------------------------------------------------------
 */

static void say_operands(struct check *c, struct expr *e, const char *what)
{
	sources_error(c->sources, e->at, e->length ? e->length : 1,
	              "%s %s; here it stands between %s and %s",
	              ast_operator_word(e->u.operation.op), what,
	              text(c, e->u.operation.left), text(c, e->u.operation.right));
	e->type = error_type();
}

/* Both to the type that both widen to; NULL where there is none. */
static const struct type *unite(struct expr *e)
{
	struct expr *left = e->u.operation.left, *right = e->u.operation.right;
	const struct type *t;

	if (check_is_open(left->type) && check_is_open(right->type)) {
		return left->type == &check_any_real ? left->type : right->type;
	}
	t = check_common(left->type, right->type);
	if (t && t->kind == KIND_SUBRANGE) {
		t = type_base(t);
	}
	if (t) {
		check_widen(left, t);
		check_widen(right, t);
	}
	return t;
}

static void check_logic(struct check *c, struct expr *e)
{
	const struct type *left = e->u.operation.left->type;
	const struct type *right = e->u.operation.right->type;
	bool open = check_is_open(left) && check_is_open(right);
	const struct type *t;

	if (open && left == &check_any_integer && right == &check_any_integer) {
		e->type = left;
		return;
	}
	if (!type_is_bits(left) || !type_is_bits(right)) {
		say_operands(c, e, "joins BOOL or bit strings (BYTE, WORD ...)");
		return;
	}
	t = unite(e);
	e->type = t ? t : error_type();
}

static void check_comparison(struct check *c, struct expr *e)
{
	const struct type *left = e->u.operation.left->type;
	const struct type *right = e->u.operation.right->type;
	enum operator op = e->u.operation.op;
	bool order = op != OPERATOR_EQUAL && op != OPERATOR_NOT_EQUAL;

	if (left->kind == KIND_ENUM && right->kind == KIND_ENUM && !order &&
	    check_same_type(left, right)) {
		e->type = type_elementary(KIND_BOOL);
		return;
	}
	if (left->kind == KIND_ENUM && right->kind == KIND_ENUM && order) {
		say_operands(c, e,
		             "needs an order, the names of an enumeration have none");
		return;
	}
	if ((!type_is_elementary(left) && left->kind != KIND_SUBRANGE) ||
	    (!type_is_elementary(right) && right->kind != KIND_SUBRANGE) || !unite(e)) {
		say_operands(c, e, "compares two values of one kind");
		return;
	}
	e->type = type_elementary(KIND_BOOL);
}

/* The result of + and - on times and dates (table 30); NULL where there is none. */
static const struct type *time_sum(enum operator op, const struct type *a,
                                   const struct type *b)
{
	if (type_is_time(a) && type_is_time(b)) {
		return a->kind == KIND_LTIME ? a : b;
	}
	if ((a->kind == KIND_TOD || a->kind == KIND_DT) && type_is_time(b)) {
		return a;
	}
	if (op == OPERATOR_SUBTRACT && type_is_date(a) && a->kind == b->kind) {
		return type_elementary(KIND_TIME);
	}
	return NULL;
}

static bool is_moment(const struct type *t)
{
	return type_is_time(t) || type_is_date(t);
}

/* 2 * T#1s is T#1s * 2. */
static void time_first(struct expr *e)
{
	struct expr *left = e->u.operation.left;

	if (e->u.operation.op == OPERATOR_MULTIPLY && type_is_number(left->type) &&
	    type_is_time(e->u.operation.right->type)) {
		e->u.operation.left = e->u.operation.right;
		e->u.operation.right = left;
	}
}

static void check_time(struct check *c, struct expr *e)
{
	enum operator op = e->u.operation.op;
	const struct type *a, *b, *t = NULL;

	time_first(e);
	a = e->u.operation.left->type;
	b = e->u.operation.right->type;
	if (op == OPERATOR_ADD || op == OPERATOR_SUBTRACT) {
		t = time_sum(op, a, b);
	} else if ((op == OPERATOR_MULTIPLY || op == OPERATOR_DIVIDE) &&
	           type_is_time(a) && type_is_number(b)) {
		t = a;
	}
	if (!t) {
		say_operands(c, e, "does not work with these");
		return;
	}
	e->type = t;
}

static void check_zero(struct check *c, struct expr *e)
{
	const struct expr *right = e->u.operation.right;
	enum operator op = e->u.operation.op;

	if ((op == OPERATOR_DIVIDE || op == OPERATOR_MOD) && right->constant &&
	    right->constant->kind == CONSTANT_INTEGER && right->constant->u.bits == 0 &&
	    !type_is_real(e->type)) {
		check_say(c, right, "division by zero");
		e->type = error_type();
	}
}

/* The base is a REAL (EXPT of table 24), an integer becomes one. */
static void check_power(struct check *c, struct expr *e, const struct type *want)
{
	struct expr *left = e->u.operation.left, *right = e->u.operation.right;
	bool open = check_is_open(left->type);

	if (!type_is_number(left->type) || !type_is_number(right->type)) {
		say_operands(c, e, "is for numbers");
		return;
	}
	if (open && check_is_open(right->type)) {
		e->type = &check_any_real;
		return;
	}
	check_settle(c, right);
	if (open &&
	    !check_adopt(c, left,
	                 want && type_is_real(want)  ? want
	                 : type_is_real(right->type) ? right->type
	                                             : type_elementary(KIND_REAL))) {
		check_settle(c, left);
	}
	e->type = left->type;
	if (!type_is_real(left->type)) {
		e->type = type_elementary(
			check_widens(left->type, type_elementary(KIND_REAL))
				? KIND_REAL
				: KIND_LREAL);
		check_widen(left, e->type);
	}
}

/* The integer without sign, of as many bits. */
static const char *number_like(const struct type *t)
{
	static const enum kind kinds[] = {KIND_USINT, KIND_UINT, KIND_UDINT, KIND_ULINT};

	return type_kind_name(kinds[t->kind - KIND_BYTE]);
}

/* WORD + 1: the standard has it not, much that is written does. */
static bool check_bit_arithmetic(struct check *c, struct expr *e)
{
	struct expr *left = e->u.operation.left, *right = e->u.operation.right;
	const struct type *t;

	if (!type_is_bits(left->type) || !type_is_bits(right->type)) {
		return false;
	}
	t = check_common(left->type, right->type);
	if (!t || t->kind == KIND_BOOL) {
		return false;
	}
	check_widen(left, t);
	check_widen(right, t);
	e->type = t;
	sources_warning(c->sources, e->at, e->length ? e->length : 1,
	                "%s is taken as a number without sign here: %s would say so",
	                type_kind_name(t->kind), number_like(t));
	return true;
}

static void check_arithmetic(struct check *c, struct expr *e)
{
	struct expr *left = e->u.operation.left, *right = e->u.operation.right;
	enum operator op = e->u.operation.op;
	const struct type *t;

	if (is_moment(left->type) || is_moment(right->type)) {
		check_time(c, e);
	} else if (check_bit_arithmetic(c, e)) {
		/* said there */
	} else if (!type_is_number(left->type) || !type_is_number(right->type)) {
		bool texts = type_is_string(left->type) && type_is_string(right->type);

		say_operands(c, e,
		             texts && op == OPERATOR_ADD
		                     ? "adds numbers: CONCAT joins texts"
		                     : "calculates with numbers");
		return;
	} else if (op == OPERATOR_MOD &&
	           (!type_is_integer(left->type) || !type_is_integer(right->type))) {
		say_operands(c, e, "is for whole numbers");
		return;
	} else {
		t = unite(e);
		if (!t) {
			say_operands(c, e, "finds no type that holds both");
			return;
		}
		e->type = t;
	}
	check_zero(c, e);
}

static bool names_a_value(struct check *c, const struct expr *e)
{
	return e->kind == EXPR_NAME && !check_variable(c, &e->u.name) &&
	       check_value(c, e->u.name.key);
}

static void check_operands(struct check *c, struct expr *e, const struct type *want)
{
	struct expr *left = e->u.operation.left, *right = e->u.operation.right;
	bool comparison = is_comparison(e->u.operation.op);

	if (!right) {
		check_expr(c, left, want);
	} else if (comparison && names_a_value(c, left)) {
		check_expr(c, right, NULL);
		check_expr(c, left, right->type);
	} else {
		check_expr(c, left, comparison ? NULL : want);
		check_expr(c, right, comparison ? left->type : want);
	}
}

static void combine_binary(struct check *c, struct expr *e, const struct type *want)
{
	struct expr *left = e->u.operation.left, *right = e->u.operation.right;
	enum operator op = e->u.operation.op;

	e->type = error_type();
	if (left->type->kind == KIND_ERROR || right->type->kind == KIND_ERROR) {
		check_settle(c, left);
		check_settle(c, right);
		e->type = is_comparison(op) ? type_elementary(KIND_BOOL) : e->type;
		return;
	}
	if (op == OPERATOR_POWER) {
		check_power(c, e, want);
		return;
	}
	close_operands(c, e, want);
	if (is_logic(op)) {
		check_logic(c, e);
	} else if (is_comparison(op)) {
		check_comparison(c, e);
	} else {
		check_arithmetic(c, e);
	}
}

/* ---- one operand
 * -----------------------------------------------------------------------
 */

static void check_not(struct check *c, struct expr *e, const struct type *want)
{
	struct expr *of = e->u.operation.left;

	if (of->type == &check_any_integer &&
	    !(want && type_is_bits(want) && check_adopt(c, of, want))) {
		settle_bits(c, of);
	}
	if (!type_is_bits(of->type)) {
		check_say(c, e,
		          "NOT is for BOOL and bit strings (BYTE, WORD ...), not for %s",
		          text(c, of));
		e->type = error_type();
		return;
	}
	e->type = of->type;
}

static void combine_unary(struct check *c, struct expr *e, const struct type *want)
{
	struct expr *of = e->u.operation.left;

	e->type = type_base(of->type);
	if (of->type->kind == KIND_ERROR) {
		return;
	}
	if (e->u.operation.op == OPERATOR_NOT) {
		check_not(c, e, want);
	} else if (of->type->kind == KIND_ENUM ||
	           (!type_is_number(of->type) && !type_is_time(of->type))) {
		check_say(c, e, "a sign is for numbers and times, not for %s",
		          text(c, of));
		e->type = error_type();
	}
}

void check_combine(struct check *c, struct expr *e, const struct type *want)
{
	e->constant = NULL;
	if (e->u.operation.right) {
		combine_binary(c, e, want);
	} else {
		combine_unary(c, e, want);
	}
	if (e->type->kind == KIND_ERROR) {
		return;
	}
	check_fold(c, e);
	/* an open type is one of a known value, see check_adopt() */
	if (check_is_open(e->type) && !e->constant) {
		check_settle(c, e->u.operation.left);
		if (e->u.operation.right) {
			check_settle(c, e->u.operation.right);
		}
		if (e->type->kind != KIND_ERROR) {
			check_say(c, e, "this cannot be calculated");
		}
		e->type = error_type();
	}
}

void check_operation(struct check *c, struct expr *e, const struct type *want)
{
	check_operands(c, e, want);
	check_combine(c, e, want);
}
