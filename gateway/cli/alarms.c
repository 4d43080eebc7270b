/* SPDX-License-Identifier: Apache-2.0 */
/* pollux alarms ack and shelve: what people do with alarms of the running gateway. */
#include "gateway/cli/alarms.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/alarm_desk.h"
#include "gateway/config/quantity.h"
#include "gateway/control.h"

/* Who says so, as one word: whom sudo runs for, else who runs this. */
static void find_name(char *name, size_t size)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	if (sudo && *sudo) {
		snprintf(name, size, "%s", sudo);
	} else if (user) {
		snprintf(name, size, "%s", user->pw_name);
	} else {
		snprintf(name, size, "uid-%u", (unsigned)getuid());
	}
	for (char *c = name; *c; c++) {
		*c = *c <= ' ' || *c == 127 ? '_' : *c;
	}
}

static enum exit_code ask(const char *path, const char *alarm, const char *question)
{
	struct config *cfg = NULL;
	char *socket, *answer = NULL;
	enum exit_code code = EXIT_FAILED;
	const char *error;
	json_t *o;
	int err;

	if (config_load(&cfg, path, stderr)) {
		return EXIT_CONFIG;
	}
	socket = control_path(cfg->state_dir);
	err = socket ? control_ask(socket, question, &answer) : -ENOMEM;
	if (err) {
		fprintf(stderr, "pollux alarms: %s: %s\n", cfg->state_dir,
		        err == -ENOENT || err == -ECONNREFUSED ? "no gateway runs there"
		                                               : strerror(-err));
		code = err == -EACCES ? EXIT_REFUSED : EXIT_FAILED;
	} else {
		o = json_loads(answer, 0, NULL);
		error = json_string_value(json_object_get(o, "error"));
		if (!o || error) {
			fprintf(stderr, "pollux alarms: %s\n",
			        error ? error : "the gateway does not understand");
		} else {
			printf("%s: done\n", alarm);
			code = EXIT_DONE;
		}
		json_decref(o);
	}
	free(answer);
	free(socket);
	config_free(cfg);
	return code;
}

/* Options may stand anywhere.  @return the words that are left, or -1 */
static int take_options(int argc, char **argv, const char **path)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {0}};
	int o;

	optind = 1;
	while ((o = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
		if (o != 'c') {
			return -1;
		}
		*path = optarg;
	}
	return argc - optind;
}

enum exit_code alarms_ack(int argc, char **argv)
{
	char name[ALARM_DESK_NAME_MAX + 1], question[CONTROL_REQUEST_MAX];
	const char *path = CONFIG_PATH;
	int n = take_options(argc, argv, &path);

	if (n < 0) {
		return EXIT_USAGE; /* getopt has said why */
	}
	if (n != 1) {
		return command_usage("alarms", "ack: one alarm, by ID or DEVICE/TAG");
	}
	find_name(name, sizeof(name));
	snprintf(question, sizeof(question), "ack %.200s %s", argv[optind], name);
	return ask(path, argv[optind], question);
}

enum exit_code alarms_shelve(int argc, char **argv)
{
	char name[ALARM_DESK_NAME_MAX + 1], question[CONTROL_REQUEST_MAX];
	const char *path = CONFIG_PATH;
	int n = take_options(argc, argv, &path);
	int64_t ms = 0;

	if (n < 0) {
		return EXIT_USAGE; /* getopt has said why */
	}
	if (n != 2) {
		return command_usage("alarms", "shelve: an alarm, by ID or DEVICE/TAG, "
		                               "and how long");
	}
	if (strcmp(argv[optind + 1], "0") != 0 &&
	    (quantity_duration(argv[optind + 1], &ms) || ms < 1000)) {
		return command_usage("alarms", "'%s' is no duration such as 8h",
		                     argv[optind + 1]);
	}
	if (ms > ALARM_DESK_SHELVED_MAX_S * INT64_C(1000)) {
		return command_usage("alarms", "an alarm is shelved for 7d at most");
	}
	find_name(name, sizeof(name));
	snprintf(question, sizeof(question), "shelve %.200s %lld %s", argv[optind],
	         (long long)(ms / 1000), name);
	return ask(path, argv[optind], question);
}
