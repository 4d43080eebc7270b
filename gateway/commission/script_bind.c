/* SPDX-License-Identifier: Apache-2.0 */
/* Names get their meaning: variables of the script, quantities of the stand. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/commission/script_impl.h"
#include "gateway/config/quantity.h"
#include "twin/nearest.h"

/* --- Names --- */

int script_variable(const struct script_build *b, const char *name, size_t n)
{
	for (size_t i = 0; i < b->n_variables; i++) {
		if (strlen(b->variables[i]) == n &&
		    strncmp(b->variables[i], name, n) == 0) {
			return (int)i;
		}
	}
	return -1;
}

/* The quantity that stands for a handle; new where it is the first time. */
static int quantity_of(struct script_build *b, uint32_t handle, uint32_t *index)
{
	size_t i = 0;

	while (i < b->n_handles && b->handles[i] != handle) {
		i++;
	}
	if (i == b->room) {
		size_t room = b->room ? 2 * b->room : 64;
		uint32_t *more = arena_array(&b->arena, room, sizeof(*more));

		if (!more) {
			b->full = true;
			return -ENOENT;
		}
		if (b->n_handles) {
			memcpy(more, b->handles, b->n_handles * sizeof(*more));
		}
		b->handles = more;
		b->room = room;
	}
	if (i == b->n_handles) {
		b->handles[b->n_handles++] = handle;
	}
	*index = (uint32_t)(b->n_variables + i);
	return 0;
}

static int find_variable(void *arg, const char *name, size_t n, uint32_t *index)
{
	int i = script_variable(arg, name, n);

	*index = i < 0 ? 0 : (uint32_t)i;
	return i < 0 ? -ENOENT : 0;
}

static int find(void *arg, const char *name, size_t n, uint32_t *index)
{
	struct script_build *b = arg;
	uint32_t handle;

	if (find_variable(b, name, n, index) == 0) {
		return 0;
	}
	if (b->stand->find(b->stand->bench.self, name, n, &handle)) {
		return -ENOENT;
	}
	return quantity_of(b, handle, index);
}

static int literal(void *arg, uint32_t index, const char *text, size_t n, double *out)
{
	struct script_build *b = arg;

	if (index < b->n_variables) {
		return -ENOENT;
	}
	return b->stand->literal(b->stand->bench.self, b->handles[index - b->n_variables],
	                         text, n, out);
}

struct name_space script_names(struct script_build *b)
{
	return (struct name_space){find, literal, b};
}

struct name_space script_variables(struct script_build *b)
{
	return (struct name_space){find_variable, literal, b};
}

/* --- Complaints --- */

