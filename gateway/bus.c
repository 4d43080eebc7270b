/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/alarm_book.h"
#include "gateway/log.h"
#include "gateway/newest.h"
#include "gateway/reduce.h"
#include "gateway/remark_text.h"

/* A batch on its way out. */
struct batch {
	struct sample *rows;
	size_t n;
};

struct bus {
	struct bus_parts parts;
	struct bus_counts counts;
	struct alarm_desk desk;
	struct alarm_book alarms;
	struct newest *now;      /* by tag */
	struct reduce **reduce;  /* by tag; NULL: every reading is a sample */
	char **text;             /* by tag; NULL where it has no text */
	struct estimate *est;    /* scratch, one per reading of a batch */
	struct reading *virtual; /* scratch, what the components say */
	struct batch newest;     /* scratch: samples of this batch */
	struct batch held;       /* scratch: those that the reduction had held back */
	size_t room;             /* of each scratch */
	int64_t *since_us;       /* by device: its state; 0: it has none yet */
};

static void send_event(void *arg, const struct event *e)
{
	struct bus *b = arg;

	b->counts.events++;
	writer_event(b->parts.writer, e);
	if (b->parts.publisher) {
		publisher_event(b->parts.publisher, e);
	}
}

/* Largest batch: all points of one device, or all tags of all components. */
static size_t largest_batch(const struct config *c)
{
	size_t room = c->n_tags - c->n_field_tags;

	for (size_t i = 0; i < c->n_devices; i++) {
		room = c->devices[i].n_points > room ? c->devices[i].n_points : room;
	}
	return room + 1;
}

static int make_tag(struct bus *b, size_t i)
{
	const struct config *c = b->parts.config;

	newest_none(&b->now[i]);
	if (c->tags[i].kind->type == TYPE_STRING) {
		b->text[i] = calloc(1, VALUE_TEXT_MAX + 1);
	}
	if (!isnan(c->options[i]->store.deviation)) {
		b->reduce[i] = calloc(1, sizeof(struct reduce));
	}
	return (c->tags[i].kind->type == TYPE_STRING && !b->text[i]) ||
	                       (!isnan(c->options[i]->store.deviation) && !b->reduce[i])
	               ? -ENOMEM
	               : 0;
}

int bus_new(struct bus **out, const struct bus_parts *parts)
{
	struct bus *b = calloc(1, sizeof(*b));
	size_t n = parts->config->n_tags + 1;
	int err;

	if (!b) {
		return -ENOMEM;
	}
	b->parts = *parts;
	err = alarm_book_init(&b->alarms, n);
	alarm_desk_init(&b->desk,
	                &(struct alarm_desk_parts){parts->config, parts->stamper,
	                                           parts->twin, send_event, b});
	b->room = largest_batch(parts->config);
	b->now = calloc(n, sizeof(*b->now));
	b->reduce = calloc(n, sizeof(struct reduce *));
	b->text = calloc(n, sizeof(char *));
	b->est = calloc(b->room, sizeof(*b->est));
	b->virtual = calloc(b->room, sizeof(*b->virtual));
	b->newest.rows = calloc(b->room, sizeof(*b->newest.rows));
	b->held.rows = calloc(b->room, sizeof(*b->held.rows));
	b->since_us = calloc(parts->config->n_devices + 1, sizeof(*b->since_us));
	if (!b->now || !b->since_us || !b->reduce || !b->text || !b->est || !b->virtual ||
	    !b->newest.rows || !b->held.rows) {
		err = -ENOMEM;
	}
	for (size_t i = 0; !err && i < parts->config->n_tags; i++) {
		err = make_tag(b, i);
	}
	if (err) {
		bus_free(b);
		return err;
	}
	*out = b;
	return 0;
}

void bus_free(struct bus *b)
{
	if (!b) {
		return;
	}
	for (size_t i = 0; i < b->parts.config->n_tags; i++) {
		free(b->reduce ? b->reduce[i] : NULL);
		free(b->text ? b->text[i] : NULL);
	}
	alarm_book_fini(&b->alarms);
	free(b->now);
	free(b->reduce);
	free(b->text);
	free(b->est);
	free(b->since_us);
	free(b->virtual);
	free(b->newest.rows);
	free(b->held.rows);
	free(b);
}

/* A reading and its estimate make a sample; a model fills in for a value that is lost. */
static struct sample sample_of(const struct newest *now, const struct reading *r,
                               const struct estimate *est, int64_t ts_us)
{
	struct sample s = {.ts_us = ts_us,
	                   .last_ts_us = now->last_ts_us,
	                   .tag = r->tag,
	                   .code = r->code,
	                   .reason = r->reason,
	                   .value = r->value,
	                   .last = now->last,
	                   .est = *est};

	if (est->source == SOURCE_PREDICTED) {
		s.value = value_real(est->estimate);
	} else if (est->quality == QUALITY_BAD || est->quality == QUALITY_STALE) {
		s.value.kind = VALUE_NONE;
	}
	if (est->quality == QUALITY_GOOD) {
		s.last = value_number(&s.value);
		s.last_ts_us = ts_us;
	}
	return s;
}

