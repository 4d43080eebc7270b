/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/selftest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/csv_table.h"
#include "gateway/fmu/experiment.h"

enum {
	STEPS_DEFAULT = 500, /* where nothing says how long a step is */
	BACK_STEPS_MAX = 50, /* steps done twice from a kept state */
	REFERENCE_MAX_BYTES = 64 << 20,
	DIGITS_MIN = 6 /* of a number in C's %g, which writes no zeros at the end */
};

/* A test on its way. */
struct test {
	const struct fmu *f;
	const struct selftest_options *options;
	struct selftest *out;
	struct wire_value get[WIRE_VALUES_MAX];
	const struct fmu_variable *variables[WIRE_VALUES_MAX]; /* of get */
	size_t n_get;
	char *text; /* of the reference; NULL: none */
	size_t n_text;
	struct arena arena;
	struct complaints *said;
	struct csv_table table;
};

/* What of a variable can be looked at: numbers. */
static bool is_looked_at(const struct fmu_variable *v)
{
	return rules_is_number(v->kind.type) && v->size >= 1;
}

/* An array has a column for each of its values, all in a row. */
static void add(struct test *t, const struct fmu_variable *v)
{
	for (size_t i = 0; i < t->n_get; i++) {
		if (t->variables[i] == v) {
			return;
		}
	}
	for (size_t i = 0; i < v->size && t->n_get + v->size - i <= WIRE_VALUES_MAX;
	     i++) {
		t->get[t->n_get] = (struct wire_value){.reference = v->reference,
		                                       .type = v->kind.type};
		t->variables[t->n_get++] = v;
	}
}

static int64_t column_of(const struct test *t, const char *name)
{
	for (size_t i = 0; i < t->n_get; i++) {
		if (strcmp(t->variables[i]->name, name) == 0) {
			return (int64_t)i;
		}
	}
	return -1;
}

/* The reference's columns first, then all outputs. */
static void choose(struct test *t)
{
	const struct description *d = t->f->d;
	const struct csv_row *heading = t->table.rows;

	for (size_t i = 1; t->table.n > 1 && i < heading->n; i++) {
		const struct fmu_variable *v = description_find(d,
		                                                heading->cells[i].text);

		if (v && is_looked_at(v) && v->kind.causality != FMU_INDEPENDENT) {
			add(t, v);
		}
	}
	for (size_t i = 0; i < d->n_variables; i++) {
		if (d->variables[i].kind.causality == FMU_OUTPUT &&
		    is_looked_at(&d->variables[i])) {
			add(t, &d->variables[i]);
		}
	}
}

static int read_reference(struct test *t)
{
	int64_t at = fmu_find_beside(t->f, "_ref.csv"), inputs;
	int source, err;

	/* As FMI's layered standard for references names it. */
	at = at < 0 ? fmu_find_beside(t->f, "_out.csv") : at;
	if (at < 0) {
		return 0;
	}
	t->out->reference_name = archive_name(t->f->archive, (size_t)at);
	inputs = fmu_find_beside(t->f, "_in.csv");
	if (inputs >= 0) {
		t->out->inputs_name = archive_name(t->f->archive, (size_t)inputs);
		return 0;
	}
	err = archive_read(t->f->archive, (size_t)at, REFERENCE_MAX_BYTES, &t->text,
	                   &t->n_text);
	t->said = err ? NULL : complaint_new();
	if (err || !t->said) {
		return err ? err : -ENOMEM;
	}
	source = complaint_source(t->said, t->out->reference_name, t->text, t->n_text);
	return source < 0
	               ? source
	               : csv_table_read(&t->table, &t->arena, t->said, (uint32_t)source);
}

/* The next number of a text, or truth value; NULL: it is something else. */
static const char *next_number(const char *text, double *out)
{
	char *end;

	if (strncmp(text, "true", 4) == 0 || strncmp(text, "false", 5) == 0) {
		*out = *text == 't';
		return text + (*text == 't' ? 4 : 5);
	}
	*out = strtod(text, &end);
	return end == text ? NULL : end;
}

static bool number_of(const struct csv_row *row, size_t i, double *out)
{
	const char *end = i < row->n ? next_number(row->cells[i].text, out) : NULL;

	return end && *end == '\0';
}

