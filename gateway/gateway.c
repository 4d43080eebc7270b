/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/gateway.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/bus.h"
#include "gateway/command.h"
#include "gateway/computers.h"
#include "gateway/device_file.h"
#include "gateway/fitting.h"
#include "gateway/flow.h"
#include "gateway/forecast_log.h"
#include "gateway/log.h"
#include "gateway/mqtt/paho.h"
#include "gateway/notify.h"
#include "gateway/outlook.h"
#include "gateway/proposals.h"
#include "gateway/question.h"
#include "gateway/reload.h"
#include "gateway/report.h"
#include "gateway/routing_watch.h"
#include "gateway/twin_file.h"
#include "gateway/whatif_desk.h"
#include "storage/reader.h"

enum {
	TICK_MS = 1000,
	STOP_PUBLISHER_MS = 2000,
	ROUTING_FIRST_MS = 5000,       /* after the start */
	WRITER_QUEUE_BYTES = 16 << 20, /* some 5 s of load at 20,000 samples/s */
	GAPS_MAX = 16, /* told by the storage thread, not yet by the loop */
};

struct gap {
	int64_t from_us, to_us, n;
};

/* What the storage thread has to say; it never waits for the loop. */
struct storage_news {
	pthread_mutex_t lock; /* held for a copy of this struct, never across I/O */
	struct gap gaps[GAPS_MAX];
	size_t n_gaps; /* those beyond are in the file all the same */
	int err;
	bool changed;
};

/* Reading the configuration again, on libuv's pool. */
struct reload {
	uv_work_t work;
	bool busy;
	struct config *next; /* NULL: invalid, see complaints */
	char *complaints;
	struct config **out; /* where the run hands it to */
};

struct gateway {
	const struct config *config;
	uv_loop_t loop;
	uv_signal_t signals[3];
	uv_timer_t tick;
	uv_async_t storage_async;
	struct storage_news news;
	struct clock_stamper stamper;
	struct watchdog watchdog;
	struct status_parts parts; /* owns bus, poller, publisher, writer, twin */
	struct twin_config twin;   /* the configuration's, with components of our own */
	struct component_config *components; /* whose parameters versions change */
	struct versions *versions;
	struct commands *commands;
	struct control *control;
	struct twin_file *twin_file;
	struct fitting *fitting;
	struct proposals *proposals;
	struct computers *computers;
	struct whatif_desk *whatif_desk;
	struct routing_watch *routing_watch;
	struct flow *flow;
	struct device_file *device_file;
	struct forecast_log *forecasts;
	struct outlook *outlook;
	struct report report;
	uint64_t turns; /* of the loop, for the watchdog */
	struct reload reload;
	bool stopping, synced;
};

static void say(struct gateway *g, const char *kind, const char *severity,
                const char *message)
{
	log_line(strcmp(severity, "info") == 0 ? LOG_NOTICE : LOG_WARNING, "%s", message);
	bus_event(g->parts.bus, &(struct event){.device = EVENT_NOBODY,
	                                        .tag = EVENT_NOBODY,
	                                        .kind = kind,
	                                        .severity = severity,
	                                        .message = message});
}

/* --- from the storage thread --- */

static void on_trouble(void *arg, int err)
{
	struct gateway *g = arg;

	pthread_mutex_lock(&g->news.lock);
	g->news.err = err;
	g->news.changed = true;
	pthread_mutex_unlock(&g->news.lock);
	uv_async_send(&g->storage_async);
}

static void on_gap(void *arg, size_t destination, int64_t from_us, int64_t to_us,
                   int64_t n)
{
	struct gateway *g = arg;

	(void)destination;
	pthread_mutex_lock(&g->news.lock);
	if (g->news.n_gaps < GAPS_MAX) {
		g->news.gaps[g->news.n_gaps++] = (struct gap){from_us, to_us, n};
	}
	pthread_mutex_unlock(&g->news.lock);
	uv_async_send(&g->storage_async);
}

