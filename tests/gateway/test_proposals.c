/* SPDX-License-Identifier: Apache-2.0 */
/* A tank whose outlet has changed: from its mismatch to the sentence and the version. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "gateway/proposals.h"
#include "tests/gateway/tank_history.h"

enum { LEARN_S = 1800, THEN_S = 5400, HOUR_S = 3600 };
#define S_NS UINT64_C(1000000000)
#define S_US INT64_C(1000000)

static int64_t wall_us; /* of the gateway */

struct bench {
	struct tank_history tank;
	struct tank_plant plant;
	struct component_config components[1];
	struct twin_config cfg;
	struct twin *twin;
	struct writer *writer;
	struct versions *versions;
	struct proposals *proposals;
	uv_loop_t loop;
	int rows;
	size_t told, changed;
	char message[512];
};

static int64_t wall(void)
{
	return wall_us;
}

static void on_change(void *arg, uint32_t component, const char *message)
{
	struct bench *b = arg;

	(void)component;
	(void)message;
	b->changed++;
}

static void on_proposal(void *arg, const struct event *e)
{
	struct bench *b = arg;

	assert_string_equal(e->kind, "proposal");
	assert_int_equal(e->device, 1);
	snprintf(b->message, sizeof(b->message), "%s", e->message);
	b->told++;
}

static void write_config(struct tank_history *t, const char *auto_identify)
{
	FILE *f;

	snprintf(t->dir, sizeof(t->dir), "/tmp/pollux-proposals-XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	snprintf(t->path, sizeof(t->path), "%s/pollux.yaml", t->dir);
	f = fopen(t->path, "w");
	assert_non_null(f);
	fprintf(f,
	        "gateway: {id: cell7, state_dir: %s}\n"
	        "devices:\n"
	        "  - id: plc\n"
	        "    driver: modbus\n"
	        "    address: tcp://127.0.0.1:1502\n"
	        "    tags:\n"
	        "      - {id: level, at: input:0, type: float32, unit: mm}\n"
	        "      - {id: inflow, at: input:2, type: float32, unit: l/s}\n"
	        "      - {id: valve, at: input:4, type: float32}\n"
	        "twin:\n"
	        "  components:\n"
	        "    - id: tank\n"
	        "      model: tank\n"
	        "      parameters: {area: 1.2, outlet: 0.0021}\n"
	        "      inputs: {inflow: plc/inflow, valve: plc/valve}\n"
	        "      outputs: {level: plc/level}\n"
	        "%s",
	        t->dir, auto_identify);
	fclose(f);
	assert_int_equal(config_load(&t->config, t->path, stderr), 0);
}

/* Let a second go by for plant and twin; where there is a history it is written too. */
static void run(struct bench *b, struct history *h)
{
	double values[TANK_TAGS];
	struct reading r[TANK_TAGS];
	struct estimate e[TANK_TAGS];
	struct sample s[TANK_TAGS];

	for (int k = 0; k < 10; k++) {
		tank_plant_step(&b->plant);
	}
	values[TANK_LEVEL] = tank_plant_level(&b->plant) * 1e3;
	values[TANK_INFLOW] = tank_plant_inflow(&b->plant) * 1e3;
	values[TANK_VALVE] = b->plant.valve;
	for (uint32_t k = 0; k < TANK_TAGS; k++) {
		r[k] = (struct reading){.tag = k, .value = value_real(values[k])};
	}
	b->rows++;
	twin_merge(b->twin, b->rows * (int64_t)S_NS, r, TANK_TAGS, e);
	for (uint32_t k = 0; k < TANK_TAGS && h; k++) {
		s[k] = (struct sample){.ts_us = TANK_T0_US + b->rows * S_US,
		                       .tag = k,
		                       .value = r[k].value,
		                       .est = e[k]};
	}
	if (h) {
		assert_int_equal(history_append(h, s[0].ts_us, s, TANK_TAGS), 0);
	}
}

/* Healthy until it has learnt, then its outlet is as many times as large. */
static void live(struct bench *b, double times)
{
	const char *found;
	struct history *h;

	assert_int_equal(history_open(&h, &b->tank.config->history, &found), 0);
	b->plant = tank_plant_new(31);
	for (int i = 0; i < LEARN_S + 100 + THEN_S; i++) {
		b->plant.leak = i < LEARN_S + 100 ? 0 : times - 1;
		run(b, h);
	}
	assert_int_equal(history_commit(h), 0);
	history_close(h);
}

static void setup(struct bench *b, const char *auto_identify, double times)
{
	struct versions_parts parts = {.changed = on_change, .arg = b};
	struct proposals_parts own = {
		.loop = &b->loop, .wall_us = wall, .tell = on_proposal, .arg = b};
	const char *found;

	*b = (struct bench){.told = 0};
	write_config(&b->tank, auto_identify);
	b->components[0] = b->tank.config->twin.components[0];
	b->cfg = b->tank.config->twin;
	b->cfg.components = b->components;
	assert_int_equal(twin_new(&b->twin, &b->cfg), 0);
	live(b, times);
	assert_int_equal(
		writer_start(&b->writer, &b->tank.config->history, NULL, 1 << 20, &found),
		0);
	parts.config = own.config = b->tank.config;
	parts.components = b->components;
	parts.twin = &b->twin;
	parts.writer = b->writer;
	assert_int_equal(versions_new(&b->versions, &parts), 0);
	own.twin = b->twin;
	own.versions = b->versions;
	assert_int_equal(uv_loop_init(&b->loop), 0);
	assert_int_equal(proposals_new(&b->proposals, &own), 0);
}

static void teardown(struct bench *b)
{
	proposals_stop(b->proposals);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	proposals_free(b->proposals);
	versions_free(b->versions);
	writer_stop(b->writer);
	twin_free(b->twin);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	tank_history_free(&b->tank);
}

/* A look so many seconds after the first, which was when the mismatch began.
 * @return was anything begun? */
static bool look(struct bench *b, int64_t at_s)
{
	wall_us = TANK_T0_US + (LEARN_S + 200 + at_s) * S_US;
	proposals_tick(b->proposals, (uint64_t)(1 + at_s) * S_NS);
	return uv_loop_alive(&b->loop);
}

static void work(struct bench *b)
{
	uv_run(&b->loop, UV_RUN_DEFAULT);
}

static void mismatch_of_an_hour_is_proposed(void **state)
{
	const struct version_proposal *waits;
	struct bench b;

	(void)state;
	setup(&b, "", 0.8);
	assert_false(look(&b, 0));
	assert_false(look(&b, HOUR_S - 1));
	assert_true(look(&b, HOUR_S));
	work(&b);
	assert_int_equal(b.told, 1);
	if (!strstr(b.message, "tank: ") ||
	    !strstr(b.message, "outlet 0.0021 -> 0.0016") ||
	    !strstr(b.message, ", held-out error of plc/level over ") ||
	    !strstr(b.message, " mm instead of ") ||
	    !strstr(b.message, "; accept with pollux identify tank --accept")) {
		fail_msg("%s", b.message);
	}
	waits = versions_proposal(b.versions, 0);
	assert_int_equal(waits->number, 1);
	assert_true(fabs(waits->parameters[1] / (0.8 * tank_outlet) - 1) < 0.02);
	assert_int_equal(versions_in_force(b.versions, 0), 0);
	assert_true(b.components[0].parameters[1] == 0.0021);
	assert_int_equal(b.changed, 0);
	/* Not again that day; and what waits already is not told twice. */
	assert_false(look(&b, 2 * HOUR_S));
	assert_false(look(&b, 24 * HOUR_S));
	assert_true(look(&b, 25 * HOUR_S));
	work(&b);
	assert_int_equal(b.told, 1);
	teardown(&b);
}

static void who_wishes_it_has_it_put_in_force(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, "      auto_identify: accept\n", 0.8);
	assert_false(look(&b, 0));
	assert_true(look(&b, HOUR_S));
	work(&b);
	assert_int_equal(b.told, 1);
	assert_non_null(strstr(b.message, "put in force (auto_identify), back with "
	                                  "pollux identify tank --rollback 0"));
	assert_int_equal(versions_in_force(b.versions, 0), 1);
	assert_int_equal(versions_proposal(b.versions, 0)->number, 0);
	assert_int_equal(b.changed, 1);
	assert_true(fabs(b.components[0].parameters[1] / (0.8 * tank_outlet) - 1) < 0.02);
	for (int i = 0; i < 1000; i++) {
		run(&b, NULL);
	}
	look(&b, 2 * HOUR_S); /* its mismatch is over */
	assert_false(look(&b, 30 * HOUR_S));
	teardown(&b);
}

