/* SPDX-License-Identifier: Apache-2.0 */
/* pollux fmu check: can this FMU be used here, and does it do what it says? */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/config/quantity.h"
#include "gateway/fmu/selftest.h"

extern const struct command command_fmu;

/* What a check found. */
struct verdict {
	const struct fmu *f;
	bool runnable, tested;
	struct fmu_error why; /* not runnable */
	struct selftest test;
};

/* ---- for people ---- */

static void print_kind(const struct fmu *f)
{
	const struct description *d = f->d;

	printf("%s: FMI %u.0, co-simulation, model '%s'%s%s\n", f->path, d->version,
	       d->model_name, *d->tool ? ", made by " : "", d->tool);
	printf("  library          %s\n",
	       f->library ? f->library : "none for this machine");
	printf("  variable step    %s\n", d->can.variable_step ? "yes" : "no");
	if (d->internal_step > 0) {
		printf("  internal step    %.9g s\n", d->internal_step);
	}
	printf("  keeps its state  %s\n", d->can.state ? "yes" : "no");
	printf("  needs a tool     %s\n", d->can.needs_tool ? "yes" : "no");
	if (d->can.once_per_process) {
		puts("  one a process    yes (each component has its own)");
	}
}

static int width_of(const struct description *d)
{
	int width = 8;

	for (size_t i = 0; i < d->n_variables; i++) {
		int n = (int)strlen(d->variables[i].name);

		width = n > width && n <= 40 ? n : width;
	}
	return width;
}

static void print_variables(const struct description *d)
{
	int width = width_of(d);

	printf("variables\n  %-*s  %-19s  %-10s  %-11s  %-8s  %s\n", width, "name",
	       "causality", "varies", "type", "unit", "start");
	for (size_t i = 0; i < d->n_variables; i++) {
		const struct fmu_variable *v = &d->variables[i];
		char start[32] = "";

		if (!isnan(v->start)) {
			snprintf(start, sizeof(start), "%.9g", v->start);
		}
		printf("  %-*s  %-19s  %-10s  %-11s  %-8s  %s", width, v->name,
		       rules_causality_names[v->kind.causality],
		       rules_variability_names[v->kind.variability],
		       rules_type_name(v->kind.type, d->version), v->unit, start);
		if (v->size != 1) {
			printf(" (%u values)", v->size);
		}
		putchar('\n');
	}
}

static void print_part(const char *what, enum selftest_part part, const char *passed)
{
	if (part != SELFTEST_NOT_OFFERED) {
		printf("  %-24s %s\n", what, part == SELFTEST_PASSED ? passed : "FAILED");
	}
}

static void print_reference(const struct selftest *t)
{
	if (!t->reference_name) {
		puts("  reference                none in the archive");
		return;
	}
	if (t->inputs_name) {
		printf("  reference                %s: not compared, it was made with "
		       "the "
		       "inputs of %s, which are not played\n",
		       t->reference_name, t->inputs_name);
		return;
	}
	if (t->compared == 0) {
		printf("  reference                %s: nothing to compare\n",
		       t->reference_name);
		return;
	}
	printf("  reference                %s: %s, %zu values, largest error %.3g "
	       "(%s at %.9g s), allowed %.3g\n",
	       t->reference_name, t->reference == SELFTEST_PASSED ? "met" : "FAILED",
	       t->compared, t->worst, t->worst_name, t->worst_t, t->allowed);
}

static void print_test(const struct selftest *t)
{
	printf("self-test, %.9g to %.9g s in steps of %.9g s\n", t->start, t->stop,
	       t->step);
	printf("  %-24s %zu%s\n", "steps", t->steps,
	       t->terminated ? ", then the unit asked for the end" : "");
	print_part("run", t->run, "to the end");
	print_part("run again", t->twice, "equal to the byte");
	print_part("steps from a kept state", t->state, "equal to the byte");
	print_reference(t);
	if (t->why.text[0]) {
		printf("  %s\n", t->why.text);
	}
}

