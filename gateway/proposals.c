/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/proposals.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/identification.h"

#define S_NS UINT64_C(1000000000)
#define S_US INT64_C(1000000)

#define CHANGED 2.0   /* times as large or as small: another mismatch */
#define SAME    0.005 /* of a parameter: the proposal is the one that waits already */

enum { TEXT_MAX = 512 };

/* One component. */
struct watched {
	uint64_t since_ns; /* of its mismatch; 0: there is none */
	int64_t since_us;
	uint64_t due_ns; /* not before then */
	double nis;      /* how large it is */
	int64_t told_us; /* of the last proposal; 0: none is known */
	double told_nis; /* its mismatch; NAN: not known */
};

struct proposals {
	struct proposals_parts parts;
	struct watched *watched; /* by component */
	uv_work_t work;
	bool busy;
	atomic_bool stopped;
	/* What the pool works on; the loop's again when it is done. */
	struct identification found;
	struct component_history_wish wish;
	struct patience patience;
	int64_t in_force; /* the version when it began */
	int err;
};

static bool goes_on(void *arg)
{
	struct proposals *p = arg;

	return !atomic_load(&p->stopped);
}

int proposals_new(struct proposals **out, const struct proposals_parts *parts)
{
	struct proposals *p = calloc(1, sizeof(*p));
	size_t n = parts->config->twin.n_components;

	if (!p) {
		return -ENOMEM;
	}
	p->parts = *parts;
	atomic_init(&p->stopped, false);
	p->patience = (struct patience){goes_on, p};
	p->work.data = p;
	p->watched = calloc(n + 1, sizeof(*p->watched));
	if (!p->watched) {
		proposals_free(p);
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		p->watched[i].told_us = versions_proposal(parts->versions, i)->ts_us;
		p->watched[i].told_nis = NAN;
	}
	*out = p;
	return 0;
}

void proposals_free(struct proposals *p)
{
	if (p) {
		free(p->watched);
		free(p);
	}
}

void proposals_stop(struct proposals *p)
{
	if (!p) {
		return;
	}
	atomic_store(&p->stopped, true);
	if (p->busy) {
		(void)uv_cancel((uv_req_t *)&p->work); /* one that waits for a thread */
	}
}

/* --- on the pool --- */

static void on_work(uv_work_t *work)
{
	struct proposals *p = work->data;
	struct reader *reader = NULL;
	char *path = NULL;

	p->err = -ENOMEM;
	if (asprintf(&path, "%s/history.db", p->parts.config->state_dir) < 0) {
		return;
	}
	p->err = reader_open(&reader, path);
	if (p->err >= 0) {
		p->err = identification_run(&p->found, reader, p->parts.config, &p->wish);
	}
	reader_close(reader);
	free(path);
}

/* --- a sentence --- */

/* Text that grows in a buffer and is cut at its end. */
struct text {
	char *at;
	size_t room;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format,
                                                      ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->at, t->room, format, args);
	va_end(args);
	if (n > 0) {
		size_t taken = (size_t)n < t->room ? (size_t)n : t->room - 1;

		t->at += taken;
		t->room -= taken;
	}
}

static bool has_changed(const struct identification *found, size_t parameter)
{
	double before = found->now[parameter],
	       after = found->result.parameters[parameter];

	return found->result.verdict[parameter] == IDENTIFY_FITTED &&
	       fabs(after - before) > SAME * fabs(before);
}

static void add_parameters(struct text *t, const struct identification *found,
                           const struct model *m)
{
	const char *before = " ";

	for (size_t i = 0; i < m->n_parameters; i++) {
		const struct model_port *port = &m->parameters[i];
		bool unit = *port->unit && strcmp(port->unit, "1") != 0;

		if (has_changed(found, i)) {
			add(t, "%s%s %.4g -> %.4g%s%s", before, port->name, found->now[i],
			    found->result.parameters[i], unit ? " " : "",
			    unit ? port->unit : "");
			before = ", ";
		}
	}
}

/* The output and horizon at which the gain is largest, in the unit of the sensor. */
static void add_errors(struct text *t, const struct identification *found,
                       const struct config *cfg, const struct component_config *c)
{
	size_t horizon = 0, output = 0;
	double least = INFINITY, scale;
	const struct tag *tag;

	for (size_t h = 0; h < HELD_OUT_HORIZONS; h++) {
		for (size_t i = 0; i < c->model->n_outputs; i++) {
			double ratio = found->after.rmse[h][i] / found->before.rmse[h][i];

			if (found->after.n[h] >= HELD_OUT_MIN && ratio < least) {
				least = ratio;
				horizon = h;
				output = i;
			}
		}
	}
	tag = &cfg->tags[c->outputs[output].tag];
	scale = fabs(c->outputs[output].scale);
	add(t, ", held-out error of %s/%s over %.0f min %.3g%s%s instead of %.3g%s%s",
	    tag->device, tag->name, held_out_horizons_s[horizon] / 60,
	    found->after.rmse[horizon][output] / scale, *tag->kind->unit ? " " : "",
	    tag->kind->unit, found->before.rmse[horizon][output] / scale,
	    *tag->kind->unit ? " " : "", tag->kind->unit);
}

/* --- on the loop --- */

