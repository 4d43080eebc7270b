/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/component_history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_US INT64_C(1000000)

enum { PORTS_MAX = MODEL_INPUTS_MAX + MODEL_OUTPUTS_MAX, GAP_STEPS = 20 };

/* A reading of one port. */
struct item {
	int64_t ts_us;
	double si;
	uint8_t port; /* inputs, then outputs from MODEL_INPUTS_MAX */
	bool alarm;   /* in drift or mismatch */
};

struct gather {
	const struct component_config *cfg;
	const struct component_history_wish *wish;
	const struct binding *binding; /* of the tag that is read */
	uint8_t port;
	struct item *items;
	size_t n, room;
};

static bool is_in_alarm(const struct gather *g, const char *state)
{
	return strcmp(state, "drift") == 0 ||
	       (strcmp(state, "mismatch") == 0 && !g->wish->mismatched);
}

/* An output must have been measured; what a model says will do for an input. */
static bool is_of_use(const struct gather *g, const struct history_row *row)
{
	bool good = strcmp(row->quality, "good") == 0;
	bool uncertain = strcmp(row->quality, "uncertain") == 0;
	bool output = g->port >= MODEL_INPUTS_MAX;

	return isfinite(value_number(&row->value)) && strcmp(row->state, "spike") != 0 &&
	       (output ? good && strcmp(row->source, "measured") == 0
	               : good || uncertain);
}

static int on_row(void *arg, const struct history_row *row)
{
	struct gather *g = arg;
	double x = value_number(&row->value);

	if (!patience_lasts(g->wish->patience)) {
		return -ECANCELED;
	}
	if (!is_of_use(g, row)) {
		return 0;
	}
	if (g->n == g->room) {
		size_t room = g->room ? 2 * g->room : 4096;
		struct item *items = reallocarray(g->items, room, sizeof(*items));

		if (!items) {
			return -ENOMEM;
		}
		g->items = items;
		g->room = room;
	}
	g->items[g->n++] = (struct item){
		.ts_us = row->ts_us,
		.si = x * g->binding->scale + g->binding->offset,
		.port = g->port,
		.alarm = is_in_alarm(g, row->state),
	};
	return 0;
}

/* In order of time, inputs before outputs of the same moment. */
static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->ts_us != y->ts_us) {
		return x->ts_us < y->ts_us ? -1 : 1;
	}
	return (x->port > y->port) - (x->port < y->port);
}

static int gather(struct gather *g, struct reader *reader, const struct config *cfg)
{
	const struct component_history_wish *wish = g->wish;
	const struct component_config *c = g->cfg;
	int err = 0;

	/* The first sensor of each output: they come first, in the model's order. */
	for (size_t i = 0; i < c->n_inputs + c->model->n_outputs && err >= 0; i++) {
		bool input = i < c->n_inputs;
		const struct tag *tag;

		g->binding = input ? &c->inputs[i] : &c->outputs[i - c->n_inputs];
		g->port = (uint8_t)(g->binding->port + (input ? 0 : MODEL_INPUTS_MAX));
		if (!input && g->binding->tag >= cfg->n_field_tags) {
			continue; /* a virtual sensor */
		}
		tag = &cfg->tags[g->binding->tag];
		err = reader_history(reader, tag->device, tag->name, wish->since_us,
		                     wish->until_us, 0, on_row, g);
	}
	if (g->n) {
		qsort(g->items, g->n, sizeof(*g->items), compare);
	}
	return err < 0 ? err : 0;
}

/* --- from readings to rows --- */

static int allocate(struct component_history *h, const struct model *m, size_t n)
{
	h->t_s = calloc(n + 1, sizeof(*h->t_s));
	h->u = calloc(n * m->n_inputs + 1, sizeof(*h->u));
	h->y = calloc(n * m->n_outputs + 1, sizeof(*h->y));
	h->spans = calloc(n / COMPONENT_HISTORY_SPAN_MIN + 1, sizeof(*h->spans));
	return h->t_s && h->u && h->y && h->spans ? 0 : -ENOMEM;
}

/* Moments with an output, at most. */
static size_t count_outputs(const struct gather *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++) {
		n += g->items[i].port >= MODEL_INPUTS_MAX;
	}
	return n;
}

/* The inputs as they are known while time goes on. */
struct inputs {
	double u[MODEL_INPUTS_MAX];
	int64_t ts_us[MODEL_INPUTS_MAX]; /* INT64_MIN: none yet; INT64_MAX: not bound */
};

static struct inputs inputs_unknown(const struct component_config *c)
{
	struct inputs in;

	for (size_t i = 0; i < MODEL_INPUTS_MAX; i++) {
		in.u[i] = i < c->model->n_inputs ? c->model->inputs[i].preset : 0;
		in.ts_us[i] = INT64_MAX;
	}
	for (size_t i = 0; i < c->n_inputs; i++) {
		in.ts_us[c->inputs[i].port] = INT64_MIN;
	}
	return in;
}

static bool inputs_known(const struct inputs *in, const struct component_config *c,
                         int64_t ts_us)
{
	for (size_t i = 0; i < c->model->n_inputs; i++) {
		if (in->ts_us[i] == INT64_MIN ||
		    (in->ts_us[i] != INT64_MAX &&
		     (double)(ts_us - in->ts_us[i]) > c->max_age_s * 1e6)) {
			return false;
		}
	}
	return true;
}

