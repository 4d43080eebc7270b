/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/page.h"

#include <math.h>
#include <string.h>

#include "gateway/commission/page_impl.h"
#include "gateway/html/chart.h"
#include "gateway/html/markup.h"

static const char style[] =
	":root{color-scheme:light}\n"
	"body{font:15px/1.5 system-ui,-apple-system,\"Segoe "
	"UI\",sans-serif;color:#1b242d;"
	"background:#fff;max-width:1000px;margin:2rem auto;padding:0 1.5rem}\n"
	"h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}"
	"h2{font-size:1.2rem;margin:2.6rem 0 .7rem;border-bottom:1px solid #dfe3e8;"
	"padding-bottom:.3rem}h3{font-size:1rem;margin:1.8rem 0 .4rem}\n"
	"p{margin:.3rem 0 .8rem}.quiet{color:#5b6672}a{color:#17589c}\n"
	"code,pre{font:13px/1.45 ui-monospace,\"DejaVu Sans Mono\",Consolas,monospace}\n"
	"table{border-collapse:collapse;width:100%;font-size:14px}"
	"th{text-align:left;font-weight:600;color:#5b6672;font-size:12.5px}"
	"th,td{padding:.38rem .7rem .38rem 0;border-bottom:1px solid #e8ebee;"
	"vertical-align:top}td.number,th.number{text-align:right;white-space:nowrap;"
	"font-variant-numeric:tabular-nums}\n"
	"td.id{font-weight:600;white-space:nowrap}td small{color:#5b6672}"
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
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1.2rem;"
	"font-size:14px;margin:0}dt{color:#5b6672}dd{margin:0;overflow-wrap:anywhere}\n"
	".source{font:12.5px/1.5 ui-monospace,\"DejaVu Sans Mono\",monospace;"
	"border:1px solid #e8ebee;padding:.4rem 0;overflow-x:auto}"
	".source div{white-space:pre;padding:0 .6rem}.source .n{display:inline-block;"
	"width:3.2em;text-align:right;color:#8a949e;margin-right:.6em}"
	".source .h{display:inline-block;width:5.4em;text-align:right;color:#5b6672;"
	"margin-right:1em}.source .ran{background:#f0f8f2}.source .never{background:"
	"#fbdedb;box-shadow:inset 4px 0 #b3261e}.source .half{background:#fdf3d9;"
	"box-shadow:inset 4px 0 #d98e04}.matrix td,.matrix th{text-align:center;"
	"padding:.25rem .5rem}.matrix{width:auto}\n"
	"details{margin:.6rem 0}summary{cursor:pointer;color:#17589c}\n"
	"figure{margin:.8rem 0 1.6rem}figcaption{font-size:13px;color:#5b6672}\n"
	"@media print{body{font-size:10pt;max-width:none;margin:0;padding:0}"
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}"
	"h2,h3{break-after:avoid}tr,figure{break-inside:avoid}a{color:inherit;"
	"text-decoration:none}}\n";

void page_verdict(FILE *out, enum verdict verdict)
{
	fprintf(out, "<span class=\"verdict %s\">%s</span>",
	        verdict == VERDICT_NOT_REACHED ? "not" : campaign_verdict(verdict),
	        campaign_verdict(verdict));
}

static void print_fact(FILE *out, const char *name, const char *value)
{
	fprintf(out, "<dt>%s</dt><dd>", name);
	markup_text(out, value);
	fputs("</dd>\n", out);
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
	print_fact(out, "Script", s->path);
	print_fact(out, "Plant", s->plant);
	for (size_t i = 0; i < s->n_programs; i++) {
		print_fact(out, "Program", s->programs[i]);
	}
	snprintf(text, sizeof(text), "%zu in %zu %s, %.0f s of plant time", c->n_runs,
	         s->n_scenarios, s->n_scenarios == 1 ? "scenario" : "scenarios", total_s);
	print_fact(out, "Runs", text);
	print_fact(out, "Date", date);
	print_fact(out, "Made by", "pollux " POLLUX_VERSION);
	fputs("</dl>\n", out);
}

static void print_head(FILE *out, const struct campaign *c, const char *date)
{
	bool passed = c->passed == c->n_rows;
	const char *title = *c->script->title ? c->script->title : c->script->path;

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
	      out);
	markup_format(out, "%s: %s", title, passed ? "passed" : "failed");
	fputs("</title>\n<style>\n", out);
	fputs(style, out);
	chart_style(out);
	fputs("</style></head><body>\n", out);
	chart_patterns(out);
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
	fputs("</body></html>\n", out);
}
