/* SPDX-License-Identifier: Apache-2.0 */
/* The bottling line with its PLC in step: it runs, stops, clears and comes back, and the
 * program with the mistake goes on filling where the right one stops. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/plant/plc_link.h"

/* As the program numbers its states. */
enum { IDLE, RUNNING, HOLD, CLEARING, FAULT };

struct rig {
	struct plant_setup *setup;
	struct plc_link *link;
	struct plant *plant;
};

static void rig_init(struct rig *r, const char *program)
{
	static char path[512];
	static const char *files[] = {path};
	const char *root = getenv("POLLUX_SOURCE");

	*r = (struct rig){.setup = NULL};
	snprintf(path, sizeof(path), "%s/etc/bottling.yaml", root ? root : ".");
	assert_int_equal(plant_config_load(&r->setup, path, NULL, stderr), 0);
	r->setup->plant.n_faults = 0; /* nobody presses a button but the test */
	snprintf(path, sizeof(path), "%s/etc/plc/%s", root ? root : ".", program);
	r->setup->plc.files = files;
	assert_int_equal(plc_link_open(&r->link, r->setup, NULL, stderr), 0);
	assert_int_equal(plant_new(&r->plant, &r->setup->plant), 0);
	plc_link_attach(r->link, r->plant);
}

static void rig_fini(struct rig *r)
{
	plant_free(r->plant);
	plc_link_close(r->link);
	plant_config_free(r->setup);
}

static uint32_t index_of(const struct rig *r, const char *name)
{
	int64_t i = plant_signal_find(r->setup, name);

	if (i < 0) {
		fail_msg("no signal %s", name);
	}
	return (uint32_t)i;
}

static double get(const struct rig *r, const char *name)
{
	return plant_signals(r->plant)[index_of(r, name)];
}

static void set(struct rig *r, const char *name, double value)
{
	assert_int_equal(plant_set(r->plant, index_of(r, name), value), 0);
}

static void run(struct rig *r, double seconds)
{
	double until_s = plant_time_s(r->plant) + seconds - 0.01;

	while (plant_time_s(r->plant) < until_s) {
		plant_turn(r->plant);
		assert_int_equal(plc_link_fault(r->link), 0);
	}
}

static void press(struct rig *r, const char *button)
{
	set(r, button, 1);
	run(r, 0.2);
	set(r, button, 0);
	run(r, 0.1);
}

static void expect_state(const struct rig *r, int state)
{
	if (get(r, "state") != state) {
		fail_msg("state %g (fault %g) at %.2f s, not %d", get(r, "state"),
		         get(r, "fault_code"), plant_time_s(r->plant), state);
	}
}

static void damage(struct rig *r, const char *target, const char *fault, double value,
                   double for_s)
{
	struct fault f;

	assert_int_equal(plant_config_fault(r->setup, target, fault, &f), 0);
	f.value = value;
	f.at_s = plant_time_s(r->plant);
	f.for_s = for_s;
	assert_int_equal(plant_inject(r->plant, &f), 0);
}

static void line_fills_caps_and_counts(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "bottling.st");
	run(&r, 5);
	expect_state(&r, IDLE);
	press(&r, "start_button");
	run(&r, 600);
	expect_state(&r, RUNNING);
	print_message("good %g, rejected %g, packed %g, spilled %g kg\n",
	              get(&r, "bottles_good"), get(&r, "bottles_rejected"),
	              get(&r, "table.packed"), get(&r, "filler.spilled"));
	assert_true(get(&r, "bottles_good") > 200);
	assert_true(get(&r, "bottles_rejected") < 5);
	assert_true(get(&r, "table.underfilled") == 0);
	assert_true(get(&r, "table.overfilled") == 0);
	assert_true(get(&r, "table.uncapped") == 0);
	assert_true(get(&r, "filler.spilled") < 0.01);
	assert_true(fabs(get(&r, "bowl.level") - 0.5) < 0.06);
	assert_true(get(&r, "target_fill") == 500);
	rig_fini(&r);
}

static void what_is_off_is_rejected(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "bottling.st");
	press(&r, "start_button");
	run(&r, 60);
	damage(&r, "fill", "offset", 30, 60); /* g: it fills too little */
	run(&r, 120);
	assert_true(get(&r, "bottles_rejected") > 10);
	assert_true(get(&r, "bottles_rejected") == get(&r, "weigher.rejected"));
	assert_true(get(&r, "table.underfilled") == 0);
	rig_fini(&r);
}

static void full_table_holds_the_line(void **state)
{
	struct rig r;
	bool held = false;

	(void)state;
	rig_init(&r, "bottling.st");
	set(&r, "packer_rate", 0.1);
	press(&r, "start_button");
	for (int i = 0; i < 300 && !held; i++) {
		run(&r, 1);
		held = get(&r, "state") == HOLD;
	}
	assert_true(held);
	assert_true(get(&r, "table.count") <= 40);
	set(&r, "packer_rate", 2);
	run(&r, 20);
	expect_state(&r, RUNNING);
	rig_fini(&r);
}

static void stop_clears_the_line(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "bottling.st");
	press(&r, "start_button");
	run(&r, 60);
	set(&r, "stop_ok", 0);
	run(&r, 0.2);
	set(&r, "stop_ok", 1);
	expect_state(&r, CLEARING);
	run(&r, 100);
	expect_state(&r, IDLE);
	assert_true(get(&r, "infeed.count") == 0 && get(&r, "transfer.count") == 0);
	press(&r, "start_button");
	expect_state(&r, RUNNING);
	rig_fini(&r);
}

