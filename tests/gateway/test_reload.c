/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gateway/reload.h"
#include "tests/gateway/complained.h"

#define DEVICE                                                                           \
	"devices: [{id: plc, driver: sim, tags: [{id: a, at: \"memory:1\", type: "       \
	"float64}]}]\n"

static void what_acts_otherwise_is_another_configuration(void **state)
{
	static const struct {
		const char *name, *a, *b;
		bool same;
	} cases[] = {
		{"nothing", DEVICE, DEVICE, true},
		{"a comment", DEVICE, "# as it was\n" DEVICE, true},
		{"what is usual, said", DEVICE, DEVICE "twin: {monitor: {learn: 1800}}\n",
	         true},
		{"a number", DEVICE, DEVICE "twin: {monitor: {learn: 1900}}\n", false},
		{"a password, which is not printed",
	         DEVICE "mqtt: {servers: ['mqtt://localhost'], username: u, password: "
	                "a}\n",
	         DEVICE "mqtt: {servers: ['mqtt://localhost'], username: u, password: "
	                "b}\n",
	         false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complained a = complained_text("f", cases[i].a);
		struct complained b = complained_text("f", cases[i].b);

		if (!a.config || !b.config ||
		    reload_is_same(a.config, b.config) != cases[i].same) {
			fail_msg("%s: %s%s", cases[i].name, a.text, b.text);
		}
		complained_free(&a);
		complained_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_acts_otherwise_is_another_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
