/* SPDX-License-Identifier: Apache-2.0 */
/* pollux write: one value to one tag. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cli/view.h"
#include "gateway/config/interlock.h"
#include "gateway/control.h"
#include "gateway/direct.h"
#include "gateway/question.h"

extern const struct command command_write;

enum { INTERLOCK_TAGS_MAX = 64 };

/* What the command line says. */
struct call {
	const char *path;
	bool json, yes;
	const char *name, *text;
	uint32_t tag;
	struct value value;
};

static enum exit_code refuse(const struct call *call, const char *why)
{
	fprintf(stderr, "pollux write: %s: refused: %s\n", call->name, why);
	return EXIT_REFUSED;
}

/* --- outcome --- */

static enum exit_code code_of(const char *status, bool unreachable)
{
	if (strcmp(status, "done") == 0) {
		return EXIT_DONE;
	}
	if (strcmp(status, "refused") == 0) {
		return EXIT_REFUSED;
	}
	return unreachable ? EXIT_DEVICE : EXIT_FAILED;
}

static enum exit_code tell(const struct call *call, const char *text)
{
	json_t *o = json_loads(text, 0, NULL);
	const char *status = json_string_value(json_object_get(o, "status"));
	const char *error = json_string_value(json_object_get(o, "error"));
	enum exit_code code = EXIT_FAILED;

	if (status) {
		code = code_of(status, json_is_true(json_object_get(o, "unreachable")));
	}
	if (call->json) {
		puts(text);
	} else {
		fprintf(code == EXIT_DONE ? stdout : stderr, "%s%s: %s%s%s\n",
		        code == EXIT_DONE ? "" : "pollux write: ", call->name,
		        status ? status : "failed", error ? ": " : "",
		        error ? error : "");
	}
	json_decref(o);
	return code;
}

/* --- straight to the device --- */

/* An order and the answer to it. */
struct exchange {
	struct command_order order;
	char *answer;
};

static void on_outcome(void *arg, const struct command_result *result)
{
	struct exchange *exchange = arg;

	exchange->answer = question_outcome(&exchange->order, result);
}

/* The tag and those of its interlock.  @return how many, 0: too many */
static size_t tags_of(const struct config *cfg, uint32_t tag, uint32_t *tags)
{
	const char *text = cfg->options[tag]->write->interlock, *why;
	struct interlock_term term;
	size_t n = 0;

	tags[n++] = tag;
	while (*text && interlock_parse(&text, &term, &why) == 0) {
		if (n == INTERLOCK_TAGS_MAX) {
			return 0;
		}
		tags[n++] = (uint32_t)config_tag(cfg, term.tag);
	}
	return n;
}

static char *write_direct(const struct config *cfg, const struct call *call)
{
	uint32_t tags[INTERLOCK_TAGS_MAX];
	size_t n = tags_of(cfg, call->tag, tags);
	struct direct *d = NULL;
	struct exchange exchange = {.order = {.tag = call->tag,
	                                      .value = call->value,
	                                      .origin = "cli",
	                                      .done = on_outcome}};

	if (n == 0 || direct_open(&d, cfg, tags, n)) {
		return NULL;
	}
	exchange.order.arg = &exchange;
	direct_read(d);
	direct_write(d, &exchange.order);
	direct_close(d);
	return exchange.answer;
}

/* --- through the running gateway, else straight --- */

/* As long as a command may take there: waiting, sent, read back. */
static unsigned int patience_ms(const struct config *cfg, uint32_t tag)
{
	return COMMAND_EXPIRY_MS + COMMAND_SETTLE_MAX_MS + CONTROL_IDLE_MS +
	       2 * cfg->devices[cfg->tags[tag].device_index].timeout_ms;
}

static enum exit_code write_it(const struct config *cfg, const struct call *call)
{
	char question[CONTROL_REQUEST_MAX];
	char *path = control_path(cfg->state_dir), *answer = NULL;
	enum exit_code code = EXIT_FAILED;
	int err;

	snprintf(question, sizeof(question), "write %s %s", call->name, call->text);
	err = path ? control_ask_for(path, question, patience_ms(cfg, call->tag), &answer)
	           : -ENOMEM;
	free(path);
	/* Only where nobody listened: else the gateway may have written it already. */
	if (err == -ENOENT || err == -ECONNREFUSED) {
		answer = write_direct(cfg, call);
		err = answer ? 0 : -ENOMEM;
	}
	if (err) {
		fprintf(stderr, "pollux write: %s: %s%s\n", cfg->state_dir,
		        strerror(-err),
		        err == -EACCES ? "" : "; whether it was written is unknown");
		code = err == -EACCES ? EXIT_REFUSED : EXIT_FAILED;
	} else {
		code = tell(call, answer);
	}
	free(answer);
	return code;
}

