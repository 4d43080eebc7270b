/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "drivers/reading.h"
#include "gateway/config/tree.h"

struct loaded {
	struct arena arena;
	struct complaints *said;
	struct node *root;
	int err;
};

static struct loaded load(const char *text)
{
	struct loaded l = {.said = complaint_new()};

	assert_int_equal(complaint_source(l.said, "f", text, strlen(text)), 0);
	l.err = tree_read(&l.root, &l.arena, l.said, 0);
	return l;
}

static void unload(struct loaded *l)
{
	arena_free(&l->arena);
	complaint_free(l->said);
}

static void values_know_where_they_stand(void **state)
{
	struct loaded l = load("a: 1\nlist:\n  - x\n  - {deep: \"no\"}\n");
	const struct node *list = tree_find(l.root, "list");
	const struct node *deep = tree_find(list->items[1], "deep");

	(void)state;
	assert_int_equal(l.err, 0);
	assert_int_equal(complaint_errors(l.said), 0);
	assert_int_equal(list->kind, NODE_LIST);
	assert_int_equal(list->n, 2);
	assert_string_equal(deep->text, "no");
	assert_true(deep->quoted);
	assert_int_equal(deep->at.line, 4);
	assert_int_equal(deep->at.column, 12);
	assert_false(tree_find(l.root, "a")->quoted);
	assert_null(tree_find(l.root, "b"));
	unload(&l);
}

static void an_alias_is_what_it_stands_for(void **state)
{
	struct loaded l = load("a: &x {k: 1}\nb: *x\nc: &x 2\nd: *x\n");

	(void)state;
	assert_int_equal(l.err, 0);
	assert_ptr_equal(tree_find(l.root, "a"), tree_find(l.root, "b"));
	assert_string_equal(tree_find(l.root, "d")->text, "2"); /* a name used anew */
	unload(&l);
}

static void what_is_no_tree_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *name, *text;
		int err;
	} cases[] = {
		{"tab", "a:\n\tb: 1", -EINVAL},
		{"unclosed", "a: [1", -EINVAL},
		{"unknown alias", "a: *b", -EINVAL},
		{"circle", "a: &a [*a]", -EINVAL},
		{"map as a key", "{a: 1}: 2", -EINVAL},
		{"encoding", "a: \xff", -EINVAL},
		{"second document", "a: 1\n--- b\n", 0},
		{"duplicate", "a: 1\na: 2\n", 0},
		{"tag", "a: !!int 2\n", 0},
		{"NUL", "a: \"x\\0y\"\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct loaded l = load(cases[i].text);

		if (l.err != cases[i].err || complaint_errors(l.said) != 1) {
			fail_msg("%s: %d, %zu", cases[i].name, l.err,
			         complaint_errors(l.said));
		}
		unload(&l);
	}
}

static void of_duplicates_the_first_counts(void **state)
{
	struct loaded l = load("a: 1\na: 2\n");

	(void)state;
	assert_string_equal(tree_find(l.root, "a")->text, "1");
	unload(&l);
}

static void depth_and_size_are_limited(void **state)
{
	char deep[2 * 40 + 1];
	struct loaded l;

	(void)state;
	memset(deep, '[', 40);
	memset(deep + 40, ']', 40);
	deep[80] = '\0';
	l = load(deep);
	assert_int_equal(l.err, -EINVAL);
	unload(&l);

	/* 10^7 values by seven aliases of ten each. */
	l = load("a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	         "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
	         "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
	         "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
	         "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
	         "g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f,*f]\n");
	assert_int_equal(l.err, -EINVAL);
	unload(&l);
}

static void nothing_is_no_tree(void **state)
{
	struct loaded l = load("# only words\n");

	(void)state;
	assert_int_equal(l.err, 0);
	assert_null(l.root);
	unload(&l);
}

static void environment_is_put_in_once(void **state)
{
	struct loaded l = load(
		"a: &x \"<${POLLUX_TEST_A}${POLLUX_TEST_B}>\"\nb: *x\nc: $x\n");

	(void)state;
	setenv("POLLUX_TEST_A", "${POLLUX_TEST_B}", 1);
	setenv("POLLUX_TEST_B", "", 1);
	assert_int_equal(tree_expand(l.root, &l.arena, l.said), 0);
	assert_string_equal(tree_find(l.root, "b")->text, "<${POLLUX_TEST_B}>");
	assert_true(tree_find(l.root, "a")->secret);
	assert_string_equal(tree_find(l.root, "c")->text, "$x");
	assert_int_equal(complaint_errors(l.said), 0);
	unload(&l);
	unsetenv("POLLUX_TEST_A");
	unsetenv("POLLUX_TEST_B");
}

static void unset_environment_is_complained_about(void **state)
{
	static const char *const cases[] = {"a: ${POLLUX_TEST_UNSET}", "a: \"${}\"",
	                                    "a: \"${x\"", "a: \"x${\""};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct loaded l = load(cases[i]);

		assert_int_equal(tree_expand(l.root, &l.arena, l.said), 0);
		assert_int_equal(complaint_errors(l.said), 1);
		assert_true(tree_find(l.root, "a")->bad);
		unload(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_know_where_they_stand),
		cmocka_unit_test(an_alias_is_what_it_stands_for),
		cmocka_unit_test(what_is_no_tree_is_refused_with_its_place),
		cmocka_unit_test(of_duplicates_the_first_counts),
		cmocka_unit_test(depth_and_size_are_limited),
		cmocka_unit_test(nothing_is_no_tree),
		cmocka_unit_test(environment_is_put_in_once),
		cmocka_unit_test(unset_environment_is_complained_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
