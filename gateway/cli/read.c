/* SPDX-License-Identifier: Apache-2.0 */
/* pollux read: tags, now. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/view.h"
#include "gateway/direct.h"
#include "gateway/question.h"

extern const struct command command_read;

enum { TAGS_PER_QUESTION = 16 }; /* of the longest names within CONTROL_REQUEST_MAX */

/* What the command line says. */
struct call {
	const char *path;
	bool json;
	char **names;
	size_t n;
	uint32_t *tags; /* of the names */
};

/* --- through the running gateway --- */

static int ask_some(const struct config *cfg, char **names, size_t n, json_t *all)
{
	char question[TAGS_PER_QUESTION * 132 + 8] = "read";
	size_t used = strlen(question);
	json_t *answer;
	int err;

	for (size_t i = 0; i < n; i++) {
		used += (size_t)snprintf(question + used, sizeof(question) - used, " %s",
		                         names[i]);
	}
	answer = view_ask(cfg, question, &err);
	if (answer && json_is_object(answer)) {
		fprintf(stderr, "pollux read: the running gateway: %s\n",
		        json_string_value(json_object_get(answer, "error")));
		err = -EPROTO;
	} else if (answer) {
		json_array_extend(all, answer);
	}
	json_decref(answer);
	return err;
}

static int ask_gateway(const struct config *cfg, const struct call *call, json_t *all)
{
	int err = 0;

	for (size_t i = 0; !err && i < call->n; i += TAGS_PER_QUESTION) {
		size_t n = call->n - i;

		err = ask_some(cfg, call->names + i,
		               n < TAGS_PER_QUESTION ? n : TAGS_PER_QUESTION, all);
	}
	return err;
}

/* --- straight to the devices --- */

/* A reading in the shape of the gateway's answer; no twin has an opinion of it. */
static json_t *tag_json(const struct config *cfg, uint32_t tag,
                        const struct direct_reading *got)
{
	const struct reading *r = &got->reading;
	struct sample s = {.ts_us = got->wall_us,
	                   .tag = tag,
	                   .code = r->code,
	                   .reason = r->reason,
	                   .value = r->value,
	                   .last = NAN,
	                   .est = {.predicted = NAN,
	                           .sigma = NAN,
	                           .estimate = NAN,
	                           .score = NAN,
	                           .quality = r->quality,
	                           .source = SOURCE_MEASURED,
	                           .state = STATE_LEARNING}};
	char *text;
	json_t *o;

	if (r->quality == QUALITY_BAD || r->quality == QUALITY_STALE) {
		s.est.source = SOURCE_HELD;
		s.est.state = STATE_BAD;
		s.value.kind = VALUE_NONE;
	}
	text = question_tag(&cfg->tags[tag], &s, device_state_name(got->device));
	o = text ? json_loads(text, 0, NULL) : NULL;
	free(text);
	return o;
}

static int read_direct(const struct config *cfg, const struct call *call, json_t *all)
{
	struct direct *d = NULL;
	int err;

	for (size_t i = 0; i < call->n; i++) {
		if (call->tags[i] >= cfg->n_field_tags) {
			fprintf(stderr,
			        "pollux read: %s is the twin's, and no gateway runs\n",
			        call->names[i]);
			return -ENOENT;
		}
	}
	err = direct_open(&d, cfg, call->tags, call->n);
	if (err) {
		return err;
	}
	direct_read(d);
	for (size_t i = 0; i < call->n; i++) {
		struct direct_reading got = direct_reading(d, call->tags[i]);

		json_array_append_new(all, tag_json(cfg, call->tags[i], &got));
	}
	direct_close(d);
	return 0;
}

/* --- output --- */

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static void print_table(const json_t *all)
{
	const json_t *o;
	size_t i;

	printf("%-26s %14s %-8s %-9s %-24s  %s\n", "tag", "value", "unit", "quality",
	       "time", "error");
	json_array_foreach(all, i, o)
	{
		char name[140], value[VALUE_TEXT_MAX + 8];

		snprintf(name, sizeof(name), "%s/%s", text_of(o, "device"),
		         text_of(o, "tag"));
		view_value(o, value, sizeof(value));
		if (json_is_real(json_object_get(o, "value"))) {
			snprintf(value, sizeof(value), "%.9g",
			         json_real_value(json_object_get(o, "value")));
		}
		printf("%-26s %14s %-8s %-9s %-24s  %s\n", name, value,
		       text_of(o, "unit"), text_of(o, "quality"),
		       json_integer_value(json_object_get(o, "ts")) ? text_of(o, "time")
		                                                    : "-",
		       text_of(o, "error"));
	}
}