/* How long a step is: the description's, its internal one, the reference's. */
static double step_of(const struct test *t)
{
	const struct description *d = t->f->d;
	double first, second;

	if (t->options->step > 0) {
		return t->options->step;
	}
	if (d->step > 0 || d->internal_step > 0) {
		return d->step > 0 ? d->step : d->internal_step;
	}
	if (t->table.n > 2 && number_of(&t->table.rows[1], 0, &first) &&
	    number_of(&t->table.rows[2], 0, &second) && second > first) {
		return second - first;
	}
	return (t->out->stop - t->out->start) / STEPS_DEFAULT;
}

/* Significant digits of a number as it is written. */
static int digits_of(const char *text)
{
	int n = 0;

	for (; *text && !strchr("eE ", *text); text++) {
		if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0')) {
			n++;
		}
	}
	return n;
}

/* A unit in the last place of the longest number, but never beyond what arithmetic in
 * another order costs. */
static double allowed_error(const struct test *t)
{
	int digits = DIGITS_MIN;

	for (size_t i = 1; i < t->table.n; i++) {
		for (size_t k = 1; k < t->table.rows[i].n; k++) {
			int n = digits_of(t->table.rows[i].cells[k].text);

			digits = n > digits ? n : digits;
		}
	}
	return fmax(1e-9, pow(10, 1 - digits));
}

/* The worst of a row. */
struct error {
	double worst; /* -1: nothing was compared */
	const char *name;
	size_t n;
};

/* Of whole numbers nothing is forgiven. */
static double error_of(const struct fmu_variable *v, double value, double want)
{
	double error = fabs(value - want) / fmax(1, fabs(want));

	if (!rules_is_real(v->kind.type) && value != want) {
		return fmax(error, 1);
	}
	return isnan(error) ? INFINITY : error;
}

/* A cell: one number, or the values of an array. */
static void compare_cell(const struct fmu_variable *v, const char *text,
                         const double *values, struct error *e)
{
	double want;

	for (size_t i = 0; i < v->size; i++) {
		double error;

		text = next_number(text, &want);
		if (!text) {
			return;
		}
		error = error_of(v, values[i], want);
		e->n++;
		if (error > e->worst) {
			e->worst = error;
			e->name = v->name;
		}
	}
}

static struct error compare_row(const struct test *t, const struct csv_row *row,
                                const double *values)
{
	const struct csv_row *heading = t->table.rows;
	struct error e = {.worst = -1};

	for (size_t i = 1; i < row->n && i < heading->n; i++) {
		int64_t k = column_of(t, heading->cells[i].text);

		if (k >= 0) {
			compare_cell(t->variables[k], row->cells[i].text, values + k, &e);
		}
	}
	return e;
}

/* Which of the trace's rows a time is; -1: none.  Times are written with as few digits as
 * the values are. */
static int64_t row_at(const struct test *t, double at, const struct trace *trace)
{
	double k = round((at - t->out->start) / t->out->step);

	if (fabs(at - t->out->start - k * t->out->step) > 1e-6 * t->out->step || k < 0 ||
	    k >= (double)trace->n_rows) {
		return -1;
	}
	return (int64_t)k;
}

static void take(struct selftest *out, const struct error *e, double at)
{
	out->compared += e->n;
	if (e->n && e->worst >= out->worst) {
		out->worst = e->worst;
		out->worst_t = at;
		out->worst_name = e->name;
	}
}

/* An event is two rows of one time, before and after it: one of them is to be met. */
static void compare_reference(struct test *t, const struct trace *trace)
{
	struct selftest *out = t->out;
	struct error open = {0};
	double at, open_at = NAN;

	if (t->table.n < 2) {
		return;
	}
	out->allowed = allowed_error(t);
	for (size_t i = 1; i < t->table.n; i++) {
		const struct csv_row *row = &t->table.rows[i];
		int64_t k = number_of(row, 0, &at) ? row_at(t, at, trace) : -1;
		struct error e;

		if (k < 0) {
			out->beside++;
			continue;
		}
		e = compare_row(t, row, trace->values + (size_t)k * trace->n_columns);
		if (at == open_at) {
			open = e.worst < open.worst ? e : open;
			continue;
		}
		take(out, &open, open_at);
		open = e;
		open_at = at;
	}
	take(out, &open, open_at);
	if (out->compared) {
		out->reference = out->worst <= out->allowed ? SELFTEST_PASSED
		                                            : SELFTEST_FAILED;
	}
}