static void tell_gap(struct gateway *g, const struct gap *gap)
{
	char from[32], to[32], message[160];

	clock_iso(gap->from_us, from);
	clock_iso(gap->to_us, to);
	snprintf(message, sizeof(message),
	         "%" PRId64 " samples from %s to %s were evicted before they were sent",
	         gap->n, from, to);
	say(g, "gap", "warning", message);
}

static void on_storage_news(uv_async_t *async)
{
	struct gateway *g = async->data;
	struct storage_news news;
	char message[160];

	pthread_mutex_lock(&g->news.lock);
	news = g->news;
	g->news.n_gaps = 0;
	g->news.changed = false;
	pthread_mutex_unlock(&g->news.lock);
	for (size_t i = 0; i < news.n_gaps; i++) {
		tell_gap(g, &news.gaps[i]);
	}
	if (!news.changed) {
		return;
	}
	if (news.err) {
		snprintf(message, sizeof(message), "the history cannot be written: %s",
		         strerror(-news.err));
		say(g, "storage_down", "alarm", message);
	} else {
		say(g, "storage_up", "info", "the history can be written again");
	}
}

/* --- from the poller --- */

static void on_readings(void *arg, uint32_t device, uint64_t received_ns,
                        const struct reading *r, size_t n)
{
	struct gateway *g = arg;

	(void)device;
	bus_deliver(g->parts.bus, received_ns, r, n);
	computers_look(g->computers);
	command_readings(g->commands, received_ns, r, n);
}

static void on_device(void *arg, uint32_t device, const struct device_health *health)
{
	struct gateway *g = arg;

	bus_device(g->parts.bus, device, health);
}

/* --- the loop's own --- */

static char *on_question(void *arg, const char *request)
{
	struct gateway *g = arg;
	const struct question_parts parts = {.status = &g->parts,
	                                     .commands = g->commands,
	                                     .control = g->control,
	                                     .versions = g->versions};

	return question_answer(&parts, request);
}

/* --- from the door to the machine --- */

static struct device *find_device(void *arg, uint32_t index)
{
	struct gateway *g = arg;

	return poller_device(g->parts.poller, index);
}

static void on_command(void *arg, const struct command_order *order,
                       const struct command_result *result)
{
	struct gateway *g = arg;
	const struct tag *tag = &g->config->tags[order->tag];
	bool done = result->status == COMMAND_DONE;
	char value[VALUE_TEXT_MAX + 8], message[512];

	write_rules_print(&order->value, value, sizeof(value));
	snprintf(message, sizeof(message), "%s/%s: %.60s%s%s by %s: %s%s%s", tag->device,
	         tag->name, value, *tag->kind->unit ? " " : "", tag->kind->unit,
	         order->origin, command_status_name(result->status),
	         *result->error ? ": " : "", result->error);
	log_line(done ? LOG_NOTICE : LOG_WARNING, "write: %s", message);
	bus_event(g->parts.bus, &(struct event){.device = tag->device_index,
	                                        .tag = order->tag,
	                                        .kind = "write",
	                                        .severity = done ? "info" : "warning",
	                                        .message = message});
}

static void feed_watchdog(struct gateway *g)
{
	struct publisher_stats published = {.progress = g->turns};
	struct writer_stats written;
	uint64_t progress[3];

	writer_stats(g->parts.writer, &written);
	if (g->parts.publisher) {
		publisher_stats(g->parts.publisher, &published);
	}
	progress[0] = ++g->turns;
	progress[1] = written.progress;
	progress[2] = published.progress;
	if (watchdog_step(&g->watchdog, progress, 3)) {
		notify_alive();
	}
}

