/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives a gateway that does not run a past, up to now:
 *
 *     past CONFIG tank SECONDS              plc/level, plc/inflow, plc/valve each second;
 *                                           the outlet is tank_outlet
 *     past CONFIG ramp DEVICE/TAG FROM PER_DAY DAYS
 *                                           a reading an hour
 *     past CONFIG machine DEVICE SECONDS    its count, rejects, down, busy
 *     past CONFIG propose COMPONENT VALUE   a version of its parameters, the second of
 * them VALUE, that waits for somebody
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/versions.h"
#include "storage/history.h"
#include "storage/version.h"
#include "tests/twin/tank_plant.h"
#include "twin/line/dist.h"

#define SECOND_US INT64_C(1000000)
#define EVERY_US  (3600 * SECOND_US)

enum { UPKEEP_MAX = 10000 };

struct past {
	struct config *config;
	struct history *history;
	char **words;
};

static void check(int err, const char *what)
{
	if (err) {
		fprintf(stderr, "past: %s: %s\n", what, strerror(-err));
		exit(EXIT_FAILURE);
	}
}

static uint32_t find(const struct past *p, const char *name)
{
	int64_t tag = config_tag(p->config, name);

	check(tag < 0 ? -1 : 0, name);
	return (uint32_t)tag;
}

static struct sample sample(uint32_t tag, int64_t ts_us, double x)
{
	return (struct sample){
		.ts_us = ts_us,
		.tag = tag,
		.value = value_real(x),
		.est = {.predicted = NAN, .sigma = NAN, .state = STATE_HEALTHY}};
}

static void write_tank(const struct past *p)
{
	const uint32_t tags[] = {find(p, "plc/level"), find(p, "plc/inflow"),
	                         find(p, "plc/valve")};
	struct tank_plant plant = tank_plant_new(31);
	int64_t n = strtoll(p->words[0], NULL, 10);
	int64_t from_us = clock_wall_us() - n * SECOND_US;

	for (int64_t i = 0; i < n; i++) {
		int64_t ts_us = from_us + i * SECOND_US;
		struct sample s[3];

		for (int k = 0; k < 10; k++) {
			tank_plant_step(&plant);
		}
		s[0] = sample(tags[0], ts_us, tank_plant_level(&plant) * 1e3);
		s[1] = sample(tags[1], ts_us, tank_plant_inflow(&plant) * 1e3);
		s[2] = sample(tags[2], ts_us, plant.valve);
		check(history_append(p->history, ts_us, s, 3), "append");
	}
}

static void write_ramp(const struct past *p)
{
	uint32_t tag = find(p, p->words[0]);
	double from = strtod(p->words[1], NULL), per_day = strtod(p->words[2], NULL);
	int64_t n = strtoll(p->words[3], NULL, 10) * 24;
	int64_t now_us = clock_wall_us() / EVERY_US * EVERY_US;
	uint64_t seed = 3;
	int err = 1;

	for (int64_t i = 0; i < n; i++) {
		double noise = 0.3 * per_day * noise_normal(&seed);
		double x = from + per_day * (double)i / 24 + noise;
		struct sample s = sample(tag, now_us - (n - i) * EVERY_US, x);

		check(history_append(p->history, s.ts_us, &s, 1), "append");
	}
	for (int i = 0; i < UPKEEP_MAX && err > 0; i++) { /* hours out of it */
		check(history_commit(p->history), "commit");
		err = history_upkeep(p->history, 0);
	}
}

/* One thing that happens: the tags of a machine as they are from then on. */
static void write_machine_at(const struct past *p, const uint32_t tags[4], double t_s,
                             const double x[4])
{
	static int64_t now_us, last_us;
	double end_s = strtod(p->words[1], NULL);
	struct sample s[4];
	int64_t ts_us;

	/* as a gateway sees it that looks ten times a second */
	now_us = now_us ? now_us : clock_wall_us();
	ts_us = now_us + (int64_t)(ceil(10 * (t_s - end_s)) * 1e5);
	ts_us = ts_us > last_us ? ts_us : last_us + 1;
	last_us = ts_us;
	for (int i = 0; i < 4; i++) {
		s[i] = sample(tags[i], ts_us, x[i]);
	}
	check(history_append(p->history, ts_us, s, 4), "append");
}

