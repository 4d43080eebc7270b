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

#define FLOW                                                                             \
	"components: [{id: f, model: first_order, parameters: {gain: 1, tau: 1}, "       \
	"inputs: {u: 1}}]\n"

static const struct {
	const char *text, *said;
} cases[] = {
	{"", "the file is empty"},
	{"component: []\n",
         "line.yaml:1:1: error: unknown key 'component' (did you mean 'components'?)"},
	{"signals: {a: x}\n", "line.yaml:1:14: error: 'x' is no number"},
	{"signals: {a: 1 meter}\n", "line.yaml:1:14: error: unknown unit 'meter'"},
	{"signals: {a: 1}\ncomponents: [{id: p, model: pomp}]\n",
         "line.yaml:2:29: error: unknown model 'pomp' (did you mean 'pump'?)"},
	{"components: [{id: p, model: pump}]\n", "'pump' needs parameter 'head'"},
	{"components: [{id: t, model: tank, parameters: {area: 5, outlt: 1}}]\n",
         "'tank' has no parameter 'outlt' (did you mean 'outlet'?)"},
	{"components: [{id: t, model: tank, parameters: {area: -5, outlet: 1}}]\n",
         "'area' must be from 1e-06 to 1000000 m2, not -5"},
	{"components: [{id: f, model: first_order, parameters: {gain: 1, tau: 1},\n"
         "  inputs: {u: opned}}]\nsignals: {opened: 1}\n",
         "unknown signal 'opned' (did you mean 'opened'?)"},
	{"components: [{id: f, model: first_order, parameters: {gain: 1, tau: 1},\n"
         "  inputs: {v: 1}}]\n",
         "'first_order' has no input 'v'"},
	{"components: [{id: t, model: totalizer}]\n", "'totalizer' needs input 'rate'"},
	{"components: [{id: t, model: tank, parameters: {area: 1, outlet: 1},\n"
         "  inputs: {inflow: a}}]\nsignals: {a: 3 m}\n",
         "line.yaml:2:20: error: 'a' is in 'm', of another quantity: input 'inflow' of "
         "'t' is in 'm3/s'"},
	{"components: [{id: t, model: tank, parameters: {area: 1, outlet: 1},\n"
         "  inputs: {inflow: 3 l/s}, units: {level: cm}}]\n",
         "output 'level' of 'tank' is in 'm'"},
	{"signals: {a: 3 m}\nsensors: [{id: s, of: a, unit: bar}]\n",
         "'a' is in 'm', of another quantity: 's' is in 'bar'"},
	{"signals: {a: 3 m, b: 1 K}\ncontrol: [{id: s, block: two_point,\n"
         "  parameters: {band: 1}, inputs: {setpoint: a, measured: b}}]\n",
         "inputs 'setpoint' in 'm' and 'measured' in 'K' of 's' cannot be compared"},
	{"signals: {a: 1}\nactuators: [{id: v, from: a, travel: 2s, rate: 1}]\n",
         "'travel' and 'rate' say the same"},
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
         "no component, sensor, actuator or unit 'a'"},
	{FLOW "script: [{at: 1s, target: f, fault: leak}]\n", "'f' has no fault 'leak'"},
	{FLOW "script: [{at: 2s, until: 1s, target: f, fault: wear}]\n",
         "a fault that ends before it begins"},
	{FLOW "script: [{at: 2, target: f, fault: wear}]\n", "line.yaml:2:15: error: "},
	{FLOW "script: [{at: 1s, set: f.y}]\n", "'f.y' is written by the plant"},
	{FLOW "script: [{at: 1s, target: f}]\n", "'set' alone, or 'target' and 'fault'"},
	{FLOW "script: [{target: f, fault: wear, value: 2}]\n",
         "fault 'wear' has a value from 0 to 0.999"},
	{FLOW "script: [{when: 'f.z > 1', target: f, fault: wear}]\n",
         "'f.z > 1' is no condition on signals"},
	{"signals: {a: 1}\ncomponents:\n"
         "  - {id: x, model: expression, inputs: {i: y.o}, expression: {o: i + 1}}\n"
         "  - {id: y, model: expression, inputs: {i: x.o}, expression: {o: 2 * i}}\n",
         "outputs depend on each other with no state between: "},
	{"signals: {a: 1}\ncomponents:\n"
         "  - {id: x, model: expression, inputs: {i: x.o}, expression: {o: i + 1}}\n",
         "no state between: x.o -> x.o"},
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
		"components:\n"
		"  - {id: p, model: pump, parameters: {pump_loss: 1}}\n"
		"  - {id: v, model: first_order, inputs: {u: nowhere}}\n"
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
