/* SPDX-License-Identifier: Apache-2.0 */
/* A script as a model: what it declares, what it computes, and how it is told what is
 * wrong with it, line by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/lua/luamodel.h"
#include "twin/observer/localise.h"

static const char tank[] =
	"states = { level = { unit = 'm', start = 0.5, min = 0, max = 3, noise = 1e-3 } "
	"}\n"
	"inputs = { inflow = 'm3/s', valve = { unit = '1', default = 1 } }\n"
	"outputs = { level = 'm', outflow = { unit = 'm3/s', description = 'out' } }\n"
	"parameters = { area = 1.2, outlet = { default = 0.004, unit = 'm2' },\n"
	"  level_max = 3 }\n"
	"local g = 9.80665\n"
	"local function out(x, u, p)\n"
	"  return u.valve * p.outlet * math.sqrt(2 * g * math.max(x.level, 0))\n"
	"end\n"
	"function derivative(x, u, p, t)\n"
	"  return { level = (u.inflow - out(x, u, p)) / p.area }\n"
	"end\n"
	"function output(x, u, p)\n"
	"  return { level = x.level, outflow = out(x, u, p) }\n"
	"end\n";

static struct luamodel *load(const char *text, struct machine_error *why)
{
	struct luamodel *s = NULL;
	int err = luamodel_open(&s, "m.lua", text, strlen(text), why);

	assert_true(err == 0 || (err == -EINVAL && !s));
	return s;
}

static struct luamodel_ask ask_of(double x)
{
	struct luamodel_ask ask = {.p = {1.2, 3, 0.004}};

	/* by name: area, level_max, outlet; inflow, valve */
	ask.q.x[0] = x;
	ask.q.u[0] = 0.003;
	ask.q.u[1] = 0.5;
	ask.q.dt_s = 5;
	for (size_t i = 0; i < MODEL_OUTPUTS_MAX; i++) {
		ask.q.y[i] = NAN;
	}
	return ask;
}

static void what_it_declares_is_read_by_name(void **state)
{
	struct machine_error why;
	struct luamodel *s = load(tank, &why);
	const struct luamodel_ports *p;

	(void)state;
	assert_non_null(s);
	p = luamodel_ports(s);
	assert_int_equal(p->n_states, 1);
	assert_int_equal(p->n_inputs, 2);
	assert_int_equal(p->n_outputs, 2);
	assert_int_equal(p->n_parameters, 3);
	assert_string_equal(p->states[0].name, "level");
	assert_true(p->states[0].preset == 0.5 && p->states[0].max == 3 &&
	            p->states[0].noise == 1e-3);
	assert_string_equal(p->inputs[0].name, "inflow");
	assert_string_equal(p->inputs[0].unit, "m3/s");
	assert_true(isnan(p->inputs[0].preset) && p->inputs[1].preset == 1);
	assert_string_equal(p->outputs[1].description, "out");
	assert_string_equal(p->parameters[2].name, "outlet");
	assert_true(p->parameters[0].preset == 1.2 && p->parameters[2].preset == 0.004);
	luamodel_free(s);
}

/* The same equations as the model tank of our own. */
static void its_answer_is_that_of_the_model_in_c(void **state)
{
	static const double p[] = {1.2, 0.004, 3}, levels[] = {0.02, 0.4, 2.5};
	const struct localised own = {model_find("tank"), p};
	struct machine_error why;
	struct luamodel *s = load(tank, &why);

	(void)state;
	assert_non_null(s);
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct luamodel_ask ask = ask_of(levels[i]);
		struct local_answer a, b;

		assert_int_equal(luamodel_answer(s, &ask, &a, &why), 0);
		assert_int_equal(localise(&own, &ask.q, &b), 0);
		assert_true(fabs(a.x1[0] - b.x1[0]) < 1e-12);
		assert_true(fabs(a.A[0] - b.A[0]) < 1e-9);
		for (size_t k = 0; k < 4; k++) {
			assert_true(fabs(a.D[k] - b.D[k]) < 1e-9);
		}
		assert_true(fabs(a.y1[1] - b.y1[1]) < 1e-12);
	}
	luamodel_free(s);
}

