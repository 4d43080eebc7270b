/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/beside.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/alarm.h"
#include "gateway/config.h"
#include "gateway/config/arena.h"

enum { ALARMS_MAX = 256, MESSAGE_BYTES = 400 };

/* Between two runs the plant jumps back to its beginning: for the twin as long a time
 * passes that it keeps what it has learnt and finds its state anew. */
#define PAUSE_NS INT64_C(86400000000000)

/* A tag and where the plant shows it. */
struct source_of {
	const struct plant_register *at; /* NULL: nowhere */
	const struct encoding *encoding; /* of the tag */
	uint32_t unit;                   /* index in the plant */
};

/* An alarm as it is handed out, and its words. */
struct raised {
	char message[MESSAGE_BYTES];
};

struct beside {
	struct config *config;
	const struct plant_setup *setup;
	struct arena arena;
	const char **names;        /* DEVICE/TAG, by tag */
	struct source_of *sources; /* by tag of a device */
	double *newest;            /* likewise */
	struct twin *twin;
	struct alarm *alarms; /* by tag, also of components */
	struct stand_alarm list[ALARMS_MAX];
	struct raised words[ALARMS_MAX];
	size_t n_alarms;
	struct reading *readings;
	struct estimate *estimates;
	uint8_t *kept; /* what the twin has learnt; NULL: nothing */
	size_t n_kept;
	bool begun;               /* the run: until then nothing is judged */
	int64_t begin_ns, now_ns; /* on the twin's axis: runs follow each other */
};

/* --- Where tags are --- */

static const struct plant_register *register_at(const struct plant_unit *u,
                                                const struct point *p)
{
	for (size_t i = 0; i < u->n_registers; i++) {
		if (u->registers[i].point.space == p->space &&
		    u->registers[i].point.address == p->address) {
			return &u->registers[i];
		}
	}
	return NULL;
}

static void locate(struct beside *b, const struct device_config *d, const struct point *p,
                   FILE *complaints)
{
	const struct plant_setup *s = b->setup;
	struct source_of *out = &b->sources[p->tag];

	out->encoding = p->encoding;
	for (size_t i = 0; i < s->plant.n_units && strcmp(d->driver, "modbus") == 0;
	     i++) {
		if (s->units[i].unit == d->unit && !out->at) {
			out->at = register_at(&s->units[i], p);
			out->unit = (uint32_t)i;
		}
	}
	if (!out->at) {
		fprintf(complaints, "%s: warning: the plant does not show %s (%s)\n",
		        b->config->path, b->names[p->tag], p->at);
	}
}

static int name_tags(struct beside *b)
{
	const struct config *c = b->config;

	b->names = arena_array(&b->arena, c->n_tags, sizeof(*b->names));
	for (size_t i = 0; b->names && i < c->n_tags; i++) {
		b->names[i] = arena_format(&b->arena, "%s/%s", c->tags[i].device,
		                           c->tags[i].name);
		if (!b->names[i]) {
			return -ENOMEM;
		}
	}
	return b->names ? 0 : -ENOMEM;
}

static int prepare(struct beside *b, FILE *complaints)
{
	const struct config *c = b->config;
	size_t n = c->n_tags;
	int err = name_tags(b);

	b->sources = arena_array(&b->arena, n, sizeof(*b->sources));
	b->newest = arena_array(&b->arena, n, sizeof(*b->newest));
	b->alarms = arena_array(&b->arena, n, sizeof(*b->alarms));
	b->readings = arena_array(&b->arena, n, sizeof(*b->readings));
	b->estimates = arena_array(&b->arena, n, sizeof(*b->estimates));
	if (err || !b->sources || !b->newest || !b->alarms || !b->readings ||
	    !b->estimates) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->n_devices; i++) {
		for (size_t k = 0; k < c->devices[i].n_points; k++) {
			locate(b, &c->devices[i], &c->devices[i].points[k], complaints);
		}
	}
	if (c->n_fmus) {
		fprintf(complaints,
		        "%s: error: a component that is an FMU does not run "
		        "beside a stepped plant\n",
		        c->path);
		return -EINVAL;
	}
	return 0;
}

