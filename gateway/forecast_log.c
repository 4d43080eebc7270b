/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/forecast_log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "twin/scenario/rollout.h"

#define SECOND_NS INT64_C(1000000000)

/* Without a record a band is so many of the filter's sigmas. */
#define SIGMAS 2

enum { ORIGINS = 1800 / FORECAST_EVERY_S + 1 };

const double forecast_log_horizons_s[FORECAST_HORIZONS] = {60, 300, 600, 1800};

/* What was said of an output. */
struct said {
	double value, half; /* of the band */
	bool banded;        /* false: no better than no change, so none was given */
};

/* Forecasts made at one moment. */
struct origin {
	int64_t t_ns, ts_us;
	struct rollout ahead; /* with the inputs as they come */
	bool rolling;
	bool in_alarm;     /* then it says nothing of the model */
	size_t n_due;      /* horizons done; FORECAST_HORIZONS: free */
	double *from;      /* by output: what it was */
	struct said *said; /* by horizon, then output */
};

/* A component with outputs that are measured. */
struct watched {
	uint32_t component;
	size_t n;                             /* measured outputs */
	size_t output[COMPONENT_OUTPUTS_MAX]; /* in component_config */
	int64_t next_ns;
	struct origin origins[ORIGINS];
	size_t next;
	double *from;
	struct said *said;
	struct record *told;  /* by horizon, then output */
	struct record *model; /* of the runs with the real inputs */
};

struct forecast_log {
	struct forecast_parts parts;
	struct watched *sources;
	size_t n_sources;
	uint64_t last_ns;
};

/* --- up and down --- */

static int make_watched(struct watched *s, const struct forecast_log *log, size_t i)
{
	const struct twin_config *twin = &log->parts.config->twin;
	const struct component_config *c = &twin->components[i];

	s->component = (uint32_t)i;
	for (size_t k = 0; k < c->n_outputs; k++) {
		if (c->outputs[k].tag < twin->n_field_tags) {
			s->output[s->n++] = k;
		}
	}
	/* One component a second, so that many do not hold up the loop. */
	s->next_ns = (int64_t)log->last_ns +
	             (FORECAST_EVERY_S + (int64_t)i % FORECAST_EVERY_S) * SECOND_NS;
	s->from = calloc(ORIGINS * s->n + 1, sizeof(*s->from));
	s->said = calloc(s->n * ORIGINS * FORECAST_HORIZONS + 1, sizeof(*s->said));
	s->told = calloc(FORECAST_HORIZONS * s->n + 1, sizeof(*s->told));
	s->model = calloc(FORECAST_HORIZONS * s->n + 1, sizeof(*s->model));
	if (!s->from || !s->said || !s->told || !s->model) {
		return -ENOMEM;
	}
	for (size_t k = 0; k < ORIGINS; k++) {
		s->origins[k].n_due = FORECAST_HORIZONS;
		s->origins[k].from = s->from + k * s->n;
		s->origins[k].said = s->said + k * FORECAST_HORIZONS * s->n;
	}
	return 0;
}

int forecast_log_new(struct forecast_log **out, const struct forecast_parts *parts,
                     uint64_t now_ns)
{
	struct forecast_log *log = calloc(1, sizeof(*log));
	int err = 0;

	if (!log) {
		return -ENOMEM;
	}
	log->parts = *parts;
	log->last_ns = now_ns;
	log->n_sources = parts->config->twin.n_components;
	log->sources = calloc(log->n_sources + 1, sizeof(*log->sources));
	for (size_t i = 0; log->sources && !err && i < log->n_sources; i++) {
		err = make_watched(&log->sources[i], log, i);
	}
	if (!log->sources || err) {
		forecast_log_free(log);
		return -ENOMEM;
	}
	*out = log;
	return 0;
}

void forecast_log_free(struct forecast_log *log)
{
	if (!log) {
		return;
	}
	for (size_t i = 0; log->sources && i < log->n_sources; i++) {
		free(log->sources[i].from);
		free(log->sources[i].said);
		free(log->sources[i].told);
		free(log->sources[i].model);
	}
	free(log->sources);
	free(log);
}

/* --- making --- */

static const struct component_config *config_of(const struct forecast_log *log,
                                                const struct watched *s)
{
	return &log->parts.config->twin.components[s->component];
}

static struct sample latest(const struct forecast_log *log, const struct watched *s,
                            size_t k)
{
	uint32_t tag = config_of(log, s)->outputs[s->output[k]].tag;

	return log->parts.latest(log->parts.arg, tag);
}

static bool is_measured(const struct sample *s)
{
	return s->ts_us && s->est.quality == QUALITY_GOOD &&
	       s->est.source == SOURCE_MEASURED && isfinite(value_number(&s->value));
}

static struct forecast row_of(const struct forecast_log *log, const struct watched *s,
                              const struct origin *o, size_t horizon, size_t k)
{
	const struct component_config *c = config_of(log, s);
	const struct said *said = &o->said[horizon * s->n + k];
	/* Components differ by their second, outputs and horizons by a microsecond. */
	int64_t number = (int64_t)((size_t)s->component * MODEL_OUTPUTS_MAX + k) *
	                         FORECAST_HORIZONS +
	                 (int64_t)horizon;

	return (struct forecast){
		.id = o->ts_us + number % 1000000,
		.ts_us = o->ts_us,
		.device = c->device_index,
		.tag = c->outputs[s->output[k]].tag,
		.horizon_s = forecast_log_horizons_s[horizon],
		.predicted = said->value,
		.low = said->banded ? said->value - said->half : (double)NAN,
		.high = said->banded ? said->value + said->half : (double)NAN,
		.actual = NAN,
		.error = NAN,
		.persistence = NAN,
	};
}

