/* SPDX-License-Identifier: Apache-2.0 */
/* pollux demo: broker, virtual line and gateway together, each a process of its own, and
 * a witness that counts what comes back from the broker. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/demo_files.h"
#include "gateway/cli/demo_report.h"
#include "gateway/cli/demo_world.h"
#include "gateway/cli/view.h"
#include "gateway/clock.h"

extern const struct command command_demo;

enum {
	TURN_MS = 100,
	DRAW_MS = 500,   /* on a terminal */
	PRINT_MS = 5000, /* elsewhere */
	TERMINAL_ROWS = 30,
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signum)
{
	(void)signum;
	interrupted = 1;
}

static void catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void draw(const struct demo_world *w, const json_t *status, const json_t *tags)
{
	fputs("\033[H\033[J", stdout);
	demo_world_hints(w, stdout);
	putchar('\n');
	view_status(stdout, status, true, false);
	putchar('\n');
	view_tags(stdout, tags, TERMINAL_ROWS, true);
	fflush(stdout);
}

static void print_line(const struct demo_world *w, const json_t *status, double now_s)
{
	printf("%5.1f s: %lld samples stored, %lld of %lld tags learnt, %lld alarms, "
	       "%llu messages received back\n",
	       now_s, (long long)json_integer_value(json_object_get(status, "stored")),
	       (long long)json_integer_value(json_object_get(status, "learnt")),
	       (long long)json_integer_value(json_object_get(status, "monitored")),
	       (long long)json_integer_value(json_object_get(status, "alarms")),
	       (unsigned long long)w->witnessed.messages);
	fflush(stdout);
}

static void show(const struct demo_world *w, double now_s, bool terminal)
{
	int err;
	json_t *status = view_ask(w->config, "status", &err);
	json_t *tags = status && terminal ? view_ask(w->config, "tags", &err) : NULL;

	if (tags) {
		draw(w, status, tags);
	} else if (status && !terminal) {
		print_line(w, status, now_s);
	}
	json_decref(status);
	json_decref(tags);
}

/* Until the time is over, somebody interrupts, or a part ends by itself. */
static void run_world(struct demo_world *w, int64_t for_ms, bool terminal)
{
	uint64_t start_ns = clock_now_ns();
	int64_t show_ms = terminal ? DRAW_MS : PRINT_MS, next_ms = show_ms;

	for (;;) {
		int64_t now_ms = (int64_t)((clock_now_ns() - start_ns) / 1000000);

		if (interrupted || (for_ms > 0 && now_ms >= for_ms) ||
		    demo_world_ended(w)) {
			return;
		}
		demo_world_listen(w, TURN_MS);
		if (now_ms >= next_ms) {
			next_ms += show_ms;
			show(w, (double)now_ms / 1e3, terminal);
		}
	}
}

static enum exit_code demo(const char *broker, int64_t for_ms)
{
	bool terminal = command_is_terminal(STDOUT_FILENO);
	struct demo_world *w = calloc(1, sizeof(*w));
	struct demo_report report;
	enum exit_code code;

	if (!w) {
		return EXIT_FAILED;
	}
	code = demo_world_start(w, broker);
	if (code == EXIT_DONE) {
		demo_world_hints(w, stdout);
		fflush(stdout);
		run_world(w, for_ms, terminal);
		demo_report_take(&report, w);
		demo_world_stop(w);
		demo_report_finish(&report, w);
		code = demo_report_print(&report, stdout) ? EXIT_DONE : EXIT_FAILED;
	}
	demo_world_clean(w, code == EXIT_DONE);
	free(w);
	return code;
}

static enum exit_code run(int argc, char **argv)
{
	static const struct option options[] = {{"for", required_argument, NULL, 'f'},
	                                        {"broker", required_argument, NULL, 'b'},
	                                        {0}};
	const char *broker = NULL;
	int64_t for_ms = 0;

	for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (opt == 'f' && (command_duration(optarg, &for_ms) || for_ms == 0)) {
			return command_usage("demo", "'%s' is no time: 30s, 2m", optarg);
		}
		if (opt == 'b') {
			broker = optarg;
		}
		if (opt == '?') {
			return command_usage("demo", "what is that?");
		}
	}
	if (optind < argc) {
		return command_usage("demo", "'%s' is too much", argv[optind]);
	}
	catch_interrupts();
	return demo(broker, for_ms);
}

const struct command command_demo = {
	.name = "demo",
	.summary = "broker, virtual line and gateway together, nothing configured",
	.help = "usage: pollux demo [--for T] [--broker URI]\n\n"
		"Starts a private mosquitto on a free port, the virtual line on another, "
		"and the\n"
		"gateway, which polls the line each 100 ms, learns its normal from 400 "
		"readings,\n"
		"stores in a directory of its own under $TMPDIR and publishes.  After a "
		"minute the\n"
		"line springs a leak.  Shows tags and alarms live, and ends with a "
		"summary.\n\n"
		"      --for T       end after 30s, 2m, ...; default: until Ctrl-C\n"
		"      --broker URI  use this broker, mqtt://HOST:PORT, instead\n\n"
		"Exit codes: 0 all went as it should, 1 something in the summary is "
		"wrong.\n",
	.run = run,
};
