/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/forecast_log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "twin/scenario/rollout.h"

/* Without a record a band is so many of the filter's sigmas. */
#define SIGMAS 2

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
	size_t n_due;      /* horizons done; all: free */
	double *from;      /* by output: what it was */
	struct said *said; /* by horizon, then output */
};

/* A component with outputs that are measured. */
struct watched {
	uint32_t component;
	size_t n;                             /* measured outputs */
	size_t output[COMPONENT_OUTPUTS_MAX]; /* in component_config */
	int64_t next_ns;
	struct origin *origins;
	size_t n_origins, next;
	double *from;
	struct said *said;
	struct record *told;  /* by horizon, then output */
	struct record *model; /* of the runs with the real inputs */
	struct record *apart; /* as told, made or due in an alarm */
};

struct forecast_log {
	struct forecast_parts parts;
	struct watched *sources;
	size_t n_sources;
	uint64_t last_ns;
};

/* --- up and down --- */

static const struct forecast_config *asked(const struct forecast_log *log)
{
	return &log->parts.config->forecasts;
}

/* One that has just come due, and those under way behind it. */
static size_t origins_needed(const struct forecast_config *f)
{
	return (size_t)ceil(f->horizons_s[f->n_horizons - 1] / f->every_s) + 1;
}

static int make_room(struct watched *s, const struct forecast_config *f)
{
	size_t n = f->n_horizons * s->n;

	s->n_origins = origins_needed(f);
	s->origins = calloc(s->n_origins, sizeof(*s->origins));
	s->from = calloc(s->n_origins * s->n, sizeof(*s->from));
	s->said = calloc(s->n_origins * n, sizeof(*s->said));
	s->told = calloc(n, sizeof(*s->told));
	s->model = calloc(n, sizeof(*s->model));
	s->apart = calloc(n, sizeof(*s->apart));
	if (!s->origins || !s->from || !s->said || !s->told || !s->model || !s->apart) {
		return -ENOMEM;
	}
	for (size_t k = 0; k < s->n_origins; k++) {
		s->origins[k].n_due = f->n_horizons;
		s->origins[k].from = s->from + k * s->n;
		s->origins[k].said = s->said + k * n;
	}
	return 0;
}

