/* SPDX-License-Identifier: Apache-2.0 */
/* FMUs at the pace of a recording: predicted what they compute, the same bytes each time,
 * and one that crashes leaves the others' rows as they were. */
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/replay/replay.h"
#include "tests/fmu_make.h"

enum { ROWS = 700, GAP_ROW = 650 };

static char folder[] = "/tmp/pollux-fmu-replay-XXXXXX";
static char in_path[96], out_path[96], config_path[96];

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(name);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static double input_at(int k)
{
	return k < 100 ? 1 : 1 + 0.5 * sin(k * 0.05);
}

/* A row each 100 ms, with a gap of 10 min before GAP_ROW. */
static double time_at(int k)
{
	return 1e9 + k * 0.1 + (k >= GAP_ROW ? 600 : 0);
}

/* The slow lag, tau 0.5 s, as the unit has it at row k: stepped with the inputs of the
 * rows before. */
static double slow_at(int k)
{
	double y = 0;

	for (int i = 1; i <= k; i++) {
		/* the first step has no input yet but its start; a gap is no step */
		double u = i == 1 ? 1 : input_at(i - 1);

		if (i != GAP_ROW) {
			y = u + (y - u) * exp(-0.1 / 0.5);
		}
	}
	return y;
}

static int set_up(void **state)
{
	FILE *f;

	(void)state;
	if (!mkdtemp(folder)) {
		return -1;
	}
	setenv("TMPDIR", folder, 1);
	snprintf(in_path, sizeof(in_path), "%s/in.csv", folder);
	snprintf(out_path, sizeof(out_path), "%s/out.csv", folder);
	snprintf(config_path, sizeof(config_path), "%s/cell.yaml", folder);
	f = fopen(in_path, "w");
	assert_non_null(f);
	fputs("time,u,slow\n", f);
	for (int k = 0; k < ROWS; k++) {
		fprintf(f, "%.1f,%.9g,%.9g\n", time_at(k), input_at(k),
		        slow_at(k) + 0.01 * (sin(k * 12.9898) + sin(k * 78.233)));
	}
	return fclose(f);
}

/* Replay with the stiff unit, and with a bad one in this mode; what was written is the
 * caller's. */
static char *replay(double mode, char *said, size_t room)
{
	struct replay_wish wish = {.input = "in.csv",
	                           .config = config_path,
	                           .learn = 200,
	                           .program = getenv("POLLUX_PROGRAM")};
	FILE *complaints = fmemopen(said, room, "w"), *f = fopen(config_path, "w");
	int in = open(in_path, O_RDONLY),
	    out = open(out_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct replay_report report;
	char *text;
	off_t n;

	assert_true(in >= 0 && out >= 0 && f && complaints);
	said[0] = '\0';
	fprintf(f,
	        "gateway: {id: a, state_dir: /tmp/x}\n"
	        "twin:\n"
	        "  components:\n"
	        "    - {id: lag, model: fmu, file: stiff.fmu, step: 100ms,\n"
	        "       start: {tau_slow: 0.5}, inputs: {u: replay/u},\n"
	        "       outputs: {slow: replay/slow}}\n"
	        "    - {id: bad, model: fmu, file: bad.fmu, step: 100ms,\n"
	        "       start: {mode: %g}}\n",
	        mode);
	fclose(f);
	if (replay_run(&wish, in, out, complaints, &report)) {
		fclose(complaints);
		fail_msg("%s", said);
	}
	fclose(complaints);
	n = lseek(out, 0, SEEK_END);
	text = calloc((size_t)n + 1, 1);
	assert_non_null(text);
	assert_int_equal(pread(out, text, (size_t)n, 0), n);
	close(in);
	close(out);
	return text;
}

static void make(const struct fmu_spec *from, unsigned version)
{
	struct fmu_spec spec = *from;
	char path[96];

	spec.version = version;
	snprintf(path, sizeof(path), "%s/%s.fmu", folder, spec.model);
	fmu_make(path, &spec);
}

/* The line of a tag at a time, cut at its commas: time,device,tag,value,predicted,... */
static bool find_line(const char *text, const char *what, double t, char cells[8][40])
{
	char start[64];
	const char *at;

	snprintf(start, sizeof(start), "\n%.1f,%s,", t, what);
	at = strstr(text, start);
	for (size_t i = 0; at && i < 8; i++) {
		size_t n = strcspn(++at, ",\n");

		snprintf(cells[i], sizeof(cells[i]), "%.*s", (int)n, at);
		at += n;
	}
	return at != NULL;
}

static void prediction_is_what_the_unit_computes(void **state)
{
	static const int rows[] = {400, 500, 649, 699};
	char cells[8][40], said[4096], *first, *second;

	(void)state;
	make(&fmu_stiff, 2);
	make(&fmu_bad, 3);
	first = replay(0, said, sizeof(said));
	second = replay(0, said, sizeof(said));
	assert_string_equal(first, second);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		double want = slow_at(rows[i]);

		assert_true(find_line(first, "replay,slow", time_at(rows[i]), cells));
		if (!(fabs(strtod(cells[4], NULL) - want) < 1e-8 * want)) {
			fail_msg("row %d: predicted %s, not %.9g", rows[i], cells[4],
			         want);
		}
		assert_string_equal(cells[7], "healthy");
		assert_true(find_line(first, "lag,health", time_at(rows[i]), cells));
	}
	free(first);
	free(second);
}

static void unit_that_crashes_leaves_the_others_alone(void **state)
{
	char cells[8][40], said[4096], *good, *bad;

	(void)state;
	make(&fmu_stiff, 3);
	make(&fmu_bad, 2);
	good = replay(0, said, sizeof(said));
	bad = replay(1, said, sizeof(said));
	if (!strstr(said, "bad: its FMU failed: it crashed (Segmentation fault)\n")) {
		fail_msg("%s", said);
	}
	/* Told once, at the third step; nothing is known of it any more. */
	assert_true(find_line(bad, "bad,y", time_at(3), cells));
	assert_string_equal(cells[7], "bad");
	for (int k = 0; k < ROWS; k += 23) {
		char other[8][40];

		assert_true(find_line(good, "replay,slow", time_at(k), cells));
		assert_true(find_line(bad, "replay,slow", time_at(k), other));
		for (size_t i = 0; i < 8; i++) {
			assert_string_equal(cells[i], other[i]);
		}
	}
	free(good);
	free(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prediction_is_what_the_unit_computes),
		cmocka_unit_test(unit_that_crashes_leaves_the_others_alone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
