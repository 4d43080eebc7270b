/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/twin_file.h"

enum { LEARN = 180 };
#define SECOND_NS UINT64_C(1000000000)

static const struct tag tag = {.device = "pump",
                               .name = "flow",
                               .kind = &(const struct tag_kind){.unit = "m3/h",
                                                                .type_name = "float32",
                                                                .analog = true}};
static const struct twin_config cfg = {.tags = &tag,
                                       .n_tags = 1,
                                       .n_field_tags = 1,
                                       .learn = LEARN,
                                       .false_alarm = 1e-4};

static uint64_t mono_ns;

static uint64_t scripted_mono_ns(void)
{
	return mono_ns;
}

static int64_t scripted_wall_us(void)
{
	return INT64_C(1767312000000000) + (int64_t)mono_ns / 1000;
}

struct bench {
	char dir[64], path[96], temporary[96];
	uv_loop_t loop;
	struct twin *twin;
	struct twin_file *file;
};

static void begin(struct bench *b)
{
	assert_int_equal(twin_new(&b->twin, &cfg), 0);
	assert_int_equal(twin_file_new(&b->file, b->twin, &b->loop, b->dir), 0);
}

static void end(struct bench *b)
{
	uv_run(&b->loop, UV_RUN_DEFAULT);
	twin_file_free(b->file);
	twin_free(b->twin);
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	strcpy(b->dir, "/tmp/twin_file.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/twin.state", b->dir);
	snprintf(b->temporary, sizeof(b->temporary), "%s/twin.state.new", b->dir);
	uv_loop_init(&b->loop);
	mono_ns = 100 * SECOND_NS;
	clock_script(scripted_mono_ns, scripted_wall_us);
	begin(b);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	end(b);
	uv_loop_close(&b->loop);
	unlink(b->path);
	rmdir(b->temporary);
	rmdir(b->dir);
	free(b);
	clock_script(NULL, NULL);
	return 0;
}

static void learn(struct bench *b)
{
	for (int i = 0; i < LEARN; i++) {
		struct reading r = {.tag = 0, .value = value_real(i % 7)};
		struct estimate e;

		mono_ns += SECOND_NS;
		twin_merge(b->twin, (int64_t)mono_ns, &r, 1, &e);
	}
	assert_true(twin_progress(b->twin, 0) == 1);
}

static void a_restart_keeps_what_was_learnt(void **state)
{
	struct bench *b = *state;
	struct stat s;

	learn(b);
	twin_file_save(b->file);
	end(b);
	begin(b);
	assert_true(twin_progress(b->twin, 0) == 1);
	assert_int_equal(stat(b->path, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0640);
	assert_int_equal(access(b->temporary, F_OK), -1);
}

static void it_is_written_every_ten_minutes(void **state)
{
	struct bench *b = *state;

	learn(b);
	twin_file_tick(b->file);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(access(b->path, F_OK), -1); /* after three minutes: not yet */
	mono_ns += 420 * SECOND_NS;
	twin_file_tick(b->file);
	twin_file_tick(b->file);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(access(b->path, F_OK), 0);
	end(b);
	begin(b);
	assert_true(twin_progress(b->twin, 0) == 1);
}

static void a_damaged_file_is_learnt_anew_and_replaced(void **state)
{
	struct bench *b = *state;
	FILE *f = fopen(b->path, "w");

	fputs("POLTWIN1 and nothing that follows from it", f);
	fclose(f);
	end(b);
	begin(b);
	assert_true(twin_progress(b->twin, 0) == 0);
	learn(b);
	twin_file_save(b->file);
	end(b);
	begin(b);
	assert_true(twin_progress(b->twin, 0) == 1);
}

static void where_it_cannot_be_written_the_old_one_stays(void **state)
{
	struct bench *b = *state;
	struct stat before, after;

	learn(b);
	twin_file_save(b->file);
	assert_int_equal(stat(b->path, &before), 0);
	assert_int_equal(mkdir(b->temporary, 0700), 0); /* in its way */
	twin_file_save(b->file);
	assert_int_equal(stat(b->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_restart_keeps_what_was_learnt, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(it_is_written_every_ten_minutes, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(
			a_damaged_file_is_learnt_anew_and_replaced, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			where_it_cannot_be_written_the_old_one_stays, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
