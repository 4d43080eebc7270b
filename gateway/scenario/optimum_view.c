/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "gateway/scenario/optimum.h"

#include "gateway/json_number.h"

enum { OBJECTIVE_COLUMNS = 22 };

static void print_change(FILE *out, double value)
{
	if (isnan(value)) {
		fputs("           -", out);
	} else {
		fprintf(out, "%+12.4g", value);
	}
}

static void print_variables(FILE *out, const struct optimum *o)
{
	const struct goal *g = o->goal;

	fprintf(out, "%-32s%12s%12s  %-10s%24s\n", "variable", "today", "best", "unit",
	        "objective at -5 %, +5 %");
	for (size_t k = 0; k < g->n_variables; k++) {
		fprintf(out, "%-32s%12.6g%12.6g  %-10s", g->variables[k].name,
		        o->today.x[k], o->best.x[k], g->variables[k].unit);
		print_change(out, o->slopes[k].down);
		print_change(out, o->slopes[k].up);
		fputs(o->at_end[k] ? "  at the end of its range\n" : "\n", out);
	}
}

static void print_order(FILE *out, const struct optimum *o)
{
	const struct goal_order *order = o->goal->order;

	fprintf(out, "%-6s%-32s%-32s%s\n", "place", "today", "best",
	        "objective if it and the next change places");
	for (size_t i = 0; i < order->n; i++) {
		fprintf(out, "%-6zu%-32s%-32s", i + 1, order->names[i],
		        order->names[(size_t)o->best.x[i]]);
		print_change(out, o->slopes[i].up);
		fputc('\n', out);
	}
}

static void print_objectives(FILE *out, const struct optimum *o)
{
	const struct goal *g = o->goal;
	int width = OBJECTIVE_COLUMNS;

	for (size_t k = 0; k < g->n_objectives; k++) {
		int n = (int)strlen(g->objectives[k].text);

		width = n > width ? n : width;
	}
	fprintf(out, "\n%-10s%-*s%12s%12s%14s\n", "objective", width, "", "today", "best",
	        "gain");
	for (size_t k = 0; k < g->n_objectives; k++) {
		fprintf(out, "%-10s%-*s%12.6g%12.6g%14.6g",
		        g->objectives[k].sign > 0 ? "minimise" : "maximise", width,
		        g->objectives[k].text, o->today.objectives[k],
		        o->best.objectives[k], o->gain[k]);
		if (isnan(o->gain_half[k])) {
			fputc('\n', out);
		} else {
			fprintf(out, " ± %.2g\n", o->gain_half[k]);
		}
	}
}

static void print_limits(FILE *out, const struct optimum *o)
{
	const struct goal *g = o->goal;

	if (g->n_limits == 0) {
		return;
	}
	fprintf(out, "\n%-32s%12s%12s%12s%12s\n", "limit", "min", "max", "today", "best");
	for (size_t k = 0; k < g->n_limits; k++) {
		const struct goal_limit *l = &g->limits[k];

		fprintf(out, "%-32s", g->world->figures[l->figure].id);
		for (int i = 0; i < 2; i++) {
			double end = i ? l->max : l->min;

			if (isnan(end)) {
				fprintf(out, "%12s", "-");
			} else {
				fprintf(out, "%12.6g", end);
			}
		}
		fprintf(out, "%12.6g%12.6g%s\n", o->figures_today[l->figure],
		        o->figures_best[l->figure], o->binds[k] ? "  binds" : "");
	}
}

static void print_pareto(FILE *out, const struct optimum *o)
{
	const struct goal *g = o->goal;

	if (o->n_pareto == 0) {
		return;
	}
	fprintf(out, "\nneither can be better without the other worse:\n%16s%16s",
	        g->objectives[0].text, g->objectives[1].text);
	for (size_t k = 0; k < g->n_variables; k++) {
		fprintf(out, "  %s", g->variables[k].name);
	}
	fputc('\n', out);
	for (size_t i = 0; i < o->n_pareto; i++) {
		fprintf(out, "%16.6g%16.6g", o->pareto[i].objectives[0],
		        o->pareto[i].objectives[1]);
		for (size_t k = 0; k < goal_width(g); k++) {
			if (g->order) {
				fprintf(out, "  %s",
				        g->order->names[(size_t)o->pareto[i].x[k]]);
			} else {
				fprintf(out, "  %.6g", o->pareto[i].x[k]);
			}
		}
		fputc('\n', out);
	}
}

