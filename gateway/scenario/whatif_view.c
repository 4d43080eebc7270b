/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/whatif_view.h"

#include <math.h>
#include <string.h>

#include "gateway/amount.h"
#include "gateway/clock.h"
#include "gateway/json_number.h"

enum { DATE_BYTES = 32 };

static const struct scenario_setup *setup_of(const struct whatif *w)
{
	return w->foresights->setup;
}

/* --- remarks --- */

/* What is said of a shown tag's bands; false: nothing. */
static bool remark_band(const struct whatif *w, const struct scenario_shown *shown,
                        char *buf, size_t size)
{
	const struct snapshot *s = w->snapshot;
	bool sigmas = false, any = false;

	for (size_t i = 0; shown->tag >= 0 && i < s->n_bands; i++) {
		const struct snapshot_band *b = &s->bands[i];

		if (b->tag != (uint32_t)shown->tag) {
			continue;
		}
		any = true;
		sigmas = sigmas || b->n == 0;
		if (!isnan(b->skill) && b->skill <= 0) {
			snprintf(
				buf, size,
				"%s: forecasts %.0f s ahead were no better than no "
				"change (skill %.2f, %u outcomes): no band from there on",
				shown->name, b->horizon_s, b->skill, (unsigned)b->n);
			return true;
		}
	}
	if (any && sigmas) {
		snprintf(buf, size,
		         "%s: too few outcomes of forecasts yet; the band is twice the "
		         "filter's sigma, which is often too narrow",
		         shown->name);
	}
	return any && sigmas;
}

bool whatif_remark(const struct whatif *w, size_t i, char *buf, size_t size)
{
	const struct scenario_setup *s = setup_of(w);

	if (i < s->n_held) {
		snprintf(buf, size, "%s", s->held[i]);
		return true;
	}
	i -= s->n_held;
	for (size_t k = 0; k < s->world.n_shown; k++) {
		if (remark_band(w, &s->shown[k], buf, size) && i-- == 0) {
			return true;
		}
	}
	for (size_t k = 0; k < w->foresights->n; k++) {
		uint64_t failures = w->foresights->all[k].failures;

		if (failures > 0 && i-- == 0) {
			snprintf(buf, size,
			         "%s: %llu steps of components could not be solved; they "
			         "stood still in them",
			         s->scenarios[k].id, (unsigned long long)failures);
			return true;
		}
	}
	return false;
}

/* --- table --- */

struct columns {
	int name, scenario;
};

static struct columns columns_of(const struct scenario_setup *s)
{
	struct columns c = {8, 8};

	for (size_t i = 0; i < s->world.n_kpis; i++) {
		int n = text_width(s->world.kpis[i].id) +
		        text_width(s->world.kpis[i].unit) + 2;

		c.name = n > c.name ? n : c.name;
	}
	for (size_t i = 0; i < s->world.n_shown; i++) {
		int n = text_width(s->shown[i].name) + text_width(s->shown[i].unit) + 2;

		c.name = n > c.name ? n : c.name;
	}
	for (size_t i = 0; i < s->n_scenarios; i++) {
		int n = text_width(s->scenarios[i].id);

		c.scenario = n > c.scenario ? n : c.scenario;
	}
	return c;
}

static void print_name(FILE *out, bool first, const char *name, const char *unit, int n)
{
	char text[400] = "";

	if (first) {
		snprintf(text, sizeof(text), "%s%s%s", name, *unit ? ", " : "", unit);
	}
	text_pad(out, text, n + 2);
}

static void print_kpis(FILE *out, const struct whatif *w, const struct columns *c)
{
	const struct scenario_setup *s = setup_of(w);

	for (size_t k = 0; k < s->world.n_kpis; k++) {
		for (size_t i = 0; i < s->n_scenarios; i++) {
			const struct foresight_kpi *f = &w->foresights->all[i].kpis[k];
			const double own[2] = {f->value, f->half};
			const double gain[2] = {f->gain, f->gain_half};
			char text[80];

			print_name(out, i == 0, s->world.kpis[k].id,
			           s->world.kpis[k].unit, c->name);
			text_pad(out, s->scenarios[i].id, c->scenario + 2);
			amount_text(text, sizeof(text), own, false);
			text_pad(out, text, i ? 22 : 0);
			if (i > 0) {
				amount_text(text, sizeof(text), gain, true);
				fputs(text, out);
			}
			fputc('\n', out);
		}
	}
}

/* Where everything shown is at the end. */
static void print_ends(FILE *out, const struct whatif *w, const struct columns *c)
{
	const struct scenario_setup *s = setup_of(w);
	size_t n = s->world.n_shown, at = (s->world.points - 1) * n;

	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < s->n_scenarios; i++) {
			const struct foresight *f = &w->foresights->all[i];
			const double own[2] = {f->course[at + k], f->course_half[at + k]};
			char text[80];

			print_name(out, i == 0, s->shown[k].name, s->shown[k].unit,
			           c->name);
			text_pad(out, s->scenarios[i].id, c->scenario + 2);
			amount_text(text, sizeof(text), own, false);
			fprintf(out, "%s\n", text);
		}
	}
}

