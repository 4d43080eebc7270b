/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/status.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/payload.h"

/* NaN and infinity are null. */
static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *integer(uint64_t x)
{
	return json_integer((json_int_t)x);
}

static json_t *device_errors(const struct device_stats *stats)
{
	json_t *errors = json_object();

	for (int i = 1; i < REASON_COUNT; i++) {
		if (stats->errors[i]) {
			json_object_set_new(errors, reason_name((enum reason)i),
			                    integer(stats->errors[i]));
		}
	}
	return errors;
}

/* Of values in us. */
static json_t *quantiles_json(const struct quantiles *q)
{
	json_t *o = json_object();

	json_object_set_new(o, "p50_ms", number(q->p50 / 1e3));
	json_object_set_new(o, "p95_ms", number(q->p95 / 1e3));
	json_object_set_new(o, "p99_ms", number(q->p99 / 1e3));
	json_object_set_new(o, "n", integer(q->n));
	return o;
}

static json_t *groups_json(const struct status_parts *p, uint32_t device)
{
	const struct device_config *cfg = &p->config->devices[device];
	uint32_t tags[POLL_GROUPS_MAX] = {0};
	json_t *list = json_array();

	for (size_t i = 0; i < cfg->n_points; i++) {
		tags[cfg->points[i].group]++;
	}
	for (size_t i = 0; i < cfg->n_periods; i++) {
		struct group_figures g;
		json_t *o = json_object();

		poller_group(p->poller, device, i, &g);
		json_object_set_new(o, "period_ms", integer(g.period_ms));
		json_object_set_new(o, "tags", integer(tags[i]));
		json_object_set_new(o, "reads", integer(g.reads));
		json_object_set_new(o, "overruns", integer(g.overruns));
		json_object_set_new(o, "interval", quantiles_json(&g.interval_us));
		json_array_append_new(list, o);
	}
	return list;
}

/* What it was found to refuse; a guess is not told. */
static json_t *holes_json(const struct device *device)
{
	json_t *list = json_array();

	for (size_t i = 0; device && i < device->holes.n; i++) {
		const struct device_hole *hole = &device->holes.items[i];
		char asked[POINT_TEXT_MAX], range[POINT_TEXT_MAX];

		if (!hole->guess && device->driver->print_range) {
			device->driver->print_range(&hole->asked, asked, sizeof(asked));
			device->driver->print_range(&hole->range, range, sizeof(range));
			json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "asked",
			                                      asked, "range", range,
			                                      "code", hole->code));
		}
	}
	return list;
}

/* How it is polled: what is published too. */
static void add_figures(json_t *o, const struct status_parts *p, uint32_t device,
                        const struct device_health *h)
{
	struct device_figures figures;

	poller_figures(p->poller, device, &figures);
	json_object_set_new(o, "reads", integer(h->reads));
	json_object_set_new(o, "overruns", integer(h->overruns));
	json_object_set_new(o, "requests", integer(h->stats.requests));
	json_object_set_new(o, "answers", integer(h->stats.answers));
	json_object_set_new(o, "late_answers", integer(h->stats.late_answers));
	json_object_set_new(o, "registers", integer(h->stats.registers));
	json_object_set_new(o, "errors", device_errors(&h->stats));
	json_object_set_new(o, "rtt", quantiles_json(&figures.rtt_us));
	json_object_set_new(o, "bus_load_ratio", number(figures.bus_load));
	json_object_set_new(o, "groups", groups_json(p, device));
}

char *status_figures(const struct status_parts *p, uint32_t device)
{
	struct device_health h;
	json_t *o = json_object();
	char *text;
	size_t n;

	poller_health(p->poller, device, &h);
	add_figures(o, p, device, &h);
	text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
	json_decref(o);
	n = text ? strlen(text) : 0;
	if (n >= 2) { /* without its braces */
		memmove(text, text + 1, n - 2);
		text[n - 2] = '\0';
	}
	return text;
}