static void print_verdict(FILE *out, const struct optimum *o)
{
	fputc('\n', out);
	if (o->best.broken > 0) {
		fputs("No setting was found that keeps all limits; this breaks them "
		      "least.\n",
		      out);
	} else if (!optimum_is_worth_it(o)) {
		fputs("No gain beyond the band: leave it as it is.\n", out);
	} else if (o->draws > 0) {
		fprintf(out,
		        "Better in %.0f %% of %zu draws that the search did not know.\n",
		        100 * o->better, o->draws);
	} else {
		fputs("Without samples nothing is said of how sure the gain is.\n", out);
	}
	fprintf(out, "%zu evaluations%s.  Nothing was applied.\n", o->evaluations,
	        o->whole ? ""
	                 : "; it was ended before its time, this is the best so far");
}

void optimum_print(FILE *out, const struct optimum *o)
{
	if (o->goal->order) {
		print_order(out, o);
	} else {
		print_variables(out, o);
	}
	print_objectives(out, o);
	print_limits(out, o);
	print_pareto(out, o);
	print_verdict(out, o);
}

/* ---- JSON ---- */

static json_t *variables_json(const struct optimum *o)
{
	const struct goal *g = o->goal;
	json_t *list = json_array();

	for (size_t k = 0; k < g->n_variables; k++) {
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:b}", "signal",
		                  g->variables[k].name, "unit", g->variables[k].unit,
		                  "today", json_number(o->today.x[k]), "best",
		                  json_number(o->best.x[k]), "down",
		                  json_number(o->slopes[k].down), "up",
		                  json_number(o->slopes[k].up), "at_end", o->at_end[k]));
	}
	return list;
}

static json_t *order_json(const struct optimum *o)
{
	const struct goal_order *order = o->goal->order;
	json_t *list = json_array();

	for (size_t i = 0; order && i < order->n; i++) {
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:o}", "today", order->names[i],
		                        "best", order->names[(size_t)o->best.x[i]],
		                        "swapped", json_number(o->slopes[i].up)));
	}
	return list;
}

static json_t *objectives_json(const struct optimum *o)
{
	const struct goal *g = o->goal;
	json_t *list = json_array();

	for (size_t k = 0; k < g->n_objectives; k++) {
		json_array_append_new(
			list, json_pack("{s:s, s:b, s:o, s:o, s:o, s:o}", "objective",
		                        g->objectives[k].text, "maximise",
		                        g->objectives[k].sign < 0, "today",
		                        json_number(o->today.objectives[k]), "best",
		                        json_number(o->best.objectives[k]), "gain",
		                        json_number(o->gain[k]), "gain_half",
		                        json_number(o->gain_half[k])));
	}
	return list;
}

static json_t *limits_json(const struct optimum *o)
{
	const struct goal *g = o->goal;
	json_t *list = json_array();

	for (size_t k = 0; k < g->n_limits; k++) {
		const struct goal_limit *l = &g->limits[k];

		json_array_append_new(
			list, json_pack("{s:s, s:o, s:o, s:o, s:o, s:b}", "kpi",
		                        g->world->figures[l->figure].id, "min",
		                        json_number(l->min), "max", json_number(l->max),
		                        "today", json_number(o->figures_today[l->figure]),
		                        "best", json_number(o->figures_best[l->figure]),
		                        "binds", o->binds[k]));
	}
	return list;
}

static json_t *pareto_json(const struct optimum *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->n_pareto; i++) {
		json_t *x = json_array(), *values = json_array();

		for (size_t k = 0; k < goal_width(o->goal); k++) {
			json_array_append_new(x, json_real(o->pareto[i].x[k]));
		}
		for (size_t k = 0; k < o->goal->n_objectives; k++) {
			json_array_append_new(values,
			                      json_number(o->pareto[i].objectives[k]));
		}
		json_array_append_new(list, json_pack("{s:o, s:o}", "variables", x,
		                                      "objectives", values));
	}
	return list;
}

json_t *optimum_json(const struct optimum *o)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:f, s:I, s:I, s:b}",
	                 "variables", variables_json(o), "order", order_json(o),
	                 "objectives", objectives_json(o), "limits", limits_json(o),
	                 "pareto", pareto_json(o), "worth_it", optimum_is_worth_it(o),
	                 "feasible", !(o->best.broken > 0), "better", o->better, "draws",
	                 (json_int_t)o->draws, "evaluations", (json_int_t)o->evaluations,
	                 "whole", o->whole);
}

/* ---- commands ---- */

void optimum_print_commands(FILE *out, const struct optimum *o, const char *config)
{
	const struct goal *g = o->goal;

	fputs("#!/bin/sh\n# Setpoints that pollux optimise found.  Look at them, then "
	      "run "
	      "this file.\n",
	      out);
	for (size_t k = 0; k < g->n_variables; k++) {
		fprintf(out,
		        g->variables[k].tag
		                ? "pollux write %s %.9g -c '%s' # %s, today %.9g\n"
		                : "# %s: %.9g (no tag of '%s'), %s, today %.9g\n",
		        g->variables[k].name, o->best.x[k], config, g->variables[k].unit,
		        o->today.x[k]);
	}
}
