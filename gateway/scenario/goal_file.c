/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/goal_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_file.h"
#include "gateway/config/schema.h"
#include "twin/models/expression.h"
#include "twin/nearest.h"

static const struct schema_key objective_keys[] = {
	{"minimise", SCHEMA_TEXT, "a formula over figures", .min = 1, .max = 1000},
	{"maximise", SCHEMA_TEXT, "likewise", .min = 1, .max = 1000},
	{"slack", SCHEMA_REAL, "share of it that the next ones may cost", .min = 0,
         .max = 1, .preset = "0.01"},
	{0},
};
static const struct schema_object objective = {"objective", "what is wanted",
                                               objective_keys};

static const struct schema_key variable_keys[] = {
	{"signal", SCHEMA_TEXT,
         "a tag or signal that nothing writes; of a line STATION.machines and others",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 140},
	{"min", SCHEMA_REAL, "in its unit", .flags = SCHEMA_REQUIRED},
	{"max", SCHEMA_REAL, "in its unit", .flags = SCHEMA_REQUIRED},
	{"step", SCHEMA_REAL, "it moves in; 0: finely", .min = 0, .max = 1e12,
         .preset = "0"},
	{0},
};
static const struct schema_object variable = {"variable", "what may be moved",
                                              variable_keys};

static const struct schema_key limit_keys[] = {
	{"kpi", SCHEMA_ID, "a figure of the scenarios", .flags = SCHEMA_REQUIRED},
	{"min", SCHEMA_REAL, "at least", .flags = 0},
	{"max", SCHEMA_REAL, "at most", .flags = 0},
	{0},
};
static const struct schema_object limit = {"limit", "what must hold", limit_keys};

static const struct schema_key root_keys[] = {
	{"scenarios", SCHEMA_TEXT, "the file of scenarios, beside this one", .min = 1,
         .max = 4000},
	{"scenario", SCHEMA_ID, "of them, that is varied; absent: as-now", .flags = 0},
	{"line", SCHEMA_TEXT, "instead: the file of a line, beside this one", .min = 1,
         .max = 4000},
	{"objectives", SCHEMA_OBJECT, "the most important first", .shape = SCHEMA_LIST_OF,
         .flags = SCHEMA_REQUIRED, .object = &objective},
	{"variables", SCHEMA_OBJECT, "what may be moved", .shape = SCHEMA_LIST_OF,
         .object = &variable},
	{"order", SCHEMA_ID,
         "instead, of a line: the source whose orders are put in sequence", .flags = 0},
	{"limits", SCHEMA_OBJECT, "on figures", .shape = SCHEMA_LIST_OF,
         .object = &limit},
	{"confidence", SCHEMA_REAL, "share of the samples in which limits hold", .min = 0,
         .max = 1, .preset = "0.95"},
	{"pareto", SCHEMA_BOOL,
         "two objectives beside each other, not one after the other", .preset = "false"},
	{"evaluations", SCHEMA_INT, "at most, each of all samples", .min = 10,
         .max = 100000, .preset = "400"},
	{0},
};
static const struct schema_object goal_root = {"goal", "what is best", root_keys};

/* goal is what goal_file_bind() gives. */
struct goal_file {
	struct goal goal;
	const char *scenarios, *line;
	struct arena arena;
	struct complaints *said;
	struct schema_view root;
	const struct goal_world *world;
};

/* Of what the trials are. */
static int find_files(struct goal_file *f, const char *path)
{
	const char *scenarios = schema_text(&f->root, "scenarios"),
		   *line = schema_text(&f->root, "line");

	if (!scenarios == !line) {
		complaint_error(f->said, f->root.map->at,
		                "'scenarios' or 'line' is wanted, one of both");
		return -EINVAL;
	}
	*(line ? &f->line : &f->scenarios) = config_file_path(line ? line : scenarios,
	                                                      path, &f->arena);
	return f->line || f->scenarios ? 0 : -ENOMEM;
}

