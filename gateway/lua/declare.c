/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/declare.h"

#include <ctype.h>
#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"

/* One of the tables. */
struct list {
	const char *name;
	size_t offset, n_offset; /* in struct luamodel_ports */
	size_t max;
	const char *number; /* what a bare number is; NULL: nothing */
	bool needed;
};

static const struct list lists[] = {
	{"states", offsetof(struct luamodel_ports, states),
         offsetof(struct luamodel_ports, n_states), MODEL_STATES_MAX, NULL, false},
	{"inputs", offsetof(struct luamodel_ports, inputs),
         offsetof(struct luamodel_ports, n_inputs), MODEL_INPUTS_MAX, NULL, false},
	{"outputs", offsetof(struct luamodel_ports, outputs),
         offsetof(struct luamodel_ports, n_outputs), MODEL_OUTPUTS_MAX, NULL, true},
	{"parameters", offsetof(struct luamodel_ports, parameters),
         offsetof(struct luamodel_ports, n_parameters), MODEL_PARAMETERS_MAX, "default",
         false},
};

/* What stands of a quantity, and in which of the tables it may. */
static const struct field {
	const char *name;
	size_t offset, room; /* room 0: a number */
	const char *where;
} fields[] = {
	{"unit", offsetof(struct luamodel_port, unit), 16,
         "states inputs outputs parameters"},
	{"description", offsetof(struct luamodel_port, description), 80,
         "states inputs outputs parameters"},
	{"default", offsetof(struct luamodel_port, preset), 0, "inputs parameters"},
	{"start", offsetof(struct luamodel_port, preset), 0, "states"},
	{"min", offsetof(struct luamodel_port, min), 0, "states parameters"},
	{"max", offsetof(struct luamodel_port, max), 0, "states parameters"},
	{"noise", offsetof(struct luamodel_port, noise), 0, "states"},
};

static int refuse(struct machine_error *why, const struct list *l, const char *name,
                  const char *what)
{
	snprintf(why->text, sizeof(why->text), "%s.%.40s: %.140s", l->name, name, what);
	why->line = 0;
	return -EINVAL;
}

static const struct field *find_field(const struct list *l, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, name) == 0 &&
		    strstr(fields[i].where, l->name)) {
			return &fields[i];
		}
	}
	return NULL;
}

/* The value on top of the stack to a field. */
static int set_field(lua_State *L, const struct list *l, struct luamodel_port *port,
                     const char *name, struct machine_error *why)
{
	const struct field *f = find_field(l, name);
	char *at = f ? (char *)port + f->offset : NULL, what[140];

	if (!f) {
		snprintf(what, sizeof(what), "'%.40s' means nothing there", name);
		return refuse(why, l, port->name, what);
	}
	if (f->room > 0 && lua_type(L, -1) == LUA_TSTRING) {
		snprintf(at, f->room, "%s", lua_tostring(L, -1));
		return 0;
	}
	if (f->room == 0 && lua_type(L, -1) == LUA_TNUMBER &&
	    isfinite(lua_tonumber(L, -1))) {
		*(double *)(void *)at = lua_tonumber(L, -1);
		return 0;
	}
	snprintf(what, sizeof(what), "'%s' wants a %s", name,
	         f->room ? "text" : "number");
	return refuse(why, l, port->name, what);
}

/* A table of fields, on top of the stack. */
static int read_fields(lua_State *L, const struct list *l, struct luamodel_port *port,
                       struct machine_error *why)
{
	int err = 0;

	for (lua_pushnil(L); !err && lua_next(L, -2); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING) {
			err = refuse(why, l, port->name, "its fields go by name");
		} else {
			err = set_field(L, l, port, lua_tostring(L, -2), why);
		}
	}
	return err;
}

static bool is_name(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                     "0123456789_");

	return n > 0 && n <= LUAMODEL_NAME_MAX && s[n] == '\0' &&
	       !isdigit((unsigned char)*s);
}

/* The value on top of the stack: a unit, a number, or a table of fields. */
static int read_port(lua_State *L, const struct list *l, const char *name,
                     struct luamodel_port *port, struct machine_error *why)
{
	*port = (struct luamodel_port){
		.preset = NAN, .min = -INFINITY, .max = INFINITY, .noise = NAN};
	if (!is_name(name)) {
		return refuse(why, l, name, "a name has letters, digits and _");
	}
	snprintf(port->name, sizeof(port->name), "%s", name);
	switch (lua_type(L, -1)) {
	case LUA_TSTRING:
		return set_field(L, l, port, "unit", why);
	case LUA_TNUMBER:
		if (!l->number) {
			return refuse(why, l, name, "a unit is wanted, not a number");
		}
		return set_field(L, l, port, l->number, why);
	case LUA_TTABLE:
		return read_fields(L, l, port, why);
	default:
		return refuse(why, l, name, "a unit or a table is wanted");
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct luamodel_port *)a)->name,
	              ((const struct luamodel_port *)b)->name);
}

