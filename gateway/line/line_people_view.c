/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_people_view.h"

#include <math.h>
#include <stdlib.h>

#include "drivers/reading.h"
#include "gateway/html/chart.h"
#include "gateway/html/markup.h"
#include "gateway/json_number.h"

static const char screening[] =
	"Lifting after NIOSH (1994), carrying after ISO 11228-1 (2003), posture after "
	"RULA "
	"(1993), repetition after Silverstein (1986): screening figures, no medical "
	"statement.";

static bool has_shifts(const struct line_study *s)
{
	return s->setup->config.period_s > 0 && s->setup->config.n_breaks > 0;
}

/* ---- what is found, in words ---- */

static void print_value(FILE *out, const struct people_finding *f)
{
	if (isinf(f->value)) {
		fputs(f->kind == PEOPLE_LIFTING ? "what is not to be lifted so"
		                                : "what is not to be carried so far",
		      out);
	} else if (f->kind == PEOPLE_REPETITION) {
		fprintf(out, "%.1f %s", f->value, people_limit_name(f->kind));
	} else {
		fprintf(out, "%s %.3g, above %.3g", people_limit_name(f->kind), f->value,
		        f->limit);
	}
}

/* What alone would be enough, each. */
static void print_remedy(FILE *out, const struct people_finding *f)
{
	const struct people_remedy *r = &f->remedy;
	const struct {
		double value;
		int decimals;
		const char *before, *after;
	} all[] = {{r->load_kg, 1, "", " kg"},
	           {r->h_cm, 0, "hands at ", " cm"},
	           {r->over_m, 1, "over ", " m"},
	           {r->jobs_h, 0, "", " jobs an hour"},
	           {r->share, 0, "", " who take turns"}};
	bool any = false;

	if (f->kind == PEOPLE_CARRYING_LOAD || f->kind == PEOPLE_POSTURE ||
	    f->kind == PEOPLE_REPETITION) {
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (!isnan(all[i].value)) {
			fprintf(out, "%s%s%.*f%s",
			        any ? ", or " : "; enough by itself: ", all[i].before,
			        all[i].decimals, all[i].value, all[i].after);
			any = true;
		}
	}
	fputs(any ? "" : "; nothing of it alone is enough", out);
}

static void print_finding(FILE *out, const struct line_study *s, const char *who,
                          const struct people_finding *f)
{
	const char *hour = has_shifts(s) ? "of the shifts' period" : "of the run";

	fprintf(out, "%s, ", who);
	if (f->kind == PEOPLE_CARRYING_SHIFT) {
		fprintf(out, "in the eight hours from hour %zu %s: ", f->first + 1, hour);
	} else {
		fprintf(out,
		        "from hour %zu %s on, in %zu, worst in hour %zu: ", f->first + 1,
		        hour, f->hours, f->worst + 1);
	}
	print_value(out, f);
	fprintf(out, " (%s of %s)", f->task->id, f->station);
	print_remedy(out, f);
}

/* ---- table ---- */

static double largest(const struct line_people *p, size_t i, bool lifting)
{
	double most = 0;

	for (size_t h = 0; h < p->n_hours; h++) {
		const struct people_hour *own = &p->operators[i].hours[h];

		most = fmax(most, lifting ? own->lifting : own->carrying);
	}
	return most;
}

/* Of the time that was seen. */
static void print_operator(FILE *out, const struct line_people *p, size_t i,
                           const char *who)
{
	struct people_hour sum = {0};
	double seen = 0;

	for (size_t h = 0; h < p->n_hours; h++) {
		const struct people_hour *own = &p->operators[i].hours[h];

		seen += own->observed;
		sum.lifts += own->lifts * own->observed;
		sum.lifted_kg += own->lifted_kg * own->observed;
	}
	fprintf(out, "%-25s%12.2f%14.0f%15.0f%13.2f%14.2f%14.2f\n", who,
	        seen > 0 ? sum.lifts / seen / 60 : 0, seen > 0 ? sum.lifted_kg / seen : 0,
	        p->operators[i].carried_kg, largest(p, i, true), largest(p, i, false),
	        p->operators[i].carrying);
}

void line_people_print(FILE *out, const struct line_study *s)
{
	const struct line_people *p = s->people;
	const struct line_operator *who = s->setup->config.operators;

	if (!p) {
		return;
	}
	fprintf(out, "\n%-25s%12s%14s%15s%13s%14s%14s\n", "by hand", "lifts/min",
	        "lifted, kg/h", "carried, kg", "lifting", "carrying, h", "carrying, 8 h");
	for (size_t i = 0; i < p->n; i++) {
		print_operator(out, p, i, who[i].id);
	}
	for (size_t i = 0; i < p->n; i++) {
		for (size_t k = 0; k < p->operators[i].n_findings; k++) {
			fputs("  ", out);
			print_finding(out, s, who[i].id, &p->operators[i].findings[k]);
			fputc('\n', out);
		}
	}
	fprintf(out, "%s\n", screening);
}

/* ---- JSON ---- */

