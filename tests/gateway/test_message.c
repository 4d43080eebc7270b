/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mqtt/message.h"

static void topics_are_those_of_the_contract(void **state)
{
	static const struct {
		const char *device, *tag, *leaf, *want;
	} cases[] = {
		{NULL, NULL, "availability", "pollux/cell7/availability"},
		{"pump", NULL, "status", "pollux/cell7/pump/status"},
		{"pump", "flow", "state", "pollux/cell7/pump/flow/state"},
	};
	struct message m;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(message_topic(&m, "pollux/cell7", cases[i].device,
		                               cases[i].tag, cases[i].leaf),
		                 strlen(cases[i].want));
		assert_string_equal(m.topic, cases[i].want);
	}
}

static void topic_that_does_not_fit_is_empty(void **state)
{
	char base[TOPIC_MAX];
	struct message m;

	(void)state;
	memset(base, 'x', sizeof(base) - 1);
	base[sizeof(base) - 1] = '\0';
	assert_int_equal(message_topic(&m, base, NULL, NULL, "info"), 0);
	assert_string_equal(m.topic, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(topics_are_those_of_the_contract),
		cmocka_unit_test(topic_that_does_not_fit_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