static enum exit_code code_of(const json_t *all)
{
	enum exit_code code = EXIT_DONE;
	const json_t *o;
	size_t i;

	json_array_foreach(all, i, o)
	{
		const char *quality = text_of(o, "quality");

		if (strcmp(text_of(o, "device_state"), "down") == 0) {
			return EXIT_DEVICE;
		}
		if (strcmp(quality, "bad") == 0 || strcmp(quality, "stale") == 0) {
			code = EXIT_FAILED;
		}
	}
	return code;
}

static enum exit_code read_all(const struct config *cfg, const struct call *call)
{
	json_t *all = json_array();
	enum exit_code code = EXIT_FAILED;
	int err = ask_gateway(cfg, call, all);

	if (err == -ENOENT || err == -ECONNREFUSED) {
		err = read_direct(cfg, call, all);
	} else if (err && err != -EPROTO) {
		fprintf(stderr, "pollux read: %s: %s\n", cfg->state_dir, strerror(-err));
		code = err == -EACCES ? EXIT_REFUSED : EXIT_FAILED;
	}
	if (!err) {
		if (call->json) {
			json_dumpf(all, stdout, JSON_INDENT(2));
			putchar('\n');
		} else {
			print_table(all);
		}
		code = code_of(all);
	}
	json_decref(all);
	return code;
}

static enum exit_code find_tags(const struct config *cfg, struct call *call)
{
	for (size_t i = 0; i < call->n; i++) {
		int64_t tag = config_tag(cfg, call->names[i]);

		if (tag < 0) {
			fprintf(stderr, "pollux read: there is no tag '%s'\n",
			        call->names[i]);
			return EXIT_USAGE;
		}
		call->tags[i] = (uint32_t)tag;
	}
	return EXIT_DONE;
}

static enum exit_code parse(int argc, char **argv, struct call *call)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"json", no_argument, NULL, 'j'},
	                                        {0}};

	*call = (struct call){.path = CONFIG_PATH};
	for (int opt; (opt = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
		if (opt == 'c') {
			call->path = optarg;
		} else if (opt == 'j') {
			call->json = true;
		} else {
			return command_usage("read", "what is that?");
		}
	}
	call->names = argv + optind;
	call->n = (size_t)(argc - optind);
	return call->n ? EXIT_DONE : command_usage("read", "which tags?");
}

static enum exit_code run(int argc, char **argv)
{
	struct call call;
	enum exit_code code = parse(argc, argv, &call);
	struct config *cfg;

	if (code != EXIT_DONE) {
		return code;
	}
	if (config_load(&cfg, call.path, stderr)) {
		return EXIT_CONFIG;
	}
	call.tags = calloc(call.n, sizeof(*call.tags));
	code = call.tags ? find_tags(cfg, &call) : EXIT_FAILED;
	if (code == EXIT_DONE) {
		code = read_all(cfg, &call);
	}
	free(call.tags);
	config_free(cfg);
	return code;
}

const struct command command_read = {
	.name = "read",
	.summary = "tags, now: from the running gateway, else from the devices",
	.help = "usage: pollux read [-c FILE] [--json] DEVICE/TAG...\n\n"
		"Prints value, unit, quality, time and error.  Where a gateway runs with "
		"this\n"
		"configuration it answers what it polled last; else the devices are "
		"opened, read\n"
		"once and closed.\n\n"
		"  -c, --config FILE  configuration, default " CONFIG_PATH "\n"
		"      --json         an array of the objects of P/D/T/state, with "
		"device_state\n\n"
		"Exit codes: 0 all have a value, 1 one is bad, 2 no such tag, 4 a device "
		"is\n"
		"unreachable.\n",
	.run = run,
};
