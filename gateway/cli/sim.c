/* SPDX-License-Identifier: Apache-2.0 */
/* pollux sim: the virtual machine. */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/plc_live.h"
#include "gateway/cli/sim_plc.h"
#include "gateway/config/quantity.h"
#include "gateway/plant/plant_fmus.h"

extern const struct command command_sim;

/* What the command line says. */
struct call {
	const char *path, *script, *plc;
	struct sim_plc_call watch;
	struct sim_options options;
	int64_t seed;  /* -1: the file's */
	bool alone;    /* the plant without its PLC */
	bool no_plant; /* the PLC without its plant */
};

/* A run: ends at a signal or when its time is over. */
struct run {
	uv_loop_t loop;
	uv_signal_t signals[2];
	struct sim *sim;
	struct plc_link *link;     /* its PLC; NULL: none here */
	struct plc_remote *remote; /* its PLC elsewhere, that it drives; NULL: none */
	struct sim_plc *watch;
	bool plc_failed;
	struct sim_stats stats; /* as they were at the end */
	struct plc_remote_stats plc;
};

static void run_end(void *arg)
{
	struct run *r = arg;

	if (uv_is_closing((uv_handle_t *)&r->signals[0])) {
		return;
	}
	if (r->sim) {
		r->stats = sim_stats(r->sim);
		sim_close(r->sim);
	}
	if (r->remote) {
		r->plc = plc_remote_stats(r->remote);
		plc_remote_close(r->remote);
	}
	sim_plc_close(r->watch);
	for (size_t i = 0; i < 2; i++) {
		uv_close((uv_handle_t *)&r->signals[i], NULL);
	}
}

static void on_fault(void *arg, double time_s, const char *text, bool begins)
{
	printf("%.3f s: %s %s\n", time_s, text, begins ? "begins" : "ends");
	fflush(stdout);
}

/* As the compiler says it of a program: file, line and column. */
static void on_plc_fault(void *arg, const struct program_fault *fault)
{
	struct run *r = arg;

	fprintf(stderr,
	        "pollux sim: the PLC stopped in line %u, column %u, scan %llu: %s\n",
	        fault->at.line, fault->at.column, (unsigned long long)fault->scan,
	        fault->text);
	r->plc_failed = true;
}

static void on_link(void *arg, bool up, const char *why)
{
	const char *target = arg;

	fprintf(stderr, "pollux sim: the PLC at %s %s%s\n", target,
	        up ? "answers" : "does not answer, its outputs are off: ", why);
}

static void on_signal(uv_signal_t *signal, int number)
{
	run_end(signal->data);
}

static void print_summary(const struct sim_stats *s)
{
	printf("ran %.3f s of plant time: %llu turns, %llu overruns, %llu requests, %llu "
	       "exceptions, %llu masters\n",
	       s->time_s, (unsigned long long)s->turns, (unsigned long long)s->overruns,
	       (unsigned long long)s->server.requests,
	       (unsigned long long)s->server.exceptions,
	       (unsigned long long)s->server.accepted);
}

static void print_plc(const struct plc_remote_stats *s)
{
	printf("%llu exchanges with the PLC, %llu failed, %llu late; "
	       "the last request took %.1f ms\n",
	       (unsigned long long)s->exchanges, (unsigned long long)s->failed,
	       (unsigned long long)s->late, (double)s->rtt_us / 1e3);
}

static bool is_watched(const struct call *call)
{
	return call->watch.socket || call->watch.mqtt || call->watch.watch;
}

static enum exit_code open_watch(struct run *r, const struct call *call)
{
	const struct sim_plc_wish wish = {
		.call = &call->watch, .loop = &r->loop, .link = r->link, .sim = r->sim};

	return is_watched(call) ? sim_plc_open(&r->watch, &wish) : EXIT_DONE;
}

static int open_remote(struct run *r, const struct call *call,
                       const struct plant_setup *setup, const char **why)
{
	const struct plc_remote_wish wish = {call->plc, on_link, (void *)call->plc};

	return plc_remote_open(&r->remote, &r->loop, setup, &wish, why);
}

/* In its own right: the loop, signals, the sim.  @return its exit code */
static enum exit_code serve(const struct call *call, const struct plant_setup *setup)
{
	static const int numbers[] = {SIGINT, SIGTERM};
	struct run r = {.link = call->options.link};
	struct sim_options options = call->options;
	enum exit_code code = EXIT_DONE;
	const char *why = "";
	int err = uv_loop_init(&r.loop);

