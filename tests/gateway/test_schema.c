/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "drivers/reading.h"
#include "gateway/config/schema.h"

static const struct schema_key sub_keys[] = {
	{"on", SCHEMA_BOOL, "a flag", .preset = "true"},
	{0},
};
static const struct schema_object sub = {"sub", "below", sub_keys};
static const struct schema_key keys[] = {
	{"port", SCHEMA_INT, "a number", .min = 1, .max = 9, .preset = "5"},
	{"ratio", SCHEMA_REAL, "a number", .min = 0, .max = 1e300},
	{"wait", SCHEMA_DURATION, "a time", .min = 1, .max = 60000, .preset = "2s"},
	{"room", SCHEMA_SIZE, "a size", .preset = "1KiB"},
	{"pace", SCHEMA_RATE, "a rate", .shape = SCHEMA_ONE},
	{"name", SCHEMA_TEXT, "a text", .min = 1, .max = 4},
	{"kind", SCHEMA_CHOICE, "a choice", .choices = "tag device", .preset = "device"},
	{"id", SCHEMA_ID, "an id", .flags = SCHEMA_REQUIRED},
	{"ref", SCHEMA_TAG, "a tag", .shape = SCHEMA_MAP_OF},
	{"type", SCHEMA_VALUE_TYPE, "a type", .shape = SCHEMA_LIST_OF},
	{"sub", SCHEMA_OBJECT, "below", .object = &sub},
	{"subs", SCHEMA_OBJECT, "below", .shape = SCHEMA_LIST_OF, .object = &sub},
	{"new", SCHEMA_ANY, "later", .flags = SCHEMA_LATER},
	{"pin", SCHEMA_INT, "a secret", .flags = SCHEMA_SECRET},
	{0},
};
static const struct schema_object object = {"root", "for tests", keys};

struct checked {
	struct arena arena;
	struct complaints *said;
	struct schema_view view;
};

static struct checked check(const char *text)
{
	struct checked c = {.said = complaint_new()};
	struct node *root = NULL;

	assert_int_equal(complaint_source(c.said, "f", text, strlen(text)), 0);
	assert_int_equal(tree_read(&root, &c.arena, c.said, 0), 0);
	schema_check(root, &object, c.said);
	c.view = (struct schema_view){&object, root};
	return c;
}

static void release(struct checked *c)
{
	arena_free(&c->arena);
	complaint_free(c->said);
}

/* The first line of what was complained about, without file and place. */
static void first_line(struct checked *c, char *buf, size_t n)
{
	char *text = NULL, *colon;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	complaint_print(c->said, out);
	fclose(out);
	text[strcspn(text, "\n")] = '\0';
	colon = strstr(text, ": ");
	snprintf(buf, n, "%s", colon ? colon + 2 : "");
	free(text);
}

static void what_is_absent_has_the_default_of_the_table(void **state)
{
	struct checked c = check("{id: a}");
	struct schema_view below = schema_sub(&c.view, "sub");

	(void)state;
	assert_int_equal(complaint_errors(c.said), 0);
	assert_int_equal(schema_int(&c.view, "port"), 5);
	assert_int_equal(schema_int(&c.view, "wait"), 2000);
	assert_int_equal(schema_int(&c.view, "room"), 1024);
	assert_int_equal(schema_int(&c.view, "pace"), 0);
	assert_int_equal(schema_choice(&c.view, "kind"), 1);
	assert_true(isnan(schema_real(&c.view, "ratio")));
	assert_null(schema_text(&c.view, "name"));
	assert_null(below.map);
	assert_true(schema_flag(&below, "on"));
	release(&c);
}

static void what_is_there_is_read(void **state)
{
	struct checked c = check(
		"{id: a, port: 0x7, ratio: 1e-3, wait: 5s, room: 2MiB, pace: "
		"2/s, name: äö, kind: tag, ref: {x: a/b}, "
		"type: [float32, string(8)], "
		"sub: {on: false}, subs: [{on: false}, {}]}");
	struct schema_view below = schema_sub(&c.view, "sub");
	struct schema_view second = schema_item(&c.view, "subs", 1);

	(void)state;
	assert_int_equal(complaint_errors(c.said), 0);
	assert_int_equal(schema_int(&c.view, "port"), 7);
	assert_true(schema_real(&c.view, "ratio") == 1e-3);
	assert_int_equal(schema_int(&c.view, "wait"), 5000);
	assert_int_equal(schema_int(&c.view, "room"), 2097152);
	assert_int_equal(schema_int(&c.view, "pace"), 500);
	assert_int_equal(schema_choice(&c.view, "kind"), 0);
	assert_string_equal(schema_text(&c.view, "name"), "äö");
	assert_false(schema_flag(&below, "on"));
	assert_true(schema_flag(&second, "on"));
	assert_null(schema_item(&c.view, "subs", 2).map);
	release(&c);
}

