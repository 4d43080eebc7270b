/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/luamodel.h"

#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/lua/declare.h"
#include "twin/observer/localise.h"

enum function { DERIVATIVE, OUTPUT, START, FUNCTIONS };
enum table { TABLE_X, TABLE_U, TABLE_P, TABLE_Y, TABLES };

static const char *const function_names[] = {"derivative", "output", "start"};
static const char *const table_names[] = {"x", "u", "p", "y"};

/* Of whom a struct model's functions are, which get numbers only. */
static _Thread_local struct luamodel *in_use;

struct luamodel {
	struct machine *machine;
	char name[128];
	struct luamodel_ports ports;
	struct model_port names[4][MODEL_PARAMETERS_MAX]; /* states, inputs, ... */
	struct model model;
	double t;
	bool alone;                               /* each call is a request of its own */
	int functions[FUNCTIONS], tables[TABLES]; /* in the registry; LUA_NOREF: none */
	int lines[FUNCTIONS];                     /* where they are defined */
	bool failed;                              /* a call, since the last request */
	struct machine_error why;
};

/* What a table of ours or a result holds. */
struct names {
	const struct luamodel_port *port;
	uint32_t n;
};

/* A call: of x, u, y those that the function takes. */
struct job {
	struct luamodel *script;
	enum function function;
	const double *p, *x, *u, *y;
	double *out;
};

static struct names names_of(const struct luamodel_ports *p, enum table table)
{
	switch (table) {
	case TABLE_X:
		return (struct names){p->states, p->n_states};
	case TABLE_U:
		return (struct names){p->inputs, p->n_inputs};
	case TABLE_P:
		return (struct names){p->parameters, p->n_parameters};
	case TABLE_Y:
	case TABLES:
		break;
	}
	return (struct names){p->outputs, p->n_outputs};
}

/* ---- tables that go by name ---- */

static bool has(const struct names *names, const char *key)
{
	for (uint32_t i = 0; i < names->n; i++) {
		if (strcmp(names->port[i].name, key) == 0) {
			return true;
		}
	}
	return false;
}

static int complain(lua_State *L, const struct names *names, const char *table)
{
	const char *key = luaL_tolstring(L, 2, NULL), *list;
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (uint32_t i = 0; i < names->n; i++) {
		luaL_addstring(&b, i ? ", " : "");
		luaL_addstring(&b, names->port[i].name);
	}
	luaL_pushresult(&b);
	list = lua_tostring(L, -1);
	return luaL_error(L, "%s has no '%s' (it has: %s)", table, key, list);
}

/* A name that is declared has no value (an output that is not measured); any other is a
 * mistake.  Upvalues: the script, the table's number. */
static int on_index(lua_State *L)
{
	const struct luamodel *s = lua_touserdata(L, lua_upvalueindex(1));
	lua_Integer k = lua_tointeger(L, lua_upvalueindex(2));
	enum table table = k > 0 && k < TABLES ? (enum table)k : TABLE_X;
	const struct names names = names_of(&s->ports, table);

	if (lua_type(L, 2) != LUA_TSTRING || !has(&names, lua_tostring(L, 2))) {
		return complain(L, &names, table_names[table]);
	}
	return 0;
}

static void make_table(lua_State *L, struct luamodel *s, enum table table)
{
	static const char *const events[] = {"__index", "__newindex"};

	lua_newtable(L);
	lua_newtable(L);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		lua_pushlightuserdata(L, s);
		lua_pushinteger(L, table);
		lua_pushcclosure(L, on_index, 2);
		lua_setfield(L, -2, events[i]);
	}
	lua_pushboolean(L, 0);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
	s->tables[table] = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Push a table with these values; NAN of y: none. */
static void push_table(lua_State *L, const struct luamodel *s, enum table table,
                       const double *values)
{
	const struct names names = names_of(&s->ports, table);

	lua_rawgeti(L, LUA_REGISTRYINDEX, s->tables[table]);
	for (uint32_t i = 0; i < names.n; i++) {
		lua_pushstring(L, names.port[i].name);
		if (table == TABLE_Y && !isfinite(values[i])) {
			lua_pushnil(L);
		} else {
			lua_pushnumber(L, values[i]);
		}
		lua_rawset(L, -3);
	}
}

