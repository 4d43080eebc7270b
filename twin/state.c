/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The twin's learnt state as bytes, all little-endian:
 *
 *     magic u64, version u32, records u32, then records:
 *     kind u8, length u32, key u64, meaning u64, body
 *     and a checksum u64 over all before
 *
 * A key is who it is about, a meaning all that its numbers depend on; both are hashes.
 * Times are UTC in us.  Each body is described once, by a function that saves or loads.
 */
#include <assert.h>
#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "twin/learning.h"

#define MAGIC UINT64_C(0x314e4957544c4f50) /* "POLTWIN1" */

enum {
	VERSION = 2,
	HEAD_BYTES = 16,
	RECORD_HEAD_BYTES = 21,
	MONITOR_BYTES = 95,
	/* More than a component's numbers, of which the slow window is most. */
	COMPONENT_BYTES = 1024 + 8 * MODEL_PARAMETERS_MAX + 4 * NIS_SLOW +
	                  8 * (MODEL_STATES_MAX * (MODEL_STATES_MAX + 2) +
	                       4 * MODEL_INPUTS_MAX + 8 * COMPONENT_OUTPUTS_MAX),
	CHECK_BYTES = 8,
};

enum kind { KIND_MONITOR = 1, KIND_COMPONENT };

/* Where bytes go to or come from; past the end nothing moves and bad is set. */
struct stream {
	uint8_t *at, *end;
	bool saving, bad;
	const struct twin_time *now;
};

static void bytes(struct stream *s, uint64_t *word, int n)
{
	if (s->end - s->at < n) {
		s->bad = true;
		return;
	}
	if (!s->saving) {
		*word = 0;
	}
	for (int i = 0; i < n; i++) {
		if (s->saving) {
			s->at[i] = (uint8_t)(*word >> 8 * i);
		} else {
			*word |= (uint64_t)s->at[i] << 8 * i;
		}
	}
	s->at += n;
}

static void u8(struct stream *s, uint8_t *x)
{
	uint64_t word = *x;

	bytes(s, &word, 1);
	*x = (uint8_t)word;
}

static void u16(struct stream *s, uint16_t *x)
{
	uint64_t word = *x;

	bytes(s, &word, 2);
	*x = (uint16_t)word;
}

static void u32(struct stream *s, uint32_t *x)
{
	uint64_t word = *x;

	bytes(s, &word, 4);
	*x = (uint32_t)word;
}

static void f32(struct stream *s, float *x)
{
	uint32_t word;

	memcpy(&word, x, sizeof(word));
	u32(s, &word);
	memcpy(x, &word, sizeof(word));
}

static void f64(struct stream *s, double *x)
{
	uint64_t word;

	memcpy(&word, x, sizeof(word));
	bytes(s, &word, 8);
	memcpy(x, &word, sizeof(word));
}

/* As f64(), of what is kept in single precision. */
static void wide(struct stream *s, float *x)
{
	double y = (double)*x;

	f64(s, &y);
	*x = (float)fmin(y, FLT_MAX);
}

static void f64s(struct stream *s, double *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		f64(s, &x[i]);
	}
}

static void flag(struct stream *s, bool *x)
{
	uint8_t word = *x;

	u8(s, &word);
	*x = word != 0;
}

/* A time of the twin's axis; what lies ahead of now is of a clock that was wrong. */
static void moment(struct stream *s, int64_t *t_ns)
{
	bool special = *t_ns == TIME_NEVER || *t_ns == INT64_MAX;
	int64_t us = special ? *t_ns : s->now->wall_us - (s->now->t_ns - *t_ns) / 1000;
	uint64_t word = (uint64_t)us;

	bytes(s, &word, 8);
	us = (int64_t)word;
	if (s->saving || s->bad) {
		return;
	}
	if (us == TIME_NEVER || us == INT64_MAX) {
		*t_ns = us;
	} else if (us > s->now->wall_us || us < 0) {
		*t_ns = s->now->t_ns - INT64_MAX / 4;
	} else {
		*t_ns = s->now->t_ns - (s->now->wall_us - us) * 1000;
	}
}

static void stuck(struct stream *s, struct stuck *k)
{
	uint32_t word;

	word = k->last | (uint32_t)k->limit << 8 | (uint32_t)k->run << 17 |
	       (uint32_t)k->alive << 27 | (uint32_t)k->normal << 31;
	u32(s, &word);
	*k = (struct stuck){.last = word & 0xff,
	                    .limit = word >> 8 & 0x1ff,
	                    .run = word >> 17 & 0x3ff,
	                    .alive = word >> 27 & 0xf,
	                    .normal = word >> 31 == 1};
}