/* In each state a jam shuts the valve within a second, and the line comes back after it.
 */
static void jam_stops_the_filler(void **state)
{
	(void)state;
	for (int clearing = 0; clearing < 2; clearing++) {
		struct rig r;
		double before;

		rig_init(&r, "bottling.st");
		press(&r, "start_button");
		run(&r, 60);
		set(&r, "stop_ok", clearing ? 0 : 1);
		run(&r, 0.1);
		set(&r, "stop_ok", 1);
		damage(&r, "capper", "jam", 1, 30);
		run(&r, 4);
		expect_state(&r, FAULT);
		assert_true(get(&r, "fault_code") == 1);
		before = get(&r, "filler.out");
		run(&r, 10);
		assert_true(get(&r, "filler.flow") == 0);
		assert_true(get(&r, "filler.out") == before);
		run(&r, 20);
		press(&r, "reset_button");
		expect_state(&r, IDLE);
		press(&r, "start_button");
		run(&r, 60);
		expect_state(&r, RUNNING);
		assert_true(get(&r, "filler.out") > before + 10);
		rig_fini(&r);
	}
}

static void mistake_goes_on_filling_while_it_clears(void **state)
{
	struct rig r;
	double before;

	(void)state;
	rig_init(&r, "bottling-bug.st");
	press(&r, "start_button");
	run(&r, 60);
	before = get(&r, "filler.out");
	set(&r, "stop_ok", 0);
	run(&r, 0.1);
	set(&r, "stop_ok", 1);
	damage(&r, "capper", "jam", 1, 30);
	run(&r, 6);
	expect_state(&r, CLEARING);
	assert_true(get(&r, "filler.out") > before);
	rig_fini(&r);
}

static void emergency_stop_stops_all(void **state)
{
	static const char *const outputs[] = {
		"infeed_run", "fill_valve",  "filler_release", "transfer_run",
		"capper_run", "weigher_run", "bowl_supply"};
	struct rig r;

	(void)state;
	rig_init(&r, "bottling.st");
	press(&r, "start_button");
	run(&r, 60);
	set(&r, "estop_ok", 0);
	run(&r, 0.06);
	expect_state(&r, FAULT);
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		assert_true(get(&r, outputs[i]) == 0);
	}
	press(&r, "reset_button");
	expect_state(&r, FAULT); /* not while it is pressed */
	set(&r, "estop_ok", 1);
	press(&r, "reset_button");
	expect_state(&r, IDLE);
	rig_fini(&r);
}

/* What a master writes to %MW comes to the program: it fills more from then on. */
static void written_setpoint_comes_to_the_program(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "bottling.st");
	press(&r, "start_button");
	run(&r, 60);
	assert_true(get(&r, "table.overfilled") == 0);
	set(&r, "target_fill", 515);
	run(&r, 60);
	assert_true(get(&r, "target_fill") == 515);
	assert_true(get(&r, "table.overfilled") > 5);
	rig_fini(&r);
}

/* As a script does that sets one before the first cycle. */
static void setpoint_of_the_first_cycle_is_not_lost(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "bottling.st");
	set(&r, "target_fill", 515);
	run(&r, 1);
	assert_true(get(&r, "target_fill") == 515);
	rig_fini(&r);
	rig_init(&r, "bottling.st");
	run(&r, 1);
	assert_true(get(&r, "target_fill") == 500); /* the program's own */
	rig_fini(&r);
}

static void same_seed_gives_same_bytes(void **state)
{
	struct rig a, b;

	(void)state;
	rig_init(&a, "bottling.st");
	rig_init(&b, "bottling.st");
	press(&a, "start_button");
	press(&b, "start_button");
	for (int i = 0; i < 6000; i++) {
		plant_turn(a.plant);
		plant_turn(b.plant);
		assert_memory_equal(plant_signals(a.plant), plant_signals(b.plant),
		                    a.setup->plant.n_signals * sizeof(double));
	}
	rig_fini(&a);
	rig_fini(&b);
}

/* The script of the file presses start, and lets go. */
static void script_presses_a_button(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "bottling.st");
	plant_free(r.plant);
	r.setup->plant.n_faults = 1;
	assert_int_equal(plant_new(&r.plant, &r.setup->plant), 0);
	plc_link_attach(r.link, r.plant);
	run(&r, 2);
	expect_state(&r, IDLE);
	assert_true(get(&r, "start_button") == 0);
	run(&r, 0.3);
	assert_true(get(&r, "start_button") == 1);
	expect_state(&r, RUNNING);
	run(&r, 0.4);
	assert_true(get(&r, "start_button") == 0);
	expect_state(&r, RUNNING);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_fills_caps_and_counts),
		cmocka_unit_test(what_is_off_is_rejected),
		cmocka_unit_test(full_table_holds_the_line),
		cmocka_unit_test(stop_clears_the_line),
		cmocka_unit_test(jam_stops_the_filler),
		cmocka_unit_test(mistake_goes_on_filling_while_it_clears),
		cmocka_unit_test(emergency_stop_stops_all),
		cmocka_unit_test(written_setpoint_comes_to_the_program),
		cmocka_unit_test(setpoint_of_the_first_cycle_is_not_lost),
		cmocka_unit_test(script_presses_a_button),
		cmocka_unit_test(same_seed_gives_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
