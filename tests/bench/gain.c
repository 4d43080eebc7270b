/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the gain that `pollux optimise` promises there on the virtual plant?
 *
 *     bench_gain PLANT SEEDS HOURS OBJECTIVE LOW HIGH SIGNAL=VALUE...
 *
 * Runs the plant with each seed as it is and with the setpoints, counts how often the
 * saving of the integral of OBJECTIVE (signals joined by +, W) lies within LOW to HIGH
 * kWh, and prints it beside its mean and spread.  tests/bench/gain.py calls it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/plant/plant_config.h"

enum { SUMMED_MAX = 8, SET_MAX = 16 };

struct gain {
	struct plant_setup *setup;
	uint32_t summed[SUMMED_MAX], set[SET_MAX];
	double values[SET_MAX];
	size_t n_summed, n_set;
	double hours;
};

static uint32_t find(const struct gain *g, const char *name)
{
	int64_t at = plant_signal_find(g->setup, name);

	if (at < 0) {
		fprintf(stderr, "there is no signal '%s'\n", name);
		exit(2);
	}
	return (uint32_t)at;
}

/* @return kWh of one run */
static double run(const struct gain *g, uint64_t seed, bool set)
{
	struct plant_config c = g->setup->plant;
	struct plant *p;
	double joules = 0;

	c.seed = seed;
	c.n_faults = 0; /* without what its script does to it */
	if (plant_new(&p, &c)) {
		exit(1);
	}
	for (size_t i = 0; set && i < g->n_set; i++) {
		if (plant_set(p, g->set[i], g->values[i])) {
			exit(1);
		}
	}
	for (double t = 0; t < g->hours * 3600; t += plant_cycle_s(p)) {
		plant_turn(p);
		for (size_t i = 0; i < g->n_summed; i++) {
			joules += plant_signals(p)[g->summed[i]] * plant_cycle_s(p);
		}
	}
	plant_free(p);
	return joules / 3.6e6;
}

int main(int argc, char **argv)
{
	struct gain g = {.hours = argc > 3 ? strtod(argv[3], NULL) : 0};
	long seeds = argc > 2 ? strtol(argv[2], NULL, 10) : 0, within = 0;
	double low, high, sum = 0, squares = 0;

	if (argc < 7 || seeds < 1 || !(g.hours > 0) ||
	    plant_config_load(&g.setup, argv[1], NULL, stderr)) {
		fputs("usage: bench_gain PLANT SEEDS HOURS OBJECTIVE LOW HIGH "
		      "SIGNAL=VALUE...\n",
		      stderr);
		return 2;
	}
	for (char *name, *rest = argv[4];
	     (name = strsep(&rest, "+")) && g.n_summed < SUMMED_MAX;) {
		g.summed[g.n_summed++] = find(&g, name);
	}
	low = strtod(argv[5], NULL);
	high = strtod(argv[6], NULL);
	for (int i = 7; i < argc && g.n_set < SET_MAX; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals) {
			return 2;
		}
		*equals = '\0';
		g.set[g.n_set] = find(&g, argv[i]);
		g.values[g.n_set++] = strtod(equals + 1, NULL);
	}
	for (long seed = 1; seed <= seeds; seed++) {
		double saved = run(&g, (uint64_t)seed, false) -
		               run(&g, (uint64_t)seed, true);

		within += saved >= low && saved <= high;
		sum += saved;
		squares += saved * saved;
	}
	sum /= (double)seeds;
	printf("saved %.4f kWh, spread %.4f; within %.4f to %.4f for %ld of %ld seeds\n",
	       sum, sqrt(fmax(squares / (double)seeds - sum * sum, 0)), low, high, within,
	       seeds);
	plant_config_free(g.setup);
	return 0;
}