static void a_start_is_what_is_measured_or_what_it_says(void **state)
{
	static const char with_start[] =
		"states = { a = 'm', b = 'm' } outputs = { a = 'm', s = 'm' }\n"
		"function derivative(x) return { a = 0, b = 0 } end\n"
		"function output(x) return { a = x.a, s = x.a + x.b } end\n"
		"function start(y, u, p) return { a = y.a or 7, b = (y.s or 9) - 1 } "
		"end\n";
	struct luamodel_ask ask = ask_of(0);
	struct machine_error why;
	struct local_answer a;
	struct luamodel *s = load(tank, &why);

	(void)state;
	ask.q.start = true;
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), 0);
	assert_true(a.x0[0] == 0.5);
	ask.q.y[0] = 0.8; /* level, as the state */
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), 0);
	assert_true(a.x0[0] == 0.8);
	ask.q.y[0] = 99;
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), 0);
	assert_true(a.x0[0] == 3); /* its most */
	luamodel_free(s);
	s = load(with_start, &why);
	assert_non_null(s);
	ask.q.y[0] = NAN;
	ask.q.y[1] = 4;
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), 0);
	assert_true(a.x0[0] == 7 && a.x0[1] == 3);
	luamodel_free(s);
}

static void outputs_alone_are_a_model(void **state)
{
	struct machine_error why;
	struct luamodel *s = load(
		"inputs = { n = '1' } outputs = { h = 'm' }\n"
		"function output(x, u) return { h = 2 * u.n ^ 2 } end\n",
		&why);
	struct luamodel_ask ask = {.q = {.u = {3}}};
	struct local_answer a;

	(void)state;
	assert_non_null(s);
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), 0);
	assert_true(a.y1[0] == 18);
	assert_true(fabs(a.D[0] - 12) < 1e-6 && fabs(a.E[0] - 4) < 1e-4);
	luamodel_free(s);
}

static void time_is_that_of_the_middle_of_the_step(void **state)
{
	struct machine_error why;
	struct luamodel *s = load("states = { a = '' } outputs = { a = '' }\n"
	                          "function derivative(x, u, p, t) return { a = t } end\n"
	                          "function output(x) return { a = x.a } end\n",
	                          &why);
	struct luamodel_ask ask = {.t = 10, .q = {.dt_s = 4}};
	struct local_answer a;

	(void)state;
	assert_non_null(s);
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), 0);
	assert_true(fabs(a.x1[0] - 48) < 1e-9);
	luamodel_free(s);
}

/* pairs() goes by key, whatever the seed of the hash: the sum has one order. */
static void tables_are_walked_in_one_order(void **state)
{
	static const char text[] =
		"local seen = ''\n"
		"for k, v in pairs({ z = 1, a = 2, [3] = 3, m = 4, [-1] = 5, [2.5] = 6 "
		"}) do\n"
		"  seen = seen .. k .. v .. ' '\n"
		"end\n"
		"assert(seen == '-15 2.56 33 a2 m4 z1 ', seen)\n"
		"local t = { a = 1, b = 2, c = 3 }\n"
		"for k in pairs(t) do t[k] = nil t.b = nil end\n"
		"assert(t.c == nil)\n"
		"assert(next == nil and math.random == nil and print == nil)\n"
		"outputs = { a = '' } function output() return { a = 1 } end\n";
	struct machine_error why = {.text = ""};
	struct luamodel *s = load(text, &why);

	(void)state;
	if (!s) {
		fail_msg("%u: %s", why.line, why.text);
	}
	luamodel_free(s);
}

/* ---- what is wrong with it ---- */

#define HEAD "states = { a = 'm' }\ninputs = { u1 = '1' }\noutputs = { b = 'm' }\n"
#define DER  "function derivative(x) return { a = 0 } end\n"
#define OUT  "function output(x) return { b = x.a } end\n"

