/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events a second of a line of 24 stations with exponential times, some 22 of them at
 * work at any time, beside a bare binary heap with as many live events: one is taken, one
 * is put in its place.
 *
 * usage: bench_line [PARTS]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../twin/line_cases.h"
#include "twin/line/heap.h"

enum { STATIONS = 24, LIVE = 23 };

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As in any book: the last goes to the root and sinks, a new one rises. */
static struct heap_event bare[LIVE + 1];
static size_t n_bare;

static bool is_before(const struct heap_event *a, const struct heap_event *b)
{
	return a->t < b->t || (a->t <= b->t && a->number < b->number);
}

static void push(struct heap_event e)
{
	size_t i = n_bare++;

	for (; i > 0 && is_before(&e, &bare[(i - 1) / 2]); i = (i - 1) / 2) {
		bare[i] = bare[(i - 1) / 2];
	}
	bare[i] = e;
}

static struct heap_event pop(void)
{
	struct heap_event first = bare[0], last = bare[--n_bare];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < n_bare) {
		child += child + 1 < n_bare && is_before(&bare[child + 1], &bare[child]);
		if (!is_before(&bare[child], &last)) {
			break;
		}
		bare[i] = bare[child];
		i = child;
	}
	bare[i] = last;
	return first;
}

static double bare_heap(uint64_t n)
{
	struct rng g;
	double began;

	rng_init(&g, 1, 1);
	for (uint64_t i = 0; i < LIVE; i++) {
		push((struct heap_event){.t = -log(rng_uniform(&g)), .number = i});
	}
	began = seconds();
	for (uint64_t i = 0; i < n; i++) {
		struct heap_event e = pop();

		e.t += -log(rng_uniform(&g));
		e.number = LIVE + i;
		push(e);
	}
	return (double)n / (seconds() - began);
}

int main(int argc, char **argv)
{
	double parts = argc > 1 ? strtod(argv[1], NULL) : 200000, began, rate, floor;
	static struct line_station stations[STATIONS];
	static struct line_edge edges[STATIONS + 1];
	struct line_case c;
	struct line *l = NULL;
	uint64_t events;

	chain(&c, 1, UINT32_MAX);
	for (uint32_t i = 0; i <= STATIONS; i++) {
		edges[i] = way(i ? i - 1 : 0, i < STATIONS ? i : LINE_OUT, UINT32_MAX);
		edges[i].of_source = i == 0;
	}
	for (size_t i = 0; i < STATIONS; i++) {
		stations[i] = station(exponential(0.9));
	}
	c.source.every = exponential(1);
	c.config.stations = stations;
	c.config.n_stations = STATIONS;
	c.config.edges = edges;
	c.config.n_edges = STATIONS + 1;
	began = seconds();
	if (line_run(&l, &c.config, &(struct line_wish){.seed = 1, .for_s = parts})) {
		return 1;
	}
	events = line_figures(l)->events;
	rate = (double)events / (seconds() - began);
	line_free(l);
	floor = bare_heap(events);
	printf("line        %.3g events/s (%llu), %.3g parts/s\nbare heap   %.3g "
	       "events/s\nratio       "
	       "%.2f\n",
	       rate, (unsigned long long)events, parts * rate / (double)events, floor,
	       rate / floor);
	return 0;
}
