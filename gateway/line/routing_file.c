/* SPDX-License-Identifier: Apache-2.0 */
/* A product's routing: the file. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/config_file.h"
#include "gateway/config/schema.h"
#include "gateway/line/line_build.h"
#include "gateway/line/routing.h"

static const struct schema_key operation_keys[] = {
	{"id", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"process", SCHEMA_ID, "that a station must have (can:)",
         .flags = SCHEMA_REQUIRED},
	{"quantities", SCHEMA_REAL, "values that it must reach: diameter: 8",
         .shape = SCHEMA_MAP_OF},
	{"tolerances", SCHEMA_REAL, "half widths, of the same names",
         .shape = SCHEMA_MAP_OF},
	{"tooling", SCHEMA_ID, "that must be there", .shape = SCHEMA_LIST_OF},
	{"cycle", SCHEMA_DURATION, "it takes; absent: the station's own time", .min = 1,
         .max = 86400000},
	{"skill", SCHEMA_ID, "of somebody of the line", .flags = 0},
	{"lift", SCHEMA_OBJECT, "what is lifted by hand", .object = &line_lift_object},
	{0},
};
static const struct schema_object operation = {"operation", "of the routing",
                                               operation_keys};

static const struct schema_key root_keys[] = {
	{"product", SCHEMA_ID, "its name", .flags = SCHEMA_REQUIRED},
	{"line", SCHEMA_TEXT, "file of the line, beside this one",
         .flags = SCHEMA_REQUIRED, .min = 1, .max = 4000},
	{"variant", SCHEMA_TEXT, "laid over it", .min = 1, .max = 4000},
	{"rate", SCHEMA_REAL, "good parts an hour", .min = 0, .max = 1e9},
	{"quantity", SCHEMA_REAL, "good parts, for what has to last so long", .min = 1,
         .max = 1e12},
	{"material", SCHEMA_ID, "of the part", .flags = 0},
	{"payload", SCHEMA_REAL, "kg, of the part with what holds it", .min = 0,
         .max = 1e6},
	{"cpk", SCHEMA_REAL, "that each tolerance must have", .min = 0.1, .max = 10,
         .preset = "1.33"},
	{"lifting_index", SCHEMA_REAL, "at most", .min = 0.1, .max = 10, .preset = "1"},
	{"operations", SCHEMA_OBJECT, "in order", .shape = SCHEMA_LIST_OF,
         .flags = SCHEMA_REQUIRED, .object = &operation},
	{0},
};
static const struct schema_object root = {"routing", "of a product", root_keys};

/* What routing_free() gets is its first member. */
struct loaded {
	struct routing routing;
	struct arena arena;
};

static void read_quantities(const struct schema_view *v, struct routing_operation *out,
                            struct complaints *said)
{
	const struct node *values = schema_node(v, "quantities");
	const struct node *tolerances = schema_node(v, "tolerances");

	for (size_t i = 0; values && i < values->n && i < ROUTING_QUANTITIES_MAX; i++) {
		const char *name = values->keys[i]->text;

		out->quantities[out->n_quantities++] = (struct routing_quantity){
			name, line_number(tree_find(values, name)),
			tolerances ? line_number(tree_find(tolerances, name))
				   : (double)NAN};
	}
	for (size_t i = 0; tolerances && i < tolerances->n; i++) {
		if (!values || !tree_find(values, tolerances->keys[i]->text)) {
			complaint_error(said, tolerances->keys[i]->at,
			                "a tolerance of '%.64s', which has no value",
			                tolerances->keys[i]->text);
		}
	}
	if (values && values->n > ROUTING_QUANTITIES_MAX) {
		complaint_error(said, values->at, "more than %d quantities",
		                ROUTING_QUANTITIES_MAX);
	}
}

static void read_operation(const struct schema_view *v, struct routing_operation *out,
                           struct complaints *said)
{
	const struct node *tooling = schema_node(v, "tooling");

	*out = (struct routing_operation){.id = schema_text(v, "id"),
	                                  .process = schema_text(v, "process"),
	                                  .skill = schema_text(v, "skill"),
	                                  .cycle_s = schema_node(v, "cycle")
	                                                     ? line_seconds(v, "cycle")
	                                                     : (double)NAN};
	read_quantities(v, out, said);
	for (size_t i = 0; tooling && i < tooling->n && i < ROUTING_NAMES_MAX; i++) {
		out->tooling[out->n_tooling++] = tooling->items[i]->text;
	}
	out->lifts = schema_node(v, "lift") != NULL;
	line_lift_read(v, &out->lift);
}

static int load(struct loaded *l, const char *path, struct complaints *said)
{
	struct schema_view view = {&root, NULL};
	struct routing *r = &l->routing;
	const char *path_text[2] = {path, NULL};
	struct routing_operation *operations;
	char *text;
	size_t n;
	int err = config_file_read(path, false, &l->arena, &text, &n);

	path_text[1] = text;
	err = err ? err : schema_read(&l->arena, said, path_text, &view);
	if (err) {
		return err;
	}
	n = schema_count(&view, "operations");
	operations = arena_array(&l->arena, n, sizeof(*operations));
	if (n < 1 || n > 64) {
		complaint_error(said, view.map->at, "a routing has 1 to 64 operations");
		return -EINVAL;
	}
	for (size_t i = 0; operations && i < n; i++) {
		struct schema_view v = schema_item(&view, "operations", i);

		if (v.map) {
			read_operation(&v, &operations[i], said);
		}
	}
	*r = (struct routing){.product = schema_text(&view, "product"),
	                      .material = schema_text(&view, "material"),
	                      .rate_h = schema_real(&view, "rate"),
	                      .quantity = schema_real(&view, "quantity"),
	                      .payload_kg = schema_real(&view, "payload"),
	                      .cpk = schema_real(&view, "cpk"),
	                      .lifting_index = schema_real(&view, "lifting_index"),
	                      .operations = operations,
	                      .n_operations = n};
	r->line = config_file_path(schema_text(&view, "line"), path, &l->arena);
	if (schema_text(&view, "variant")) {
		r->variant = config_file_path(schema_text(&view, "variant"), path,
		                              &l->arena);
	}
	return !operations || !r->line ? -ENOMEM : complaint_errors(said) ? -EINVAL : 0;
}

int routing_read(struct routing **out, const char *path, FILE *complaints)
{
	struct loaded *l = calloc(1, sizeof(*l));
	struct complaints *said = complaint_new();
	int err = l && said ? load(l, path, said) : -ENOMEM;

	if (said) {
		complaint_print(said, complaints);
	}
	if (err && err != -EINVAL) {
		fprintf(complaints, "%s: error: %s\n", path, config_file_error(err));
	}
	complaint_free(said);
	if (err) {
		routing_free(l ? &l->routing : NULL);
		return err;
	}
	*out = &l->routing;
	return 0;
}

void routing_free(struct routing *r)
{
	struct loaded *l = (struct loaded *)r;

	if (l) {
		arena_free(&l->arena);
		free(l);
	}
}