static void on_tick(uv_timer_t *timer)
{
	struct gateway *g = timer->data;
	int64_t step_us = clock_stamper_check(&g->stamper);
	bool synced = clock_synced();
	char message[128];

	if (step_us) {
		snprintf(message, sizeof(message), "the clock was set by %+.3f s",
		         (double)step_us / 1e6);
		say(g, "clock_step", "warning", message);
	}
	if (synced != g->synced) {
		g->synced = synced;
		say(g, synced ? "clock_synced" : "clock_unsynced", "info",
		    synced ? "the clock is synchronised"
		           : "the clock is not synchronised");
	}
	writer_wall(g->parts.writer, clock_wall_us(), synced);
	fitting_tick(g->fitting);
	twin_file_tick(g->twin_file);
	device_file_tick(g->device_file, g->parts.poller);
	outlook_tick(g->outlook, clock_now_ns(), clock_wall_us());
	proposals_tick(g->proposals, clock_now_ns());
	forecast_log_tick(g->forecasts, clock_now_ns(), clock_wall_us());
	flow_tick(g->flow, clock_now_ns(), clock_wall_us());
	report_tick(&g->report, &g->parts, clock_now_ns());
	feed_watchdog(g);
}

static void stop(struct gateway *g)
{
	if (g->stopping) {
		return;
	}
	g->stopping = true;
	command_close(g->commands);
	if (g->parts.poller) {
		device_file_end(g->device_file, g->parts.poller);
	}
	poller_close(g->parts.poller);
	control_close(g->control);
	computers_close(g->computers);
	whatif_desk_close(g->whatif_desk);
	routing_watch_close(g->routing_watch);
	flow_close(g->flow);
	fitting_stop(g->fitting);
	proposals_stop(g->proposals);
	uv_close((uv_handle_t *)&g->tick, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(g->signals); i++) {
		uv_close((uv_handle_t *)&g->signals[i], NULL);
	}
	uv_close((uv_handle_t *)&g->storage_async, NULL);
}

static void on_reload_work(uv_work_t *work)
{
	struct gateway *g = work->data;
	size_t size;
	FILE *f = open_memstream(&g->reload.complaints, &size);

	if (f) {
		config_load(&g->reload.next, g->config->path, f);
		fclose(f);
	}
}

static void on_reloaded(uv_work_t *work, int status)
{
	struct gateway *g = work->data;
	struct config *next = g->reload.next;

	(void)status;
	g->reload.busy = false;
	g->reload.next = NULL;
	if (!next && !g->stopping) {
		reload_complain(g->reload.complaints);
		say(g, "reload_failed", "warning",
		    "the configuration is invalid: nothing was changed");
	} else if (next && !g->stopping && reload_is_same(g->config, next)) {
		log_line(LOG_NOTICE, "reload: the configuration is the same");
		poller_doubt(g->parts.poller);
	} else if (next && !g->stopping) {
		say(g, "reload", "info", "the configuration has changed: starting anew");
		*g->reload.out = next;
		next = NULL;
		stop(g);
	}
	if (!*g->reload.out) {
		notify_ready("polling");
	}
	free(g->reload.complaints);
	g->reload.complaints = NULL;
	config_free(next);
}

static void reload(struct gateway *g)
{
	if (g->reload.busy || g->stopping) {
		return;
	}
	notify_reloading(clock_now_ns() / 1000);
	g->reload.busy = true;
	g->reload.work.data = g;
	uv_queue_work(&g->loop, &g->reload.work, on_reload_work, on_reloaded);
}

static void on_signal(uv_signal_t *handle, int signum)
{
	struct gateway *g = handle->data;

	if (signum == SIGHUP) {
		reload(g);
		return;
	}
	log_line(LOG_NOTICE, "stopping");
	notify_stopping();
	stop(g);
}

/* --- up and down --- */

static int make_state_dir(const char *path)
{
	if (mkdir(path, 0750) == 0 || errno == EEXIST) {
		return 0;
	}
	return -errno;
}