static bool is_usable(const struct verdict *v)
{
	return v->runnable && (!v->tested || selftest_passed(&v->test));
}

static void print_verdict(const struct verdict *v)
{
	print_kind(v->f);
	print_variables(v->f->d);
	if (v->tested) {
		print_test(&v->test);
	}
	if (!v->runnable) {
		printf("verdict: it cannot run here: %s\n", v->why.text);
	} else if (!v->tested) {
		puts("verdict: its description is in order; it was not run");
	} else {
		puts(is_usable(v) ? "verdict: usable" : "verdict: not to be trusted");
	}
}

/* ---- for programs ---- */

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *number_or_null(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static json_t *json_of_variable(const struct fmu_variable *v, unsigned version)
{
	return json_pack("{s:s, s:I, s:s, s:s, s:s, s:o, s:o, s:I}", "name", v->name,
	                 "reference", (json_int_t)v->reference, "causality",
	                 rules_causality_names[v->kind.causality], "variability",
	                 rules_variability_names[v->kind.variability], "type",
	                 rules_type_name(v->kind.type, version), "unit",
	                 text_or_null(v->unit), "start", number_or_null(v->start), "size",
	                 (json_int_t)v->size);
}

static json_t *json_of_part(enum selftest_part part)
{
	return part == SELFTEST_NOT_OFFERED ? json_null()
	                                    : json_boolean(part == SELFTEST_PASSED);
}

static json_t *json_of_test(const struct verdict *v)
{
	const struct selftest *t = &v->test;

	if (!v->tested) {
		return json_null();
	}
	return json_pack("{s:f, s:f, s:f, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:o}",
	                 "start", t->start, "stop", t->stop, "step", t->step, "steps",
	                 (json_int_t)t->steps, "run", json_of_part(t->run), "twice",
	                 json_of_part(t->twice), "state", json_of_part(t->state),
	                 "reference", json_of_part(t->reference), "reference_file",
	                 text_or_null(t->reference_name), "compared",
	                 (json_int_t)t->compared, "largest_error",
	                 t->compared ? number_or_null(t->worst) : json_null(), "why",
	                 text_or_null(t->why.text));
}

static enum exit_code print_json(const struct verdict *v)
{
	const struct description *d = v->f->d;
	json_t *variables = json_array();
	json_t *all;

	for (size_t i = 0; i < d->n_variables; i++) {
		json_array_append_new(variables,
		                      json_of_variable(&d->variables[i], d->version));
	}
	all = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:b, s:b, s:b, s:o, "
	                "s:o, s:o}",
	                "file", v->f->path, "fmi", d->version == 2 ? "2.0" : "3.0",
	                "model", d->model_name, "identifier", d->identifier, "tool",
	                text_or_null(d->tool), "library", text_or_null(v->f->library),
	                "variable_step", d->can.variable_step, "internal_step",
	                d->internal_step > 0 ? json_real(d->internal_step) : json_null(),
	                "state", d->can.state, "needs_tool", d->can.needs_tool, "usable",
	                is_usable(v), "why", text_or_null(v->why.text), "variables",
	                variables, "self_test", json_of_test(v));
	if (!all) {
		return EXIT_FAILED;
	}
	json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
	putchar('\n');
	json_decref(all);
	return is_usable(v) ? EXIT_DONE : EXIT_FAILED;
}

/* ---- the check ---- */

/* How it was called. */
struct call {
	const char *path;
	bool json, no_run;
	struct selftest_options options;
};

static enum exit_code test(struct verdict *v, struct fmu *f, const struct call *call)
{
	const char *under = getenv("TMPDIR");
	struct fmu_error why = {""};