static json_t *device_json(const struct status_parts *p, uint32_t i)
{
	const struct device_config *cfg = &p->config->devices[i];
	struct device_health h;
	json_t *o = json_object();

	poller_health(p->poller, i, &h);
	json_object_set_new(o, "id", json_string(cfg->id));
	json_object_set_new(o, "driver", json_string(cfg->driver));
	json_object_set_new(o, "address", json_string(cfg->address));
	json_object_set_new(o, "state", json_string(device_state_name(h.state)));
	json_object_set_new(o, "error",
	                    h.reason ? json_string(reason_name(h.reason)) : json_null());
	json_object_set_new(o, "ok_pct", number(h.ok_pct));
	json_object_set_new(o, "rtt_ms",
	                    h.stats.answers ? number(h.stats.rtt_us / 1e3) : json_null());
	json_object_set_new(o, "backoff_ms", integer(h.backoff_ms));
	json_object_set_new(o, "tags", integer(cfg->n_points));
	json_object_set_new(o, "bad_tags", integer(h.bad_tags));
	json_object_set_new(o, "blocks", integer(h.stats.n_blocks));
	json_object_set_new(o, "in_flight", integer(h.stats.in_flight));
	json_object_set_new(o, "holes", holes_json(poller_device(p->poller, i)));
	add_figures(o, p, i, &h);
	return o;
}

static json_t *destination_json(const struct status_parts *p, size_t i,
                                const struct writer_stats *w)
{
	struct publisher_stats s = {.connected = false};
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(p->config->history.destinations[i]));
	json_object_set_new(o, "delivered",
	                    json_integer(w->history.destination[i].delivered));
	json_object_set_new(o, "pending",
	                    json_integer(w->history.destination[i].pending));
	json_object_set_new(o, "evicted",
	                    json_integer(w->history.destination[i].evicted));
	if (p->publisher) {
		publisher_stats(p->publisher, &s);
		json_object_set_new(o, "connected", json_boolean(s.connected));
		json_object_set_new(o, "server",
		                    s.server ? json_string(s.server) : json_null());
		json_object_set_new(o, "error",
		                    s.error[0] ? json_string(s.error) : json_null());
		json_object_set_new(o, "qos", json_integer(p->config->mqtt.qos));
		json_object_set_new(o, "messages", integer(s.messages));
		json_object_set_new(o, "live_rows", integer(s.live_rows));
		json_object_set_new(o, "history_rows", integer(s.history_rows));
		json_object_set_new(o, "coalesced", integer(s.coalesced));
		json_object_set_new(o, "connects", integer(s.connects));
		json_object_set_new(o, "in_flight", integer(s.in_flight));
	}
	return o;
}

static json_t *history_json(const struct writer_stats *w)
{
	json_t *o = json_object();

	json_object_set_new(o, "bytes", json_integer(w->history.bytes));
	json_object_set_new(o, "commits", integer(w->commits));
	json_object_set_new(o, "queued_bytes", json_integer(w->queued_bytes));
	json_object_set_new(o, "error",
	                    w->error ? json_string(strerror(-w->error)) : json_null());
	return o;
}

/* What was made or came due in an alarm. */
static json_t *apart_json(const struct record_score *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "n", integer(s->n));
	json_object_set_new(o, "rmse", number(s->rmse));
	json_object_set_new(o, "persistence_rmse", number(s->persistence_rmse));
	json_object_set_new(o, "coverage", number(s->coverage));
	return o;
}

/* How the models' forecasts turned out, by output and horizon. */
static json_t *forecasts_json(const struct status_parts *p)
{
	json_t *list = json_array();
	struct forecast_figures f;

	for (size_t i = 0; p->forecasts && forecast_log_figures(p->forecasts, i, &f);
	     i++) {
		const struct tag *tag = &p->config->tags[f.tag];
		json_t *o = json_object();

		json_object_set_new(o, "component",
		                    json_string(p->config->history.devices[f.device].id));
		json_object_set_new(o, "tag",
		                    json_sprintf("%s/%s", tag->device, tag->name));
		json_object_set_new(o, "horizon_s", number(f.horizon_s));
		json_object_set_new(o, "n", integer(f.told.n));
		json_object_set_new(o, "rmse", number(f.told.rmse));
		json_object_set_new(o, "persistence_rmse",
		                    number(f.told.persistence_rmse));
		json_object_set_new(o, "skill", number(f.told.skill));
		json_object_set_new(o, "coverage", number(f.told.coverage));
		json_object_set_new(o, "band", number(f.band));
		json_object_set_new(o, "model_rmse", number(f.model.rmse));
		json_object_set_new(o, "model_skill", number(f.model.skill));
		json_object_set_new(o, "verdict",
		                    json_string(forecast_log_verdict(&f.told)));
		json_object_set_new(o, "in_alarm", apart_json(&f.apart));
		json_array_append_new(list, o);
	}
	return list;
}

