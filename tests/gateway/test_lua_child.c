/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts in processes of their own, on a real loop: what is asked is answered, and one
 * that loops, bursts, lies or dies costs nobody else anything. */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/clock.h"
#include "gateway/lua/caller.h"
#include "gateway/lua/luadesk.h"

enum { SCRIPTS_MAX = 8, SHORT_MS = 3000, LONG_MS = 25000 };

#define GOOD                                                                             \
	"states = { a = 'm' } inputs = { u = 'm/s' } outputs = { b = 'm' }\n"            \
	"parameters = { k = 1 }\n"                                                       \
	"function derivative(x, u, p) return { a = u.u - p.k * x.a } end\n"
#define SCRIPT(work) GOOD "function output(x, u, p)\n" work "\nreturn { b = x.a } end\n"

/* What a component was told. */
struct heard {
	size_t answers, unknown, failures, recoveries;
	struct local_answer last;
	char why[400];
};

struct rig {
	uv_loop_t loop;
	uv_timer_t beat; /* every 5 ms: a row of all; the loop never waits */
	uint64_t beat_ns, longest_ns;
	int64_t rows;
	struct model ports[SCRIPTS_MAX], models[SCRIPTS_MAX];
	struct config config;
	struct component_config components[SCRIPTS_MAX];
	struct lua_config scripts[SCRIPTS_MAX];
	struct heard heard[SCRIPTS_MAX];
	double u;
	struct luadesk *desk;
};

static const struct model_port state_input[] = {{.name = "u"}};
static const struct model_port output[] = {{.name = "b"}};
static const struct model_port parameter[] = {{.name = "k"}};

static int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	uv_loop_init(&r->loop);
	r->config.luas = r->scripts;
	r->config.twin.components = r->components;
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	luadesk_close(r->desk);
	if (r->beat.data) {
		uv_close((uv_handle_t *)&r->beat, NULL);
	}
	uv_run(&r->loop, UV_RUN_DEFAULT);
	luadesk_free(r->desk);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	free(r);
	return 0;
}

static void add(struct rig *r, const char *text)
{
	size_t i = r->config.n_luas++;

	r->ports[i] = (struct model){.name = "lua",
	                             .parameters = parameter,
	                             .n_parameters = 1,
	                             .inputs = state_input,
	                             .n_inputs = 1,
	                             .outputs = output,
	                             .n_outputs = 1,
	                             .n_states = 1};
	local_make(&r->models[i], &r->ports[i]);
	r->components[i] = (struct component_config){
		.id = "k", .model = &r->models[i], .parameters = {2}};
	r->scripts[i] = (struct lua_config){
		.name = "k.lua", .text = text, .n = strlen(text), .component = i};
}

static bool on_question(void *arg, size_t component, struct local_question *q)
{
	struct rig *r = arg;

	(void)component;
	*q = (struct local_question){
		.t_ns = r->rows, .dt_s = 0.1, .x = {1}, .u = {r->u}, .y = {NAN}};
	return r->rows > 0;
}

static void on_answer(void *arg, size_t component, const struct local_question *q,
                      const struct local_answer *a)
{
	struct heard *h = &((struct rig *)arg)->heard[component];

	(void)q;
	h->answers += a != NULL;
	h->unknown += a == NULL;
	if (a) {
		h->last = *a;
	}
}

static void on_event(void *arg, size_t component, const char *why)
{
	struct heard *h = &((struct rig *)arg)->heard[component];

	h->failures += why != NULL;
	h->recoveries += why == NULL;
	if (why) {
		snprintf(h->why, sizeof(h->why), "%s", why);
	}
}

static void on_beat(uv_timer_t *timer)
{
	struct rig *r = timer->data;
	uint64_t now_ns = clock_now_ns();

	if (r->beat_ns && now_ns - r->beat_ns > r->longest_ns) {
		r->longest_ns = now_ns - r->beat_ns;
	}
	r->beat_ns = now_ns;
	r->rows++;
	luadesk_look(r->desk);
}

static void open_rig(struct rig *r, int deadline_ms)
{
	const struct luadesk_parts parts = {
		.config = &r->config,
		.components = r->config.twin.components,
		.loop = &r->loop,
		.now_ns = clock_now_ns,
		.program = getenv("POLLUX_PROGRAM"),
		.deadline_ms = deadline_ms,
		.calls = {on_question, on_answer, on_event, r}};

	assert_int_equal(luadesk_open(&r->desk, &parts), 0);
	uv_timer_init(&r->loop, &r->beat);
	r->beat.data = r;
	uv_timer_start(&r->beat, on_beat, 5, 5);
}

/* Run the loop until there is so much of it, or for 30 s. */
static void run_until(struct rig *r, const size_t *what, size_t n)
{
	uint64_t end_ns = clock_now_ns() + UINT64_C(30000000000);

	while (*what < n && clock_now_ns() < end_ns) {
		uv_run(&r->loop, UV_RUN_ONCE);
	}
	if (*what < n) {
		fail_msg("only %zu of %zu; %s; %s", *what, n, r->heard[0].why,
		         r->heard[1].why);
	}
}