static void what_cannot_be_a_model_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *name, *text;
		unsigned line;
		const char *want; /* in what is said */
	} cases[] = {
		{"syntax", HEAD "function output(x)\n  retrn 1\nend\n", 5,
	         "syntax error"},
		{"error when run", HEAD "\nlocal a = nil + 1\n", 5, "arithmetic"},
		{"own error", HEAD "error('no, thanks')\n", 4, "no, thanks"},
		{"error that is no text", "error({})", 0, "no text"},
		{"no outputs", "states = { a = 'm' }\n" DER, 0, "no 'outputs'"},
		{"outputs empty", "outputs = {}\n" OUT, 1, "there is none"},
		{"states no table", HEAD "states = 3\n" DER OUT, 0, "must be a table"},
		{"no output", HEAD DER, 0, "no function 'output'"},
		{"no derivative", HEAD OUT, 0, "no function 'derivative'"},
		{"output no function", HEAD DER "output = 3\n", 0,
	         "no function 'output'"},
		{"unknown field", "outputs = { b = { unitt = 'm' } }\n" OUT, 1,
	         "'unitt'"},
		{"number as unit", "\n\noutputs = {\n b = 3 }\n" OUT, 4,
	         "a unit is wanted"},
		{"unit no text", "outputs = { b = { unit = 3 } }\n" OUT, 1,
	         "wants a text"},
		{"start no number", "states = { a = { start = 'x' } }\n" OUT, 1,
	         "a number"},
		{"start out of range",
	         "states = { a = { min = 2, max = 3, start = 1 } }\n"
	         "outputs = { b = '' }\n" DER OUT,
	         1, "between"},
		{"bad name", "outputs = { ['a b'] = 'm' }\n" OUT, 1, "letters"},
		{"own tag", "outputs = { health = '' }\n" OUT, 1, "own tag"},
		{"list", "outputs = { 'm' }\n" OUT, 1, "by name"},
		{"too many",
	         "outputs = { a='', b='', c='', d='', e='', f='', g='', h='', i='' }\n",
	         1, "at most 8"},
		{"bytecode", "\x1bLua", 0, "binary chunk"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine_error why = {.line = 99};
		struct luamodel *s = load(cases[i].text, &why);

		if (s || why.line != cases[i].line || !strstr(why.text, cases[i].want)) {
			fail_msg("%s: %s %u: %s", cases[i].name, s ? "taken" : "refused",
			         why.line, why.text);
		}
	}
}

static void functions_are_held_to_what_is_declared(void **state)
{
	static const struct {
		const char *name, *text;
		unsigned line;
		const char *want;
	} cases[] = {
		{"no table", HEAD DER "function output() return 1 end\n", 5,
	         "must give a table, not a 'number'"},
		{"nothing", HEAD "function derivative() end\n" OUT, 4, "not a 'nil'"},
		{"one missing", HEAD DER "function output() return {} end\n", 5,
	         "gives no 'b'"},
		{"one too many",
	         HEAD DER "function output() return { b = 1, c = 2 } end\n", 5,
	         "not declared: 'c'"},
		{"no number", HEAD DER "function output() return { b = 'x' } end\n", 5,
	         "no number for 'b'"},
		{"list", HEAD DER "function output() return { b = 1, 2 } end\n", 5,
	         "by 'name'"},
		{"unknown input",
	         HEAD DER "function output(x, u)\n return { b = u.u2 }\nend\n", 6,
	         "u has no 'u2' (it has: u1)"},
		{"unknown state",
	         HEAD DER "function output(x)\n return { b = x.b } end\n", 6,
	         "x has no 'b'"},
		{"new state",
	         HEAD DER "function output(x)\n x.z = 1 return { b = 1 } end\n", 6,
	         "x has no 'z'"},
		{"unknown parameter",
	         HEAD DER "function output(x, u, p) return { b = p.k } end\n", 5,
	         "p has no 'k'"},
		{"global", HEAD DER "function output(x)\n  return { b = foo.bar }\nend\n",
	         6, "global 'foo'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct luamodel_ask ask = {.q = {.u = {1}}};
		struct machine_error why = {.line = 99};
		struct luamodel *s = load(cases[i].text, &why);
		int err = s ? luamodel_try(s, &ask, &why) : 0;

		if (!s || err != -EINVAL || why.line != cases[i].line ||
		    !strstr(why.text, cases[i].want)) {
			fail_msg("%s: %d, %u: %s", cases[i].name, err, why.line,
			         why.text);
		}
		luamodel_free(s);
	}
}

static void what_is_no_number_is_named(void **state)
{
	struct machine_error why = {.text = ""};
	struct luamodel *s = load(
		HEAD "function derivative(x) return { a = 0 / 0 } end\n" OUT, &why);
	struct luamodel_ask ask = {.q = {.x = {2}, .u = {1}}};
	struct local_answer a;

	(void)state;
	assert_non_null(s);
	assert_int_equal(luamodel_try(s, &ask, &why), 0); /* at a start that may be so */
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), -EINVAL);
	assert_int_equal(why.line, 4);
	assert_string_equal(why.text, "derivative gives no number for 'a' where it is 2");
	luamodel_free(s);
}

