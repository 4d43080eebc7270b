/* SPDX-License-Identifier: Apache-2.0 */
/* Faults injected against what the twin raised. */
#include <string.h>

#include "gateway/commission/page_impl.h"
#include "gateway/html/markup.h"

struct tally {
	size_t faults, found, right, false_alarms;
};

static struct tally count(const struct campaign *c)
{
	struct tally t = {0};

	for (size_t k = 0; k < c->n_runs; k++) {
		const struct campaign_run *run = &c->runs[k];

		for (size_t i = 0; i < run->n_faults; i++) {
			const struct campaign_fault *f = &run->faults[i];

			t.faults++;
			t.found += f->alarm != NULL;
			t.right += f->alarm && f->right_tag && f->right_kind;
		}
		for (size_t i = 0; i < run->n_alarms; i++) {
			t.false_alarms += campaign_is_false_alarm(run, &run->alarms[i]);
		}
	}
	return t;
}

static void print_check(FILE *out, bool right, const char *text)
{
	fprintf(out, "%s ", right ? "&#10003;" : "&#10007;");
	markup_text(out, text);
}

static void print_fault(FILE *out, const struct campaign_run *run,
                        const struct campaign_fault *f)
{
	fputs("<tr><td>", out);
	markup_text(out, f->step->text);
	fputs("<br><small>", out);
	markup_format(out, "%s, %.3f to %.3f s", run->label, (double)f->begin_ns / 1e9,
	              (double)f->until_ns / 1e9);
	fputs("</small></td>", out);
	if (!f->alarm) {
		fputs("<td class=\"number\">not found</td><td>", out);
		markup_text(out, f->tag ? f->tag : "");
		fputs("</td><td></td><td></td></tr>\n", out);
		return;
	}
	fprintf(out, "<td class=\"number\">%.3f s</td><td>",
	        (double)(f->alarm->from_ns - f->begin_ns) / 1e9);
	print_check(out, f->right_tag, f->alarm->tag);
	fputs("</td><td>", out);
	print_check(out, f->right_kind, f->alarm->kind);
	fputs("</td><td><small>", out);
	markup_text(out, f->alarm->message);
	fputs("</small></td></tr>\n", out);
}

static void print_false_alarms(FILE *out, const struct campaign *c)
{
	fputs("<h3>Alarms that no fault explains</h3>\n<table><thead><tr><th>Run</th>"
	      "<th class=\"number\">Time</th><th>Tag</th><th>Kind</th><th>What it "
	      "says</th>"
	      "</tr></thead><tbody>\n",
	      out);
	for (size_t k = 0; k < c->n_runs; k++) {
		const struct campaign_run *run = &c->runs[k];

		for (size_t i = 0; i < run->n_alarms; i++) {
			const struct stand_alarm *a = &run->alarms[i];

			if (!campaign_is_false_alarm(run, a)) {
				continue;
			}
			fputs("<tr><td>", out);
			markup_text(out, run->label);
			fprintf(out, "</td><td class=\"number\">%.3f s</td><td>",
			        (double)a->from_ns / 1e9);
			markup_text(out, a->tag);
			fprintf(out, "</td><td>%s</td><td><small>", a->kind);
			markup_text(out, a->message);
			fputs("</small></td></tr>\n", out);
		}
	}
	fputs("</tbody></table>\n", out);
}

void page_twin(FILE *out, const struct campaign *c)
{
	struct tally t = count(c);

	if (!c->stand->alarms || (t.faults == 0 && t.false_alarms == 0)) {
		return;
	}
	fputs("<h2>Faults, and what the twin raised</h2>\n", out);
	fprintf(out,
	        "<p>%zu faults injected, %zu found, %zu of them by the right tag and "
	        "kind; %zu alarms that no fault explains.</p>\n",
	        t.faults, t.found, t.right, t.false_alarms);
	if (t.faults) {
		fputs("<table><thead><tr><th>Fault</th><th class=\"number\">Delay</th>"
		      "<th>Tag</th><th>Kind</th><th>What it says</th></tr></thead>"
		      "<tbody>\n",
		      out);
		for (size_t k = 0; k < c->n_runs; k++) {
			for (size_t i = 0; i < c->runs[k].n_faults; i++) {
				print_fault(out, &c->runs[k], &c->runs[k].faults[i]);
			}
		}
		fputs("</tbody></table>\n", out);
	}
	if (t.false_alarms) {
		print_false_alarms(out, c);
	}
}
