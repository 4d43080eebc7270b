/* SPDX-License-Identifier: Apache-2.0 */
/* pollux history, events, alarms: what the history holds. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/alarms.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/jsonout.h"
#include "storage/reader.h"

extern const struct command command_history;
extern const struct command command_events;
extern const struct command command_alarms;

enum form { FORM_TABLE, FORM_CSV, FORM_JSON };

struct query {
	const char *command;
	const char *path;
	int64_t since_us, until_us, every_us;
	enum form form;
	size_t rows; /* printed so far */
};

/* --- printing --- */

/* A field in quotes where CSV asks for them (RFC 4180). */
static void print_csv(const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, stdout);
		return;
	}
	putchar('"');
	for (; *text; text++) {
		if (*text == '"') {
			putchar('"');
		}
		putchar(*text);
	}
	putchar('"');
}

/* Text that may come from a device: nothing that moves the terminal's cursor. */
static void print_plain(const char *text, int width)
{
	int n = 0;

	for (; *text; text++, n++) {
		putchar((unsigned char)*text < ' ' ? '?' : *text);
	}
	for (; n < width; n++) {
		putchar(' ');
	}
}

static void print_json(int n, const char *const *columns, const char *const *values,
                       const bool *is_text)
{
	char text[2048];
	struct jsonout j = jsonout_into(text, sizeof(text));

	jsonout_open(&j, '{');
	for (int i = 0; i < n; i++) {
		jsonout_key(&j, columns[i]);
		if (!values[i]) {
			jsonout_null(&j);
		} else if (is_text[i]) {
			jsonout_text(&j, values[i]);
		} else {
			jsonout_raw(&j, values[i]);
		}
	}
	jsonout_close(&j, '}');
	if (jsonout_done(&j)) {
		fputs(text, stdout);
	}
}

/* One row in the form that is asked for; the heading before the first. */
static void print_row(struct query *q, int n, const char *const *columns,
                      const char *const *values, const bool *is_text)
{
	if (q->form == FORM_JSON) {
		fputs(q->rows++ ? ",\n" : "[", stdout);
		print_json(n, columns, values, is_text);
		return;
	}
	for (int heading = q->rows++ ? 0 : 1; heading >= 0; heading--) {
		for (int i = 0; i < n; i++) {
			const char *text = heading     ? columns[i]
			                   : values[i] ? values[i]
			                               : "";

			if (q->form == FORM_CSV) {
				fputs(i ? "," : "", stdout);
				print_csv(text);
			} else {
				print_plain(text, i + 1 < n ? (i ? 14 : 26) : 0);
				putchar(i + 1 < n ? ' ' : '\n');
			}
		}
		if (q->form == FORM_CSV) {
			putchar('\n');
		}
	}
}

static void print_end(const struct query *q)
{
	if (q->form == FORM_JSON) {
		puts(q->rows ? "]" : "[]");
	}
}

/* Shortest digits that read back the same. */
static const char *digits(double x, char *buf, size_t size)
{
	if (!isfinite(x)) {
		return NULL;
	}
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(buf, size, "%.*g", precision, x);
		if (strtod(buf, NULL) == x) {
			break;
		}
	}
	return buf;
}

static const char *value_text(const struct value *v, char *buf, size_t size)
{
	switch (v->kind) {
	case VALUE_INT:
		snprintf(buf, size, "%" PRId64, v->i64);
		return buf;
	case VALUE_UINT:
		snprintf(buf, size, "%" PRIu64, v->u64);
		return buf;
	case VALUE_TEXT:
		return v->text;
	case VALUE_BOOL:
		return v->flag ? "1" : "0";
	case VALUE_REAL:
		return digits(v->real, buf, size);
	case VALUE_NONE:
		break;
	}
	return NULL;
}