	if (err) {
		fprintf(stderr, "pollux sim: %s\n", uv_strerror(err));
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < 2; i++) {
		uv_signal_init(&r.loop, &r.signals[i]);
		r.signals[i].data = &r;
		uv_signal_start(&r.signals[i], on_signal, numbers[i]);
	}
	if (call->plc) {
		err = open_remote(&r, call, setup, &why);
		options.remote = r.remote;
	}
	if (err) {
		fprintf(stderr, "pollux sim: --plc %s: %s\n", call->plc, why);
		run_end(&r);
		uv_run(&r.loop, UV_RUN_DEFAULT);
		uv_loop_close(&r.loop);
		return EXIT_USAGE;
	}
	options.on_end = run_end;
	options.on_fault = on_fault;
	options.on_plc_fault = on_plc_fault;
	options.arg = &r;
	err = sim_open(&r.sim, &r.loop, setup, &options, &why);
	if (err) {
		fprintf(stderr, "pollux sim: %s: %s\n",
		        options.listen ? options.listen : setup->listen, why);
		run_end(&r);
	} else {
		printf("listening on %s\n", sim_address(r.sim));
		code = open_watch(&r, call);
		if (code != EXIT_DONE) {
			run_end(&r);
		}
		fflush(stdout);
	}
	uv_run(&r.loop, UV_RUN_DEFAULT);
	uv_loop_close(&r.loop);
	sim_plc_free(r.watch);
	if (err || code != EXIT_DONE) {
		return err ? EXIT_FAILED : code;
	}
	print_summary(&r.stats);
	if (call->plc) {
		print_plc(&r.plc);
	}
	return r.plc_failed ? EXIT_FAILED : EXIT_DONE;
}

/* With its FMUs and its PLC, where the file has some. */
static enum exit_code equip(struct call *call, struct plant_setup *setup)
{
	struct plant_fmus *fmus = NULL;
	enum exit_code code = EXIT_DONE;

	if (setup->plc.n_files > 0 && !call->alone &&
	    plc_link_open(&call->options.link, setup, NULL, stderr)) {
		code = EXIT_CONFIG;
	}
	if (code == EXIT_DONE && is_watched(call) && !call->options.link) {
		fprintf(stderr, "pollux sim: no PLC runs here to be watched\n");
		code = EXIT_USAGE;
	}
	if (code == EXIT_DONE && setup->n_fmus > 0 &&
	    plant_fmus_open(&fmus, setup, NULL, stderr)) {
		code = EXIT_FAILED;
	}
	if (code == EXIT_DONE) {
		code = serve(call, setup);
	}
	plant_fmus_close(fmus);
	plc_link_close(call->options.link);
	return code;
}

/* The PLC on OpenPLC's Modbus map, in real time, at the plant's cycle. */
static enum exit_code run_plc(const struct call *call, const struct plant_setup *setup)
{
	const struct plant_config *plant = &setup->plant;
	struct plc_call plc = {
		.paths = (char **)(uintptr_t)setup->plc.files,
		.n_paths = setup->plc.n_files,
		.options = {.cycle_ns = llround(plant->step_s * plant->steps * 1e9)},
		.every = 1,
		.for_ms = call->options.for_ms,
		.listen = call->options.listen ? call->options.listen : setup->listen,
		.socket = call->watch.socket,
		.watch = call->watch.watch,
		.mqtt = call->watch.mqtt};

	if (setup->plc.n_files == 0) {
		fprintf(stderr, "pollux sim: %s has no program of a PLC\n", call->path);
		return EXIT_USAGE;
	}
	return plc_run_call(&plc);
}

static enum exit_code parse_option(struct call *call, const char *name, int option)
{
	switch (option) {
	case 'c':
		call->path = optarg;
		break;
	case 's':
		if (quantity_real(optarg, &call->options.speed) ||
		    !(call->options.speed >= 0.01 && call->options.speed <= 1e4)) {
			return command_usage(
				name, "--speed is from 0.01 to 10000, not '%s'", optarg);
		}
		break;
	case 'f':
		if (command_duration(optarg, &call->options.for_ms) ||
		    call->options.for_ms == 0) {
			return command_usage(
				name, "--for is a time such as 30s, not '%s'", optarg);
		}
		break;
	case 'S':
		call->script = optarg;
		break;
	case 'l':
		call->options.listen = optarg;
		break;
	case 'n':
		if (quantity_int(optarg, &call->seed) || call->seed < 0) {
			return command_usage(name, "--seed is a number from 0, not '%s'",
			                     optarg);
		}
		break;
	case 'a':
		call->alone = true;
		break;
	case 'o':
		call->watch.socket = optarg;
		break;
	case 'w':
		call->watch.watch = optarg;
		break;
	case 'm':
		call->watch.mqtt = optarg;
		break;
	case 'P':
		call->no_plant = true;
		break;
	case 'p':
		call->plc = optarg;
		call->alone = true;
		break;
	case ':':
		return command_usage(name, "an option needs a value");
	default:
		return command_usage(name, "no such option");
	}
	return EXIT_DONE;
}

