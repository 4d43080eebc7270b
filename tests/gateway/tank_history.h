/* SPDX-License-Identifier: Apache-2.0 */
/** A configuration with a tank, and a history of what it did: its outlet is wider than
 * the configuration says. */
#ifndef TESTS_GATEWAY_TANK_HISTORY_H
#define TESTS_GATEWAY_TANK_HISTORY_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/config.h"
#include "storage/history.h"
#include "tests/twin/tank_plant.h"

/* 2026-01-02T00:00:00Z */
#define TANK_T0_US INT64_C(1767312000000000)

enum { TANK_LEVEL, TANK_INFLOW, TANK_VALVE, TANK_TAGS };

struct tank_history {
	char dir[64], path[96];
	struct config *config;
};

static inline void tank_history_new(struct tank_history *t)
{
	FILE *f;

	snprintf(t->dir, sizeof(t->dir), "/tmp/pollux-tank-XXXXXX");
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
	        "      parameters: {area: 1.2, outlet: 0.00175}\n"
	        "      inputs: {inflow: plc/inflow, valve: plc/valve}\n"
	        "      outputs: {level: plc/level}\n",
	        t->dir);
	fclose(f);
	assert_int_equal(config_load(&t->config, t->path, stderr), 0);
}

/** Seconds of history, a row a second; state of the level's rows from..to is drift. */
static inline void tank_history_fill(const struct tank_history *t, int seconds,
                                     int drift_from, int drift_to)
{
	struct tank_plant plant = tank_plant_new(31);
	const char *found;
	struct history *h;

	assert_int_equal(history_open(&h, &t->config->history, &found), 0);
	for (int i = 0; i < seconds; i++) {
		int64_t ts_us = TANK_T0_US + i * INT64_C(1000000);
		struct sample s[TANK_TAGS];
		double values[TANK_TAGS];

		for (int k = 0; k < 10; k++) {
			tank_plant_step(&plant);
		}
		values[TANK_LEVEL] = tank_plant_level(&plant) * 1e3;
		values[TANK_INFLOW] = tank_plant_inflow(&plant) * 1e3;
		values[TANK_VALVE] = plant.valve;
		for (uint32_t k = 0; k < TANK_TAGS; k++) {
			bool drift = k == TANK_LEVEL && i >= drift_from && i < drift_to;

			s[k] = (struct sample){
				.ts_us = ts_us,
				.tag = k,
				.value = value_real(values[k]),
				.est = {.predicted = NAN,
			                .sigma = NAN,
			                .state = drift ? STATE_DRIFT : STATE_HEALTHY}};
		}
		assert_int_equal(history_append(h, ts_us, s, TANK_TAGS), 0);
	}
	assert_int_equal(history_commit(h), 0);
	history_close(h);
}

static inline void tank_history_free(struct tank_history *t)
{
	DIR *dir = opendir(t->dir);
	char path[512];

	config_free(t->config);
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s", t->dir, e->d_name);
		unlink(path); /* fails on the folders . and .. alone */
	}
	closedir(dir);
	assert_int_equal(rmdir(t->dir), 0);
}

#endif
