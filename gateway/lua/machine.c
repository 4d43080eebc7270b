/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/lua/machine.h"

#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"

enum { COUNT_EVERY = 1000, NAME_MAX_BYTES = 128 };

struct machine {
	lua_State *L;
	size_t held; /* bytes */
	long left;   /* instructions of this request */
	char name[NAME_MAX_BYTES];
};

/* ---- limits ---- */

static void *allocate(void *arg, void *p, size_t old, size_t size)
{
	struct machine *m = arg;
	void *to;

	old = p ? old : 0; /* else it says what kind of object it is for */
	if (size == 0) {
		free(p);
		m->held -= old;
		return NULL;
	}
	if (size > old && size - old > MACHINE_BYTES_MAX - m->held) {
		return NULL;
	}
	to = realloc(p, size);
	if (to) {
		m->held = m->held - old + size;
	}
	return to;
}

static struct machine *machine_of(lua_State *L)
{
	void *arg;

	(void)lua_getallocf(L, &arg);
	return arg;
}

/* Once it has used up its instructions every further one is refused, so that pcall() does
 * not help. */
static void on_count(lua_State *L, lua_Debug *at)
{
	struct machine *m = machine_of(L);

	(void)at;
	m->left -= COUNT_EVERY;
	if (m->left <= 0) {
		lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
		luaL_where(L, 0); /* the function that was interrupted */
		lua_pushfstring(L, "it ran more than %d million instructions",
		                MACHINE_INSTRUCTIONS / 1000000);
		lua_concat(L, 2);
		lua_error(L);
	}
}

void machine_begin(struct machine *m)
{
	m->left = MACHINE_INSTRUCTIONS;
	lua_sethook(m->L, on_count, LUA_MASKCOUNT, COUNT_EVERY);
}

/* ---- what it may call ---- */

/* Finalisers run uncounted: no table gets one. */
static int set_metatable(lua_State *L)
{
	int type = lua_type(L, 2);

	luaL_checktype(L, 1, LUA_TTABLE);
	luaL_argcheck(L, type == LUA_TNIL || type == LUA_TTABLE, 2,
	              "nil or table expected");
	if (type == LUA_TTABLE) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL) {
			return luaL_error(L, "there are no finalisers (__gc) here");
		}
		lua_pop(L, 1);
	}
	if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) {
		return luaL_error(L, "cannot change a protected metatable");
	}
	lua_settop(L, 2);
	lua_setmetatable(L, 1);
	return 1;
}

/* Numbers by size, then strings. */
static int is_before(lua_State *L)
{
	bool first = lua_type(L, 1) == LUA_TNUMBER,
	     second = lua_type(L, 2) == LUA_TNUMBER;

	lua_pushboolean(L, first == second ? lua_compare(L, 1, 2, LUA_OPLT) : first);
	return 1;
}

/* Upvalues: table, keys, how many were given. */
static int next_pair(lua_State *L)
{
	for (lua_Integer i = lua_tointeger(L, lua_upvalueindex(3)) + 1;; i++) {
		lua_settop(L, 0);
		lua_pushinteger(L, i);
		lua_replace(L, lua_upvalueindex(3));
		if (lua_rawgeti(L, lua_upvalueindex(2), i) == LUA_TNIL) {
			return 1;
		}
		lua_pushvalue(L, 1);
		if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {
			return 2; /* not taken out meanwhile */
		}
	}
}

/* Upvalue: table.sort as it was. */
static int sorted_pairs(lua_State *L)
{
	lua_Integer n = 0;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		int type = lua_type(L, 3);

		if (type != LUA_TNUMBER && type != LUA_TSTRING) {
			return luaL_error(L, "pairs() goes over keys that are numbers or "
			                     "strings");
		}
		lua_pushvalue(L, 3);
		lua_rawseti(L, 2, ++n);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_pushvalue(L, 2);
	lua_pushcfunction(L, is_before);
	lua_call(L, 2, 0);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, next_pair, 3);
	return 1;
}

