/* SPDX-License-Identifier: Apache-2.0 */
/* The bottling line with its PLC, stepped at 20 ms, against real time: at least 1,000
 * times as fast.  Processor time, so that load does not move it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "gateway/plant/plc_link.h"

enum { WARM_TURNS = 5000, TURNS = 150000, ROUNDS = 3, BAR = 1000 };

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void turn(struct plant *p, int n)
{
	while (n-- > 0) {
		plant_turn(p);
	}
}

/* @return plant seconds a second, the best of a few rounds */
static double measure(const struct plant_setup *setup, struct plc_link *link)
{
	struct plant *p;
	double best = 0;

	if (plant_new(&p, &setup->plant)) {
		exit(1);
	}
	if (link) {
		plc_link_attach(link, p);
	}
	turn(p, 10);
	plant_set(p, (uint32_t)plant_signal_find(setup, "start_button"), 1);
	plant_set(p, (uint32_t)plant_signal_find(setup, "refill_caps"), 1);
	turn(p, WARM_TURNS);
	for (int i = 0; i < ROUNDS; i++) {
		double begun = now_s(), rate;

		turn(p, TURNS);
		rate = TURNS * plant_cycle_s(p) / (now_s() - begun);
		best = rate > best ? rate : best;
	}
	if (link) {
		printf("  %.0f bottles packed, state %.0f\n",
		       plant_signals(p)[plant_signal_find(setup, "table.packed")],
		       plant_signals(p)[plant_signal_find(setup, "state")]);
	}
	plant_free(p);
	return best;
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "etc/bottling.yaml";
	struct plant_setup *setup = NULL;
	struct plc_link *link = NULL;
	double together, alone;

	if (plant_config_load(&setup, path, NULL, stderr) ||
	    plc_link_open(&link, setup, NULL, stderr)) {
		return 1;
	}
	together = measure(setup, link);
	alone = measure(setup, NULL);
	printf("bottling line with its PLC, cycle 20 ms: %.0f x real time (bar %d); the "
	       "plant alone %.0f x\n",
	       together, BAR, alone);
	plc_link_close(link);
	plant_config_free(setup);
	return together >= BAR ? 0 : 1;
}
