/* SPDX-License-Identifier: Apache-2.0 */
/* pollux plc run --listen: in real time, for masters and onlookers. */
#include "gateway/cli/plc_live.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "drivers/modbus/address.h"
#include "gateway/control.h"
#include "gateway/plc/modbus_map.h"
#include "gateway/plc/plc_desk.h"
#include "gateway/plc/teller.h"

enum { N_SIGNALS = 3 };

struct live {
	uv_loop_t loop;
	uv_signal_t signals[N_SIGNALS];
	struct plc_parts *parts;
	const struct plc_call *call;
	struct server *server;
	struct control *control;
	struct cycle *cycle;
	struct plc_desk *desk;
	struct online_change *online;
	struct config *config; /* of mqtt; NULL: none */
	struct teller *teller;
	struct cycle_stats stats; /* as they were at the end */
	enum exit_code code;
	bool ending, invalid; /* a configuration */
};

int plc_duration(const char *text, int64_t *ns)
{
	char *end;
	double n = strtod(text, &end);
	double unit = strcmp(end, "ns") == 0   ? 1
	              : strcmp(end, "us") == 0 ? 1e3
	              : strcmp(end, "ms") == 0 ? 1e6
	              : strcmp(end, "s") == 0  ? 1e9
	                                       : 0;

	if (end == text || unit == 0 || !(n > 0 && n * unit < 1e15)) {
		return -EINVAL;
	}
	*ns = (int64_t)(n * unit + 0.5);
	return 0;
}

static void end(struct live *l, enum exit_code code)
{
	if (l->ending) {
		return;
	}
	l->ending = true;
	l->code = code;
	if (l->cycle) {
		l->stats = cycle_stats(l->cycle);
		cycle_stop(l->cycle);
	}
	if (l->server) {
		server_close(l->server);
	}
	if (l->control) {
		control_close(l->control);
	}
	teller_close(l->teller);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		uv_close((uv_handle_t *)&l->signals[i], NULL);
	}
}

static void on_signal(uv_signal_t *signal, int number)
{
	struct live *l = signal->data;

	if (number != SIGHUP) {
		end(l, EXIT_DONE);
	} else if (l->desk) {
		json_decref(plc_desk_change(l->desk, NULL));
	}
}

static int on_before(void *arg, int64_t time_ns)
{
	struct live *l = arg;
	enum exit_code code = plc_run_before(l->parts, time_ns);

	if (code != EXIT_DONE) {
		end(l, code);
	}
	return code == EXIT_DONE ? 0 : -ECANCELED;
}

static bool is_over(const struct live *l, int64_t time_ns)
{
	uint64_t scans = program_scans(l->parts->program);

	return (l->call->limited && scans >= l->call->scans) ||
	       (l->call->for_ms > 0 && time_ns / 1000000 >= l->call->for_ms);
}

static bool on_after(void *arg, int64_t time_ns, int err)
{
	struct live *l = arg;
	enum exit_code code;

	if (err) {
		/* Masters go on to read the outputs, which are safe now. */
		plc_run_say_fault(l->parts);
		end(l, EXIT_FAILED);
		return false;
	}
	code = plc_run_after(l->parts, l->call);
	if (l->call->watch && !l->call->mqtt &&
	    (l->call->every <= 1 ||
	     (program_scans(l->parts->program) - 1) % l->call->every == 0)) {
		watched_line(l->parts->watched, time_ns, stdout);
		fflush(stdout);
	}
	if (code != EXIT_DONE || ferror(stdout) || is_over(l, time_ns)) {
		end(l, code == EXIT_DONE && ferror(stdout) ? EXIT_FAILED : code);
		return false;
	}
	return true;
}

static uint8_t on_access(void *arg, const struct server_access *access)
{
	struct live *l = arg;

	return modbus_map_access(l->parts->program, access);
}

