/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fmu_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include <cmocka.h>

#include "drivers/reading.h"

static const struct fmu_variable_spec ball_variables[] = {
	{"h", "Real", "output", "1", "m", 0},
	{"v", "Real", "output", "0", "m/s", 0},
	{"g", "Real", "parameter", "9.81", "m/s2", 0},
	{"e", "Real", "parameter", "0.7", NULL, 0},
	{"bounces", "Integer", "output", NULL, NULL, 0},
	{"at_rest", "Boolean", "output", NULL, NULL, 0},
};
const struct fmu_spec fmu_ball = {
	.model = "ball",
	.variables = ball_variables,
	.n_variables = ARRAY_SIZE(ball_variables),
	.experiment = "startTime=\"0\" stopTime=\"2\" stepSize=\"0.01\"",
};

static const struct fmu_variable_spec stiff_variables[] = {
	{"u", "Real", "input", "1", NULL, 0},
	{"fast", "Real", "output", NULL, NULL, 0},
	{"slow", "Real", "output", NULL, NULL, 0},
	{"tau_fast", "Real", "parameter", "1e-4", "s", 0},
	{"tau_slow", "Real", "parameter", "1", "s", 0},
};
const struct fmu_spec fmu_stiff = {
	.model = "stiff",
	.variables = stiff_variables,
	.n_variables = ARRAY_SIZE(stiff_variables),
	.experiment = "stopTime=\"2\" stepSize=\"0.01\"",
};

static const struct fmu_variable_spec fixed_variables[] = {
	{"x", "Real", "output", "1", NULL, 0},
};
const struct fmu_spec fmu_fixed = {
	.model = "fixed",
	.variables = fixed_variables,
	.n_variables = ARRAY_SIZE(fixed_variables),
	.experiment = "stopTime=\"1\" stepSize=\"0.01\"",
};

static const struct fmu_variable_spec bad_variables[] = {
	{"y", "Real", "output", NULL, NULL, 0},
	{"mode", "Real", "parameter", "0", NULL, 0},
};
const struct fmu_spec fmu_bad = {
	.model = "bad",
	.variables = bad_variables,
	.n_variables = ARRAY_SIZE(bad_variables),
	.experiment = "stopTime=\"1\" stepSize=\"0.1\"",
};

static const char units[] = "<UnitDefinitions>\n"
			    "<Unit name=\"m\"><BaseUnit m=\"1\"/></Unit>\n"
			    "<Unit name=\"s\"><BaseUnit s=\"1\"/></Unit>\n"
			    "<Unit name=\"m/s\"><BaseUnit m=\"1\" s=\"-1\"/></Unit>\n"
			    "<Unit name=\"m/s2\"><BaseUnit m=\"1\" s=\"-2\"/></Unit>\n"
			    "</UnitDefinitions>\n";

/* Attributes that both versions write alike. */
static void write_common(FILE *f, const struct fmu_variable_spec *v, size_t i)
{
	bool real = strcmp(v->type, "Real") == 0;

	fprintf(f, "name=\"%s\" valueReference=\"%zu\" causality=\"%s\"", v->name, i,
	        v->causality);
	if (strcmp(v->causality, "parameter") == 0) {
		fputs(" variability=\"tunable\"", f);
	} else {
		fprintf(f, " variability=\"%s\"", real ? "continuous" : "discrete");
	}
	if (strcmp(v->causality, "output") == 0 && v->start) {
		fputs(" initial=\"exact\"", f);
	}
}

static void write_start(FILE *f, const struct fmu_variable_spec *v)
{
	if (v->unit) {
		fprintf(f, " unit=\"%s\"", v->unit);
	}
	if (v->start) {
		fprintf(f, " start=\"%s\"", v->start);
	}
	if (v->size) {
		fprintf(f, "><Dimension start=\"%u\"/></Float64>", v->size);
	} else {
		fputs("/>", f);
	}
}

