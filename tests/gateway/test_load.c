/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "drivers/reading.h"
#include "gateway/load.h"
#include "tests/gateway/complained.h"

/* The load of the first device of a configuration. */
static struct load load_of(const char *rest)
{
	char yaml[1000];
	struct complained c;
	struct load load;

	snprintf(yaml, sizeof(yaml),
	         "devices: [{id: d, driver: modbus, address: tcp://h, %s}]", rest);
	c = complained_text("x.yaml", yaml);
	if (c.err) {
		fail_msg("%s", c.text);
	}
	load = load_of_device(&c.config->devices[0]);
	complained_free(&c);
	return load;
}

/* Round trips of 10 ms, and bytes that take next to nothing. */
static void load_is_what_the_requests_take(void **state)
{
	static const struct {
		const char *name, *rest;
		double busy, requests_per_s;
	} cases[] = {
		{"one request a second",
	         "round_trip: 10ms, tags: [{id: a, at: holding:0, type: int16}]", 0.01,
	         1},
		{"assumed", "every: 100ms, tags: [{id: a, at: holding:0, type: int16}]",
	         0.01, 10},
		{"two tables",
	         "round_trip: 10ms, tags: [{id: a, at: holding:0, type: int16},"
	         "{id: b, at: input:0, type: int16}]",
	         0.02, 2},
		{"two at once",
	         "round_trip: 10ms, limits: {in_flight: 2}, tags: [{id: a, at: "
	         "holding:0, "
	         "type: int16}, {id: b, at: input:0, type: int16}]",
	         0.01, 2},
		{"slow neighbour of a fast tag costs nothing",
	         "round_trip: 10ms, tags: [{id: a, at: holding:0, type: int16, every: "
	         "100ms},"
	         "{id: b, at: holding:1, type: int16, every: 1s}]",
	         0.1, 10},
		{"slow tag elsewhere",
	         "round_trip: 10ms, tags: [{id: a, at: holding:0, type: int16, every: "
	         "100ms},"
	         "{id: b, at: input:1, type: int16, every: 1s}]",
	         0.11, 11},
		{"periods that meet now and then",
	         "round_trip: 10ms, tags: [{id: a, at: holding:0, type: int16, every: "
	         "200ms},"
	         "{id: b, at: holding:1, type: int16, every: 300ms}]",
	         0.0666667, 6.66667},
		{"periods that hardly meet",
	         "round_trip: 10ms, tags: [{id: a, at: holding:0, type: int16, every: "
	         "997ms},"
	         "{id: b, at: holding:1, type: int16, every: 1009ms},"
	         "{id: c, at: holding:2, type: int16, every: 1013ms}]",
	         0.0298, 2.98},
		{"as fast as it goes",
	         "tags: [{id: a, at: holding:0, type: int16, every: 0ms}]", 0, 0},
		{"no tags", "tags: []", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct load got = load_of(cases[i].rest);

		if (fabs(got.busy - cases[i].busy) > 0.01 * cases[i].busy ||
		    fabs(got.requests_per_s - cases[i].requests_per_s) >
		            0.01 * cases[i].requests_per_s) {
			fail_msg("%s: %g, %g", cases[i].name, got.busy,
			         got.requests_per_s);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load_is_what_the_requests_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
