/* SPDX-License-Identifier: Apache-2.0 */
/* pollux identify: parameters of a component's model out of its history. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/cli/identify_view.h"
#include "gateway/clock.h"
#include "gateway/control.h"
#include "gateway/script_identification.h"
#include "gateway/versions.h"

extern const struct command command_identify;

struct call {
	const char *path, *component, *parameters;
	struct component_history_wish wish;
	bool accept, force, json;
	bool chosen;      /* which rows or parameters: a fit of one's own is meant */
	int64_t rollback; /* -1: no */
};

/* What is known of the versions there are. */
struct known {
	const struct component_config *c;
	double parameters[MODEL_PARAMETERS_MAX]; /* in force */
	int64_t in_force, wanted;
	char *details; /* of the wanted one */
	struct version_proposal proposal;
	char *proposed; /* its details */
};

/* The newest version alone may be a proposal. */
static void take_proposal(struct known *k, const struct version *v)
{
	free(k->proposed);
	k->proposed = NULL;
	k->proposal = (struct version_proposal){.ts_us = v->ts_us};
	if (version_is_proposal(v, k->c, clock_wall_us(), k->proposal.parameters)) {
		k->proposal.number = v->number;
		k->proposed = strdup(v->details);
	}
}

static int on_version(void *arg, const struct version *v)
{
	struct known *k = arg;
	double parameters[MODEL_PARAMETERS_MAX] = {0};

	if (v->accepted && version_parse(v->details, k->c, parameters) == 0) {
		memcpy(k->parameters, parameters, sizeof(parameters));
		k->in_force = v->number;
	}
	take_proposal(k, v);
	if (v->number == k->wanted) {
		free(k->details);
		k->details = strdup(v->details);
	}
	return 0;
}

/* --- to the gateway, or where none runs, to the history --- */

static void nobody(void *arg, uint32_t component, const char *message)
{
	(void)arg;
	(void)component;
	(void)message;
}

static char *answer_directly(const struct config *cfg, const char *json, int *err)
{
	struct component_config *components = calloc(cfg->twin.n_components,
	                                             sizeof(*components));
	struct twin *no_twin = NULL;
	struct versions_parts parts = {.config = cfg,
	                               .components = components,
	                               .twin = &no_twin,
	                               .changed = nobody};
	struct versions *v = NULL;
	const char *found;
	char *answer = NULL;

	*err = components
	               ? writer_start(&parts.writer, &cfg->history, NULL, 1 << 20, &found)
	               : -ENOMEM;
	if (!*err) {
		memcpy(components, cfg->twin.components,
		       cfg->twin.n_components * sizeof(*components));
		*err = versions_new(&v, &parts);
		answer = *err ? NULL : versions_answer(v, json);
		versions_free(v);
		writer_stop(parts.writer);
	}
	free(components);
	return answer;
}

static enum exit_code submit(const struct config *cfg, const struct call *call,
                             json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT), *question = NULL, *answer = NULL;
	char *path = control_path(cfg->state_dir);
	enum exit_code code = EXIT_FAILED;
	json_t *o = NULL;
	int err = -ENOMEM;

	if (text && path && asprintf(&question, "version %s", text) > 0) {
		err = control_ask(path, question, &answer);
	}
	if (err == -ENOENT || err == -ECONNREFUSED) {
		answer = answer_directly(cfg, text, &err);
	}
	o = answer ? json_loads(answer, 0, NULL) : NULL;
	if (err || !o) {
		fprintf(stderr, "pollux identify: %s: %s\n", cfg->state_dir,
		        strerror(err ? -err : EBADMSG));
		code = err == -EBUSY    ? EXIT_IN_USE
		       : err == -EACCES ? EXIT_REFUSED
		                        : EXIT_FAILED;
	} else if (json_object_get(o, "error")) {
		fprintf(stderr, "pollux identify: %s: %s\n", call->component,
		        json_string_value(json_object_get(o, "error")));
	} else {
		fprintf(stderr, "%s: version %lld is in force\n", call->component,
		        (long long)json_integer_value(json_object_get(o, "version")));
		code = EXIT_DONE;
	}
	json_decref(o);
	free(answer);
	free(question);
	free(path);
	free(text);
	return code;
}

