/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_plan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"

enum { CREW_MAX = 100 };

/* Both lines, and the plan between them. */
struct work {
	struct line_plan *plan;
	const struct line_setup *base, *own;
	size_t room;
	bool full;
};

const char *line_step_name(enum line_step_kind kind)
{
	static const char *const names[] = {[STEP_NEW] = "new",
	                                    [STEP_CHANGED] = "changed",
	                                    [STEP_REMOVED] = "removed"};

	return names[kind];
}

static double known(double x)
{
	return isnan(x) ? 0 : x;
}

/* ---- nodes ---- */

static bool is_same(const struct node *a, const struct node *b)
{
	if (a == b || a->kind != b->kind) {
		return a == b;
	}
	if (a->kind == NODE_SCALAR) {
		return strcmp(a->text, b->text) == 0;
	}
	for (size_t i = 0; i < a->n && a->n == b->n; i++) {
		const struct node *other = a->kind == NODE_LIST
		                                   ? b->items[i]
		                                   : tree_find(b, a->keys[i]->text);

		if (!other || !is_same(a->items[i], other)) {
			return false;
		}
	}
	return a->n == b->n;
}

/* As it would stand on one line. */
static const char *text_of(struct arena *arena, const struct node *node)
{
	const char *out = "";

	if (!node || node->kind == NODE_SCALAR) {
		return node ? node->text : "";
	}
	for (size_t i = 0; out && i < node->n; i++) {
		const char *own = text_of(arena, node->items[i]);

		out = arena_format(arena, "%s%s%s%s%s", out, i ? ", " : "",
		                   node->kind == NODE_MAP ? node->keys[i]->text : "",
		                   node->kind == NODE_MAP ? ": " : "", own ? own : "");
	}
	return out ? arena_format(arena, node->kind == NODE_MAP ? "{%s}" : "[%s]", out)
	           : NULL;
}

static const char *id_of(const struct node *item)
{
	const struct node *id = item->kind == NODE_MAP ? tree_find(item, "id") : NULL;

	return id && id->kind == NODE_SCALAR ? id->text : NULL;
}

static const struct node *find(const struct node *list, const char *id)
{
	for (size_t i = 0; id && list && i < list->n; i++) {
		const char *own = id_of(list->items[i]);

		if (own && strcmp(own, id) == 0) {
			return list->items[i];
		}
	}
	return NULL;
}

static const struct node *list_of(const struct line_setup *s, const char *key)
{
	const struct node *list = tree_find(s->tree, key);

	return list && list->kind == NODE_LIST ? list : NULL;
}

/* Of all keys, or where there is a base of those that are others: "a: 1 -> 2, b: 3". */
static const char *differences(struct work *w, const struct node *own,
                               const struct node *base)
{
	struct arena *arena = &w->plan->arena;
	const char *out = "";

	for (size_t i = 0; out && i < own->n; i++) {
		const char *key = own->keys[i]->text;
		const struct node *before = base ? tree_find(base, key) : NULL;

		if (strcmp(key, "id") == 0 ||
		    (before && is_same(before, own->items[i]))) {
			continue;
		}
		out = arena_format(arena, "%s%s%s: %s%s%s", out, *out ? "; " : "", key,
		                   before ? text_of(arena, before) : "",
		                   before ? " -> " : "", text_of(arena, own->items[i]));
	}
	for (size_t i = 0; out && base && i < base->n; i++) {
		if (!tree_find(own, base->keys[i]->text)) {
			out = arena_format(arena, "%s%sno %s", out, *out ? "; " : "",
			                   base->keys[i]->text);
		}
	}
	w->full = w->full || !out;
	return out ? out : "";
}

/* ---- what a thing takes ---- */

static const struct line_cell *find_cell(const struct line_setup *s, const char *id)
{
	for (size_t i = 0; i < s->n_cells; i++) {
		if (strcmp(s->cells[i].id, id) == 0) {
			return &s->cells[i];
		}
	}
	return NULL;
}

/* The module that a station is of: of those that its name begins with the one with the
 * longest name; NULL: it is the line's own. */
static const struct line_cell *cell_of(const struct line_setup *s, const char *station)
{
	const struct line_cell *best = NULL;

	for (size_t i = 0; i < s->n_cells; i++) {
		size_t n = strlen(s->cells[i].id);

		if (strncmp(station, s->cells[i].id, n) == 0 && station[n] == '-' &&
		    (!best || n > strlen(best->id))) {
			best = &s->cells[i];
		}
	}
	return best;
}

