/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/payload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gateway/clock.h"

/* Room before the samples of a history message for what is known only after them:
 * {"replay":true,"from":-9223372036854775,"to":-9223372036854775,"samples": */
enum { HISTORY_HEAD = 96 };

int64_t payload_ms(int64_t us)
{
	return us / 1000 - (us % 1000 < 0);
}

/* The reading minus what was expected; a value that is the model's own says nothing. */
static double residual(const struct sample *s)
{
	return s->est.source == SOURCE_PREDICTED
	               ? NAN
	               : value_number(&s->value) - s->est.predicted;
}

static void put_error(struct jsonout *j, const struct sample *s)
{
	char text[48];

	if (s->reason == REASON_EXCEPTION && s->code != 0) {
		/* Modbus counts to 11; status codes of OPC UA are known as hexadecimal.
		 */
		snprintf(text, sizeof(text),
		         s->code > UINT8_MAX ? "exception 0x%04X" : "exception %u",
		         s->code);
		jsonout_text(j, text);
	} else {
		jsonout_text_or_null(j, reason_name(s->reason));
	}
}

static void put_time(struct jsonout *j, int64_t ts_us)
{
	char iso[32];

	jsonout_key(j, "ts");
	jsonout_int(j, payload_ms(ts_us));
	clock_iso(payload_ms(ts_us) * 1000, iso);
	jsonout_key(j, "time");
	jsonout_text(j, iso);
}

/* Values that a tag may have beside its own. */
static void put_unit(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_text(j, tag->kind->unit);
}

static void put_quality(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_text(j, quality_name(s->est.quality));
}

static void put_source(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_text(j, source_name(s->est.source));
}

static void put_predicted(struct jsonout *j, const struct tag *tag,
                          const struct sample *s)
{
	jsonout_real(j, s->est.predicted);
}

static void put_estimate(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_real(j, s->est.estimate);
}

static void put_sigma(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_real(j, s->est.sigma);
}

static void put_residual(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_real(j, residual(s));
}

static void put_score(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_real(j, s->est.score);
}

static void put_state(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_text(j, tag_state_name(s->est.state));
}

static void put_drift(struct jsonout *j, const struct tag *tag, const struct sample *s)
{
	jsonout_bool(j, s->est.drift);
}

static const struct field {
	const char *name;
	void (*put)(struct jsonout *j, const struct tag *tag, const struct sample *s);
} fields_of_tag[] = {
	/* In the order of P/D/T/state. */
	{"unit", put_unit},           {"quality", put_quality},   {"source", put_source},
	{"predicted", put_predicted}, {"estimate", put_estimate}, {"sigma", put_sigma},
	{"residual", put_residual},   {"score", put_score},       {"state", put_state},
	{"drift", put_drift},
};

static const struct field *field_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields_of_tag); i++) {
		if (strcmp(fields_of_tag[i].name, name) == 0) {
			return &fields_of_tag[i];
		}
	}
	return NULL;
}

bool payload_is_field(const char *name)
{
	return field_find(name) != NULL;
}

size_t payload_state(char *buf, size_t size, const struct tag *tag,
                     const struct sample *s)
{
	struct jsonout j = jsonout_into(buf, size);

	jsonout_open(&j, '{');
	put_time(&j, s->ts_us);
	jsonout_key(&j, "device");
	jsonout_text(&j, tag->device);
	jsonout_key(&j, "tag");
	jsonout_text(&j, tag->name);
	jsonout_key(&j, "value");
	jsonout_value(&j, &s->value);
	for (size_t i = 0; i < ARRAY_SIZE(fields_of_tag); i++) {
		jsonout_key(&j, fields_of_tag[i].name);
		fields_of_tag[i].put(&j, tag, s);
	}
	jsonout_key(&j, "setpoint");
	jsonout_null(&j);
	if (s->value.kind == VALUE_NONE) {
		jsonout_key(&j, "last");
		jsonout_real(&j, s->last);
		jsonout_key(&j, "last_ts");
		if (s->last_ts_us) {
			jsonout_int(&j, payload_ms(s->last_ts_us));
		} else {
			jsonout_null(&j);
		}
		jsonout_key(&j, "error");
		put_error(&j, s);
	}
	jsonout_close(&j, '}');
	return jsonout_done(&j);
}

static void put_tag(struct jsonout *j, const struct payload_form *form,
                    const struct sample *s)
{
	const struct tag *tag = &form->tags[s->tag];

	jsonout_key(j, tag->name);
	jsonout_value(j, &s->value);
	if (s->est.quality != QUALITY_GOOD) {
		jsonout_key2(j, tag->name, "quality");
		put_quality(j, tag, s);
		jsonout_key2(j, tag->name, "error");
		put_error(j, s);
	}
	for (size_t i = 0; i < form->n_fields; i++) {
		const struct field *field = field_find(form->fields[i]);
		bool twice = field && field->put == put_quality &&
		             s->est.quality != QUALITY_GOOD;

		if (field && !twice) {
			jsonout_key2(j, tag->name, field->name);
			field->put(j, tag, s);
		}
	}
}

size_t payload_data(char *buf, size_t size, const struct payload_form *form,
                    const struct sample *const *rows, size_t n)
{
	struct jsonout j = jsonout_into(buf, size);

	jsonout_open(&j, '{');
	jsonout_key(&j, "ts");
	jsonout_int(&j, payload_ms(rows[0]->ts_us));
	for (size_t i = 0; i < n; i++) {
		put_tag(&j, form, rows[i]);
	}
	jsonout_close(&j, '}');
	return jsonout_done(&j);
}

