/* SPDX-License-Identifier: Apache-2.0 */
/* pollux run: the gateway, in the foreground. */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>

#include "gateway/cli/command.h"
#include "gateway/gateway.h"
#include "gateway/log.h"

extern const struct command command_run;

/* A connection is a descriptor, and nothing here selects: as many as the system allows.
 * Under systemd LimitNOFILE= has done it already. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* What is large is large for a moment: a file's text, a minute that is being added up.
 * glibc takes the first such block that is freed for a sign to keep all that follow. */
static void give_memory_back(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 512 << 10);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

static enum exit_code run(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
	                                        {"verbose", no_argument, NULL, 'v'},
	                                        {0}};
	const char *path = CONFIG_PATH;
	struct config *cfg, *next;
	int err;

	for (int opt; (opt = getopt_long(argc, argv, "c:v", options, NULL)) != -1;) {
		switch (opt) {
		case 'c':
			path = optarg;
			break;
		case 'v':
			log_level(LOG_DEBUG);
			break;
		default:
			return command_usage("run", "what is that?");
		}
	}
	if (optind < argc) {
		return command_usage("run", "'%s' is too much", argv[optind]);
	}
	give_memory_back();
	if (config_load(&cfg, path, stderr)) {
		return EXIT_CONFIG;
	}
	raise_descriptors();
	do {
		err = gateway_run(cfg, &next);
		config_free(cfg);
		cfg = next;
	} while (!err && cfg);
	config_free(cfg);
	return err == 0 ? EXIT_DONE : err == -EBUSY ? EXIT_IN_USE : EXIT_FAILED;
}

const struct command command_run = {
	.name = "run",
	.summary = "run the gateway in the foreground",
	.help = "usage: pollux run [-c FILE] [-v]\n\n"
		"Polls the devices, keeps the twin, stores and publishes, until SIGTERM "
		"or\n"
		"Ctrl-C.  Tells a supervisor (systemd, Type=notify) when it is ready "
		"and\n"
		"feeds its watchdog.  Logs to stderr, one line an event.  SIGHUP reads "
		"the\n"
		"configuration again: an invalid one changes nothing, a changed one "
		"starts anew.\n\n"
		"  -c, --config FILE  configuration, default " CONFIG_PATH "\n"
		"  -v, --verbose      log more\n\n"
		"Exit codes: 0 stopped in order, 1 failed, 3 configuration invalid,\n"
		"6 state directory in use by another instance.\n",
	.run = run,
};