static void nothing_is_sought_without_reason(void **state)
{
	static const struct {
		const char *name, *yaml;
		double times;
	} cases[] = {
		{"off for all", "  auto_identify: off\n", 0.8},
		{"off for one", "      auto_identify: off\n  auto_identify: accept\n",
	         0.8},
		{"healthy", "", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench b;

		setup(&b, cases[i].yaml, cases[i].times);
		if (look(&b, 0) || look(&b, HOUR_S) || look(&b, 30 * HOUR_S)) {
			fail_msg("%s", cases[i].name);
		}
		teardown(&b);
	}
}

static void another_mismatch_is_another_proposal(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, "", 0.8);
	assert_false(look(&b, 0));
	assert_true(look(&b, HOUR_S));
	work(&b);
	assert_int_equal(b.told, 1);
	assert_false(look(&b, 2 * HOUR_S));
	b.plant.leak = -0.5;
	for (int i = 0; i < 700; i++) {
		run(&b, NULL);
	}
	assert_true(look(&b, 3 * HOUR_S));
	work(&b);
	teardown(&b);
}

static void end_does_not_wait_for_it(void **state)
{
	struct bench b;

	(void)state;
	setup(&b, "", 0.8);
	assert_false(look(&b, 0));
	assert_true(look(&b, HOUR_S));
	proposals_stop(b.proposals);
	work(&b);
	assert_int_equal(b.told, 0);
	assert_int_equal(versions_proposal(b.versions, 0)->number, 0);
	assert_false(look(&b, 10 * HOUR_S));
	teardown(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mismatch_of_an_hour_is_proposed),
		cmocka_unit_test(who_wishes_it_has_it_put_in_force),
		cmocka_unit_test(nothing_is_sought_without_reason),
		cmocka_unit_test(another_mismatch_is_another_proposal),
		cmocka_unit_test(end_does_not_wait_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
