/* SPDX-License-Identifier: Apache-2.0 */
/* pollux replay: a recording through the twin. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/command.h"
#include "gateway/replay/replay.h"

extern const struct command command_replay;

enum { IGNORE_MAX = 1024, LEARN_MIN = 180, LEARN_WARN = 400, LEARN_MAX = 1000000 };

struct options {
	const char *input, *output, *alarms;
	struct replay_wish wish;
	const char *ignore[IGNORE_MAX];
	bool quiet;
};

/* "a,b" to its parts, in place. */
static bool add_ignored(struct options *o, char *list)
{
	for (char *part; (part = strsep(&list, ","));) {
		if (o->wish.n_ignore == IGNORE_MAX) {
			return false;
		}
		o->ignore[o->wish.n_ignore++] = part;
	}
	return true;
}

static enum exit_code read_learn(struct options *o, const char *name, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*end || end == text || n < LEARN_MIN || n > LEARN_MAX) {
		return command_usage(name, "--learn: %d to %d rows, not '%s'", LEARN_MIN,
		                     LEARN_MAX, text);
	}
	if (n < LEARN_WARN) {
		fprintf(stderr,
		        "warning: %ld rows are few to learn from; a plant wants 1800\n",
		        n);
	}
	o->wish.learn = (uint32_t)n;
	return EXIT_DONE;
}

static enum exit_code parse(struct options *o, int argc, char **argv)
{
	static const struct option table[] = {
		{"input", required_argument, NULL, 'i'},
		{"output", required_argument, NULL, 'o'},
		{"config", required_argument, NULL, 'c'},
		{"learn", required_argument, NULL, 'l'},
		{"ignore", required_argument, NULL, 'x'},
		{"alarms", required_argument, NULL, 'a'},
		{"skip-startup", no_argument, NULL, 's'},
		{"quiet", no_argument, NULL, 'q'},
		{0},
	};
	enum exit_code code = EXIT_DONE;
	int option;

	optind = 1;
	while (code == EXIT_DONE &&
	       (option = getopt_long(argc, argv, "+:i:o:c:q", table, NULL)) != -1) {
		if (option == 'i') {
			o->input = optarg;
		} else if (option == 'o') {
			o->output = optarg;
		} else if (option == 'c') {
			o->wish.config = optarg;
		} else if (option == 'l') {
			code = read_learn(o, argv[0], optarg);
		} else if (option == 'x' && !add_ignored(o, optarg)) {
			code = command_usage(argv[0], "--ignore: more than %d columns",
			                     IGNORE_MAX);
		} else if (option == 'a') {
			o->alarms = optarg;
		} else if (option == 'q') {
			o->quiet = true;
		} else if (option == 's') {
			o->wish.skip_startup = true;
		} else if (option == ':' || option == '?') {
			code = command_usage(argv[0],
			                     option == ':' ? "%s needs a value"
			                                   : "no option %s",
			                     argv[optind - 1]);
		}
	}
	if (code == EXIT_DONE && optind < argc) {
		return command_usage(argv[0], "'%s' is one too many", argv[optind]);
	}
	if (code == EXIT_DONE && o->wish.skip_startup && o->wish.config) {
		return command_usage(argv[0], "--skip-startup is "
		                              "twin.monitor.skip_startup of --config");
	}
	if (code == EXIT_DONE && (!o->input || !o->output)) {
		return command_usage(argv[0], "%s is missing",
		                     o->input ? "--output" : "--input");
	}
	return code;
}

static int open_file(const char *path, int flags, int standard)
{
	int fd = strcmp(path, "-") == 0 ? standard : open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0) {
		fprintf(stderr, "%s: error: %s\n", path, strerror(errno));
	}
	return fd;
}

