/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/table.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <jansson.h>

enum { TEXT_MAX = 64, VALUES_BYTES = 1024 };

/* Characters of UTF-8. */
static int width(const char *text)
{
	int n = 0;

	for (; *text; text++) {
		n += ((unsigned char)*text & 0xc0) != 0x80;
	}
	return n;
}

/* Text in a column: at least so wide. */
static void print_cell(FILE *out, const char *text, int columns)
{
	int room = columns - width(text);

	fprintf(out, "%s%*s", text, room > 2 ? room : 2, ""); /* two apart at least */
}

static const char *id_of(const struct campaign_row *row)
{
	return row->requirement ? row->requirement->id : row->run->scenario->id;
}

static const char *text_of(const struct campaign_row *row)
{
	return row->requirement ? row->requirement->text
	                        : "the scenario comes to its end";
}

/* "tank/level = 0.75 m, run = 1" at the moment of the verdict. */
static void print_values(const struct campaign *c, const struct campaign_row *row,
                         char *buf, size_t n)
{
	const struct requirement *r = row->requirement ? &row->requirement->rule : NULL;
	size_t used = 0;

	*buf = '\0';
	for (size_t i = 0;
	     r && row->outcome && row->outcome->begun && i < r->n_quantities; i++) {
		char value[80];
		struct stand_quantity q;
		int wrote;

		campaign_quantity(c, r->quantities[i], &q);
		wrote = snprintf(buf + used, n - used, "%s%s = %s", i ? ", " : "", q.name,
		                 campaign_value(c, r->quantities[i],
		                                row->outcome->values[i], value,
		                                sizeof(value)));
		used += wrote > 0 ? (size_t)wrote : 0;
		used = used < n ? used : n - 1;
	}
}

/* When it was decided. */
static void print_moment(const struct campaign_row *row, char *buf, size_t n)
{
	if (!row->requirement) {
		snprintf(buf, n, "%.3f s", (double)row->run->end_ns / 1e9);
	} else if (row->outcome && row->verdict != VERDICT_NOT_REACHED) {
		snprintf(buf, n, "%.3f s", (double)row->outcome->at_ns / 1e9);
	} else {
		snprintf(buf, n, "-");
	}
}

struct columns {
	int id, text;
};

static void widen(int *column, const char *text, int most)
{
	int n = width(text);

	*column = n > *column ? n < most ? n : most : *column;
}

static const char *colour_of(enum verdict verdict)
{
	return verdict == VERDICT_PASS   ? "\x1b[32m"
	       : verdict == VERDICT_FAIL ? "\x1b[31;1m"
	                                 : "\x1b[33m";
}

static void print_row(FILE *out, const struct campaign *c, const struct campaign_row *row,
                      const struct columns *w, bool colour)
{
	char values[VALUES_BYTES], moment[40], remark[300];

	print_values(c, row, values, sizeof(values));
	print_moment(row, moment, sizeof(moment));
	campaign_remark(row, remark, sizeof(remark));
	print_cell(out, id_of(row), w->id + 2);
	print_cell(out, text_of(row), w->text + 2);
	fputs(colour ? colour_of(row->verdict) : "", out);
	print_cell(out, campaign_verdict(row->verdict), 13);
	fputs(colour ? "\x1b[0m" : "", out);
	fprintf(out, "%12s", moment);
	if (row->run && c->n_runs > 1) {
		fprintf(out, "  %s", row->run->label);
	}
	fprintf(out, "%s%s%s%s\n", *values ? "  " : "", values, *remark ? "  " : "",
	        remark);
}

