/* SPDX-License-Identifier: Apache-2.0 */
/* Recursive descent to a program for a stack: operations, and behind NUMBER its value,
 * behind INPUT its index. */
#include "twin/models/expression.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"

enum op {
	END,
	NUMBER,
	INPUT,
	CHOOSE,
	/* of one */
	NEGATE,
	NOT,
	ABS,
	ACOS,
	ASIN,
	ATAN,
	CEIL,
	COS,
	EXP,
	FLOOR,
	LN,
	LOG10,
	ROUND,
	SIGN,
	SIN,
	SQRT,
	TAN,
	/* of two */
	OR,
	AND,
	EQUAL,
	UNEQUAL,
	LESS,
	LESS_EQUAL,
	MORE,
	MORE_EQUAL,
	ADD,
	SUBTRACT,
	MULTIPLY,
	DIVIDE,
	POWER,
	ATAN2,
	MAX,
	MIN,
};

static const struct function {
	const char *name;
	enum op op;
	int n;
} functions[] = {
	{"abs", ABS, 1},     {"acos", ACOS, 1},   {"asin", ASIN, 1},   {"atan", ATAN, 1},
	{"atan2", ATAN2, 2}, {"ceil", CEIL, 1},   {"cos", COS, 1},     {"exp", EXP, 1},
	{"floor", FLOOR, 1}, {"ln", LN, 1},       {"log10", LOG10, 1}, {"max", MAX, 2},
	{"min", MIN, 2},     {"round", ROUND, 1}, {"sign", SIGN, 1},   {"sin", SIN, 1},
	{"sqrt", SQRT, 1},   {"tan", TAN, 1},
};

/* Operators between two, those that bind least first. */
static const struct {
	const char *text;
	enum op op;
	int level;
} operators[] = {
	{"or", OR, 0},      {"and", AND, 1},       {"==", EQUAL, 2},
	{"!=", UNEQUAL, 2}, {"<=", LESS_EQUAL, 2}, {">=", MORE_EQUAL, 2},
	{"<", LESS, 2},     {">", MORE, 2},        {"=", EQUAL, 2},
	{"+", ADD, 3},      {"-", SUBTRACT, 3},    {"*", MULTIPLY, 4},
	{"/", DIVIDE, 4},
};

enum { LEVELS = 5 };

struct parser {
	const char *text, *at;
	const struct model_port *inputs;
	size_t n_inputs;
	double *program;
	size_t n;
	int depth, nesting;
	bool failed;
	struct expression_error *error;
};

static void choice(struct parser *p);

static void fail(struct parser *p, enum expression_fault fault, const char *expected)
{
	if (!p->failed) {
		p->failed = true;
		*p->error = (struct expression_error){(size_t)(p->at - p->text), fault,
		                                      expected};
	}
}

/* rise: what the operation leaves on the stack, less what it takes. */
static void emit(struct parser *p, enum op op, int rise)
{
	p->depth += rise;
	if (p->depth > EXPRESSION_DEPTH) {
		fail(p, EXPRESSION_TOO_DEEP, NULL);
	}
	if (!p->failed) {
		p->program[p->n++] = op;
	}
}

static void emit_with(struct parser *p, enum op op, double operand)
{
	emit(p, op, 1);
	if (!p->failed) {
		p->program[p->n++] = operand;
	}
}

