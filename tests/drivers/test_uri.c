/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/mqtt/uri.h"
#include "drivers/reading.h"

static const char *or_none(const char *text)
{
	return text ? text : "-";
}

static void address_is_taken_apart(void **state)
{
	static const struct {
		const char *address, *want;
	} cases[] = {
		{"mqtt://broker", "mqtt broker 1883 - - - qos 0 -1"},
		{"mqtts://broker", "mqtts broker 8883 - - - qos 0 -1"},
		{"mqtt://10.0.0.1:1884/", "mqtt 10.0.0.1 1884 - - - qos 0 -1"},
		{"mqtt://[::1]:1884", "mqtt ::1 1884 - - - qos 0 -1"},
		{"mqtt://b/plant/+/temp", "mqtt b 1883 plant/+/temp - - qos 0 -1"},
		{"mqtt://b/plant/#?qos=1", "mqtt b 1883 plant/# - - qos 1 -1"},
		{"mqtts://b?user=u&password_file=/p", "mqtts b 8883 - u /p qos 0 -1"},
		{"mqtt://b?user=u&plain=1", "mqtt b 1883 - u - qos 0 -1"},
		{"mqtt://127.0.0.1?user=u&password_file=p",
	         "mqtt 127.0.0.1 1883 - u p qos 0 -1"},
		{"mqtt://b?expire=1.5min", "mqtt b 1883 - - - qos 0 90000"},
		{"mqtt://b?expire=0s", "mqtt b 1883 - - - qos 0 0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct uri u;
		const char *why = "";
		char got[200];

		if (uri_parse(&u, cases[i].address, &why)) {
			fail_msg("%s: %s", cases[i].address, why);
		}
		snprintf(got, sizeof(got), "%s %s %d %s %s %s qos %d %lld",
		         u.tls ? "mqtts" : "mqtt", u.host, u.port, or_none(u.filter),
		         or_none(u.user), or_none(u.password_file), u.qos,
		         (long long)u.expire_ms);
		assert_string_equal(got, cases[i].want);
		uri_fini(&u);
	}
	(void)state;
}

static void what_is_no_address_is_refused_with_a_reason(void **state)
{
	static const char *const cases[] = {
		"",
		"tcp://b",
		"mqtt://",
		"mqtt://:1883",
		"mqtt://b:0",
		"mqtt://b:65536",
		"mqtt://b:18x",
		"mqtt://b_c",
		"mqtt://[::1",
		"mqtt://[::1]x",
		"mqtt://[b]",
		"mqtt://user@b",
		"mqtt://b/plant", /* a filter has a wildcard */
		"mqtt://b/plant/a+",
		"mqtt://b/#/a",
		"mqtt://b?qos=2",
		"mqtt://b?qos",
		"mqtt://b?expire=30",
		"mqtt://b?expire=-1s",
		"mqtt://b?expire=32d",
		"mqtt://b?user=",
		"mqtt://b?usr=me",
		"mqtt://b?password=secret",
		"mqtt://b?user=u", /* everybody reads it */
		"mqtt://b?plain=yes",
		"mqtt://b?password_file=/p",
		"mqtt://b?ca=/c",
		"mqtt://b?cert=/c&key=/k",
		"mqtts://b?cert=/c",
		"mqtts://b?key=/k",
		"mqtt://b?timestamp=ts",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct uri u;
		const char *why = NULL;

		if (uri_parse(&u, cases[i], &why) != -EINVAL || !why) {
			fail_msg("taken: %s", cases[i]);
		}
		uri_fini(&u);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_is_taken_apart),
		cmocka_unit_test(what_is_no_address_is_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