/* Would what is written land in what is read? */
static bool is_same_file(const char *path, int in)
{
	struct stat a, b;

	return stat(path, &a) == 0 && fstat(in, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino && S_ISREG(a.st_mode);
}

/* What was alarmed, for how long, and how often an hour. */
static void print_report(const struct replay_report *r)
{
	double hours = (double)r->span_ns / 3.6e12;

	fprintf(stderr,
	        "%ju rows over %.3g h: %zu tags, %zu of them learnt, %zu components\n",
	        (uintmax_t)r->rows, hours, r->tags, r->learnt, r->components);
	if (r->learnt == 0) {
		fputs("nothing was judged: see --learn\n", stderr);
	}
	fprintf(stderr, "%ju cells without a number, %ju readings that came late\n",
	        (uintmax_t)r->missing, (uintmax_t)r->late);
	fprintf(stderr, "%ju alarms", (uintmax_t)r->alarms);
	if (hours > 0) {
		fprintf(stderr, ", %.3g an hour; %.3g %% of the time in alarm",
		        (double)r->alarms / hours,
		        100 * (double)r->alarm_ns / (double)r->span_ns);
	}
	if (r->rebaselined) {
		fprintf(stderr, "; %ju drifts stayed and are normal now",
		        (uintmax_t)r->rebaselined);
	}
	fputc('\n', stderr);
}

struct files {
	int in, out;
};

static enum exit_code open_files(struct files *f, struct options *o, const char *name)
{
	f->in = open_file(o->input, O_RDONLY, STDIN_FILENO);
	if (f->in < 0) {
		return EXIT_FAILED;
	}
	if (is_same_file(o->output, f->in) ||
	    (o->alarms && is_same_file(o->alarms, f->in))) {
		return command_usage(name, "what is written would overwrite --input");
	}
	f->out = open_file(o->output, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
	if (f->out >= 0 && o->alarms) {
		o->wish.alarms = fopen(o->alarms, "we");
		if (!o->wish.alarms) {
			fprintf(stderr, "%s: error: %s\n", o->alarms, strerror(errno));
			return EXIT_FAILED;
		}
	}
	return f->out < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* Errors of the last writes come with the closing. */
static enum exit_code close_files(struct files *f, const struct options *o,
                                  enum exit_code code)
{
	if (o->wish.alarms && fclose(o->wish.alarms) && code == EXIT_DONE) {
		fprintf(stderr, "%s: error: %s\n", o->alarms, strerror(errno));
		code = EXIT_FAILED;
	}
	if (f->out >= 0 && close(f->out) && code == EXIT_DONE) {
		fprintf(stderr, "%s: error: %s\n", o->output, strerror(errno));
		code = EXIT_FAILED;
	}
	if (f->in >= 0) {
		close(f->in);
	}
	return code;
}

static enum exit_code replay(const struct options *o, const struct files *f)
{
	struct replay_report report;
	int err = replay_run(&o->wish, f->in, f->out, stderr, &report);

	if (err == -ENOMEM) {
		fputs("error: out of memory\n", stderr);
	}
	if (!err && !o->quiet) {
		print_report(&report);
	}
	return err == 0 ? EXIT_DONE : err == -EINVAL ? EXIT_CONFIG : EXIT_FAILED;
}

static enum exit_code run(int argc, char **argv)
{
	struct options o = {.input = NULL};
	struct files f = {-1, -1};
	enum exit_code code = parse(&o, argc, argv);

	if (code != EXIT_DONE || !o.input || !o.output) {
		return code;
	}
	o.wish.ignore = o.ignore;
	o.wish.input = strcmp(o.input, "-") == 0 ? "stdin" : o.input;
	code = open_files(&f, &o, argv[0]);
	if (code == EXIT_DONE) {
		code = replay(&o, &f);
	}
	return close_files(&f, &o, code);
}

const struct command command_replay = {
	.name = "replay",
	.summary = "run a recording through the twin",
	.help = "usage: pollux replay --input CSV --output CSV [--config FILE]\n"
		"                     [--learn N] [--ignore COLUMN,...]\n"
		"                     [--skip-startup] [--alarms CSV]\n\n"
		"Runs a recording through the live twin and its tests, as fast as it\n"
		"goes.  The same input gives the same bytes.\n\n"
		"  -i, --input CSV    a heading; , or ; between cells; a column time,\n"
		"                     datetime or ts (ISO 8601, seconds since 1970, or\n"
		"                     YYYY-MM-DD HH:MM:SS as UTC); -: stdin\n"
		"  -o, --output CSV   one line per tag and row, components after them:\n"
		"                     time,device,tag,value,predicted,sigma,score,state\n"
		"                     (-: stdout)\n"
		"  -c, --config FILE  a column named DEVICE/TAG, or TAG where only one\n"
		"                     device has it, is that tag, and its components\n"
		"                     are judged; all others are of device replay\n"
		"  --learn N          rows to learn from, 180 and more (default: as\n"
		"                     configured, 1800)\n"
		"  --skip-startup     a tag that moves when it should learn learns from\n"
		"                     what follows; with --config the file says it\n"
		"  --ignore COL,...   columns to pass over\n"
		"  --alarms CSV       one line per alarm, when it is over: since, "
		"until,\n"
		"                     what it is about, contributions, a sentence\n"
		"  -q, --quiet        no summary on stderr\n\n"
		"Empty cells, NaN and words are readings without a number.  A column\n"
		"without any number in the first 256 KiB is left out.\n"
		"Exit code 0: done, 1: the recording is wrong or cannot be read,\n"
		"2: usage, 3: the configuration is invalid.\n",
	.run = run,
};