static void monitor(struct stream *s, struct monitor *m)
{
	bool drift = m->drift, spike = m->spike;

	moment(s, &m->t_ns);
	f64(s, &m->m);
	f64(s, &m->p);
	f64(s, &m->w);
	wide(s, &m->r);
	wide(s, &m->q);
	f64(s, &m->move.fast);
	f64(s, &m->move.slow);
	f32(s, &m->move.sigma);
	f32(s, &m->move.limit);
	u8(s, &m->move.age);
	flag(s, &m->move.on);
	stuck(s, &m->move.stuck);
	f32(s, &m->dt0_s);
	f32(s, &m->w_limit);
	f32(s, &m->z_spike);
	u16(s, &m->drift_for);
	u8(s, &m->again);
	flag(s, &drift);
	flag(s, &spike);
	m->drift = drift;
	m->spike = spike;
}

static void nis(struct stream *s, struct nis *n)
{
	uint64_t updates = n->n;

	f64s(s, n->last, NIS_WINDOW);
	for (size_t i = 0; i < NIS_WINDOW; i++) {
		u8(s, &n->rows[i]);
	}
	f64(s, &n->largest);
	bytes(s, &updates, 8);
	n->n = updates;
	flag(s, &n->alarm);
	flag(s, &n->mismatch);
	u32(s, &n->n_slow);
	u32(s, &n->slow_at);
	u32(s, &n->counted);
	for (size_t i = 0; i < NIS_SLOW; i++) {
		f32(s, &n->slow[i]);
	}
	f64(s, &n->slow_sum);
	f64(s, &n->low);
	f64(s, &n->high);
	n->judging = true;
}

static void visited(void *arg, double *x)
{
	f64(arg, x);
}

static void component(struct stream *s, struct component *c)
{
	const struct model *model = c->observer.model;
	double own[MODEL_PARAMETERS_MAX];

	memcpy(own, c->cfg->parameters, sizeof(own));
	if (c->var) {
		var_visit(c->var, visited, s);
		if (!s->saving) {
			var_settle(c->var);
		}
		return;
	}
	if (c->cfg->fit) {
		double *found = c->fit ? c->fit->p : own;

		f64s(s, found, model->n_parameters);
	}
	f64s(s, c->qc, model->n_states);
	f64s(s, c->R, c->cfg->n_outputs);
	f64(s, &c->qc_lost);
	nis(s, &c->nis);
	flag(s, &c->running);
	flag(s, &c->stale);
	moment(s, &c->t_ns);
	moment(s, &c->row_ns);
	f64s(s, c->filter.x, model->n_states);
	f64s(s, c->filter.P, model->n_states * model->n_states);
	for (size_t i = 0; i < model->n_inputs; i++) {
		f64(s, &c->u[i]);
		f64(s, &c->u_next[i]);
		moment(s, &c->u_ns[i]);
	}
	for (size_t i = 0; i < c->cfg->n_outputs; i++) {
		struct component_output *out = &c->out[i];

		moment(s, &out->t_ns);
		f64(s, &out->y);
		f64(s, &out->predicted);
		f64(s, &out->sigma);
		f64(s, &out->estimate);
		f64(s, &out->share);
		flag(s, &out->lost);
	}
	c->phase = COMPONENT_JUDGING;
}

/* --- who and what --- */

/* FNV-1a, of text with its end. */
static uint64_t add_text(uint64_t hash, const char *text)
{
	const char *c = text ? text : "";

	do {
		hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
	} while (*c++);
	return hash;
}

/* One word more; multiplication by an odd number and xor-shift are bijections. */
static uint64_t add_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
	return hash ^ hash >> 32;
}

static uint64_t add_real(uint64_t hash, double x)
{
	uint64_t word;

	memcpy(&word, &x, sizeof(word));
	return add_word(hash, isnan(x) ? 0 : word);
}

#define SEED UINT64_C(0xcbf29ce484222325)

static uint64_t tag_key(const struct tag *tag)
{
	return add_text(add_text(SEED, tag->device), tag->name);
}

/* Unit, scaling and resolution, and the wish that the limits were made for. */
static uint64_t tag_meaning(const struct twin *t, uint32_t i)
{
	const struct tag *tag = &t->cfg->tags[i];
	uint64_t hash = add_text(add_text(SEED, tag->kind->unit), tag->kind->type_name);

	hash = add_real(add_real(hash, tag->kind->lsb), t->cfg->false_alarm);
	if (t->cfg->points && i < t->cfg->n_field_tags) {
		hash = add_real(hash, t->cfg->points[i].encoding->scale);
		hash = add_real(hash, t->cfg->points[i].encoding->offset);
	}
	return hash;
}