int goal_file_open(struct goal_file **out, const char *const path_text[2],
                   FILE *complaints)
{
	struct goal_file *f = calloc(1, sizeof(*f));
	int err = -ENOMEM;

	if (!f) {
		return -ENOMEM;
	}
	f->said = complaint_new();
	f->root.object = &goal_root;
	if (f->said) {
		err = schema_read(&f->arena, f->said, path_text, &f->root);
	}
	if (!err) {
		err = find_files(f, path_text[0]);
	}
	if (f->said) {
		complaint_print(f->said, complaints);
	}
	if (err) {
		goal_file_close(f);
		return err;
	}
	*out = f;
	return 0;
}

void goal_file_close(struct goal_file *f)
{
	if (f) {
		complaint_free(f->said);
		arena_free(&f->arena);
		free(f);
	}
}

const char *goal_file_scenarios(const struct goal_file *f)
{
	return f->scenarios;
}

const char *goal_file_line(const struct goal_file *f)
{
	return f->line;
}

struct arena *goal_file_arena(struct goal_file *f)
{
	return &f->arena;
}

size_t goal_width(const struct goal *g)
{
	return g->order ? g->order->n : g->n_variables;
}

/* ---- the rest ---- */

static size_t count(const struct goal_file *f, const char *key)
{
	return schema_count(&f->root, key);
}

static void find_variant(struct goal_file *f)
{
	const struct node *node = schema_node(&f->root, "scenario");
	struct nearest nearest = {.word = node ? node->text : ""};
	const char *name;

	for (size_t i = 0; node && (name = f->world->variant(f->world->arg, i)); i++) {
		if (strcmp(name, node->text) == 0) {
			f->goal.variant = i;
			return;
		}
		nearest_offer(&nearest, name);
	}
	if (node) {
		complaint_error(f->said, node->at, "there is no scenario '%.64s'%s%s%s",
		                node->text, nearest.best ? " (did you mean '" : "",
		                nearest.best ? nearest.best : "",
		                nearest.best ? "'?)" : "");
	}
}

/* A formula over figures, by their ids. */
static bool read_formula(struct goal_file *f, const struct node *node,
                         struct goal_objective *out)
{
	const struct goal_world *w = f->world;
	struct model_port *names = arena_array(&f->arena, w->n_figures + 1,
	                                       sizeof(*names));
	uint32_t *numbers = arena_array(&f->arena, w->n_figures + 1, sizeof(*numbers));
	double *program = arena_array(&f->arena, 2 * strlen(node->text) + 2,
	                              sizeof(*program));
	struct expression_error error = {0};

	if (!names || !numbers || !program) {
		complaint_error(f->said, node->at, "out of memory");
		return false;
	}
	for (size_t i = 0; i < w->n_figures; i++) {
		names[i].name = w->figures[i].id;
		numbers[i] = (uint32_t)i;
	}
	if (w->n_figures > CONDITION_SIGNALS_MAX) {
		complaint_error(f->said, node->at, "a goal is over at most %d figures",
		                CONDITION_SIGNALS_MAX);
		return false;
	}
	if (expression_compile(node->text, names, w->n_figures, program, &error) == 0) {
		complaint_error(f->said, node->at,
		                "'%.100s' is no formula over the figures%s%s", node->text,
		                error.expected ? ": expected " : "",
		                error.expected ? error.expected : "");
		return false;
	}
	out->text = node->text;
	out->of = (struct condition){program, numbers, w->n_figures};
	return true;
}

static void read_objectives(struct goal_file *f)
{
	size_t n = count(f, "objectives");
	struct goal_objective *all = arena_array(&f->arena, n, sizeof(*all));

	f->goal.objectives = all;
	if (n < 1 || n > GOAL_OBJECTIVES_MAX) {
		complaint_error(f->said, f->root.map->at, "1 to %d objectives",
		                GOAL_OBJECTIVES_MAX);
		return;
	}
	for (size_t i = 0; all && i < n; i++) {
		struct schema_view v = schema_item(&f->root, "objectives", i);
		const struct node *small = v.map ? schema_node(&v, "minimise") : NULL;
		const struct node *large = v.map ? schema_node(&v, "maximise") : NULL;

		if (v.map && !small == !large) {
			complaint_error(f->said, v.map->at,
			                "'minimise' or 'maximise' is wanted");
		} else if (v.map && read_formula(f, small ? small : large, &all[i])) {
			all[i].sign = small ? 1 : -1;
			all[i].slack = schema_real(&v, "slack");
			f->goal.n_objectives++;
		}
	}
}