static void questions_are_answered_row_by_row(void **state)
{
	struct rig *r = *state;
	const struct local_answer *a = &r->heard[0].last;

	add(r, SCRIPT(""));
	r->u = 3;
	open_rig(r, LONG_MS);
	run_until(r, &r->heard[0].answers, 20);
	assert_int_equal(r->heard[0].unknown, 0);
	/* dx/dt = 3 - 2 x from 1, for 0.1 s */
	assert_true(fabs(a->x1[0] - (1.5 - 0.5 * exp(-0.2))) < 1e-6);
	assert_true(fabs(a->A[0] + 2) < 1e-6 && fabs(a->B[0] - 1) < 1e-6);
	assert_true(a->y1[0] == a->x1[0] && fabs(a->C[0] - 1) < 1e-9);
}

static void who_fails_costs_his_own_component_only(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{SCRIPT("while true do end"), "k.lua:5: it ran more than 5 million"},
		{SCRIPT("local s = ('x'):rep(1e9)"), "k.lua: not enough memory"},
		{SCRIPT("do return { b = 0 / 0 } end"),
	         "k.lua:4: output gives no number for 'b'"},
		{SCRIPT("error('enough')"), "k.lua:5: enough"},
		{SCRIPT("local function f() return 1 + f() end f()"), "k.lua"},
	};
	struct rig *r = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		add(r, bad[i].text);
	}
	add(r, SCRIPT(""));
	open_rig(r, LONG_MS);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		run_until(r, &r->heard[i].failures, 1);
		if (!strstr(r->heard[i].why, bad[i].why)) {
			fail_msg("%zu: %s", i, r->heard[i].why);
		}
		assert_true(r->heard[i].unknown >= 1);
		assert_int_equal(r->heard[i].answers, 0);
	}
	run_until(r, &r->heard[ARRAY_SIZE(bad)].answers, 50);
	assert_int_equal(r->heard[ARRAY_SIZE(bad)].failures, 0);
	/* Not one of them was waited for: a machine under load is another matter. */
	assert_true(r->longest_ns < UINT64_C(1000000000));
}

/* What no counter of instructions sees ends by the clock. */
static void who_hangs_is_killed_and_not_waited_for(void **state)
{
	struct rig *r = *state;

	add(r, SCRIPT("local s = ('a?'):rep(40) .. ('a'):rep(40)\n"
	              "local n = ('a'):rep(40):find(s)"));
	add(r, SCRIPT("local t = {} while true do pcall(function()\n"
	              "for i = 1, 1e9 do t[#t + 1] = ('x'):rep(1000) .. i end end) end"));
	open_rig(r, SHORT_MS);
	for (size_t i = 0; i < 2; i++) {
		run_until(r, &r->heard[i].failures, 1);
		if (!strstr(r->heard[i].why, "it did not answer within 3 s") &&
		    !strstr(r->heard[i].why, "more processor time than it may")) {
			fail_msg("%zu: %s", i, r->heard[i].why);
		}
	}
	assert_true(r->longest_ns < UINT64_C(1000000000));
}

static void who_recovers_is_asked_again(void **state)
{
	struct rig *r = *state;

	add(r, SCRIPT("if u.u > 5 then error('too much') end"));
	r->u = 9;
	open_rig(r, LONG_MS);
	run_until(r, &r->heard[0].failures, 1);
	assert_non_null(strstr(r->heard[0].why, "; started again in 1 s"));
	r->u = 1;
	run_until(r, &r->heard[0].recoveries, 1);
	run_until(r, &r->heard[0].answers, 5);
	assert_int_equal(r->heard[0].failures, 1);
}

static void another_script_than_was_checked_is_none(void **state)
{
	struct rig *r = *state;

	add(r, "outputs = { c = '' }\nfunction output() return { c = 1 } end\n");
	open_rig(r, LONG_MS);
	run_until(r, &r->heard[0].failures, 1);
	assert_non_null(strstr(r->heard[0].why, "declares something else"));
}

/* ---- who waits ---- */

static void a_caller_is_told_what_is_wrong_and_where(void **state)
{
	static const char text[] =
		"outputs = { b = '' }\n\nfunction output() return 3 end\n";
	struct caller_wish wish = {.program = getenv("POLLUX_PROGRAM"),
	                           .name = "k.lua",
	                           .text = text,
	                           .n = sizeof(text) - 1};
	struct machine_error why;
	struct luamodel_ports ports;
	struct luamodel_ask ask = {.t = 0};
	struct local_answer a;
	struct caller *c;

	(void)state;
	assert_int_equal(caller_open(&c, &wish, &ports, &why), 0);
	assert_int_equal(ports.n_outputs, 1);
	assert_true(caller_try(c, &ask, &why) < 0);
	assert_int_equal(why.line, 3);
	assert_true(caller_answer(c, &ask, &a, &why) <
	            0); /* it lives, and says so again */
	assert_int_equal(why.line, 3);
	caller_close(c);
	wish.n = 10;
	assert_true(caller_open(&c, &wish, &ports, &why) < 0);
	assert_int_equal(why.line, 1);
	wish.program = "/bin/false";
	assert_true(caller_open(&c, &wish, &ports, &why) < 0);
	assert_non_null(strstr(why.text, "its process ended by itself"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(questions_are_answered_row_by_row, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(who_fails_costs_his_own_component_only,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_hangs_is_killed_and_not_waited_for,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_recovers_is_asked_again, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(another_script_than_was_checked_is_none,
	                                        set_up, tear_down),
		cmocka_unit_test(a_caller_is_told_what_is_wrong_and_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
