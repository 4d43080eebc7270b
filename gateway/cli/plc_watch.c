/* SPDX-License-Identifier: Apache-2.0 */
/* pollux plc watch, force, unforce, change: of a running PLC. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/plc.h"
#include "gateway/control.h"

struct ask {
	const char *target;
	char **names;
	int n;
	bool once, json;
};

/* A directory stands for the socket that `plc run --state` makes in it. */
static char *socket_of(const char *target)
{
	struct stat st;
	char *path;

	if (stat(target, &st) == 0 && S_ISDIR(st.st_mode)) {
		return asprintf(&path, "%s/plc.sock", target) < 0 ? NULL : path;
	}
	return strdup(target);
}

/* "word\tname\tname" */
static char *request_of(const char *word, const struct ask *ask)
{
	char *text = strdup(word);

	for (int i = 0; i < ask->n && text; i++) {
		char *longer;

		if (asprintf(&longer, "%s\t%s", text, ask->names[i]) < 0) {
			longer = NULL;
		}
		free(text);
		text = longer;
	}
	return text;
}

static json_t *ask_plc(const char *word, const struct ask *ask, enum exit_code *code)
{
	char *path = socket_of(ask->target);
	char *request = request_of(word, ask);
	char *answer = NULL;
	json_t *o;
	int err = path && request ? control_ask(path, request, &answer) : -ENOMEM;

	*code = EXIT_FAILED;
	if (err) {
		fprintf(stderr, "%s: %s\n", ask->target,
		        err == -ENOENT || err == -ECONNREFUSED ? "no PLC runs there"
		                                               : strerror(-err));
		*code = err == -ENOENT || err == -ECONNREFUSED ? EXIT_DEVICE
		        : err == -EACCES                       ? EXIT_REFUSED
		                                               : EXIT_FAILED;
	}
	o = err ? NULL : json_loads(answer, 0, NULL);
	free(answer);
	free(request);
	free(path);
	if (o && json_object_get(o, "error")) {
		fprintf(stderr, "%s\n", json_string_value(json_object_get(o, "error")));
		json_decref(o);
		o = NULL;
	}
	return o;
}

/* A forced value has an exclamation mark behind it. */
static bool print_line(const json_t *answer)
{
	const json_t *v;
	size_t i;
	bool good = true;

	printf("%g", json_number_value(json_object_get(answer, "time_ms")));
	json_array_foreach(json_object_get(answer, "variables"), i, v)
	{
		const char *error = json_string_value(json_object_get(v, "error"));

		if (error) {
			fprintf(stderr, "%s\n", error);
			good = false;
			continue;
		}
		printf(",%s%s", json_string_value(json_object_get(v, "value")),
		       json_is_true(json_object_get(v, "forced")) ? "!" : "");
	}
	putchar('\n');
	fflush(stdout);
	return good;
}

static void print_heading(const struct ask *ask)
{
	fputs("time_ms", stdout);
	for (int i = 0; i < ask->n; i++) {
		printf(strchr(ask->names[i], ',') ? ",\"%s\"" : ",%s", ask->names[i]);
	}
	putchar('\n');
}

