/* SPDX-License-Identifier: Apache-2.0 */
/* Trends: of a violation, of a run. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/commission/page_impl.h"
#include "gateway/config/arena.h"
#include "gateway/html/chart.h"
#include "gateway/html/markup.h"

enum { PANELS_MAX = 14, LIMITS_MAX = 4 };

/* A chart under construction; everything in the arena. */
struct sketch {
	const struct campaign *c;
	const struct campaign_run *run;
	const struct campaign_row *row; /* whose limits are drawn; NULL: all of the run */
	struct arena arena;
	struct chart chart;
	struct chart_panel panels[PANELS_MAX];
	uint32_t quantities[PANELS_MAX];
	struct chart_bar bars[CHART_BARS_MAX];
	size_t n_left_out;
};

/* --- Panels --- */

static bool is_switch(const struct course *course)
{
	for (size_t i = 0; i < course->n; i++) {
		const struct course_point *p = &course->points[i];

		if (!isnan(p->min) && (p->min != 0 || p->max != 0) &&
		    (p->min != 0 || p->max != 1) && (p->min != 1 || p->max != 1)) {
			return false;
		}
	}
	return course->n > 0;
}

static bool is_constant(const struct course *course)
{
	for (size_t i = 0; i < course->n; i++) {
		if (!(course->points[i].min == course->points[0].min &&
		      course->points[i].max == course->points[0].min)) {
			return false;
		}
	}
	return true;
}

/* The points from one to another time, one more on each side. */
static void cut(struct sketch *s, const struct course *course, struct chart_panel *panel)
{
	struct chart_point *points = arena_array(&s->arena, course->n, sizeof(*points));
	size_t n = 0;

	for (size_t i = 0; points && i < course->n; i++) {
		const struct course_point *p = &course->points[i];
		double x = (double)p->from_ns / 1e9;
		bool early = i + 1 < course->n &&
		             (double)course->points[i + 1].from_ns / 1e9 < s->chart.from;
		bool late = x > s->chart.to;

		if (!early && !late) {
			points[n++] = (struct chart_point){x, p->min, p->max, p->last};
		}
	}
	panel->points = points;
	panel->n = n;
}

static size_t limits_of(const struct requirement *r, uint32_t quantity, double *out)
{
	size_t n = formula_limits(&r->holds, quantity, out, LIMITS_MAX);

	n += formula_limits(&r->release, quantity, out + n, LIMITS_MAX - n);
	return n + formula_limits(&r->when, quantity, out + n, LIMITS_MAX - n);
}

static void add_panel(struct sketch *s, uint32_t quantity)
{
	const struct course *course = trial_course(s->run->trial, quantity);
	struct chart_panel *panel = &s->panels[s->chart.n_panels];
	double *limits = arena_array(&s->arena, LIMITS_MAX, sizeof(*limits));
	struct stand_quantity q;

	for (size_t i = 0; i < s->chart.n_panels; i++) {
		if (s->quantities[i] == quantity) {
			return;
		}
	}
	if (quantity < s->c->script->n_variables && is_constant(course)) {
		return; /* a parameter: the run's name says it */
	}
	if (s->chart.n_panels == PANELS_MAX || !limits) {
		s->n_left_out++;
		return;
	}
	campaign_quantity(s->c, quantity, &q);
	*panel = (struct chart_panel){.name = q.name,
	                              .unit = strcmp(q.unit, "1") == 0 ? "" : q.unit};
	panel->kind = q.states || is_switch(course) ? CHART_STATE : CHART_LINE;
	panel->state = q.state;
	panel->arg = q.arg;
	cut(s, course, panel);
	if (s->row && panel->kind == CHART_LINE) {
		panel->limits = limits;
		panel->n_limits = limits_of(&s->row->requirement->rule, quantity, limits);
	}
	s->quantities[s->chart.n_panels++] = quantity;
}

static void add_panels(struct sketch *s, const struct requirement *r)
{
	for (size_t i = 0; i < r->n_quantities; i++) {
		add_panel(s, r->quantities[i]);
	}
}

/* --- Bars --- */

static void add_bar(struct sketch *s, enum chart_tone tone, int64_t from_ns,
                    int64_t until_ns, const char *text)
{
	double from = (double)from_ns / 1e9, to = (double)until_ns / 1e9;

	if (s->chart.n_bars == CHART_BARS_MAX || !text || to < s->chart.from ||
	    from > s->chart.to) {
		return;
	}
	s->bars[s->chart.n_bars++] = (struct chart_bar){from, to, tone, text};
}

static void add_spans(struct sketch *s, size_t requirement)
{
	const struct outcome *o = &s->run->outcomes[requirement];
	const char *id = s->run->scenario->requirements[requirement].id;

	for (size_t i = 0; i < o->n_spans; i++) {
		add_bar(s, CHART_BAD, o->spans[i].from_ns, o->spans[i].until_ns,
		        i ? id : arena_format(&s->arena, "%s violated", id));
	}
}

/* When a button that was pressed was let go. */
static int64_t let_go(const struct sketch *s, const struct run_event *events, size_t n,
                      size_t i)
{
	for (size_t k = i + 1; k < n; k++) {
		if (events[k].ends && events[k].step == events[i].step) {
			return events[k].t_ns;
		}
	}
	return s->run->end_ns;
}

static void add_faults(struct sketch *s)
{
	for (size_t i = 0; i < s->run->n_faults; i++) {
		const struct campaign_fault *f = &s->run->faults[i];

		add_bar(s, CHART_FAULT, f->begin_ns, f->until_ns, f->step->text);
	}
}

