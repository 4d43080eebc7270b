/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/config_model.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "gateway/config/config_fmu.h"
#include "gateway/config/config_lua.h"
#include "twin/models/expression.h"
#include "twin/models/state_space.h"

/* A model on its way. */
struct maker {
	struct build *b;
	const struct schema_view *view;
	struct made_model *out;
	bool failed;
};

static void *array(struct maker *m, size_t n, size_t size)
{
	return arena_array(m->b->arena, n ? n : 1, size);
}

/* ---- state_space ---- */

enum { CELLS_MAX = MODEL_STATES_MAX * MODEL_STATES_MAX };

/* As it stands in the file; a flat list is a row or a column, as is needed. */
struct matrix {
	const char *name;
	const struct node *node; /* NULL: absent */
	size_t rows, columns;    /* columns 0: flat, rows are its cells */
	double cells[CELLS_MAX];
};

static void refuse(struct maker *m, const struct matrix *x, const char *what)
{
	complaint_error(m->b->said,
	                x->node ? x->node->at : config_place(m->view, "parameters"),
	                "'%s' of model 'state_space' %s", x->name, what);
	m->failed = true;
}

static void read_cell(struct maker *m, struct matrix *x, size_t i,
                      const struct node *node)
{
	const struct schema_key number = {.type = SCHEMA_REAL};
	int64_t whole;

	/* What is no number was complained about with the rest of the file. */
	if (node->kind != NODE_SCALAR || node->bad || i >= CELLS_MAX ||
	    schema_parse(&number, node->text, &x->cells[i], &whole)) {
		m->failed = true;
	}
}

static void read_rows(struct maker *m, struct matrix *x)
{
	const struct node *list = x->node;

	x->rows = list->n;
	x->columns = list->items[0]->n;
	for (size_t i = 0; i < list->n && !m->failed; i++) {
		const struct node *row = list->items[i];

		if (row->kind != NODE_LIST || row->n != x->columns || row->n == 0) {
			refuse(m, x, "must have rows of equal length");
			return;
		}
		for (size_t k = 0; k < row->n && !m->failed; k++) {
			read_cell(m, x, i * x->columns + k, row->items[k]);
		}
	}
}

static struct matrix read_matrix(struct maker *m, const char *name)
{
	const struct node *map = schema_node(m->view, "parameters");
	struct matrix x = {.name = name, .node = map ? tree_find(map, name) : NULL};

	if (!x.node) {
		return x;
	}
	if (x.node->kind == NODE_SCALAR) {
		x.rows = 1;
		read_cell(m, &x, 0, x.node);
	} else if (x.node->n > 0 && x.node->items[0]->kind == NODE_LIST) {
		read_rows(m, &x);
	} else {
		x.rows = x.node->n;
		for (size_t i = 0; i < x.rows && !m->failed; i++) {
			read_cell(m, &x, i, x.node->items[i]);
		}
	}
	return x;
}

/* Hold a matrix to its size.  @return its cells, in the arena */
static const double *fit(struct maker *m, const struct matrix *x, size_t rows,
                         size_t columns)
{
	bool flat = x->columns == 0 && x->rows == rows * columns &&
	            (rows == 1 || columns == 1);
	double *cells = array(m, rows * columns, sizeof(*cells));
	char what[80];

	if (!cells || m->failed || !x->node) {
		return cells; /* all 0 */
	}
	if (!flat && (x->rows != rows || x->columns != columns)) {
		snprintf(what, sizeof(what), "must be %zu x %zu", rows, columns);
		refuse(m, x, what);
		return cells;
	}
	memcpy(cells, x->cells, rows * columns * sizeof(*cells));
	return cells;
}

/* n values of 0 or more: a list of them, or a square matrix of which they are the
 * diagonal and the rest is 0. */
static const double *fit_diagonal(struct maker *m, struct matrix *x, size_t n)
{
	const double *cells;

	for (size_t i = 0; x->columns > 0 && i < x->rows * x->columns; i++) {
		if (i / x->columns != i % x->columns && x->cells[i] != 0) {
			refuse(m, x, "must be diagonal");
			return NULL;
		}
	}
	if (x->columns > 0) {
		for (size_t i = 0; i < x->rows && i < x->columns; i++) {
			x->cells[i] = x->cells[i * x->columns + i];
		}
		x->columns = 0;
	}
	cells = fit(m, x, n, 1);
	for (size_t i = 0; cells && i < n; i++) {
		if (cells[i] < 0) {
			refuse(m, x, "must not be negative");
			break;
		}
	}
	return cells;
}

