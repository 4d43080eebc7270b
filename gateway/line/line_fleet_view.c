/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_fleet_view.h"

#include <math.h>

#include "gateway/amount.h"
#include "gateway/html/markup.h"

void line_fleets_print(FILE *out, const struct line_study *s)
{
	const struct line_config *c = &s->setup->config;

	if (c->n_fleets == 0) {
		return;
	}
	fputs("\n% of the time            ", out);
	for (size_t k = 0; k < LINE_DRIVES; k++) {
		fprintf(out, "%11s", line_drive_name((enum line_drive)k));
	}
	fprintf(out, "%9s%8s%12s%8s%11s\n", "trips", "parts", "fetched, s", "km",
	        "active, s");
	for (size_t i = 0; i < c->n_fleets; i++) {
		char name[32];

		snprintf(name, sizeof(name), "%.16s x %u", c->fleets[i].id,
		         c->fleets[i].count);
		fprintf(out, "%-25s", name);
		for (size_t k = 0; k < LINE_DRIVES; k++) {
			fprintf(out, "%11.1f", 100 * line_study_fleet(s, i, k).mean);
		}
		fprintf(out, "%9.0f%8.2f%12.1f%8.1f%11.1f%s\n",
		        line_study_fleet(s, i, FLEET_TRIPS).mean,
		        line_study_fleet(s, i, FLEET_PARTS).mean,
		        line_study_fleet(s, i, FLEET_FETCHED).mean,
		        line_study_fleet(s, i, FLEET_DRIVEN).mean,
		        line_study_fleet(s, i, FLEET_ACTIVE).mean,
		        line_study_fleet_binds(s, i) ? "  < before the bottleneck" : "");
	}
}

static const struct {
	const char *name, *title;
} figures[] = {
	[FLEET_TRIPS - LINE_DRIVES] = {"trips", "trips"},
	[FLEET_PARTS - LINE_DRIVES] = {"parts_a_trip", "parts a trip"},
	[FLEET_FETCHED -
		LINE_DRIVES] = {"fetched_s", "from the call until it is loaded, s"},
	[FLEET_DRIVEN - LINE_DRIVES] = {"driven_km", "driven, km"},
	[FLEET_ACTIVE - LINE_DRIVES] = {"active_s", "active period, s"},
};

static json_t *fleet_json(const struct line_study *s, size_t i)
{
	const struct line_fleet *f = &s->setup->config.fleets[i];
	json_t *o = json_pack("{s:s, s:I, s:b}", "id", f->id, "count",
	                      (json_int_t)f->count, "before_the_bottleneck",
	                      line_study_fleet_binds(s, i));
	json_t *drives = json_object();

	for (size_t k = 0; k < FLEET_MEASURES; k++) {
		struct interval in = line_study_fleet(s, i, k);

		if (k < LINE_DRIVES) {
			json_object_set_new(drives, line_drive_name((enum line_drive)k),
			                    line_interval_json(&in));
		} else {
			json_object_set_new(o, figures[k - LINE_DRIVES].name,
			                    line_interval_json(&in));
		}
	}
	json_object_set_new(o, "states", drives);
	return o;
}

json_t *line_fleets_json(const struct line_study *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->setup->config.n_fleets; i++) {
		json_array_append_new(list, fleet_json(s, i));
	}
	return list;
}

static void page_cell(FILE *out, const struct line_study *s, size_t i, size_t measure)
{
	struct interval in = line_study_fleet(s, i, measure);
	double scale = measure < LINE_DRIVES ? 100 : 1;
	char text[80];

	amount_text(text, sizeof(text),
	            (const double[]){scale * in.mean, scale * in.half}, false);
	fprintf(out, "<td class=\"number\">%s</td>", isnan(in.mean) ? "" : text);
}

/* A column each: there are few of them, and much to say of one. */
void line_fleets_page(FILE *out, const struct line_study *s)
{
	const struct line_config *c = &s->setup->config;

	if (c->n_fleets == 0) {
		return;
	}
	fputs("<table><thead><tr><th>Vehicles</th>", out);
	for (size_t i = 0; i < c->n_fleets; i++) {
		fputs("<th class=\"number\">", out);
		markup_format(
			out, "%s × %u%s", c->fleets[i].id, (unsigned)c->fleets[i].count,
			line_study_fleet_binds(s, i) ? " (before the bottleneck)" : "");
		fputs("</th>", out);
	}
	fputs("</tr></thead><tbody>\n", out);
	for (size_t k = 0; k < FLEET_MEASURES; k++) {
		if (k < LINE_DRIVES) {
			fprintf(out, "<tr><td class=\"id\">%s, %%</td>",
			        line_drive_name((enum line_drive)k));
		} else {
			fprintf(out, "<tr><td class=\"id\">%s</td>",
			        figures[k - LINE_DRIVES].title);
		}
		for (size_t i = 0; i < c->n_fleets; i++) {
			page_cell(out, s, i, k);
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}