void whatif_print(FILE *out, const struct whatif *w)
{
	const struct scenario_setup *s = setup_of(w);
	struct columns c = columns_of(s);
	char date[DATE_BYTES], remark[400];

	clock_iso(w->snapshot->ts_us, date);
	fprintf(out, "From where the twin stood at %s, %.6g s ahead.\n\n", date,
	        s->world.horizon_s);
	if (s->world.n_kpis > 0) {
		fprintf(out, "%*s%-*s%-22s%s\n", c.name + 2, "", c.scenario + 2,
		        "scenario", "over the horizon", "more than as-now");
		print_kpis(out, w, &c);
		fputc('\n', out);
	}
	fprintf(out, "%*s%-*s%s\n", c.name + 2, "", c.scenario + 2, "scenario",
	        "at the end");
	print_ends(out, w, &c);
	for (size_t i = 0; whatif_remark(w, i, remark, sizeof(remark)); i++) {
		fprintf(out, "%s- %s\n", i ? "" : "\n", remark);
	}
}

/* --- CSV --- */

static void print_real(FILE *out, double x)
{
	if (isfinite(x)) {
		fprintf(out, ",%.10g", x);
	} else {
		fputc(',', out);
	}
}

void whatif_print_csv(FILE *out, const struct whatif *w)
{
	const struct scenario_setup *s = setup_of(w);

	fputs("scenario,t_s,signal,unit,value,low,high\n", out);
	for (size_t i = 0; i < s->n_scenarios; i++) {
		const struct foresight *f = &w->foresights->all[i];

		for (size_t k = 0; k < s->world.points * s->world.n_shown; k++) {
			const struct scenario_shown *shown =
				&s->shown[k % s->world.n_shown];
			double t_s = foresights_time(s, k / s->world.n_shown);

			fprintf(out, "%s,%.10g,%s,%s", s->scenarios[i].id, t_s,
			        shown->name, shown->unit);
			print_real(out, f->course[k]);
			print_real(out, f->course[k] - f->course_half[k]);
			print_real(out, f->course[k] + f->course_half[k]);
			fputc('\n', out);
		}
	}
}

/* --- JSON --- */

static json_t *course_json(const struct whatif *w, const struct foresight *f)
{
	const struct scenario_setup *s = setup_of(w);
	json_t *course = json_object();

	for (size_t k = 0; k < s->world.n_shown; k++) {
		json_t *value = json_array(), *low = json_array(), *high = json_array();

		for (size_t i = 0; i < s->world.points; i++) {
			size_t at = i * s->world.n_shown + k;

			json_array_append_new(value, json_number(f->course[at]));
			json_array_append_new(
				low, json_number(f->course[at] - f->course_half[at]));
			json_array_append_new(
				high, json_number(f->course[at] + f->course_half[at]));
		}
		json_object_set_new(course, s->shown[k].name,
		                    json_pack("{s:s, s:o, s:o, s:o}", "unit",
		                              s->shown[k].unit, "value", value, "low",
		                              low, "high", high));
	}
	return course;
}

static json_t *scenario_json(const struct whatif *w, size_t i)
{
	const struct scenario_setup *s = setup_of(w);
	const struct foresight *f = &w->foresights->all[i];
	json_t *o = json_pack("{s:s, s:s?, s:I}", "id", s->scenarios[i].id, "description",
	                      s->descriptions[i], "unsolved_steps",
	                      (json_int_t)f->failures);
	json_t *kpis = json_object();

	for (size_t k = 0; k < s->world.n_kpis; k++) {
		const struct foresight_kpi *x = &f->kpis[k];

		json_object_set_new(kpis, s->world.kpis[k].id,
		                    json_pack("{s:s, s:o, s:o, s:o, s:o}", "unit",
		                              s->world.kpis[k].unit, "value",
		                              json_number(x->value), "half",
		                              json_number(x->half), "gain",
		                              json_number(x->gain), "gain_half",
		                              json_number(x->gain_half)));
	}
	json_object_set_new(o, "kpis", kpis);
	json_object_set_new(o, "course", course_json(w, f));
	return o;
}

json_t *whatif_json(const struct whatif *w)
{
	const struct scenario_setup *s = setup_of(w);
	char date[DATE_BYTES], remark[400];
	json_t *times = json_array(), *all = json_array(), *remarks = json_array();
	json_t *versions = json_object();

	clock_iso(w->snapshot->ts_us, date);
	for (size_t i = 0; i < s->world.points; i++) {
		json_array_append_new(times, json_real(foresights_time(s, i)));
	}
	for (size_t i = 0; i < s->n_scenarios; i++) {
		json_array_append_new(all, scenario_json(w, i));
	}
	for (size_t i = 0; whatif_remark(w, i, remark, sizeof(remark)); i++) {
		json_array_append_new(remarks, json_string(remark));
	}
	for (size_t i = 0; i < w->config->twin.n_components; i++) {
		json_object_set_new(versions, w->config->twin.components[i].id,
		                    json_integer(w->snapshot->components[i].version));
	}
	return json_pack("{s:s, s:I, s:f, s:I, s:I, s:o, s:o, s:o, s:o}", "from", date,
	                 "ts", (json_int_t)(w->snapshot->ts_us / 1000), "horizon_s",
	                 s->world.horizon_s, "seed", (json_int_t)s->world.seed, "samples",
	                 (json_int_t)s->samples, "versions", versions, "t_s", times,
	                 "scenarios", all, "remarks", remarks);
}