/* Rows out of all readings; alarm[i] says whether row i had one. */
static void make_rows(struct component_history *h, const struct gather *g, bool *alarm)
{
	const struct model *m = g->cfg->model;
	struct inputs in = inputs_unknown(g->cfg);
	size_t n = 0;

	/* An alarm between two rows is the later one's. */
	for (size_t i = 0; i < g->n;) {
		int64_t ts_us = g->items[i].ts_us;
		double *y = h->y + n * m->n_outputs;
		bool any = false;

		for (size_t k = 0; k < m->n_outputs; k++) {
			y[k] = NAN;
		}
		for (; i < g->n && g->items[i].ts_us == ts_us; i++) {
			const struct item *it = &g->items[i];

			alarm[n] |= it->alarm;
			if (it->port < MODEL_INPUTS_MAX) {
				in.u[it->port] = it->si;
				in.ts_us[it->port] = ts_us;
			} else {
				y[it->port - MODEL_INPUTS_MAX] = it->si;
				any = true;
			}
		}
		if (any && inputs_known(&in, g->cfg, ts_us)) {
			h->t_s[n] = (double)(ts_us - h->from_us) / 1e6;
			memcpy(h->u + n * m->n_inputs, in.u, m->n_inputs * sizeof(*in.u));
			n++;
		}
	}
	h->rows = (struct recording_rows){
		.model = m, .n = n, .t_s = h->t_s, .u = h->u, .y = h->y};
}

static int compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Longest distance of two rows that follow each other. */
static double longest_step(const struct component_history *h, double max_age_s)
{
	double *dt = calloc(h->rows.n + 1, sizeof(*dt)), gap = max_age_s;
	size_t n = 0;

	for (size_t i = 1; dt && i < h->rows.n; i++) {
		dt[n++] = h->t_s[i] - h->t_s[i - 1];
	}
	if (n) {
		qsort(dt, n, sizeof(*dt), compare_times);
		gap = fmax(gap, GAP_STEPS * dt[n / 2]);
	}
	free(dt);
	return gap;
}

/* Spread alarms over the time after and before them. */
static void mark_around(const struct component_history *h, bool *alarm)
{
	double alarm_s = -INFINITY;

	for (size_t i = 0; i < h->rows.n; i++) {
		alarm_s = alarm[i] ? h->t_s[i] : alarm_s;
		alarm[i] = h->t_s[i] - alarm_s <= COMPONENT_HISTORY_ALARM_S;
	}
	/* A run of marks begins with an alarm: before it is what is to be spread back. */
	alarm_s = INFINITY;
	for (size_t i = h->rows.n; i-- > 0;) {
		if (alarm[i] && (i == 0 || !alarm[i - 1])) {
			alarm_s = h->t_s[i];
		}
		alarm[i] |= alarm_s - h->t_s[i] <= COMPONENT_HISTORY_ALARM_S;
	}
}

static void add_span(struct component_history *h, size_t from, size_t end)
{
	if (end - from >= COMPONENT_HISTORY_SPAN_MIN) {
		h->spans[h->n_spans++] = (struct span){from, end - from};
		h->kept += end - from;
	}
}

static void find_spans(struct component_history *h, const bool *alarm, double gap_s)
{
	size_t n = h->rows.n;
	size_t from = n > COMPONENT_HISTORY_ROWS_MAX ? n - COMPONENT_HISTORY_ROWS_MAX : 0;

	for (size_t i = from; i < n; i++) {
		bool torn = i > from && h->t_s[i] - h->t_s[i - 1] > gap_s;

		if (torn || alarm[i]) {
			add_span(h, from, i);
			from = alarm[i] ? i + 1 : i;
		}
		h->unhealthy += alarm[i];
	}
	if (from < n) {
		add_span(h, from, n);
	}
}

int component_history_read(struct component_history *out, struct reader *reader,
                           const struct config *cfg,
                           const struct component_history_wish *wish)
{
	struct gather g = {.cfg = &cfg->twin.components[wish->component], .wish = wish};
	bool *alarm = NULL;
	int err;

	*out = (struct component_history){.n_spans = 0};
	out->rows.model = g.cfg->model;
	err = gather(&g, reader, cfg);
	if (!err) {
		size_t n = count_outputs(&g);

		alarm = calloc(n + 2, sizeof(*alarm));
		err = alarm ? allocate(out, g.cfg->model, n + 1) : -ENOMEM;
	}
	if (!err) {
		out->from_us = g.n ? g.items[0].ts_us : 0;
		make_rows(out, &g, alarm);
		if (wish->with_alarms) {
			memset(alarm, 0, out->rows.n * sizeof(*alarm));
		}
		mark_around(out, alarm);
		find_spans(out, alarm, longest_step(out, g.cfg->max_age_s));
	}
	free(alarm);
	free(g.items);
	if (err) {
		component_history_fini(out);
	}
	return err;
}

void component_history_fini(struct component_history *h)
{
	free(h->t_s);
	free(h->u);
	free(h->y);
	free(h->spans);
	*h = (struct component_history){.n_spans = 0};
}

size_t component_history_held_out(const struct component_history *h)
{
	size_t left = h->kept - h->kept * 3 / 10;

	for (size_t i = 0; i < h->n_spans; i++) {
		if (left < h->spans[i].n) {
			return h->spans[i].from + left;
		}
		left -= h->spans[i].n;
	}
	return h->rows.n;
}