static uint64_t add_bindings(const struct twin *t, uint64_t hash, const struct binding *b,
                             size_t n)
{
	for (size_t i = 0; i < n; i++) {
		hash = add_word(hash, b[i].port);
		hash = add_word(hash, tag_key(&t->cfg->tags[b[i].tag]));
		hash = add_word(hash, tag_meaning(t, b[i].tag));
		hash = add_real(add_real(hash, b[i].scale), b[i].offset);
	}
	return hash;
}

static uint64_t component_meaning(const struct twin *t, const struct component_config *c)
{
	uint64_t hash = add_text(SEED, c->model->name);

	for (size_t i = 0; i < c->model->n_parameters; i++) {
		hash = add_real(hash, c->parameters[i]);
	}
	hash = c->fit ? add_word(hash, c->fit) : hash;
	for (size_t i = 0; i < c->n_made; i++) {
		hash = add_real(hash, c->made[i]);
	}
	for (size_t i = 0; i < c->model->n_parameters; i++) {
		hash = c->estimate[i] > 0 ? add_real(add_word(hash, i), c->estimate[i])
		                          : hash;
	}
	for (size_t i = 0; i < c->n_outputs; i++) {
		hash = add_real(hash, c->noise[i]);
	}
	for (size_t i = 0; i < c->n_tags; i++) {
		hash = add_word(hash, tag_key(&t->cfg->tags[c->tags[i]]));
		hash = add_word(hash, tag_meaning(t, c->tags[i]));
	}
	hash = add_bindings(t, hash, c->inputs, c->n_inputs);
	return add_bindings(t, hash, c->outputs, c->n_outputs);
}

/* What a monitor has learnt of innovations is of that model and no other. */
static uint64_t monitor_meaning(const struct twin *t, uint32_t tag)
{
	uint64_t hash = tag_meaning(t, tag);

	if (t->monitors[tag].modelled) {
		uint32_t of = links_output(&t->links, tag)->component;

		hash = add_word(hash, component_meaning(t, &t->cfg->components[of]));
	}
	return hash;
}

static uint64_t checksum(const uint8_t *p, size_t n)
{
	uint64_t hash = add_word(SEED, n);

	for (; n >= 8; n -= 8, p += 8) {
		uint64_t word;

		memcpy(&word, p, sizeof(word));
		hash = add_word(hash, word);
	}
	for (; n > 0; n--) {
		hash = add_word(hash, *p++);
	}
	return hash;
}

/* --- saving --- */

struct record {
	uint8_t kind;
	uint32_t length; /* of the body */
	uint64_t key, meaning;
};

static void record_head(struct stream *s, struct record *r)
{
	u8(s, &r->kind);
	u32(s, &r->length);
	bytes(s, &r->key, 8);
	bytes(s, &r->meaning, 8);
}

static void head(struct stream *s, uint64_t *magic, uint32_t *version, uint32_t *records)
{
	bytes(s, magic, 8);
	u32(s, version);
	u32(s, records);
}

static bool has_learnt(const struct component *c)
{
	return c->var ? var_is_ready(c->var)
	              : c->phase == COMPONENT_JUDGING && c->n_measured > 0;
}

size_t twin_save_size(const struct twin *t)
{
	size_t numbers = 0;

	for (size_t i = 0; i < t->cfg->n_components; i++) {
		numbers += t->components[i].var ? var_count(t->components[i].var) : 0;
	}
	return HEAD_BYTES + CHECK_BYTES + 8 * numbers +
	       t->cfg->n_field_tags * (RECORD_HEAD_BYTES + MONITOR_BYTES) +
	       t->cfg->n_components * (RECORD_HEAD_BYTES + COMPONENT_BYTES);
}

/* The body first, behind its head, whose length is known only then. */
static void save_component(struct stream *s, const struct twin *t, size_t i)
{
	struct component c = t->components[i];
	struct stream at_head = *s;
	struct record r = {.kind = KIND_COMPONENT,
	                   .key = add_text(SEED, c.cfg->id),
	                   .meaning = component_meaning(t, c.cfg)};

	record_head(s, &r);
	component(s, &c);
	r.length = (uint32_t)(s->at - at_head.at) - RECORD_HEAD_BYTES;
	record_head(&at_head, &r);
}

static void save_monitor(struct stream *s, const struct twin *t, uint32_t tag)
{
	struct monitor m = t->monitors[tag];
	struct stream at_head = *s;
	struct record r = {.kind = KIND_MONITOR,
	                   .key = tag_key(&t->cfg->tags[tag]),
	                   .meaning = monitor_meaning(t, tag)};

	record_head(s, &r);
	monitor(s, &m);
	r.length = (uint32_t)(s->at - at_head.at) - RECORD_HEAD_BYTES;
	record_head(&at_head, &r);
}

