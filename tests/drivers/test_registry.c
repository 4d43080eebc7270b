/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "drivers/driver.h"

static void every_driver_is_found_by_its_name_and_is_whole(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct driver *d; (d = driver_at(n)); n++) {
		assert_ptr_equal(driver_find(d->name), d);
		assert_non_null(d->parse_point);
		assert_non_null(d->parse_address);
		assert_non_null(d->open);
		assert_non_null(d->read);
		assert_non_null(d->probe);
		assert_non_null(d->close);
	}
	assert_true(n >= 5);
}

static void driver_that_is_left_out_says_what_it_needs(void **state)
{
	(void)state;
	assert_true(!driver_find("opcua") == (driver_needs("opcua") != NULL));
	assert_null(driver_needs("modbus"));
	assert_null(driver_needs(""));
}

static void other_names_are_not_found(void **state)
{
	(void)state;
	assert_null(driver_find("modbuss"));
	assert_null(driver_find(""));
	assert_null(driver_at(SIZE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_driver_is_found_by_its_name_and_is_whole),
		cmocka_unit_test(driver_that_is_left_out_says_what_it_needs),
		cmocka_unit_test(other_names_are_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