static int open_history(struct gateway *g)
{
	const struct writer_events events = {
		.trouble = on_trouble, .gap = on_gap, .arg = g};
	const char *found = NULL;
	struct writer_stats stats;
	int err = make_state_dir(g->config->state_dir);

	if (!err) {
		err = writer_start(&g->parts.writer, &g->config->history, &events,
		                   WRITER_QUEUE_BYTES, &found);
	}
	if (err) {
		log_line(LOG_ERROR, "%s: %s", g->config->state_dir,
		         err == -EBUSY ? "in use by another instance" : strerror(-err));
		return err;
	}
	if (found) {
		log_line(LOG_WARNING, "%s", found);
	}
	writer_stats(g->parts.writer, &stats);
	g->parts.stored_before = stats.history.stored;
	clock_stamper_init(&g->stamper, writer_reserve(g->parts.writer));
	return 0;
}

static int open_bus(struct gateway *g)
{
	struct bus_parts parts = {.config = g->config,
	                          .stamper = &g->stamper,
	                          .twin = g->parts.twin,
	                          .writer = g->parts.writer,
	                          .publisher = g->parts.publisher};

	return bus_new(&g->parts.bus, &parts);
}

static struct sample latest_sample(void *arg, uint32_t tag)
{
	struct gateway *g = arg;

	return bus_now(g->parts.bus, tag);
}

static bool is_alarmed(void *arg, uint32_t tag)
{
	struct gateway *g = arg;

	return bus_alarm(g->parts.bus, tag).id != 0;
}

static void on_forecast(void *arg, const struct forecast *f)
{
	struct gateway *g = arg;

	(void)writer_forecast(g->parts.writer, f); /* one that finds no room is lost */
}

/* A record that cannot be read begins anew. */
static void recall_forecasts(struct gateway *g)
{
	struct reader *reader = NULL;
	char *path = NULL;
	int err = asprintf(&path, "%s/history.db", g->config->state_dir) < 0 ? -ENOMEM
	                                                                     : 0;

	if (!err) {
		err = reader_open(&reader, path);
		free(path);
	}
	if (!err) {
		err = forecast_log_recall(g->forecasts, reader);
		reader_close(reader);
	}
	if (err < 0) {
		log_line(LOG_WARNING, "the record of forecasts cannot be read: %s",
		         strerror(-err));
	}
}

static int open_forecasts(struct gateway *g)
{
	const struct forecast_parts parts = {.config = g->config,
	                                     .twin = g->parts.twin,
	                                     .latest = latest_sample,
	                                     .alarmed = is_alarmed,
	                                     .put = on_forecast,
	                                     .arg = g};
	int err = forecast_log_new(&g->forecasts, &parts, clock_now_ns());

	g->parts.forecasts = g->forecasts;
	if (!err) {
		recall_forecasts(g);
	}
	return err;
}

static void on_news(void *arg, const struct event *e)
{
	struct gateway *g = arg;

	log_line(LOG_NOTICE, "%s", e->message);
	bus_event(g->parts.bus, e);
}

static void on_outlook_row(void *arg, const struct outlook_row *row)
{
	struct gateway *g = arg;

	(void)writer_outlook(g->parts.writer, row); /* as above */
}

static int open_outlook(struct gateway *g)
{
	const struct outlook_parts parts = {.config = g->config,
	                                    .twin = g->parts.twin,
	                                    .loop = &g->loop,
	                                    .tell = on_news,
	                                    .latest = latest_sample,
	                                    .put = on_outlook_row,
	                                    .arg = g};
	int err = outlook_new(&g->outlook, &parts);

	g->parts.outlook = g->outlook;
	return err;
}

static int open_proposals(struct gateway *g)
{
	const struct proposals_parts parts = {.config = g->config,
	                                      .twin = g->parts.twin,
	                                      .versions = g->versions,
	                                      .loop = &g->loop,
	                                      .wall_us = clock_wall_us,
	                                      .tell = on_news,
	                                      .arg = g};

	return proposals_new(&g->proposals, &parts);
}

static int open_commands(struct gateway *g)
{
	const struct command_parts parts = {.config = g->config,
	                                    .loop = &g->loop,
	                                    .now_ns = clock_now_ns,
	                                    .device = find_device,
	                                    .ended = on_command,
	                                    .arg = g};

	return command_open(&g->commands, &parts);
}