static int on_sample(void *arg, const struct history_row *row)
{
	static const char *const columns[] = {
		"time",      "device",   "tag",     "value",  "unit",
		"predicted", "residual", "quality", "source", "state"};
	bool is_text[] = {true, true,  true,  row->value.kind == VALUE_TEXT,
	                  true, false, false, true,
	                  true, true};
	char time[32], value[32], predicted[32], residual[32];
	const char *values[] = {time,
	                        row->device,
	                        row->tag,
	                        value_text(&row->value, value, sizeof(value)),
	                        row->unit,
	                        digits(row->predicted, predicted, sizeof(predicted)),
	                        digits(row->residual, residual, sizeof(residual)),
	                        row->quality,
	                        row->source,
	                        row->state};

	clock_iso(row->ts_us, time);
	print_row(arg, (int)ARRAY_SIZE(columns), columns, values, is_text);
	return 0;
}

static int on_view_row(void *arg, int n, const char *const *columns,
                       const char *const *values)
{
	bool is_text[32];

	for (int i = 0; i < n && i < (int)ARRAY_SIZE(is_text); i++) {
		char *end;

		is_text[i] = !values[i] || strcmp(columns[i], "value") != 0
		                     ? strcmp(columns[i], "predicted") != 0 &&
		                               strcmp(columns[i], "threshold") != 0
		                     : (strtod(values[i], &end), *end != '\0');
	}
	print_row(arg, n < 32 ? n : 32, columns, values, is_text);
	return 0;
}

/* --- asking --- */

static enum exit_code failed(const struct query *q, const char *what, int err)
{
	fprintf(stderr, "pollux %s: %s: %s\n", q->command, what,
	        err == -ENOENT      ? "there is no history yet"
	        : err == -EBADMSG   ? "is no history of this version"
	        : err == -ETIMEDOUT ? "took too long; ask for a shorter span"
	                            : strerror(-err));
	return err == -EACCES ? EXIT_REFUSED : EXIT_FAILED;
}

static int open_reader(const struct query *q, struct reader **reader,
                       enum exit_code *code)
{
	struct config *cfg;
	char *path;
	int err;

	if (config_load(&cfg, q->path, stderr)) {
		*code = EXIT_CONFIG;
		return -EINVAL;
	}
	err = asprintf(&path, "%s/history.db", cfg->state_dir) < 0 ? -ENOMEM : 0;
	config_free(cfg);
	if (err) {
		*code = EXIT_FAILED;
		return err;
	}
	err = reader_open(reader, path);
	*code = err ? failed(q, path, err) : EXIT_DONE;
	free(path);
	return err;
}

static int parse_time(struct query *q, const char *text, int64_t *ts_us)
{
	if (clock_parse(text, clock_wall_us(), ts_us)) {
		command_usage(q->command,
		              "'%s' is no time: 15m, 2h, 7d, 2026-01-02T03:04:05Z", text);
		return -EINVAL;
	}
	return 0;
}

static int parse_option(struct query *q, int opt)
{
	int64_t ms;

	switch (opt) {
	case 'c':
		q->path = optarg;
		return 0;
	case 's':
		return parse_time(q, optarg, &q->since_us);
	case 'u':
		return parse_time(q, optarg, &q->until_us);
	case 'e':
		if (command_duration(optarg, &ms) || ms == 0) {
			command_usage(q->command, "'%s' is no span: 10s, 5m, 1h", optarg);
			return -EINVAL;
		}
		q->every_us = ms * 1000;
		return 0;
	case 'C':
		q->form = FORM_CSV;
		return 0;
	case 'J':
		q->form = FORM_JSON;
		return 0;
	default:
		command_usage(q->command, "what is that?");
		return -EINVAL;
	}
}

static int parse(struct query *q, int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"since", required_argument, NULL, 's'},
	                                        {"until", required_argument, NULL, 'u'},
	                                        {"every", required_argument, NULL, 'e'},
	                                        {"csv", no_argument, NULL, 'C'},
	                                        {"json", no_argument, NULL, 'J'},
	                                        {0}};

	q->command = argv[0];
	q->path = CONFIG_PATH;
	q->until_us = INT64_MAX;
	q->since_us = clock_wall_us() - 3600 * INT64_C(1000000);
	for (int opt; (opt = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
		if (parse_option(q, opt)) {
			return -EINVAL;
		}
	}
	return 0;
}