/* ---- results ---- */

/* Where the function is, in front of what is wrong with it. */
static int refuse(lua_State *L, const struct job *job, const char *what, const char *name)
{
	const struct luamodel *s = job->script;

	return luaL_error(L, "%s:%d: %s %s '%s'", s->name, s->lines[job->function],
	                  function_names[job->function], what, name);
}

static void find_surplus(lua_State *L, const struct job *job, const struct names *names)
{
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2)
		                                                 : NULL;

		if (!key) {
			(void)refuse(L, job, "gives a table that does not go by", "name");
		} else if (!has(names, key)) {
			(void)refuse(L, job, "gives what is not declared:", key);
		}
	}
}

static void take_result(lua_State *L, const struct job *job, const struct names *names)
{
	if (!lua_istable(L, -1)) {
		(void)refuse(L, job, "must give a table, not a", luaL_typename(L, -1));
		return;
	}
	for (uint32_t i = 0; i < names->n; i++) {
		const char *name = names->port[i].name;
		int type;

		lua_pushstring(L, name);
		type = lua_rawget(L, -2);
		if (type == LUA_TNIL) {
			(void)refuse(L, job, "gives no", name);
		}
		if (type != LUA_TNUMBER) {
			(void)refuse(L, job, "gives what is no number for", name);
		}
		job->out[i] = lua_tonumber(L, -1);
		lua_pop(L, 1);
	}
	find_surplus(L, job, names);
}

/* ---- calls ---- */

static int do_call(lua_State *L)
{
	const struct job *job = lua_touserdata(L, 1);
	const struct luamodel *s = job->script;
	const struct names results = names_of(
		&s->ports, job->function == OUTPUT ? TABLE_Y : TABLE_X);
	int n = 3;

	luaL_checkstack(L, 12, NULL);
	lua_rawgeti(L, LUA_REGISTRYINDEX, s->functions[job->function]);
	if (job->function == START) {
		push_table(L, s, TABLE_Y, job->y);
	} else {
		push_table(L, s, TABLE_X, job->x);
	}
	push_table(L, s, TABLE_U, job->u);
	push_table(L, s, TABLE_P, job->p);
	if (job->function == DERIVATIVE) {
		if (isnan(s->t)) {
			lua_pushnil(L); /* nobody knows: a script that wants it fails */
		} else {
			lua_pushnumber(L, s->t);
		}
		n = 4;
	}
	lua_call(L, n, 1);
	take_result(L, job, &results);
	return 0;
}

/* After a failure nothing is called any more, and all is no number. */
static void call(const struct job *job)
{
	struct luamodel *s = job->script;
	size_t n = job->function == OUTPUT ? s->ports.n_outputs : s->ports.n_states;

	if (s->alone) {
		machine_begin(s->machine);
	}
	if (!s->failed) {
		s->failed = machine_protect(s->machine, do_call, (void *)job, &s->why) !=
		            0;
	}
	for (size_t i = 0; s->failed && i < n; i++) {
		job->out[i] = NAN;
	}
}

static void limit(const double *p, double *x)
{
	const struct luamodel_ports *ports = &in_use->ports;

	(void)p;
	for (size_t i = 0; i < ports->n_states; i++) {
		x[i] = x[i] < ports->states[i].min ? ports->states[i].min : x[i];
		x[i] = x[i] > ports->states[i].max ? ports->states[i].max : x[i];
	}
}

