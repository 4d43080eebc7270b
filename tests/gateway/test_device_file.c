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

#include "gateway/device_file.h"
#include "gateway/log.h"

enum { DEVICES = 3, HOLES = 4 };

/* --- the devices, scripted --- */

static struct device devices[DEVICES];
static struct device_hole holes[DEVICES][HOLES];

struct device *poller_device(struct poller *p, uint32_t i)
{
	(void)p;
	return devices[i].driver ? &devices[i] : NULL;
}

struct bench {
	char dir[64], path[96], temporary[96];
	uv_loop_t loop;
	struct device_config configured[DEVICES];
	struct config config;
	struct device_file *file;
};

static void learn(size_t device, struct device_hole hole)
{
	struct device_holes *shown = &devices[device].holes;

	holes[device][shown->n] = hole;
	shown->items = holes[device];
	shown->n++;
	shown->version++;
}

static void begin(struct bench *b)
{
	assert_int_equal(device_file_new(&b->file, &b->config, &b->loop), 0);
}

/* The drivers' part at the next start. */
static void take_up(struct bench *b)
{
	const struct device_config *lent = device_file_devices(b->file);

	for (size_t i = 0; i < DEVICES; i++) {
		devices[i].holes = (struct device_holes){0};
		devices[i].measured_us = lent[i].measured_us;
		for (size_t k = 0; k < lent[i].n_holes; k++) {
			learn(i, lent[i].holes[k]);
		}
	}
}

