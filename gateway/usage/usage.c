/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/usage/usage.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/versions.h"

/* A statement is cut after 5 s: so much of the history is asked for at once. */
#define CHUNK_US (INT64_C(6) * 3600 * 1000000)

/* A value holds until the next one, unless that is so long after it. */
#define GAP_S 60.0

/* Less is no turn: of all that a value went through, and of its noise, which is what the
 * twin's predictions missed it by (4 sigma; of a normal one the mean is 0.8 sigma). */
#define TURN_SHARE 0.01
#define TURN_NOISE (4 / 0.8)
#define NOISE_GAIN 0.01

struct stream {
	struct usage_tag *t;
	double gap_s, lsb;
	int64_t ts_us; /* of the last row; 0: none */
	double value;  /* NAN: none */
	enum tag_state state;
	bool outside;
	double noise; /* mean of |residual|, of the last hundred or so */
};

/* ---- rows ---- */

static enum tag_state state_of(const char *name)
{
	for (int i = 0; name && i <= STATE_BAD; i++) {
		if (strcmp(tag_state_name((enum tag_state)i), name) == 0) {
			return (enum tag_state)i;
		}
	}
	return STATE_BAD;
}

/* From the last row on its value held for so long. */
static void hold(struct stream *s, double dt_s)
{
	struct usage_tag *t = s->t;

	t->state_s[s->state] += dt_s;
	if (isnan(s->value)) {
		t->unknown_s += dt_s;
		return;
	}
	t->known_s += dt_s;
	t->on_s += s->value > 0.5 ? dt_s : 0;
	t->outside_s += s->outside ? dt_s : 0;
	if (!t->is_switch) {
		spectrum_add(&t->level, s->value, dt_s);
	}
}

static void look_outside(struct stream *s, double value, int64_t ts_us)
{
	struct usage_tag *t = s->t;
	double by = fmax(isnan(t->min) ? 0 : t->min - value,
	                 isnan(t->max) ? 0 : value - t->max);
	bool outside = by > 0;

	if (outside && t->outside_us == 0) {
		t->outside_us = ts_us;
	}
	t->excursions += outside && !s->outside;
	t->worst = fmax(t->worst, by);
	s->outside = outside;
}

static void begin_spectra(struct stream *s, double value)
{
	double width = s->lsb > 0 ? s->lsb : fmax(fabs(value) * 1e-6, 1e-9);

	s->t->level.width = width;
	s->t->flow.cycles.width = width;
}

static int on_row(void *arg, const struct history_row *row)
{
	struct stream *s = arg;
	struct usage_tag *t = s->t;
	bool measured = strcmp(row->source, "measured") == 0;
	double value = measured ? value_number(&row->value) : (double)NAN;

	if (s->ts_us > 0) {
		double dt_s = (double)(row->ts_us - s->ts_us) / 1e6;

		hold(s, fmin(dt_s, s->gap_s));
		t->unknown_s += fmax(dt_s - s->gap_s, 0);
	}
	if (!isnan(value)) {
		if (!(t->level.width > 0)) {
			begin_spectra(s, value);
		}
		t->starts += t->is_switch && value > 0.5 && s->value <= 0.5;
		if (isfinite(row->residual)) {
			s->noise += NOISE_GAIN * (fabs(row->residual) - s->noise);
		}
		t->flow.band = fmax(fmax(2 * s->lsb, TURN_NOISE * s->noise),
		                    TURN_SHARE * (t->level.most - t->level.least));
		if (!t->is_switch) {
			rainflow_add(&t->flow, value);
		}
		look_outside(s, value, row->ts_us);
	}
	s->value = value;
	s->state = state_of(row->state);
	s->ts_us = row->ts_us;
	return 0;
}

static int read_tag(struct usage *u, struct reader *reader, struct usage_tag *t)
{
	const struct tag *tag = &u->config->tags[t->tag];
	const struct tag_options *options = u->config->options[t->tag];
	struct stream s = {.t = t,
	                   .lsb = tag->kind->lsb,
	                   .value = (double)NAN,
	                   .gap_s = fmax(GAP_S, 3e-3 * options->store.max_interval_ms)};
	int err = 0;

	for (int64_t at = u->since_us; at < u->until_us && err >= 0; at += CHUNK_US) {
		int64_t end = u->until_us - at < CHUNK_US ? u->until_us : at + CHUNK_US;

		err = reader_history(reader, tag->device, tag->name, at, end - 1, 0,
		                     on_row, &s);
	}
	rainflow_end(&t->flow);
	return err < 0 ? err : 0;
}

/* ---- alarms, versions ---- */

static const char *column(int n, const char *const *columns, const char *const *values,
                          const char *name)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(columns[i], name) == 0) {
			return values[i] ? values[i] : "";
		}
	}
	return "";
}

static int on_alarm(void *arg, int n, const char *const *columns,
                    const char *const *values)
{
	struct usage *u = arg;
	struct usage_kind k = {.n = 0};
	size_t i = 0;

	snprintf(k.kind, sizeof(k.kind), "%s", column(n, columns, values, "kind"));
	snprintf(k.severity, sizeof(k.severity), "%s",
	         column(n, columns, values, "severity"));
	snprintf(k.tag, sizeof(k.tag), "%.64s/%.64s",
	         column(n, columns, values, "device"), column(n, columns, values, "tag"));
	while (i < u->n_kinds && (strcmp(u->kinds[i].kind, k.kind) != 0 ||
	                          strcmp(u->kinds[i].tag, k.tag) != 0)) {
		i++;
	}
	if (i == USAGE_KINDS_MAX) {
		return 0;
	}
	if (i == u->n_kinds) {
		u->kinds[u->n_kinds++] = k;
	}
	u->kinds[i].n++;
	return 0;
}

