/* SPDX-License-Identifier: Apache-2.0 */
/* pollux line-flow: what a gateway expects of the throughput of its line.  Started by
 * Pollux itself (gateway/flow.h). */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/learn.h"
#include "gateway/clock.h"
#include "gateway/line/flow_count.h"
#include "gateway/line/line_shift.h"
#include "gateway/line/line_window.h"

extern const struct command command_line_flow;

struct call {
	const char *path;
	double window_s;
	double shift_s, begins_s; /* shift_s 0: none is foretold */
	struct learn_call learn;
};

static enum exit_code parse(struct call *call, int argc, char **argv)
{
	static const struct option table[] = {{"window", required_argument, NULL, 0},
	                                      {"shift", required_argument, NULL, 1},
	                                      {"begins", required_argument, NULL, 2},
	                                      LEARN_OPTIONS,
	                                      {0}};
	double *const times[] = {&call->window_s, &call->shift_s, &call->begins_s};
	enum exit_code code = EXIT_DONE;
	int64_t ms = 0;

	optind = 1;
	for (int option; code == EXIT_DONE &&
	                 (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
		if (option < 0 || option > 2) {
			code = learn_option(&call->learn, option);
		} else if (command_duration(optarg, &ms)) {
			code = command_usage("line-flow", "'%s' is no time", optarg);
		} else {
			*times[option] = (double)ms / 1000;
		}
	}
	if (code == EXIT_DONE && (optind + 1 != argc || !(call->window_s >= 1))) {
		code = command_usage("line-flow", "a FILE and a --window are wanted");
	}
	call->path = code == EXIT_DONE ? argv[optind] : NULL;
	return code;
}

static const char *why_not(int err)
{
	switch (err) {
	case -ERANGE:
		return "it has no steady rate: it lives by orders, or no window lies "
		       "between the breaks";
	case -EDOM:
		return "nothing leaves it in such a window";
	case -ELOOP:
		return "parts go round without any time passing";
	default:
		return strerror(-err);
	}
}

/* What the shift made so far; NAN: the history does not tell. */
static double made_since(const struct call *call, const struct line_setup *setup,
                         int64_t since_us)
{
	struct machine_wish wish = {.since_us = since_us, .until_us = clock_wall_us()};
	struct reader *reader = NULL;
	struct config *cfg = NULL;
	char *path = NULL;
	double parts = (double)NAN;
	int err = call->learn.config ? config_load(&cfg, call->learn.config, stderr)
	                             : -ENOENT;

	if (!err) {
		err = asprintf(&path, "%s/history.db", cfg->state_dir) < 0 ? -ENOMEM : 0;
	}
	err = err ? err : reader_open(&reader, path);
	wish.config = cfg;
	if (err || line_shift_made(setup, reader, &wish, &parts)) {
		parts = (double)NAN;
	}
	reader_close(reader);
	free(path);
	config_free(cfg);
	return parts;
}

/* NULL: it cannot be told. */
static json_t *foretell(const struct call *call, const struct line_setup *setup)
{
	int64_t now_us = clock_wall_us(), local_s = flow_local_s(now_us), since_us;
	struct line_shift shift = line_shift_at(local_s, call->begins_s, call->shift_s,
	                                        setup->config.period_s);
	double rest[LINE_OUTPUTS], made;

	since_us = now_us - (int64_t)(shift.since_s * 1e6);
	/* an hour more or less, where the clock on the wall was changed since */
	since_us += (local_s - (int64_t)shift.since_s - flow_local_s(since_us)) * 1000000;
	made = made_since(call, setup, since_us);
	if (isnan(made) || line_shift_rest(setup, &shift, rest)) {
		return NULL;
	}
	return json_pack("{s:f, s:f, s:f, s:f, s:f}", "made", made, "p10", made + rest[0],
	                 "p50", made + rest[1], "p90", made + rest[2], "left_s",
	                 shift.left_s);
}

static enum exit_code say(const struct call *call, const struct line_setup *setup,
                          const struct line_learning *learnt)
{
	struct told_level t;
	size_t windows, taken = 0;
	int err = line_window(&t, setup, call->window_s, &windows);
	json_t *o;

	if (err) {
		fprintf(stderr, "%s: %s\n", call->path, why_not(err));
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < learnt->n; i++) {
		taken += !learnt->items[i].why;
	}
	o = json_pack("{s:f, s:f, s:f, s:f, s:f, s:I, s:I}", "mean", t.mean, "sigma",
	              t.sigma, "variance", t.variance, "w_max", t.w_max, "z_max", t.z_max,
	              "windows", (json_int_t)windows, "learnt", (json_int_t)taken);
	if (call->shift_s > 0) {
		json_t *shift = foretell(call, setup);

		json_object_set_new(o, "shift", shift ? shift : json_null());
	}
	command_print_json(stdout, o);
	return EXIT_DONE;
}

static enum exit_code run(int argc, char **argv)
{
	struct call call = {.learn = LEARN_CALL("line-flow")};
	struct line_learning learnt = {.n = 0};
	struct line_setup *setup = NULL;
	enum exit_code code = parse(&call, argc, argv);

	if (code == EXIT_DONE && line_file_read(&setup, call.path, NULL, stderr)) {
		code = EXIT_CONFIG;
	}
	code = code == EXIT_DONE ? learn_into(&learnt, &call.learn, setup) : code;
	code = code == EXIT_DONE ? say(&call, setup, &learnt) : code;
	line_learning_free(&learnt);
	line_file_free(setup);
	return code;
}

const struct command command_line_flow = {
	.name = "line-flow",
	.help = "usage: pollux line-flow FILE --window T [--learn CONFIG [--since T]]\n"
		"                        [--shift T --begins T]\n\n"
		"What the line of FILE gives within a window, 1/h, and until the shift "
		"ends,\n"
		"as JSON; a gateway asks for it itself.\n",
	.run = run,
};