static void put_event(struct jsonout *j, const struct event *e)
{
	jsonout_key(j, "kind");
	jsonout_text(j, e->kind);
	jsonout_key(j, "state");
	jsonout_text_or_null(j, e->state);
	jsonout_key(j, "severity");
	jsonout_text(j, e->severity);
	jsonout_key(j, "value");
	jsonout_real(j, e->value);
	jsonout_key(j, "predicted");
	jsonout_real(j, e->predicted);
	jsonout_key(j, "residual");
	jsonout_real(j, e->residual);
	jsonout_key(j, "threshold");
	jsonout_real(j, e->threshold);
	jsonout_key(j, "method");
	jsonout_text_or_null(j, e->method);
	jsonout_key(j, "contributions");
	if (e->contributions && e->contributions[0]) {
		jsonout_raw(j, e->contributions);
	} else {
		jsonout_null(j);
	}
	jsonout_key(j, "message");
	jsonout_text(j, e->message);
}

size_t payload_alarm(char *buf, size_t size, const struct event *e)
{
	struct jsonout j = jsonout_into(buf, size);

	jsonout_open(&j, '{');
	jsonout_key(&j, "id");
	jsonout_int(&j, e->alarm_id);
	jsonout_key(&j, "ts");
	jsonout_int(&j, payload_ms(e->ts_us));
	jsonout_key(&j, "since");
	jsonout_int(&j, payload_ms(e->alarm_id));
	put_event(&j, e);
	jsonout_close(&j, '}');
	return jsonout_done(&j);
}

size_t payload_event(char *buf, size_t size, const struct event *e, const char *device,
                     const char *tag)
{
	struct jsonout j = jsonout_into(buf, size);

	jsonout_open(&j, '{');
	put_time(&j, e->ts_us);
	jsonout_key(&j, "device");
	jsonout_text_or_null(&j, device);
	jsonout_key(&j, "tag");
	jsonout_text_or_null(&j, tag);
	jsonout_key(&j, "id");
	if (e->alarm_id) {
		jsonout_int(&j, e->alarm_id);
	} else {
		jsonout_null(&j);
	}
	put_event(&j, e);
	jsonout_key(&j, "by");
	jsonout_text_or_null(&j, e->by);
	jsonout_close(&j, '}');
	return jsonout_done(&j);
}

static size_t put_status(char *buf, size_t size, const struct device_status *s,
                         const char *figures)
{
	struct jsonout j = jsonout_into(buf, size);

	jsonout_open(&j, '{');
	jsonout_key(&j, "state");
	jsonout_text(&j, s->state);
	jsonout_key(&j, "since");
	jsonout_int(&j, payload_ms(s->since_us));
	jsonout_key(&j, "error");
	jsonout_text_or_null(&j, s->error);
	jsonout_key(&j, "ok_pct");
	jsonout_real(&j, s->ok_pct);
	jsonout_key(&j, "rtt_ms");
	jsonout_real(&j, s->rtt_ms);
	if (figures) {
		jsonout_raw(&j, figures);
	}
	jsonout_close(&j, '}');
	return jsonout_done(&j);
}

size_t payload_status(char *buf, size_t size, const struct device_status *s)
{
	size_t n = put_status(buf, size, s, s->figures);

	return n ? n : put_status(buf, size, s, NULL);
}

size_t payload_info(char *buf, size_t size, const struct payload_info *info)
{
	struct jsonout j = jsonout_into(buf, size);

	jsonout_open(&j, '{');
	jsonout_key(&j, "version");
	jsonout_text(&j, info->version);
	jsonout_key(&j, "session");
	jsonout_text(&j, info->session);
	jsonout_key(&j, "started");
	jsonout_int(&j, payload_ms(info->started_us));
	jsonout_key(&j, "devices");
	jsonout_uint(&j, info->devices);
	jsonout_key(&j, "tags");
	jsonout_uint(&j, info->tags);
	jsonout_key(&j, "queue");
	jsonout_int(&j, info->queue);
	jsonout_key(&j, "clock_synced");
	jsonout_bool(&j, info->clock_synced);
	jsonout_close(&j, '}');
	return jsonout_done(&j);
}

struct payload_history payload_history(char *buf)
{
	struct payload_history h = {
		.json = jsonout_into(buf + HISTORY_HEAD, PAYLOAD_MAX - HISTORY_HEAD - 2)};

	jsonout_open(&h.json, '[');
	return h;
}

bool payload_history_add(struct payload_history *h, const struct sample *s,
                         const char *name)
{
	struct jsonout before = h->json;
	struct jsonout *j = &h->json;

	jsonout_open(j, '[');
	jsonout_int(j, payload_ms(s->ts_us));
	if (name) {
		jsonout_text(j, name);
	}
	jsonout_value(j, &s->value);
	jsonout_real(j, s->est.predicted);
	jsonout_text(j, quality_name(s->est.quality));
	jsonout_close(j, ']');
	if (j->full) {
		*j = before;
		return false;
	}
	/* A row that the reduction held back is older than its neighbours. */
	h->from_us = h->n == 0 || s->ts_us < h->from_us ? s->ts_us : h->from_us;
	h->to_us = h->n == 0 || s->ts_us > h->to_us ? s->ts_us : h->to_us;
	h->n++;
	return true;
}

const char *payload_history_done(struct payload_history *h, size_t *n)
{
	char head[HISTORY_HEAD];
	size_t n_head = (size_t)snprintf(head, sizeof(head),
	                                 "{\"replay\":true,\"from\":%" PRId64
	                                 ",\"to\":%" PRId64 ",\"samples\":",
	                                 payload_ms(h->from_us), payload_ms(h->to_us));
	char *start = h->json.bytes - n_head;

	memcpy(start, head, n_head);
	memcpy(h->json.bytes + h->json.n, "]}", 3); /* its room was kept */
	*n = n_head + h->json.n + 2;
	return start;
}