/* Keep what is shown as the tag's latest; its text is the bus's own copy. */
static void keep(struct bus *b, const struct sample *s)
{
	struct sample latest = *s;

	if (s->value.kind == VALUE_TEXT) {
		char *text = b->text[s->tag];

		snprintf(text, VALUE_TEXT_MAX + 1, "%s", s->value.text);
		latest.value.text = text;
	}
	newest_keep(&b->now[s->tag], &latest);
}

/* Of a tag without a deviation: a value always is; a fault may be the same one still. */
static bool is_news(const struct bus *b, const struct sample *s, int64_t interval_us)
{
	struct sample latest;

	if (s->value.kind != VALUE_NONE || b->now[s->tag].ts_us == 0) {
		return true;
	}
	latest = newest_sample(&b->now[s->tag], s->tag);
	return reduce_is_news(&latest, s, interval_us);
}

static void reduce(struct bus *b, const struct sample *s)
{
	const struct store_config *store = &b->parts.config->options[s->tag]->store;
	int64_t interval_us = (int64_t)store->max_interval_ms * 1000;
	struct sample out[2];
	size_t n;

	if (!b->reduce[s->tag]) {
		if (is_news(b, s, interval_us)) {
			b->newest.rows[b->newest.n++] = *s;
			keep(b, s);
		} else {
			b->counts.reduced++;
		}
		return;
	}
	n = reduce_step(b->reduce[s->tag], store->deviation, interval_us, s, out);
	b->counts.reduced += n == 0;
	for (size_t i = 0; i < n; i++) {
		struct batch *to = out[i].ts_us == s->ts_us ? &b->newest : &b->held;

		to->rows[to->n++] = out[i];
	}
	keep(b, s);
}

/* An alarm that finds no room in the book is told again. */
static void judge(struct bus *b, uint64_t received_ns, const struct sample *s)
{
	struct alarm alarm = alarm_book_get(&b->alarms, s->tag);

	alarm_desk_judge(&b->desk, &alarm, received_ns, s);
	(void)alarm_book_put(&b->alarms, s->tag, &alarm);
}

static void send_batch(struct bus *b, int64_t at_us, struct batch *batch)
{
	if (batch->n == 0) {
		return;
	}
	b->counts.produced += batch->n;
	writer_samples(b->parts.writer, at_us, batch->rows, batch->n);
	if (b->parts.publisher) {
		publisher_samples(b->parts.publisher, at_us, batch->rows, batch->n);
	}
	batch->n = 0;
}

/* Later than the last stamp of all these tags, in ms. */
static int64_t newest_of(const struct bus *b, const struct reading *r, size_t n)
{
	int64_t newest_us = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t ts_us = b->now[r[i].tag].ts_us;

		newest_us = ts_us > newest_us ? ts_us : newest_us;
	}
	return newest_us;
}

/* From readings and estimates of one device or component to history and publisher. */
static void pass_on(struct bus *b, uint64_t received_ns, const struct reading *r,
                    const struct estimate *est, size_t n)
{
	int64_t at_us = clock_stamp(b->parts.stamper, received_ns, newest_of(b, r, n));

	for (size_t i = 0; i < n; i++) {
		struct sample s = sample_of(&b->now[r[i].tag], &r[i], &est[i], at_us);

		reduce(b, &s);
		judge(b, received_ns, &s);
	}
	/* What was held back came before; stamps are two apart, so one fits between. */
	send_batch(b, at_us - 1, &b->held);
	send_batch(b, at_us, &b->newest);
}

/* What the components say, one batch a component. */
static void pass_virtual(struct bus *b, uint64_t received_ns)
{
	const struct tag *tags = b->parts.config->tags;
	size_t n = twin_virtual(b->parts.twin, b->virtual, b->est, b->room);
	size_t from = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i == n || tags[b->virtual[i].tag].device_index !=
		                      tags[b->virtual[from].tag].device_index) {
			pass_on(b, received_ns, b->virtual + from, b->est + from,
			        i - from);
			from = i;
		}
	}
}