/* What people did. */
static void add_events(struct sketch *s)
{
	size_t n;
	const struct run_event *events = trial_events(s->run->trial, &n);

	for (size_t i = 0; i < n; i++) {
		const struct script_step *step = &s->run->scenario->steps[events[i].step];

		if (!events[i].ends && step->step.kind == STEP_PRESS) {
			add_bar(s, CHART_NEUTRAL, events[i].t_ns, let_go(s, events, n, i),
			        step->text);
		} else if (step->step.kind == STEP_SET) {
			add_bar(s, CHART_NEUTRAL, events[i].t_ns, events[i].t_ns,
			        step->text);
		}
	}
}

/* What the twin raised; the first ones, there may be many. */
static void add_alarms(struct sketch *s)
{
	for (size_t i = 0; i < s->run->n_alarms && i < 12; i++) {
		const struct stand_alarm *a = &s->run->alarms[i];

		add_bar(s, CHART_NEUTRAL, a->from_ns,
		        a->until_ns < 0 ? s->run->end_ns : a->until_ns,
		        arena_format(&s->arena, "twin: %s %s", a->tag, a->kind));
	}
}

static void print_sketch(FILE *out, struct sketch *s, const char *caption)
{
	s->chart.axis = "time, s";
	s->chart.panels = s->panels;
	s->chart.bars = s->bars;
	s->chart.title = caption;
	fputs("<figure>", out);
	chart_print(out, &s->chart);
	fputs("<figcaption>", out);
	markup_text(out, caption);
	if (s->n_left_out) {
		fprintf(out, " %zu further quantities are not drawn.", s->n_left_out);
	}
	fputs("</figcaption></figure>\n", out);
	arena_free(&s->arena);
}

/* --- A violation --- */

/* A window around the first span of violation, with what led to it. */
static void frame(struct sketch *s, const struct outcome *o)
{
	double from = (double)o->at_ns / 1e9, to = from, room, end;

	end = (double)s->run->end_ns / 1e9;
	if (o->n_spans) {
		from = (double)o->spans[0].from_ns / 1e9;
		to = (double)o->spans[0].until_ns / 1e9;
	}
	from = fmin(from, (double)o->begin_ns > 0 && s->row->requirement->rule.triggered
	                          ? (double)o->begin_ns / 1e9
	                          : from);
	to = fmin(to, from + 120); /* of a long one, its beginning */
	room = fmax((to - from) * 0.6, 2);
	s->chart.from = fmax(from - room, 0);
	s->chart.to = fmin(to + room, end);
}

void page_failure_chart(FILE *out, const struct campaign *c,
                        const struct campaign_row *row)
{
	struct sketch *s = calloc(1, sizeof(*s));
	char remark[200];

	if (!s) {
		return;
	}
	fputs("<p><code>", out);
	markup_text(out, row->requirement->text);
	campaign_remark(row, remark, sizeof(remark));
	fputs("</code><br>", out);
	markup_format(out, "At %.3f s: %s.", (double)row->outcome->at_ns / 1e9, remark);
	fputs("</p>\n", out);
	s->c = c;
	s->run = row->run;
	s->row = row;
	frame(s, row->outcome);
	add_panels(s, &row->requirement->rule);
	add_faults(s);
	add_spans(s, row->index);
	print_sketch(out, s,
	             "Hatched: the requirement is violated. Amber: a fault is injected. "
	             "Dashed: what the quantity is compared with.");
	free(s);
}

/* --- A run --- */

static void print_steps(FILE *out, const struct campaign_run *run)
{
	size_t n;
	const struct run_event *events = trial_events(run->trial, &n);

	fputs("<details><summary>Steps</summary><table><thead><tr><th class=\"number\">"
	      "Time</th><th>Step</th></tr></thead><tbody>\n",
	      out);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "<tr><td class=\"number\">%.3f s</td><td>%s",
		        (double)events[i].t_ns / 1e9, events[i].ends ? "end of " : "");
		markup_text(out, run->scenario->steps[events[i].step].text);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table></details>\n", out);
}

/* What failed is drawn first, then what the script wants, then the rest. */
static void choose_panels(struct sketch *s)
{
	const struct script_scenario *scenario = s->run->scenario;

	for (size_t i = 0; i < scenario->n_requirements; i++) {
		if (s->run->outcomes[i].verdict == VERDICT_FAIL) {
			add_panels(s, &scenario->requirements[i].rule);
			add_spans(s, i);
		}
	}
	for (size_t i = 0; i < s->c->script->n_charts; i++) {
		add_panel(s, s->c->script->charts[i]);
	}
	for (size_t i = 0; i < scenario->n_requirements; i++) {
		add_panels(s, &scenario->requirements[i].rule);
	}
}

void page_run(FILE *out, const struct campaign *c, const struct campaign_run *run)
{
	struct sketch *s = calloc(1, sizeof(*s));

	if (!s) {
		return;
	}
	fputs("<h3>", out);
	markup_format(out, "%s%s%s", run->label, *run->scenario->title ? ": " : "",
	              run->scenario->title);
	fputs("</h3>\n", out);
	if (*run->why) {
		fputs("<p><strong>Did not come to its end:</strong> ", out);
		markup_text(out, run->why);
		fputs("</p>\n", out);
	}
	s->c = c;
	s->run = run;
	s->chart.from = 0;
	s->chart.to = fmax((double)run->end_ns / 1e9, 1e-3);
	add_events(s);
	add_faults(s);
	add_alarms(s);
	choose_panels(s);
	print_sketch(out, s, "The whole run.");
	print_steps(out, run);
	free(s);
}
