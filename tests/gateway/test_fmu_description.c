/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/fmu/description.h"

static const char text_2[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<fmiModelDescription fmiVersion=\"2.0\" modelName=\"Ball\" guid=\"{1-2}\">\n"
	"  <CoSimulation modelIdentifier=\"ball\" canGetAndSetFMUstate=\"true\"\n"
	"    canHandleVariableCommunicationStepSize=\"true\"/>\n"
	"  <UnitDefinitions>\n"
	"    <Unit name=\"m\"><BaseUnit m=\"1\"/></Unit>\n"
	"    <Unit name=\"m/s\"><BaseUnit m=\"1\" s=\"-1\"/></Unit>\n"
	"  </UnitDefinitions>\n"
	"  <TypeDefinitions>\n"
	"    <SimpleType name=\"Speed\"><Real unit=\"m/s\"/></SimpleType>\n"
	"  </TypeDefinitions>\n"
	"  <DefaultExperiment startTime=\"0\" stopTime=\"3\" stepSize=\"0.01\"/>\n"
	"  <ModelVariables>\n"
	"    <ScalarVariable name=\"h\" valueReference=\"0\" causality=\"output\"\n"
	"      variability=\"continuous\" initial=\"exact\">\n"
	"      <Real unit=\"m\" start=\"1\"/>\n"
	"    </ScalarVariable>\n"
	"    <ScalarVariable name=\"v\" valueReference=\"1\" causality=\"output\">\n"
	"      <Real declaredType=\"Speed\"/>\n"
	"    </ScalarVariable>\n"
	"    <ScalarVariable name=\"g\" valueReference=\"2\" causality=\"parameter\"\n"
	"      variability=\"fixed\"><Real start=\"-9.81\"/></ScalarVariable>\n"
	"    <ScalarVariable name=\"n\" valueReference=\"0\" variability=\"discrete\">\n"
	"      <Integer/></ScalarVariable>\n"
	"  </ModelVariables>\n"
	"  <ModelStructure><Outputs>\n"
	"    <Unknown index=\"1\"/>\n"
	"    <Unknown index=\"2\"/>\n"
	"  </Outputs></ModelStructure>\n"
	"</fmiModelDescription>\n";

static const char text_3[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<fmiModelDescription fmiVersion=\"3.0\" modelName=\"Ball\"\n"
	"  instantiationToken=\"{1-2}\">\n"
	"  <CoSimulation modelIdentifier=\"ball\" fixedInternalStepSize=\"1e-3\"/>\n"
	"  <TypeDefinitions>\n"
	"    <Float64Type name=\"Length\" unit=\"m\"/>\n"
	"    <EnumerationType name=\"Mode\"><Item name=\"a\" value=\"1\"/>"
	"</EnumerationType>\n"
	"  </TypeDefinitions>\n"
	"  <UnitDefinitions><Unit name=\"m\"/></UnitDefinitions>\n"
	"  <ModelVariables>\n"
	"    <Float64 name=\"time\" valueReference=\"0\" causality=\"independent\"/>\n"
	"    <Float64 name=\"h\" valueReference=\"1\" causality=\"output\"\n"
	"      declaredType=\"Length\"/>\n"
	"    <UInt64 name=\"n\" valueReference=\"2\" causality=\"structuralParameter\"\n"
	"      start=\"3\"/>\n"
	"    <Float64 name=\"y\" valueReference=\"3\" causality=\"input\" start=\"1 2 "
	"3\">\n"
	"      <Dimension valueReference=\"2\"/><Dimension start=\"2\"/>\n"
	"    </Float64>\n"
	"    <Enumeration name=\"mode\" valueReference=\"4\" declaredType=\"Mode\"/>\n"
	"    <String name=\"s\" valueReference=\"5\" causality=\"parameter\"\n"
	"      variability=\"fixed\"><Start value=\"a\"/></String>\n"
	"  </ModelVariables>\n"
	"  <ModelStructure>\n"
	"    <Output valueReference=\"1\"/>\n"
	"  </ModelStructure>\n"
	"</fmiModelDescription>\n";

/* The text with one passage replaced; free() it. */
static char *replaced(const char *text, const char *find, const char *by)
{
	const char *at = find ? strstr(text, find) : text;
	size_t n = find ? strlen(find) : 0, room = strlen(text) + strlen(by) + 1;
	char *out = malloc(room);

	assert_non_null(at);
	assert_non_null(out);
	snprintf(out, room, "%.*s%s%s", (int)(at - text), text, find ? by : "", at + n);
	return out;
}

/* Read it.  @return what was said, until the next call */
static const char *read_text(const char *text, size_t n, struct description **out,
                             int *err)
{
	struct complaints *said = complaint_new();
	static char words[32768];
	FILE *f = fmemopen(words, sizeof(words), "w");
	int source = complaint_source(said, "x.xml", text, n);

	assert_non_null(f);
	words[0] = '\0';
	*out = NULL;
	*err = description_read(out, said, (uint32_t)source);
	complaint_print(said, f);
	fclose(f);
	if (*err == 0 && complaint_errors(said)) {
		fail_msg("taken with errors: %s", words);
	}
	complaint_free(said);
	return words;
}

/* Out of line, or gcc's sanitizer sees a null pointer where there is none. */
__attribute__((noinline)) static bool says(const char *words, const char *part)
{
	return strstr(words, part) != NULL;
}

static void descriptions_of_both_versions_are_read(void **state)
{
	struct description *d;
	const struct fmu_variable *v;
	const char *words;
	int err;

	(void)state;
	words = read_text(text_2, strlen(text_2), &d, &err);
	assert_string_equal(words, "");
	assert_int_equal(err, 0);
	assert_int_equal(d->version, 2);
	assert_string_equal(d->identifier, "ball");
	assert_string_equal(d->token, "{1-2}");
	assert_true(d->can.state && d->can.variable_step && !d->can.needs_tool);
	assert_true(d->stop == 3 && d->step == 0.01);
	assert_int_equal(d->n_variables, 4);
	v = description_find(d, "v");
	assert_string_equal(v->unit, "m/s");
	assert_int_equal(v->kind.variability, FMU_CONTINUOUS);
	assert_int_equal(v->kind.initial, FMU_CALCULATED);
	assert_true(description_find(d, "g")->start == -9.81);
	assert_null(description_find(d, "nobody"));
	description_free(d);

	words = read_text(text_3, strlen(text_3), &d, &err);
	assert_string_equal(words, "");
	assert_int_equal(err, 0);
	assert_int_equal(d->version, 3);
	assert_true(d->internal_step == 1e-3);
	assert_int_equal(description_find(d, "y")->size, 6);
	assert_string_equal(description_find(d, "h")->unit, "m");
	assert_true(isnan(description_find(d, "h")->start));
	assert_int_equal(description_find(d, "mode")->kind.variability, FMU_DISCRETE);
	description_free(d);
}

static void what_is_wrong_is_said_with_line_and_column(void **state)
{
	static const struct {
		const char *text, *find, *by, *want;
	} cases[] = {
		/* the document */
		{text_2, "<fmi", "<!DOCTYPE x [<!ENTITY a \"b\">]>\n<fmi",
	         "x.xml:2:13: error: a document type is refused"},
		{text_2, "\"Ball\"", "\"&b;\"",
	         "x.xml:2:1: error: not well formed: undefined entity"},
		{text_2, "</ModelVariables>", "",
	         "error: not well formed: mismatched tag"},
		{text_2, "guid=", "guid=\"a\" guid=", "not well formed: duplicate attr"},
		{text_2, "fmiVersion=\"2.0\"", "fmiVersion=\"1.0\"",
	         "x.xml:2:22: error: FMI version '1.0' is neither 2.0 nor 3.0"},
		{text_3, "fmiVersion=\"3.0\"", "fmiVersion=\"3.0-beta.4\"",
	         "x.xml:2:22: error: FMI version '3.0-beta.4' is neither"},
		{text_2, "fmiVersion=\"2.0\" ", "",
	         "x.xml:2:1: error: attribute 'fmiVersion' is missing"},
		{text_2, " guid=\"{1-2}\"", "",
	         "2:1: error: attribute 'guid' is missing"},
		{text_3, "{1-2}", "",
	         "3:3: error: attribute 'instantiationToken' is empty"},
		{text_2, "fmiModelDescription", "other", "no 'fmiModelDescription'"},
		/* co-simulation */
		{text_3, "CoSimulation", "ModelExchange",
	         "2:1: error: it offers no co-simulation"},
		{text_2, "modelIdentifier=\"ball\" ", "",
	         "3:3: error: attribute 'modelIdentifier' is missing"},
		{text_2, "\"ball\"", "\"../ball\"",
	         "3:17: error: '../ball' is no name of the language C"},
		{text_2, "StepSize=\"true\"", "StepSize=\"yes\"",
	         "4:5: error: 'yes' is neither true nor false"},
		{text_3, "1e-3", "0", "4:40: error: a step must be above 0"},
		{text_3, "1e-3", "1e-3s", "4:40: error: '1e-3s' is no number"},
		{text_3, "1e-3", "0x10", "4:40: error: '0x10' is no number"},
		{text_2, "stopTime=\"3\"", "stopTime=\"-1\"",
	         "12:36: error: it stops at -1, before it starts at 0"},
		/* units and types */
		{text_2, "name=\"m/s\"", "name=\"m\"",
	         "7:11: error: unit 'm' is there twice, first in line 6"},
		{text_2, " s=\"-1\"", " s=\"-1.5\"",
	         "7:38: error: '-1.5' is no exponent"},
		{text_2, "unit=\"m/s\"", "unit=\"km\"",
	         "10:36: error: unit 'km' is not defined"},
		{text_2, "Real unit=\"m\"", "Real unit=\"mm\"",
	         "16:13: error: unit 'mm' is not defined"},
		{text_2, "declaredType=\"Speed\"", "declaredType=\"Sped\"",
	         "19:13: error: type 'Sped' is not defined"},
		{text_2, "<Integer/>", "<Integer declaredType=\"Speed\"/>",
	         "24:16: error: type 'Speed' is not one of 'Integer'"},
		{text_3, " declaredType=\"Mode\"", "",
	         "19:18: error: enumeration 'mode' declares no type"},
		/* variables */
		{text_2, "name=\"v\"", "name=\"h\"",
	         "18:21: error: variable 'h' is there twice, first in line 14"},
		{text_3, "name=\"h\" valueReference=\"1\"",
	         "name=\"h\" valueReference=\"0\"",
	         "12:14: error: variable 'h' has the reference 0 of 'time'"},
		{text_2, "valueReference=\"1\"", "valueReference=\"-1\"",
	         "18:30: error: '-1' is no whole number from 0 to 4294967295"},
		{text_2, "valueReference=\"1\"", "valueReference=\"4294967296\"",
	         "18:30: error: '4294967296' is no whole number"},
		{text_2, "name=\"g\" ", "", "21:5: error: attribute 'name' is missing"},
		{text_2, "causality=\"parameter\"", "causality=\"knob\"",
	         "21:49: error: causality 'knob' is unknown"},
		{text_2, "variability=\"fixed\"", "variability=\"continuous\"",
	         "21:21: error: variable 'g' (parameter, continuous): its causality "
	         "does not go with its variability"},
		{text_2, "variability=\"discrete\"", "variability=\"continuous\"",
	         "23:21: error: variable 'n' (local, continuous): only real numbers are "
	         "continuous"},
		{text_2, " start=\"-9.81\"", "",
	         "21:21: error: variable 'g' (parameter, fixed): it needs a start value"},
		{text_2, "start=\"-9.81\"", "start=\"-9,81\"",
	         "22:33: error: '-9,81' is no number"},
		{text_2, "initial=\"exact\"", "initial=\"guess\"",
	         "15:32: error: initial 'guess' is unknown"},
		{text_2, "variability=\"fixed\"",
	         "variability=\"fixed\" initial=\"approx\"",
	         "21:21: error: variable 'g' (parameter, fixed): its 'initial' does not "
	         "go"},
		{text_2, "<Integer/>", "", "23:21: error: variable 'n' has no type"},
		{text_2, "<Integer/>", "<Integer/><Real/>",
	         "24:17: error: variable 'n' has two types"},
		{text_2, "initial=\"exact\"", "initial=\"calculated\"",
	         "14:21: warning: variable 'h' is calculated: its start value"},
		{text_2, "causality=\"parameter\"", "causality=\"structuralParameter\"",
	         "structuralParameter is of FMI 3.0"},
		/* arrays */
		{text_3, "Dimension start=\"2\"", "Dimension start=\"2000000\"",
	         "17:38: error: array 'y' is beyond a million values"},
		{text_3, "Dimension valueReference=\"2\"",
	         "Dimension valueReference=\"1\"",
	         "17:7: error: reference 1 is no structural parameter of type UInt64"},
		{text_3, "<Dimension start=\"2\"/>", "<Dimension/>",
	         "17:38: error: a dimension has either 'start' or 'valueReference'"},
		/* structure */
		{text_2, "    <Unknown index=\"2\"/>\n", "",
	         "18:21: error: output 'v' is missing in ModelStructure"},
		{text_2, "index=\"2\"", "index=\"3\"",
	         "28:14: error: variable 'g' is listed as an output and is none"},
		{text_2, "index=\"2\"", "index=\"5\"",
	         "28:14: error: there is no variable 5"},
		{text_2, "index=\"2\"", "index=\"1\"",
	         "28:14: error: output 'h' is listed a second time"},
		{text_3, "Output valueReference=\"1\"", "Output valueReference=\"9\"",
	         "24:13: error: there is no variable 9"},
		/* what does not belong there is left out */
		{text_2, "<DefaultExperiment",
	         "<Extra a=\"1\"><Unit/></Extra><DefaultExperiment",
	         "12:3: warning: element 'Extra' has no place here in FMI 2.0"},
		{text_3, "<ModelStructure>", "<ModelStructure><Outputs/>",
	         "23:19: warning: element 'Outputs' has no place here in FMI 3.0"},
	};

	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = replaced(cases[i].text, cases[i].find, cases[i].by);
		struct description *d;
		int err;
		const char *words = read_text(text, strlen(text), &d, &err);

		if (!says(words, cases[i].want)) {
			print_error("case %zu: wanted %s, got: %s", i, cases[i].want,
			            words);
			wrong++;
		}
		if (strstr(cases[i].want, "error:") && err != -EINVAL) {
			print_error("case %zu: taken: %s", i, words);
			wrong++;
		}
		description_free(d);
		free(text);
	}
	assert_int_equal(wrong, 0);
}

/* All errors of a text come in one run. */
static void errors_are_all_said_at_once(void **state)
{
	char *one = replaced(text_2, "unit=\"m/s\"", "unit=\"km\"");
	char *two = replaced(one, "valueReference=\"1\"", "valueReference=\"x\"");
	char *three = replaced(two, "index=\"2\"", "index=\"7\"");
	struct description *d;
	int err;
	const char *words = read_text(three, strlen(three), &d, &err);

	(void)state;
	assert_int_equal(err, -EINVAL);
	assert_true(says(words, "x.xml:10:36:"));
	assert_true(says(words, "x.xml:18:30:"));
	assert_true(says(words, "x.xml:28:14:"));
	free(one);
	free(two);
	free(three);
}

static void deep_and_torn_texts_are_refused(void **state)
{
	char *deep = calloc(1, 100 * 4 + 1);
	struct description *d;
	const char *words;
	int err;

	(void)state;
	assert_non_null(deep);
	for (size_t i = 0; i < 100; i++) {
		memcpy(deep + i * 3, "<a>", 3);
	}
	words = read_text(deep, 300, &d, &err);
	assert_int_equal(err, -EINVAL);
	free(deep);
	for (size_t cut = 0; cut < sizeof(text_3) - 2; cut++) {
		words = read_text(text_3, cut, &d, &err);
		if (err != -EINVAL || !says(words, "error: ")) {
			fail_msg("cut to %zu bytes: %d, %s", cut, err, words);
		}
	}
}

/* FMI 2.0.4, 2.2.7, and FMI 3.0.1, 2.4.7.4: what may go together. */
static void rules_know_the_combinations(void **state)
{
	static const char allowed[FMU_CAUSALITIES][FMU_VARIABILITIES + 1] = {
		/* constant, fixed, tunable, discrete, continuous */
		[FMU_LOCAL] = "xxxxx",      [FMU_PARAMETER] = "-xx--",
		[FMU_INPUT] = "---xx",      [FMU_CALCULATED_PARAMETER] = "-xx--",
		[FMU_OUTPUT] = "x--xx",     [FMU_STRUCTURAL_PARAMETER] = "-xx--",
		[FMU_INDEPENDENT] = "----x"};

	(void)state;
	for (enum fmu_causality c = 0; c < FMU_CAUSALITIES; c++) {
		for (enum fmu_variability v = 0; v < FMU_VARIABILITIES; v++) {
			struct fmu_kind k = {FMU_FLOAT64, c, v, FMU_INITIALS, true};
			bool want = allowed[c][v] == 'x';

			rules_complete(&k);
			if (!rules_fault(&k, 3) != want) {
				fail_msg("%s %s: %s", rules_causality_names[c],
				         rules_variability_names[v],
				         want ? rules_fault(&k, 3) : "taken");
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptions_of_both_versions_are_read),
		cmocka_unit_test(what_is_wrong_is_said_with_line_and_column),
		cmocka_unit_test(errors_are_all_said_at_once),
		cmocka_unit_test(deep_and_torn_texts_are_refused),
		cmocka_unit_test(rules_know_the_combinations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