/* Where it is said, else as measured where an output has the state's name, else 0. */
static void start(const double *p, const double *u, const double *y, double *x)
{
	struct luamodel *s = in_use;
	const struct luamodel_ports *ports = &s->ports;

	for (size_t i = 0; i < ports->n_states; i++) {
		x[i] = isfinite(ports->states[i].preset) ? ports->states[i].preset : 0;
		for (size_t k = 0; k < ports->n_outputs; k++) {
			if (isfinite(y[k]) &&
			    strcmp(ports->outputs[k].name, ports->states[i].name) == 0) {
				x[i] = y[k];
			}
		}
	}
	if (s->functions[START] != LUA_NOREF) {
		call(&(struct job){s, START, p, NULL, u, y, x});
	}
	limit(p, x);
}

static void rates(const double *p, const double *x, const double *u, double *dx)
{
	if (in_use->ports.n_states > 0) {
		call(&(struct job){in_use, DERIVATIVE, p, x, u, NULL, dx});
	}
}

static void outputs_of(const double *p, const double *x, const double *u, double *y)
{
	call(&(struct job){in_use, OUTPUT, p, x, u, NULL, y});
}

static void noise(const double *p, double *qc)
{
	(void)p;
	for (size_t i = 0; i < in_use->ports.n_states; i++) {
		double sigma = luamodel_noise(&in_use->ports.states[i]);

		qc[i] = sigma * sigma;
	}
}

/* What the model does not know, as a share of a state's size over one second, where the
 * script does not say. */
#define UNKNOWN_SHARE 1e-3

double luamodel_noise(const struct luamodel_port *state)
{
	double size = 1;

	if (isfinite(state->noise)) {
		return state->noise;
	}
	if (isfinite(state->max - state->min)) {
		size = state->max - state->min;
	} else if (isfinite(state->preset) && state->preset != 0) {
		size = fabs(state->preset);
	}
	return UNKNOWN_SHARE * size;
}

/* ---- up and down ---- */

static int find_functions(lua_State *L)
{
	struct luamodel *s = lua_touserdata(L, 1);

	luaL_checkstack(L, 12, NULL);
	for (size_t i = 0; i < FUNCTIONS; i++) {
		bool needed = i == OUTPUT || (i == DERIVATIVE && s->ports.n_states > 0);
		lua_Debug info;
		int type;

		lua_pushglobaltable(L);
		lua_pushstring(L, function_names[i]);
		type = lua_rawget(L, -2);
		if (type == LUA_TNIL && !needed) {
			continue;
		}
		if (type != LUA_TFUNCTION) {
			return luaL_error(L, "it has no function '%s'",
			                  function_names[i]);
		}
		lua_pushvalue(L, -1);
		lua_getinfo(L, ">S", &info);
		s->lines[i] = info.linedefined > 0 ? info.linedefined : 1;
		s->functions[i] = luaL_ref(L, LUA_REGISTRYINDEX);
	}
	for (size_t i = 0; i < TABLES; i++) {
		make_table(L, s, (enum table)i);
	}
	return 0;
}

static void make_model(struct luamodel *s)
{
	for (size_t t = 0; t < TABLES; t++) {
		const struct names names = names_of(&s->ports, (enum table)t);

		for (size_t i = 0; i < names.n; i++) {
			const struct luamodel_port *port = &names.port[i];

			s->names[t][i] = (struct model_port){.name = port->name,
			                                     .unit = port->unit,
			                                     .preset = port->preset,
			                                     .min = port->min,
			                                     .max = port->max};
		}
	}
	s->model = (struct model){.name = "lua",
	                          .parameters = s->names[TABLE_P],
	                          .n_parameters = s->ports.n_parameters,
	                          .inputs = s->names[TABLE_U],
	                          .n_inputs = s->ports.n_inputs,
	                          .outputs = s->names[TABLE_Y],
	                          .n_outputs = s->ports.n_outputs,
	                          .n_states = s->ports.n_states,
	                          .start = start,
	                          .rates = rates,
	                          .outputs_of = outputs_of,
	                          .noise = noise,
	                          .limit = limit};
}

/* A line for what is wrong with a declaration, "states.level: ...". */
static void find_line(const char *text, size_t n, struct machine_error *why)
{
	char table[16] = "", name[48] = "";

	if (why->line == 0 && sscanf(why->text, "%15[a-z].%47[^:]:", table, name) == 2) {
		why->line = declare_line(text, n, table, name);
	}
}

