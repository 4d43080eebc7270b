/* SPDX-License-Identifier: Apache-2.0 */
/* Units of a Modbus address, and what can be read of them. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/modbus/cost.h"
#include "drivers/modbus/transport.h"
#include "gateway/cli/scan.h"
#include "gateway/cli/scan_print.h"
#include "gateway/clock.h"
#include "gateway/config/quantity.h"

enum {
	REDRAW_MS = 100,
	BAR_WIDTH = 24,
	RECONNECT_MS = 500, /* before the next request where one could not be sent */
	UNSENT_MAX = 4,     /* in a row, before the address counts as unreachable */
};

/* What the command line says. */
struct call {
	const char *text; /* of the address */
	struct address address;
	struct discover_options look;
	int64_t interval_ms, timeout_ms;
	bool units_given;
	bool csv;
};

/* A scan under way: one request at a time. */
struct scan {
	const struct call *call;
	uv_loop_t loop;
	uv_timer_t pace;
	uv_signal_t signals[2];
	void *shared;
	struct driver_env env;
	struct transport *transport;
	struct transport_user user;
	struct device_stats stats;
	struct transaction transaction;
	struct discover *discover;
	uint64_t started_ns, asked_ns, drawn_ns;
	unsigned int n_unsent; /* in a row */
	enum reason unsent;    /* why the last was not sent */
	bool answered;         /* anything, ever */
	bool drawing;          /* stderr is a terminal */
	bool interrupted, ending;
	int err;
};

/* --- progress --- */

static void draw(struct scan *s)
{
	static const char *const tables[] = {"holding", "input", "coil", "discrete"};
	struct discover_progress p = discover_progress(s->discover);
	uint64_t now_ns = clock_now_ns();
	char bar[BAR_WIDTH + 1];

	if (!s->drawing || now_ns - s->drawn_ns < REDRAW_MS * UINT64_C(1000000)) {
		return;
	}
	s->drawn_ns = now_ns;
	for (int i = 0; i < BAR_WIDTH; i++) {
		bar[i] = i < p.part * BAR_WIDTH ? '#' : '.';
	}
	bar[BAR_WIDTH] = '\0';
	if (p.units) {
		fprintf(stderr, "\r[%s] unit %u?  %zu found\033[K", bar, p.ask.unit,
		        p.n_units);
	} else {
		fprintf(stderr,
		        "\r[%s] unit %u (%zu of %zu) %s:%u  %" PRIu64 " requests\033[K",
		        bar, p.ask.unit, p.unit_index + 1, p.n_units, tables[p.ask.table],
		        p.ask.address, p.n_asked);
	}
}

static void wipe(const struct scan *s)
{
	if (s->drawing) {
		fputs("\r\033[K", stderr);
	}
}

/* --- one request after another --- */

static void end(struct scan *s)
{
	if (s->ending) {
		return;
	}
	s->ending = true;
	transport_cancel(s->transport, &s->transaction);
	transport_leave(s->transport, &s->user);
	uv_close((uv_handle_t *)&s->pace, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(s->signals); i++) {
		uv_close((uv_handle_t *)&s->signals[i], NULL);
	}
}

/* --timeout is for the answer to begin: on a slow line all of it takes longer. */
static void set_patience(struct scan *s, const struct discover_ask *ask)
{
	const struct device_limits none = {.in_flight = 1};
	struct plan_cost cost = cost_of(&s->call->address, &none, 0);
	uint64_t ask_ms = cost.request_ns / 1000000 + 1;
	uint64_t all_ms = plan_block_ns(&cost, ask->table, ask->count) / 1000000 + 1;

	s->transaction.timeout_ms = (uint32_t)(s->call->timeout_ms + (int64_t)all_ms);
	s->transaction.first_byte_ms = (uint32_t)(s->call->timeout_ms + (int64_t)ask_ms);
}

static void ask(struct scan *s)
{
	struct discover_ask ask;

	if (!discover_next(s->discover, &ask)) {
		end(s);
		return;
	}
	draw(s);
	s->asked_ns = clock_now_ns();
	set_patience(s, &ask);
	s->transaction.unit = ask.unit;
	s->transaction.request = (struct pdu_request){
		.function = (uint8_t)pdu_read_function(ask.table),
		.address = ask.address,
		.count = ask.count};
	transport_submit(s->transport, &s->transaction);
}

/* A transport is not left from within its own callback. */
static void on_pace(uv_timer_t *timer)
{
	struct scan *s = timer->data;

	if (s->err) {
		end(s);
	} else {
		ask(s);
	}
}

/* A request that never left says nothing of what was asked; -1: nobody is there. */
static int judge_unsent(struct scan *s, const struct answer *answer)
{
	if (answer->sent || answer->reason == REASON_NONE ||
	    answer->reason == REASON_EXCEPTION) {
		s->n_unsent = 0;
		return 0;
	}
	s->n_unsent++;
	s->unsent = answer->reason;
	return s->n_unsent >= UNSENT_MAX || !s->answered ? -1 : 1;
}