/* "tcp://HOST:PORT" to a socket address; names are looked up now. */
static int resolve(struct live *l, struct sockaddr_storage *out, const char **why)
{
	struct address address;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	uv_getaddrinfo_t request;
	char port[8];
	int err = address_parse(&address, l->call->listen, why);

	if (err || address.serial) {
		*why = err ? *why : "only tcp:// is served";
		return -EINVAL;
	}
	snprintf(port, sizeof(port), "%u", address.port);
	err = uv_getaddrinfo(&l->loop, &request, NULL, address.host, port, &hints);
	if (err) {
		*why = uv_strerror(err);
		return err;
	}
	memcpy(out, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
	uv_freeaddrinfo(request.addrinfo);
	return 0;
}

static int open_server(struct live *l)
{
	const struct server_hooks hooks = {.access = on_access, .arg = l};
	struct sockaddr_storage address = {0};
	const char *why = "";
	int err = resolve(l, &address, &why);

	if (!err) {
		err = server_open(&l->server, &l->loop, (const struct sockaddr *)&address,
		                  &hooks);
		why = err ? uv_strerror(err) : why;
	}
	if (err) {
		fprintf(stderr, "pollux plc run: %s: %s\n", l->call->listen, why);
		return err;
	}
	fprintf(stderr, "listening on port %u, cycle %g ms\n", server_port(l->server),
	        (double)program_cycle_ns(l->parts->program) / 1e6);
	return 0;
}

static struct cycle_stats live_stats(void *arg)
{
	const struct live *l = arg;

	return cycle_stats(l->cycle);
}

static int64_t live_time_ns(void *arg)
{
	const struct live *l = arg;

	return cycle_time(l->cycle);
}

static void on_forced(void *arg, const char *name, const char *value)
{
	const struct live *l = arg;

	if (l->teller) {
		teller_forced(l->teller, name, value);
	}
}

static int open_teller(struct live *l)
{
	struct teller_wish wish = {.loop = &l->loop,
	                           .program = l->parts->program,
	                           .watched = l->parts->watched};
	int err;

	if (teller_config(&l->config, l->call->mqtt, stderr)) {
		l->invalid = true;
		return -EINVAL;
	}
	wish.config = l->config;
	err = teller_open(&l->teller, &wish);
	if (err) {
		fprintf(stderr, "pollux plc run: mqtt: %s\n", strerror(-err));
	}
	return err;
}

static int open_control(struct live *l)
{
	const struct plc_host host = {.program = l->parts->program,
	                              .stats = live_stats,
	                              .time_ns = live_time_ns,
	                              .forced = on_forced,
	                              .arg = l,
	                              .online = l->online};
	char *own = NULL;
	const char *path = l->call->socket;
	int err = plc_desk_new(&l->desk, &host);

	if (!path && l->call->state &&
	    asprintf(&own, "%s/plc.sock", l->call->state) > 0) {
		path = own;
	}
	if (!err && path) {
		err = control_open(&l->control, &l->loop, path, plc_desk_answer, l->desk);
	}
	if (err) {
		fprintf(stderr, "pollux plc run: %s: %s\n", path ? path : "",
		        strerror(-err));
	} else if (path) {
		fprintf(stderr, "watch and force at %s\n", path);
	}
	free(own);
	return err;
}

static void print_summary(const struct cycle_stats *s)
{
	fprintf(stderr,
	        "%" PRIu64 " scans, %" PRIu64
	        " overruns; cycle min %.3f mean %.3f max %.3f ms, "
	        "jitter %.3f ms; a scan took %.3f ms, at most %.3f\n",
	        s->scans, s->overruns, (double)s->period_min / 1e6,
	        (double)s->period_mean / 1e6, (double)s->period_max / 1e6,
	        (double)s->jitter / 1e6, (double)s->work_mean / 1e6,
	        (double)s->work_max / 1e6);
}

static int open_online(struct live *l)
{
	struct plc_parts *parts = l->parts;
	const struct online online = {.paths = l->call->paths,
	                              .n_paths = l->call->n_paths,
	                              .options = &l->call->options,
	                              .program = parts->program,
	                              .sources = &parts->sources,
	                              .watched = parts->watched,
	                              .inputs = parts->inputs};

	l->online = online_new(&online);
	return l->online ? 0 : -ENOMEM;
}

static int start(struct live *l)
{
	const struct cycle_hooks hooks = {
		.before = on_before, .after = on_after, .arg = l};
	int err = l->call->listen ? open_server(l) : 0;

	if (!err) {
		err = open_online(l);
	}
	if (!err) {
		err = cycle_start(&l->cycle, &l->loop, l->parts->program, &hooks);
	}
	if (!err) {
		err = open_control(l);
	}
	if (!err && l->call->mqtt) {
		err = open_teller(l);
	}
	return err;
}

enum exit_code plc_live(struct plc_parts *parts, const struct plc_call *call)
{
	static const int numbers[N_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
	struct live l = {.parts = parts, .call = call};
	int err = uv_loop_init(&l.loop);

	if (err) {
		fprintf(stderr, "pollux plc run: %s\n", uv_strerror(err));
		return EXIT_FAILED;
	}
	fflush(stdout);
	for (size_t i = 0; i < N_SIGNALS; i++) {
		uv_signal_init(&l.loop, &l.signals[i]);
		l.signals[i].data = &l;
		uv_signal_start(&l.signals[i], on_signal, numbers[i]);
	}
	err = start(&l);
	if (err) {
		end(&l, l.invalid ? EXIT_CONFIG : EXIT_FAILED);
	}
	uv_run(&l.loop, UV_RUN_DEFAULT);
	uv_loop_close(&l.loop);
	plc_desk_free(l.desk);
	online_free(l.online);
	teller_free(l.teller);
	config_free(l.config);
	if (!err) {
		print_summary(&l.stats);
	}
	return l.code;
}