int luamodel_open(struct luamodel **out, const char *name, const char *text, size_t n,
                  struct machine_error *why)
{
	struct luamodel *s = calloc(1, sizeof(*s));
	int err = s ? machine_new(&s->machine) : -ENOMEM;

	if (err) {
		free(s);
		return err;
	}
	snprintf(s->name, sizeof(s->name), "%s", name);
	for (size_t i = 0; i < FUNCTIONS; i++) {
		s->functions[i] = LUA_NOREF;
	}
	machine_begin(s->machine);
	err = machine_run(s->machine, s->name, text, n, why);
	if (!err) {
		err = declare_read(s->machine, &s->ports, why);
	}
	if (err) {
		find_line(text, n, why);
	} else {
		make_model(s);
		err = machine_protect(s->machine, find_functions, s, why);
	}
	if (err) {
		luamodel_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void luamodel_free(struct luamodel *s)
{
	if (s) {
		machine_free(s->machine);
		free(s);
	}
}

const struct luamodel_ports *luamodel_ports(const struct luamodel *s)
{
	return &s->ports;
}

/* ---- requests ---- */

static void begin(struct luamodel *s, const struct luamodel_ask *ask)
{
	machine_begin(s->machine);
	in_use = s;
	s->alone = false;
	s->t = ask->t + ask->q.dt_s / 2; /* of the step that is looked at */
	s->failed = false;
}

int luamodel_try(struct luamodel *s, const struct luamodel_ask *ask,
                 struct machine_error *why)
{
	double x[MODEL_STATES_MAX] = {0}, dx[MODEL_STATES_MAX], y[MODEL_OUTPUTS_MAX];

	begin(s, ask);
	start(ask->p, ask->q.u, ask->q.y, x);
	rates(ask->p, x, ask->q.u, dx);
	outputs_of(ask->p, x, ask->q.u, y);
	*why = s->why;
	return s->failed ? -EINVAL : 0;
}

/* What it is that is no number. */
static void find_nan(struct luamodel *s, const double *p, const struct local_answer *a,
                     struct machine_error *why)
{
	double dx[MODEL_STATES_MAX] = {0};
	const struct names states = names_of(&s->ports, TABLE_X);
	const struct names outputs = names_of(&s->ports, TABLE_Y);

	*why = (struct machine_error){.text = "it gives no number"};
	rates(p, a->x0, a->u0, dx);
	for (size_t i = 0; i < states.n; i++) {
		if (!isfinite(a->x0[i]) || !isfinite(dx[i])) {
			why->line = (unsigned)s->lines[DERIVATIVE];
			snprintf(why->text, sizeof(why->text),
			         "derivative gives no number for '%s' where it is %.6g",
			         states.port[i].name, a->x0[i]);
			return;
		}
	}
	for (size_t i = 0; i < outputs.n; i++) {
		if (!isfinite(a->y1[i])) {
			why->line = (unsigned)s->lines[OUTPUT];
			snprintf(why->text, sizeof(why->text),
			         "output gives no number for '%s'", outputs.port[i].name);
			return;
		}
	}
}

int luamodel_answer(struct luamodel *s, const struct luamodel_ask *ask,
                    struct local_answer *a, struct machine_error *why)
{
	const struct localised of = {&s->model, ask->p};
	int err;

	begin(s, ask);
	err = localise(&of, &ask->q, a);
	if (err && !s->failed) {
		find_nan(s, ask->p, a, why);
		return -EINVAL;
	}
	*why = s->why;
	return s->failed ? -EINVAL : 0;
}

const struct model *luamodel_model(struct luamodel *s)
{
	in_use = s;
	s->alone = true;
	s->t = (double)NAN;
	s->failed = false;
	return &s->model;
}

const struct machine_error *luamodel_fault(const struct luamodel *s)
{
	return s->failed ? &s->why : NULL;
}