size_t twin_save(const struct twin *t, const struct twin_time *now, uint8_t *buf)
{
	struct stream s = {
		.at = buf, .end = buf + twin_save_size(t), .saving = true, .now = now};
	struct stream at_head = s;
	uint64_t magic = MAGIC, check;
	uint32_t version = VERSION, records = 0;

	head(&s, &magic, &version, &records);
	for (size_t i = 0; i < t->cfg->n_components; i++) {
		if (has_learnt(&t->components[i])) {
			save_component(&s, t, i);
			records++;
		}
	}
	for (uint32_t i = 0; i < t->cfg->n_field_tags; i++) {
		if (t->monitors[i].ready) {
			save_monitor(&s, t, i);
			records++;
		}
	}
	head(&at_head, &magic, &version, &records);
	check = checksum(buf, (size_t)(s.at - buf));
	bytes(&s, &check, 8);
	assert(!s.bad);
	return (size_t)(s.at - buf);
}

/* --- restoring --- */

struct name {
	uint64_t key;
	uint32_t tag;
};

static int by_key(const void *a, const void *b)
{
	const struct name *left = a, *right = b;

	return (left->key > right->key) - (left->key < right->key);
}

/* All tags of devices by key. */
static struct name *list_names(const struct twin *t)
{
	size_t n = t->cfg->n_field_tags;
	struct name *names = calloc(n + 1, sizeof(*names));

	for (uint32_t i = 0; names && i < n; i++) {
		names[i] = (struct name){tag_key(&t->cfg->tags[i]), i};
	}
	if (names) {
		qsort(names, n, sizeof(*names), by_key);
	}
	return names;
}

static void restore_component(struct stream *s, struct twin *t, const struct record *r,
                              struct twin_restored *out)
{
	for (size_t i = 0; i < t->cfg->n_components; i++) {
		struct component *c = &t->components[i];

		if (add_text(SEED, c->cfg->id) != r->key) {
			continue;
		}
		if ((c->n_measured == 0 && !c->var) ||
		    component_meaning(t, c->cfg) != r->meaning) {
			out->changed++;
			return;
		}
		component(s, c);
		component_forget(c);
		if (c->fit) {
			component_fitted(c);
		}
		out->taken++;
		return;
	}
	out->unknown++;
}

/* A monitor of innovations goes with the observer that they are of, which comes first. */
static bool may_take(const struct twin *t, uint32_t tag, const struct record *r)
{
	const struct monitor *m = &t->monitors[tag];

	return m->watched && !m->ready && monitor_meaning(t, tag) == r->meaning &&
	       (!m->modelled ||
	        has_learnt(&t->components[links_output(&t->links, tag)->component]));
}

static void restore_monitor(struct stream *s, struct twin *t, const struct record *r,
                            const struct name *names, struct twin_restored *out)
{
	struct name wanted = {.key = r->key};
	const struct name *found = bsearch(&wanted, names, t->cfg->n_field_tags,
	                                   sizeof(*names), by_key);
	struct monitor *m = found ? &t->monitors[found->tag] : NULL;

	if (!m) {
		out->unknown++;
	} else if (!may_take(t, found->tag, r)) {
		out->changed++;
	} else {
		monitor(s, m);
		m->ready = true;
		learning_done(t, found->tag);
		out->taken++;
	}
}

/* Is it whole, and of this version?  Then s is behind its head. */
static bool is_whole(struct stream *s, const uint8_t *buf, size_t n, uint32_t *records)
{
	struct stream tail = *s;
	uint64_t magic = 0, check = 0;
	uint32_t version = 0;

	if (n < HEAD_BYTES + CHECK_BYTES) {
		return false;
	}
	tail.at = tail.end - CHECK_BYTES;
	bytes(&tail, &check, 8);
	s->end -= CHECK_BYTES;
	head(s, &magic, &version, records);
	return magic == MAGIC && version == VERSION &&
	       check == checksum(buf, n - CHECK_BYTES);
}

int twin_restore(struct twin *t, const struct twin_time *now, const uint8_t *buf,
                 size_t n, struct twin_restored *out)
{
	/* A stream that loads writes nothing. */
	struct stream s = {.at = (uint8_t *)buf, .end = (uint8_t *)buf + n, .now = now};
	struct name *names;
	uint32_t records = 0;

	*out = (struct twin_restored){0};
	if (!is_whole(&s, buf, n, &records)) {
		return -EBADMSG;
	}
	names = list_names(t);
	if (!names) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < records && !s.bad; i++) {
		struct record r = {0};
		struct stream body;

		record_head(&s, &r);
		if (s.bad || (size_t)(s.end - s.at) < r.length) {
			break;
		}
		body = s;
		body.end = s.at + r.length;
		s.at = body.end;
		if (r.kind == KIND_COMPONENT) {
			restore_component(&body, t, &r, out);
		} else if (r.kind == KIND_MONITOR) {
			restore_monitor(&body, t, &r, names, out);
		}
	}
	free(names);
	return 0;
}