/* --- may it be written? --- */

static bool confirmed(const struct config *cfg, const struct call *call)
{
	char value[VALUE_TEXT_MAX + 8], answer[8] = "";

	write_rules_print(&call->value, value, sizeof(value));
	fprintf(stderr, "write %s %s to %s? [y/N] ", value,
	        cfg->tags[call->tag].kind->unit, call->name);
	return fgets(answer, sizeof(answer), stdin) &&
	       (answer[0] == 'y' || answer[0] == 'Y');
}

/* What this file says already; the gateway that writes judges by its own. */
static enum exit_code judge(const struct config *cfg, struct call *call)
{
	int64_t tag = config_tag(cfg, call->name);
	char why[REFUSAL_TEXT_MAX];

	if (tag < 0) {
		fprintf(stderr, "pollux write: there is no tag '%s'\n", call->name);
		return EXIT_USAGE;
	}
	call->tag = (uint32_t)tag;
	if ((size_t)tag >= cfg->n_field_tags) {
		return refuse(call, "it is the twin's, no device has it");
	}
	if (!cfg->options[tag]->write) {
		call->value = value_bool(false); /* its type does not matter any more */
	} else if (write_rules_parse(&cfg->tags[tag], call->text, &call->value, why)) {
		return refuse(call, why);
	}
	if (write_rules_judge(&cfg->tags[tag], cfg->options[tag]->write, &call->value,
	                      why)) {
		return refuse(call, why);
	}
	return EXIT_DONE;
}

static enum exit_code write_with(const struct config *cfg, struct call *call)
{
	enum exit_code code = judge(cfg, call);

	if (code != EXIT_DONE) {
		return code;
	}
	if (!call->yes && !isatty(STDIN_FILENO)) {
		return command_usage("write",
		                     "nobody is there to be asked: --yes is wanted");
	}
	if (!call->yes && !confirmed(cfg, call)) {
		return refuse(call, "not confirmed");
	}
	return write_it(cfg, call);
}

static enum exit_code parse(int argc, char **argv, struct call *call)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"json", no_argument, NULL, 'j'},
	                                        {"yes", no_argument, NULL, 'y'},
	                                        {0}};

	*call = (struct call){.path = CONFIG_PATH};
	for (int opt; (opt = getopt_long(argc, argv, "c:y", options, NULL)) != -1;) {
		if (opt == 'c') {
			call->path = optarg;
		} else if (opt == 'j') {
			call->json = true;
		} else if (opt == 'y') {
			call->yes = true;
		} else {
			return command_usage("write", "what is that?");
		}
	}
	if (argc - optind != 2) {
		return command_usage("write", "a tag and a value are wanted");
	}
	call->name = argv[optind];
	call->text = argv[optind + 1];
	if (strlen(call->text) > VALUE_TEXT_MAX || strchr(call->text, '\n') ||
	    !*call->text) {
		return command_usage("write", "that is no value");
	}
	return EXIT_DONE;
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
	code = write_with(cfg, &call);
	config_free(cfg);
	return code;
}

const struct command command_write = {
	.name = "write",
	.summary = "one value to one tag, within its limits",
	.help = "usage: pollux write [-c FILE] [--json] [--yes] DEVICE/TAG VALUE\n\n"
		"Writes through the running gateway, or where none runs straight to the "
		"device.\n"
		"Only a tag with `write:` can be written, only a value of its type "
		"within "
		"min, max\n"
		"and step, no more often than rate, and only while the interlock is "
		"true.  Nothing\n"
		"is clamped, and nothing is sent twice.\n\n"
		"  -c, --config FILE  configuration, default " CONFIG_PATH "\n"
		"      --json         the answer as one JSON object\n"
		"  -y, --yes          do not ask\n\n"
		"A negative value goes behind `--`: pollux write --yes -- pump/offset "
		"-5\n\n"
		"The outcome is done (the device confirmed it, or it was read back "
		"equal), refused\n"
		"(by a rule; nothing was sent), failed, unknown (sent, no answer, not "
		"readable),\n"
		"expired or busy.  Exit codes: 0 done, 1 failed, unknown, expired or "
		"busy, 2 no such\n"
		"tag, or nobody to ask, 4 the device did not take it: unreachable, 7 "
		"refused.\n",
	.run = run,
};