static json_t *finding_json(const struct people_finding *f)
{
	const struct people_remedy *r = &f->remedy;

	return json_pack(
		"{s:s, s:I, s:I, s:I, s:o, s:f, s:s, s:s, s:{s:o, s:o, s:o, s:o, s:o}}",
		"exceeds", people_limit_name(f->kind), "from_hour",
		(json_int_t)f->first + 1, "hours", (json_int_t)f->hours, "worst_hour",
		(json_int_t)f->worst + 1, "value", json_number(f->value), "limit",
		f->limit, "station", f->station, "task", f->task->id, "enough", "load_kg",
		json_number(r->load_kg), "h_cm", json_number(r->h_cm), "over_m",
		json_number(r->over_m), "jobs_h", json_number(r->jobs_h), "take_turns",
		json_number(r->share));
}

static json_t *hour_json(const struct people_hour *h)
{
	return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "observed",
	                 h->observed, "working", h->working, "walking", h->walking,
	                 "walked_m", h->walked_m, "lifts", h->lifts, "lifted_kg",
	                 h->lifted_kg, "carried_kg", h->carried_kg, "lifting_index",
	                 json_number(h->lifting), "carrying_index",
	                 json_number(h->carrying));
}

json_t *line_people_json(const struct line_study *s)
{
	const struct line_people *p = s->people;
	json_t *list = json_array();

	for (size_t i = 0; p && i < p->n; i++) {
		const struct people_operator *o = &p->operators[i];
		json_t *hours = json_array(), *findings = json_array();

		for (size_t h = 0; h < p->n_hours; h++) {
			json_array_append_new(hours, hour_json(&o->hours[h]));
		}
		for (size_t k = 0; k < o->n_findings; k++) {
			json_array_append_new(findings, finding_json(&o->findings[k]));
		}
		json_array_append_new(list, json_pack("{s:s, s:f, s:o, s:o, s:o}", "id",
		                                      s->setup->config.operators[i].id,
		                                      "carried_kg", o->carried_kg,
		                                      "carrying_index",
		                                      json_number(o->carrying), "hours",
		                                      hours, "findings", findings));
	}
	return list;
}

/* ---- page ---- */

enum { PANELS = 4 };

static double of_panel(const struct people_hour *h, size_t panel)
{
	const double values[PANELS] = {100 * h->working, h->lifting, h->carrying,
	                               h->walked_m};

	return h->observed > 0 && isfinite(values[panel]) ? values[panel] : (double)NAN;
}

static void page_chart(FILE *out, const struct line_study *s, size_t i)
{
	static const struct {
		const char *name, *unit;
	} names[PANELS] = {{"working", "%"},
	                   {"composite lifting index", ""},
	                   {"carried in an hour over the limit", ""},
	                   {"walked", "m/h"}};
	const struct line_people *p = s->people;
	const double limits[PANELS] = {100, s->setup->balance.index_max, 1, 0};
	struct chart_panel panels[PANELS];
	struct chart_point *points = calloc(PANELS * p->n_hours, sizeof(*points));
	struct chart chart = {.title = "load of an operator over the hours",
	                      .axis = has_shifts(s) ? "time in the shifts' period, h"
	                                            : "time of the run, h",
	                      .to = (double)p->n_hours,
	                      .panels = panels,
	                      .n_panels = PANELS};

	for (size_t k = 0; points && k < PANELS; k++) {
		struct chart_point *own = &points[k * p->n_hours];

		for (size_t h = 0; h < p->n_hours; h++) {
			double x = of_panel(&p->operators[i].hours[h], k);

			own[h] = (struct chart_point){(double)h + 0.5, x, x, x};
		}
		panels[k] = (struct chart_panel){.name = names[k].name,
		                                 .unit = names[k].unit,
		                                 .kind = CHART_LINE,
		                                 .points = own,
		                                 .n = p->n_hours,
		                                 .smooth = true,
		                                 .limits = &limits[k],
		                                 .n_limits = k == 1 || k == 2};
	}
	if (points) {
		fputs("<figure>\n", out);
		chart_print(out, &chart);
		fputs("</figure>\n", out);
	}
	free(points);
}

void line_people_page(FILE *out, const struct line_study *s)
{
	const struct line_people *p = s->people;
	const struct line_operator *who = s->setup->config.operators;

	if (!p) {
		return;
	}
	fputs("<h3>Load of the operators</h3>\n", out);
	for (size_t i = 0; i < p->n; i++) {
		const struct people_operator *o = &p->operators[i];

		if (!(largest(p, i, true) > 0) && !(largest(p, i, false) > 0) &&
		    o->n_findings == 0) {
			continue;
		}
		fputs("<h4>", out);
		markup_text(out, who[i].id);
		fputs(o->n_findings ? "</h4>\n<ul>\n" : "</h4>\n", out);
		for (size_t k = 0; k < o->n_findings; k++) {
			/* ids and numbers alone: nothing to be escaped */
			fputs("<li>", out);
			print_finding(out, s, who[i].id, &o->findings[k]);
			fputs("</li>\n", out);
		}
		fputs(o->n_findings ? "</ul>\n" : "", out);
		page_chart(out, s, i);
	}
	fprintf(out, "<p class=\"quiet\">%s</p>\n", screening);
}
