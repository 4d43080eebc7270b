/* SPDX-License-Identifier: Apache-2.0 */
/* Components of model lua in a configuration: ports from what the script declares,
 * complaints in the script's own lines; and a recording through them. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "gateway/child/runner.h"
#include "gateway/lua/luaworker.h"
#include "gateway/lua/mail.h"
#include "gateway/replay/replay.h"
#include "tests/gateway/complained.h"
#include "twin/models/model.h"

static char folder[] = "/tmp/pollux-script-config-XXXXXX";
static char path[96], text[4096];

static const char tank[] =
	"states = { level = { unit = 'm', min = 0, max = 3, noise = 1.4763e-4 } }\n"
	"inputs = { inflow = 'm3/s', valve = { unit = '1', default = 1 } }\n"
	"outputs = { level = 'm', outflow = 'm3/s' }\n"
	"parameters = { area = { default = 1.2, unit = 'm2', min = 0.1 }, outlet = 0.004 "
	"}\n"
	"local function out(x, u, p)\n"
	"  return u.valve * p.outlet * math.sqrt(19.6133 * math.max(x.level, 0))\n"
	"end\n"
	"function derivative(x, u, p)\n"
	"  return { level = (u.inflow - out(x, u, p)) / p.area }\n"
	"end\n"
	"function output(x, u, p)\n"
	"  return { level = x.level, outflow = out(x, u, p) }\n"
	"end\n";

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

static void write_file(const char *name, const char *what)
{
	char file[128];
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", folder, name);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs(what, f);
	assert_int_equal(fclose(f), 0);
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
	         "      - {id: q, at: sine(period=10s), type: float64, unit: m3/h}\n"
	         "      - {id: h, at: sine(period=10s), type: float64, unit: mm}\n"
	         "twin:\n"
	         "  components:\n"
	         "    - id: k\n"
	         "      model: lua\n"
	         "%s",
	         lines);
	return complained_text(path, text);
}

#define TIED                                                                             \
	"      file: tank.lua\n      inputs: {inflow: rig/q}\n"                          \
	"      outputs: {level: rig/h}\n"

static void declarations_become_ports_and_tags(void **state)
{
	const struct component_config *k;
	struct complained c;
	char *printed;

	(void)state;
	write_file("tank.lua", tank);
	c = load(TIED "      parameters: {area: 2}\n");
	if (c.err) {
		fail_msg("%s", c.text);
	}
	assert_int_equal(c.config->n_luas, 1);
	k = &c.config->twin.components[0];
	assert_true(k->model->local && k->model->n_states == 1);
	assert_true(k->parameters[0] == 2 && k->parameters[1] == 0.004);
	assert_true(fabs(k->inputs[0].scale * 3600 - 1) < 1e-12);
	assert_true(k->outputs[0].scale == 1e-3);
	assert_string_equal(c.config->tags[k->outputs[1].tag].name, "outflow");
	assert_string_equal(c.config->tags[k->outputs[1].tag].kind->unit, "m3/s");
	/* by state least, most, noise */
	assert_true(k->made[0] == 0 && k->made[1] == 3 && k->made[2] == 1.4763e-4);
	printed = complained_print(c.config);
	assert_non_null(strstr(printed, "model: lua"));
	assert_non_null(strstr(printed, "tank.lua"));
	assert_non_null(strstr(printed, "sha256"));
	assert_non_null(strstr(printed, "area: 2"));
	free(printed);
	complained_free(&c);
}

