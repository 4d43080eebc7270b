/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/replay/replay.h"
#include "recording.h"
#include "tests/twin/tank_plant.h"

struct outcome {
	int err;
	char *out, *said;
	struct replay_report report;
};

static struct outcome replay(const char *text, const struct replay_wish *wish)
{
	int in = recording_of(text, strlen(text)), out = recording_of("", 0);
	struct outcome o = {0};
	size_t n;
	FILE *said = open_memstream(&o.said, &n);

	o.err = replay_run(wish, in, out, said, &o.report);
	fclose(said);
	o.out = recording_text(out);
	close(in);
	close(out);
	return o;
}

static void outcome_free(struct outcome *o)
{
	free(o->out);
	free(o->said);
}

/* Line i of a text, from 0, without its end. */
static const char *line_of(const char *text, size_t i, char *line, size_t size)
{
	for (; i > 0 && text; i--) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	snprintf(line, size, "%.*s", text ? (int)strcspn(text, "\n") : 0,
	         text ? text : "");
	return line;
}

static const struct replay_wish plain = {.input = "test.csv", .learn = 180};

static void rows_are_answered_in_their_order(void **state)
{
	static const char *const want[] = {
		"time,device,tag,value,predicted,sigma,score,state",
		"1970-01-01 00:00:01,replay,T 1,1.50,,,,learning",
		"1970-01-01 00:00:01,replay,\"p,1\",-2e0,,,,learning",
		"1970-01-01 00:00:02,replay,T 1,,,,,bad",
		"1970-01-01 00:00:02,replay,\"p,1\",NaN,,,,bad",
		"1970-01-01 00:00:03.5,replay,T 1,ERR,,,,bad",
		"1970-01-01 00:00:03.5,replay,\"p,1\",7,,,,learning",
		"",
	};
	const char *ignore[] = {"label"};
	struct replay_wish wish = plain;
	struct outcome o;
	char line[256];

	(void)state;
	wish.ignore = ignore;
	wish.n_ignore = 1;
	o = replay("datetime;T 1;\"p,1\";label;word\n"
	           "1970-01-01 00:00:01; 1.50;-2e0;0;a\n"
	           "1970-01-01 00:00:02;;NaN;0;b\n"
	           "1970-01-01 00:00:03.5;ERR;7;1;c\n",
	           &wish);
	assert_int_equal(o.err, 0);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_string_equal(line_of(o.out, i, line, sizeof(line)), want[i]);
	}
	assert_non_null(strstr(o.said, "column 5 'word' is left out: no numbers"));
	assert_int_equal(o.report.rows, 3);
	assert_int_equal(o.report.tags, 2);
	assert_int_equal(o.report.missing, 3);
	assert_int_equal(o.report.span_ns, 2500000000);
	outcome_free(&o);
}

/* Two tags with gaps, holes and times of every distance. */
static char *irregular_recording(size_t rows)
{
	char *text = malloc(rows * 64 + 64), *to = text;
	uint64_t seed = 5;
	double t_s = 1000;

	assert_non_null(text);
	to += sprintf(to, "ts,a,b\n");
	for (size_t i = 0; i < rows; i++) {
		double x = 0;

		for (int k = 0; k < 12; k++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			x += (double)(seed >> 33) / 2147483648.0;
		}
		t_s += seed >> 60 ? 1 : 2.75;
		t_s += i == rows / 2 ? 40 : 0;
		to += sprintf(to, "%.2f,%.6g,", t_s, x);
		to += seed >> 59 == 7 ? sprintf(to, "\n") : sprintf(to, "%.4f\n", x * x);
	}
	return text;
}

static void same_input_gives_same_bytes(void **state)
{
	char *text = irregular_recording(3000);
	struct outcome first = replay(text, &plain), second = replay(text, &plain);

	(void)state;
	assert_int_equal(first.err, 0);
	assert_string_equal(first.out, second.out);
	assert_non_null(strstr(first.out, ",healthy\n"));
	assert_int_equal(first.report.rows, 3000);
	assert_true(first.report.missing > 0);
	outcome_free(&first);
	outcome_free(&second);
	free(text);
}