/* What the twin has to say beside its estimates. */
static void pass_remarks(struct bus *b)
{
	struct remark remarks[8];
	size_t n;

	while ((n = twin_remarks(b->parts.twin, remarks, ARRAY_SIZE(remarks))) > 0) {
		for (size_t i = 0; i < n; i++) {
			char message[256];
			const char *kind = remark_text(&b->parts.config->twin,
			                               &remarks[i], message,
			                               sizeof(message));

			log_line(LOG_NOTICE, "%s", message);
			bus_event(b, &(struct event){.device = remarks[i].device,
			                             .tag = remarks[i].tag,
			                             .kind = kind,
			                             .severity = "info",
			                             .message = message});
		}
	}
}

void bus_deliver(struct bus *b, uint64_t received_ns, const struct reading *r, size_t n)
{
	b->counts.readings += n;
	twin_merge(b->parts.twin, (int64_t)received_ns, r, n, b->est);
	if (n > 0) {
		pass_on(b, received_ns, r, b->est, n);
	}
	pass_virtual(b, received_ns);
	pass_remarks(b);
}

void bus_flush(struct bus *b)
{
	for (size_t i = 0; i < b->parts.config->n_tags; i++) {
		struct reduce *r = b->reduce[i];

		if (r && r->has_held) {
			r->has_held = false;
			b->newest.rows[b->newest.n++] = r->held;
			send_batch(b, clock_stamp(b->parts.stamper, clock_now_ns(), 0),
			           &b->newest);
		}
	}
}

void bus_event(struct bus *b, const struct event *e)
{
	struct event stamped = *e;

	stamped.ts_us = clock_stamp(b->parts.stamper, clock_now_ns(), 0);
	stamped.alarm_id = 0;
	stamped.value = stamped.predicted = stamped.residual = stamped.threshold = NAN;
	stamped.state = stamped.method = stamped.contributions = stamped.by = "";
	send_event(b, &stamped);
}

void bus_device_figures(struct bus *b, uint32_t device,
                        const struct device_health *health, const char *figures)
{
	struct device_status status = {
		.state = device_state_name(health->state),
		.since_us = b->since_us[device],
		.error = reason_name(health->reason),
		.ok_pct = health->ok_pct,
		.rtt_ms = health->stats.answers ? health->stats.rtt_us / 1e3 : NAN,
		.figures = figures,
	};

	if (b->parts.publisher && status.since_us) {
		publisher_device(b->parts.publisher, device, &status);
	}
}

void bus_device(struct bus *b, uint32_t device, const struct device_health *health)
{
	const struct device_config *cfg = &b->parts.config->devices[device];
	bool down = health->state == DEVICE_DOWN;
	char message[256];

	b->since_us[device] = clock_wall_us();
	if (down) {
		snprintf(message, sizeof(message), "%s is down: %s%s%s (%s)", cfg->id,
		         reason_name(health->reason), health->detail ? ", " : "",
		         health->detail ? health->detail : "", cfg->address);
	} else if (health->state == DEVICE_DEGRADED) {
		snprintf(message, sizeof(message), "%s answers, %u of its tags are bad",
		         cfg->id, (unsigned)health->bad_tags);
	} else {
		snprintf(message, sizeof(message), "%s is up", cfg->id);
	}
	log_line(down ? LOG_WARNING : LOG_NOTICE, "%s", message);
	bus_event(b, &(struct event){.device = device,
	                             .tag = EVENT_NOBODY,
	                             .kind = down ? "device_down" : "device_up",
	                             .severity = down ? "warning" : "info",
	                             .message = message});
	bus_device_figures(b, device, health, NULL);
}

int bus_acknowledge(struct bus *b, uint32_t tag, const char *by)
{
	struct alarm alarm = bus_alarm(b, tag);
	struct sample s = bus_now(b, tag);
	int err = alarm_desk_acknowledge(&b->desk, &alarm,
	                                 &(struct alarm_hand){clock_now_ns(), &s, by});

	(void)alarm_book_put(&b->alarms, tag, &alarm); /* it is there */
	return err;
}

int bus_shelve(struct bus *b, uint32_t tag, uint32_t for_s, const char *by)
{
	struct alarm alarm = bus_alarm(b, tag);
	struct sample s = bus_now(b, tag);
	int err = alarm_desk_shelve(&b->desk, &alarm,
	                            &(struct alarm_hand){clock_now_ns(), &s, by}, for_s);

	(void)alarm_book_put(&b->alarms, tag, &alarm); /* it is there */
	return err;
}

struct sample bus_now(const struct bus *b, uint32_t tag)
{
	return newest_sample(&b->now[tag], tag);
}

struct alarm bus_alarm(const struct bus *b, uint32_t tag)
{
	return alarm_book_get(&b->alarms, tag);
}

void bus_counts(const struct bus *b, struct bus_counts *out)
{
	*out = b->counts;
	out->alarms_held = b->desk.held;
	out->alarms_lost = b->desk.lost;
}
