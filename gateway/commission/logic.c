/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/logic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/config/arena.h"

enum { VARIABLES_MAX = 4096, MACHINES_MAX = 64 };

/* A variable that the script names. */
struct named {
	const char *name;
	struct program_variable variable;
};

struct logic {
	struct program *program;
	struct sources *sources;
	struct arena arena;
	struct named named[VARIABLES_MAX];
	size_t n_named;
	const char *paths[VARIABLES_MAX]; /* all of the program, to suggest one */
	size_t n_paths;
	struct logic_machine machines[MACHINES_MAX];
	size_t n_machines;
	char why[512];
};

static int add_machine(struct logic *l, const char *path,
                       const struct program_variable *v)
{
	struct logic_machine *m = &l->machines[l->n_machines];
	size_t n = v->type->u.enumeration.n;

	if (l->n_machines == MACHINES_MAX || n > LOGIC_STATES_MAX) {
		return 0;
	}
	*m = (struct logic_machine){
		.path = path, .type = v->type, .n = n, .variable = *v};
	m->steps = arena_array(&l->arena, n * n, sizeof(*m->steps));
	m->seen = arena_array(&l->arena, n, sizeof(*m->seen));
	m->now = n;
	if (!m->steps || !m->seen) {
		return -ENOMEM;
	}
	l->n_machines++;
	return 0;
}

static int visit(void *arg, const char *path, const struct program_variable *v)
{
	struct logic *l = arg;
	const char *copy = arena_text(&l->arena, path, strlen(path));

	if (!copy) {
		return -ENOMEM;
	}
	if (l->n_paths < VARIABLES_MAX) {
		l->paths[l->n_paths++] = copy;
	}
	return v->type && v->type->kind == KIND_ENUM ? add_machine(l, copy, v) : 0;
}

int logic_open(struct logic **out, struct program *program, struct sources *sources)
{
	struct logic *l = calloc(1, sizeof(*l));
	int err;

	if (!l) {
		return -ENOMEM;
	}
	l->program = program;
	l->sources = sources;
	err = program_each(program, visit, l);
	if (err) {
		logic_close(l);
		return err;
	}
	*out = l;
	return 0;
}

void logic_close(struct logic *l)
{
	if (l) {
		arena_free(&l->arena);
		free(l);
	}
}

void logic_restart(struct logic *l)
{
	for (size_t i = 0; i < l->n_machines; i++) {
		l->machines[i].now = l->machines[i].n;
	}
}

/* Index of the value that it has, n: of none. */
static size_t state_of(const struct logic *l, const struct logic_machine *m)
{
	double value = program_number(l->program, &m->variable);

	for (size_t i = 0; i < m->n; i++) {
		if ((double)m->type->u.enumeration.values[i].value == value) {
			return i;
		}
	}
	return m->n;
}

void logic_turn(struct logic *l)
{
	for (size_t i = 0; i < l->n_machines; i++) {
		struct logic_machine *m = &l->machines[i];
		size_t state = state_of(l, m);

		if (state < m->n) {
			m->seen[state]++;
		}
		if (state < m->n && m->now < m->n && state != m->now) {
			m->steps[m->now * m->n + state]++;
		}
		m->now = state;
	}
}

int logic_find(struct logic *l, const char *name, size_t n, uint32_t *handle)
{
	char path[PROGRAM_PATH_MAX];
	struct named *next = &l->named[l->n_named];

	if (n >= sizeof(path) || l->n_named == VARIABLES_MAX) {
		return -ENOENT;
	}
	memcpy(path, name, n);
	path[n] = '\0';
	for (size_t i = 0; i < l->n_named; i++) {
		if (strcasecmp(l->named[i].name, path) == 0) {
			*handle = (uint32_t)i;
			return 0;
		}
	}
	if (program_find(l->program, path, &next->variable)) {
		return -ENOENT;
	}
	next->name = arena_text(&l->arena, path, n);
	*handle = (uint32_t)l->n_named;
	l->n_named += next->name != NULL;
	return next->name ? 0 : -ENOMEM;
}

struct program_cell logic_cell(const struct logic *l, uint32_t handle)
{
	return l->named[handle].variable.cell;
}

double logic_read(const struct logic *l, uint32_t handle)
{
	return program_number(l->program, &l->named[handle].variable);
}

int logic_set(struct logic *l, uint32_t handle, double value)
{
	return program_set_number(l->program, &l->named[handle].variable, value);
}

static const struct type *enumeration(const struct logic *l, uint32_t handle)
{
	const struct type *t = l->named[handle].variable.type;

	return t && t->kind == KIND_ENUM ? t : NULL;
}

int logic_literal(const struct logic *l, uint32_t handle, const char *text, size_t n,
                  double *out)
{
	const struct type *t = enumeration(l, handle);

	for (size_t i = 0; t && i < t->u.enumeration.n; i++) {
		const struct type_value *v = &t->u.enumeration.values[i];

		if (strlen(v->name) == n && strncasecmp(v->name, text, n) == 0) {
			*out = (double)v->value;
			return 0;
		}
	}
	return -ENOENT;
}

static const char *value_name(void *arg, double value)
{
	const struct type *t = arg;

	for (size_t i = 0; i < t->u.enumeration.n; i++) {
		if ((double)t->u.enumeration.values[i].value == value) {
			return t->u.enumeration.values[i].name;
		}
	}
	return NULL;
}

void logic_describe(const struct logic *l, uint32_t handle, struct stand_quantity *out)
{
	const struct type *kind = l->named[handle].variable.type;
	const struct type *t = enumeration(l, handle);

	*out = (struct stand_quantity){
		.name = l->named[handle].name,
		.unit = "",
		.writable = true,
		.states = t || (kind && kind->kind == KIND_BOOL),
		.state = t ? value_name : NULL,
	};
	out->arg = (void *)(uintptr_t)t; /* value_name() only reads it */
}

const char *logic_name(const struct logic *l, size_t i)
{
	return i < l->n_paths ? l->paths[i] : NULL;
}

size_t logic_names(const struct logic *l)
{
	return l->n_paths;
}

const char *logic_why(struct logic *l)
{
	const struct program_fault *f = program_fault(l->program);

	*l->why = '\0';
	if (f && f->at.line) {
		snprintf(l->why, sizeof(l->why), "%s:%u: %s (scan %ju)",
		         sources_name(l->sources, f->at.file), f->at.line, f->text,
		         (uintmax_t)f->scan);
	} else if (f) {
		snprintf(l->why, sizeof(l->why), "%s (scan %ju)", f->text,
		         (uintmax_t)f->scan);
	}
	return l->why;
}

const struct logic_machine *logic_machines(const struct logic *l, size_t *n)
{
	*n = l->n_machines;
	return l->machines;
}

const struct program_point *logic_points(const struct logic *l, size_t *n,
                                         const uint64_t **counts)
{
	return program_points(l->program, n, counts);
}

struct sources *logic_sources(const struct logic *l)
{
	return l->sources;
}
