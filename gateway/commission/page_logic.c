/* SPDX-License-Identifier: Apache-2.0 */
/* Coverage of the PLC program: counts, transitions, the source with what has run. */
#include <stdlib.h>
#include <string.h>

#include "gateway/commission/logic.h"
#include "gateway/commission/page_impl.h"
#include "gateway/html/markup.h"

/* What is known of a line. */
struct line {
	uint64_t hits; /* of its statement that ran most */
	uint32_t statements, ran;
	uint32_t branches, taken;
};

struct share {
	size_t n, hit;
};

static void print_share(FILE *out, const char *name, struct share s)
{
	fprintf(out, "<tr><td>%s</td><td class=\"number\">%zu of %zu</td>", name, s.hit,
	        s.n);
	fprintf(out, "<td class=\"number\">%.1f %%</td></tr>\n",
	        s.n ? 100.0 * (double)s.hit / (double)s.n : 100.0);
}

static void print_summary(FILE *out, const struct logic *l)
{
	struct share statements = {0}, branches = {0}, states = {0};
	const uint64_t *counts;
	size_t n, n_machines;
	const struct program_point *points = logic_points(l, &n, &counts);
	const struct logic_machine *machines = logic_machines(l, &n_machines);

	for (size_t i = 0; i < n; i++) {
		struct share *s = points[i].kind == POINT_STATEMENT ? &statements
		                                                    : &branches;

		s->n++;
		s->hit += counts[i] > 0;
	}
	for (size_t i = 0; i < n_machines; i++) {
		for (size_t k = 0; k < machines[i].n; k++) {
			states.n++;
			states.hit += machines[i].seen[k] > 0;
		}
	}
	fputs("<table style=\"width:auto\"><tbody>\n", out);
	print_share(out, "Statements", statements);
	print_share(out, "Branches", branches);
	print_share(out, "States of enumerated variables", states);
	fputs("</tbody></table>\n", out);
}

/* --- Transitions --- */

static void print_machine(FILE *out, const struct logic_machine *m)
{
	const struct type_value *values = m->type->u.enumeration.values;

	fputs("<h3>", out);
	markup_text(out, m->path);
	fputs("</h3>\n<table class=\"matrix\"><thead><tr><th>from \\ to</th>", out);
	for (size_t k = 0; k < m->n; k++) {
		fputs("<th>", out);
		markup_text(out, values[k].name);
		fputs("</th>", out);
	}
	fputs("<th>scans in it</th></tr></thead><tbody>\n", out);
	for (size_t i = 0; i < m->n; i++) {
		fputs("<tr><th>", out);
		markup_text(out, values[i].name);
		fputs("</th>", out);
		for (size_t k = 0; k < m->n; k++) {
			uint64_t steps = m->steps[i * m->n + k];

			if (i == k || steps == 0) {
				fputs(i == k ? "<td></td>" : "<td>&middot;</td>", out);
			} else {
				fprintf(out, "<td><strong>%ju</strong></td>",
				        (uintmax_t)steps);
			}
		}
		fprintf(out, "<td%s>%ju</td></tr>\n",
		        m->seen[i] ? "" : " style=\"background:#fbdedb\"",
		        (uintmax_t)m->seen[i]);
	}
	fputs("</tbody></table>\n", out);
}

/* --- Source --- */

static void gather(const struct logic *l, size_t file, struct line *lines, size_t n_lines)
{
	const uint64_t *counts;
	size_t n;
	const struct program_point *points = logic_points(l, &n, &counts);

	for (size_t i = 0; i < n; i++) {
		struct line *line;

		if (points[i].at.file != file || points[i].at.line > n_lines) {
			continue;
		}
		line = &lines[points[i].at.line];
		if (points[i].kind == POINT_STATEMENT) {
			line->statements++;
			line->ran += counts[i] > 0;
			line->hits = counts[i] > line->hits ? counts[i] : line->hits;
		} else {
			line->branches++;
			line->taken += counts[i] > 0;
		}
	}
}

static const char *class_of(const struct line *line)
{
	if (line->statements == 0 && line->branches == 0) {
		return "";
	}
	if (line->ran == 0 && line->taken == 0) {
		return "never";
	}
	return line->ran < line->statements || line->taken < line->branches ? "half"
	                                                                    : "ran";
}

static void print_line(FILE *out, const struct sources *s, size_t file, uint32_t number,
                       const struct line *line)
{
	size_t n = 0;
	const char *text = sources_line(s, file, number, &n);

	fprintf(out, "<div class=\"%s\"><span class=\"n\">%u</span><span class=\"h\">",
	        class_of(line), number);
	if (line->branches) {
		fprintf(out, "%u/%u", line->taken, line->branches);
	} else if (line->statements) {
		fprintf(out, "%ju", (uintmax_t)line->hits);
	}
	fputs("</span>", out);
	if (text) {
		markup_bytes(out, text, n);
	}
	fputs("</div>\n", out);
}

static void print_source(FILE *out, const struct logic *l, size_t file)
{
	const struct sources *s = logic_sources(l);
	uint32_t n = sources_lines(s, file);
	struct line *lines = calloc((size_t)n + 1, sizeof(*lines));

	if (!lines) {
		return;
	}
	gather(l, file, lines, n);
	fputs("<h3>", out);
	markup_text(out, sources_name(s, file));
	fputs("</h3>\n<div class=\"source\">\n", out);
	for (uint32_t i = 1; i <= n; i++) {
		print_line(out, s, file, i, &lines[i]);
	}
	fputs("</div>\n", out);
	free(lines);
}

void page_logic(FILE *out, const struct campaign *c)
{
	const struct logic *l = c->stand->logic ? c->stand->logic(c->stand->bench.self)
	                                        : NULL;
	const struct logic_machine *machines;
	size_t n;

	if (!l) {
		return;
	}
	fputs("<h2>Coverage of the PLC program</h2>\n"
	      "<p class=\"quiet\">Over all runs. Red: never ran. Amber: not all branches "
	      "that begin there were taken. Beside a line how often it ran, or how many "
	      "of "
	      "its branches.</p>\n",
	      out);
	print_summary(out, l);
	machines = logic_machines(l, &n);
	for (size_t i = 0; i < n; i++) {
		print_machine(out, &machines[i]);
	}
	for (size_t i = 0; i < sources_count(logic_sources(l)); i++) {
		print_source(out, l, i);
	}
}