static json_t *request_of(const struct call *call, int64_t number, const char *details)
{
	json_t *o = json_pack("{s:s, s:I, s:b}", "component", call->component, "number",
	                      (json_int_t)number, "accepted", 1);

	if (details) {
		json_object_set_new(o, "details", json_loads(details, 0, NULL));
	}
	return o;
}

static enum exit_code roll_back(const struct config *cfg, const struct call *call,
                                const struct known *k)
{
	enum exit_code code = EXIT_FAILED;
	json_t *request;

	if (call->rollback && !k->details) {
		fprintf(stderr, "pollux identify: %s has no version %lld\n",
		        call->component, (long long)call->rollback);
		return EXIT_FAILED;
	}
	request = request_of(call, call->rollback, k->details);
	code = submit(cfg, call, request);
	json_decref(request);
	return code;
}

/* What the gateway has proposed, as a line on stderr. */
static void tell_proposal(const struct known *k, const char *end)
{
	const struct model *m = k->c->model;
	char time[32];

	clock_iso(k->proposal.ts_us, time);
	fprintf(stderr, "%s: version %lld, proposed %s:", k->c->id,
	        (long long)k->proposal.number, time);
	for (size_t i = 0; i < m->n_parameters; i++) {
		double before = k->parameters[i], after = k->proposal.parameters[i];

		if (fabs(after - before) > 0) {
			fprintf(stderr, " %s %.4g -> %.4g", m->parameters[i].name, before,
			        after);
		}
	}
	fprintf(stderr, "%s\n", end);
}

static enum exit_code accept_proposal(const struct config *cfg, const struct call *call,
                                      const struct known *k)
{
	json_t *request = request_of(call, k->proposal.number, k->proposed);
	enum exit_code code;

	tell_proposal(k, "");
	code = submit(cfg, call, request);
	json_decref(request);
	return code;
}

static enum exit_code put_in_force(const struct config *cfg, const struct call *call,
                                   const struct identification *i)
{
	const struct component_config *c = &cfg->twin.components[call->wish.component];
	const struct component_history *h = &i->history;
	const struct version_origin origin = {
		.prior = c->parameters,
		.rows = i->fit_rows,
		.from_us = h->from_us,
		.to_us = h->from_us + (int64_t)(h->t_s[h->rows.n - 1] * 1e6),
		.by = "cli"};
	char *details = version_details(c, i->result.parameters, &origin);
	enum exit_code code = EXIT_FAILED;
	json_t *request;

	if (!i->better && !call->force) {
		fprintf(stderr, "pollux identify: %s: not accepted: %s (--force does)\n",
		        call->component,
		        i->judged ? "it is no better than what is in force"
		                  : "too few rows to judge it on");
		free(details);
		return EXIT_FAILED;
	}
	request = request_of(call, 0, details);
	json_object_set_new(request, "train_error", json_real(i->result.error));
	if (isfinite(identification_gain(i))) {
		json_object_set_new(request, "held_out_error",
		                    json_real(identification_gain(i)));
	}
	code = submit(cfg, call, request);
	json_decref(request);
	free(details);
	return code;
}

/* --- the call --- */

static enum exit_code wanted_of(const struct call *call, const struct component_config *c,
                                bool *wanted)
{
	char *list = call->parameters ? strdup(call->parameters) : NULL, *rest = list,
	     *name;
	enum exit_code code = EXIT_DONE;

	if (!list) {
		identification_default(c, wanted);
		return EXIT_DONE;
	}
	while ((name = strsep(&rest, ","))) {
		size_t k = 0;

		while (k < c->model->n_parameters &&
		       strcmp(c->model->parameters[k].name, name) != 0) {
			k++;
		}
		if (k == c->model->n_parameters || !(c->parameters[k] > 0)) {
			code = command_usage("identify",
			                     "%s has no positive parameter '%s'", c->id,
			                     name);
			break;
		}
		wanted[k] = true;
	}
	free(list);
	return code;
}

