/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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

static void write_line(const char *path, const char *rest)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f,
	        "sources: [{id: in, every: 60s}]\n"
	        "stations: [{id: s, time: 30s, tags: {count: plc/%s",
	        rest);
	assert_int_equal(fclose(f), 0);
}

/* The file of the line is read again too: other counters, other breaks. */
static void the_line_counts(void **state)
{
	static const char ways[] = "ways: [{from: in, to: s}, {from: s, to: out}]\n";
	static const struct {
		const char *tag, *rest;
		bool same;
	} cases[] = {
		{"a", "", true},
		{"b", "", false},
		{"a", "title: another\n", true}, /* is simulated anew anyway */
		{"a", "shifts: {breaks: [{at: 4h, for: 30min}]}\n", false},
	};
	char folder[] = "/tmp/pollux-reload-XXXXXX", path[64], text[400], rest[200];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/line.yaml", folder);
	snprintf(text, sizeof(text),
	         "devices: [{id: plc, driver: sim, tags: [{id: a, at: 'memory:1', type: "
	         "uint32}, {id: b, at: 'memory:2', type: uint32}]}]\nline: {file: %s}\n",
	         path);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complained a, b;

		snprintf(rest, sizeof(rest), "a}}]\n%s", ways);
		write_line(path, rest);
		a = complained_text("f", text);
		snprintf(rest, sizeof(rest), "%s}}]\n%s%s", cases[i].tag, ways,
		         cases[i].rest);
		write_line(path, rest);
		b = complained_text("f", text);
		if (!a.config || !b.config ||
		    reload_is_same(a.config, b.config) != cases[i].same) {
			fail_msg("%s%s: %s%s", cases[i].tag, cases[i].rest, a.text,
			         b.text);
		}
		complained_free(&a);
		complained_free(&b);
	}
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_acts_otherwise_is_another_configuration),
		cmocka_unit_test(the_line_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