static void print_plural(FILE *out, size_t n, const char *what)
{
	fprintf(out, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

void table_print(FILE *out, const struct campaign *c, bool colour)
{
	struct columns w = {2, 11};

	for (size_t i = 0; i < c->n_rows; i++) {
		widen(&w.id, id_of(&c->rows[i]), TEXT_MAX);
		widen(&w.text, text_of(&c->rows[i]), TEXT_MAX);
	}
	print_cell(out, "id", w.id + 2);
	print_cell(out, "requirement", w.text + 2);
	fputs("verdict              time  values\n", out);
	for (size_t i = 0; i < c->n_rows; i++) {
		print_row(out, c, &c->rows[i], &w, colour);
	}
	print_plural(out, c->n_rows, "requirement");
	fprintf(out, ": %zu passed, %zu failed, %zu not reached; ", c->passed, c->failed,
	        c->not_reached);
	print_plural(out, c->n_runs, "run");
	fputc('\n', out);
}

/* --- JSON --- */

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *seconds(int64_t ns)
{
	return json_real((double)ns / 1e9);
}

static json_t *json_values(const struct campaign *c, const struct requirement *r,
                           const struct outcome *o)
{
	json_t *values = json_object();

	for (size_t i = 0; i < r->n_quantities; i++) {
		struct stand_quantity q;

		campaign_quantity(c, r->quantities[i], &q);
		json_object_set_new(values, q.name, number(o->values[i]));
	}
	return values;
}

static json_t *json_spans(const struct outcome *o)
{
	json_t *spans = json_array();

	for (size_t i = 0; i < o->n_spans; i++) {
		json_array_append_new(spans,
		                      json_pack("[o,o]", seconds(o->spans[i].from_ns),
		                                seconds(o->spans[i].until_ns)));
	}
	return spans;
}

static const char *verdict_key(enum verdict verdict)
{
	return verdict == VERDICT_PASS   ? "pass"
	       : verdict == VERDICT_FAIL ? "fail"
	                                 : "not_reached";
}

static json_t *json_outcome(const struct campaign *c, const struct script_requirement *r,
                            const struct outcome *o)
{
	bool decided = o->verdict != VERDICT_NOT_REACHED;
	json_t *j = json_object();

	json_object_set_new(j, "id", json_string(r->id));
	json_object_set_new(j, "requirement", json_string(r->text));
	json_object_set_new(j, "invariant", json_boolean(r->invariant));
	json_object_set_new(j, "verdict", json_string(verdict_key(o->verdict)));
	json_object_set_new(j, "reason",
	                    o->failure ? json_string(failure_text(o->failure))
	                               : json_null());
	json_object_set_new(j, "begin_s", decided ? seconds(o->begin_ns) : json_null());
	json_object_set_new(j, "time_s", decided ? seconds(o->at_ns) : json_null());
	json_object_set_new(j, "margin", number(o->margin));
	json_object_set_new(j, "begun", json_integer(o->begun));
	json_object_set_new(j, "met", json_integer(o->met));
	json_object_set_new(j, "values", json_values(c, &r->rule, o));
	json_object_set_new(j, "violated_s", json_spans(o));
	return j;
}

static json_t *json_alarm(const struct stand_alarm *a)
{
	return json_pack("{s:o,s:s,s:s,s:s}", "time_s", seconds(a->from_ns), "tag",
	                 a->tag, "kind", a->kind, "message", a->message);
}

static json_t *json_faults(const struct campaign_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->n_faults; i++) {
		const struct campaign_fault *f = &run->faults[i];
		json_t *j = json_pack("{s:s,s:s,s:o,s:o,s:o}", "target", f->step->target,
		                      "fault", f->step->fault, "begin_s",
		                      seconds(f->begin_ns), "end_s", seconds(f->until_ns),
		                      "alarm",
		                      f->alarm ? json_alarm(f->alarm) : json_null());

		if (f->alarm) {
			json_object_set_new(j, "delay_s",
			                    seconds(f->alarm->from_ns - f->begin_ns));
			json_object_set_new(j, "right_tag", json_boolean(f->right_tag));
			json_object_set_new(j, "right_kind", json_boolean(f->right_kind));
		}
		json_array_append_new(list, j);
	}
	return list;
}

/* Those that no fault explains. */
static json_t *json_false_alarms(const struct campaign_run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->n_alarms; i++) {
		if (campaign_is_false_alarm(run, &run->alarms[i])) {
			json_array_append_new(list, json_alarm(&run->alarms[i]));
		}
	}
	return list;
}

static json_t *json_run(const struct campaign *c, const struct campaign_run *run)
{
	const struct script_scenario *s = run->scenario;
	json_t *j = json_object(), *parameters = json_object(), *list = json_array();

	for (size_t i = 0; i < s->n_axes; i++) {
		json_object_set_new(parameters, c->script->variables[s->axes[i].variable],
		                    number(run->variables[s->axes[i].variable]));
	}
	for (size_t i = 0; i < s->n_requirements; i++) {
		json_array_append_new(
			list, json_outcome(c, &s->requirements[i], &run->outcomes[i]));
	}
	json_object_set_new(j, "scenario", json_string(s->id));
	json_object_set_new(j, "parameters", parameters);
	json_object_set_new(j, "complete", json_boolean(run->end == RUN_DONE));
	json_object_set_new(j, "why", *run->why ? json_string(run->why) : json_null());
	json_object_set_new(j, "time_s", seconds(run->end_ns));
	json_object_set_new(j, "requirements", list);
	json_object_set_new(j, "faults", json_faults(run));
	json_object_set_new(j, "false_alarms", json_false_alarms(run));
	return j;
}

int table_print_json(FILE *out, const struct campaign *c)
{
	json_t *j = json_object(), *runs = json_array();
	int err;

	for (size_t i = 0; i < c->n_runs; i++) {
		json_array_append_new(runs, json_run(c, &c->runs[i]));
	}
	json_object_set_new(j, "script", json_string(c->script->path));
	json_object_set_new(j, "passed", json_integer((json_int_t)c->passed));
	json_object_set_new(j, "failed", json_integer((json_int_t)c->failed));
	json_object_set_new(j, "not_reached", json_integer((json_int_t)c->not_reached));
	json_object_set_new(j, "runs", runs);
	err = json_dumpf(j, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) ? -ENOMEM : 0;
	json_decref(j);
	fputc('\n', out);
	return err;
}
