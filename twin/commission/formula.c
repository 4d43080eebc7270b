/* SPDX-License-Identifier: Apache-2.0 */
/* Values: of a program for a stack.  The reading of text is in formula_parse.c. */
#include "twin/commission/formula.h"

#include <math.h>
#include <string.h>

#include "twin/commission/formula_impl.h"

/* A value on the stack, and how far a truth is from turning over. */
struct cell {
	double value, margin;
};

/* 1, 0, or NAN as the value is. */
static double truth_of(double value)
{
	return isnan(value) ? value : (double)(value != 0);
}

/* A truth of no size: infinitely far on its side. */
static struct cell flat(double truth)
{
	double margin = isnan(truth) ? truth : truth != 0 ? HUGE_VAL : -HUGE_VAL;

	return (struct cell){truth, margin};
}

/* fmin() passes over NAN. */
static double least(double a, double b)
{
	return isnan(a) || isnan(b) ? (double)NAN : a < b ? a : b;
}

static double largest(double a, double b)
{
	return isnan(a) || isnan(b) ? (double)NAN : a > b ? a : b;
}

static struct cell both(struct cell a, struct cell b)
{
	double x = truth_of(a.value), y = truth_of(b.value);
	struct cell c = {(double)NAN, least(a.margin, b.margin)};

	if (x == 0 || y == 0) {
		c.value = 0;
		c.margin = x == 0 && y == 0 ? c.margin : x == 0 ? a.margin : b.margin;
	} else if (x == 1 && y == 1) {
		c.value = 1;
	}
	return c;
}

static struct cell negated(struct cell a)
{
	double x = truth_of(a.value);

	return (struct cell){isnan(x) ? x : 1 - x, -a.margin};
}

static struct cell either(struct cell a, struct cell b)
{
	return negated(both(negated(a), negated(b)));
}

/* a OP b within t; what exceeds decides how far. */
static struct cell compared(enum formula_op op, double a, double b, double t)
{
	double margin;
	bool holds;

	if (isnan(a) || isnan(b) || isnan(t)) {
		return flat(NAN);
	}
	switch ((int)op) {
	case FORMULA_LESS:
	case FORMULA_LESS_EQUAL:
		margin = b + t - a;
		holds = op == FORMULA_LESS ? a < b + t : a <= b + t;
		break;
	case FORMULA_MORE:
	case FORMULA_MORE_EQUAL:
		margin = a - (b - t);
		holds = op == FORMULA_MORE ? a > b - t : a >= b - t;
		break;
	case FORMULA_EQUAL:
	case FORMULA_UNEQUAL:
	default:
		holds = fabs(a - b) <= t;
		if (t == 0) { /* a number is seldom near another by chance */
			return flat(holds == (op == FORMULA_EQUAL));
		}
		margin = t - fabs(a - b);
		holds = holds == (op == FORMULA_EQUAL);
		margin = op == FORMULA_EQUAL ? margin : -margin;
		break;
	}
	return (struct cell){holds, margin};
}

static struct cell sum_of(enum formula_op op, double a, double b)
{
	switch ((int)op) {
	case FORMULA_ADD:
		return flat(a + b);
	case FORMULA_SUBTRACT:
		return flat(a - b);
	case FORMULA_MULTIPLY:
		return flat(a * b);
	case FORMULA_DIVIDE:
		return flat(b == 0 ? (double)NAN : a / b);
	case FORMULA_MIN:
		return flat(least(a, b));
	case FORMULA_MAX:
	default:
		return flat(largest(a, b));
	}
}

static struct cell of_one(enum formula_op op, double a)
{
	switch ((int)op) {
	case FORMULA_NEGATE:
		return flat(-a);
	case FORMULA_ABS:
		return flat(fabs(a));
	case FORMULA_CEIL:
		return flat(ceil(a));
	case FORMULA_FLOOR:
		return flat(floor(a));
	case FORMULA_ROUND:
		return flat(round(a));
	case FORMULA_SQRT:
	default:
		return flat(a < 0 ? (double)NAN : sqrt(a));
	}
}

/* One operation on the stack's n cells.  @return its new height */
static size_t apply(struct cell *s, size_t n, enum formula_op op)
{
	int takes = formula_operands(op);

	if (takes == 3) {
		s[n - 3] = compared(op, s[n - 3].value, s[n - 2].value, s[n - 1].value);
		return n - 2;
	}
	if (op == FORMULA_NOT) {
		s[n - 1] = negated(s[n - 1]);
	} else if (takes == 1) {
		s[n - 1] = of_one(op, s[n - 1].value);
	} else if (op == FORMULA_AND) {
		s[n - 2] = both(s[n - 2], s[n - 1]);
	} else if (op == FORMULA_OR) {
		s[n - 2] = either(s[n - 2], s[n - 1]);
	} else {
		s[n - 2] = sum_of(op, s[n - 2].value, s[n - 1].value);
	}
	return takes == 2 ? n - 1 : n;
}

static struct cell run(const struct formula *f, const double *quantities)
{
	struct cell stack[FORMULA_DEPTH_MAX] = {{0}};
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct formula_step *step = &f->steps[i];

		if (step->op == FORMULA_NUMBER) {
			stack[n++] = flat(step->number);
		} else if (step->op == FORMULA_QUANTITY) {
			stack[n++] = flat(quantities[step->index]);
		} else {
			n = apply(stack, n, step->op);
		}
	}
	return n ? stack[0] : flat(NAN);
}

double formula_value(const struct formula *f, const double *quantities)
{
	return run(f, quantities).value;
}

double formula_truth(const struct formula *f, const double *quantities)
{
	return truth_of(run(f, quantities).value);
}

double formula_margin(const struct formula *f, const double *quantities)
{
	struct cell c = run(f, quantities);

	return isnan(c.value) ? (double)NAN : c.margin;
}

size_t formula_quantities(const struct formula *f, uint32_t *out, size_t n, size_t max)
{
	for (size_t i = 0; i < f->n; i++) {
		size_t k = 0;

		while (f->steps[i].op == FORMULA_QUANTITY && k < n &&
		       out[k] != f->steps[i].index) {
			k++;
		}
		if (f->steps[i].op == FORMULA_QUANTITY && k == n && n < max) {
			out[n++] = f->steps[i].index;
		}
	}
	return n;
}

/* QUANTITY NUMBER NUMBER comparison: the second number is the tolerance. */
size_t formula_limits(const struct formula *f, uint32_t quantity, double *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i + 3 < f->n && n < max; i++) {
		const struct formula_step *s = &f->steps[i];

		if (s[0].op == FORMULA_QUANTITY && s[0].index == quantity &&
		    s[1].op == FORMULA_NUMBER && s[2].op == FORMULA_NUMBER &&
		    s[3].op >= FORMULA_LESS) {
			out[n++] = s[1].number;
		}
	}
	return n;
}