static void time_that_goes_back_is_counted_and_not_learnt(void **state)
{
	struct outcome o = replay("time,a\n5,1\n5,1\n4,1\n6,1\n", &plain);
	char line[128];

	(void)state;
	assert_int_equal(o.err, 0);
	assert_int_equal(o.report.late, 2);
	assert_int_equal(o.report.span_ns, 1000000000);
	assert_string_equal(line_of(o.out, 3, line, sizeof(line)),
	                    "4,replay,a,1,,,,learning");
	outcome_free(&o);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
	static const struct {
		const char *text, *want;
		int err;
	} cases[] = {
		{"", "test.csv:0: error: nothing there", -ENODATA},
		{"x,y\n1,2\n", "test.csv:1: error: no column named time", -EBADMSG},
		{"time\n1\n", "test.csv:1: error: no column of numbers", -EBADMSG},
		{"time,a,a\n1,1,1\n", "error: column 'a' is there twice", -EBADMSG},
		{"time,a\n1,2\nnoon,3\n", "test.csv:3: error: 'noon' is no time",
	         -EBADMSG},
		{"time,a\n1,2\n\n2,3,4\n", "test.csv:4: error: ", -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct outcome o = replay(cases[i].text, &plain);

		if (o.err != cases[i].err || !strstr(o.said, cases[i].want)) {
			fail_msg("%s: %d, %s", cases[i].text, o.err, o.said);
		}
		outcome_free(&o);
	}
}

static void full_disk_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w"), *said;
	struct replay_report report;
	char *text = NULL;
	size_t n;
	int in = recording_of("time,a\n1,2\n", 11);

	(void)state;
	if (!full) {
		skip();
	}
	said = open_memstream(&text, &n);
	assert_int_equal(replay_run(&plain, in, fileno(full), said, &report), -ENOSPC);
	fclose(said);
	assert_non_null(strstr(text, "cannot write: No space left"));
	free(text);
	fclose(full);
	close(in);
}

/* A tank as in the configuration, its columns found by DEVICE/TAG, by TAG and as tags of
 * device replay. */
static void columns_are_tied_to_the_configuration(void **state)
{
	static const char yaml[] =
		"devices:\n"
		"  - id: plc\n"
		"    driver: modbus\n"
		"    address: tcp://127.0.0.1\n"
		"    tags:\n"
		"      - {id: level, at: 'input:0', type: float32, unit: mm}\n"
		"      - {id: valve, at: 'input:2', type: float32}\n"
		"twin:\n"
		"  components:\n"
		"    - id: tank\n"
		"      model: tank\n"
		"      parameters: {area: 1.2, outlet: 0.0021}\n"
		"      inputs: {inflow: replay/feed, valve: plc/valve}\n"
		"      outputs: {level: plc/level}\n";
	char path[] = "/tmp/pollux-replay-XXXXXX", line[128];
	struct replay_wish wish = plain;
	int fd = mkstemp(path);
	struct outcome o;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	close(fd);
	wish.config = path;
	o = replay("time,plc/level,valve,feed\n1,500,0.5,0.003\n2,501,0.5,0.003\n",
	           &wish);
	unlink(path);
	assert_int_equal(o.err, 0);
	assert_string_equal(line_of(o.out, 1, line, sizeof(line)),
	                    "1,plc,level,500,,,,learning");
	assert_string_equal(line_of(o.out, 2, line, sizeof(line)),
	                    "1,plc,valve,0.5,,,,learning");
	assert_string_equal(line_of(o.out, 3, line, sizeof(line)),
	                    "1,replay,feed,0.003,,,,learning");
	assert_string_equal(line_of(o.out, 4, line, sizeof(line)),
	                    "1,tank,outflow,,,,,learning");
	assert_string_equal(line_of(o.out, 5, line, sizeof(line)),
	                    "1,tank,health,,,,,learning");
	assert_int_equal(o.report.components, 1);
	outcome_free(&o);
}