static void complaints_point_into_the_script(void **state)
{
	static const struct {
		const char *name, *script, *lines, *want;
	} cases[] = {
		{"syntax", "outputs = { b = 'm' }\nfunction output(\n",
	         "      file: tank.lua\n", "tank.lua:3:1: error: <name> or"},
		{"no function", "outputs = { b = 'm' }\n", "      file: tank.lua\n",
	         "tank.lua: error: it has no function 'output'"},
		{"unknown input",
	         "outputs = { b = 'm' }\ninputs = { u = '1' }\nfunction output(x, u)\n"
	         "  return { b = u.v }\nend\n",
	         "      file: tank.lua\n      inputs: {u: rig/h}\n",
	         "tank.lua:4:1: error: u has no 'v' (it has: u)"},
		{"wrong number of values",
	         "outputs = { b = 'm', c = 'm' }\nfunction output(x, u)\n"
	         "  return { b = 1 }\nend\n",
	         "      file: tank.lua\n", "tank.lua:2:1: error: output gives no 'c'"},
		{"unit",
	         "outputs = { b = 'mm' }\nfunction output() return { b = 1 } end\n",
	         "      file: tank.lua\n",
	         "outputs.b: unit 'mm' is not SI: a model works in 'm'"},
		{"unit that nobody knows",
	         "outputs = { b = 'ell' }\nfunction output() return { b = 1 } end\n",
	         "      file: tank.lua\n", "outputs.b: unit 'ell' is not known"},
		{"not there", NULL, "      file: none.lua\n", "none.lua': "},
		{"no file", NULL, "", "model 'lua' needs 'file'"},
		{"endless", "while true do end\n", "      file: tank.lua\n",
	         "tank.lua:1:1: error: it ran more than 5 million instructions"},
		{"input of the configuration", tank,
	         "      file: tank.lua\n      inputs: {inflo: rig/q}\n",
	         "has no input 'inflo' (did you mean 'inflow'?)"},
		{"input missing", tank,
	         "      file: tank.lua\n      outputs: {level: rig/h}\n", "inflow"},
		{"parameter of the configuration", tank,
	         TIED "      parameters: {arae: 1}\n", "has no parameter 'arae'"},
		{"parameter out of range", tank, TIED "      parameters: {area: 0}\n",
	         "must be from 0.1"},
		{"unit of the tag", tank,
	         "      file: tank.lua\n      inputs: {inflow: rig/h}\n", "rig/h"},
		{"fit", tank, TIED "      fit: [area]\n", "'fit' is not for model 'lua'"},
		{"estimate", tank, TIED "      estimate: {area: 0.1}\n",
	         "parameters of model 'lua' cannot be followed"},
		{"step", tank, TIED "      step: 1s\n", "model 'lua' has no 'step'"},
		{"sum", tank,
	         TIED
	         "      sha256: "
	         "\"0000000000000000000000000000000000000000000000000000000000000000\"\n",
	         "the file is another: its SHA-256 is "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complained c;

		if (cases[i].script) {
			write_file("tank.lua", cases[i].script);
		}
		c = load(cases[i].lines);
		if (c.err != -EINVAL || !strstr(c.text, cases[i].want)) {
			fail_msg("%s: %d, %s", cases[i].name, c.err, c.text);
		}
		complained_free(&c);
	}
}

static void a_script_of_another_text_is_another_model(void **state)
{
	struct complained a, b;

	(void)state;
	write_file("tank.lua", tank);
	a = load(TIED);
	snprintf(text, sizeof(text), "-- as before\n%s", tank);
	write_file("tank.lua", text);
	b = load(TIED);
	assert_int_equal(a.err, 0);
	assert_int_equal(b.err, 0);
	assert_string_not_equal(a.config->luas[0].sha256, b.config->luas[0].sha256);
	assert_memory_not_equal(a.config->twin.components[0].made,
	                        b.config->twin.components[0].made,
	                        a.config->twin.components[0].n_made * sizeof(double));
	complained_free(&a);
	complained_free(&b);
}

/* ---- a recording ---- */

enum { ROWS = 900, GAP_ROW = 700 };

/* A tank whose inflow goes in steps, rows at irregular times and a gap. */
static void write_recording(const char *name)
{
	char file[128];
	double x = 0.8, t = 1e9;
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", folder, name);
	f = fopen(file, "w");
	assert_non_null(f);
	fputs("time,inflow,level\n", f);
	for (int k = 0; k < ROWS; k++) {
		double u = 0.006 + 0.004 * ((k / 50) % 3), dt = k % 7 ? 1 : 2.5;

		fprintf(f, "%.1f,%.9g,", t, u);
		if (k % 97 == 50) {
			fputs("NaN\n", f);
		} else {
			fprintf(f, "%.9g\n",
			        x + 0.002 * (sin(k * 12.9898) + sin(k * 78.233)));
		}
		dt = k == GAP_ROW ? 400 : dt;
		for (int i = 0; i < 1000; i++) {
			x += dt / 1000 * (u - 0.004 * sqrt(19.6133 * x)) / 1.2;
		}
		t += dt;
	}
	assert_int_equal(fclose(f), 0);
}

/* Replay with this model; what was written is the caller's. */
static char *replay(const char *model, struct replay_report *report)
{
	struct replay_wish wish = {.input = "in.csv", .config = path, .learn = 300};
	char in_path[128], out_path[128], *out_text;
	int in, out;
	off_t n;

	snprintf(in_path, sizeof(in_path), "%s/in.csv", folder);
	snprintf(out_path, sizeof(out_path), "%s/out.csv", folder);
	snprintf(text, sizeof(text),
	         "gateway: {id: a, state_dir: /tmp/x}\n"
	         "twin:\n"
	         "  components:\n"
	         "    - {id: k, %s, inputs: {inflow: replay/inflow}, max_age: 30s,\n"
	         "       outputs: {level: replay/level}}\n",
	         model);
	write_file("cell.yaml", text);
	in = open(in_path, O_RDONLY);
	out = open(out_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(in >= 0 && out >= 0);
	assert_int_equal(replay_run(&wish, in, out, stderr, report), 0);
	n = lseek(out, 0, SEEK_END);
	out_text = calloc(1, (size_t)n + 1);
	assert_non_null(out_text);
	assert_int_equal(pread(out, out_text, (size_t)n, 0), n);
	close(in);
	close(out);
	return out_text;
}

/* The predictions of replay/level in a replay's output, by row; NAN: none. */
static void read_predictions(char *csv, double *predicted)
{
	char *rest = csv;
	size_t n = 0;

	for (char *line; n < ROWS && (line = strsep(&rest, "\n"));) {
		char *field, *fields[8] = {NULL};

		for (size_t i = 0; i < 8 && (field = strsep(&line, ",")); i++) {
			fields[i] = field;
		}
		if (fields[4] && strcmp(fields[1], "replay") == 0 &&
		    strcmp(fields[2], "level") == 0) {
			predicted[n++] = *fields[4] ? strtod(fields[4], NULL)
			                            : (double)NAN;
		}
	}
	assert_int_equal(n, ROWS);
}

static void a_replay_gives_the_same_bytes_and_what_the_model_in_c_gives(void **state)
{
	static double script[ROWS], own[ROWS];
	struct replay_report report;
	size_t compared = 0;
	double worst = 0;
	char *a, *b, *c;

	(void)state;
	write_file("tank.lua", tank);
	write_recording("in.csv");
	a = replay("model: lua, file: tank.lua", &report);
	b = replay("model: lua, file: tank.lua", &report);
	assert_string_equal(a, b);
	c = replay("model: tank, parameters: {area: 1.2, outlet: 0.004}", &report);
	read_predictions(a, script);
	read_predictions(c, own);
	for (int k = ROWS / 2; k < ROWS; k++) {
		if (isfinite(script[k]) && isfinite(own[k]) &&
		    (k < GAP_ROW || k > GAP_ROW + 50)) {
			worst = fmax(worst, fabs(script[k] - own[k]));
			compared++;
		}
	}
	assert_true(compared > ROWS / 3);
	if (!(worst < 3e-4)) {
		fail_msg("off by %g m", worst);
	}
	free(a);
	free(b);
	free(c);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declarations_become_ports_and_tags),
		cmocka_unit_test(complaints_point_into_the_script),
		cmocka_unit_test(a_script_of_another_text_is_another_model),
		cmocka_unit_test(
			a_replay_gives_the_same_bytes_and_what_the_model_in_c_gives),
	};

	/* The configuration runs this program again for the script. */
	if (argc > 1 && strcmp(argv[1], MAIL_COMMAND) == 0) {
		return luaworker_run(RUNNER_FD);
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
