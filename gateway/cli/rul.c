/* SPDX-License-Identifier: Apache-2.0 */
/* pollux rul: remaining life, learnt from run-to-failure tables. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/life_file.h"

extern const struct command command_rul;

static int read_table(struct life_file *f, const char *path)
{
	int err = life_file_read(f, path, stderr);

	if (err && err != -EBADMSG) {
		fprintf(stderr, "pollux rul: %s: %s\n", path, strerror(-err));
	}
	return err;
}

static void print_unit(int64_t unit, const struct remaining *r)
{
	if (r->why != REMAINING_KNOWN) {
		printf("%" PRId64 ",,,\n", unit);
		fprintf(stderr, "pollux rul: engine %" PRId64 ": no prediction: %s\n",
		        unit, remaining_why_text(r->why));
		return;
	}
	printf("%" PRId64 ",%.1f,%.1f,%.1f\n", unit, r->p10, r->p50, r->p90);
}

static int print_table(const struct life *life, const struct life_table *t)
{
	struct life_watch *w;
	int err = life_watch_new(&w, life);

	if (err) {
		return err;
	}
	puts("engine,rul_p10,rul_p50,rul_p90");
	for (size_t i = 0; i < t->n_rows; i++) {
		life_watch_row(w, t->age[i], t->sensors + i * t->n_sensors);
		if (i + 1 == t->n_rows || t->unit[i + 1] != t->unit[i]) {
			struct remaining r = life_watch_remaining(w);

			print_unit(t->unit[i], &r);
			life_watch_restart(w);
		}
	}
	life_watch_free(w);
	return fflush(stdout) ? -errno : 0;
}

/* As if the first column were a running number. */
static bool is_of_single_rows(const struct life_table *t)
{
	for (size_t i = 1; i < t->n_rows; i++) {
		if (t->unit[i] == t->unit[i - 1]) {
			return false;
		}
	}
	return t->n_rows > 1;
}

static int predict(const struct life_table *train, const struct life_table *test)
{
	struct life *life;
	int err;

	if (is_of_single_rows(train)) {
		fputs("pollux rul: each machine learnt from has one row: is the first "
		      "column the\nmachine's number, the second the cycle's?\n",
		      stderr);
		return -EBADMSG;
	}
	if (train->n_sensors != test->n_sensors) {
		fprintf(stderr, "pollux rul: %zu sensors learnt, %zu in the table\n",
		        train->n_sensors, test->n_sensors);
		return -EBADMSG;
	}
	err = life_learn(&life, train);
	if (err == -EDOM) {
		fputs("pollux rul: nothing to learn from: no sensor moves\n", stderr);
		return -EBADMSG;
	}
	if (!err) {
		err = print_table(life, test);
		life_free(life);
	}
	if (err) {
		fprintf(stderr, "pollux rul: %s\n", strerror(-err));
	}
	return err;
}

static enum exit_code run_rul(int argc, char **argv)
{
	static const struct option options[] = {{"train", required_argument, NULL, 'r'},
	                                        {"test", required_argument, NULL, 't'},
	                                        {0}};
	const char *train_path = NULL, *test_path = NULL;
	struct life_file train = {.unit = NULL}, test = {.unit = NULL};
	int err;

	for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		switch (opt) {
		case 'r':
			train_path = optarg;
			break;
		case 't':
			test_path = optarg;
			break;
		default:
			return command_usage("rul", "what is that?");
		}
	}
	if (!train_path || !test_path || optind < argc) {
		return command_usage("rul", "wanted: --train TABLE --test TABLE");
	}
	err = read_table(&train, train_path);
	if (!err) {
		err = read_table(&test, test_path);
	}
	if (!err) {
		err = predict(&train.table, &test.table);
	}
	life_file_fini(&train);
	life_file_fini(&test);
	return err ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_rul = {
	.name = "rul",
	.summary = "remaining life, learnt from machines that ran to failure",
	.help = "usage: pollux rul --train TABLE --test TABLE\n\n"
		"Learns from machines that each failed in their last row, and prints for "
		"those of\nthe other table how many cycles are left after their last "
		"row, as CSV:\nengine,rul_p10,rul_p50,rul_p90.  In eight of ten cases "
		"the truth is between p10 and\np90.  The cells are empty where there is "
		"no prediction; stderr says why.\n\n"
		"A table has a row a cycle, separated by blanks, commas or semicolons: "
		"machine,\ncycle, three settings (not used), sensors.  Lives are told "
		"up to 125 cycles.\n",
	.run = run_rul,
};
