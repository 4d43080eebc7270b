/* SPDX-License-Identifier: Apache-2.0 */
/* The bottling line of etc/bottling.yaml under a few lines of control, in virtual time:
 * no bottle is lost or made, stations do what they are for, damage does what it says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/plant/plant_config.h"

struct rig {
	struct plant_setup *setup;
	struct plant *plant;
	const char *deny; /* a command that is not given */
};

static double get(const struct rig *r, const char *name)
{
	int64_t i = plant_signal_find(r->setup, name);

	if (i < 0) {
		fail_msg("no signal %s", name);
	}
	return plant_signals(r->plant)[i];
}

/* What the program gives; all that it writes are commands without another writer. */
static void give(struct rig *r, double *signals, const char *name, bool on)
{
	int64_t i = plant_signal_find(r->setup, name);

	assert_true(i >= 0);
	signals[i] = on && !(r->deny && strcmp(r->deny, name) == 0);
}

/* The least that keeps the line going: fill to some 500 g, cap, reject what is off. */
static void control(void *arg, int64_t now_ns, double *signals)
{
	struct rig *r = arg;
	bool filled = get(r, "fill") >= 481;
	bool shut = get(r, "valve_drive") == 0;

	(void)now_ns;
	give(r, signals, "bottles_enable", true);
	give(r, signals, "infeed_run", true);
	give(r, signals, "infeed_gate", true);
	give(r, signals, "fill_valve", get(r, "filler_present") > 0 && !filled);
	give(r, signals, "filler_release", filled && shut);
	give(r, signals, "transfer_run", true);
	give(r, signals, "capper_run", get(r, "capper_done") == 0);
	give(r, signals, "capper_release", get(r, "capper_done") > 0);
	give(r, signals, "weigher_run", true);
	give(r, signals, "bowl_supply", get(r, "bowl_level") < 500);
}

static void rig_init(struct rig *r)
{
	const char *root = getenv("POLLUX_SOURCE");
	struct plant_program program = {control, r};
	char path[512];

	*r = (struct rig){.deny = NULL};
	snprintf(path, sizeof(path), "%s/etc/bottling.yaml", root ? root : ".");
	assert_int_equal(plant_config_load(&r->setup, path, NULL, stderr), 0);
	r->setup->plant.n_faults = 0; /* nobody presses a button but the test */
	assert_int_equal(plant_new(&r->plant, &r->setup->plant), 0);
	plant_attach(r->plant, &program);
}

static void rig_fini(struct rig *r)
{
	plant_free(r->plant);
	plant_config_free(r->setup);
}

static void run(struct rig *r, double seconds)
{
	double until_s = plant_time_s(r->plant) + seconds - 0.01;

	while (plant_time_s(r->plant) < until_s) {
		plant_turn(r->plant);
	}
	assert_int_equal(plant_failures(r->plant), 0);
}

static void damage(struct rig *r, const char *target, const char *fault, double value)
{
	struct fault f;

	assert_int_equal(plant_config_fault(r->setup, target, fault, &f), 0);
	f.value = value;
	f.at_s = plant_time_s(r->plant);
	assert_int_equal(plant_inject(r->plant, &f), 0);
}

/* Each bottle is somewhere: a station has it where it has no room. */
static double bottles_in_line(const struct rig *r)
{
	return get(r, "infeed.count") + (1 - get(r, "filler.room")) +
	       get(r, "transfer.count") + (1 - get(r, "capper.room")) +
	       get(r, "outfeed.count") + get(r, "outfeed.out") - get(r, "weigher.out") +
	       get(r, "table.count") + get(r, "table.packed");
}

static void no_bottle_is_lost(void **state)
{
	static const char *const faults[] = {NULL, "capper jam", "transfer jam",
	                                     "table stop", "bottles starve"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		char target[32] = "";
		struct rig r;

		rig_init(&r);
		run(&r, 60);
		if (faults[i]) {
			size_t n = strcspn(faults[i], " ");

			memcpy(target, faults[i], n);
			damage(&r, target, faults[i] + n + 1, 1);
		}
		for (int k = 0; k < 600; k++) {
			double given, here;

			run(&r, 0.1);
			given = get(&r, "bottles.out");
			here = bottles_in_line(&r);
			/* One may be on its way at each of six hand-overs. */
			if (!(here <= given && here >= given - 6)) {
				fail_msg("%s: %g of %g", faults[i] ? faults[i] : "sound",
				         here, given);
			}
		}
		rig_fini(&r);
	}
}