/* ---- limits ---- */

#define MODEL "outputs = { b = '' }\nfunction output() return { b = 1 } end\n"
#define IN(work)                                                                         \
	"outputs = { b = '' }\nfunction output()\n" work "\nreturn { b = 1 } end\n"

static void a_hostile_script_ends_with_an_error(void **state)
{
	static const struct {
		const char *name, *text;
		const char *want;
	} cases[] = {
		{"endless loop", IN("while true do end"), "million instructions"},
		{"endless loop in pcall",
	         IN("while true do pcall(function() while true do end end) end"),
	         "million instructions"},
		{"xpcall", IN("xpcall(output, output)"), "global 'xpcall'"},
		{"a loop that closes",
	         IN("local c <close> = setmetatable({}, { __close =\n"
	            "function() while true do end end })\n"
	            "while true do end"),
	         "million instructions"},
		{"endless goto", IN("::a:: goto a"), "million instructions"},
		{"memory", IN("local t = {} for i = 1, 1e9 do t[i] = {} end"),
	         "not enough memory"},
		{"string.rep", IN("local s = ('x'):rep(1e9)"), "not enough memory"},
		{"string.rep beyond all", IN("local s = ('xx'):rep(1 << 62)"),
	         "too large"},
		{"concatenation", IN("local s = 'x' while true do s = s .. s end"),
	         "not enough memory"},
		{"recursion", IN("local function f() return 1 + f() end f()"),
	         NULL /* of stack or memory */},
		{"recursion in C",
	         IN("local t = setmetatable({}, {})\n"
	            "getmetatable(t).__index = function(_, k) return t[k] end\n"
	            "do return t.x end"),
	         "overflow"},
		{"own finalisers", IN("setmetatable({}, { __gc = function() end })"),
	         "no finalisers"},
		{"string.dump", IN("string.dump(output)"), "nil value"},
		{"load", IN("load('return 1')"), "nil value"},
		{"dofile", IN("dofile('/etc/passwd')"), "nil value"},
		{"require", IN("require('io')"), "nil value"},
		{"io", IN("io.open('/etc/passwd')"), "global 'io'"},
		{"os", IN("os.exit(0)"), "global 'os'"},
		{"debug", IN("debug.sethook()"), "global 'debug'"},
		{"package", IN("package.loadlib('x', 'y')"), "global 'package'"},
		{"coroutine", IN("coroutine.wrap(output)()"), "global 'coroutine'"},
		{"what is loaded", IN("local d = getmetatable('').__index.dump(output)"),
	         "nil value"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct machine_error why = {.text = ""};
		struct luamodel_ask ask = {.t = 0};
		struct luamodel *s = load(cases[i].text, &why);
		int err = s ? luamodel_try(s, &ask, &why) : -1;

		if (!s || err != -EINVAL ||
		    (cases[i].want && !strstr(why.text, cases[i].want))) {
			fail_msg("%s: %d, %s", cases[i].name, err, why.text);
		}
		luamodel_free(s);
	}
}

static void after_a_failure_the_next_request_is_a_new_one(void **state)
{
	static const char text[] = "inputs = { u = '' } outputs = { b = '' }\n"
				   "function output(x, u)\n"
				   "  while u.u > 0 do end\n"
				   "  return { b = 1 }\n"
				   "end\n";
	struct machine_error why;
	struct luamodel *s = load(text, &why);
	struct luamodel_ask ask = {.q = {.u = {1}}};
	struct local_answer a;

	(void)state;
	assert_non_null(s);
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), -EINVAL);
	assert_int_equal(why.line, 3);
	ask.q.u[0] = -1;
	assert_int_equal(luamodel_answer(s, &ask, &a, &why), 0);
	assert_true(a.y1[0] == 1);
	luamodel_free(s);
}