/* The table on top of the stack. */
static int read_list(lua_State *L, const struct list *l, struct luamodel_ports *out,
                     struct machine_error *why)
{
	struct luamodel_port *ports = (void *)((char *)out + l->offset);
	uint32_t *n = (void *)((char *)out + l->n_offset);
	char what[60];
	int err = 0;

	for (lua_pushnil(L); !err && lua_next(L, -2); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING) {
			err = refuse(why, l, "?", "its entries go by name");
		} else if (*n == l->max) {
			snprintf(what, sizeof(what), "there are at most %zu of them",
			         l->max);
			err = refuse(why, l, lua_tostring(L, -2), what);
		} else {
			err = read_port(L, l, lua_tostring(L, -2), &ports[*n], why);
			++*n;
		}
	}
	qsort(ports, *n, sizeof(*ports), by_name);
	return err;
}

static int read_table(lua_State *L, const struct list *l, struct luamodel_ports *out,
                      struct machine_error *why)
{
	int type, err = 0;

	lua_pushglobaltable(L); /* its metatable has no say in this */
	lua_pushstring(L, l->name);
	type = lua_rawget(L, -2);
	if (type == LUA_TTABLE) {
		err = read_list(L, l, out, why);
	} else if (type != LUA_TNIL || l->needed) {
		snprintf(why->text, sizeof(why->text),
		         type == LUA_TNIL ? "it declares no '%s'"
		                          : "'%s' must be a table",
		         l->name);
		why->line = 0;
		err = -EINVAL;
	}
	return err;
}

static int check(const struct luamodel_ports *p, struct machine_error *why)
{
	for (size_t i = 0; i < p->n_states; i++) {
		const struct luamodel_port *x = &p->states[i];

		if (x->min > x->max || x->preset < x->min || x->preset > x->max) {
			return refuse(why, &lists[0], x->name,
			              "its start is not between min and max");
		}
		if (x->noise < 0) {
			return refuse(why, &lists[0], x->name, "noise is not negative");
		}
	}
	for (size_t i = 0; i < p->n_outputs; i++) {
		if (strcmp(p->outputs[i].name, "health") == 0) {
			return refuse(why, &lists[2], "health",
			              "that is the component's own tag");
		}
	}
	if (p->n_outputs == 0) {
		return refuse(why, &lists[2], "?", "there is none");
	}
	for (size_t i = 0; i < p->n_parameters; i++) {
		const struct luamodel_port *x = &p->parameters[i];

		if (x->preset < x->min || x->preset > x->max) {
			return refuse(why, &lists[3], x->name,
			              "its default is not between min and max");
		}
	}
	return 0;
}

struct reading_job {
	struct luamodel_ports *out;
	struct machine_error *why;
	int err;
};

static int read_all(lua_State *L)
{
	struct reading_job *job = lua_touserdata(L, 1);

	luaL_checkstack(L, 10, NULL);
	for (size_t i = 0; !job->err && i < ARRAY_SIZE(lists); i++) {
		job->err = read_table(L, &lists[i], job->out, job->why);
		lua_settop(L, 1);
	}
	return 0;
}

int declare_read(struct machine *m, struct luamodel_ports *out, struct machine_error *why)
{
	struct reading_job job = {out, why, 0};
	int err;

	*out = (struct luamodel_ports){0};
	err = machine_protect(m, read_all, &job, why);
	err = err ? err : job.err;
	return err ? err : check(out, why);
}

/* Does a word stand in n bytes?  @return where, or NULL */
static const char *find_word(const char *text, size_t n, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; len > 0 && i + len <= n; i++) {
		bool begins = i == 0 || (!isalnum((unsigned char)text[i - 1]) &&
		                         text[i - 1] != '_' && text[i - 1] != '.');
		bool ends = i + len == n || (!isalnum((unsigned char)text[i + len]) &&
		                             text[i + len] != '_');

		if (begins && ends && memcmp(text + i, word, len) == 0) {
			return text + i;
		}
	}
	return NULL;
}

unsigned declare_line(const char *text, size_t n, const char *table, const char *name)
{
	const char *at = find_word(text, n, table);
	const char *in = at ? find_word(at, n - (size_t)(at - text), name) : NULL;
	unsigned line = 1;

	at = in ? in : at;
	for (const char *c = text; at && c < at; c++) {
		line += *c == '\n';
	}
	return at ? line : 0;
}