	v->runnable = fmu_is_runnable(f, &v->why);
	if (!v->runnable || call->no_run) {
		return EXIT_DONE;
	}
	if (fmu_unpack(f, under && *under ? under : "/tmp", &why)) {
		fprintf(stderr, "pollux: %s\n", why.text);
		return EXIT_FAILED;
	}
	if (selftest_run(f, &call->options, &v->test)) {
		fputs("pollux: out of memory\n", stderr);
		return EXIT_FAILED;
	}
	v->tested = true;
	return EXIT_DONE;
}

static enum exit_code check(const struct call *call)
{
	struct fmu *f = NULL;
	int err = fmu_open(&f, call->path, stderr);
	struct verdict v = {0};
	enum exit_code code;

	if (err) {
		return err == -EINVAL ? EXIT_CONFIG : EXIT_FAILED;
	}
	v.f = f;
	code = test(&v, f, call);
	if (code == EXIT_DONE && call->json) {
		code = print_json(&v);
	} else if (code == EXIT_DONE) {
		print_verdict(&v);
		code = is_usable(&v) ? EXIT_DONE : EXIT_FAILED;
	}
	fmu_close(f);
	return code;
}

static enum exit_code read_seconds(const char *name, const char *text, double *out)
{
	int64_t ms;

	if (quantity_real(text, out) == 0 && *out > 0) {
		return EXIT_DONE; /* finer than a duration can say */
	}
	if (quantity_duration(text, &ms) == 0 && ms > 0) {
		*out = (double)ms / 1000;
		return EXIT_DONE;
	}
	return command_usage("fmu",
	                     "--%s wants a duration such as 10ms, or seconds, not "
	                     "'%s'",
	                     name, text);
}

static enum exit_code run(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"no-run", no_argument, NULL, 'n'},
		{"step", required_argument, NULL, 's'},
		{"stop", required_argument, NULL, 'e'},
		{"timeout", required_argument, NULL, 't'},
		{0},
	};
	struct call call = {0};
	enum exit_code code = EXIT_DONE;
	double timeout_s = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			call.json = true;
			break;
		case 'n':
			call.no_run = true;
			break;
		case 's':
			code = read_seconds("step", optarg, &call.options.step);
			break;
		case 'e':
			code = read_seconds("stop", optarg, &call.options.stop);
			break;
		case 't':
			code = read_seconds("timeout", optarg, &timeout_s);
			break;
		default:
			return command_usage("fmu", "see --help");
		}
		if (code != EXIT_DONE) {
			return code;
		}
	}
	if (argc - optind != 2 || strcmp(argv[optind], "check") != 0) {
		return command_usage("fmu", "`pollux fmu check FILE.fmu` is wanted");
	}
	call.path = argv[optind + 1];
	call.options.deadline_ms = (int)fmin(ceil(timeout_s * 1000), 3600000);
	return check(&call);
}

const struct command command_fmu = {
	.name = "fmu",
	.summary = "check an FMU: its archive, its description, and what it does",
	.help = "usage: pollux fmu check [OPTION...] FILE.fmu\n\n"
		"Looks at an FMU for co-simulation, FMI 2.0 or 3.0: is its archive safe, "
		"its\n"
		"modelDescription.xml in order (complaints name line and column), is "
		"there a\n"
		"library for this machine?  Then it is run, in a process of its own with "
		"no\n"
		"network and no way to write files: its default experiment twice, which "
		"must be\n"
		"equal to the byte; steps from a kept state, where it can keep it; "
		"against\n"
		"NAME_ref.csv, where the archive has one.\n\n"
		"      --step T      length of a step; default as the FMU says\n"
		"      --stop T      where to stop; default as the FMU says\n"
		"      --timeout T   for a call to return; default five steps, at least "
		"1s\n"
		"      --no-run      look, but do not run it: it is native code\n"
		"      --json        the verdict for programs\n\n"
		"Exit codes: 0 usable, 1 it cannot run here or fails its test, 2 usage, "
		"3 its\n"
		"archive or description is refused.\n",
	.run = run,
};