static enum exit_code failed(const struct call *call, const struct identification *i,
                             int err)
{
	if (err == -ENODATA) {
		fprintf(stderr,
		        "pollux identify: %s: only %zu healthy rows in spans of %d "
		        "(%zu left out around alarms: --with-alarms); try --since 7d\n",
		        call->component, i->history.kept, COMPONENT_HISTORY_SPAN_MIN,
		        i->history.unhealthy);
	} else {
		fprintf(stderr, "pollux identify: %s: %s\n", call->component,
		        err == -EDOM || err == -ERANGE
		                ? "the model cannot be simulated over this history"
		                : strerror(-err));
	}
	return EXIT_FAILED;
}

/* Whether the model is ours or a script. */
static int find(struct identification *i, const struct config *cfg,
                const struct call *call, struct reader *reader)
{
	struct machine_error why;
	int err;

	if (!cfg->twin.components[call->wish.component].model->local) {
		return identification_run(i, reader, cfg, &call->wish);
	}
	err = script_identification_run(i, reader, cfg, &call->wish, &why);
	if (err == -EINVAL) {
		fprintf(stderr, "pollux identify: %s: its script failed, line %u: %s\n",
		        call->component, why.line, why.text);
	}
	return err;
}

static enum exit_code study(const struct config *cfg, const struct call *call,
                            struct reader *reader, const struct known *known)
{
	struct identification i = {.fit_rows = 0};
	enum exit_code code = wanted_of(call, known->c, i.wanted);
	int err;

	if (code != EXIT_DONE) {
		return code;
	}
	memcpy(i.now, known->parameters, sizeof(i.now));
	err = find(&i, cfg, call, reader);
	if (err == -EINVAL) {
		code = EXIT_FAILED;
	} else if (err) {
		code = failed(call, &i, err);
	} else {
		(call->json ? identify_view_json : identify_view_table)(stdout,
		                                                        known->c->id, &i);
		fflush(stdout);
		code = call->accept ? put_in_force(cfg, call, &i) : EXIT_DONE;
	}
	identification_fini(&i);
	return code;
}

static enum exit_code with_history(const struct config *cfg, const struct call *call)
{
	const struct component_config *c = &cfg->twin.components[call->wish.component];
	struct known known = {.c = c, .wanted = call->rollback};
	struct reader *reader = NULL;
	enum exit_code code = EXIT_FAILED;
	char *path = NULL;
	int err = asprintf(&path, "%s/history.db", cfg->state_dir) < 0 ? -ENOMEM : 0;

	memcpy(known.parameters, c->parameters, sizeof(known.parameters));
	if (!err) {
		err = reader_open(&reader, path);
		free(path);
	}
	if (!err) {
		err = reader_versions(reader, c->id, on_version, &known);
	}
	if (err < 0) {
		fprintf(stderr, "pollux identify: %s: %s\n", cfg->state_dir,
		        err == -ENOENT ? "there is no history yet" : strerror(-err));
		code = err == -EACCES ? EXIT_REFUSED : EXIT_FAILED;
	} else if (call->rollback >= 0) {
		code = roll_back(cfg, call, &known);
	} else if (call->accept && !call->chosen && known.proposed) {
		code = accept_proposal(cfg, call, &known);
	} else {
		if (known.proposed) {
			tell_proposal(&known, "; --accept alone puts it in force");
		}
		code = study(cfg, call, reader, &known);
	}
	free(known.details);
	free(known.proposed);
	reader_close(reader);
	return code;
}

static enum exit_code find_component(const struct config *cfg, struct call *call)
{
	const struct twin_config *twin = &cfg->twin;