/* Money, floor and downtime of a station, a fleet, or a module with its stations. */
struct price {
	double investment, floor_m2, changeover_s;
};

static void add_station(const struct line_setup *s, size_t i, struct price *p)
{
	const struct line_module *m = &s->modules[i];

	p->investment += s->config.stations[i].servers * known(m->investment);
	p->floor_m2 += s->config.stations[i].servers * known(m->floor_m2);
	p->changeover_s += known(m->changeover_s);
}

static struct price price_of(const struct line_setup *s, const char *list, const char *id)
{
	bool module = strcmp(list, "modules") == 0,
	     station = strcmp(list, "stations") == 0;
	const struct line_cell *cell = module ? find_cell(s, id) : NULL;
	struct price p = {0};

	if (cell) {
		p = (struct price){known(cell->investment), known(cell->floor_m2),
		                   known(cell->changeover_s)};
	}
	for (size_t i = 0; i < s->config.n_stations; i++) {
		const char *own = s->config.stations[i].id;

		if ((cell && cell_of(s, own) == cell) ||
		    (station && strcmp(own, id) == 0)) {
			add_station(s, i, &p);
		}
	}
	for (size_t i = 0; i < s->config.n_fleets; i++) {
		if (strcmp(list, "vehicles") == 0 &&
		    strcmp(s->config.fleets[i].id, id) == 0) {
			p.investment = s->config.fleets[i].count *
			               known(s->fleet_investment[i]);
		}
	}
	return p;
}

/* ---- steps ---- */

/* Is it of a module that is a step of its own, with all its stations? */
static bool is_counted(const struct work *w, const struct line_step *step)
{
	const struct line_cell *cell = strcmp(step->list, "stations") == 0
	                                       ? cell_of(w->own, step->id)
	                                       : NULL;
	bool counted = false;

	for (size_t i = 0; cell && i < w->plan->n; i++) {
		counted = counted || (strcmp(w->plan->steps[i].list, "modules") == 0 &&
		                      strcmp(w->plan->steps[i].id, cell->id) == 0);
	}
	return counted;
}

static void add_step(struct work *w, struct line_step step)
{
	struct line_plan *p = w->plan;
	struct price own = price_of(w->own, step.list, step.id);
	struct price base = price_of(w->base, step.list, step.id);

	if (is_counted(w, &step)) {
		own = base = (struct price){0};
	}

	if (p->n == w->room) {
		size_t room = w->room ? 2 * w->room : 16;
		struct line_step *all = reallocarray(p->steps, room, sizeof(*all));

		if (!all) {
			w->full = true;
			return;
		}
		p->steps = all;
		w->room = room;
	}
	step.takes_s = step.kind == STEP_REMOVED ? base.changeover_s : own.changeover_s;
	p->investment += fmax(own.investment - base.investment, 0);
	p->floor_m2 += own.floor_m2 - base.floor_m2;
	p->steps[p->n++] = step;
}

/* The same file by its name may be another one, beside another file. */
static const char *other_file(struct work *w, const char *list, const char *id)
{
	bool module = strcmp(list, "modules") == 0;
	const struct line_cell *own = module ? find_cell(w->own, id) : NULL,
			       *base = module ? find_cell(w->base, id) : NULL;
	const char *text = "";

	if (own && base && strcmp(own->path, base->path) != 0) {
		text = arena_format(&w->plan->arena, "file: %s -> %s", base->path,
		                    own->path);
		w->full = w->full || !text;
	}
	return text ? text : "";
}

/* What the line says of a station of a module is laid over one that is there. */
static void compare_item(struct work *w, const char *list, const struct node *own,
                         const struct node *base)
{
	const char *id = id_of(own), *file;
	bool same = base && is_same(own, base), there;

	if (!id) {
		return; /* the schema wants one */
	}
	file = other_file(w, list, id);
	there = base || (strcmp(list, "stations") == 0 && cell_of(w->base, id));
	if (!same || *file) {
		const char *what = differences(w, own, base);

		add_step(w, (struct line_step){.list = list,
		                               .id = id,
		                               .kind = there ? STEP_CHANGED : STEP_NEW,
		                               .what = *what ? what : file});
	}
}

