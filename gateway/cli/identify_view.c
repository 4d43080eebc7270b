/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/identify_view.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

static const char *verdict_text(const struct identification *i, size_t k, char *buf,
                                size_t size)
{
	const struct identify_result *r = &i->result;

	switch (r->verdict[k]) {
	case IDENTIFY_LEFT:
		return "as it is";
	case IDENTIFY_UNTOLD:
		return "kept: these data don't tell";
	case IDENTIFY_AT_BOUND:
		return "kept: these data don't tell (it ran to its bound)";
	case IDENTIFY_TIED:
		snprintf(buf, size, "kept: these data don't tell it from %s",
		         i->history.rows.model->parameters[r->tied_to[k]].name);
		return buf;
	case IDENTIFY_FITTED:
		break;
	}
	snprintf(buf, size, "+- %.2g %%", 100 * r->spread[k]);
	return buf;
}

static void print_parameters(FILE *out, const struct identification *i)
{
	const struct model *m = i->history.rows.model;
	char buf[128];

	fprintf(out, "%-16s %12s %12s\n", "parameter", "in force", "found");
	for (size_t k = 0; k < m->n_parameters; k++) {
		fprintf(out, "%-16s %12.6g %12.6g  %s\n", m->parameters[k].name,
		        i->now[k], i->result.parameters[k],
		        verdict_text(i, k, buf, sizeof(buf)));
	}
	for (size_t k = 0; k < m->n_parameters; k++) {
		for (size_t j = 0; j < k; j++) {
			double r = i->result.correlation[k][j];

			if (fabs(r) > 0.9) {
				fprintf(out, "%s and %s: correlation %.3f\n",
				        m->parameters[j].name, m->parameters[k].name, r);
			}
		}
	}
}

static void print_errors(FILE *out, const struct identification *i)
{
	const struct model *m = i->history.rows.model;

	if (!i->judged) {
		fputs("too few rows held out to judge it on\n", out);
		return;
	}
	fprintf(out, "\n%-20s %8s %12s %12s %12s\n", "forecast error", "n", "in force",
	        "found", "no change");
	for (size_t h = 0; h < HELD_OUT_HORIZONS; h++) {
		for (size_t k = 0; k < m->n_outputs && i->after.n[h]; k++) {
			if (isfinite(i->after.rmse[h][k])) {
				fprintf(out,
				        "%-14s %2.0f min %7zu %12.4g %12.4g %12.4g %s\n",
				        m->outputs[k].name, held_out_horizons_s[h] / 60,
				        i->after.n[h], i->before.rmse[h][k],
				        i->after.rmse[h][k], i->after.persistence[h][k],
				        m->outputs[k].unit);
			}
		}
	}
	fprintf(out, "mean NIS             %8zu %12.4g %12.4g\n", i->after.rows,
	        i->before.nis, i->after.nis);
	fputs(i->better ? "better: --accept puts it in force\n"
	                : "not better than what is in force\n",
	      out);
}

void identify_view_table(FILE *out, const char *component, const struct identification *i)
{
	const struct component_history *h = &i->history;

	fprintf(out,
	        "%s (%s): %zu healthy rows in %zu spans, %zu of them to fit; residuals "
	        "%.3g sigma\n\n",
	        component, h->rows.model->name, h->kept, h->n_spans, i->fit_rows,
	        i->result.error);
	print_parameters(out, i);
	print_errors(out, i);
}

static json_t *parameters_json(const struct identification *i)
{
	static const char *const verdicts[] = {"left", "fitted", "untold", "at_bound",
	                                       "tied"};
	const struct model *m = i->history.rows.model;
	json_t *list = json_array();

	for (size_t k = 0; k < m->n_parameters; k++) {
		json_t *o = json_pack("{s:s, s:f, s:f, s:s}", "name",
		                      m->parameters[k].name, "in_force", i->now[k],
		                      "found", i->result.parameters[k], "verdict",
		                      verdicts[i->result.verdict[k]]);
		double spread = i->result.spread[k];

		json_object_set_new(o, "spread",
		                    isfinite(spread) ? json_real(spread) : json_null());
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *real_or_null(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *errors_json(const struct identification *i)
{
	const struct model *m = i->history.rows.model;
	json_t *list = json_array();

	for (size_t h = 0; h < HELD_OUT_HORIZONS && i->judged; h++) {
		for (size_t k = 0; k < m->n_outputs; k++) {
			json_t *o = json_pack("{s:s, s:f, s:I}", "output",
			                      m->outputs[k].name, "horizon_s",
			                      held_out_horizons_s[h], "n",
			                      (json_int_t)i->after.n[h]);

			json_object_set_new(o, "in_force",
			                    real_or_null(i->before.rmse[h][k]));
			json_object_set_new(o, "found",
			                    real_or_null(i->after.rmse[h][k]));
			json_object_set_new(o, "persistence",
			                    real_or_null(i->after.persistence[h][k]));
			json_array_append_new(list, o);
		}
	}
	return list;
}

void identify_view_json(FILE *out, const char *component, const struct identification *i)
{
	json_t *o = json_pack("{s:s, s:I, s:I, s:f, s:b, s:b}", "component", component,
	                      "rows", (json_int_t)i->history.kept, "fit_rows",
	                      (json_int_t)i->fit_rows, "train_error", i->result.error,
	                      "judged", i->judged, "better", i->better);

	json_object_set_new(o, "parameters", parameters_json(i));
	json_object_set_new(o, "forecasts", errors_json(i));
	json_object_set_new(o, "nis_in_force", real_or_null(i->before.nis));
	json_object_set_new(o, "nis_found", real_or_null(i->after.nis));
	json_dumpf(o, out, JSON_COMPACT | JSON_PRESERVE_ORDER);
	fputc('\n', out);
	json_decref(o);
}