int beside_open(struct beside **out, const char *path, const struct plant_setup *setup,
                FILE *complaints)
{
	struct beside *b = calloc(1, sizeof(*b));
	int err = b ? 0 : -ENOMEM;

	if (!err) {
		b->setup = setup;
		err = config_load(&b->config, path, complaints);
	}
	err = err ? err : prepare(b, complaints);
	err = err ? err : beside_restart(b);
	if (err) {
		beside_close(b);
		return err;
	}
	*out = b;
	return 0;
}

void beside_close(struct beside *b)
{
	if (b) {
		twin_free(b->twin);
		config_free(b->config);
		arena_free(&b->arena);
		free(b->kept);
		free(b);
	}
}

/* --- Runs --- */

int beside_restart(struct beside *b)
{
	struct twin_restored restored;
	struct twin_time now;
	int err;

	twin_free(b->twin);
	b->twin = NULL;
	err = twin_new(&b->twin, &b->config->twin);
	if (err) {
		return err;
	}
	b->now_ns += PAUSE_NS;
	b->begun = false;
	now = (struct twin_time){b->now_ns, b->now_ns / 1000};
	if (b->kept) {
		err = twin_restore(b->twin, &now, b->kept, b->n_kept, &restored);
	}
	memset(b->alarms, 0, b->config->n_tags * sizeof(*b->alarms));
	for (size_t i = 0; i < b->config->n_tags; i++) {
		b->newest[i] = (double)NAN;
	}
	b->n_alarms = 0;
	return err;
}

void beside_begin(struct beside *b)
{
	b->begun = true;
	b->begin_ns = b->now_ns;
}

bool beside_has_learnt(const struct beside *b)
{
	return b->kept;
}

int beside_keep(struct beside *b)
{
	const struct twin_time now = {b->now_ns, b->now_ns / 1000};

	free(b->kept);
	b->kept = malloc(twin_save_size(b->twin));
	if (!b->kept) {
		return -ENOMEM;
	}
	b->n_kept = twin_save(b->twin, &now, b->kept);
	return 0;
}

/* --- Readings --- */

static struct reading bad(uint32_t tag, enum reason reason)
{
	return (struct reading){
		.tag = tag, .quality = QUALITY_BAD, .reason = (uint8_t)reason};
}

/* What the unit's faults make of all its answers. */
static enum reason disturbance(const struct plant *plant, uint32_t unit,
                               uint32_t timeout_ms)
{
	double late_s;

	if (plant_unit_fault(plant, unit, FAULT_SILENCE, &late_s)) {
		return REASON_TIMEOUT;
	}
	if (plant_unit_fault(plant, unit, FAULT_LATE, &late_s) &&
	    late_s * 1000 > timeout_ms) {
		return REASON_TIMEOUT;
	}
	if (plant_unit_fault(plant, unit, FAULT_EXCEPTION, &late_s)) {
		return REASON_EXCEPTION;
	}
	return plant_unit_fault(plant, unit, FAULT_CLOSE, &late_s) ? REASON_RESET
	                                                           : REASON_NONE;
}

static bool is_integer(enum value_type type)
{
	return type != TYPE_FLOAT16 && type != TYPE_FLOAT32 && type != TYPE_FLOAT64;
}

/* Through the register to the tag. */
static struct reading read_tag(const struct source_of *from, uint32_t tag, double signal)
{
	const struct plant_register *r = from->at;
	struct reading out = {.tag = tag, .quality = QUALITY_GOOD};
	double raw = (signal - r->offset) / r->scale;

	if (!isfinite(raw)) {
		return bad(tag, REASON_NOT_A_NUMBER);
	}
	if (is_integer(r->encoding.type)) {
		raw = fmin(fmax(round(raw), r->raw_min), r->raw_max);
	}
	if (from->encoding->type == TYPE_BOOL || from->encoding->type == TYPE_BIT) {
		out.value = value_bool(raw != 0);
	} else {
		out.value = value_real(raw * from->encoding->scale +
		                       from->encoding->offset);
	}
	return out;
}

/* The tags of a device that are due now.  @return how many */
static size_t read_device(struct beside *b, const struct device_config *d,
                          const struct plant *plant)
{
	int64_t cycle = llround(plant_cycle_s(plant) * 1e9);
	size_t n = 0;

	for (size_t i = 0; i < d->n_points; i++) {
		uint32_t tag = d->points[i].tag;
		const struct source_of *from = &b->sources[tag];
		int64_t period = (int64_t)b->config->tags[tag].period_ms * 1000000;
		int64_t run_ns = b->now_ns - b->begin_ns;
		enum reason reason;

		if (!from->at || (period > cycle && run_ns % period >= cycle)) {
			continue;
		}
		reason = disturbance(plant, from->unit, d->timeout_ms);
		b->readings[n] = reason ? bad(tag, reason)
		                        : read_tag(
						  from, tag,
						  plant_signals(plant)[from->at->signal]);
		b->newest[tag] = value_number(&b->readings[n].value);
		n++;
	}
	return n;
}

