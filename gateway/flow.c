/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/flow.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/child/errand.h"
#include "gateway/line/flow_count.h"
#include "gateway/line/line_window.h"
#include "gateway/log.h"

enum { OUTPUT_MAX = 1 << 16 };

enum knowledge { KNOWS_NOTHING, KNOWS, KNOWS_NOT };

struct flow {
	struct flow_parts parts;
	struct flow_count count;
	uv_timer_t timer;
	struct errand *errand;
	enum knowledge knowledge; /* that was told */
	uint8_t reason;           /* why the counters were not good last time */
	double (*before)[2];      /* by exit: count and rejects at the last look */
};

/* ---- counting ---- */

/* NAN: it is not known now. */
static double counter_at(struct flow *f, uint32_t tag, int64_t *ts_us)
{
	struct sample s;
	double x;

	if (tag == FLOW_NONE) {
		return 0;
	}
	s = f->parts.latest(f->parts.arg, tag);
	x = value_number(&s.value);
	if (s.ts_us == 0 || s.est.quality != QUALITY_GOOD || !isfinite(x)) {
		f->reason = s.reason;
		return (double)NAN;
	}
	*ts_us = s.ts_us;
	return x;
}

static struct flow_look look_at(struct flow *f, uint64_t now_ns, int64_t wall_us)
{
	const struct flow_config *c = &f->parts.config->flow;
	struct flow_look look = {
		.now_ns = now_ns, .wall_us = wall_us, .local_s = flow_local_s(wall_us)};
	double stamps_us = 0;

	for (size_t i = 0; i < c->n_exits; i++) {
		const struct flow_exit *e = &c->exits[i];
		int64_t ts_us = 0, unused_us;
		double jobs = counter_at(f, e->count, &ts_us);
		double rejects = counter_at(f, e->rejects, &unused_us);

		look.anew |= jobs < f->before[i][0] || rejects < f->before[i][1];
		f->before[i][0] = jobs;
		f->before[i][1] = rejects;
		look.parts += (jobs - rejects) * e->parts;
		stamps_us += (double)(ts_us - wall_us) / (double)c->n_exits;
	}
	look.good = isfinite(look.parts);
	look.read_us = wall_us + (int64_t)stamps_us;
	return look;
}

/* Nobody can say what a line gives in the middle of a break. */
static bool is_judged(const struct flow *f, const struct flow_window *w)
{
	const struct flow_config *c = &f->parts.config->flow;
	const double week_s = 7 * 86400;
	double at_s = fmod((double)w->local_s - c->begins_s + week_s, week_s);

	return w->straight && !line_is_break(c->shifts, at_s, c->window_s);
}

void flow_tick(struct flow *f, uint64_t now_ns, int64_t wall_us)
{
	struct flow_look look;
	struct flow_window w;
	struct reading r;

	if (!f) {
		return;
	}
	look = look_at(f, now_ns, wall_us);
	if (!flow_count_step(&f->count, &look, &w)) {
		return;
	}
	r = (struct reading){.tag = f->parts.config->flow.tag};
	if (isnan(w.rate)) {
		r.quality = QUALITY_BAD;
		r.reason = f->reason ? f->reason : REASON_OVERRUN;
	} else {
		r.quality = is_judged(f, &w) ? QUALITY_GOOD : QUALITY_UNCERTAIN;
		r.value = value_real(w.rate);
	}
	f->reason = REASON_NONE;
	f->parts.deliver(f->parts.arg, &r, 1);
}

/* ---- what is expected ---- */

static void tell_once(struct flow *f, enum knowledge knowledge, const char *message)
{
	if (knowledge != f->knowledge) {
		f->knowledge = knowledge;
		f->parts.tell(f->parts.arg, knowledge == KNOWS, message);
	}
}

/* False: it is not what is wanted. */
static bool read_told(struct told_level *out, json_t *o)
{
	bool read = json_unpack(o, "{s:F, s:F, s:F, s:F, s:F}", "mean", &out->mean,
	                        "sigma", &out->sigma, "variance", &out->variance, "w_max",
	                        &out->w_max, "z_max", &out->z_max) == 0;

	return read && told_is_valid(out);
}

/* None of it is measured, so none of it is good.  That it cannot be told is no alarm. */
static void take_shift(struct flow *f, json_t *o)
{
	const struct flow_config *c = &f->parts.config->flow;
	struct reading r[FLOW_SHIFT_TAGS] = {{.quality = QUALITY_BAD}};
	double parts[FLOW_SHIFT_TAGS] = {0};
	bool known = json_unpack(json_object_get(o, "shift"), "{s:F, s:F, s:F, s:F}",
	                         "made", &parts[0], "p10", &parts[1], "p50", &parts[2],
	                         "p90", &parts[3]) == 0;

	for (uint32_t i = 0; i < FLOW_SHIFT_TAGS; i++) {
		r[i] = (struct reading){.tag = c->shift_tag + i,
		                        .quality = known ? QUALITY_UNCERTAIN
		                                         : QUALITY_BAD,
		                        .reason = known ? REASON_NONE : REASON_DISABLED};
		if (known) {
			r[i].value = value_real(parts[i]);
		}
	}
	f->parts.deliver(f->parts.arg, r, FLOW_SHIFT_TAGS);
}