static void space(struct parser *p)
{
	while (isspace((unsigned char)*p->at)) {
		p->at++;
	}
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Take text if it comes next; a word only as a whole. */
static bool take(struct parser *p, const char *text)
{
	size_t n = strlen(text);

	space(p);
	if (strncmp(p->at, text, n) != 0 || (is_word(*text) && is_word(p->at[n]))) {
		return false;
	}
	p->at += n;
	return true;
}

static void expect(struct parser *p, const char *text)
{
	if (!take(p, text)) {
		fail(p, EXPRESSION_EXPECTED, text);
	}
}

static void call(struct parser *p, const struct function *f)
{
	expect(p, "(");
	for (int i = 0; i < f->n && !p->failed; i++) {
		if (i > 0) {
			expect(p, ",");
		}
		choice(p);
	}
	expect(p, ")");
	emit(p, f->op, 1 - f->n);
}

static void name(struct parser *p)
{
	size_t n = 0;

	while (is_word(p->at[n])) {
		n++;
	}
	for (size_t i = 0; i < p->n_inputs; i++) {
		if (strlen(p->inputs[i].name) == n &&
		    strncmp(p->inputs[i].name, p->at, n) == 0) {
			p->at += n;
			emit_with(p, INPUT, (double)i);
			return;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (strlen(functions[i].name) == n &&
		    strncmp(functions[i].name, p->at, n) == 0) {
			p->at += n;
			call(p, &functions[i]);
			return;
		}
	}
	if (n == 2 && strncmp(p->at, "pi", n) == 0) {
		p->at += n;
		emit_with(p, NUMBER, 3.14159265358979323846);
		return;
	}
	fail(p, EXPRESSION_UNKNOWN, NULL);
}

static void primary(struct parser *p)
{
	char *end;
	double number;

	space(p);
	if (take(p, "(")) {
		choice(p);
		expect(p, ")");
	} else if (isdigit((unsigned char)*p->at) || *p->at == '.') {
		number = strtod(p->at, &end);
		if (end == p->at || is_word(*end) || !isfinite(number)) {
			fail(p, EXPRESSION_NUMBER, NULL);
			return;
		}
		p->at = end;
		emit_with(p, NUMBER, number);
	} else if (is_word(*p->at)) {
		name(p);
	} else {
		fail(p, EXPRESSION_EXPECTED, "a value");
	}
}

/* -a^b is -(a^b), a^-b is a^(-b). */
static void unary(struct parser *p)
{
	if (++p->nesting > 4 * EXPRESSION_DEPTH) {
		fail(p, EXPRESSION_TOO_DEEP, NULL);
	}
	if (p->failed) {
		return;
	}
	if (take(p, "-")) {
		unary(p);
		emit(p, NEGATE, 0);
	} else if (take(p, "not")) {
		unary(p);
		emit(p, NOT, 0);
	} else {
		primary(p);
		if (take(p, "^")) {
			unary(p);
			emit(p, POWER, -1);
		}
	}
	p->nesting--;
}

static void binary(struct parser *p, int level)
{
	size_t i = 0;

	if (level == LEVELS) {
		unary(p);
		return;
	}
	binary(p, level + 1);
	while (i < ARRAY_SIZE(operators) && !p->failed) {
		if (operators[i].level == level && take(p, operators[i].text)) {
			binary(p, level + 1);
			emit(p, operators[i].op, -1);
			i = 0;
		} else {
			i++;
		}
	}
}

static void choice(struct parser *p)
{
	binary(p, 0);
	if (!p->failed && take(p, "?")) {
		choice(p);
		expect(p, ":");
		choice(p);
		emit(p, CHOOSE, -2);
	}
}

size_t expression_compile(const char *text, const struct model_port *inputs, size_t n,
                          double *program, struct expression_error *error)
{
	struct parser p = {.text = text,
	                   .at = text,
	                   .inputs = inputs,
	                   .n_inputs = n,
	                   .program = program,
	                   .error = error};

	if (strlen(text) > EXPRESSION_TEXT_MAX) {
		fail(&p, EXPRESSION_TOO_LONG, NULL);
	}
	if (!p.failed) {
		choice(&p);
	}
	space(&p);
	if (*p.at) {
		fail(&p, EXPRESSION_EXPECTED, "the end");
	}
	emit(&p, END, 0);
	return p.failed ? 0 : p.n;
}

static double of_one(enum op op, double a)
{
	switch ((int)op) {
	case NEGATE:
		return -a;
	case NOT:
		return a == 0;
	case ABS:
		return fabs(a);
	case ACOS:
		return acos(a);
	case ASIN:
		return asin(a);
	case ATAN:
		return atan(a);
	case CEIL:
		return ceil(a);
	case COS:
		return cos(a);
	case EXP:
		return exp(a);
	case FLOOR:
		return floor(a);
	case LN:
		return log(a);
	case LOG10:
		return log10(a);
	case ROUND:
		return round(a);
	case SIGN:
		return (a > 0) - (a < 0);
	case SIN:
		return sin(a);
	case SQRT:
		return sqrt(a);
	default:
		return tan(a);
	}
}

static double of_two(enum op op, double a, double b)
{
	switch ((int)op) {
	case OR:
		return a != 0 || b != 0;
	case AND:
		return a != 0 && b != 0;
	case EQUAL:
		return a == b;
	case UNEQUAL:
		return a != b;
	case LESS:
		return a < b;
	case LESS_EQUAL:
		return a <= b;
	case MORE:
		return a > b;
	case MORE_EQUAL:
		return a >= b;
	case ADD:
		return a + b;
	case SUBTRACT:
		return a - b;
	case MULTIPLY:
		return a * b;
	case DIVIDE:
		return a / b;
	case POWER:
		return pow(a, b);
	case ATAN2:
		return atan2(a, b);
	case MAX:
		return a > b ? a : b;
	default:
		return a < b ? a : b;
	}
}

/* A comparison with what has no value has none either. */
static double of_values(enum op op, double a, double b)
{
	return isnan(a) || isnan(b) ? (double)NAN : of_two(op, a, b);
}

double expression_eval(const double *program, const double *u)
{
	double stack[EXPRESSION_DEPTH + 1] = {0}, *top = stack;

	for (const double *at = program;; at++) {
		enum op op = (enum op)(int)*at;

		if (op == END) {
			return *top;
		}
		if (op == NUMBER) {
			*++top = *++at;
		} else if (op == INPUT) {
			*++top = u[(size_t) * ++at];
		} else if (op == CHOOSE) {
			top -= 2;
			*top = isnan(*top) ? (double)NAN : *top != 0 ? top[1] : top[2];
		} else if (op < OR) {
			*top = isnan(*top) ? *top : of_one(op, *top);
		} else {
			top--;
			*top = of_values(op, top[0], top[1]);
		}
	}
}

/* ---- the model ---- */

static void start(const double *p, const double *u, const double *y, double *x)
{
	(void)p;
	(void)u;
	(void)y;
	(void)x;
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	(void)p;
	(void)x;
	(void)u;
	(void)dx;
}

static void noise(const double *p, double *qc)
{
	(void)p;
	(void)qc;
}

/* p[0] outputs, p[1 + i] where each one's program begins. */
static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	(void)x;
	for (size_t i = 0; i < (size_t)p[0]; i++) {
		y[i] = expression_eval(p + (size_t)p[1 + i], u);
	}
}

void expression_make(struct model *out, const struct model_port *inputs, size_t n_inputs,
                     const struct model_port *outputs, size_t n_outputs)
{
	*out = (struct model){
		.name = "expression",
		.source = "the configuration",
		.inputs = inputs,
		.n_inputs = n_inputs,
		.outputs = outputs,
		.n_outputs = n_outputs,
		.start = start,
		.rates = rates,
		.outputs_of = outputs_of,
		.noise = noise,
	};
	memset(out->direct, 0xff, sizeof(out->direct));
}