/* --- Alarms --- */

static void raise_alarm(struct beside *b, const struct sample *s)
{
	struct alarm *a = &b->alarms[s->tag];
	struct explanation why;
	struct raised *words = &b->words[b->n_alarms];
	const struct alarm_facts facts = {b->config->tags, a->kind, s, &why};

	a->id = 1;
	if (b->n_alarms == ALARMS_MAX) {
		return;
	}
	twin_explain(b->twin, s->tag, &why);
	alarm_sentence(words->message, sizeof(words->message), &facts);
	b->list[b->n_alarms++] = (struct stand_alarm){
		.from_ns = b->now_ns - b->begin_ns,
		.until_ns = -1,
		.tag = b->names[s->tag],
		.kind = alarm_kind_name(a->kind),
		.message = words->message,
	};
}

static void clear_alarm(struct beside *b, uint32_t tag)
{
	for (size_t i = b->n_alarms; i-- > 0;) {
		if (b->list[i].tag == b->names[tag] && b->list[i].until_ns < 0) {
			b->list[i].until_ns = b->now_ns - b->begin_ns;
		}
	}
	alarm_close(&b->alarms[tag]);
}

static void judge(struct beside *b, const struct reading *r, const struct estimate *e)
{
	const struct sample s = {.tag = r->tag,
	                         .reason = r->reason,
	                         .value = r->value,
	                         .last = NAN,
	                         .est = *e};

	if (!b->begun) {
		return;
	}
	switch (alarm_step(&b->alarms[r->tag], &s, b->config->twin.alarm_after)) {
	case ALARM_SAME:
		break;
	case ALARM_RAISE:
		raise_alarm(b, &s);
		break;
	case ALARM_CLEAR:
		clear_alarm(b, r->tag);
		break;
	}
}

void beside_turn(struct beside *b, const struct plant *plant)
{
	const struct config *c = b->config;

	b->now_ns += llround(plant_cycle_s(plant) * 1e9);
	for (size_t i = 0; i < c->n_devices; i++) {
		size_t n = read_device(b, &c->devices[i], plant);

		if (n == 0) {
			continue;
		}
		twin_merge(b->twin, b->now_ns, b->readings, n, b->estimates);
		for (size_t k = 0; k < n; k++) {
			judge(b, &b->readings[k], &b->estimates[k]);
		}
		n = twin_virtual(b->twin, b->readings, b->estimates, c->n_tags);
		for (size_t k = 0; k < n; k++) {
			judge(b, &b->readings[k], &b->estimates[k]);
		}
	}
}

/* --- Names --- */

int beside_find(const struct beside *b, const char *name, size_t n, uint32_t *tag)
{
	for (size_t i = 0; i < b->config->n_field_tags; i++) {
		if (strlen(b->names[i]) == n && strncmp(b->names[i], name, n) == 0) {
			*tag = (uint32_t)i;
			return 0;
		}
	}
	return -ENOENT;
}

double beside_value(const struct beside *b, uint32_t tag)
{
	return b->newest[tag];
}

void beside_describe(const struct beside *b, uint32_t tag, struct stand_quantity *out)
{
	*out = (struct stand_quantity){
		.name = b->names[tag],
		.unit = b->config->tags[tag].kind->unit,
	};
}

const char *beside_name(const struct beside *b, size_t i)
{
	return i < b->config->n_field_tags ? b->names[i] : NULL;
}

const char *beside_tag_of(const struct beside *b, uint32_t signal)
{
	for (size_t i = 0; i < b->config->n_field_tags; i++) {
		if (b->sources[i].at && b->sources[i].at->signal == signal) {
			return b->names[i];
		}
	}
	return NULL;
}

const struct stand_alarm *beside_alarms(const struct beside *b, size_t *n)
{
	*n = b->n_alarms;
	return b->list;
}

size_t beside_learning(const struct beside *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->config->n_tags; i++) {
		n += twin_progress(b->twin, (uint32_t)i) < 1;
	}
	return n;
}
