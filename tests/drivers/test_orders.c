/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/opcua/orders.h"

static int make(void **state)
{
	static struct orders o;

	*state = &o;
	return orders_init(&o);
}

static int end(void **state)
{
	orders_fini(*state);
	return 0;
}

static int put(struct orders *o, size_t point)
{
	const struct order order = {.point = point};

	return orders_put(o, &order);
}

static void orders_are_carried_out_in_turn(void **state)
{
	struct orders *o = *state;
	struct order order;

	for (size_t i = 0; i < 3 * ORDERS_MAX; i++) {
		assert_int_equal(put(o, i), 0);
		assert_int_equal(put(o, i + 100), 0);
		assert_false(orders_take(o, &order));
		assert_true(orders_begin(o, &order));
		assert_int_equal(order.point, i);
		assert_false(orders_take(o, &order));
		orders_end(o, -EREMOTEIO, 7);
		assert_true(orders_take(o, &order));
		assert_int_equal(order.point, i);
		assert_int_equal(order.err, -EREMOTEIO);
		assert_int_equal(order.code, 7);
		assert_true(orders_begin(o, &order));
		orders_end(o, 0, 0);
		assert_true(orders_take(o, &order));
		assert_int_equal(order.err, 0);
		assert_false(orders_begin(o, &order));
	}
}

static void full_is_busy_and_end_is_told_to_each(void **state)
{
	struct orders *o = *state;
	struct order order;

	for (size_t i = 0; i < ORDERS_MAX; i++) {
		assert_int_equal(put(o, i), 0);
	}
	assert_int_equal(put(o, 0), -EBUSY);
	assert_true(orders_begin(o, &order));
	orders_end(o, 0, 0);
	assert_true(orders_begin(o, &order));
	for (size_t i = 0; i < ORDERS_MAX; i++) {
		assert_true(orders_cancel(o, &order));
		assert_int_equal(order.point, i);
		assert_int_equal(order.err, i == 0   ? 0
		                            : i == 1 ? -ETIMEDOUT
		                                     : -ECANCELED);
	}
	assert_false(orders_cancel(o, &order));
	orders_end(o, 0, 0); /* too late: of one that nobody waits for */
	assert_false(orders_take(o, &order));
}

static void what_waits_is_refused_and_not_what_is_begun(void **state)
{
	struct orders *o = *state;
	struct order order;

	assert_int_equal(put(o, 0), 0);
	assert_true(orders_begin(o, &order));
	assert_int_equal(put(o, 1), 0);
	orders_refuse(o);
	assert_false(orders_take(o, &order));
	orders_end(o, 0, 0);
	assert_true(orders_take(o, &order));
	assert_int_equal(order.err, 0);
	assert_true(orders_take(o, &order));
	assert_int_equal(order.err, -ECONNREFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, end)
		TEST(orders_are_carried_out_in_turn),
		TEST(full_is_busy_and_end_is_told_to_each),
		TEST(what_waits_is_refused_and_not_what_is_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