/* A tank whose outlet is a guess: 2000 rows a second apart. */
static char *tank_recording(void)
{
	struct tank_plant plant = tank_plant_new(31);
	char *text = malloc(64 * 2001), *to = text;

	assert_non_null(text);
	to += sprintf(to, "time,level,valve,inflow\n");
	for (int i = 0; i < 2000; i++) {
		for (int k = 0; k < 10; k++) {
			tank_plant_step(&plant);
		}
		to += sprintf(to, "%d,%.2f,%.4f,%.6f\n", i,
		              tank_plant_level(&plant) * 1e3, plant.valve,
		              tank_plant_inflow(&plant));
	}
	return text;
}

/* Found within the run, at once, and said. */
static void what_the_learning_rows_tell_is_said(void **state)
{
	static const char yaml[] =
		"devices:\n"
		"  - {id: plc, driver: modbus, address: 'tcp://127.0.0.1', tags: [\n"
		"      {id: level, at: 'input:0', type: float32, unit: mm},\n"
		"      {id: inflow, at: 'input:2', type: float32, unit: m3/s},\n"
		"      {id: valve, at: 'input:4', type: float32}]}\n"
		"twin:\n"
		"  components:\n"
		"    - id: tank\n"
		"      model: tank\n"
		"      fit: [outlet]\n"
		"      parameters: {area: 1.2, outlet: 0.0018}\n"
		"      inputs: {inflow: plc/inflow, valve: plc/valve}\n"
		"      outputs: {level: plc/level}\n";
	char path[] = "/tmp/pollux-replay-XXXXXX", *text = tank_recording();
	struct replay_wish wish = plain;
	struct outcome o, again;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	close(fd);
	wish.config = path;
	wish.learn = 600;
	o = replay(text, &wish);
	again = replay(text, &wish);
	unlink(path);
	assert_int_equal(o.err, 0);
	assert_string_equal(o.out, again.out);
	assert_string_equal(o.said, again.said);
	assert_non_null(strstr(o.said, "0: learning: plc learns what is normal for 3 of "
	                               "its tags\n"));
	if (!strstr(o.said, "599: fitted: tank: outlet is 0.0021")) {
		fail_msg("%s", o.said);
	}
	assert_non_null(strstr(o.out, ",tank,health,"));
	assert_null(strstr(o.out, "mismatch"));
	outcome_free(&o);
	outcome_free(&again);
	free(text);
}

/* A warm-up of 300 rows is not learnt, where that is wished. */
static void start_up_is_left_out_of_learning(void **state)
{
	(void)state;
	for (int wished = 0; wished < 2; wished++) {
		const char *ignore[] = {"pressure"};
		struct replay_wish wish = plain;
		char *text = malloc(64 * 2001), *to = text;
		uint64_t seed = 9;
		struct outcome o;

		assert_non_null(text);
		to += sprintf(to, "time,T\n");
		for (int i = 0; i < 2000; i++) {
			double x = 20 + 15 * exp(-i / 60.0) + 0.1 * noise_normal(&seed);

			to += sprintf(to, "%d,%.3f\n", i, x);
		}
		wish.learn = 600;
		wish.skip_startup = wished;
		wish.ignore = ignore;
		wish.n_ignore = 1;
		o = replay(text, &wish);
		assert_int_equal(o.err, 0);
		assert_int_equal(o.report.learnt, 1);
		assert_int_equal(
			strstr(o.said, ": startup: replay/T was still moving: ") != NULL,
			wished);
		assert_non_null(strstr(o.said, "there is no column 'pressure'"));
		outcome_free(&o);
		free(text);
	}
}