static void on_answer(struct transaction *t, const struct answer *answer)
{
	struct scan *s = t->arg;
	int64_t passed_ms = (int64_t)(clock_now_ns() - s->asked_ns) / 1000000;
	int64_t wait_ms = s->call->interval_ms - passed_ms;
	int unsent = judge_unsent(s, answer);

	if (unsent < 0) {
		s->err = -EHOSTUNREACH;
		wait_ms = 0;
	} else if (unsent > 0) {
		wait_ms = RECONNECT_MS; /* and the same again */
	} else {
		s->answered = s->answered || answer->reason == REASON_NONE ||
		              answer->reason == REASON_EXCEPTION;
		s->err = discover_answer(s->discover, answer->reason, answer->code,
		                         answer->data);
	}
	uv_timer_start(&s->pace, on_pace, wait_ms > 0 ? (uint64_t)wait_ms : 0, 0);
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct scan *s = signal->data;

	s->interrupted = true;
	end(s);
}

/* --- up and down --- */

static int start(struct scan *s, const char **why)
{
	static const int numbers[] = {SIGINT, SIGTERM};
	const struct call *call = s->call;
	int err;

	s->env = (struct driver_env){
		.loop = &s->loop, .now_ns = clock_now_ns, .shared = &s->shared};
	s->user = (struct transport_user){.stats = &s->stats, .window = 1};
	err = transport_join(&s->transport, &s->env, &call->address, &s->user, why);
	if (err) {
		return err;
	}
	s->transaction = (struct transaction){.rank = RANK_READ,
	                                      .turnaround_ms = (uint32_t)call->timeout_ms,
	                                      .stats = &s->stats,
	                                      .done = on_answer,
	                                      .arg = s};
	uv_timer_init(&s->loop, &s->pace);
	s->pace.data = s;
	for (size_t i = 0; i < ARRAY_SIZE(s->signals); i++) {
		uv_signal_init(&s->loop, &s->signals[i]);
		s->signals[i].data = s;
		uv_signal_start(&s->signals[i], on_signal, numbers[i]);
	}
	s->started_ns = clock_now_ns();
	ask(s);
	return 0;
}

static const char *why_unreachable(const struct scan *s)
{
	const struct address *address = &s->call->address;

	if (address->serial) {
		return access(address->path, R_OK | W_OK) ? strerror(errno)
		                                          : "the line cannot be used";
	}
	if (s->unsent == REASON_TIMEOUT) {
		return "no answer to the connection";
	}
	return s->unsent == REASON_RESET
	               ? "the connection is closed again and again"
	               : "connection refused, no way there, or no such name";
}

static void complain(const struct scan *s)
{
	const char *what = NULL;

	if (s->err == -EHOSTUNREACH) {
		what = why_unreachable(s);
	} else if (s->err) {
		what = strerror(-s->err);
	} else if (!discover_unit(s->discover, 0) && !s->interrupted) {
		what = "no unit answers";
	} else if (s->call->csv && discover_unit(s->discover, 1)) {
		what = "several units: `config import-csv` makes one device of a table "
		       "(--units N)";
	}
	if (what) {
		fprintf(stderr, "pollux scan: %s: %s\n", s->call->text, what);
	}
}

static enum exit_code tell(const struct scan *s)
{
	const struct scan_result result = {
		.address = s->call->text,
		.found = s->discover,
		.seconds = (double)(clock_now_ns() - s->started_ns) / 1e9,
		.interrupted = s->interrupted};
	bool any = discover_unit(s->discover, 0) != NULL;

	complain(s);
	if (any && s->call->csv) {
		scan_print_csv(stdout, &result);
	} else if (any) {
		scan_print_yaml(stdout, &result);
	}
	if (s->interrupted || (s->err && s->err != -EHOSTUNREACH)) {
		return EXIT_FAILED;
	}
	return s->err || !any ? EXIT_DEVICE : EXIT_DONE;
}

static enum exit_code scan_with(const struct call *call)
{
	struct scan *s = calloc(1, sizeof(*s));
	enum exit_code code = EXIT_FAILED;
	const char *why = "no memory";

	if (!s) {
		return EXIT_FAILED;
	}
	s->call = call;
	s->drawing = isatty(STDERR_FILENO);
	uv_loop_init(&s->loop);
	if (discover_new(&s->discover, &call->look) || start(s, &why)) {
		fprintf(stderr, "pollux scan: %s: %s\n", call->text, why);
	} else {
		uv_run(&s->loop, UV_RUN_DEFAULT);
		wipe(s);
		code = tell(s);
	}
	uv_loop_close(&s->loop);
	discover_free(s->discover);
	free(s);
	return code;
}

/* --- the command line --- */

static int parse_number(const char *text, int64_t least, int64_t most, int64_t *out)
{
	return quantity_int(text, out) || *out < least || *out > most ? -EINVAL : 0;
}

