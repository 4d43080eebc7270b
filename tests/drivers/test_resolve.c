/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/modbus/resolve.h"
#include "drivers/reading.h"

struct outcome {
	unsigned int n_done;
	int err;
};

static void on_done(void *arg, int err)
{
	struct outcome *o = arg;

	o->n_done++;
	o->err = err;
}

static void numbers_are_known_at_once(void **state)
{
	static const struct {
		const char *text;
		int family;
	} cases[] = {{"tcp://127.0.0.1:5020", AF_INET}, {"tcp://[::1]:5020", AF_INET6}};
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct resolve r = {0};
		struct address address;
		const char *why;

		assert_int_equal(address_parse(&address, cases[i].text, &why), 0);
		assert_int_equal(resolve_start(&r, &loop, &address), 1);
		assert_int_equal(r.peer.ss_family, cases[i].family);
		resolve_blame(&r);
		assert_int_equal(resolve_start(&r, &loop, &address), 1);
	}
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void name_is_looked_up_once_and_again_after_a_failure(void **state)
{
	struct address address = {.host = "localhost", .port = 5020};
	struct outcome o = {0};
	struct resolve r = {.done = on_done, .arg = &o};
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(resolve_start(&r, &loop, &address), 0);
	assert_int_equal(resolve_start(&r, &loop, &address), 0); /* still out */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(o.n_done, 1);
	assert_int_equal(o.err, 0);
	assert_int_equal(r.peer.ss_family, AF_INET); /* first of what there is */
	resolve_praise(&r);
	assert_int_equal(resolve_start(&r, &loop, &address), 1);
	resolve_blame(&r);
	assert_int_equal(resolve_start(&r, &loop, &address), 0);
	resolve_cancel(&r);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(o.n_done, 2);
	assert_false(r.busy);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_known_at_once),
		cmocka_unit_test(name_is_looked_up_once_and_again_after_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
