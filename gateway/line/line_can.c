/* SPDX-License-Identifier: Apache-2.0 */
/* What a station can. */
#include <math.h>
#include <string.h>

#include "gateway/line/line_build.h"

static const char *deviation_of(struct line_build *b, const struct node *deviations,
                                const char *name)
{
	const struct node *tag = deviations ? tree_find(deviations, name) : NULL;

	if (!tag || tag->kind != NODE_SCALAR) {
		return NULL;
	}
	if (!strchr(tag->text, '/')) {
		complaint_error(b->said, tag->at, "'%.130s' is not DEVICE/TAG",
		                tag->text);
	}
	return tag->text;
}

static void read_ranges(struct line_build *b, const struct schema_view *v,
                        struct line_can *out)
{
	const struct node *map = schema_node(v, "ranges"),
			  *sigma = schema_node(v, "sigma"),
			  *deviations = schema_node(v, "deviations");
	size_t n = map ? map->n : 0;
	struct line_range *ranges = line_room(b, n, sizeof(*ranges));

	for (size_t i = 0; ranges && i < n; i++) {
		const struct node *range = map->items[i];
		bool pair = range->kind == NODE_LIST && range->n == 2;

		ranges[i] = (struct line_range){
			.name = map->keys[i]->text,
			.min = pair ? line_number(range->items[0]) : (double)NAN,
			.max = pair ? line_number(range->items[1]) : (double)NAN,
			.sigma = sigma ? line_number(tree_find(sigma, map->keys[i]->text))
		                       : (double)NAN};
		ranges[i].deviation = deviation_of(b, deviations, map->keys[i]->text);
		if (!(ranges[i].min <= ranges[i].max)) {
			complaint_error(b->said, range->at, "a range is [min, max]");
		}
	}
	for (size_t i = 0; deviations && i < deviations->n; i++) {
		if (!map || !tree_find(map, deviations->keys[i]->text)) {
			complaint_error(b->said, deviations->keys[i]->at,
			                "'%.64s' has no range",
			                deviations->keys[i]->text);
		}
	}
	out->ranges = ranges;
	out->n_ranges = ranges ? n : 0;
}

static const char *const *read_names(struct line_build *b, const struct schema_view *v,
                                     const char *key, size_t *n)
{
	const struct node *list = schema_node(v, key);
	const char **names = line_room(b, list ? list->n : 0, sizeof(*names));

	*n = names && list ? list->n : 0;
	for (size_t i = 0; i < *n; i++) {
		names[i] = list->items[i]->text;
	}
	return names;
}

void line_can_build(struct line_build *b, const struct schema_view *station,
                    struct line_module *out)
{
	size_t n = schema_count(station, "can");
	struct line_can *can = line_room(b, n, sizeof(*can));

	for (size_t i = 0; can && i < n; i++) {
		struct schema_view v = schema_item(station, "can", i);

		if (!v.map) {
			continue;
		}
		can[i].process = schema_text(&v, "process");
		can[i].payload_kg = schema_node(&v, "payload")
		                            ? schema_real(&v, "payload")
		                            : (double)INFINITY;
		read_ranges(b, &v, &can[i]);
		can[i].tooling = read_names(b, &v, "tooling", &can[i].n_tooling);
		can[i].materials = read_names(b, &v, "materials", &can[i].n_materials);
	}
	out->can = can;
	out->n_can = can ? n : 0;
}