static void check_names(struct maker *m)
{
	static const char *const names[] = {"A", "B", "C", "D", "Q", "R", "x0"};
	const struct node *map = schema_node(m->view, "parameters");

	for (size_t i = 0; map && i < map->n; i++) {
		bool known = false;

		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			known = known || strcmp(map->keys[i]->text, names[k]) == 0;
		}
		if (!known) {
			complaint_error(
				m->b->said, map->keys[i]->at,
				"model 'state_space' has no parameter '%.64s' (A, "
				"B, C, D, Q, R and x0)",
				map->keys[i]->text);
			m->failed = true;
		}
	}
}

/* How many rows C, or columns B, stands for. */
static size_t other_side(const struct matrix *x, size_t side, bool columns)
{
	if (x->columns > 0) {
		return columns ? x->columns : x->rows;
	}
	return side > 0 && x->rows % side == 0 ? x->rows / side : 1;
}

static bool in_range(struct maker *m, const struct matrix *x, size_t n, size_t max)
{
	if (!m->failed && (n < 1 || n > max)) {
		refuse(m, x, "is for 1 to 8 states, inputs and outputs");
	}
	return !m->failed;
}

static int make_state_space(struct maker *m)
{
	struct matrix A = read_matrix(m, "A"), B = read_matrix(m, "B");
	struct matrix C = read_matrix(m, "C"), D = read_matrix(m, "D");
	struct matrix Q = read_matrix(m, "Q"), R = read_matrix(m, "R");
	struct matrix x0 = read_matrix(m, "x0");
	struct matrix *const needed[] = {&A, &B, &C, &Q};
	struct state_space s = {.n = A.rows};
	const double *r;
	struct model *model;
	double *p;

	check_names(m);
	for (size_t i = 0; i < ARRAY_SIZE(needed) && !m->failed; i++) {
		if (!needed[i]->node) {
			refuse(m, needed[i], "is missing");
		}
	}
	s.m = other_side(&B, s.n, true);
	s.k = other_side(&C, s.n, false);
	if (!in_range(m, &A, s.n, MODEL_STATES_MAX) ||
	    !in_range(m, &B, s.m, MODEL_INPUTS_MAX) ||
	    !in_range(m, &C, s.k, MODEL_OUTPUTS_MAX)) {
		return 0;
	}
	s.A = fit(m, &A, s.n, s.n);
	s.B = fit(m, &B, s.n, s.m);
	s.C = fit(m, &C, s.k, s.n);
	s.D = fit(m, &D, s.k, s.m);
	s.Q = fit_diagonal(m, &Q, s.n);
	r = fit_diagonal(m, &R, s.k);
	s.x0 = fit(m, &x0, s.n, 1);
	if (m->failed) {
		return 0;
	}
	model = array(m, 1, sizeof(*model));
	m->out->n = state_space_size(&s);
	p = array(m, m->out->n, sizeof(*p));
	if (!s.A || !s.B || !s.C || !s.D || !s.Q || !s.x0 || !r || !model || !p) {
		return -ENOMEM;
	}
	state_space_make(model, p, &s);
	m->out->p = p;
	m->out->model = model;
	for (size_t i = 0; i < s.k; i++) {
		m->out->noise[i] = r[i] > 0 ? sqrt(r[i]) : (double)NAN;
	}
	return 0;
}

/* ---- expression ---- */

/* Each name of a map a port, described by what stands there: a tag, a formula. */
static struct model_port *make_ports(struct maker *m, const struct node *map, size_t max,
                                     const char *what)
{
	size_t n = map ? map->n : 0;
	struct model_port *ports = array(m, n, sizeof(*ports));

	for (size_t i = 0; ports && i < n; i++) {
		ports[i] = (struct model_port){
			.name = map->keys[i]->text,
			.unit = "",
			.description = map->items[i]->text ? map->items[i]->text : "",
			.preset = NAN,
			.min = -INFINITY,
			.max = INFINITY};
	}
	if (n > max) {
		complaint_error(m->b->said, map->keys[max]->at,
		                "model 'expression' has at most %zu %s", max, what);
		m->failed = true;
	}
	return ports;
}