static void each_mistake_has_its_words(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"{id: a, prt: 1}", "error: unknown key 'prt' (did you mean 'port'?)"},
		{"{id: a, sub: {no: 1}}",
	         "error: unknown key 'no' in sub (did you mean 'on'?)"},
		{"{}", "error: missing key 'id'"},
		{"{id: a, port: 10}",
	         "error: 'port' must be a whole number from 1 to 9, not '10'"},
		{"{id: a, port: \"5\"}",
	         "error: 'port' must be a whole number from 1 to 9, not "
	         "the text \"5\": remove the quotes"},
		{"{id: a, port: [5]}",
	         "error: 'port' must be a whole number from 1 to 9, not a list"},
		{"{id: a, port: }",
	         "error: 'port' must be a whole number from 1 to 9, not nothing"},
		{"{id: a, ratio: -1}",
	         "error: 'ratio' must be a number not below 0, not '-1'"},
		{"{id: a, wait: 5}",
	         "error: 'wait' must be a duration such as 500ms, from 1ms "
	         "to 1min, not '5': add its unit (ms, s, min, h, d)"},
		{"{id: a, wait: 2min}",
	         "error: 'wait' must be a duration such as 500ms, from "
	         "1ms to 1min, not '2min'"},
		{"{id: a, room: 5}",
	         "error: 'room' must be a size such as 2GiB, not '5': add "
	         "its unit (B, KiB, MiB, GiB)"},
		{"{id: a, name: no}",
	         "error: 'name' must be text of 1 to 4 bytes, not 'no': "
	         "that is a boolean in YAML; put it in quotes"},
		{"{id: a, name: ~}",
	         "error: 'name' must be text of 1 to 4 bytes, not '~'"},
		{"{id: a, kind: tga}", "error: 'kind' must be one of tag, device, not "
	                               "'tga' (did you mean 'tag'?)"},
		{"{id: a, sub: {on: yes}}",
	         "error: 'on' in sub must be true or false, not 'yes': "
	         "a boolean in YAML 1.1 only, write true"},
		{"{id: a, subs: [{on: \"true\"}]}",
	         "error: 'on' in subs[0] must be true or "
	         "false, not the text \"true\": remove the "
	         "quotes"},
		{"{id: a, subs: [1]}", "error: 'subs[0]' must be a map of keys, not '1'"},
		{"{id: a, subs: {}}", "error: 'subs' must be a list, not a map"},
		{"{id: a, ref: {x: b}}", "error: 'x' in ref must be DEVICE/TAG, not 'b'"},
		{"{id: a, ref: {no: b/c}}",
	         "error: 'no' in ref is a boolean in YAML; put it in quotes"},
		{"{id: a, type: [flaot32]}",
	         "error: 'type[0]' must be a type such as float32, "
	         "not 'flaot32' (did you mean 'float32'?)"},
		{"{id: a, type: [bit(16)]}",
	         "error: 'type[0]' must be a type such as float32, "
	         "not 'bit(16)': bit(n): a bit's number from 0 to "
	         "15"},
		{"{id: a, pin: x123}", "error: 'pin' must be a whole number, not this"},
		{"{id: a, new: {what: ever}}",
	         "warning: 'new' is not built yet: without effect"},
		{"[a]", "error: a configuration is a map of keys, not a list"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct checked c = check(cases[i].text);
		char line[300];

		first_line(&c, line, sizeof(line));
		if (strcmp(line, cases[i].want) != 0 ||
		    complaint_errors(c.said) + complaint_warnings(c.said) != 1) {
			fail_msg("%s\n%s", cases[i].text, line);
		}
		release(&c);
	}
}

static void a_bad_value_reads_as_its_default(void **state)
{
	struct checked c = check("{id: a, port: 99, sub: 5, subs: [1]}");

	(void)state;
	assert_int_equal(complaint_errors(c.said), 3);
	assert_int_equal(schema_int(&c.view, "port"), 5);
	assert_null(schema_node(&c.view, "port"));
	assert_null(schema_sub(&c.view, "sub").map);
	assert_null(schema_item(&c.view, "subs", 0).map);
	release(&c);
}

/* Walk over all tables under an object. */
static void each_object(const struct schema_object *o,
                        void (*visit)(const struct schema_object *))
{
	visit(o);
	for (const struct schema_key *k = o->keys; k->name; k++) {
		if (k->object) {
			each_object(k->object, visit);
		}
	}
}

static void visit_table(const struct schema_object *o)
{
	for (const struct schema_key *k = o->keys; k->name; k++) {
		double real;
		int64_t whole;

		if (!k->description || !*k->description) {
			fail_msg("%s.%s has no description", o->name, k->name);
		}
		if (k->preset && schema_parse(k, k->preset, &real, &whole)) {
			fail_msg("%s.%s: default %s", o->name, k->name, k->preset);
		}
		if ((k->type == SCHEMA_CHOICE) != (k->choices != NULL) ||
		    (k->type == SCHEMA_OBJECT) != (k->object != NULL) ||
		    k->min > k->max) {
			fail_msg("%s.%s contradicts itself", o->name, k->name);
		}
	}
}

static void the_table_of_the_file_is_sound(void **state)
{
	(void)state;
	each_object(&schema_root, visit_table);
}

static json_t *printed_schema(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	json_t *root;

	assert_non_null(out);
	schema_print(&schema_root, out);
	fclose(out);
	root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	return root;
}

static json_t *schema;

static void visit_schema(const struct schema_object *o)
{
	json_t *defs = json_object_get(schema, "$defs");
	json_t *def = o == &schema_root ? schema : json_object_get(defs, o->name);
	json_t *properties = json_object_get(def, "properties");

	assert_true(json_is_false(json_object_get(def, "additionalProperties")));
	for (const struct schema_key *k = o->keys; k->name; k++) {
		json_t *p = json_object_get(properties, k->name);

		if (!p || !json_object_get(p, "description") ||
		    (k->preset != NULL) != (json_object_get(p, "default") != NULL)) {
			fail_msg("%s.%s", o->name, k->name);
		}
	}
}

static void json_schema_has_every_key(void **state)
{
	(void)state;
	schema = printed_schema();
	assert_non_null(schema);
	each_object(&schema_root, visit_schema);
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_absent_has_the_default_of_the_table),
		cmocka_unit_test(what_is_there_is_read),
		cmocka_unit_test(each_mistake_has_its_words),
		cmocka_unit_test(a_bad_value_reads_as_its_default),
		cmocka_unit_test(the_table_of_the_file_is_sound),
		cmocka_unit_test(json_schema_has_every_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