static enum exit_code run(int argc, char **argv)
{
	static const struct option options[] = {
		{"speed", required_argument, NULL, 's'},
		{"for", required_argument, NULL, 'f'},
		{"script", required_argument, NULL, 'S'},
		{"listen", required_argument, NULL, 'l'},
		{"seed", required_argument, NULL, 'n'},
		{"no-plc", no_argument, NULL, 'a'},
		{"socket", required_argument, NULL, 'o'},
		{"plc", required_argument, NULL, 'p'},
		{"watch", required_argument, NULL, 'w'},
		{"mqtt", required_argument, NULL, 'm'},
		{"no-plant", no_argument, NULL, 'P'},
		{NULL, 0, NULL, 0},
	};
	struct call call = {.path = CONFIG_PATH, .options = {.speed = 1}, .seed = -1};
	struct plant_setup *setup = NULL;
	enum exit_code code;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "+:c:", options, NULL)) != -1) {
		code = parse_option(&call, argv[0], option);
		if (code != EXIT_DONE) {
			return code;
		}
	}
	if (optind < argc) {
		return command_usage(argv[0], "'%s' is one too many", argv[optind]);
	}
	if (call.plc && call.options.speed != 1) {
		return command_usage(argv[0], "--plc runs in real time: no --speed");
	}
	if (call.no_plant && (call.alone || call.script || call.options.speed != 1)) {
		return command_usage(argv[0], "--no-plant is the PLC in real time: "
		                              "no --no-plc, --plc, --script, --speed");
	}
	if (plant_config_load(&setup, call.path, call.script, stderr)) {
		return EXIT_CONFIG;
	}
	if (call.seed >= 0) {
		setup->plant.seed = (uint64_t)call.seed;
	}
	code = call.no_plant ? run_plc(&call, setup) : equip(&call, setup);
	plant_config_free(setup);
	return code;
}

const struct command command_sim = {
	.name = "sim",
	.summary = "the virtual machine, served over Modbus TCP",
	.help = "usage: pollux sim [-c FILE] [--speed N] [--for T] [--script FILE]\n"
		"                  [--listen tcp://HOST:PORT] [--seed N] [--no-plc]\n"
		"                  [--plc tcp://HOST:PORT] [--no-plant]\n"
		"                  [--socket PATH] [--watch NAME,... --mqtt CONFIG]\n\n"
		"Runs the plant of FILE (default " CONFIG_PATH ", see\n"
		"etc/line.yaml and etc/bottling.yaml) with its PLC in step, and serves\n"
		"both on the Modbus map of the real machine (docs/plant.md).\n"
		"Prints where it listens, and ends on SIGINT, SIGTERM or --for with a\n"
		"summary.\n\n"
		"  -c FILE        the plant's file\n"
		"  --speed N      N plant seconds a second, 0.01 to 10000; default 1\n"
		"  --for T        end after T of plant time: 30s, 5m, 2h\n"
		"  --script FILE  the faults of FILE instead of the plant's own\n"
		"  --listen ADDR  instead of the file's; port 0 takes a free one\n"
		"  --seed N       of the noise, instead of the file's\n"
		"  --no-plc       the plant alone: a PLC elsewhere reads its inputs and\n"
		"                 writes its outputs over Modbus\n"
		"  --plc ADDR     the plant alone, driving a PLC that is a Modbus "
		"server:\n"
		"                 writes its inputs and reads its outputs each cycle;\n"
		"                 ?unit=N&inputs=N: where its map has them "
		"(docs/plant.md)\n"
		"  --no-plant     the PLC alone, in real time, on OpenPLC's map, as "
		"`plc run`\n"
		"  --socket PATH  for plc watch, force, unforce and change\n"
		"  --watch, --mqtt  its variables over MQTT, as of `plc run`\n\n"
		"Exit code 0: done, 1: cannot listen, or the PLC stopped by an error,\n"
		"2: usage, 3: a file is not valid.\n",
	.run = run,
};
