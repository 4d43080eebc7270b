/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_plan_view.h"

#include <math.h>

#include "gateway/html/markup.h"
#include "gateway/json_number.h"
#include "gateway/line/line_plan.h"

#define H_S 3600.0

static int make(struct line_plan *p, const struct line_view *v, size_t variant)
{
	return line_plan_make(p, v->studies[0], v->studies[variant]);
}

/* When it has paid back, in words. */
static void print_pays(FILE *out, const struct line_plan *p)
{
	if (isnan(p->pays_h)) {
		fputs("no margin is said, so nothing of paying back", out);
	} else if (isinf(p->pays_h)) {
		fputs("it does not pay back", out);
	} else if (isnan(p->pays_most_h)) {
		fprintf(out,
		        "pays back in %.0f h of running (one run does not say how "
		        "surely)",
		        p->pays_h);
	} else if (isinf(p->pays_most_h)) {
		fprintf(out,
		        "pays back in %.0f h of running, not surely: %.0f h to never",
		        p->pays_h, p->pays_least_h);
	} else {
		fprintf(out, "pays back in %.0f h of running (%.0f to %.0f)", p->pays_h,
		        p->pays_least_h, p->pays_most_h);
	}
}

/* What it takes, and brings.  Fit for a page too: the currency is a word of the file, of
 * at most eight letters. */
static void print_sums(FILE *out, const struct line_plan *p, const char *currency)
{
	fprintf(out, "%+.0f ", p->investment);
	markup_text(out, currency);
	fprintf(out, ", %+.1f m², %.1f h of downtime", p->floor_m2, p->downtime_s / H_S);
	if (p->crew > 1) {
		fprintf(out, " with %u at once (%.1f h one after the other)",
		        (unsigned)p->crew, p->in_a_row_s / H_S);
	}
	fprintf(out, ", %.0f parts not made; ", p->lost);
	print_pays(out, p);
}

/* ---- table ---- */

void line_plan_print(FILE *out, const struct line_view *v, size_t variant)
{
	const struct line_setup *own = v->studies[variant]->setup;
	struct line_plan p;

	if (make(&p, v, variant)) {
		return;
	}
	fprintf(out, "\n%s: %s", own->name, p.n ? "changes\n" : "nothing changes\n");
	for (size_t i = 0; i < p.n; i++) {
		const struct line_step *s = &p.steps[i];

		fprintf(out, "  at %4.1f h  for %4.1f h  %-9s %-8s %s%s%s\n",
		        s->from_s / H_S, s->takes_s / H_S, s->list,
		        line_step_name(s->kind), s->id, *s->what ? ": " : "", s->what);
	}
	fputs("  ", out);
	print_sums(out, &p, own->currency);
	fputc('\n', out);
	line_plan_free(&p);
}

/* ---- JSON ---- */

static json_t *steps_json(const struct line_plan *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct line_step *s = &p->steps[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:f, s:f}",
		                                      "of", s->list, "id", s->id, "kind",
		                                      line_step_name(s->kind), "what",
		                                      s->what, "from_s", s->from_s,
		                                      "takes_s", s->takes_s));
	}
	return list;
}

json_t *line_plan_json(const struct line_view *v, size_t variant)
{
	struct line_plan p;
	json_t *changed = json_array(), *o;

	if (make(&p, v, variant)) {
		return changed;
	}
	for (size_t i = 0; i < p.n; i++) {
		json_array_append_new(changed, json_string(p.steps[i].id));
	}
	o = json_pack("{s:o, s:o, s:I, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:o}",
	              "changed", changed, "steps", steps_json(&p), "crew",
	              (json_int_t)p.crew, "investment", p.investment, "floor_m2",
	              p.floor_m2, "downtime_s", p.downtime_s, "in_a_row_s", p.in_a_row_s,
	              "lost", p.lost, "gain_h", line_interval_json(&p.gain_h), "pays_h",
	              json_number(p.pays_h), "pays_least_h", json_number(p.pays_least_h),
	              "pays_most_h", json_number(p.pays_most_h));
	line_plan_free(&p);
	return o;
}

/* ---- page ---- */

static void page_steps(FILE *out, const struct line_plan *p)
{
	fputs("<table><thead><tr><th class=\"number\">From, h</th><th class=\"number\">"
	      "Takes, "
	      "h</th><th>Of</th><th>Step</th><th>Name</th><th>What</th></tr></thead>"
	      "<tbody>\n",
	      out);
	for (size_t i = 0; i < p->n; i++) {
		const struct line_step *s = &p->steps[i];

		fprintf(out,
		        "<tr><td class=\"number\">%.1f</td><td class=\"number\">%.1f</td>"
		        "<td>%s</td><td>%s</td><td class=\"id\">",
		        s->from_s / H_S, s->takes_s / H_S, s->list,
		        line_step_name(s->kind));
		markup_text(out, s->id);
		fputs("</td><td>", out);
		markup_text(out, s->what);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

void line_plans_page(FILE *out, const struct line_view *v)
{
	for (size_t i = 1; i < v->n; i++) {
		const struct line_setup *own = v->studies[i]->setup;
		struct line_plan p;

		if (make(&p, v, i)) {
			return;
		}
		fputs(i == 1 ? "<h2>Reconfiguration</h2>\n" : "", out);
		fputs("<h3>", out);
		markup_text(out, own->name);
		fputs("</h3>\n<p>", out);
		print_sums(out, &p, own->currency);
		fputs(".</p>\n", out);
		if (p.n > 0) {
			page_steps(out, &p);
		}
		line_plan_free(&p);
	}
}