/* "1-247" or "3". */
static int parse_span(char *text, bool *units)
{
	char *dash = strchr(text, '-');
	int64_t first, last;

	if (dash) {
		*dash = '\0';
	}
	if (parse_number(text, 0, DISCOVER_UNIT_MAX, &first) ||
	    parse_number(dash ? dash + 1 : text, first, DISCOVER_UNIT_MAX, &last)) {
		return -EINVAL;
	}
	for (int64_t i = first; i <= last; i++) {
		units[i] = true;
	}
	return 0;
}

/* Words between commas.  text is taken apart. */
static int parse_units(char *text, struct call *call)
{
	char *rest;

	call->units_given = true;
	memset(call->look.units, 0, sizeof(call->look.units));
	for (char *word = strtok_r(text, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		if (parse_span(word, call->look.units)) {
			return -EINVAL;
		}
	}
	return 0;
}

static int parse_tables(char *text, struct call *call)
{
	static const char *const names[DISCOVER_TABLES] = {"holding", "input", "coil",
	                                                   "discrete"};
	char *rest;

	memset(call->look.tables, 0, sizeof(call->look.tables));
	for (char *word = strtok_r(text, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		size_t i = 0;

		while (i < DISCOVER_TABLES && strcmp(word, names[i]) != 0) {
			i++;
		}
		if (i == DISCOVER_TABLES) {
			return -EINVAL;
		}
		call->look.tables[i] = true;
	}
	return 0;
}

static int parse_address(const char *text, uint16_t *out)
{
	int64_t number;
	int err = parse_number(text, 0, UINT16_MAX, &number);

	*out = err ? 0 : (uint16_t)number;
	return err;
}

static int parse_fine(const char *text, struct call *call)
{
	int64_t number;
	int err = parse_number(text, 1, PDU_READ_REGISTERS_MAX / 2, &number);

	call->look.fine = err ? 0 : (uint16_t)number;
	return err;
}

static int parse_timeout(const char *text, struct call *call)
{
	return command_duration(text, &call->timeout_ms) || call->timeout_ms < 1 ||
	                       call->timeout_ms > 60000
	               ? -EINVAL
	               : 0;
}

static int parse_option(int opt, char *text, struct call *call)
{
	switch (opt) {
	case 'u':
		return parse_units(text, call);
	case 'T':
		return parse_tables(text, call);
	case 'f':
		return parse_address(text, &call->look.from);
	case 't':
		return parse_address(text, &call->look.to);
	case 'r':
		return quantity_rate(text, &call->interval_ms);
	case 'w':
		return parse_timeout(text, call);
	case 'F':
		return parse_fine(text, call);
	case 'C':
		call->csv = true;
		return 0;
	case 'Y':
		call->csv = false;
		return 0;
	default:
		return -ENOENT;
	}
}

static enum exit_code parse(int argc, char **argv, struct call *call)
{
	static const struct option options[] = {{"units", required_argument, NULL, 'u'},
	                                        {"tables", required_argument, NULL, 'T'},
	                                        {"from", required_argument, NULL, 'f'},
	                                        {"to", required_argument, NULL, 't'},
	                                        {"rate", required_argument, NULL, 'r'},
	                                        {"timeout", required_argument, NULL, 'w'},
	                                        {"fine", required_argument, NULL, 'F'},
	                                        {"csv", no_argument, NULL, 'C'},
	                                        {"yaml", no_argument, NULL, 'Y'},
	                                        {0}};
	const char *why;

	*call = (struct call){.interval_ms = 10, .timeout_ms = 300};
	call->look = (struct discover_options){.to = 9999, .fine = 8};
	memset(call->look.tables, true, sizeof(call->look.tables));
	opterr = 0;
	for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		int err = parse_option(opt, optarg, call);

		if (err == -ENOENT) {
			return command_usage("scan", "'%s' is not understood",
			                     argv[optind - 1]);
		}
		if (err) {
			return command_usage("scan", "'%s' is not understood", optarg);
		}
	}
	if (argc - optind != 1) {
		return command_usage("scan", "one address is wanted");
	}
	if (call->look.from > call->look.to) {
		return command_usage("scan", "--from is above --to");
	}
	call->text = argv[optind];
	if (address_parse(&call->address, call->text, &why)) {
		return command_usage("scan", "%s: %s", call->text, why);
	}
	if (!call->units_given) {
		memset(call->look.units + 1, true, 247);
		call->look.units[255] = !call->address.serial; /* the device itself */
	} else if (call->address.serial && call->look.units[0]) {
		return command_usage("scan", "unit 0 of a line is all of them at once");
	}
	return EXIT_DONE;
}

enum exit_code scan_modbus(int argc, char **argv)
{
	struct call call;
	enum exit_code code = parse(argc, argv, &call);

	return code == EXIT_DONE ? scan_with(&call) : code;
}