/* A line that is slow now is not to become what is expected of it. */
static bool is_held(const struct flow *f)
{
	struct sample now = f->parts.latest(f->parts.arg, f->parts.config->flow.tag);

	return f->knowledge == KNOWS && now.ts_us && now.est.drift;
}

void flow_answer(struct flow *f, const char *output, const char *complaint)
{
	const struct flow_config *c = &f->parts.config->flow;
	char message[500];
	json_t *o = output ? json_loads(output, 0, NULL) : NULL;
	struct told_level t;
	bool read = o && read_told(&t, o);

	if (c->shift_s > 0) {
		take_shift(f, o);
	}
	json_decref(o);
	if (read && is_held(f)) {
		return;
	}
	if (read) {
		twin_expect(f->parts.twin, 0, &t);
		snprintf(message, sizeof(message),
		         "the line should give %.4g an hour, within %u s %.3g more or "
		         "less (standard deviation)",
		         t.mean, c->window_s, t.sigma);
		tell_once(f, KNOWS, message);
		return;
	}
	/* What was expected before stays: it is the best that is known. */
	snprintf(message, sizeof(message),
	         "what the line should give cannot be simulated%s: %.*s",
	         f->knowledge == KNOWS ? ", and what was expected stays" : "",
	         complaint ? (int)strcspn(complaint, "\n") : 0,
	         complaint ? complaint : "");
	tell_once(f, KNOWS_NOT, message);
}

static void on_done(void *arg, const struct errand_end *end)
{
	struct flow *f = arg;
	bool well = !end->err && !end->late && !end->signal && end->status == 0;

	f->errand = NULL;
	flow_answer(f, well ? end->output : NULL,
	            end->err    ? uv_strerror(end->err)
	            : end->late ? "it took longer than ten minutes"
	                        : end->complaints);
}

static void on_timer(uv_timer_t *timer)
{
	struct flow *f = timer->data;
	const struct config *c = f->parts.config;
	char window[32], shift[32], begins[32];
	char *argv[] = {(char *)"pollux",
	                (char *)"line-flow",
	                (char *)c->flow.file,
	                (char *)"--window",
	                window,
	                (char *)"--learn",
	                (char *)c->path,
	                (char *)"--begins",
	                begins,
	                c->flow.shift_s ? (char *)"--shift" : NULL,
	                shift,
	                NULL};
	const struct errand_wish wish = {.loop = f->parts.loop,
	                                 .argv = argv,
	                                 .limit_s = FLOW_LIMIT_S,
	                                 .output_max = OUTPUT_MAX,
	                                 .done = on_done,
	                                 .arg = f};

	if (f->errand) {
		return;
	}
	snprintf(shift, sizeof(shift), "%us", c->flow.shift_s);
	snprintf(begins, sizeof(begins), "%.0fs", c->flow.begins_s);
	snprintf(window, sizeof(window), "%us", c->flow.window_s);
	f->errand = errand_begin(&wish);
}

/* ---- up and down ---- */

int flow_open(struct flow **out, const struct flow_parts *parts)
{
	const struct flow_config *c = &parts->config->flow;
	struct flow *f;

	if (!c->file) {
		return 0;
	}
	f = calloc(1, sizeof(*f));
	if (!f) {
		return -ENOMEM;
	}
	f->before = calloc(c->n_exits, sizeof(*f->before));
	if (!f->before) {
		free(f);
		return -ENOMEM;
	}
	f->parts = *parts;
	flow_count_init(&f->count, c->window_s);
	uv_timer_init(parts->loop, &f->timer);
	f->timer.data = f;
	uv_timer_start(&f->timer, on_timer, parts->first_ms, (uint64_t)c->every_s * 1000);
	*out = f;
	return 0;
}

void flow_close(struct flow *f)
{
	if (f) {
		errand_drop(f->errand);
		f->errand = NULL;
		uv_close((uv_handle_t *)&f->timer, NULL);
	}
}

void flow_free(struct flow *f)
{
	if (f) {
		free(f->before);
		free(f);
	}
}

void flow_zone(const struct config *c)
{
	if (c->flow.file && c->timezone) {
		setenv("TZ", c->timezone, 1);
		tzset();
	}
}
