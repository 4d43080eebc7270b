/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/opcua/endpoint.h"
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
		{"opc.tcp://plc", "opc.tcp://plc:4840 1 Basic256Sha256 - - - - 0"},
		{"opc.tcp://plc:48010/UA/Server",
	         "opc.tcp://plc:48010/UA/Server 1 Basic256Sha256 - - - - 0"},
		{"opc.tcp://[fe80::1]/?expire=30s",
	         "opc.tcp://[fe80::1]:4840 1 Basic256Sha256 - - - - 30000"},
		{"opc.tcp://plc?security=sign&cert=/c&key=k&trust=/t,/u",
	         "opc.tcp://plc:4840 2 Basic256Sha256 /c k /t,/u - 0"},
		{"opc.tcp://plc?security=encrypt&policy=Aes256_Sha256_RsaPss&cert=c&key=k"
	         "&trust=t&user=u&password_file=p",
	         "opc.tcp://plc:4840 3 Aes256_Sha256_RsaPss c k t u 0"},
		{"opc.tcp://localhost?user=u&password_file=p",
	         "opc.tcp://localhost:4840 1 Basic256Sha256 - - - u 0"},
		{"opc.tcp://plc?user=u&password_file=p&plain=1",
	         "opc.tcp://plc:4840 1 Basic256Sha256 - - - u 0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct endpoint e;
		const char *why = "";
		char got[300];

		if (endpoint_parse(&e, cases[i].address, &why)) {
			fail_msg("%s: %s", cases[i].address, why);
		}
		snprintf(got, sizeof(got), "%s %d %s %s %s %s %s %lld", e.url,
		         (int)e.security, strchr(e.policy, '#') + 1, or_none(e.cert),
		         or_none(e.key), or_none(e.trust), or_none(e.user),
		         (long long)e.expire_ms);
		assert_string_equal(got, cases[i].want);
		endpoint_fini(&e);
	}
	(void)state;
}

static void what_is_no_address_is_refused_with_a_reason(void **state)
{
	static const char *const cases[] = {
		"",
		"tcp://plc",
		"opc.tcp://",
		"opc.tcp://plc:0",
		"opc.tcp://user@plc",
		"opc.tcp://plc?security=on",
		"opc.tcp://plc?security",
		"opc.tcp://plc?policy=Basic256", /* broken */
		"opc.tcp://plc?security=sign",
		"opc.tcp://plc?security=sign&cert=/c&key=/k", /* whom to trust? */
		"opc.tcp://plc?cert=/c&key=/k&trust=/t",      /* for what? */
		"opc.tcp://plc?user=u",                       /* everybody reads it */
		"opc.tcp://localhost?password_file=/p",
		"opc.tcp://localhost?password=secret",
		"opc.tcp://plc?expire=30",
		"opc.tcp://plc?user=",
		"opc.tcp://plc?usr=me",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct endpoint e;
		const char *why = NULL;

		if (endpoint_parse(&e, cases[i], &why) != -EINVAL || !why) {
			fail_msg("taken: %s", cases[i]);
		}
		endpoint_fini(&e);
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