/* A number in every output, in every row? */
static void check_numbers(struct test *t, const struct trace *trace)
{
	for (size_t i = 0; i < trace->n_rows * trace->n_columns; i++) {
		size_t row = i / trace->n_columns;

		if (isfinite(trace->values[i])) {
			continue;
		}
		t->out->run = SELFTEST_FAILED;
		snprintf(t->out->why.text, sizeof(t->out->why.text),
		         "at %.9g s: output '%.100s' is %s",
		         t->out->start + (double)row * t->out->step,
		         t->variables[i % trace->n_columns]->name,
		         isnan(trace->values[i]) ? "no number" : "infinite");
		return;
	}
}

static bool is_same(const struct trace *a, const struct trace *b)
{
	return a->n_rows == b->n_rows && a->terminated == b->terminated &&
	       memcmp(a->values, b->values,
	              a->n_rows * a->n_columns * sizeof(*a->values)) == 0;
}

static void run_back(struct test *t, struct experiment *e)
{
	struct trace trace;
	int err;

	e->going_back = true;
	e->stop = fmin(e->stop, e->start + BACK_STEPS_MAX * e->step);
	err = experiment_run(t->f, e, &trace, &t->out->why);
	t->out->state = err || !trace.same ? SELFTEST_FAILED : SELFTEST_PASSED;
	if (!err && !trace.same) {
		snprintf(t->out->why.text, sizeof(t->out->why.text),
		         "a step from a kept state is not the same a second time");
	}
	trace_free(&trace);
}

static int run_all(struct test *t, struct experiment *e)
{
	struct trace first, second = {0};
	int err = experiment_run(t->f, e, &first, &t->out->why);

	t->out->run = err ? SELFTEST_FAILED : SELFTEST_PASSED;
	t->out->steps = first.n_rows ? first.n_rows - 1 : 0;
	t->out->terminated = first.terminated;
	if (!err) {
		check_numbers(t, &first);
		compare_reference(t, &first);
		err = experiment_run(t->f, e, &second, &t->out->why);
		t->out->twice = !err && is_same(&first, &second) ? SELFTEST_PASSED
		                                                 : SELFTEST_FAILED;
		if (!err && t->f->d->can.state) {
			run_back(t, e);
		}
	}
	trace_free(&first);
	trace_free(&second);
	return err == -ENOMEM ? err : 0;
}

int selftest_run(const struct fmu *f, const struct selftest_options *options,
                 struct selftest *out)
{
	const struct description *d = f->d;
	struct test *t = calloc(1, sizeof(*t));
	struct experiment e = {.tolerance = d->tolerance,
	                       .deadline_ms = options->deadline_ms,
	                       .program = options->program};
	int err;

	*out = (struct selftest){.start = d->start, .stop = d->stop};
	if (!t) {
		return -ENOMEM;
	}
	*t = (struct test){.f = f, .options = options, .out = out};
	if (options->stop > d->start) {
		out->stop = options->stop;
	}
	err = read_reference(t);
	if (err == -ENOMEM) {
		goto done;
	}
	if (err) { /* there is one, and it cannot be read */
		t->table = (struct csv_table){0};
		out->reference = SELFTEST_FAILED;
		snprintf(out->why.text, sizeof(out->why.text), "%.200s cannot be read",
		         out->reference_name);
		err = 0;
	}
	choose(t);
	out->step = e.step = step_of(t);
	if (!fmu_takes_step(f, e.step, &out->why)) {
		out->run = SELFTEST_FAILED;
		goto done;
	}
	e.start = out->start;
	e.stop = out->stop;
	e.get = t->get;
	e.n_get = t->n_get;
	err = run_all(t, &e);
done:
	free(t->text);
	complaint_free(t->said);
	arena_free(&t->arena);
	free(t);
	return err;
}

bool selftest_passed(const struct selftest *t)
{
	return t->run == SELFTEST_PASSED && t->twice != SELFTEST_FAILED &&
	       t->state != SELFTEST_FAILED && t->reference != SELFTEST_FAILED;
}