static int make_watched(struct watched *s, const struct forecast_log *log, size_t i)
{
	const struct twin_config *twin = &log->parts.config->twin;
	const struct component_config *c = &twin->components[i];
	double every_s = asked(log)->every_s;

	s->component = (uint32_t)i;
	for (size_t k = 0; k < c->n_outputs; k++) {
		if (c->outputs[k].tag < twin->n_field_tags) {
			s->output[s->n++] = k;
		}
	}
	/* One component a second, so that many do not hold up the loop. */
	s->next_ns = (int64_t)log->last_ns +
	             llround((every_s + fmod((double)i, every_s)) * 1e9);
	return s->n ? make_room(s, asked(log)) : 0;
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
		free(log->sources[i].apart);
		free(log->sources[i].origins);
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

/* Does anything say that the component, or what it hangs on, is not well? */
static bool disturbed(const struct forecast_log *log, const struct watched *s)
{
	const struct component_config *c = config_of(log, s);
	uint32_t tags[COMPONENT_OUTPUTS_MAX + MODEL_INPUTS_MAX + 1];
	size_t n = 0;

	tags[n++] = c->health_tag;
	for (size_t k = 0; k < s->n; k++) {
		tags[n++] = c->outputs[s->output[k]].tag;
	}
	for (size_t k = 0; k < c->n_inputs; k++) {
		tags[n++] = c->inputs[k].tag;
	}
	for (size_t k = 0; k < n; k++) {
		if (log->parts.alarmed(log->parts.arg, tags[k]) ||
		    log->parts.latest(log->parts.arg, tags[k]).est.drift) {
			return true;
		}
	}
	return false;
}

static struct forecast row_of(const struct forecast_log *log, const struct watched *s,
                              const struct origin *o, size_t horizon, size_t k)
{
	const struct component_config *c = config_of(log, s);
	const struct said *said = &o->said[horizon * s->n + k];
	/* Components differ by their second, outputs and horizons by a microsecond. */
	int64_t number = (int64_t)((size_t)s->component * COMPONENT_SENSORS_MAX + k) *
	                         FORECAST_HORIZONS_MAX +
	                 (int64_t)horizon;

	return (struct forecast){
		.id = o->ts_us + number % 1000000,
		.ts_us = o->ts_us,
		.device = c->device_index,
		.tag = c->outputs[s->output[k]].tag,
		.horizon_s = asked(log)->horizons_s[horizon],
		.predicted = said->value,
		.low = said->banded ? said->value - said->half : (double)NAN,
		.high = said->banded ? said->value + said->half : (double)NAN,
		.actual = NAN,
		.error = NAN,
		.persistence = NAN,
		.half = said->half,
		.model_error = NAN,
		.in_alarm = o->in_alarm,
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
	struct rollout_forecast ahead[FORECAST_HORIZONS_MAX][COMPONENT_OUTPUTS_MAX];
	const struct forecast_config *cfg = asked(log);
	struct origin *o = &s->origins[s->next];

	if (!rollout_is_ready(log->parts.twin, s->component) ||
	    rollout_forecast(log->parts.twin, s->component, cfg->horizons_s,
	                     cfg->n_horizons, ahead)) {
		return;
	}
	s->next = (s->next + 1) % s->n_origins;
	o->t_ns = now_ns;
	o->ts_us = wall_us;
	o->n_due = 0;
	o->in_alarm = disturbed(log, s);
	rollout_begin(&o->ahead, log->parts.twin, s->component);
	o->rolling = true;
	for (size_t k = 0; k < s->n; k++) {
		struct sample now = latest(log, s, k);

		o->from[k] = is_measured(&now) ? value_number(&now.value) : (double)NAN;
		for (size_t h = 0; h < cfg->n_horizons; h++) {
			size_t at = h * s->n + k;
			struct forecast row;

			o->said[at] = say(&s->told[at], &ahead[h][s->output[k]]);
			row = row_of(log, s, o, h, k);
			log->parts.put(log->parts.arg, &row);
		}
	}
}

/* --- scoring --- */

/* What was made or came due in an alarm says nothing of the model. */
static void add_to_records(struct watched *s, size_t at, const struct forecast *row)
{
	bool held = fabs(row->error) <= row->half;

	if (!isfinite(row->error) || !isfinite(row->persistence)) {
		return;
	}
	record_add(row->in_alarm ? &s->apart[at] : &s->told[at], row->error,
	           row->persistence, held);
	if (!row->in_alarm && isfinite(row->model_error)) {
		record_add(&s->model[at], row->model_error, row->persistence, true);
	}
}

static void score(struct forecast_log *log, struct watched *s, const struct origin *o,
                  size_t horizon)
{
	bool in_alarm = o->in_alarm || disturbed(log, s);

	for (size_t k = 0; k < s->n; k++) {
		struct sample now = latest(log, s, k);
		struct forecast row = row_of(log, s, o, horizon, k);

		if (!is_measured(&now)) {
			continue;
		}
		row.in_alarm = in_alarm;
		row.actual = value_number(&now.value);
		row.error = row.actual - row.predicted;
		row.persistence = row.actual - o->from[k];
		if (o->rolling) {
			row.model_error = row.actual - rollout_output(&o->ahead,
			                                              log->parts.twin,
			                                              s->output[k]);
		}
		log->parts.put(log->parts.arg, &row);
		add_to_records(s, horizon * s->n + k, &row);
	}
}

static void go_on(struct forecast_log *log, struct watched *s, int64_t now_ns,
                  double dt_s)
{
	bool ready = rollout_is_ready(log->parts.twin, s->component);
	const struct forecast_config *cfg = asked(log);

	for (size_t i = 0; i < s->n_origins; i++) {
		struct origin *o = &s->origins[i];

		if (o->n_due == cfg->n_horizons) {
			continue;
		}
		o->rolling = o->rolling && ready &&
		             rollout_step(&o->ahead, log->parts.twin, dt_s) == 0;
		while (o->n_due < cfg->n_horizons &&
		       (double)(now_ns - o->t_ns) / 1e9 >= cfg->horizons_s[o->n_due]) {
			score(log, s, o, o->n_due++);
		}
	}
}

void forecast_log_tick(struct forecast_log *log, uint64_t now_ns, int64_t wall_us)
{
	double dt_s = (double)(now_ns - log->last_ns) / 1e9;
	int64_t every_ns = llround(asked(log)->every_s * 1e9);

	log->last_ns = now_ns;
	for (size_t i = 0; i < log->n_sources; i++) {
		struct watched *s = &log->sources[i];

		go_on(log, s, (int64_t)now_ns, dt_s);
		if (s->n && (int64_t)now_ns >= s->next_ns) {
			s->next_ns += every_ns;
			if (s->next_ns <= (int64_t)now_ns) { /* it stood still */
				s->next_ns = (int64_t)now_ns + every_ns;
			}
			make(log, s, (int64_t)now_ns, wall_us);
		}
	}
}

/* --- what was before --- */

/* Outcomes on their way out of the history; those of one component follow each other. */
struct recalled {
	struct forecast_log *log;
	size_t source;
};

static bool is_output(const struct forecast_log *log, const struct watched *s, size_t k,
                      const char *name)
{
	const struct config *cfg = log->parts.config;
	const struct tag *tag = &cfg->tags[config_of(log, s)->outputs[s->output[k]].tag];
	size_t n = strlen(tag->device);

	return strncmp(name, tag->device, n) == 0 && name[n] == '/' &&
	       strcmp(name + n + 1, tag->name) == 0;
}

static void on_outcome(void *arg, const struct forecast *f, const char *component,
                       const char *tag)
{
	struct recalled *r = arg;
	const struct forecast_log *log = r->log;
	const struct forecast_config *cfg = asked(log);
	struct watched *s = NULL;

	for (size_t i = 0; !s && i < log->n_sources; i++) {
		size_t at = (r->source + i) % log->n_sources;

		if (strcmp(config_of(log, &log->sources[at])->id, component) == 0) {
			s = &log->sources[at];
			r->source = at;
		}
	}
	for (size_t k = 0; s && k < s->n; k++) {
		for (size_t h = 0; is_output(log, s, k, tag) && h < cfg->n_horizons;
		     h++) {
			if (fabs(cfg->horizons_s[h] - f->horizon_s) < 1e-3) {
				add_to_records(s, h * s->n + k, f);
			}
		}
	}
}

int forecast_log_recall(struct forecast_log *log, struct reader *reader)
{
	struct recalled r = {log, 0};
	size_t records = 0;

	for (size_t i = 0; i < log->n_sources; i++) {
		records += log->sources[i].n * asked(log)->n_horizons;
	}
	/* Twice what a record keeps: some had no outcome, some are apart. */
	return records ? forecast_outcomes(reader, (size_t)2 * RECORD_KEPT * records,
	                                   on_outcome, &r)
	               : 0;
}

const char *forecast_log_verdict(const struct record_score *told)
{
	if (told->n < RECORD_ERRORS_MIN) {
		return "too few outcomes yet";
	}
	return told->skill > 0 ? "better than no change" : "no better than no change";
}

bool forecast_log_figures(const struct forecast_log *log, size_t i,
                          struct forecast_figures *out)
{
	for (size_t c = 0; c < log->n_sources; c++) {
		const struct watched *s = &log->sources[c];
		const struct component_config *cfg = config_of(log, s);

		if (i >= asked(log)->n_horizons * s->n) {
			i -= asked(log)->n_horizons * s->n;
			continue;
		}
		*out = (struct forecast_figures){
			.device = cfg->device_index,
			.tag = cfg->outputs[s->output[i % s->n]].tag,
			.horizon_s = asked(log)->horizons_s[i / s->n],
			.told = record_judge(&s->told[i]),
			.model = record_judge(&s->model[i]),
			.apart = record_judge(&s->apart[i]),
			.band = record_band(&s->told[i], FORECAST_LEVEL),
			.model_band = record_band(&s->model[i], FORECAST_LEVEL),
		};
		return true;
	}
	return false;
}
