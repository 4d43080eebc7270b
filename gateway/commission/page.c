/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/page.h"

#include <math.h>
#include <string.h>

#include "gateway/commission/page_impl.h"
#include "gateway/html/chart.h"
#include "gateway/html/document.h"
#include "gateway/html/markup.h"

static const char style[] =
	"tr.FAIL td{background:#fdf3f2}\n"
	".verdict{display:inline-block;min-width:4.6em;text-align:center;border-radius:"
	"3px;"
	"padding:0 .5em;font-size:12.5px;font-weight:600;white-space:nowrap;"
	"border:1px solid}\n"
	".verdict.pass{color:#1a6b34;border-color:#a9d3b5;background:#f0f8f2}"
	".verdict.FAIL{color:#fff;border-color:#b3261e;background:#b3261e}"
	".verdict.not{color:#7a5200;border-color:#e4c67e;background:#fdf7e6}\n"
	".head{display:flex;gap:1.4rem;align-items:center;border-left:8px solid;"
	"padding:.7rem 1.1rem;margin:1.3rem 0}.head strong{font-size:1.35rem}"
	".head.pass{border-color:#2a8a49;background:#f0f8f2}"
	".head.FAIL{border-color:#b3261e;background:#fdf3f2}"
	".head.not{border-color:#d98e04;background:#fdf7e6}\n"
	".source{font:12.5px/1.5 ui-monospace,\"DejaVu Sans Mono\",monospace;"
	"border:1px solid #e8ebee;padding:.4rem 0;overflow-x:auto}"
	".source div{white-space:pre;padding:0 .6rem}.source .n{display:inline-block;"
	"width:3.2em;text-align:right;color:#8a949e;margin-right:.6em}"
	".source .h{display:inline-block;width:5.4em;text-align:right;color:#5b6672;"
	"margin-right:1em}.source .ran{background:#f0f8f2}.source .never{background:"
	"#fbdedb;box-shadow:inset 4px 0 #b3261e}.source .half{background:#fdf3d9;"
	"box-shadow:inset 4px 0 #d98e04}.matrix td,.matrix th{text-align:center;"
	"padding:.25rem .5rem}.matrix{width:auto}\n";

void page_verdict(FILE *out, enum verdict verdict)
{
	fprintf(out, "<span class=\"verdict %s\">%s</span>",
	        verdict == VERDICT_NOT_REACHED ? "not" : campaign_verdict(verdict),
	        campaign_verdict(verdict));
}

static void print_facts(FILE *out, const struct campaign *c, const char *date)
{
	const struct script *s = c->script;
	double total_s = 0;
	char text[80];

	for (size_t i = 0; i < c->n_runs; i++) {
		total_s += (double)c->runs[i].end_ns / 1e9;
	}
	fputs("<dl>\n", out);
	document_fact(out, "Script", s->path);
	document_fact(out, "Plant", s->plant);
	for (size_t i = 0; i < s->n_programs; i++) {
		document_fact(out, "Program", s->programs[i]);
	}
	snprintf(text, sizeof(text), "%zu in %zu %s, %.0f s of plant time", c->n_runs,
	         s->n_scenarios, s->n_scenarios == 1 ? "scenario" : "scenarios", total_s);
	document_fact(out, "Runs", text);
	document_fact(out, "Date", date);
	document_fact(out, "Made by", "pollux " POLLUX_VERSION);
	fputs("</dl>\n", out);
}

static void print_head(FILE *out, const struct campaign *c, const char *date)
{
	bool passed = c->passed == c->n_rows;
	const char *title = *c->script->title ? c->script->title : c->script->path;

	document_open(out, style, "%s: %s", title, passed ? "passed" : "failed");
	fputs("<p class=\"quiet\">Virtual commissioning</p>\n<h1>", out);
	markup_text(out, title);
	fprintf(out,
	        "</h1>\n<div class=\"head %s\"><strong>%s</strong><span>%zu passed, %zu "
	        "failed, %zu not reached</span></div>\n",
	        passed      ? "pass"
	        : c->failed ? "FAIL"
	                    : "not",
	        passed      ? "Every requirement passed"
	        : c->failed ? "Not every requirement holds"
	                    : "Not every requirement was reached",
	        c->passed, c->failed, c->not_reached);
	print_facts(out, c, date);
}

static void print_values(FILE *out, const struct campaign *c,
                         const struct campaign_row *row)
{
	const struct requirement *r = &row->requirement->rule;

	for (size_t i = 0; row->outcome && row->outcome->begun && i < r->n_quantities;
	     i++) {
		char buf[80];
		struct stand_quantity q;

		campaign_quantity(c, r->quantities[i], &q);
		fputs(i ? "<br><code>" : "<code>", out);
		markup_format(out, "%s = %s", q.name,
		              campaign_value(c, r->quantities[i], row->outcome->values[i],
		                             buf, sizeof(buf)));
		fputs("</code>", out);
	}
}