static struct said say(const struct record *r, const struct rollout_forecast *f)
{
	struct said said = {.value = f->value, .half = record_band(r, FORECAST_LEVEL)};
	bool known = !isnan(said.half);

	said.banded = !known || record_judge(r).skill > 0;
	said.half = known ? said.half : SIGMAS * f->sigma;
	return said;
}

static void make(struct forecast_log *log, struct watched *s, int64_t now_ns,
                 int64_t wall_us)
{
	struct rollout_forecast ahead[FORECAST_HORIZONS][COMPONENT_OUTPUTS_MAX];
	struct origin *o = &s->origins[s->next];

	if (!rollout_is_ready(log->parts.twin, s->component) ||
	    rollout_forecast(log->parts.twin, s->component, forecast_log_horizons_s,
	                     FORECAST_HORIZONS, ahead)) {
		return;
	}
	s->next = (s->next + 1) % ORIGINS;
	o->t_ns = now_ns;
	o->ts_us = wall_us;
	o->n_due = 0;
	o->in_alarm = false;
	rollout_begin(&o->ahead, log->parts.twin, s->component);
	o->rolling = true;
	for (size_t k = 0; k < s->n; k++) {
		struct sample now = latest(log, s, k);

		o->from[k] = is_measured(&now) ? value_number(&now.value) : (double)NAN;
		o->in_alarm |= now.est.drift;
		for (size_t h = 0; h < FORECAST_HORIZONS; h++) {
			size_t at = h * s->n + k;
			struct forecast row;

			o->said[at] = say(&s->told[at], &ahead[h][s->output[k]]);
			row = row_of(log, s, o, h, k);
			log->parts.put(log->parts.arg, &row);
		}
	}
}

/* --- scoring --- */

/* Out of alarms: they say nothing of the model. */
static void add_to_records(const struct forecast_log *log, struct watched *s,
                           const struct origin *o, size_t at, const struct forecast *row)
{
	size_t k = at % s->n;
	double error;

	if (o->in_alarm || latest(log, s, k).est.drift || !isfinite(row->persistence)) {
		return;
	}
	record_add(&s->told[at], row->error, row->persistence,
	           fabs(row->error) <= o->said[at].half);
	error = row->actual - rollout_output(&o->ahead, log->parts.twin, s->output[k]);
	if (o->rolling && isfinite(error)) {
		record_add(&s->model[at], error, row->persistence, true);
	}
}

static void score(struct forecast_log *log, struct watched *s, const struct origin *o,
                  size_t horizon)
{
	for (size_t k = 0; k < s->n; k++) {
		struct sample now = latest(log, s, k);
		struct forecast row = row_of(log, s, o, horizon, k);

		if (!is_measured(&now)) {
			continue;
		}
		row.actual = value_number(&now.value);
		row.error = row.actual - row.predicted;
		row.persistence = row.actual - o->from[k];
		log->parts.put(log->parts.arg, &row);
		add_to_records(log, s, o, horizon * s->n + k, &row);
	}
}

static void go_on(struct forecast_log *log, struct watched *s, int64_t now_ns,
                  double dt_s)
{
	bool ready = rollout_is_ready(log->parts.twin, s->component);

	for (size_t i = 0; i < ORIGINS; i++) {
		struct origin *o = &s->origins[i];

		if (o->n_due == FORECAST_HORIZONS) {
			continue;
		}
		o->rolling = o->rolling && ready &&
		             rollout_step(&o->ahead, log->parts.twin, dt_s) == 0;
		while (o->n_due < FORECAST_HORIZONS &&
		       (double)(now_ns - o->t_ns) / 1e9 >=
		               forecast_log_horizons_s[o->n_due]) {
			score(log, s, o, o->n_due++);
		}
	}
}

void forecast_log_tick(struct forecast_log *log, uint64_t now_ns, int64_t wall_us)
{
	double dt_s = (double)(now_ns - log->last_ns) / 1e9;

	log->last_ns = now_ns;
	for (size_t i = 0; i < log->n_sources; i++) {
		struct watched *s = &log->sources[i];

		go_on(log, s, (int64_t)now_ns, dt_s);
		if (s->n && (int64_t)now_ns >= s->next_ns) {
			s->next_ns += FORECAST_EVERY_S * SECOND_NS;
			if (s->next_ns <= (int64_t)now_ns) { /* it stood still */
				s->next_ns = (int64_t)now_ns +
				             FORECAST_EVERY_S * SECOND_NS;
			}
			make(log, s, (int64_t)now_ns, wall_us);
		}
	}
}

bool forecast_log_figures(const struct forecast_log *log, size_t i,
                          struct forecast_figures *out)
{
	for (size_t c = 0; c < log->n_sources; c++) {
		const struct watched *s = &log->sources[c];
		const struct component_config *cfg = config_of(log, s);

		if (i >= FORECAST_HORIZONS * s->n) {
			i -= FORECAST_HORIZONS * s->n;
			continue;
		}
		*out = (struct forecast_figures){
			.device = cfg->device_index,
			.tag = cfg->outputs[s->output[i % s->n]].tag,
			.horizon_s = forecast_log_horizons_s[i / s->n],
			.told = record_judge(&s->told[i]),
			.model = record_judge(&s->model[i]),
			.band = record_band(&s->told[i], FORECAST_LEVEL),
		};
		return true;
	}
	return false;
}