static void end(struct bench *b)
{
	device_file_end(b->file, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	device_file_save(b->file);
	device_file_free(b->file);
}

static void restart(struct bench *b)
{
	end(b);
	begin(b);
	take_up(b);
}

static int set_up(void **state)
{
	static const char *const ids[DEVICES] = {"pump", "plc", "meter"};
	struct bench *b = calloc(1, sizeof(*b));

	strcpy(b->dir, "/tmp/device_file.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/devices.json", b->dir);
	snprintf(b->temporary, sizeof(b->temporary), "%s/devices.json.new", b->dir);
	uv_loop_init(&b->loop);
	for (size_t i = 0; i < DEVICES; i++) {
		b->configured[i] = (struct device_config){.id = ids[i],
		                                          .driver = "modbus",
		                                          .address = "tcp://192.0.2.1",
		                                          .unit = (uint8_t)(i + 1)};
		devices[i] = (struct device){.driver = driver_find("modbus")};
	}
	b->config = (struct config){
		.state_dir = b->dir, .devices = b->configured, .n_devices = DEVICES};
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
	return 0;
}

static const struct device_hole single = {{0, 5, 5}, {0, 5, 5}, 2, false};
static const struct device_hole gap = {{1, 12, 19}, {1, 0, 31}, 3, false};

static void assert_hole(const struct device_hole *a, const struct device_hole *b)
{
	assert_int_equal(a->range.space, b->range.space);
	assert_int_equal(a->range.first, b->range.first);
	assert_int_equal(a->range.last, b->range.last);
	assert_int_equal(a->asked.space, b->asked.space);
	assert_int_equal(a->asked.first, b->asked.first);
	assert_int_equal(a->asked.last, b->asked.last);
	assert_int_equal(a->code, b->code);
	assert_false(a->guess);
}

static void a_restart_keeps_what_was_found_out(void **state)
{
	struct bench *b = *state;
	struct stat s;

	learn(0, single);
	learn(2, gap);
	learn(2, single);
	devices[1].measured_us = 1500;
	devices[2].measured_us = 20;
	restart(b);
	assert_int_equal(devices[0].measured_us, 0);
	assert_int_equal(devices[1].measured_us, 1500);
	assert_int_equal(devices[2].measured_us, 20);
	assert_int_equal(devices[0].holes.n, 1);
	assert_int_equal(devices[1].holes.n, 0);
	assert_int_equal(devices[2].holes.n, 2);
	assert_hole(&holes[0][0], &single);
	assert_hole(&holes[2][0], &gap);
	assert_hole(&holes[2][1], &single);
	assert_int_equal(stat(b->path, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0640);
	assert_int_equal(access(b->temporary, F_OK), -1);
}

static void a_guess_is_not_kept(void **state)
{
	struct bench *b = *state;
	struct device_hole guess = gap;

	guess.guess = true;
	learn(1, guess);
	learn(1, single);
	restart(b);
	assert_int_equal(devices[1].holes.n, 1);
	assert_hole(&holes[1][0], &single);
}

static void it_is_written_when_something_is_new(void **state)
{
	struct bench *b = *state;
	struct stat first, second;

	device_file_tick(b->file, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(access(b->path, F_OK), -1); /* nothing to be told */
	learn(0, single);
	device_file_tick(b->file, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(stat(b->path, &first), 0);
	devices[0].measured_us = 7;
	device_file_tick(b->file, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_int_equal(stat(b->path, &second), 0);
	assert_int_not_equal(first.st_ino, second.st_ino);
	first = second;
	devices[0].holes.version++; /* something came and went */
	device_file_tick(b->file, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	restart(b);
	assert_int_equal(stat(b->path, &second), 0);
	assert_int_equal(first.st_ino, second.st_ino);
}

static void what_is_found_out_while_it_is_written_is_written_after(void **state)
{
	struct bench *b = *state;

	learn(0, single);
	device_file_tick(b->file, NULL);
	learn(0, gap);
	device_file_tick(b->file, NULL);
	restart(b);
	assert_int_equal(devices[0].holes.n, 2);
}

static void a_hole_that_is_none_any_more_goes(void **state)
{
	struct bench *b = *state;

	learn(0, single);
	restart(b);
	devices[0].holes.n = 0;
	devices[0].holes.version++;
	restart(b);
	assert_int_equal(devices[0].holes.n, 0);
}

static void another_device_begins_anew(void **state)
{
	struct bench *b = *state;

	for (size_t i = 0; i < DEVICES; i++) {
		learn(i, single);
	}
	end(b);
	b->configured[0].unit = 9;
	b->configured[1].address = "tcp://192.0.2.2";
	begin(b);
	take_up(b);
	assert_int_equal(devices[0].holes.n, 0);
	assert_int_equal(devices[1].holes.n, 0);
	assert_int_equal(devices[2].holes.n, 1);
}

static void a_device_that_is_not_open_keeps_the_others(void **state)
{
	struct bench *b = *state;

	learn(1, single);
	devices[0].driver = NULL;
	restart(b);
	assert_int_equal(devices[1].holes.n, 1);
}

static void write_file(const struct bench *b, const char *text)
{
	FILE *f = fopen(b->path, "w");

	fputs(text, f);
	fclose(f);
}

static void what_is_damaged_is_left_out(void **state)
{
	static const char *const texts[] = {
		"",
		"{\"devices\": [{\"id\": \"pump\"",
		"[]",
		"{\"devices\": {\"id\": 1}}",
		"{\"devices\": [1, {\"id\": \"pump\", \"address\": \"tcp://192.0.2.1\", "
		"\"unit\": 1, \"holes\": [1, {}, {\"range\": \"holding:9..8\", "
		"\"asked\": "
		"\"holding:5\"}, {\"range\": \"holding:5\"}]}]}",
	};
	struct bench *b = *state;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		end(b);
		write_file(b, texts[i]);
		begin(b);
		take_up(b);
		assert_int_equal(devices[0].holes.n, 0);
	}
	learn(0, single);
	restart(b);
	assert_int_equal(devices[0].holes.n, 1);
}

static void where_it_cannot_be_written_the_old_one_stays(void **state)
{
	struct bench *b = *state;

	learn(0, single);
	restart(b);
	assert_int_equal(mkdir(b->temporary, 0700), 0); /* in its way */
	learn(0, gap);
	device_file_tick(b->file, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	restart(b);
	assert_int_equal(devices[0].holes.n, 1);
	learn(0, gap);
	device_file_tick(b->file, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	rmdir(b->temporary);
	restart(b); /* at the end it is tried once more */
	assert_int_equal(devices[0].holes.n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(a_restart_keeps_what_was_found_out),
		TEST(a_guess_is_not_kept),
		TEST(it_is_written_when_something_is_new),
		TEST(what_is_found_out_while_it_is_written_is_written_after),
		TEST(a_hole_that_is_none_any_more_goes),
		TEST(another_device_begins_anew),
		TEST(a_device_that_is_not_open_keeps_the_others),
		TEST(what_is_damaged_is_left_out),
		TEST(where_it_cannot_be_written_the_old_one_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