/* Globals and metatables are its own: nothing of ours goes through them. */
static void tricks_with_globals_cost_only_the_script(void **state)
{
	static const char *const texts[] = {
		MODEL "setmetatable(_G, { __index = function() error('got you') end,\n"
		      "__newindex = function() error('got you') end })\n",
		MODEL "states = setmetatable({}, { __index = error, __len = error,\n"
		      "__pairs = error, __metatable = 1 })\n",
		MODEL "string.rep = nil math.sqrt = nil table.sort = nil pairs = nil\n"
		      "getmetatable('').__index = nil error = nil setmetatable = nil\n",
		MODEL "for k in pairs(_G) do\n if k ~= '_G' and k ~= 'outputs' and\n"
		      "k ~= 'output' and k ~= 'pairs' then _G[k] = nil end end\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct machine_error why = {.text = ""};
		struct luamodel_ask ask = {.t = 0};
		struct local_answer a;
		struct luamodel *s = load(texts[i], &why);

		if (!s || luamodel_answer(s, &ask, &a, &why) || a.y1[0] != 1) {
			fail_msg("%zu: %u: %s", i, why.line, why.text);
		}
		luamodel_free(s);
	}
}

static void our_tables_cannot_be_taken_apart(void **state)
{
	static const char *const works[] = {
		"assert(getmetatable(x) == false)",
		"assert(not pcall(setmetatable, x, {}))",
		"assert(not pcall(function() x.z = 1 end))",
		"p.k = 5 u.u1 = 6",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(works); i++) {
		struct luamodel_ask ask = {.p = {4}, .q = {.u = {3}, .x = {2}}};
		struct machine_error why = {.text = ""};
		struct local_answer a;
		char text[500];
		struct luamodel *s;

		snprintf(text, sizeof(text),
		         HEAD "parameters = { k = 1 }\n" DER "function output(x, u, p)\n"
		              "local b = x.a + u.u1 + p.k %s\nreturn { b = b } end\n",
		         works[i]);
		s = load(text, &why);
		for (int k = 0; k < 2; k++) { /* what it changed is as it was again */
			if (!s || luamodel_answer(s, &ask, &a, &why) || a.y1[0] != 9) {
				fail_msg("%s: %s", works[i], why.text);
			}
		}
		luamodel_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_declares_is_read_by_name),
		cmocka_unit_test(its_answer_is_that_of_the_model_in_c),
		cmocka_unit_test(a_start_is_what_is_measured_or_what_it_says),
		cmocka_unit_test(outputs_alone_are_a_model),
		cmocka_unit_test(time_is_that_of_the_middle_of_the_step),
		cmocka_unit_test(tables_are_walked_in_one_order),
		cmocka_unit_test(what_cannot_be_a_model_is_refused_with_its_line),
		cmocka_unit_test(functions_are_held_to_what_is_declared),
		cmocka_unit_test(what_is_no_number_is_named),
		cmocka_unit_test(a_hostile_script_ends_with_an_error),
		cmocka_unit_test(after_a_failure_the_next_request_is_a_new_one),
		cmocka_unit_test(tricks_with_globals_cost_only_the_script),
		cmocka_unit_test(our_tables_cannot_be_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