static enum exit_code print_tag(struct query *q, struct reader *reader, const char *name)
{
	const char *slash = strchr(name, '/');
	char device[128];
	int err;

	if (!slash || slash == name || !slash[1] ||
	    (size_t)(slash - name) >= sizeof(device)) {
		return command_usage(q->command, "'%s' is not DEVICE/TAG", name);
	}
	snprintf(device, sizeof(device), "%.*s", (int)(slash - name), name);
	err = reader_history(reader, device, slash + 1, q->since_us, q->until_us,
	                     q->every_us, on_sample, q);
	return err < 0 ? failed(q, name, err) : EXIT_DONE;
}

static enum exit_code run_history(int argc, char **argv)
{
	struct query q = {.rows = 0};
	struct reader *reader;
	enum exit_code code;

	if (parse(&q, argc, argv)) {
		return EXIT_USAGE;
	}
	if (optind == argc) {
		return command_usage("history", "which DEVICE/TAG?");
	}
	if (open_reader(&q, &reader, &code)) {
		return code;
	}
	for (int i = optind; i < argc && code == EXIT_DONE; i++) {
		code = print_tag(&q, reader, argv[i]);
	}
	print_end(&q);
	reader_close(reader);
	return code;
}

static enum exit_code run_view(int argc, char **argv)
{
	struct query q = {.rows = 0};
	struct reader *reader;
	enum exit_code code;
	int err;

	if (parse(&q, argc, argv)) {
		return EXIT_USAGE;
	}
	if (optind < argc) {
		return command_usage(q.command, "'%s' is too much", argv[optind]);
	}
	if (open_reader(&q, &reader, &code)) {
		return code;
	}
	err = reader_view(reader, q.command, q.since_us, q.until_us, on_view_row, &q);
	print_end(&q);
	reader_close(reader);
	return err < 0 ? failed(&q, q.command, err) : EXIT_DONE;
}

static enum exit_code run_alarms(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "ack") == 0) {
		return alarms_ack(argc - 1, argv + 1);
	}
	if (argc > 1 && strcmp(argv[1], "shelve") == 0) {
		return alarms_shelve(argc - 1, argv + 1);
	}
	return run_view(argc, argv);
}

#define SPAN_HELP                                                                        \
	"  -c, --config FILE  configuration, default " CONFIG_PATH "\n"                  \
	"      --since T      from then on, default 1h (ago): 15m, 7d, 2026-01-02,\n"    \
	"                     2026-01-02T03:04:05Z, or seconds since 1970 (UTC)\n"       \
	"      --until T      up to then, default now\n"                                 \
	"      --csv, --json  instead of a table\n"

const struct command command_history = {
	.name = "history",
	.summary = "past values of tags",
	.help = "usage: pollux history DEVICE/TAG... [--since T] [--until T] [--every "
		"T]\n"
		"                      [--csv | --json] [-c FILE]\n\n"
		"Reads the history, whether the gateway runs or not.  Times are "
		"UTC.\n\n" SPAN_HELP
		"      --every T      the mean of good values per span of 10s, 5m, 1h\n",
	.run = run_history,
};

const struct command command_events = {
	.name = "events",
	.summary = "what happened: alarms, devices up and down, gaps, clock steps",
	.help = "usage: pollux events [--since T] [--until T] [--csv | --json] [-c "
		"FILE]\n\n" SPAN_HELP,
	.run = run_view,
};

const struct command command_alarms = {
	.name = "alarms",
	.summary = "alarms raised and cleared; acknowledge, shelve",
	.help = "usage: pollux alarms [--since T] [--until T] [--csv | --json] [-c "
		"FILE]\n"
		"       pollux alarms ack ALARM [-c FILE]\n"
		"       pollux alarms shelve ALARM T [-c FILE]\n\n"
		"ALARM is the id that P/D/T/alarm has, or DEVICE/TAG.\n"
		"  ack                somebody has seen it\n"
		"  shelve             the tag raises nothing for T, such as 8h, 7d at "
		"most;\n"
		"                     0 takes it back\n" SPAN_HELP,
	.run = run_alarms,
};