static int open_computers(struct gateway *g)
{
	const struct computers_parts parts = {.config = g->config,
	                                      .components = g->components,
	                                      .loop = &g->loop,
	                                      .twin = g->parts.twin,
	                                      .bus = g->parts.bus};

	return computers_open(&g->computers, &parts);
}

static int open_poller(struct gateway *g)
{
	const struct poller_config cfg = {.devices = device_file_devices(g->device_file),
	                                  .n_devices = g->config->n_devices,
	                                  .loop = &g->loop,
	                                  .now_ns = clock_now_ns};
	const struct poller_sink sink = {
		.readings = on_readings, .device = on_device, .arg = g};

	return poller_open(&g->parts.poller, &cfg, &sink);
}

static int open_control(struct gateway *g)
{
	char *path = control_path(g->config->state_dir);
	int err = path ? control_open(&g->control, &g->loop, path, on_question, g)
	               : -ENOMEM;

	if (err) {
		/* The machine is polled all the same. */
		log_line(LOG_WARNING, "%s: no local socket: %s", path ? path : "",
		         strerror(-err));
	}
	free(path);
	return err == -ENOMEM ? err : 0;
}

static void open_loop(struct gateway *g)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

	uv_loop_init(&g->loop);
	pthread_mutex_init(&g->news.lock, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uv_signal_init(&g->loop, &g->signals[i]);
		g->signals[i].data = g;
		uv_signal_start(&g->signals[i], on_signal, numbers[i]);
	}
	uv_timer_init(&g->loop, &g->tick);
	g->tick.data = g;
	uv_async_init(&g->loop, &g->storage_async, on_storage_news);
	g->storage_async.data = g;
}

static void on_version(void *arg, uint32_t component, const char *message)
{
	struct gateway *g = arg;

	log_line(LOG_NOTICE, "%s", message);
	bus_event(g->parts.bus,
	          &(struct event){.device = g->components[component].device_index,
	                          .tag = EVENT_NOBODY,
	                          .kind = "model",
	                          .severity = "info",
	                          .message = message});
}

static int open_twin(struct gateway *g)
{
	struct versions_parts parts = {.config = g->config,
	                               .twin = &g->parts.twin,
	                               .writer = g->parts.writer,
	                               .changed = on_version,
	                               .arg = g};
	int err;

	g->twin = g->config->twin;
	g->components = calloc(g->twin.n_components + 1, sizeof(*g->components));
	if (!g->components) {
		return -ENOMEM;
	}
	parts.components = g->components;
	memcpy(g->components, g->twin.components,
	       g->twin.n_components * sizeof(*g->components));
	g->twin.components = g->components;
	g->twin.fit_apart = true;
	err = versions_new(&g->versions, &parts);
	g->parts.versions = g->versions;
	if (!err) {
		err = twin_new(&g->parts.twin, &g->twin);
	}
	if (!err) {
		err = fitting_new(&g->fitting, g->parts.twin, &g->loop);
	}
	return err;
}

static void on_routing(void *arg, bool well, const char *message)
{
	say(arg, "routing", well ? "info" : "warning", message);
}

static int open_routing_watch(struct gateway *g)
{
	const struct routing_watch_parts parts = {.config = g->config,
	                                          .loop = &g->loop,
	                                          .first_ms = ROUTING_FIRST_MS,
	                                          .tell = on_routing,
	                                          .arg = g};

	return routing_watch_open(&g->routing_watch, &parts);
}

static void on_flow(void *arg, const struct reading *r, size_t n)
{
	struct gateway *g = arg;

	bus_deliver(g->parts.bus, clock_now_ns(), r, n);
}

static void on_flow_news(void *arg, bool well, const char *message)
{
	say(arg, "throughput", well ? "info" : "warning", message);
}

