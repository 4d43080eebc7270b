/* SPDX-License-Identifier: Apache-2.0 */
/* pollux plc run: a program, stepped or in real time. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/plc.h"
#include "gateway/cli/plc_live.h"
#include "gateway/plc/listing.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = 1;
}

/* ---- the command line
 * ------------------------------------------------------------------
 */

static int read_count(const char *text, uint64_t *out)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (end == text || *end || errno != 0 || *text == '-') {
		return -EINVAL;
	}
	*out = n;
	return 0;
}

static enum exit_code parse_option(struct plc_call *call, int option)
{
	int64_t ms;

	switch (option) {
	case 'c':
		if (plc_duration(optarg, &call->options.cycle_ns) != 0 ||
		    call->options.cycle_ns < 1000) {
			return command_usage("plc",
			                     "--cycle is a time such as 20ms, not '%s'",
			                     optarg);
		}
		break;
	case 'n':
	case 'e':
		if (read_count(optarg, option == 'n' ? &call->scans : &call->every)) {
			return command_usage("plc", "a number is wanted, not '%s'",
			                     optarg);
		}
		call->limited = call->limited || option == 'n';
		break;
	case 'f':
		if (command_duration(optarg, &ms) != 0) {
			return command_usage(
				"plc", "--for is a time such as 30s, not '%s'", optarg);
		}
		call->for_ms = ms;
		break;
	case 'i':
		call->inputs = optarg;
		break;
	case 'w':
		call->watch = optarg;
		break;
	case 's':
		call->state = optarg;
		break;
	case 'l':
		call->listen = optarg;
		break;
	case 'S':
		call->socket = optarg;
		break;
	case 'm':
		call->mqtt = optarg;
		break;
	default:
		return command_usage("plc", "no such option, or it needs a value");
	}
	return EXIT_DONE;
}

static enum exit_code parse(struct plc_call *call, int argc, char **argv)
{
	static const struct option table[] = {
		{"cycle", required_argument, NULL, 'c'},
		{"scans", required_argument, NULL, 'n'},
		{"every", required_argument, NULL, 'e'},
		{"for", required_argument, NULL, 'f'},
		{"inputs", required_argument, NULL, 'i'},
		{"watch", required_argument, NULL, 'w'},
		{"state", required_argument, NULL, 's'},
		{"listen", required_argument, NULL, 'l'},
		{"socket", required_argument, NULL, 'S'},
		{"mqtt", required_argument, NULL, 'm'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		enum exit_code code = parse_option(call, option);

		if (code != EXIT_DONE) {
			return code;
		}
	}
	if (optind >= argc) {
		return command_usage("plc", "run needs a file");
	}
	call->paths = argv + optind;
	call->n_paths = (size_t)(argc - optind);
	return EXIT_DONE;
}

/* ---- a run
 * -----------------------------------------------------------------------------
 */

void plc_run_say_fault(const struct plc_parts *parts)
{
	const struct program_fault *f = program_fault(parts->program);

	if (f->at.line > 0) {
		fprintf(stderr, "%s:%" PRIu32 ": ",
		        sources_name(parts->sources, f->at.file), f->at.line);
	}
	fprintf(stderr, "run-time error in scan %" PRIu64 ": %s\n", f->scan, f->text);
}

static enum exit_code say_kept(const struct plc_call *call, int err)
{
	if (err == 0) {
		return EXIT_DONE;
	}
	fprintf(stderr, "%s: %s\n", call->state,
	        err == -EBUSY ? "another PLC uses this directory" : strerror(-err));
	return err == -EBUSY ? EXIT_IN_USE : EXIT_FAILED;
}

static enum exit_code open_parts(struct plc_parts *parts, const struct plc_call *call)
{
	enum exit_code code = EXIT_DONE;
	int err = watched_new(&parts->watched, call->watch, parts->program, stderr);

	if (err) {
		return err == -ENOENT ? EXIT_USAGE : EXIT_FAILED;
	}
	if (call->inputs) {
		err = inputs_open(&parts->inputs, call->inputs, parts->program, stderr);
		if (err) {
			return err == -EINVAL ? EXIT_CONFIG : EXIT_FAILED;
		}
	}
	if (call->state) {
		code = say_kept(call, keep_file_open(&parts->keep, call->state,
		                                     parts->program, stderr));
	}
	return code;
}

enum exit_code plc_run_before(const struct plc_parts *parts, int64_t now_ns)
{
	if (parts->inputs && inputs_apply(parts->inputs, now_ns) != 0) {
		return EXIT_CONFIG;
	}
	return EXIT_DONE;
}

enum exit_code plc_run_after(const struct plc_parts *parts, const struct plc_call *call)
{
	if (!parts->keep) {
		return EXIT_DONE;
	}
	return say_kept(call, keep_file_save(parts->keep));
}

static enum exit_code stepped(const struct plc_parts *parts, const struct plc_call *call)
{
	int64_t cycle = program_cycle_ns(parts->program);
	enum exit_code code = EXIT_DONE;

	for (uint64_t k = 0; (!call->limited || k < call->scans) && !interrupted; k++) {
		int64_t now = (int64_t)k * cycle;

		code = plc_run_before(parts, now);
		if (code != EXIT_DONE) {
			return code;
		}
		if (program_scan(parts->program, now) != 0) {
			plc_run_say_fault(parts);
			return EXIT_FAILED;
		}
		code = plc_run_after(parts, call);
		if (code != EXIT_DONE) {
			return code;
		}
		if (call->every <= 1 || k % call->every == 0 ||
		    (call->limited && k + 1 == call->scans)) {
			watched_line(parts->watched, now, stdout);
		}
		if (ferror(stdout)) {
			return EXIT_FAILED;
		}
	}
	return code;
}

static void close_parts(struct plc_parts *parts)
{
	keep_file_close(parts->keep);
	inputs_close(parts->inputs);
	watched_free(parts->watched);
	program_free(parts->program);
	sources_free(parts->sources);
}

static enum exit_code load(struct plc_parts *parts, const struct plc_call *call)
{
	int err = listing_read(&parts->sources, call->paths, call->n_paths, stderr);

	if (err) {
		return EXIT_FAILED;
	}
	err = program_load(&parts->program, parts->sources, &call->options);
	if (err == -EINVAL) {
		listing_print(parts->sources, stderr);
		return EXIT_CONFIG;
	}
	if (err) {
		fprintf(stderr, "pollux plc run: %s\n", strerror(-err));
	}
	return err ? EXIT_FAILED : EXIT_DONE;
}

static void catch_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

enum exit_code plc_run_call(const struct plc_call *call)
{
	struct plc_parts parts = {0};
	enum exit_code code = load(&parts, call);

	if (code == EXIT_DONE) {
		code = open_parts(&parts, call);
	}
	if (code == EXIT_DONE) {
		if (!call->mqtt) {
			watched_heading(parts.watched, stdout);
		}
		if (call->listen || call->socket || call->mqtt || call->for_ms > 0) {
			code = plc_live(&parts, call);
		} else {
			catch_signals();
			code = stepped(&parts, call);
		}
		fflush(stdout);
	}
	close_parts(&parts);
	return code;
}

enum exit_code plc_run(int argc, char **argv)
{
	struct plc_call call = {.every = 1};
	enum exit_code code = parse(&call, argc, argv);

	return code == EXIT_DONE ? plc_run_call(&call) : code;
}
