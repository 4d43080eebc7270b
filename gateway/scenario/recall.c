/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot of a moment that is past: the twin, with what it has learnt, lives through
 * the last minutes before it again, out of the history. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/scenario/snapshot.h"
#include "gateway/state_file.h"

#define LIVED_US  (INT64_C(15) * 60 * 1000000) /* again, before the moment */
#define BATCH_MAX 4096

/* How far back the last value of a tag that seldom changes is looked for, us. */
static const int64_t looks_us[] = {INT64_C(3600) * 1000000, INT64_C(86400) * 1000000,
                                   INT64_C(30) * 86400 * 1000000};

struct recall {
	const struct config *cfg;
	struct twin_config twin_cfg;
	struct component_config *components; /* with the parameters that were in force */
	int64_t *versions;
	struct twin *twin;
	struct reader *reader;
	struct forecast_log *forecasts;
	struct sample *latest; /* by tag */
	int64_t from_us, at_us;
	struct reading *batch; /* readings of one device and moment */
	struct estimate *estimates;
	size_t n;
	uint32_t device;
	int64_t batch_us;
};

/* --- what was learnt --- */

struct version_search {
	struct recall *r;
	size_t component;
};

static int on_version(void *arg, const struct version *v)
{
	const struct version_search *s = arg;
	struct component_config *c = &s->r->components[s->component];
	double parameters[MODEL_PARAMETERS_MAX] = {0};

	if (v->accepted && v->ts_us <= s->r->at_us &&
	    version_parse(v->details, &s->r->cfg->twin.components[s->component],
	                  parameters) == 0) {
		memcpy(c->parameters, parameters, sizeof(parameters));
		s->r->versions[s->component] = v->number;
	}
	return 0;
}

static int make_twin(struct recall *r)
{
	size_t n = r->cfg->twin.n_components;
	int err = 0;

	r->components = calloc(n + 1, sizeof(*r->components));
	r->versions = calloc(n + 1, sizeof(*r->versions));
	r->latest = calloc(r->cfg->n_tags + 1, sizeof(*r->latest));
	r->batch = calloc(BATCH_MAX, sizeof(*r->batch));
	r->estimates = calloc(BATCH_MAX, sizeof(*r->estimates));
	if (!r->components || !r->versions || !r->latest || !r->batch || !r->estimates) {
		return -ENOMEM;
	}
	memcpy(r->components, r->cfg->twin.components, n * sizeof(*r->components));
	for (size_t i = 0; i < n && err >= 0; i++) {
		err = reader_versions(r->reader, r->components[i].id, on_version,
		                      &(struct version_search){r, i});
	}
	r->twin_cfg = r->cfg->twin;
	r->twin_cfg.components = r->components;
	return err < 0 ? err : twin_new(&r->twin, &r->twin_cfg);
}

static int restore(struct recall *r, FILE *say)
{
	const struct twin_time now = {r->from_us * 1000, r->from_us};
	struct twin_restored what;
	uint8_t *bytes = NULL;
	size_t n = 0;
	int err = state_file_read(r->cfg->state_dir, "twin.state", &bytes, &n);

	err = err ? err : twin_restore(r->twin, &now, bytes, n, &what);
	free(bytes);
	if (err) {
		fprintf(say, "%s/twin.state, what the twin has learnt: %s\n",
		        r->cfg->state_dir,
		        err == -EBADMSG ? "damaged or of another version"
		                        : strerror(-err));
	}
	return err;
}

/* --- what was read --- */

static void live(struct recall *r)
{
	if (r->n > 0) {
		twin_merge(r->twin, r->batch_us * 1000, r->batch, r->n, r->estimates);
	}
	for (size_t i = 0; i < r->n; i++) {
		r->latest[r->batch[i].tag].est = r->estimates[i];
	}
	r->n = 0;
}

static int on_row(void *arg, const struct backlog_row *row)
{
	struct recall *r = arg;
	const struct sample *s = &row->sample;
	const struct tag *tag = &r->cfg->tags[s->tag];
	bool measured = s->est.source == SOURCE_MEASURED && s->tag < r->cfg->n_field_tags;

	if (r->n == BATCH_MAX || tag->device_index != r->device ||
	    s->ts_us != r->batch_us) {
		live(r);
	}
	r->latest[s->tag] = *s;
	if (s->value.kind == VALUE_TEXT || !measured) {
		r->latest[s->tag].value.kind = s->value.kind == VALUE_TEXT
		                                       ? VALUE_NONE
		                                       : s->value.kind;
		return 0;
	}
	r->device = tag->device_index;
	r->batch_us = s->ts_us;
	r->batch[r->n++] = (struct reading){.tag = s->tag,
	                                    .quality = s->est.quality,
	                                    .reason = s->reason,
	                                    .code = s->code,
	                                    .value = s->value};
	return 0;
}