static void write_variables(FILE *f, const struct fmu_spec *s)
{
	fputs("<ModelVariables>\n", f);
	for (size_t i = 0; i < s->n_variables; i++) {
		const struct fmu_variable_spec *v = &s->variables[i];

		if (s->version == 2) {
			fputs("<ScalarVariable ", f);
			write_common(f, v, i);
			fprintf(f, "><%s", v->type);
			write_start(f, v);
			fputs("</ScalarVariable>\n", f);
		} else {
			fprintf(f, "<%s ",
			        strcmp(v->type, "Real") == 0      ? "Float64"
			        : strcmp(v->type, "Integer") == 0 ? "Int32"
			                                          : v->type);
			write_common(f, v, i);
			write_start(f, v);
			fputc('\n', f);
		}
	}
	fputs("</ModelVariables>\n<ModelStructure>\n", f);
	if (s->version == 2) {
		fputs("<Outputs>\n", f);
	}
	for (size_t i = 0; i < s->n_variables; i++) {
		if (strcmp(s->variables[i].causality, "output") != 0) {
			continue;
		}
		if (s->version == 2) {
			fprintf(f, "<Unknown index=\"%zu\"/>\n", i + 1);
		} else {
			fprintf(f, "<Output valueReference=\"%zu\"/>\n", i);
		}
	}
	fputs(s->version == 2 ? "</Outputs>\n</ModelStructure>\n" : "</ModelStructure>\n",
	      f);
}

static char *describe(const struct fmu_spec *s, size_t *n)
{
	char *text = NULL, token[40];
	FILE *f = open_memstream(&text, n);

	assert_non_null(f);
	snprintf(token, sizeof(token), "{%s}", s->model);
	fprintf(f,
	        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	        "<fmiModelDescription fmiVersion=\"%u.0\" modelName=\"%s\" %s=\"%s\""
	        " generationTool=\"tests\">\n"
	        "<CoSimulation modelIdentifier=\"%s\" %s=\"true\"\n"
	        " canHandleVariableCommunicationStepSize=\"true\"%s%s/>\n%s",
	        s->version, s->model, s->version == 2 ? "guid" : "instantiationToken",
	        s->token ? s->token : token, s->model,
	        s->version == 2 ? "canGetAndSetFMUstate" : "canGetAndSetFMUState",
	        s->flags ? " " : "", s->flags ? s->flags : "", units);
	if (s->experiment) {
		fprintf(f, "<DefaultExperiment %s/>\n", s->experiment);
	}
	write_variables(f, s);
	fputs("</fmiModelDescription>\n", f);
	fclose(f);
	return text;
}

/* Takes over text, where it is to be freed. */
static void add(zip_t *zip, const char *name, const void *text, size_t n, bool freed)
{
	zip_source_t *source = zip_source_buffer(zip, text, n, freed);

	assert_non_null(source);
	assert_true(zip_file_add(zip, name, source, 0) >= 0);
}

/* This machine's name in an archive of that version. */
static const char *platform_of(unsigned version)
{
#ifdef __aarch64__
	return "aarch64-linux";
#else
	return version == 2 ? "linux64" : "x86_64-linux";
#endif
}

static void add_library(zip_t *zip, const struct fmu_spec *s)
{
	const char *folder = getenv("POLLUX_FMUS");
	char path[4096], name[300];
	zip_source_t *source;

	assert_non_null(folder);
	snprintf(path, sizeof(path), "%s/%s%u.so", folder, s->model, s->version);
	snprintf(name, sizeof(name), "binaries/%s/%s.so",
	         s->platform ? s->platform : platform_of(s->version), s->model);
	source = zip_source_file(zip, path, 0, -1);
	assert_non_null(source);
	assert_true(zip_file_add(zip, name, source, 0) >= 0);
}

void fmu_make(const char *path, const struct fmu_spec *s)
{
	zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
	char name[300], *text;
	size_t n;

	assert_non_null(zip);
	text = describe(s, &n);
	add(zip, "modelDescription.xml", text, n, true);
	if (!s->no_library) {
		add_library(zip, s);
	}
	if (s->reference) {
		snprintf(name, sizeof(name), "documentation/%s%s", s->model,
		         s->reference_end ? s->reference_end : "_ref.csv");
		add(zip, name, s->reference, strlen(s->reference), false);
	}
	if (s->inputs) {
		snprintf(name, sizeof(name), "documentation/%s_in.csv", s->model);
		add(zip, name, s->inputs, strlen(s->inputs), false);
	}
	if (s->resource) {
		add(zip, "resources/y.txt", s->resource, strlen(s->resource), false);
	}
	assert_int_equal(zip_close(zip), 0);
}
