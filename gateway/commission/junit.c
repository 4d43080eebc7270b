/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit XML: what both the schema of Ant's reports and that of Jenkins take. */
#include <string.h>

#include "gateway/commission/table.h"
#include "gateway/html/markup.h"

static bool is_of(const struct campaign_row *row, const struct campaign_run *run)
{
	bool invariant = row->requirement && row->requirement->invariant;

	return run ? !invariant && row->run == run : invariant;
}

static double seconds_of(const struct campaign_row *row)
{
	if (row->outcome && row->verdict != VERDICT_NOT_REACHED) {
		return (double)(row->outcome->at_ns - row->outcome->begin_ns) / 1e9;
	}
	return 0;
}

static void print_case(FILE *out, const struct campaign_row *row, const char *suite)
{
	const struct script_requirement *r = row->requirement;
	char remark[300];

	fputs("    <testcase name=\"", out);
	markup_format(out, "%s: %s", r ? r->id : row->run->scenario->id,
	              r ? r->text : "the scenario comes to its end");
	fputs("\" classname=\"", out);
	markup_text(out, suite);
	fprintf(out, "\" time=\"%.3f\"", seconds_of(row));
	if (row->verdict == VERDICT_PASS) {
		fputs("/>\n", out);
		return;
	}
	campaign_remark(row, remark, sizeof(remark));
	fprintf(out, ">\n      <failure type=\"%s\" message=\"",
	        row->verdict == VERDICT_FAIL ? "failed" : "not_reached");
	markup_text(out, *remark ? remark : "not reached");
	fputs("\">", out);
	if (row->outcome && row->verdict == VERDICT_FAIL) {
		markup_format(out, "%s at %.3f s", row->run->label,
		              (double)row->outcome->at_ns / 1e9);
	}
	fputs("</failure>\n    </testcase>\n", out);
}

/* The rows of a run; run NULL: the invariants. */
static void print_suite(FILE *out, const struct campaign *c,
                        const struct campaign_run *run, const char *date)
{
	long number = run ? run - c->runs + 1 : 0;
	const char *name = run ? run->label : "invariants";
	size_t tests = 0, failures = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		if (is_of(&c->rows[i], run)) {
			tests++;
			failures += c->rows[i].verdict != VERDICT_PASS;
		}
	}
	fprintf(out, "  <testsuite id=\"%ld\" package=\"pollux\" name=\"", number);
	markup_text(out, name);
	fprintf(out,
	        "\" timestamp=\"%s\" hostname=\"localhost\" tests=\"%zu\" "
	        "failures=\"%zu\" errors=\"0\" time=\"%.3f\">\n    <properties/>\n",
	        date, tests, failures, run ? (double)run->end_ns / 1e9 : 0.0);
	for (size_t i = 0; i < c->n_rows; i++) {
		if (is_of(&c->rows[i], run)) {
			print_case(out, &c->rows[i], name);
		}
	}
	fputs("    <system-out/>\n    <system-err/>\n  </testsuite>\n", out);
}

void table_print_junit(FILE *out, const struct campaign *c, const char *date)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
	print_suite(out, c, NULL, date);
	for (size_t i = 0; i < c->n_runs; i++) {
		print_suite(out, c, &c->runs[i], date);
	}
	fputs("</testsuites>\n", out);
}
