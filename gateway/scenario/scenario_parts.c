/* SPDX-License-Identifier: Apache-2.0 */
/* Scenarios, disturbances, figures and what is shown, over the signals of the plant. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/scenario/scenario_build.h"

static double seconds(const struct schema_view *v, const char *key)
{
	return (double)schema_int(v, key) / 1000;
}

/* A signal that may be set, or -1 with a complaint. */
static int64_t settable(struct scenario_build *b, const struct node *node)
{
	int64_t signal = node ? plant_signal(&b->plant, node) : -1;

	if (signal >= 0 && plant_has_writer(&b->plant, (uint32_t)signal)) {
		complaint_error(b->plant.said, node->at,
		                "'%s' follows from the others: it cannot be set",
		                node->text);
		return -1;
	}
	return signal;
}

/* ---- disturbances ---- */

static int read_noises(struct scenario_build *b)
{
	size_t n = schema_count(&b->plant.root, "disturbances");
	struct scenario_noise *noises = arena_array(b->plant.arena, n, sizeof(*noises));
	struct scenario_world *w = &b->setup->world;

	if (!noises) {
		return -ENOMEM;
	}
	if (n > SCENARIO_NOISES_MAX) {
		complaint_error(b->plant.said, b->plant.root.map->at,
		                "more than %d disturbances", SCENARIO_NOISES_MAX);
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct schema_view v = schema_item(&b->plant.root, "disturbances", i);
		int64_t signal = v.map ? settable(b, schema_node(&v, "signal")) : -1;

		if (signal >= 0) {
			noises[w->n_noises++] = (struct scenario_noise){
				.signal = (uint32_t)signal,
				.sigma = schema_real(&v, "sigma"),
				.tau_s = seconds(&v, "forgets_in")};
		}
	}
	w->noises = noises;
	return 0;
}

/* ---- figures ---- */

static bool is_taken(const struct kpi_config *kpis, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(kpis[i].id, id) == 0) {
			return true;
		}
	}
	return false;
}

static int read_kpi(struct scenario_build *b, const struct schema_view *v,
                    struct kpi_config *out, size_t before)
{
	const struct node *of = schema_node(v, "of");
	const char *id = schema_text(v, "id");
	int err;

	if (!of || !id) {
		return 0;
	}
	*out = (struct kpi_config){.id = id,
	                           .unit = schema_text(v, "unit"),
	                           .how = (enum kpi_how)schema_choice(v, "as"),
	                           .from_s = seconds(v, "from"),
	                           .scale = schema_real(v, "scale")};
	if (is_taken(out - before, before, id)) {
		complaint_error(b->plant.said, v->map->at,
		                "a figure '%s' is there already", id);
	}
	err = plant_condition_build(&b->plant, of->at, of->text, &out->of);
	return err == -ENOMEM ? err : 0;
}

static int read_kpis(struct scenario_build *b)
{
	size_t n = schema_count(&b->plant.root, "kpis");
	struct kpi_config *kpis = arena_array(b->plant.arena, n, sizeof(*kpis));
	struct scenario_world *w = &b->setup->world;
	int err = kpis ? 0 : -ENOMEM;

	if (n > SCENARIO_KPIS_MAX) {
		complaint_error(b->plant.said, b->plant.root.map->at,
		                "more than %d figures", SCENARIO_KPIS_MAX);
		n = 0;
	}
	for (size_t i = 0; i < n && !err; i++) {
		struct schema_view v = schema_item(&b->plant.root, "kpis", i);

		err = v.map ? read_kpi(b, &v, &kpis[w->n_kpis], w->n_kpis) : 0;
		w->n_kpis += v.map && kpis[w->n_kpis].id;
	}
	w->kpis = kpis;
	return err;
}

/* ---- what is shown ---- */

static int64_t tag_of(const struct scenario_build *b, uint32_t signal)
{
	for (uint32_t i = 0; i < b->cfg->n_tags; i++) {
		if (b->tag_signals[i] == signal) {
			return i;
		}
	}
	return -1;
}

static void show(struct scenario_build *b, struct scenario_shown *shown,
                 uint32_t *signals, uint32_t signal)
{
	size_t *n = &b->setup->world.n_shown;

	signals[*n] = signal;
	shown[(*n)++] = (struct scenario_shown){.name = b->plant.signals[signal].name,
	                                        .unit = b->plant.signals[signal].unit,
	                                        .tag = tag_of(b, signal)};
}

/* Without a word: every tag of a device that a component explains or is driven. */
static int read_shown(struct scenario_build *b)
{
	const struct node *list = schema_node(&b->plant.root, "show");
	const struct plant_config *c = &b->plant.setup->plant;
	size_t room = (list ? list->n : 0) + c->n_sensors + 1;
	struct scenario_shown *shown = arena_array(b->plant.arena, room, sizeof(*shown));
	uint32_t *signals = arena_array(b->plant.arena, room, sizeof(*signals));

	if (!shown || !signals) {
		return -ENOMEM;
	}
	for (size_t i = 0; list && i < list->n; i++) {
		int64_t signal = list->items[i]->bad
		                         ? -1
		                         : plant_signal(&b->plant, list->items[i]);

		if (signal >= 0) {
			show(b, shown, signals, (uint32_t)signal);
		}
	}
	for (size_t i = 0; !list && i < c->n_sensors; i++) {
		int64_t tag = tag_of(b, c->sensors[i].to);

		if (tag < 0 || (size_t)tag < b->cfg->n_field_tags) {
			show(b, shown, signals, c->sensors[i].to);
		}
	}
	b->setup->world.shown = signals;
	b->setup->shown = shown;
	return 0;
}

