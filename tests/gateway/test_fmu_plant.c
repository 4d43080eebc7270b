/* SPDX-License-Identifier: Apache-2.0 */
/* FMUs as components of a plant: in step with it, the same each time, and one that fails
 * stands still without harm to the others. */
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/plant/plant_fmus.h"
#include "tests/fmu_make.h"

static char folder[] = "/tmp/pollux-fmu-plant-XXXXXX";

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

static int set_up(void **state)
{
	struct fmu_spec stiff = fmu_stiff, bad = fmu_bad;
	char path[128];

	(void)state;
	stiff.version = 2;
	bad.version = 3;
	if (!mkdtemp(folder)) {
		return -1;
	}
	setenv("TMPDIR", folder, 1);
	snprintf(path, sizeof(path), "%s/stiff.fmu", folder);
	fmu_make(path, &stiff);
	snprintf(path, sizeof(path), "%s/bad.fmu", folder);
	fmu_make(path, &bad);
	return 0;
}

struct rig {
	struct plant_setup *setup;
	struct plant_fmus *fmus;
	struct plant *plant;
	char said[2000];
	FILE *complaints;
};

static void rig_init(struct rig *r, int mode)
{
	char path[128], text[1000];

	memset(r, 0, sizeof(*r));
	r->complaints = fmemopen(r->said, sizeof(r->said), "w");
	assert_non_null(r->complaints);
	setvbuf(r->complaints, NULL, _IONBF, 0);
	snprintf(path, sizeof(path), "%s/plant.yaml", folder);
	snprintf(text, sizeof(text),
	         "plant: {cycle: 100ms, steps: 1}\n"
	         "signals: {drive: 1}\n"
	         "components:\n"
	         "  - {id: lag, model: fmu, file: stiff.fmu, step: 100ms,\n"
	         "     start: {tau_slow: 0.5}, inputs: {u: drive}}\n"
	         "  - {id: bad, model: fmu, file: bad.fmu, step: 100ms,\n"
	         "     start: {mode: %d}}\n"
	         "  - {id: sum, model: totalizer, inputs: {rate: lag.slow}}\n",
	         mode);
	if (plant_config_load_text(&r->setup, path, text, r->complaints)) {
		fail_msg("%s", r->said);
	}
	if (plant_fmus_open(&r->fmus, r->setup, getenv("POLLUX_PROGRAM"),
	                    r->complaints)) {
		fail_msg("%s", r->said);
	}
	assert_int_equal(plant_new(&r->plant, &r->setup->plant), 0);
}

static void rig_fini(struct rig *r)
{
	plant_free(r->plant);
	plant_fmus_close(r->fmus);
	plant_config_free(r->setup);
	fclose(r->complaints);
}

static double get(const struct rig *r, const char *name)
{
	int64_t i = plant_signal_find(r->setup, name);

	assert_true(i >= 0);
	return plant_signals(r->plant)[i];
}

static void fmu_steps_with_the_plant(void **state)
{
	struct rig r;
	double y = 0;

	(void)state;
	rig_init(&r, 0);
	for (int i = 0; i < 50; i++) {
		plant_turn(r.plant);
		y = 1 + (y - 1) * exp(-0.1 / 0.5);
		if (fabs(get(&r, "lag.slow") - y) > 1e-6) {
			fail_msg("turn %d: %g, not %g", i, get(&r, "lag.slow"), y);
		}
	}
	assert_true(get(&r, "sum.total") > 4);
	plant_free(r.plant); /* once more, from the same setup: anew */
	assert_int_equal(plant_new(&r.plant, &r.setup->plant), 0);
	plant_turn(r.plant);
	assert_true(fabs(get(&r, "lag.slow") - (1 - exp(-0.2))) < 1e-6);
	rig_fini(&r);
}

static void fmu_that_fails_stands_still(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	for (int i = 0; i < 50; i++) {
		plant_turn(r.plant);
	}
	assert_true(plant_failures(r.plant) > 10);
	assert_non_null(strstr(r.said, "bad: its FMU failed: "));
	assert_true(fabs(get(&r, "lag.slow") - (1 - exp(-10))) < 1e-6);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fmu_steps_with_the_plant),
		cmocka_unit_test(fmu_that_fails_stands_still),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
