/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "drivers/modbus/resolve.h"
#include "drivers/reading.h"
#include "tests/loop_wait.h"

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

/* ---- a name service that hangs ---- */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* held: "hangs.*" hang */
static atomic_bool fails;
static atomic_int n_hanging, n_over;

int __real_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **found);
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **found);

int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
                       struct addrinfo **found)
{
	if (strncmp(host, "hangs", 5) != 0) {
		return atomic_load(&fails) ? EAI_AGAIN
		                           : __real_getaddrinfo(host, port, hints, found);
	}
	atomic_fetch_add(&n_hanging, 1);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
	atomic_fetch_add(&n_over, 1);
	return EAI_AGAIN;
}

static void wait_for(atomic_int *n, int want)
{
	while (atomic_load(n) < want) {
		uv_sleep(1);
	}
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
	assert_int_equal(o.n_done, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void names_that_hang_hold_up_no_other_and_no_end(void **state)
{
	struct address good = {.host = "localhost", .port = 5020};
	struct resolve hanging[RESOLVE_LOOKUPS_MAX - 1] = {0}, more = {0};
	struct address bad = {.host = "hangs.example", .port = 5020};
	struct outcome o = {0};
	struct resolve r = {.done = on_done, .arg = &o};
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	pthread_mutex_lock(&gate);
	for (size_t i = 0; i < ARRAY_SIZE(hanging); i++) {
		assert_int_equal(resolve_start(&hanging[i], &loop, &bad), 0);
	}
	wait_for(&n_hanging, ARRAY_SIZE(hanging));
	assert_int_equal(resolve_start(&r, &loop, &good), 0);
	while (o.n_done == 0) {
		loop_turn(&loop);
	}
	assert_true(r.known);
	/* The bound: one more, then no more, until one ends. */
	assert_int_equal(resolve_start(&more, &loop, &bad), 0);
	resolve_cancel(&more);
	assert_int_equal(resolve_start(&more, &loop, &bad), -EAGAIN);
	for (size_t i = 0; i < ARRAY_SIZE(hanging); i++) {
		resolve_cancel(&hanging[i]);
	}
	uv_run(&loop, UV_RUN_DEFAULT); /* ends although all of them still hang */
	assert_int_equal(uv_loop_close(&loop), 0);
	pthread_mutex_unlock(&gate);
	wait_for(&n_over, ARRAY_SIZE(hanging) + 1);
	assert_int_equal(o.n_done, 1);
}

static void name_that_is_lost_keeps_its_last_address(void **state)
{
	struct address address = {.host = "localhost", .port = 5020};
	struct outcome o = {0};
	struct resolve r = {.done = on_done, .arg = &o};
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	atomic_store(&fails, true);
	assert_int_equal(resolve_start(&r, &loop, &address), 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(o.err, -EHOSTUNREACH); /* never known */
	atomic_store(&fails, false);
	assert_int_equal(resolve_start(&r, &loop, &address), 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(o.err, 0);
	resolve_blame(&r);
	atomic_store(&fails, true);
	assert_int_equal(resolve_start(&r, &loop, &address), 0);
	assert_int_equal(resolve_start(&r, &loop, &address), 1); /* while it is out */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(o.err, 0);
	assert_int_equal(r.peer.ss_family, AF_INET);
	atomic_store(&fails, false);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_known_at_once),
		cmocka_unit_test(name_is_looked_up_once_and_again_after_a_failure),
		cmocka_unit_test(names_that_hang_hold_up_no_other_and_no_end),
		cmocka_unit_test(name_that_is_lost_keeps_its_last_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