/* What of a library must go: it reads files, makes code, is another each time, or runs
 * uncounted (the handler of xpcall(), when a hook raised the error). */
static const struct {
	const char *library, *name;
} forbidden[] = {
	{"_G", "collectgarbage"}, {"_G", "dofile"},   {"_G", "load"},
	{"_G", "loadfile"},       {"_G", "next"},     {"_G", "print"},
	{"_G", "warn"},           {"_G", "xpcall"},   {"math", "random"},
	{"math", "randomseed"},   {"string", "dump"},
};

static int open_libraries(lua_State *L)
{
	luaL_requiref(L, "_G", luaopen_base, 1);
	luaL_requiref(L, "math", luaopen_math, 1);
	luaL_requiref(L, "string", luaopen_string, 1);
	luaL_requiref(L, "table", luaopen_table, 1);
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
		lua_getglobal(L, forbidden[i].library);
		lua_pushnil(L);
		lua_setfield(L, -2, forbidden[i].name);
	}
	lua_getglobal(L, "table");
	lua_getfield(L, -1, "sort");
	lua_pushcclosure(L, sorted_pairs, 1);
	lua_setglobal(L, "pairs");
	lua_pushcfunction(L, set_metatable);
	lua_setglobal(L, "setmetatable");
	/* Where luaL_requiref() keeps what it loaded. */
	lua_pushnil(L);
	lua_setfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	return 0;
}

/* ---- up and down ---- */

int machine_new(struct machine **out)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m) {
		return -ENOMEM;
	}
	m->L = lua_newstate(allocate, m);
	if (!m->L) {
		machine_free(m);
		return -ENOMEM;
	}
	lua_pushcfunction(m->L, open_libraries);
	if (lua_pcall(m->L, 0, 0, 0)) {
		machine_free(m);
		return -ENOMEM;
	}
	*out = m;
	return 0;
}

void machine_free(struct machine *m)
{
	if (m && m->L) {
		lua_close(m->L);
	}
	free(m);
}

struct lua_State *machine_lua(struct machine *m)
{
	return m->L;
}

/* ---- calls ---- */

/* What is on top of the stack, "NAME:LINE: text", to *why; it is taken off. */
static int say(struct machine *m, struct machine_error *why)
{
	const char *text = lua_type(m->L, -1) == LUA_TSTRING
	                           ? lua_tostring(m->L, -1)
	                           : "it raised an error that is no text";
	size_t n = strlen(m->name);
	char *end;

	why->line = 0;
	if (strncmp(text, m->name, n) == 0 && text[n] == ':') {
		unsigned long line = strtoul(text + n + 1, &end, 10);

		if (end > text + n + 1 && strncmp(end, ": ", 2) == 0) {
			why->line = line < 1000000 ? (unsigned)line : 0;
			text = end + 2;
		}
	}
	snprintf(why->text, sizeof(why->text), "%s", text);
	for (char *c = why->text; *c; c++) { /* it goes into one line */
		*c = (unsigned char)*c < ' ' ? ' ' : *c;
	}
	lua_pop(m->L, 1);
	return -EINVAL;
}

int machine_run(struct machine *m, const char *name, const char *text, size_t n,
                struct machine_error *why)
{
	char chunk[NAME_MAX_BYTES + 1];

	snprintf(m->name, sizeof(m->name), "%s", name);
	snprintf(chunk, sizeof(chunk), "=%s", m->name);
	if (luaL_loadbufferx(m->L, text, n, chunk, "t") || lua_pcall(m->L, 0, 0, 0)) {
		return say(m, why);
	}
	return 0;
}

int machine_protect(struct machine *m, machine_work *work, void *arg,
                    struct machine_error *why)
{
	lua_pushcfunction(m->L, work);
	lua_pushlightuserdata(m->L, arg);
	return lua_pcall(m->L, 1, 0, 0) ? say(m, why) : 0;
}
