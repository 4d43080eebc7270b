/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/experiment.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/fmu/call.h"

/* Instantiating may read large resources. */
enum { LOAD_MS = 60000 };

/* A run on its way. */
struct run {
	const struct fmu *f;
	const struct experiment *e;
	struct trace *out;
	struct fmu_error *why;
	struct runner runner;
	struct wire_message m;
	size_t n_steps;
	int deadline_ms;
};

/* Ask and wait.  what: "it was to ...". */
static int ask(struct run *r, int ms, const char *what)
{
	int err;

	r->m.head.cpu_s = (uint32_t)ms / 1000 + 1;
	err = call_wait(&r->runner, &r->m, ms);
	if (err) {
		snprintf(r->why->text, sizeof(r->why->text), "%s: %s", what,
		         r->runner.text);
		return err;
	}
	if (r->m.head.status == WIRE_TERMINATED) {
		r->out->terminated = true;
		return 0;
	}
	if (r->m.head.status == WIRE_MEMORY) {
		snprintf(r->why->text, sizeof(r->why->text),
		         "%s: it holds more than %llu MiB of memory", what,
		         (unsigned long long)(FMU_MEMORY_BYTES >> 20));
		return -EIO;
	}
	if (r->m.head.status != WIRE_DONE) {
		snprintf(r->why->text, sizeof(r->why->text), "%s: %s", what,
		         r->m.head.text[0] ? r->m.head.text : "the unit says error");
		return -EIO;
	}
	return 0;
}

static void put_gets(struct run *r)
{
	r->m.head.n_get = (uint32_t)r->e->n_get;
	for (size_t i = 0; i < r->e->n_get; i++) {
		r->m.body.values[i] = r->e->get[i];
	}
}

static int begin(struct run *r)
{
	int err;

	fmu_load_request(r->f, r->f->d->identifier, &r->m);
	err = ask(r, LOAD_MS, "it cannot be loaded");
	if (err) {
		return err;
	}
	r->m.head = (struct wire_head){.op = WIRE_START,
	                               .n_set = (uint32_t)r->e->n_set,
	                               .t = r->e->start,
	                               .h = r->e->stop,
	                               .tolerance = r->e->tolerance};
	for (size_t i = 0; i < r->e->n_set; i++) {
		r->m.body.values[i] = r->e->set[i];
	}
	return ask(r, LOAD_MS, "it cannot be initialised");
}

/* Step to row k, or only look where k is 0. */
static int step_to(struct run *r, size_t k, double *row)
{
	double h = r->e->step;
	double t = r->e->start + (double)(k ? k - 1 : 0) * h;
	char what[80];
	int err;

	r->m.head = (struct wire_head){.op = WIRE_STEP, .t = t, .h = k ? h : 0};
	put_gets(r);
	snprintf(what, sizeof(what), "at %.9g s", t);
	err = ask(r, r->deadline_ms, what);
	for (size_t i = 0; i < r->e->n_get && !err; i++) {
		row[i] = r->m.body.values[i].value;
	}
	return err;
}

static int ask_for(struct run *r, enum wire_op op, const char *what)
{
	r->m.head = (struct wire_head){.op = op};
	return ask(r, r->deadline_ms, what);
}

/* The same step twice, from the same state. */
static int step_twice(struct run *r, size_t k, double *row)
{
	double *again = row + r->e->n_get; /* the next row is not written yet */
	int err = ask_for(r, WIRE_SAVE, "its state cannot be kept");

	if (!err) {
		err = step_to(r, k, again);
	}
	if (!err) {
		err = ask_for(r, WIRE_RESTORE, "its state cannot be restored");
	}
	if (!err) {
		err = step_to(r, k, row);
	}
	if (!err && memcmp(row, again, r->e->n_get * sizeof(*row)) != 0) {
		r->out->same = false;
	}
	return err;
}

static bool came_to(const struct run *r, size_t k)
{
	double t = r->e->start + (double)k * r->e->step;

	return fabs(r->m.head.t - t) <= 1e-6 * r->e->step;
}

static int record(struct run *r)
{
	size_t width = r->e->n_get;
	int err = 0;

	for (size_t k = 0; k <= r->n_steps && !err && !r->out->terminated; k++) {
		double *row = r->out->values + k * width;

		err = k && r->e->going_back ? step_twice(r, k, row) : step_to(r, k, row);
		/* It may ask for the end at the end of a step. */
		if (!err && (!r->out->terminated || came_to(r, k))) {
			r->out->n_rows = k + 1;
		}
	}
	return err;
}

int experiment_run(const struct fmu *f, const struct experiment *e, struct trace *out,
                   struct fmu_error *why)
{
	struct run *r = calloc(1, sizeof(*r));
	const struct runner_wish wish = {e->program, CALL_COMMAND};
	double steps = round((e->stop - e->start) / e->step);
	int err;

	*out = (struct trace){.n_columns = e->n_get, .same = true};
	if (!r) {
		return -ENOMEM;
	}
	*r = (struct run){.f = f, .e = e, .out = out, .why = why};
	r->n_steps = (size_t)fmin(steps, EXPERIMENT_STEPS_MAX);
	r->deadline_ms = e->deadline_ms ? e->deadline_ms
	                                : (int)fmin(fmax(5000 * e->step, 1000), 600000);
	out->values = calloc((r->n_steps + 2) * (e->n_get + 1), sizeof(*out->values));
	err = out->values ? runner_start(&r->runner, &wish) : -ENOMEM;
	if (err) {
		snprintf(why->text, sizeof(why->text), "no process for it: %s",
		         strerror(-err));
		free(r);
		return err;
	}
	err = begin(r);
	if (!err) {
		err = record(r);
	}
	if (!err) {
		(void)ask_for(r, WIRE_END, "it cannot be ended");
	}
	runner_kill(&r->runner);
	free(r);
	return err;
}

void trace_free(struct trace *t)
{
	free(t->values);
	*t = (struct trace){0};
}