/* Where its trends are further below; 0: nowhere. */
static bool has_detail(const struct campaign_row *row)
{
	return row->verdict == VERDICT_FAIL && row->requirement && row->run->trial;
}

static void print_anchor(FILE *out, const struct campaign_row *row)
{
	markup_format(out, "%s-%s", row->run->scenario->id, row->requirement->id);
}

static void print_what(FILE *out, const struct campaign *c,
                       const struct campaign_row *row)
{
	const struct script_requirement *r = row->requirement;
	char remark[300];

	if (r && *r->title) {
		markup_text(out, r->title);
		fputs("<br>", out);
	}
	if (r) {
		fputs("<code>", out);
		markup_text(out, r->text);
		fputs("</code>", out);
	} else {
		fputs("The scenario comes to its end", out);
	}
	campaign_remark(row, remark, sizeof(remark));
	if (row->run && c->n_runs > 1) {
		fputs("<br><small>", out);
		markup_format(out, "%s%s%s", row->run->label, *remark ? ": " : "",
		              remark);
		fputs("</small>", out);
	} else if (*remark) {
		fputs("<br><small>", out);
		markup_text(out, remark);
		fputs("</small>", out);
	}
}

static void print_row(FILE *out, const struct campaign *c, const struct campaign_row *row)
{
	bool decided = row->outcome && row->verdict != VERDICT_NOT_REACHED;

	fprintf(out, "<tr class=\"%s\"><td class=\"id\">",
	        row->verdict == VERDICT_FAIL ? "FAIL" : "");
	if (has_detail(row)) {
		fputs("<a href=\"#", out);
		print_anchor(out, row);
		fputs("\">", out);
	}
	markup_text(out,
	            row->requirement ? row->requirement->id : row->run->scenario->id);
	fputs(has_detail(row) ? "</a></td><td>" : "</td><td>", out);
	print_what(out, c, row);
	fputs("</td><td>", out);
	page_verdict(out, row->verdict);
	fputs("</td><td class=\"number\">", out);
	if (decided || !row->requirement) {
		fprintf(out, "%.3f s",
		        (double)(decided ? row->outcome->at_ns : row->run->end_ns) / 1e9);
	}
	fputs("</td><td>", out);
	if (row->requirement) {
		print_values(out, c, row);
	}
	fputs("</td></tr>\n", out);
}

static void print_table(FILE *out, const struct campaign *c)
{
	fputs("<h2>Requirements</h2>\n<table><thead><tr><th>Id</th><th>Requirement</th>"
	      "<th>Verdict</th><th class=\"number\">Time</th><th>Values then</th></tr>"
	      "</thead><tbody>\n",
	      out);
	for (size_t i = 0; i < c->n_rows; i++) {
		print_row(out, c, &c->rows[i]);
	}
	fputs("</tbody></table>\n", out);
}

static void print_failures(FILE *out, const struct campaign *c)
{
	bool any = false;

	for (size_t i = 0; i < c->n_rows; i++) {
		const struct campaign_row *row = &c->rows[i];

		if (!has_detail(row)) {
			continue;
		}
		fputs(any ? "" : "<h2>What was violated</h2>\n", out);
		any = true;
		fputs("<h3 id=\"", out);
		print_anchor(out, row);
		fputs("\">", out);
		markup_format(out, "%s, in %s", row->requirement->id, row->run->label);
		fputs("</h3>\n", out);
		page_failure_chart(out, c, row);
	}
}

static void print_runs(FILE *out, const struct campaign *c)
{
	size_t hidden = 0;

	fputs("<h2>Runs</h2>\n", out);
	for (size_t i = 0; i < c->n_runs; i++) {
		hidden += !c->runs[i].trial;
		if (c->runs[i].trial) {
			page_run(out, c, &c->runs[i]);
		}
	}
	if (hidden) {
		fprintf(out,
		        "<p class=\"quiet\">%zu further runs of the same scenarios are "
		        "not "
		        "shown: nothing failed in them, or %zu are shown already.</p>\n",
		        hidden, c->n_runs - hidden);
	}
}

void page_print(FILE *out, const struct campaign *c, const char *date)
{
	print_head(out, c, date);
	print_table(out, c);
	print_failures(out, c);
	page_twin(out, c);
	print_runs(out, c);
	page_logic(out, c);
	document_close(out);
}