/* What moves towards its limit, and when it will be there. */
static json_t *outlook_json(const struct status_parts *p)
{
	json_t *list = json_array();
	struct outlook_item item;

	for (size_t i = 0; p->outlook && outlook_item(p->outlook, i, &item); i++) {
		const struct tag *tag = &p->config->tags[item.tag];
		const struct remaining *r = &item.remaining;
		json_t *o = json_object();

		json_object_set_new(o, "tag",
		                    json_sprintf("%s/%s", tag->device, tag->name));
		json_object_set_new(o, "name", json_string(item.name));
		json_object_set_new(o, "limit", number(item.limit));
		json_object_set_new(o, "health", number(item.health));
		json_object_set_new(o, "p10_s", number(r->p10));
		json_object_set_new(o, "p50_s", number(r->p50));
		json_object_set_new(o, "p90_s", number(r->p90));
		json_object_set_new(o, "no_prediction",
		                    r->why == REMAINING_KNOWN
		                            ? json_null()
		                            : json_string(remaining_why_text(r->why)));
		json_array_append_new(list, o);
	}
	return list;
}

/* The machines, and how far each has come with learning. */
static json_t *components_json(const struct status_parts *p)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < p->config->twin.n_components; i++) {
		const struct component_config *c = &p->config->twin.components[i];
		struct sample health = bus_now(p->bus, c->health_tag);
		int64_t proposed = versions_proposal(p->versions, i)->number;
		json_t *o = json_object();

		json_object_set_new(o, "id", json_string(c->id));
		json_object_set_new(o, "model", json_string(c->model->name));
		json_object_set_new(
			o, "state",
			json_string(tag_state_name(health.ts_us ? health.est.state
		                                                : STATE_LEARNING)));
		json_object_set_new(o, "learnt",
		                    number(twin_progress(p->twin, c->health_tag)));
		json_object_set_new(o, "fitting",
		                    json_boolean(twin_is_fitting(p->twin, i)));
		json_object_set_new(o, "version",
		                    json_integer(versions_in_force(p->versions, i)));
		json_object_set_new(o, "proposed",
		                    proposed ? json_integer(proposed) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

/* Of the analog tags: how many have learnt their normal, how many are in alarm. */
static void add_tags(json_t *o, const struct status_parts *p)
{
	uint64_t monitored = 0, learnt = 0, alarms = 0, unseen = 0;

	for (uint32_t i = 0; i < p->config->n_tags; i++) {
		double progress = i < p->config->n_field_tags ? twin_progress(p->twin, i)
		                                              : (double)NAN;
		struct alarm alarm = bus_alarm(p->bus, i);

		monitored += isnan(progress) ? 0 : 1;
		learnt += progress >= 1 ? 1 : 0;
		if (alarm.id) {
			alarms++;
			unseen += alarm.stage == ALARM_ACTIVE;
		}
	}
	json_object_set_new(o, "tags", integer(p->config->n_tags));
	json_object_set_new(o, "monitored", integer(monitored));
	json_object_set_new(o, "learnt", integer(learnt));
	json_object_set_new(o, "alarms", integer(alarms));
	json_object_set_new(o, "unacknowledged", integer(unseen));
}

/* Three counters of three owners: the bus's produced, the queue's, the file's stored. */
static void add_balance(json_t *o, const struct status_parts *p,
                        const struct writer_stats *w)
{
	struct bus_counts counts;
	json_t *dropped = json_object();

	bus_counts(p->bus, &counts);
	json_object_set_new(o, "readings", integer(counts.readings));
	json_object_set_new(o, "reduced", integer(counts.reduced));
	json_object_set_new(o, "alarms_held", integer(counts.alarms_held));
	json_object_set_new(o, "alarms_lost", integer(counts.alarms_lost));
	json_object_set_new(o, "produced",
	                    json_integer(p->stored_before + (int64_t)counts.produced -
	                                 w->queued_rows));
	json_object_set_new(o, "queued", json_integer(w->queued_rows));
	json_object_set_new(o, "stored", json_integer(w->history.stored));
	json_object_set_new(dropped, "storage", json_integer(w->dropped));
	json_object_set_new(o, "dropped", dropped);
}

char *status_json(const struct status_parts *p)
{
	struct writer_stats w;
	json_t *o = json_object();
	json_t *devices = json_array(), *destinations = json_array();
	char *text;

	writer_stats(p->writer, &w);
	json_object_set_new(o, "version", json_string(POLLUX_VERSION));
	json_object_set_new(o, "gateway", json_string(p->config->gateway_id));
	json_object_set_new(o, "pid", json_integer(getpid()));
	json_object_set_new(o, "uptime_s",
	                    number((double)(clock_now_ns() - p->started_ns) / 1e9));
	json_object_set_new(o, "clock_synced", json_boolean(clock_synced()));
	add_balance(o, p, &w);
	for (size_t i = 0; i < p->config->history.n_destinations; i++) {
		json_array_append_new(destinations, destination_json(p, i, &w));
	}
	for (uint32_t i = 0; i < p->config->n_devices; i++) {
		json_array_append_new(devices, device_json(p, i));
	}
	json_object_set_new(o, "destinations", destinations);
	json_object_set_new(o, "devices", devices);
	json_object_set_new(o, "components", components_json(p));
	json_object_set_new(o, "history", history_json(&w));
	json_object_set_new(o, "forecasts", forecasts_json(p));
	json_object_set_new(o, "outlook", outlook_json(p));
	add_tags(o, p);
	text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(o);
	return text;
}

/* The test chosen for a tag, with what its run lengths depend on. */
static size_t test_json(const struct twin *twin, uint32_t tag, char *to)
{
	struct tag_test test;

	if (!twin_test(twin, tag, &test)) {
		return 0;
	}
	if (isnan(test.correlation)) {
		return (size_t)sprintf(to, ",\"test\":\"%s\",\"correlation\":null",
		                       sequence_name(test.cfg->kind));
	}
	return (size_t)sprintf(to, ",\"test\":\"%s\",\"correlation\":%.3f",
	                       sequence_name(test.cfg->kind), test.correlation);
}

/* A tag's state with its alarm inside the same object. */
static size_t tag_json(const struct status_parts *p, const struct sample *now, char *buf,
                       size_t size)
{
	uint32_t i = now->tag;
	struct alarm alarm = bus_alarm(p->bus, i);
	size_t n;

	n = payload_state(buf, size, &p->config->tags[i], now);
	if (n == 0 || n + 128 > size) {
		return 0;
	}
	n += test_json(p->twin, i, buf + n - 1);
	return n - 1 +
	       (size_t)sprintf(buf + n - 1, ",\"learnt\":%.3g,\"alarm\":\"%s\"}",
	                       fmax(0, twin_progress(p->twin, i)),
	                       alarm.id ? alarm_kind_name((enum alarm_kind)alarm.kind)
	                                : "");
}

char *status_tags_json(const struct status_parts *p)
{
	size_t room = p->config->n_tags * (PAYLOAD_STATE_MAX / 4) + PAYLOAD_STATE_MAX +
	              64;
	char *text = malloc(room);
	size_t n = 1;

	if (!text) {
		return NULL;
	}
	text[0] = '[';
	for (uint32_t i = 0; i < p->config->n_tags; i++) {
		struct sample now = bus_now(p->bus, i);

		if (now.ts_us != 0) {
			n += n > 1 ? (text[n] = ',', 1U) : 0U;
			n += tag_json(p, &now, text + n, room - n - 2);
		}
	}
	text[n] = ']';
	text[n + 1] = '\0';
	return text;
}