static void complain(struct maker *m, const char *output, const struct node *formula,
                     const struct expression_error *error)
{
	const char *rest = formula->text ? formula->text + error->at : "";
	const char *quote = error->expected && ispunct((unsigned char)*error->expected)
	                            ? "'"
	                            : "";
	char what[100];

	switch (error->fault) {
	case EXPRESSION_EXPECTED:
		snprintf(what, sizeof(what),
		         *rest ? "%s%s%s expected before '%.20s'"
		               : "%s%s%s expected at the end",
		         quote, error->expected, quote, rest);
		break;
	case EXPRESSION_UNKNOWN:
		snprintf(what, sizeof(what), "'%.*s' is neither input nor function",
		         (int)strspn(rest,
		                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
		                     "vwxyz0123456789_"),
		         rest);
		break;
	case EXPRESSION_NUMBER:
		snprintf(what, sizeof(what), "'%.20s' does not begin with a number",
		         rest);
		break;
	case EXPRESSION_TOO_DEEP:
		snprintf(what, sizeof(what), "too deeply nested");
		break;
	case EXPRESSION_TOO_LONG:
		snprintf(what, sizeof(what), "longer than %d characters",
		         EXPRESSION_TEXT_MAX);
		break;
	}
	complaint_error(m->b->said, formula->at, "formula of '%.64s', character %zu: %s",
	                output, error->at + 1, what);
	m->failed = true;
}

/* Where an output's formula begins in p, and behind it the programs. */
static void compile(struct maker *m, const struct node *formulas,
                    const struct model_port *inputs, size_t n_inputs, double *p)
{
	struct expression_error error;
	size_t at = 1 + formulas->n;

	p[0] = (double)formulas->n;
	for (size_t i = 0; i < formulas->n; i++) {
		const struct node *formula = formulas->items[i];
		size_t n;

		if (formula->bad) {
			m->failed = true;
			continue;
		}
		n = expression_compile(formula->text, inputs, n_inputs, p + at, &error);
		if (n == 0) {
			complain(m, formulas->keys[i]->text, formula, &error);
		}
		p[1 + i] = (double)at;
		at += n;
	}
	m->out->n = at;
}

static int make_expression(struct maker *m)
{
	const struct node *formulas = schema_node(m->view, "expression");
	const struct node *from = schema_node(m->view, "inputs");
	struct model_port *inputs = make_ports(m, from, MODEL_INPUTS_MAX, "inputs");
	struct model_port *outputs = make_ports(m, formulas, MODEL_OUTPUTS_MAX,
	                                        "outputs");
	struct model *model = array(m, 1, sizeof(*model));
	size_t room = 1;
	double *p;

	if (!inputs || !outputs || !model) {
		return -ENOMEM;
	}
	if (!formulas || formulas->n == 0) {
		complaint_error(m->b->said, config_place(m->view, "model"),
		                "model 'expression' needs 'expression', a formula for "
		                "each output");
		return 0;
	}
	if (schema_node(m->view, "parameters")) {
		complaint_error(m->b->said, config_place(m->view, "parameters"),
		                "model 'expression' has no parameters: numbers stand in "
		                "its formulas");
		return 0;
	}
	for (size_t i = 0; i < formulas->n; i++) {
		const char *text = formulas->items[i]->text;

		room += 3 + 2 * (text ? strlen(text) : 0);
	}
	p = array(m, room, sizeof(*p));
	if (!p) {
		return -ENOMEM;
	}
	if (!m->failed) {
		compile(m, formulas, inputs, from ? from->n : 0, p);
	}
	if (!m->failed) {
		expression_make(model, inputs, from ? from->n : 0, outputs, formulas->n);
		m->out->model = model;
		m->out->p = p;
	}
	return 0;
}

int config_model_make(struct build *b, const struct schema_view *component,
                      const char *name, struct made_model *out)
{
	static const struct {
		const char *name;
		int (*make)(struct maker *m);
	} makers[] = {{"expression", make_expression}, {"state_space", make_state_space}};
	struct maker m = {.b = b, .view = component, .out = out};

	*out = (struct made_model){0};
	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		out->noise[i] = NAN;
	}
	if (strcmp(name, "fmu") == 0) {
		return config_fmu_make(b, component, out);
	}
	if (strcmp(name, "lua") == 0) {
		return config_lua_make(b, component, out);
	}
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		if (strcmp(makers[i].name, name) == 0) {
			return makers[i].make(&m);
		}
	}
	return -ENOENT;
}