static void compare(struct work *w, const char *key)
{
	const struct node *own = list_of(w->own, key), *base = list_of(w->base, key);

	for (size_t i = 0; own && i < own->n; i++) {
		compare_item(w, key, own->items[i], find(base, id_of(own->items[i])));
	}
	for (size_t i = 0; base && i < base->n; i++) {
		const char *id = id_of(base->items[i]);

		if (id && !find(own, id) && !cell_of(w->base, id)) {
			add_step(w, (struct line_step){.list = key,
			                               .id = id,
			                               .kind = STEP_REMOVED,
			                               .what = ""});
		}
	}
}

/* Ways have no names: how many are not as before. */
static void compare_ways(struct work *w)
{
	const struct node *own = list_of(w->own, "ways"),
			  *base = list_of(w->base, "ways");
	size_t others = 0;

	for (size_t i = 0; own && i < own->n; i++) {
		bool same = false;

		for (size_t k = 0; base && k < base->n; k++) {
			same = same || is_same(own->items[i], base->items[k]);
		}
		others += !same;
	}
	if (others > 0 || (own ? own->n : 0) != (base ? base->n : 0)) {
		const char *what = arena_format(&w->plan->arena,
		                                "%zu of %zu are others than before",
		                                others, own ? own->n : 0);

		w->full = w->full || !what;
		add_step(w, (struct line_step){.list = "ways",
		                               .id = "ways",
		                               .kind = STEP_CHANGED,
		                               .what = what ? what : ""});
	}
}

/* What goes makes room; then the longest. */
static int by_turn(const void *a, const void *b)
{
	const struct line_step *x = a, *y = b;
	bool goes = x->kind == STEP_REMOVED;

	if (goes != (y->kind == STEP_REMOVED)) {
		return goes ? -1 : 1;
	}
	return x->takes_s < y->takes_s ? 1 : x->takes_s > y->takes_s ? -1 : 0;
}

/* Each to who is free first (Graham 1969). */
static void schedule(struct line_plan *p)
{
	double free_s[CREW_MAX] = {0};

	qsort(p->steps, p->n, sizeof(*p->steps), by_turn);
	for (size_t i = 0; i < p->n; i++) {
		size_t who = 0;

		for (size_t k = 1; k < p->crew; k++) {
			who = free_s[k] < free_s[who] ? k : who;
		}
		p->steps[i].from_s = free_s[who];
		free_s[who] += p->steps[i].takes_s;
		p->downtime_s = fmax(p->downtime_s, free_s[who]);
		p->in_a_row_s += p->steps[i].takes_s;
	}
}

/* ---- money ---- */

static double hours(const struct line_plan *p, double margin, double gain_h)
{
	if (!(margin > 0)) {
		return (double)NAN;
	}
	return gain_h > 0 ? (p->investment / margin + p->lost) / gain_h
	                  : (double)INFINITY;
}

static void earn(struct line_plan *p, const struct line_study *base,
                 const struct line_study *variant)
{
	double margin = variant->setup->margin;

	p->gain_h = line_study_more(variant, base, MEASURE_THROUGHPUT);
	p->lost = p->downtime_s / 3600 * line_study_of(base, MEASURE_THROUGHPUT).mean;
	p->pays_h = hours(p, margin, p->gain_h.mean);
	p->pays_least_h = p->pays_most_h = (double)NAN;
	if (!isnan(p->gain_h.half)) {
		p->pays_least_h = hours(p, margin, p->gain_h.mean + p->gain_h.half);
		p->pays_most_h = hours(p, margin, p->gain_h.mean - p->gain_h.half);
	}
}

int line_plan_make(struct line_plan *out, const struct line_study *base,
                   const struct line_study *variant)
{
	static const char *const lists[] = {"modules", "stations", "vehicles",
	                                    "operators", "sources"};
	struct work w = {.plan = out, .base = base->setup, .own = variant->setup};

	*out = (struct line_plan){.crew = variant->setup->crew};
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		compare(&w, lists[i]);
	}
	compare_ways(&w);
	if (w.full) {
		line_plan_free(out);
		return -ENOMEM;
	}
	schedule(out);
	earn(out, base, variant);
	return 0;
}

void line_plan_free(struct line_plan *p)
{
	arena_free(&p->arena);
	free(p->steps);
	p->steps = NULL;
	p->n = 0;
}