static int open_flow(struct gateway *g)
{
	const struct flow_parts parts = {.config = g->config,
	                                 .loop = &g->loop,
	                                 .twin = g->parts.twin,
	                                 .first_ms = ROUTING_FIRST_MS,
	                                 .latest = latest_sample,
	                                 .deliver = on_flow,
	                                 .tell = on_flow_news,
	                                 .arg = g};

	return flow_open(&g->flow, &parts);
}

static int open_parts(struct gateway *g)
{
	int err = open_history(g);

	if (!err) {
		err = open_twin(g);
	}
	if (!err) {
		err = twin_file_new(&g->twin_file, g->parts.twin, &g->loop,
		                    g->config->state_dir);
	}
	if (!err && g->config->mqtt.enabled) {
		err = publisher_start(&g->parts.publisher, g->config, g->parts.writer, 0);
	}
	if (!err) {
		err = open_bus(g);
	}
	if (!err) {
		err = open_forecasts(g);
	}
	if (!err) {
		err = open_outlook(g);
	}
	if (!err) {
		err = open_proposals(g);
	}
	if (!err) {
		err = open_commands(g);
	}
	if (!err) {
		err = open_computers(g);
	}
	if (!err) {
		err = device_file_new(&g->device_file, g->config, &g->loop);
	}
	if (!err) {
		err = open_poller(g);
	}
	if (!err) {
		err = open_control(g);
	}
	if (!err) {
		err = whatif_desk_open(&g->whatif_desk, g->config, &g->loop);
	}
	if (!err) {
		err = open_routing_watch(g);
	}
	if (!err) {
		err = open_flow(g);
	}
	return err;
}

/* The loop runs until all handles are closed; only then memory goes.  The publisher stops
 * before the writer, which keeps its last cursor. */
static void take_down(struct gateway *g)
{
	stop(g);
	uv_run(&g->loop, UV_RUN_DEFAULT);
	if (g->parts.bus) {
		bus_flush(g->parts.bus);
	}
	twin_file_save(g->twin_file);
	device_file_save(g->device_file);
	publisher_stop(g->parts.publisher, STOP_PUBLISHER_MS);
	writer_stop(g->parts.writer);
	command_free(g->commands);
	poller_free(g->parts.poller);
	forecast_log_free(g->forecasts);
	outlook_free(g->outlook);
	proposals_free(g->proposals);
	fitting_free(g->fitting);
	computers_free(g->computers);
	whatif_desk_free(g->whatif_desk);
	routing_watch_free(g->routing_watch);
	flow_free(g->flow);
	bus_free(g->parts.bus);
	twin_file_free(g->twin_file);
	device_file_free(g->device_file);
	twin_free(g->parts.twin);
	versions_free(g->versions);
	free(g->components);
	uv_loop_close(&g->loop);
	pthread_mutex_destroy(&g->news.lock);
}

int gateway_run(const struct config *cfg, struct config **next)
{
	struct gateway *g = calloc(1, sizeof(*g));
	int err;

	*next = NULL;
	if (!g) {
		return -ENOMEM;
	}
	g->reload.out = next;
	signal(SIGPIPE, SIG_IGN);
	paho_begin(); /* of the drivers too */
	g->config = cfg;
	flow_zone(cfg);
	g->synced = clock_synced();
	g->parts.config = cfg;
	g->parts.started_ns = clock_now_ns();
	open_loop(g);
	err = open_parts(g);
	if (!err) {
		uint64_t feed_ms = notify_watchdog_us() / 4000;

		uv_timer_start(&g->tick, on_tick, 0,
		               feed_ms && feed_ms < TICK_MS ? feed_ms : TICK_MS);
		log_line(LOG_NOTICE, "pollux %s: gateway %s, %zu devices, %zu tags",
		         POLLUX_VERSION, cfg->gateway_id, cfg->n_devices, cfg->n_tags);
		notify_ready("polling");
		uv_run(&g->loop, UV_RUN_DEFAULT);
	} else if (err != -EBUSY) {
		log_line(LOG_ERROR, "cannot start: %s", strerror(-err));
	}
	take_down(g);
	free(g);
	return err;
}