	for (size_t i = 0; i < twin->n_components; i++) {
		if (strcmp(twin->components[i].id, call->component) == 0) {
			call->wish.component = i;
			if (identification_is_possible(&twin->components[i])) {
				return EXIT_DONE;
			}
			fprintf(stderr,
			        "pollux identify: %s: model %s has no parameters to be "
			        "identified\n",
			        call->component, twin->components[i].model->name);
			return EXIT_FAILED;
		}
	}
	fprintf(stderr, "pollux identify: there is no component '%s' in %s\n",
	        call->component, call->path);
	return EXIT_FAILED;
}

static int parse_option(struct call *call, int opt)
{
	char *end;

	call->chosen |= opt == 's' || opt == 'u' || opt == 'p' || opt == 'A' ||
	                opt == 'f';
	switch (opt) {
	case 'c':
		call->path = optarg;
		return 0;
	case 's':
		return clock_parse(optarg, clock_wall_us(), &call->wish.since_us);
	case 'u':
		return clock_parse(optarg, clock_wall_us(), &call->wish.until_us);
	case 'p':
		call->parameters = optarg;
		return 0;
	case 'A':
		call->wish.with_alarms = true;
		return 0;
	case 'a':
		call->accept = true;
		return 0;
	case 'f':
		call->force = true;
		return 0;
	case 'r':
		call->rollback = strtoll(optarg, &end, 10);
		return *end || call->rollback < 0 ? -EINVAL : 0;
	case 'J':
		call->json = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static enum exit_code run_identify(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"since", required_argument, NULL, 's'},
		{"until", required_argument, NULL, 'u'},
		{"parameters", required_argument, NULL, 'p'},
		{"with-alarms", no_argument, NULL, 'A'},
		{"accept", no_argument, NULL, 'a'},
		{"force", no_argument, NULL, 'f'},
		{"rollback", required_argument, NULL, 'r'},
		{"json", no_argument, NULL, 'J'},
		{0}};
	struct call call = {.path = CONFIG_PATH, .rollback = -1};
	struct config *cfg;
	enum exit_code code;

	call.wish.since_us = clock_wall_us() - 86400 * INT64_C(1000000);
	call.wish.until_us = INT64_MAX;
	for (int opt; (opt = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
		if (parse_option(&call, opt)) {
			return command_usage("identify", "what is '%s'?",
			                     optarg ? optarg : "that");
		}
	}
	if (optind + 1 != argc) {
		return command_usage("identify", "which component?");
	}
	call.component = argv[optind];
	if (config_load(&cfg, call.path, stderr)) {
		return EXIT_CONFIG;
	}
	code = find_component(cfg, &call);
	if (code == EXIT_DONE) {
		code = with_history(cfg, &call);
	}
	config_free(cfg);
	return code;
}

const struct command command_identify = {
	.name = "identify",
	.summary = "fit a model's parameters to the history",
	.help = "usage: pollux identify COMPONENT [--since T] [--until T] [--parameters "
		"A,B]\n"
		"                       [--accept [--force]] [--with-alarms] [--json] "
		"[-c FILE]\n"
		"       pollux identify COMPONENT --rollback VERSION [-c FILE]\n\n"
		"Fits the parameters to the first 70 % of the healthy rows, and shows on "
		"the\nothers what they are worth: errors of forecasts with the "
		"parameters in force,\nwith those found, and of no change at all.  "
		"Whether the gateway runs or not.\n\n"
		"  -c, --config FILE  configuration, default " CONFIG_PATH "\n"
		"      --since T      from then on, default 1d (ago); --until T\n"
		"      --parameters   which, separated by commas; default those that "
		"the\n"
		"                     configuration says\n"
		"      --with-alarms  also rows in and around alarms\n"
		"      --accept       make what was found a version, and put it in "
		"force, "
		"if it\n"
		"                     is better; --force: in any case.  Alone, where "
		"the\n"
		"                     gateway has proposed a version (auto_identify): "
		"that\n"
		"                     one\n"
		"      --rollback N   put version N in force, 0: the configuration's\n"
		"      --json         instead of tables\n",
	.run = run_identify,
};
