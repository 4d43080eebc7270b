/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are no plant: each with what is said of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/plant/plant_config.h"

static const struct {
	const char *text, *said;
} cases[] = {
	{"", "the file is empty"},
	{"part: []\n",
         "line.yaml:1:1: error: unknown key 'part' (did you mean 'parts'?)"},
	{"signals: {a: x}\n", "line.yaml:1:14: error: "},
	{"signals: {a: 1}\nparts: [{id: p, kind: pomp}]\n",
         "line.yaml:2:23: error: unknown kind of part 'pomp' (did you mean 'pump'?)"},
	{"parts: [{id: p, kind: pump}]\n", "'pump' needs parameter 'head'"},
	{"parts: [{id: p, kind: pump, parameters: {head: 5, curve: 1, rate: 3}}]\n",
         "'pump' has no parameter 'rate' (did you mean 'rated'?)"},
	{"parts: [{id: p, kind: pump, parameters: {head: -5, curve: 1}}]\n",
         "parameter 'head' must be from 0.01 to 5000 m, not -5"},
	{"parts: [{id: v, kind: valve, inputs: {command: opned}}]\n"
         "signals: {opened: 1}\n",
         "unknown signal 'opned' (did you mean 'opened'?)"},
	{"parts: [{id: v, kind: valve, inputs: {comand: 1}}]\n",
         "'valve' has no input 'comand' (did you mean 'command'?)"},
	{"parts: [{id: t, kind: totalizer}]\n", "'totalizer' needs input 'rate'"},
	{"signals: {a: 1}\nsensors: [{id: a, of: a}]\n", "a signal 'a' is there already"},
	{"signals: {a: 1}\nsensors: [{id: b, of: a, min: 3, max: 2}]\n",
         "min 3 is not below max 2"},
	{"signals: {a: 1}\ncontrol: [{id: b, block: pid, inputs: {}}]\n",
         "unknown block 'pid' (did you mean 'pi'?)"},
	{"signals: {a: 1}\ncontrol: [{id: b, block: copy}]\n", "'copy' needs input 'in'"},
	{"signals: {a: 1}\nmodbus: {listen: 'rtu:///dev/ttyS0'}\n",
         "only tcp:// is served"},
	{"signals: {a: 1}\nmodbus: {units: [{id: u, registers:\n"
         "  [{at: 'input:0', signal: b, type: int16}]}]}\n",
         "line.yaml:3:28: error: unknown signal 'b'"},
	{"signals: {a: 1}\nmodbus: {units: [{id: u, registers:\n"
         "  [{at: 'input:0', signal: a, type: 'string(4)'}]}]}\n",
         "a signal is a number, not a string(4)"},
	{"signals: {a: 1}\nmodbus: {units: [{id: u, registers:\n"
         "  [{at: 'input:0', signal: a, type: int32},\n"
         "   {at: 'input:1', signal: a, type: int16}]}]}\n",
         "'input:1' and 'input:0' overlap"},
	{"signals: {a: 1}\nmodbus: {units: [{id: u, unit: 1}, {id: v, unit: 1}]}\n",
         "unit 1 is there already"},
	{"signals: {a: 1}\nscript: [{at: 1s, target: a, fault: leak}]\n",
         "no part, sensor, actuator or unit 'a'"},
	{"parts: [{id: v, kind: valve}]\nscript: [{at: 1s, target: v, fault: leak}]\n",
         "'v' has no fault 'leak'"},
	{"parts: [{id: v, kind: valve}]\n"
         "script: [{at: 2s, until: 1s, target: v, fault: clog}]\n",
         "a fault that ends before it begins"},
	{"parts: [{id: v, kind: valve}]\nscript: [{at: 2, target: v, fault: clog}]\n",
         "line.yaml:2:15: error: "},
	{"parts: [{id: h, kind: heater, parameters: {power: 1}, inputs: {duty: "
         "h.heat}}]\n",
         "depend on each other with no state between"},
};

static void file_that_is_wrong_is_complained_about(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct plant_setup *s = NULL;
		char said[4000] = "";
		FILE *f = fmemopen(said, sizeof(said), "w");
		int err = plant_config_load_text(&s, "line.yaml", cases[i].text, f);

		fclose(f);
		if (err != -EINVAL || !strstr(said, cases[i].said)) {
			fail_msg("%s\n-> %d, %s", cases[i].text, err, said);
		}
	}
	(void)state;
}

static void all_that_is_wrong_is_said_in_one_run(void **state)
{
	static const char text[] =
		"parts:\n"
		"  - {id: p, kind: pump, parameters: {curve: 1}}\n"
		"  - {id: v, kind: valve, inputs: {command: nowhere}}\n"
		"sensors: [{id: s, of: p.flo}]\n";
	struct plant_setup *s = NULL;
	char said[4000] = "";
	FILE *f = fmemopen(said, sizeof(said), "w");

	assert_int_equal(plant_config_load_text(&s, "line.yaml", text, f), -EINVAL);
	fclose(f);
	assert_non_null(strstr(said, "line.yaml:2:"));
	assert_non_null(strstr(said, "line.yaml:3:"));
	assert_non_null(strstr(said, "line.yaml:4:"));
	(void)state;
}

static void file_that_is_not_there_is_said(void **state)
{
	struct plant_setup *s = NULL;
	char said[400] = "";
	FILE *f = fmemopen(said, sizeof(said), "w");

	assert_int_equal(plant_config_load(&s, "/nowhere/line.yaml", NULL, f), -ENOENT);
	fclose(f);
	assert_non_null(strstr(said, "/nowhere/line.yaml: error: "));
	plant_config_free(NULL);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_that_is_wrong_is_complained_about),
		cmocka_unit_test(all_that_is_wrong_is_said_in_one_run),
		cmocka_unit_test(file_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