/* The options, the target, and at least `least` words with it. */
static enum exit_code parse(struct ask *ask, int argc, char **argv, int least)
{
	static const struct option table[] = {
		{"once", no_argument, NULL, 'o'},
		{"json", no_argument, NULL, 'j'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 1;
	/* "+": force P x -1 has a value that looks like an option */
	while ((option = getopt_long(argc, argv, "+:", table, NULL)) != -1) {
		if (option == '?' || option == ':') {
			return command_usage("plc", "no option '%s'", argv[optind - 1]);
		}
		ask->once = ask->once || option == 'o';
		ask->json = ask->json || option == 'j';
	}
	if (argc - optind < least) {
		return command_usage("plc", "%s needs a running PLC%s", argv[0],
		                     least > 1 ? " and a variable" : "");
	}
	ask->target = argv[optind];
	ask->names = argv + optind + 1;
	ask->n = argc - optind - 1;
	return EXIT_DONE;
}

enum exit_code plc_watch(int argc, char **argv)
{
	struct ask ask = {0};
	enum exit_code code = parse(&ask, argc, argv, 2);
	bool first = true;

	while (code == EXIT_DONE) {
		json_t *answer = ask_plc("watch", &ask, &code);

		if (!answer) {
			return code;
		}
		code = EXIT_DONE;
		if (ask.json) {
			json_dumpf(answer, stdout, JSON_COMPACT);
			putchar('\n');
			fflush(stdout);
		} else {
			if (first) {
				print_heading(&ask);
			}
			code = print_line(answer) ? EXIT_DONE : EXIT_FAILED;
		}
		json_decref(answer);
		if (ask.once || ferror(stdout)) {
			break;
		}
		first = false;
		sleep(1);
	}
	return code;
}

static enum exit_code hold(const char *word, const struct ask *ask)
{
	enum exit_code code;
	json_t *answer = ask_plc(word, ask, &code);

	if (!answer) {
		return code;
	}
	if (ask->json) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		printf("%s = %s%s\n", json_string_value(json_object_get(answer, "name")),
		       json_string_value(json_object_get(answer, "value")),
		       json_is_true(json_object_get(answer, "forced")) ? " (forced)"
		                                                       : "");
	}
	json_decref(answer);
	return EXIT_DONE;
}

enum exit_code plc_force(int argc, char **argv)
{
	struct ask ask = {0};
	enum exit_code code = parse(&ask, argc, argv, 2);

	if (code == EXIT_DONE && ask.n != 2) {
		return command_usage("plc", "force needs a variable and a value");
	}
	return code == EXIT_DONE ? hold("force", &ask) : code;
}

enum exit_code plc_unforce(int argc, char **argv)
{
	struct ask ask = {0};
	enum exit_code code = parse(&ask, argc, argv, 2);

	if (code == EXIT_DONE && ask.n != 1) {
		return command_usage("plc", "unforce needs one variable");
	}
	return code == EXIT_DONE ? hold("unforce", &ask) : code;
}

/* The running PLC may work in another directory.  @return NULL, said why */
static char *absolute(const char *path)
{
	char *full = realpath(path, NULL);

	if (!full || strpbrk(full, "\t\n")) {
		fprintf(stderr, "%s: %s\n", path,
		        full ? "a tab in its path" : strerror(errno));
		free(full);
		return NULL;
	}
	return full;
}

static enum exit_code print_changed(const json_t *answer, bool json)
{
	const char *refused = json_string_value(json_object_get(answer, "refused"));

	if (refused) {
		fprintf(stderr, "%s%s", refused,
		        *refused && refused[strlen(refused) - 1] == '\n' ? "" : "\n");
		return EXIT_CONFIG;
	}
	if (json) {
		json_dumpf(answer, stdout, JSON_COMPACT);
		putchar('\n');
		return EXIT_DONE;
	}
	printf("changed: %lld variables kept, %lld new, %lld gone\n",
	       json_integer_value(json_object_get(answer, "kept")),
	       json_integer_value(json_object_get(answer, "begun")),
	       json_integer_value(json_object_get(answer, "dropped")));
	return EXIT_DONE;
}

enum exit_code plc_change(int argc, char **argv)
{
	struct ask ask = {.target = ""};
	enum exit_code code = parse(&ask, argc, argv, 1);
	int n = 0;

	for (; code == EXIT_DONE && n < ask.n; n++) {
		ask.names[n] = absolute(ask.names[n]);
		code = ask.names[n] ? code : EXIT_FAILED;
	}
	if (code == EXIT_DONE) {
		json_t *answer = ask_plc("change", &ask, &code);

		code = answer ? print_changed(answer, ask.json) : code;
		json_decref(answer);
	}
	while (n-- > 0) {
		free(ask.names[n]);
	}
	return code;
}