static void broken_configuration_is_refused(void **state)
{
	struct replay_wish wish = plain;
	struct outcome o;

	(void)state;
	wish.config = "/nonexistent/pollux.yaml";
	o = replay("time,a\n1,2\n", &wish);
	assert_int_equal(o.err, -EINVAL);
	assert_string_equal(o.out, "");
	outcome_free(&o);
}

/* 300 rows to learn, a step of T at row 400 for 100 rows, a hole at row 600. */
static char *recording_with_faults(void)
{
	char *text = malloc(64 * 1000), *to = text;
	uint64_t seed = 3;

	assert_non_null(text);
	to += sprintf(to, "time,T,P\n");
	for (int i = 0; i < 1000; i++) {
		double x[2];

		for (int k = 0; k < 2; k++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			x[k] = (double)(seed >> 33) / 2147483648.0;
		}
		x[0] += i >= 400 && i < 500 ? 4 : 0;
		to += sprintf(to, "%d,%.4f,", i, x[0]);
		to += i >= 600 && i < 603 ? sprintf(to, "\n")
		                          : sprintf(to, "%.4f\n", x[1]);
	}
	return text;
}

static void alarms_are_told_when_they_are_over(void **state)
{
	char *text = recording_with_faults(), *told = NULL, line[512];
	struct replay_wish wish = plain;
	struct outcome o;
	size_t n;

	(void)state;
	wish.learn = 300;
	wish.alarms = open_memstream(&told, &n);
	o = replay(text, &wish);
	fclose(wish.alarms);
	assert_int_equal(o.err, 0);
	assert_int_equal(o.report.learnt, 2);
	assert_int_equal(o.report.alarms, 2);
	assert_in_range(o.report.alarm_ns / 1000000000, 100, 200);
	line_of(told, 0, line, sizeof(line));
	assert_string_equal(line, "since,until,device,tag,kind,severity,value,predicted,"
	                          "threshold,method,contributions,message");
	line_of(told, 1, line, sizeof(line));
	assert_true(strncmp(line, "40", 2) == 0);
	assert_non_null(strstr(line, ",replay,T,drift,warning,"));
	assert_non_null(
		strstr(line, "\"[{\"\"tag\"\":\"\"replay/T\"\",\"\"share\"\":1}]\""));
	assert_non_null(strstr(line, "above its normal"));
	line_of(told, 2, line, sizeof(line));
	assert_true(strncmp(line, "602,605,replay,P,bad,warning,,", 30) == 0);
	assert_non_null(strstr(line, ",,,[],"));
	assert_non_null(strstr(line, ",replay/P has no valid value: not a number"));
	free(told);
	free(text);
	outcome_free(&o);
}

static void alarm_that_lasts_has_no_end(void **state)
{
	char *text = recording_with_faults(), *told = NULL, *end;
	struct replay_wish wish = plain;
	struct outcome o;
	size_t n;

	(void)state;
	end = strstr(text, "\n450,");
	assert_non_null(end);
	end[1] = '\0';
	wish.learn = 300;
	wish.alarms = open_memstream(&told, &n);
	o = replay(text, &wish);
	fclose(wish.alarms);
	assert_int_equal(o.report.alarms, 1);
	assert_non_null(strstr(told, ",,replay,T,drift,"));
	free(told);
	free(text);
	outcome_free(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_answered_in_their_order),
		cmocka_unit_test(same_input_gives_same_bytes),
		cmocka_unit_test(time_that_goes_back_is_counted_and_not_learnt),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(alarms_are_told_when_they_are_over),
		cmocka_unit_test(alarm_that_lasts_has_no_end),
		cmocka_unit_test(full_disk_is_an_error),
		cmocka_unit_test(columns_are_tied_to_the_configuration),
		cmocka_unit_test(what_the_learning_rows_tell_is_said),
		cmocka_unit_test(start_up_is_left_out_of_learning),
		cmocka_unit_test(broken_configuration_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