struct version_list {
	struct usage *u;
	size_t component;
};

static int on_version(void *arg, const struct version *v)
{
	const struct version_list *list = arg;
	struct usage *u = list->u;
	const struct component_config *c = &u->config->twin.components[list->component];
	struct usage_version own = {
		list->component, v->number, v->ts_us, v->accepted, {0}};

	if (u->n_versions < USAGE_VERSIONS_MAX * u->config->twin.n_components &&
	    version_parse(v->details, c, own.parameters) == 0) {
		u->versions[u->n_versions++] = own;
	}
	return 0;
}

static int read_versions(struct usage *u, struct reader *reader)
{
	size_t n = u->config->twin.n_components;
	int err = 0;

	u->versions = calloc(USAGE_VERSIONS_MAX * n + 1, sizeof(*u->versions));
	for (size_t i = 0; i < n && u->versions && err >= 0; i++) {
		struct version_list list = {u, i};

		err = reader_versions(reader, u->config->twin.components[i].id,
		                      on_version, &list);
	}
	return !u->versions ? -ENOMEM : err < 0 ? err : 0;
}

/* ---- all ---- */

static bool is_wanted(const struct config *cfg, const struct usage_wish *wish,
                      uint32_t tag)
{
	if (wish->n_tags == 0) {
		return cfg->tags[tag].kind->type_name &&
		       strncmp(cfg->tags[tag].kind->type_name, "string", 6) != 0;
	}
	for (size_t i = 0; i < wish->n_tags; i++) {
		if (wish->tags[i] == tag) {
			return true;
		}
	}
	return false;
}

static void begin_tag(struct usage_tag *t, const struct config *cfg, uint32_t tag,
                      const struct usage_wish *wish)
{
	const char *type = cfg->tags[tag].kind->type_name;

	*t = (struct usage_tag){.tag = tag,
	                        .is_switch = strcmp(type, "bool") == 0 ||
	                                     strncmp(type, "bit", 3) == 0,
	                        .min = NAN,
	                        .max = NAN};
	for (size_t i = 0; i < wish->n_envelope; i++) {
		if (wish->envelope[i].tag == tag) {
			t->min = wish->envelope[i].min;
			t->max = wish->envelope[i].max;
			t->name = wish->envelope[i].name;
		}
	}
}

/* Planned to be busy is all that is known: of breaks it knows nothing. */
static int read_machine(struct usage_made *made, struct reader *reader,
                        const struct usage *u)
{
	const struct usage_machine *m = made->machine;
	const struct machine_wish wish = {u->config, m->tags, u->since_us, u->until_us};
	double from_s = (double)u->since_us / 1e6, to_s = (double)u->until_us / 1e6;
	struct machine_history h;
	int err = machine_history_read(&h, reader, &wish);

	if (!err) {
		made->time = machine_time(&h, from_s, to_s);
		made->jobs = machine_steps(&h.count);
		made->rejects = machine_steps(&h.rejects);
		made->oee = line_oee(
			to_s - from_s - made->time.unknown_s, made->time.work_s,
			m->ideal_s * made->jobs,
			(const double[]){made->jobs, made->jobs - made->rejects});
	}
	machine_history_free(&h);
	return err;
}

static int read_machines(struct usage *u, struct reader *reader,
                         const struct usage_wish *wish)
{
	int err = 0;

	u->made = calloc(wish->n_machines + 1, sizeof(*u->made));
	if (!u->made) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < wish->n_machines && !err; i++) {
		u->made[u->n_made].machine = &wish->machines[i];
		err = read_machine(&u->made[u->n_made++], reader, u);
	}
	return err;
}

static int fill(struct usage *u, struct reader *reader, const struct usage_wish *wish)
{
	int err = 0;

	for (uint32_t i = 0; i < u->config->n_field_tags && !err; i++) {
		if (!is_wanted(u->config, wish, i)) {
			continue;
		}
		if (u->n_tags == USAGE_TAGS_MAX) {
			u->left_out++;
			continue;
		}
		begin_tag(&u->tags[u->n_tags], u->config, i, wish);
		err = read_tag(u, reader, &u->tags[u->n_tags++]);
	}
	if (!err) {
		err = reader_view(reader, "alarms", u->since_us, u->until_us, on_alarm,
		                  u);
	}
	if (err >= 0) {
		err = read_machines(u, reader, wish);
	}
	return err < 0 ? err : read_versions(u, reader);
}

int usage_read(struct usage **out, struct reader *reader, const struct config *cfg,
               const struct usage_wish *wish)
{
	struct usage *u = calloc(1, sizeof(*u));
	int err = -ENOMEM;

	if (u) {
		u->config = cfg;
		u->since_us = wish->since_us;
		u->until_us = wish->until_us;
		u->tags = calloc(USAGE_TAGS_MAX, sizeof(*u->tags));
		err = u->tags ? fill(u, reader, wish) : -ENOMEM;
	}
	if (err) {
		usage_free(u);
		return err;
	}
	*out = u;
	return 0;
}

void usage_free(struct usage *u)
{
	if (u) {
		free(u->tags);
		free(u->versions);
		free(u->made);
		free(u);
	}
}
