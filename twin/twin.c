/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/twin.h"

#include <errno.h>
#include <stdlib.h>

#include "twin/drift/learner.h"
#include "twin/drift/monitor.h"

enum { LEARN_MIN = 180, LEARN_BYTES = 32 << 20 };

struct twin {
	const struct twin_config *cfg;
	struct monitor *monitors; /* by tag of a device */
	uint32_t *monitored;      /* by device: how many of its tags */
	struct learner *learner;  /* NULL when all have learnt */
	size_t learning;          /* tags that have not learnt yet */
};

static bool is_monitored(const struct twin_config *cfg, size_t tag)
{
	return cfg->tags[tag].analog && (!cfg->monitored || cfg->monitored[tag]);
}

static int make_monitors(struct twin *t)
{
	const struct twin_config *cfg = t->cfg;
	size_t n_devices = 1;

	for (size_t i = 0; i < cfg->n_field_tags; i++) {
		if (cfg->tags[i].device_index >= n_devices) {
			n_devices = cfg->tags[i].device_index + (size_t)1;
		}
	}
	t->monitored = calloc(n_devices, sizeof(*t->monitored));
	t->monitors = calloc(cfg->n_field_tags + 1, sizeof(*t->monitors));
	if (!t->monitored || !t->monitors) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_field_tags; i++) {
		if (is_monitored(cfg, i)) {
			t->monitors[i].watched = true;
			t->monitored[cfg->tags[i].device_index]++;
			t->learning++;
		}
	}
	if (!t->learning) {
		return 0;
	}
	return learner_new(&t->learner, cfg->n_field_tags, t->learning, cfg->learn,
	                   cfg->learn_bytes ? cfg->learn_bytes : LEARN_BYTES);
}

int twin_new(struct twin **out, const struct twin_config *cfg)
{
	struct twin *t;
	int err;

	if (cfg->learn < LEARN_MIN || !(cfg->false_alarm > 0 && cfg->false_alarm < 1) ||
	    cfg->n_field_tags > cfg->n_tags) {
		return -EINVAL;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		return -ENOMEM;
	}
	t->cfg = cfg;
	err = make_monitors(t);
	if (err) {
		goto fail;
	}
	*out = t;
	return 0;

fail:
	twin_free(t);
	return err;
}

void twin_free(struct twin *t)
{
	if (t) {
		learner_free(t->learner);
		free(t->monitors);
		free(t->monitored);
		free(t);
	}
}

static void learn(struct twin *t, uint32_t tag, double x, double dt_s)
{
	const struct tag *def = &t->cfg->tags[tag];
	const struct monitor_wish wish = {
	        .false_alarm = t->cfg->false_alarm,
	        .tags = t->monitored[def->device_index],
	        .lsb = def->lsb,
	};
	struct learner_rows rows;

	learner_add(t->learner, tag, x, dt_s);
	rows = learner_rows(t->learner, tag);
	if (rows.n < t->cfg->learn) {
		return;
	}
	monitor_learn(&t->monitors[tag], &wish, &rows, NULL);
	learner_release(t->learner, tag);
	if (--t->learning == 0) {
		learner_free(t->learner);
		t->learner = NULL;
	}
}

/* A reading that may enter the filters: good, finite, and later than the last. */
static void watch(struct twin *t, int64_t t_ns, uint32_t tag, double x,
                  struct estimate *e)
{
	struct monitor *m = &t->monitors[tag];

	if (m->ready) {
		monitor_step(m, t_ns, x, e);
		return;
	}
	e->state = STATE_LEARNING;
	learn(t, tag, x, m->t_ns ? (double)(t_ns - m->t_ns) / 1e9 : 0);
	m->t_ns = t_ns;
}

static void merge_one(struct twin *t, int64_t t_ns, const struct reading *r,
                      struct estimate *e)
{
	double x = value_number(&r->value);
	struct monitor *m;

	*e = (struct estimate){NAN,           NAN,  NAN, NAN, r->quality, SOURCE_MEASURED,
	                       STATE_HEALTHY, false};
	if (r->quality == QUALITY_BAD || r->quality == QUALITY_STALE) {
		e->source = SOURCE_HELD;
		e->state = r->quality == QUALITY_BAD ? STATE_BAD : STATE_STALE;
	}
	if (r->tag >= t->cfg->n_field_tags || !t->monitors[r->tag].watched) {
		return;
	}
	m = &t->monitors[r->tag];
	if (r->quality == QUALITY_GOOD && !isfinite(x)) {
		e->quality = QUALITY_BAD;
		e->source = SOURCE_HELD;
		e->state = STATE_BAD;
	}
	if (e->quality == QUALITY_GOOD && (t_ns > m->t_ns || !m->t_ns)) {
		watch(t, t_ns, r->tag, x, e);
	} else {
		monitor_expect(m, e);
	}
}

void twin_merge(struct twin *t, int64_t t_ns, const struct reading *r, size_t n,
                struct estimate *out)
{
	for (size_t i = 0; i < n; i++) {
		merge_one(t, t_ns, &r[i], &out[i]);
	}
}

size_t twin_virtual(struct twin *t, struct reading *r, struct estimate *out, size_t max)
{
	return 0;
}

void twin_explain(const struct twin *t, uint32_t tag, struct explanation *out)
{
	const struct monitor *m;

	*out = (struct explanation){.method = "ewma", .threshold = NAN, .rate = NAN};
	if (tag >= t->cfg->n_field_tags || !t->monitors[tag].ready) {
		return;
	}
	m = &t->monitors[tag];
	out->threshold = monitor_threshold(m);
	out->rate = transient_rate(&m->move) / (double)m->dt0_s;
	out->blamed[0] = tag;
	out->share[0] = 1;
	out->n_blamed = 1;
	if (m->spike) {
		out->method = "gate";
		out->threshold = monitor_gate(m);
	} else if (m->move.on) {
		out->method = "transient";
		out->threshold = (double)m->move.sigma * (double)m->move.limit;
	}
}

double twin_progress(const struct twin *t, uint32_t tag)
{
	if (tag >= t->cfg->n_field_tags || !t->monitors[tag].watched) {
		return NAN;
	}
	if (t->monitors[tag].ready) {
		return 1;
	}
	return (double)learner_rows(t->learner, tag).n / t->cfg->learn;
}
