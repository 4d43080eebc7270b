/* SPDX-License-Identifier: Apache-2.0 */
/* Whose turn it is to be published with its figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/report.h"

enum { DEVICES = 4 };

static struct {
	unsigned int times[DEVICES];
	unsigned int n;
} told;

char *status_figures(const struct status_parts *p, uint32_t device)
{
	(void)p;
	(void)device;
	return strdup("");
}

void poller_health(const struct poller *p, uint32_t device, struct device_health *out)
{
	(void)p;
	(void)device;
	memset(out, 0, sizeof(*out));
}

void bus_device_figures(struct bus *b, uint32_t device,
                        const struct device_health *health, const char *figures)
{
	(void)b;
	(void)health;
	assert_non_null(figures);
	told.times[device]++;
	told.n++;
}

static const struct config config = {.n_devices = DEVICES};
static const struct status_parts parts = {
	.config = &config, .publisher = (struct publisher *)&told, /* there is one */
};

static int setup(void **state)
{
	(void)state;
	memset(&told, 0, sizeof(told));
	return 0;
}

static uint64_t at_s(double s)
{
	return (uint64_t)((1e6 + s) * 1e9); /* the clock does not begin at 0 */
}

static void every_device_has_its_turn_in_a_period(void **state)
{
	struct report r = {0};

	(void)state;
	for (int s = 0; s <= 10 * REPORT_PERIOD_S; s++) {
		unsigned int before = told.n;

		report_tick(&r, &parts, at_s(s));
		assert_in_range(told.n - before, 0, 1); /* not all at once */
	}
	for (size_t i = 0; i < DEVICES; i++) {
		assert_int_equal(told.times[i], 10);
	}
}

static void standstill_is_not_made_up_for(void **state)
{
	struct report r = {0};

	(void)state;
	report_tick(&r, &parts, at_s(0));
	report_tick(&r, &parts, at_s(86400));
	assert_int_equal(told.n, DEVICES);
	report_tick(&r, &parts, at_s(86400.5));
	assert_int_equal(told.n, DEVICES);
	report_tick(&r, &parts, at_s(86400 + REPORT_PERIOD_S));
	assert_int_equal(told.n, 2 * DEVICES);
}

static void nobody_to_tell_or_nothing_to_tell_of(void **state)
{
	static const struct config empty = {.n_devices = 0};
	struct status_parts alone = parts;
	struct report r = {0};

	(void)state;
	alone.publisher = NULL;
	report_tick(&r, &alone, at_s(0));
	report_tick(&r, &alone, at_s(1000));
	alone.publisher = parts.publisher;
	alone.config = &empty;
	report_tick(&r, &alone, at_s(2000));
	assert_int_equal(told.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_device_has_its_turn_in_a_period, setup),
		cmocka_unit_test_setup(standstill_is_not_made_up_for, setup),
		cmocka_unit_test_setup(nobody_to_tell_or_nothing_to_tell_of, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