static void read_variable(struct goal_file *f, const struct schema_view *v,
                          struct goal_variable *out)
{
	const struct node *node = schema_node(v, "signal");

	if (!node) {
		return;
	}
	if (!f->world->find(f->world->arg, node->text, out)) {
		complaint_error(f->said, node->at, "'%.140s' is no %s", node->text,
		                f->world->movable);
		return;
	}
	out->range.min = schema_real(v, "min");
	out->range.max = schema_real(v, "max");
	out->range.step = schema_real(v, "step");
	if (!(out->range.min < out->range.max)) {
		complaint_error(f->said, v->map->at, "min is not below max");
	} else if (out->least < out->most &&
	           (out->range.min < out->least || out->range.max > out->most)) {
		complaint_error(f->said, v->map->at, "it is from %g to %g", out->least,
		                out->most);
	}
	f->goal.n_variables++;
}

static void read_variables(struct goal_file *f)
{
	size_t n = count(f, "variables");
	struct goal_variable *all = arena_array(&f->arena, n, sizeof(*all));

	f->goal.variables = all;
	if (n < 1 || n > SEARCH_VARIABLES_MAX) {
		complaint_error(f->said, f->root.map->at, "1 to %d variables",
		                SEARCH_VARIABLES_MAX);
		return;
	}
	for (size_t i = 0; all && i < n; i++) {
		struct schema_view v = schema_item(&f->root, "variables", i);

		if (v.map) {
			read_variable(f, &v, &all[f->goal.n_variables]);
		}
	}
}

static void read_order(struct goal_file *f, const struct node *node)
{
	f->goal.order = f->world->order(f->world->arg, node->text);
	if (!f->goal.order) {
		complaint_error(f->said, node->at,
		                "'%.64s' is no source of the line with 2 to %d orders",
		                node->text, SEARCH_X_MAX);
	}
	if (count(f, "variables") > 0) {
		complaint_error(f->said, node->at,
		                "an order is sought alone, without 'variables'");
	}
}

static void read_limits(struct goal_file *f)
{
	size_t n = count(f, "limits");
	struct goal_limit *all = arena_array(&f->arena, n, sizeof(*all));
	const struct goal_world *w = f->world;

	f->goal.limits = all;
	if (n > GOAL_LIMITS_MAX) {
		complaint_error(f->said, f->root.map->at, "more than %d limits",
		                GOAL_LIMITS_MAX);
		return;
	}
	for (size_t i = 0; all && i < n; i++) {
		struct schema_view v = schema_item(&f->root, "limits", i);
		const char *id = v.map ? schema_text(&v, "kpi") : NULL;
		size_t kpi = 0;

		while (id && kpi < w->n_figures && strcmp(w->figures[kpi].id, id) != 0) {
			kpi++;
		}
		if (id && kpi == w->n_figures) {
			complaint_error(f->said, v.map->at, "there is no figure '%s'",
			                id);
		} else if (id && isnan(schema_real(&v, "min")) &&
		           isnan(schema_real(&v, "max"))) {
			complaint_error(f->said, v.map->at, "'min' or 'max' is wanted");
		} else if (id) {
			all[f->goal.n_limits++] = (struct goal_limit){
				kpi, schema_real(&v, "min"), schema_real(&v, "max")};
		}
	}
}

const struct goal *goal_file_bind(struct goal_file *f, const struct goal_world *world,
                                  FILE *complaints)
{
	const struct node *order = schema_node(&f->root, "order");

	f->world = f->goal.world = world;
	f->goal.pareto = schema_flag(&f->root, "pareto");
	f->goal.evaluations = (size_t)schema_int(&f->root, "evaluations");
	f->goal.confidence = schema_real(&f->root, "confidence");
	find_variant(f);
	read_objectives(f);
	if (order) {
		read_order(f, order);
	} else {
		read_variables(f);
	}
	read_limits(f);
	if (f->goal.pareto && f->goal.n_objectives != 2) {
		complaint_error(f->said, f->root.map->at,
		                "'pareto' is of two objectives, not of %zu",
		                f->goal.n_objectives);
	}
	complaint_print(f->said, complaints);
	return complaint_errors(f->said) ? NULL : &f->goal;
}