static void tell(const struct proposals *p, const struct text *end, char *message,
                 bool accepted)
{
	const struct component_config *c =
		&p->parts.config->twin.components[p->wish.component];
	struct text t = *end;

	if (accepted) {
		add(&t,
		    "; put in force (auto_identify), back with pollux identify %s "
		    "--rollback %lld",
		    c->id, (long long)p->in_force);
	} else {
		add(&t, "; accept with pollux identify %s --accept", c->id);
	}
	p->parts.tell(p->parts.arg, &(struct event){.device = c->device_index,
	                                            .tag = EVENT_NOBODY,
	                                            .kind = "proposal",
	                                            .severity = "warning",
	                                            .message = message});
}

/* Does the same wait for somebody already? */
static bool is_proposed(const struct proposals *p)
{
	const struct version_proposal *waits = versions_proposal(p->parts.versions,
	                                                         p->wish.component);
	const struct model *m = p->found.history.rows.model;
	bool same = waits->number > 0;

	for (size_t i = 0; i < m->n_parameters && same; i++) {
		same = fabs(waits->parameters[i] - p->found.result.parameters[i]) <=
		       SAME * fabs(waits->parameters[i]);
	}
	return same;
}

static bool is_worth_it(const struct proposals *p)
{
	const struct identification *found = &p->found;
	bool any = false;

	for (size_t i = 0; i < MODEL_PARAMETERS_MAX && found->better; i++) {
		any = any || has_changed(found, i);
	}
	return any && !is_proposed(p) &&
	       versions_in_force(p->parts.versions, p->wish.component) == p->in_force;
}

static void propose(struct proposals *p)
{
	size_t i = p->wish.component;
	const struct config *cfg = p->parts.config;
	const struct component_config *c = &cfg->twin.components[i];
	const struct component_history *h = &p->found.history;
	bool accepted = cfg->auto_identify[i] == AUTO_IDENTIFY_ACCEPT;
	const struct version_found found = {
		.component = i,
		.parameters = p->found.result.parameters,
		.origin = {.rows = p->found.fit_rows,
	                   .from_us = h->from_us,
	                   .to_us = h->from_us + llround(h->t_s[h->rows.n - 1] * 1e6),
	                   .by = "auto"},
		.train_error = p->found.result.error,
		.held_out_error = identification_gain(&p->found),
		.accepted = accepted};
	char message[TEXT_MAX];
	struct text t = {message, sizeof(message)};

	if (versions_add(p->parts.versions, &found) < 0) {
		return; /* in an hour, then */
	}
	p->watched[i].told_us = p->parts.wall_us();
	p->watched[i].told_nis = p->watched[i].nis;
	add(&t, "%s:", c->id);
	add_parameters(&t, &p->found, c->model);
	add_errors(&t, &p->found, cfg, c);
	tell(p, &t, message, accepted);
}

static void on_done(uv_work_t *work, int status)
{
	struct proposals *p = work->data;

	p->busy = false;
	if (!status && !p->err && !atomic_load(&p->stopped) && is_worth_it(p)) {
		propose(p);
	}
	identification_fini(&p->found);
}

static void begin(struct proposals *p, size_t i, uint64_t now_ns)
{
	struct watched *w = &p->watched[i];
	int64_t now_us = p->parts.wall_us();
	int64_t longest_us = now_us - PROPOSALS_BACK_S * S_US;

	w->due_ns = now_ns + PROPOSALS_AFTER_S * S_NS;
	p->found = (struct identification){.fit_rows = 0};
	twin_parameters(p->parts.twin, (uint32_t)i, p->found.now);
	identification_default(&p->parts.config->twin.components[i], p->found.wanted);
	p->wish = (struct component_history_wish){
		.component = i,
		.since_us = w->since_us > longest_us ? w->since_us : longest_us,
		.until_us = now_us,
		.mismatched = true,
		.patience = &p->patience};
	p->in_force = versions_in_force(p->parts.versions, i);
	p->busy = uv_queue_work(p->parts.loop, &p->work, on_work, on_done) == 0;
}

/* A sensor that is known to lie is no reason for other parameters. */
static bool is_lied_to(const struct proposals *p, size_t i)
{
	struct explanation why;

	twin_explain(p->parts.twin, p->parts.config->twin.components[i].health_tag, &why);
	return why.lies;
}

static bool is_due(const struct proposals *p, size_t i, uint64_t now_ns)
{
	const struct watched *w = &p->watched[i];
	bool changed = w->nis > CHANGED * w->told_nis || w->nis < w->told_nis / CHANGED;

	return w->since_ns && now_ns - w->since_ns >= PROPOSALS_AFTER_S * S_NS &&
	       now_ns >= w->due_ns &&
	       (changed || p->parts.wall_us() - w->told_us >= PROPOSALS_EVERY_S * S_US) &&
	       !is_lied_to(p, i);
}

void proposals_tick(struct proposals *p, uint64_t now_ns)
{
	const struct config *cfg = p->parts.config;

	for (size_t i = 0; i < cfg->twin.n_components; i++) {
		struct watched *w = &p->watched[i];

		if (cfg->auto_identify[i] == AUTO_IDENTIFY_OFF) {
			continue;
		}
		if (!twin_is_slow_mismatch(p->parts.twin, (uint32_t)i, &w->nis)) {
			w->since_ns = 0;
		} else if (!w->since_ns) {
			w->since_ns = now_ns;
			w->since_us = p->parts.wall_us();
		}
		if (!p->busy && !atomic_load(&p->stopped) && is_due(p, i, now_ns)) {
			begin(p, i, now_ns);
		}
	}
}