/* ---- scenarios ---- */

struct moves {
	struct scenario_move *all;
	size_t n;
};

static void read_move(struct scenario_build *b, const struct schema_view *v,
                      struct moves *out)
{
	const struct node *to = schema_node(v, "to"), *by = schema_node(v, "by");
	int64_t signal = settable(b, schema_node(v, "signal"));
	struct scenario_move m = {.signal = (uint32_t)signal,
	                          .by = by != NULL,
	                          .to = schema_real(v, "by"),
	                          .at_s = seconds(v, "at"),
	                          .over_s = seconds(v, "over"),
	                          .until_s = (double)INFINITY};

	if (!to == !by) {
		complaint_error(b->plant.said, v->map->at, "'to' or 'by' is wanted");
		return;
	}
	if (signal < 0 ||
	    (to && !plant_value(&b->plant, to, b->plant.signals[signal].unit, &m.to))) {
		return;
	}
	if (schema_node(v, "until")) {
		m.until_s = seconds(v, "until");
	}
	if (!(m.at_s < m.until_s)) {
		complaint_error(b->plant.said, v->map->at,
		                "a move that ends before it begins");
	}
	out->all[out->n++] = m;
}

static void read_order(struct scenario_build *b, const struct schema_view *v,
                       struct moves *out)
{
	const struct node *set = schema_node(v, "set");
	double at_s = seconds(v, "at");

	for (size_t i = 0; set && i < set->n; i++) {
		struct node name = *set->keys[i];
		int64_t signal = settable(b, &name);
		double to;

		if (signal < 0 || set->items[i]->bad ||
		    !plant_value(&b->plant, set->items[i], b->plant.signals[signal].unit,
		                 &to)) {
			continue;
		}
		out->all[out->n++] = (struct scenario_move){.signal = (uint32_t)signal,
		                                            .to = to,
		                                            .at_s = at_s,
		                                            .until_s = at_s +
		                                                       seconds(v, "for")};
	}
}

static int earlier(const void *a, const void *b)
{
	const struct scenario_move *x = a, *y = b;

	return (x->at_s > y->at_s) - (x->at_s < y->at_s);
}

static size_t moves_in(const struct schema_view *v)
{
	size_t n = schema_count(v, "moves");

	for (size_t i = 0; i < schema_count(v, "orders"); i++) {
		struct schema_view order = schema_item(v, "orders", i);
		const struct node *set = order.map ? schema_node(&order, "set") : NULL;

		n += set ? set->n : 0;
	}
	return n;
}

static int read_moves(struct scenario_build *b, const struct schema_view *v,
                      struct scenario *out)
{
	size_t n = moves_in(v);
	struct moves moves = {.all = arena_array(b->plant.arena, n, sizeof(*moves.all))};

	if (!moves.all) {
		return -ENOMEM;
	}
	if (n > SCENARIO_MOVES_MAX) {
		complaint_error(b->plant.said, v->map->at, "more than %d moves",
		                SCENARIO_MOVES_MAX);
		return 0;
	}
	for (size_t i = 0; i < schema_count(v, "moves"); i++) {
		struct schema_view item = schema_item(v, "moves", i);

		if (item.map) {
			read_move(b, &item, &moves);
		}
	}
	for (size_t i = 0; i < schema_count(v, "orders"); i++) {
		struct schema_view item = schema_item(v, "orders", i);

		if (item.map) {
			read_order(b, &item, &moves);
		}
	}
	qsort(moves.all, moves.n, sizeof(*moves.all), earlier);
	out->moves = moves.all;
	out->n_moves = moves.n;
	return 0;
}

static int read_scenario(struct scenario_build *b, const struct schema_view *v,
                         struct scenario *out)
{
	const char *id = schema_text(v, "id");
	int err = read_moves(b, v, out);

	out->id = id ? id : "";
	err = err ? err : plant_script_build(&b->plant, v);
	out->faults = b->plant.setup->plant.faults;
	out->n_faults = b->plant.setup->plant.n_faults;
	b->plant.setup->plant.faults = NULL;
	b->plant.setup->plant.n_faults = 0;
	return err;
}

static void check_id(struct scenario_build *b, const struct scenario *all, size_t i,
                     struct place at)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(all[k].id, all[i].id) == 0) {
			complaint_error(b->plant.said, at,
			                "a scenario '%s' is there already", all[i].id);
		}
	}
}

static int read_scenarios(struct scenario_build *b)
{
	size_t n = schema_count(&b->plant.root, "scenarios");
	struct scenario *all = arena_array(b->plant.arena, n + 1, sizeof(*all));
	const char **said = arena_array(b->plant.arena, n + 1, sizeof(*said));
	size_t kept = 1;
	int err = 0;

	if (!all || !said) {
		return -ENOMEM;
	}
	all[0].id = "as-now";
	said[0] = "everything stays as it is";
	for (size_t i = 0; i < n && !err; i++) {
		struct schema_view v = schema_item(&b->plant.root, "scenarios", i);

		if (v.map) {
			err = read_scenario(b, &v, &all[kept]);
			said[kept] = schema_text(&v, "description");
			check_id(b, all, kept++, v.map->at);
		}
	}
	b->setup->scenarios = all;
	b->setup->descriptions = said;
	b->setup->n_scenarios = kept;
	return err;
}

int scenario_parts(struct scenario_build *b)
{
	int err = read_noises(b);

	err = err ? err : read_kpis(b);
	err = err ? err : read_shown(b);
	return err ? err : read_scenarios(b);
}
