/* SPDX-License-Identifier: Apache-2.0 */
#include "storage_test.h"

#include "storage/reader.h"
#include "storage/version.h"
#include "storage/writer.h"

static struct version version_of(int64_t number, bool accepted)
{
	return (struct version){.ts_us = T0_US + number * SECOND,
	                        .device = 1,
	                        .number = number,
	                        .details = "{\"parameters\":{\"area\":1.5}}",
	                        .train_error = 1.25,
	                        .held_out_error = 0.5,
	                        .accepted = accepted};
}

struct seen {
	int64_t forced; /* -1: none */
	size_t n;
};

static int on_version(void *arg, const struct version *v)
{
	struct seen *seen = arg;

	assert_int_equal(v->number, ++seen->n);
	assert_string_equal(v->details, "{\"parameters\":{\"area\":1.5}}");
	assert_true(v->train_error == 1.25 && v->held_out_error == 0.5);
	if (v->accepted) {
		assert_int_equal(seen->forced, -1);
		seen->forced = v->number;
	}
	return 0;
}

static struct seen look(const struct plant *p)
{
	struct seen seen = {.forced = -1};
	struct reader *r;
	int n;

	assert_int_equal(reader_open(&r, plant_path(p, "history.db")), 0);
	n = reader_versions(r, "plc", on_version, &seen);
	assert_int_equal(n, seen.n);
	reader_close(r);
	return seen;
}

static void put(struct plant *p, const struct version *v)
{
	assert_int_equal(version_put(p->h, v), 0);
	assert_int_equal(history_commit(p->h), 0);
}

static void at_most_one_version_is_in_force(void **state)
{
	struct version v = version_of(1, false);
	struct plant p;

	(void)state;
	plant_init(&p);
	plant_open(&p);
	put(&p, &v);
	assert_int_equal(look(&p).forced, -1);
	v = version_of(2, true);
	put(&p, &v);
	assert_int_equal(look(&p).forced, 2);
	put(&p, &(struct version){.device = 1, .number = 1, .accepted = true});
	assert_int_equal(look(&p).forced, 1);
	assert_int_equal(look(&p).n, 2);
	put(&p, &(struct version){.device = 1, .number = 0, .accepted = true});
	assert_int_equal(look(&p).forced, -1);
	plant_close(&p);
	plant_fini(&p);
}

static void version_of_nobody_is_refused(void **state)
{
	struct version v = version_of(1, true);
	struct plant p;

	(void)state;
	plant_init(&p);
	plant_open(&p);
	v.device = 99;
	assert_int_equal(version_put(p.h, &v), -EINVAL);
	plant_close(&p);
	plant_fini(&p);
}

static void writer_keeps_it(void **state)
{
	struct version v = version_of(1, true);
	const char *found;
	struct writer *w;
	struct plant p;

	(void)state;
	plant_init(&p);
	assert_int_equal(writer_start(&w, &p.cfg, NULL, 1 << 20, &found), 0);
	assert_int_equal(writer_version(w, &v), 0);
	writer_stop(w);
	assert_int_equal(look(&p).forced, 1);
	plant_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_most_one_version_is_in_force),
		cmocka_unit_test(version_of_nobody_is_refused),
		cmocka_unit_test(writer_keeps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
