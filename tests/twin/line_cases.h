/* SPDX-License-Identifier: Apache-2.0 */
/** Small lines for tests: stations one after the other. */
#ifndef TESTS_TWIN_LINE_CASES_H
#define TESTS_TWIN_LINE_CASES_H

#include <math.h>

#include "twin/line/line.h"

enum { CASE_STATIONS = 8 };

/** Begin with chain(). */
struct line_case {
	struct line_product product;
	struct line_source source;
	struct line_station stations[CASE_STATIONS];
	struct line_edge edges[2 * CASE_STATIONS];
	struct line_operator operators[CASE_STATIONS];
	struct line_config config;
};

static inline struct dist constant(double a)
{
	return (struct dist){.kind = DIST_CONSTANT, .a = a};
}

static inline struct dist exponential(double mean)
{
	return (struct dist){.kind = DIST_EXPONENTIAL, .a = mean};
}

static inline struct line_station station(struct dist time)
{
	return (struct line_station){
		.id = "s", .servers = 1, .time = time, .ideal_s = (double)NAN};
}

static inline struct line_edge way(uint32_t from, uint32_t to, uint32_t capacity)
{
	return (struct line_edge){.from = from,
	                          .to = to,
	                          .share = 1,
	                          .products = 1,
	                          .capacity = capacity,
	                          .take = 1};
}

/** n stations, so many places before each; the last gives out of the line. */
static inline void chain(struct line_case *c, size_t n, uint32_t capacity)
{
	*c = (struct line_case){.config = {0}};
	c->product = (struct line_product){
		.id = "part", .share = 1, .due_s = (double)INFINITY};
	c->source.id = "source";
	for (uint32_t i = 0; i <= n; i++) {
		c->edges[i] = way(i ? i - 1 : 0, i < n ? i : LINE_OUT, capacity);
		c->edges[i].of_source = i == 0;
	}
	c->config = (struct line_config){.products = &c->product,
	                                 .n_products = 1,
	                                 .sources = &c->source,
	                                 .n_sources = 1,
	                                 .edges = c->edges,
	                                 .n_edges = n + 1,
	                                 .stations = c->stations,
	                                 .n_stations = n,
	                                 .operators = c->operators};
}

#endif