static void sound_line_makes_good_bottles(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	run(&r, 600);
	if (!(get(&r, "table.packed") > 250 && get(&r, "weigher.rejected") == 0)) {
		fail_msg("%g packed", get(&r, "table.packed"));
	}
	assert_true(get(&r, "table.underfilled") == 0);
	assert_true(get(&r, "table.overfilled") == 0);
	assert_true(get(&r, "table.uncapped") == 0);
	assert_true(get(&r, "filler.spilled") < 1e-9);
	assert_true(fabs(get(&r, "bowl.level") - 0.5) < 0.1);
	rig_fini(&r);
}

static void stations_do_what_they_are_for(void **state)
{
	struct rig r;
	double before;

	(void)state;
	rig_init(&r);
	r.deny = "capper_run";
	run(&r, 60);
	assert_true(get(&r, "capper.out") == 0); /* it is released capped only */
	assert_true(get(&r, "capper.present") == 1);
	rig_fini(&r);
	rig_init(&r);
	run(&r, 60);
	before = get(&r, "filler.out");
	damage(&r, "filler", "leak", 0.2);
	run(&r, 20);
	assert_true(get(&r, "filler.spilled") > 0.01); /* between two bottles */
	assert_true(get(&r, "filler.out") > before);
	damage(&r, "table", "stop", 1);
	run(&r, 250);
	assert_true(get(&r, "table.count") == 40);
	before = get(&r, "filler.out");
	run(&r, 20);
	assert_true(get(&r, "filler.out") == before); /* full up to the filler */
	rig_fini(&r);
}

static void jam_stalls_the_capper(void **state)
{
	struct rig r;
	double before;

	(void)state;
	rig_init(&r);
	run(&r, 60);
	before = get(&r, "capper.out");
	damage(&r, "capper", "jam", 1);
	run(&r, 5);
	assert_true(get(&r, "capper.out") - before <= 1);
	r.deny = NULL;
	assert_true(get(&r, "torque") > 5 || get(&r, "capper.done") == 1);
	rig_fini(&r);
}

/* A pusher that strikes takes the bottle before it, and nothing else. */
static void pusher_rejects_what_stands_before_it(void **state)
{
	struct rig r;
	int64_t reject;
	double before;

	(void)state;
	rig_init(&r);
	run(&r, 60);
	reject = plant_signal_find(r.setup, "reject");
	while (get(&r, "weigher.at_pusher") == 0) {
		run(&r, 0.02);
	}
	before = get(&r, "weigher.rejected");
	assert_int_equal(plant_set(r.plant, (uint32_t)reject, 1), 0);
	run(&r, 0.1);
	assert_int_equal(plant_set(r.plant, (uint32_t)reject, 0), 0);
	run(&r, 0.1);
	assert_true(get(&r, "weigher.rejected") == before + 1);
	while (get(&r, "weigher.at_pusher") > 0) {
		run(&r, 0.02);
	}
	assert_int_equal(plant_set(r.plant, (uint32_t)reject, 1), 0);
	run(&r, 0.1);
	assert_true(get(&r, "weigher.rejected") == before + 1);
	rig_fini(&r);
}

static void same_seed_gives_same_bytes(void **state)
{
	struct rig a, b;

	(void)state;
	rig_init(&a);
	rig_init(&b);
	for (int i = 0; i < 6000; i++) {
		plant_turn(a.plant);
		plant_turn(b.plant);
		assert_memory_equal(plant_signals(a.plant), plant_signals(b.plant),
		                    a.setup->plant.n_signals * sizeof(double));
	}
	rig_fini(&a);
	rig_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_bottle_is_lost),
		cmocka_unit_test(sound_line_makes_good_bottles),
		cmocka_unit_test(stations_do_what_they_are_for),
		cmocka_unit_test(jam_stalls_the_capper),
		cmocka_unit_test(pusher_rejects_what_stands_before_it),
		cmocka_unit_test(same_seed_gives_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
