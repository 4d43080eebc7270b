/* SPDX-License-Identifier: Apache-2.0 */
/* Components of model fmu in a configuration: ports from the file's variables, and what
 * is complained about, where. */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "gateway/fmu/digest.h"
#include "tests/fmu_make.h"
#include "tests/gateway/complained.h"

static char folder[] = "/tmp/pollux-fmu-config-XXXXXX";
static char path[96], text[2048];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/cell.yaml", folder);
	return 0;
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(name);
}

static int tear_down(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make(const struct fmu_spec *from, unsigned version, const char *flags)
{
	struct fmu_spec spec = *from;
	char file[96];

	spec.version = version;
	spec.flags = flags;
	snprintf(file, sizeof(file), "%s/unit.fmu", folder);
	fmu_make(file, &spec);
}

/* A configuration with one component, its further lines given. */
static struct complained load(const char *lines)
{
	snprintf(text, sizeof(text),
	         "gateway: {id: a, state_dir: /tmp/x}\n"
	         "devices:\n"
	         "  - id: rig\n"
	         "    driver: sim\n"
	         "    tags:\n"
	         "      - {id: u, at: sine(period=10s), type: float64}\n"
	         "      - {id: h, at: sine(period=10s), type: float64, unit: mm}\n"
	         "twin:\n"
	         "  components:\n"
	         "    - id: k\n"
	         "      model: fmu\n"
	         "%s",
	         lines);
	return complained_text(path, text);
}

static void variables_become_ports_and_tags(void **state)
{
	const struct component_config *k;
	const struct fmu_config *f;
	struct complained c;

	(void)state;
	make(&fmu_ball, 2, NULL);
	c = load("      file: unit.fmu\n"
	         "      outputs: {h: rig/h}\n"
	         "      start: {e: 0.5, h: 2}\n"
	         "      step: 50ms\n");
	if (c.err) {
		fail_msg("%s", c.text);
	}
	assert_int_equal(c.config->n_fmus, 1);
	f = &c.config->fmus[0];
	k = &c.config->twin.components[0];
	assert_true(k->model->remote && f->component == 0 && f->step_s == 0.05);
	assert_int_equal(k->n_outputs, 4); /* h, v, bounces, at_rest */
	assert_string_equal(k->model->outputs[0].name, "h");
	assert_string_equal(k->model->outputs[0].unit, "m");
	assert_true(k->outputs[0].scale == 1e-3);
	assert_string_equal(c.config->tags[k->outputs[1].tag].name, "v");
	assert_string_equal(c.config->tags[k->outputs[1].tag].kind->unit, "m/s");
	assert_int_equal(c.config->tags[k->outputs[1].tag].period_ms, 50);
	assert_int_equal(f->n_start, 2);
	assert_true(f->start[0].reference == 3 && f->start[0].value == 0.5);
	assert_int_equal(strlen(f->sha256), DIGEST_TEXT_MAX - 1);
	complained_free(&c);

	make(&fmu_stiff, 3, NULL);
	c = load("      file: unit.fmu\n      inputs: {u: rig/u}\n");
	if (c.err) {
		fail_msg("%s", c.text);
	}
	f = &c.config->fmus[0];
	assert_int_equal(f->n_inputs, 1);
	assert_int_equal(f->n_outputs, 2);
	assert_true(f->step_s == 0.01); /* as its default experiment */
	complained_free(&c);
}

static void what_is_wrong_is_said_where_it_stands(void **state)
{
	static const struct {
		const char *lines, *want;
	} cases[] = {
		{"", ":11:14: error: model 'fmu' needs 'file'"},
		{"      file: none.fmu\n", "No such file"},
		{"      file: cell.yaml\n", ":12:13: error: the FMU is refused"},
		{"      file: unit.fmu\n      inputs: {w: rig/u}\n",
	         ":13:16: error: the FMU has no input 'w'"},
		{"      file: unit.fmu\n      inputs: {fast: rig/u}\n",
	         ":13:16: error: the FMU has no input 'fast'"},
		{"      file: unit.fmu\n      outputs: {slwo: rig/u}\n",
	         "no output 'slwo' (did you mean 'slow'?)"},
		{"      file: unit.fmu\n      start: {tau: 1}\n",
	         ":13:15: error: the FMU has no start value 'tau'"},
		{"      file: unit.fmu\n      start: {tau_slow: fast}\n",
	         "'tau_slow' wants a number, of its type Float64"},
		{"      file: unit.fmu\n      sha256: "
	         "\"00000000000000000000000000000000000000000000000000000000000000ff\"\n",
	         ":13:15: error: the file is another: its SHA-256 is "},
		{"      file: unit.fmu\n      step: 1500us\n", "step"},
		{"      file: unit.fmu\n      step: 5ms\n",
	         ":13:13: error: its internal step of 0.002 s does not divide a step of "
	         "0.005 s"},
		{"      file: unit.fmu\n      parameters: {a: 1}\n",
	         "model 'fmu' has no parameter 'a'"},
		{"      file: unit.fmu\n      outputs: {slow: rig/none}\n", "rig/none"},
	};

	(void)state;
	make(&fmu_stiff, 3, "fixedInternalStepSize=\"2e-3\"");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complained c = load(cases[i].lines);

		if (!c.err || !strstr(c.text, cases[i].want)) {
			fail_msg("case %zu: wanted %s, got %s", i, cases[i].want, c.text);
		}
		complained_free(&c);
	}
}

/* The SHA-256 of FIPS 180-4's own example. */
static void digest_is_that_of_the_standard(void **state)
{
	char hex[DIGEST_TEXT_MAX], file[96];
	FILE *f;

	(void)state;
	snprintf(file, sizeof(file), "%s/abc", folder);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs("abc", f);
	fclose(f);
	assert_int_equal(digest_file(file, hex), 0);
	assert_string_equal(
		hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(digest_file("/nowhere/at/all", hex), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_become_ports_and_tags),
		cmocka_unit_test(what_is_wrong_is_said_where_it_stands),
		cmocka_unit_test(digest_is_that_of_the_standard),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
