/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_exit.h"

#include <stdio.h>

/* What goes away from a station, and into it. */
struct ends {
	bool good, scrap, on; /* ways out, ways out with scrap, ways to other stations */
	uint32_t take;        /* of its first way in; 0: there is none */
	bool unlike;          /* its ways in take unlike numbers */
};

static struct ends ends_of(const struct line_config *c, size_t station)
{
	struct ends e = {.take = 0};

	for (size_t i = 0; i < c->n_edges; i++) {
		const struct line_edge *edge = &c->edges[i];

		if (edge->to == station) {
			e.unlike |= e.take && e.take != edge->take;
			e.take = e.take ? e.take : edge->take;
		}
		if (!edge->of_source && edge->from == station) {
			e.good |= edge->to == LINE_OUT && !edge->scrap;
			e.scrap |= edge->to == LINE_OUT && edge->scrap;
			e.on |= edge->to != LINE_OUT;
		}
	}
	return e;
}

/* NULL: it can be counted. */
static const char *obstacle(const struct line_station *s, const struct machine_tags *t,
                            const struct ends *e)
{
	if (!t->count) {
		return "has no `tags: {count: ...}`";
	}
	if (e->on) {
		return "sends parts on as well as out, and its count tells nothing apart";
	}
	if (e->scrap && !t->rejects) {
		return "has a way with scrap, and no `tags: {rejects: ...}`";
	}
	if (!s->gives && !s->join && e->unlike) {
		return "takes unlike numbers of parts a job: say what it `gives`";
	}
	return NULL;
}

size_t line_exits(const struct line_setup *setup, struct line_exit out[LINE_EXITS_MAX],
                  char *why)
{
	const struct line_config *c = &setup->config;
	size_t n = 0;

	snprintf(why, LINE_EXIT_WHY_MAX, "no station has a way out");
	for (size_t i = 0; i < c->n_stations; i++) {
		const struct line_station *s = &c->stations[i];
		const struct machine_tags *t = &setup->modules[i].tags;
		const struct ends e = ends_of(c, i);
		const char *what = e.good ? obstacle(s, t, &e) : NULL;

		if (!e.good) {
			continue;
		}
		if (!what && n == LINE_EXITS_MAX) {
			what = "is one too many: parts leave at up to 16";
		}
		if (what) {
			snprintf(why, LINE_EXIT_WHY_MAX, "station '%.64s' %s", s->id,
			         what);
			return 0;
		}
		out[n++] = (struct line_exit){t->count, t->rejects,
		                              s->gives ? s->gives
		                              : e.take ? e.take
		                                       : 1};
	}
	return n;
}