/* --- what was there before --- */

static int on_history(void *arg, const struct history_row *row)
{
	struct sample *s = arg;
	double value = value_number(&row->value);

	if (isfinite(value)) {
		s->ts_us = row->ts_us;
		s->value = value_real(value);
		s->est.estimate = value;
		s->est.quality = QUALITY_GOOD;
	}
	return 0;
}

/* The last value of a tag before the minutes that are lived again. */
static int look_back(struct recall *r, uint32_t tag)
{
	const struct tag *t = &r->cfg->tags[tag];
	struct sample *s = &r->latest[tag];
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(looks_us) && !s->ts_us && err >= 0; i++) {
		err = reader_history(r->reader, t->device, t->name,
		                     r->from_us - looks_us[i], r->from_us, 0, on_history,
		                     s);
	}
	s->tag = tag;
	return err < 0 ? err : 0;
}

/* Of the tags that components take, and of the others: what was before stands. */
static int look_back_all(struct recall *r)
{
	int err = 0;

	for (uint32_t i = 0; i < r->cfg->n_field_tags && !err; i++) {
		struct reading reading = {.tag = i};

		err = look_back(r, i);
		reading.value = r->latest[i].value;
		if (!err && r->latest[i].ts_us) {
			twin_merge(r->twin, r->from_us * 1000, &reading, 1, r->estimates);
		}
	}
	return err;
}

static struct sample latest(void *arg, uint32_t tag)
{
	const struct recall *r = arg;

	return r->latest[tag];
}

static bool never(void *arg, uint32_t tag)
{
	(void)arg;
	(void)tag;
	return false;
}

static void nowhere(void *arg, const struct forecast *f)
{
	(void)arg;
	(void)f;
}

static int recall_record(struct recall *r)
{
	const struct forecast_parts parts = {.config = r->cfg,
	                                     .twin = r->twin,
	                                     .latest = latest,
	                                     .alarmed = never,
	                                     .put = nowhere,
	                                     .arg = r};
	int err = forecast_log_new(&r->forecasts, &parts, (uint64_t)r->at_us * 1000);

	err = err ? err : forecast_log_recall(r->forecasts, r->reader);
	return err < 0 ? err : 0;
}

static int recall(struct recall *r, struct snapshot *out, FILE *say)
{
	int err = make_twin(r);

	err = err ? err : restore(r, say);
	if (err) {
		return err;
	}
	err = look_back_all(r);
	err = err ? err : reader_map_tags(r->reader, r->cfg->tags, r->cfg->n_tags);
	if (!err) {
		err = reader_backlog(r->reader, r->from_us, r->at_us + 1, SIZE_MAX / 2,
		                     on_row, r);
		live(r);
	}
	err = err < 0 ? err : recall_record(r);
	return err ? err
	           : snapshot_take(out, &(struct snapshot_parts){
						.config = r->cfg,
						.twin = r->twin,
						.forecasts = r->forecasts,
						.latest = latest,
						.arg = r,
						.wall_us = r->at_us,
					});
}

int snapshot_recall(struct snapshot *out, const struct config *cfg, int64_t at_us,
                    FILE *say)
{
	struct recall r = {.cfg = cfg, .at_us = at_us, .from_us = at_us - LIVED_US};
	char *path = NULL;
	int err = asprintf(&path, "%s/history.db", cfg->state_dir) < 0 ? -ENOMEM : 0;

	err = err ? err : reader_open(&r.reader, path);
	if (err) {
		fprintf(say, "%s/history.db: %s\n", cfg->state_dir, strerror(-err));
	} else {
		err = recall(&r, out, say);
	}
	for (size_t i = 0; !err && i < cfg->twin.n_components; i++) {
		out->components[i].version = r.versions[i];
	}
	forecast_log_free(r.forecasts);
	twin_free(r.twin);
	reader_close(r.reader);
	free(r.components);
	free(r.versions);
	free(r.latest);
	free(r.batch);
	free(r.estimates);
	free(path);
	return err;
}