/* Cycles lognormal(4 s, 0.5 s), after one in five a wait; 3 % rejects; a failure after
 * 600 s of running in the mean, repaired within gamma(60 s, 3). */
static void write_machine(const struct past *p)
{
	static const struct dist cycle = {DIST_LOGNORMAL, 4, 0.5, 0, NULL, 0},
				 wait = {DIST_EXPONENTIAL, 6, 0, 0, NULL, 0},
				 up = {DIST_EXPONENTIAL, 600, 0, 0, NULL, 0},
				 repair = {DIST_GAMMA, 60, 3, 0, NULL, 0};
	static const char *const names[] = {"count", "rejects", "down", "busy"};
	double end_s = strtod(p->words[1], NULL), t_s = 0, left_s, repaired_s,
	       x[4] = {0, 0, 0, 1};
	uint32_t tags[4];
	struct rng g;

	for (int i = 0; i < 4; i++) {
		char name[128];

		snprintf(name, sizeof(name), "%s/%s", p->words[0], names[i]);
		tags[i] = find(p, name);
	}
	rng_init(&g, 6, 1);
	left_s = dist_draw(&up, &g);
	write_machine_at(p, tags, t_s, x);
	while (t_s < end_s - 600) {
		double work_s = dist_draw(&cycle, &g);

		if (left_s < work_s) {
			x[2] = 1;
			write_machine_at(p, tags, t_s + left_s, x);
			repaired_s = t_s + dist_draw(&repair, &g);
			for (; t_s < repaired_s; t_s = fmin(t_s + 20, repaired_s)) {
				write_machine_at(p, tags, t_s + left_s, x);
			}
			x[2] = 0;
			write_machine_at(p, tags, t_s + left_s, x);
			left_s = work_s + dist_draw(&up, &g);
		}
		left_s -= work_s;
		t_s += work_s;
		x[0]++;
		x[1] += rng_uniform(&g) < 0.03;
		x[3] = rng_uniform(&g) >= 0.2;
		write_machine_at(p, tags, t_s, x);
		if (x[3] == 0) {
			t_s += 0.2 + dist_draw(&wait, &g);
			x[3] = 1;
			write_machine_at(p, tags, t_s, x);
		}
	}
}

static void write_proposal(const struct past *p)
{
	const struct twin_config *twin = &p->config->twin;
	const struct component_config *c = twin->components;
	double parameters[MODEL_PARAMETERS_MAX];
	struct version_origin origin = {.rows = 2800, .by = "auto"};
	struct version v = {.ts_us = clock_wall_us(),
	                    .number = 1,
	                    .train_error = 1.1,
	                    .held_out_error = 0.4};
	char *details;

	while (strcmp(c->id, p->words[0]) != 0) {
		c++;
		check(c == twin->components + twin->n_components ? -1 : 0, p->words[0]);
	}
	memcpy(parameters, c->parameters, sizeof(parameters));
	parameters[1] = strtod(p->words[1], NULL);
	origin.prior = c->parameters;
	origin.from_us = origin.to_us = v.ts_us;
	details = version_details(c, parameters, &origin);
	v.details = details;
	v.device = c->device_index;
	check(version_put(p->history, &v), "version");
	free(details);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int words;
		void (*write)(const struct past *p);
	} kinds[] = {{"tank", 1, write_tank},
	             {"ramp", 4, write_ramp},
	             {"machine", 2, write_machine},
	             {"propose", 2, write_proposal}};
	struct past p = {.words = argv + 3};
	const char *found = NULL;
	size_t kind = 0;

	while (argc > 2 && kind < ARRAY_SIZE(kinds) &&
	       (strcmp(argv[2], kinds[kind].name) != 0 ||
	        argc - 3 != kinds[kind].words)) {
		kind++;
	}
	if (argc < 3 || kind == ARRAY_SIZE(kinds)) {
		fputs("usage: past CONFIG tank|ramp|machine|propose ...\n", stderr);
		return 2;
	}
	check(config_load(&p.config, argv[1], stderr), argv[1]);
	check(history_open(&p.history, &p.config->history, &found), p.config->state_dir);
	kinds[kind].write(&p);
	check(history_commit(p.history), "commit");
	history_close(p.history);
	config_free(p.config);
	return 0;
}