/* Characters (not bytes) before the n-th byte. */
static uint32_t characters(const char *text, size_t n)
{
	uint32_t count = 0;

	for (size_t i = 0; i < n && text[i]; i++) {
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return count;
}

/* Where the n-th byte of a scalar stands, if it stands there as it is. */
static struct place place_in(const struct node *node, size_t n)
{
	struct place at = node->at;

	if (!strchr(node->raw, '\n') && strcmp(node->raw, node->text) == 0) {
		at.column += characters(node->text, n) + (node->quoted ? 1 : 0);
	}
	return at;
}

static const char *nearest_name(struct script_build *b, const char *word)
{
	struct nearest nearest = {.word = word};
	const char *name;

	for (size_t i = 0; i < b->n_variables; i++) {
		nearest_offer(&nearest, b->variables[i]);
	}
	for (size_t i = 0; (name = b->stand->name(b->stand->bench.self, i)); i++) {
		nearest_offer(&nearest, name);
	}
	return nearest.best;
}

static void complain_name(struct script_build *b, const struct node *node, size_t at,
                          const char *word)
{
	const char *best = nearest_name(b, word);

	complaint_error(b->said, place_in(node, at), "nothing is called '%s'%s%s%s", word,
	                best ? " (did you mean '" : "", best ? best : "",
	                best ? "'?)" : "");
}

static bool complain(struct script_build *b, const struct node *node,
                     const struct formula_error *e)
{
	char word[80];

	snprintf(word, sizeof(word), "%.*s", (int)e->n, node->text + e->at);
	if (e->unknown_name) {
		complain_name(b, node, e->at, word);
	} else if (e->n > 1) {
		complaint_error(b->said, place_in(node, e->at), "'%s': %s", word,
		                e->message);
	} else {
		complaint_error(b->said, place_in(node, e->at), "%s", e->message);
	}
	/* Of an invariant, every scenario would find it again.  The tree is ours. */
	((struct node *)node)->bad = true;
	return false;
}

bool script_requirement_of(struct script_build *b, const struct node *node,
                           struct requirement *out)
{
	struct name_space names = script_names(b);
	struct formula_error e;

	return requirement_parse(out, &names, node->text, &e) == 0 ||
	       complain(b, node, &e);
}

bool script_formula_of(struct script_build *b, const struct node *node,
                       const struct name_space *names, struct formula *out)
{
	struct formula_error e;

	return requirement_condition(out, names, node->text, &e) == 0 ||
	       complain(b, node, &e);
}

bool script_handle(struct script_build *b, const struct node *node, const char *text,
                   uint32_t *out)
{
	if (b->stand->find(b->stand->bench.self, text, strlen(text), out) == 0) {
		return true;
	}
	complain_name(b, node, 0, text);
	return false;
}

/* --- Requirements --- */

static bool is_taken(const struct script_build *b, const char *id)
{
	for (size_t k = 0; k < b->script.n_scenarios; k++) {
		const struct script_scenario *s = &b->script.scenarios[k];

		for (size_t i = b->script.n_invariants; i < s->n_requirements; i++) {
			if (strcmp(s->requirements[i].id, id) == 0) {
				return true;
			}
		}
	}
	for (size_t i = 0; i < b->n_requirements; i++) {
		if (strcmp(b->requirements[i].id, id) == 0) {
			return true;
		}
	}
	return false;
}

int script_add_requirement(struct script_build *b, const struct schema_view *view,
                           bool invariant, bool from_start)
{
	const struct node *id = schema_node(view, "id"),
			  *that = schema_node(view, "that");
	struct script_requirement *r = &b->requirements[b->n_requirements];

	if (!id || !that) {
		return -1;
	}
	if (is_taken(b, id->text)) {
		complaint_error(b->said, id->at, "a requirement '%s' is there already",
		                id->text);
	}
	*r = (struct script_requirement){
		.id = id->text,
		.text = that->text,
		.title = schema_text(view, "title") ? schema_text(view, "title") : "",
		.invariant = invariant,
		.from_start = from_start,
		.at = that->at,
	};
	if (!script_requirement_of(b, that, &r->rule)) {
		return -1;
	}
	return (int)b->n_requirements++;
}

static void add_list(struct script_build *b, const struct schema_view *view,
                     const char *key, bool invariants)
{
	const struct node *list = schema_node(view, key);

	for (size_t i = 0; list && i < list->n; i++) {
		struct schema_view item = schema_item(view, key, i);

		if (item.map) {
			script_add_requirement(b, &item, invariants, true);
		}
	}
}

/* --- Parameters --- */

static void add_variable(struct script_build *b, const struct node *key)
{
	uint32_t handle;

	if (!schema_is_id(key->text, strlen(key->text)) || strchr(key->text, '-')) {
		complaint_error(b->said, key->at,
		                "a parameter's name has letters, digits and _ only");
	} else if (b->stand->find(b->stand->bench.self, key->text, strlen(key->text),
	                          &handle) == 0) {
		complaint_error(b->said, key->at, "the plant has a quantity '%s' already",
		                key->text);
	} else if (script_variable(b, key->text, strlen(key->text)) < 0) {
		b->variables[b->n_variables++] = key->text;
	}
}

static void add_names(struct script_build *b, const struct node *map)
{
	for (size_t i = 0; map && !map->bad && i < map->n; i++) {
		add_variable(b, map->keys[i]);
	}
}

/* Names of parameters and of what is remembered, of all scenarios, first of all. */
static void gather_variables(struct script_build *b, const struct node *scenarios)
{
	for (size_t i = 0; i < scenarios->n; i++) {
		struct schema_view s = schema_item(&b->root, "scenarios", i);
		const struct node *steps = s.map ? schema_node(&s, "steps") : NULL;

		add_names(b, s.map ? schema_node(&s, "sweep") : NULL);
		for (size_t k = 0; steps && k < steps->n; k++) {
			struct schema_view step = schema_item(&s, "steps", k);

			add_names(b, step.map ? schema_node(&step, "remember") : NULL);
		}
	}
}

static void build_axis(struct script_build *b, const struct node *key,
                       const struct node *list, struct script_axis *out)
{
	size_t n = list->kind == NODE_LIST ? list->n : 1;
	double *values = arena_array(&b->arena, n, sizeof(*values));
	int variable = script_variable(b, key->text, strlen(key->text));

	b->full = b->full || !values;
	*out = (struct script_axis){variable < 0 ? 0 : (uint32_t)variable, values, n};
	if (n == 0) {
		complaint_error(b->said, list->at, "a parameter without a value");
	}
	for (size_t i = 0; values && i < n; i++) {
		const struct node *v = list->kind == NODE_LIST ? list->items[i] : list;

		if (v->kind != NODE_SCALAR || quantity_real(v->text, &values[i])) {
			complaint_error(b->said, v->at,
			                "a parameter's values are numbers");
		}
	}
}

static void build_sweep(struct script_build *b, const struct schema_view *view,
                        struct script_scenario *out)
{
	const struct node *map = schema_node(view, "sweep");
	struct script_axis *axes = arena_array(&b->arena, map ? map->n : 0,
	                                       sizeof(*axes));
	double runs = 1;

	b->full = b->full || !axes;
	for (size_t i = 0; map && axes && i < map->n; i++) {
		build_axis(b, map->keys[i], map->items[i], &axes[i]);
		runs *= (double)axes[i].n;
	}
	out->axes = axes;
	out->n_axes = map && axes ? map->n : 0;
	if (map && runs > SCRIPT_RUNS_MAX) {
		complaint_error(b->said, map->at, "%.0f combinations, of %d at most",
		                runs, SCRIPT_RUNS_MAX);
	}
}

/* --- Scenarios --- */

/* Room for all requirements that a scenario may have. */
static bool make_room(struct script_build *b, const struct schema_view *view)
{
	const struct node *own = schema_node(view, "requirements");
	const struct node *all = schema_node(&b->root, "invariants");
	const struct node *steps = schema_node(view, "steps");
	const struct node *reset = schema_node(&b->root, "reset");
	size_t room = (own ? own->n : 0) + (all ? all->n : 0) + (steps ? steps->n : 0) +
	              (reset ? reset->n : 0);

	b->requirements = arena_array(&b->arena, room + 1, sizeof(*b->requirements));
	b->n_requirements = 0;
	b->full = b->full || !b->requirements;
	return b->requirements;
}

static void build_scenario(struct script_build *b, const struct schema_view *view,
                           struct script_scenario *out)
{
	const struct node *id = schema_node(view, "id");

	if (!make_room(b, view)) {
		return;
	}
	out->id = id ? id->text : "";
	out->title = schema_text(view, "title") ? schema_text(view, "title") : "";
	out->limit_ns = schema_int(view, "limit") * 1000000;
	for (size_t i = 0; id && i < b->script.n_scenarios; i++) {
		if (strcmp(b->script.scenarios[i].id, out->id) == 0) {
			complaint_error(b->said, id->at,
			                "a scenario '%s' is there already", out->id);
		}
	}
	add_list(b, &b->root, "invariants", true);
	b->script.n_invariants = b->n_requirements;
	add_list(b, view, "requirements", false);
	build_sweep(b, view, out);
	script_build_steps(b, view, out);
	out->requirements = b->requirements;
	out->n_requirements = b->n_requirements;
}

static void build_charts(struct script_build *b)
{
	const struct node *list = schema_node(&b->root, "charts");
	uint32_t *charts = arena_array(&b->arena, list ? list->n : 0, sizeof(*charts));
	uint32_t handle;

	b->full = b->full || !charts;
	for (size_t i = 0; list && charts && i < list->n; i++) {
		const struct node *name = list->items[i];

		if (!name->bad && script_handle(b, name, name->text, &handle)) {
			quantity_of(b, handle, &charts[b->script.n_charts++]);
		}
	}
	b->script.charts = charts;
}

static void check_learn(struct script_build *b)
{
	const struct node *learn = schema_node(&b->root, "learn");

	if (learn && !b->script.gateway) {
		complaint_error(b->said, learn->at, "'learn' without 'gateway'");
	} else if (learn && b->script.n_scenarios &&
	           strcmp(b->script.scenarios[0].id, learn->text) != 0) {
		complaint_error(b->said, learn->at,
		                "'learn' names the first scenario, '%s'",
		                b->script.scenarios[0].id);
	}
}

static void build(struct script_build *b, const struct node *list)
{
	struct script_scenario *all = arena_array(&b->arena, list->n, sizeof(*all));

	b->full = b->full || !all;
	b->script.scenarios = all;
	for (size_t i = 0; all && i < list->n; i++) {
		struct schema_view view = schema_item(&b->root, "scenarios", i);

		if (view.map) {
			build_scenario(b, &view, &all[b->script.n_scenarios]);
			b->script.n_scenarios++;
		}
	}
	if (list->n == 0) {
		complaint_error(b->said, list->at, "a script without a scenario");
	}
	build_charts(b);
	check_learn(b);
}

/* Names that the scenarios may bring with them. */
static size_t count_names(const struct node *node, unsigned depth)
{
	size_t n = node->kind == NODE_MAP ? node->n : 0;

	for (size_t i = 0; i < node->n && node->kind != NODE_SCALAR && depth; i++) {
		n += count_names(node->items[i], depth - 1);
	}
	return n;
}

int script_bind(struct script *s, const struct stand *stand, FILE *complaints)
{
	struct script_build *b = (struct script_build *)s;
	const struct node *list = schema_node(&b->root, "scenarios");

	b->stand = stand;
	b->variables = arena_array(&b->arena, count_names(list, 6), sizeof(char *));
	if (!b->variables) {
		return -ENOMEM;
	}
	gather_variables(b, list);
	build(b, list);
	s->variables = b->variables;
	s->n_variables = b->n_variables;
	s->handles = b->handles;
	s->n_handles = b->n_handles;
	complaint_print(b->said, complaints);
	if (complaint_errors(b->said)) {
		return -EINVAL;
	}
	return b->full ? -ENOMEM : 0;
}
