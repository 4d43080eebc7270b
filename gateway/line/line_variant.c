/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_variant.h"

#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/tree_merge.h"

static struct node *find_item(const struct node *list, const struct node *own)
{
	const struct node *id = own->kind == NODE_MAP ? tree_find(own, "id") : NULL;

	for (size_t i = 0; id && i < list->n; i++) {
		const struct node *other = list->items[i]->kind == NODE_MAP
		                                   ? tree_find(list->items[i], "id")
		                                   : NULL;

		if (other && other->text && id->text &&
		    strcmp(other->text, id->text) == 0) {
			return list->items[i];
		}
	}
	return NULL;
}

/* Items with an id over those of the same id, the others behind. */
/* Another file of a module has parameters of its own: those of the base's are not for it.
 */
static const struct node *values_apart(struct line_build *b, const struct node *own,
                                       const struct node *base)
{
	const struct node *file = tree_find(own, "file"),
			  *before = tree_find(base, "file");
	struct node *out;

	if (!file || !before || file->kind != NODE_SCALAR ||
	    before->kind != NODE_SCALAR || strcmp(file->text, before->text) == 0) {
		return base;
	}
	out = line_room(b, 1, sizeof(*out));
	if (!out) {
		return base;
	}
	*out = *base;
	out->n = 0;
	out->keys = line_room(b, base->n, sizeof(struct node *));
	out->items = line_room(b, base->n, sizeof(struct node *));
	for (size_t i = 0; !b->full && i < base->n; i++) {
		if (strcmp(base->keys[i]->text, "with") != 0) {
			out->keys[out->n] = base->keys[i];
			out->items[out->n++] = base->items[i];
		}
	}
	return out;
}

struct node *line_overlay_item(struct line_build *b, struct node *own,
                               const struct node *base)
{
	struct node *out;

	if (own->kind != NODE_MAP || base->kind != NODE_MAP) {
		return own;
	}
	base = values_apart(b, own, base);
	out = tree_merge_maps(own, base, b->arena);
	for (size_t i = 0; out && i < own->n; i++) {
		const struct node *below = tree_find(base, own->keys[i]->text);

		if (below && own->items[i]->kind == NODE_MAP) {
			out->items[i] = line_overlay_item(b, own->items[i], below);
			b->full = b->full || !out->items[i];
		}
	}
	return b->full ? NULL : out;
}

static struct node *overlay_list(struct line_build *b, const struct node *own,
                                 const struct node *base)
{
	struct node *out = line_room(b, 1, sizeof(*out));
	struct node **items = line_room(b, own->n + base->n, sizeof(struct node *));

	if (!out || !items) {
		return NULL;
	}
	*out = *base;
	memcpy(items, base->items, base->n * sizeof(struct node *));
	for (size_t i = 0; i < own->n; i++) {
		const struct node *below = find_item(base, own->items[i]);
		struct node *merged = below ? line_overlay_item(b, own->items[i], below)
		                            : own->items[i];
		size_t at = 0;

		while (below && items[at] != below) {
			at++;
		}
		items[below ? at : out->n++] = merged;
		b->full = b->full || !merged;
	}
	out->items = items;
	return out;
}

/* A list of the base without one item.  @return the list itself where it has none */
static struct node *without(struct line_build *b, struct node *list,
                            const struct node *item)
{
	struct node *out = line_room(b, 1, sizeof(*out));

	if (!out) {
		return list;
	}
	*out = *list;
	out->n = 0;
	out->items = line_room(b, list->n, sizeof(struct node *));
	for (size_t i = 0; out->items && i < list->n; i++) {
		if (list->items[i] != item) {
			out->items[out->n++] = list->items[i];
		}
	}
	return out;
}

static bool has_ids(const char *key)
{
	static const char *const lists[] = {"stations", "modules",   "vehicles",
	                                    "sources",  "operators", "products"};
	bool has = false;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		has = has || strcmp(key, lists[i]) == 0;
	}
	return has;
}

/* Whatever is called so.  @return was there something? */
static bool remove_id(struct line_build *b, struct node *base, struct node *id)
{
	struct node name = {.kind = NODE_SCALAR, .text = "id"}, *key = &name;
	const struct node like = {.kind = NODE_MAP, .n = 1, .keys = &key, .items = &id};
	bool found = false;

	for (size_t i = 0; i < base->n; i++) {
		const struct node *item = NULL;

		if (has_ids(base->keys[i]->text) && base->items[i]->kind == NODE_LIST) {
			item = find_item(base->items[i], &like);
		}
		if (item) {
			base->items[i] = without(b, base->items[i], item);
			found = true;
		}
	}
	return found;
}

/* What a variant takes out of its base. */
static void remove_items(struct line_build *b, const struct node *own, struct node *base)
{
	const struct node *gone = tree_find(own, "remove");

	for (size_t i = 0; gone && gone->kind == NODE_LIST && i < gone->n; i++) {
		struct node *id = gone->items[i];

		if (id->kind == NODE_SCALAR && !remove_id(b, base, id)) {
			complaint_error(b->said, id->at, "the base has no '%.64s'",
			                id->text);
		}
	}
}

/* Ways have no id: a variant's are all of them. */
struct node *line_variant_lay(struct line_build *b, struct node *own, struct node *base)
{
	if (own->kind == NODE_MAP && base->kind == NODE_MAP) {
		remove_items(b, own, base);
	}
	for (size_t i = 0; i < own->n && own->kind == NODE_MAP; i++) {
		struct node *below = tree_find(base, own->keys[i]->text);
		struct node *item = own->items[i];

		if (!below || below->kind != item->kind ||
		    strcmp(own->keys[i]->text, "ways") == 0) {
			continue;
		}
		if (item->kind == NODE_LIST) {
			own->items[i] = overlay_list(b, item, below);
		} else if (item->kind == NODE_MAP) {
			own->items[i] = tree_merge_maps(item, below, b->arena);
		}
		b->full = b->full || !own->items[i];
	}
	return b->full || own->kind != NODE_MAP || base->kind != NODE_MAP
	               ? NULL
	               : tree_merge_maps(own, base, b->arena);
}

/* The list of the base that has an item of that name. */
static const char *list_with(const struct node *base, const char *id, size_t n)
{
	static const char *const lists[] = {"stations", "vehicles", "sources",
	                                    "operators", "modules"};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct node *list = tree_find(base, lists[i]);

		for (size_t k = 0; list && list->kind == NODE_LIST && k < list->n; k++) {
			const struct node *item = list->items[k];
			const struct node *own = item->kind == NODE_MAP
			                                 ? tree_find(item, "id")
			                                 : NULL;

			if (own && own->text && strncmp(own->text, id, n) == 0 &&
			    !own->text[n]) {
				return lists[i];
			}
		}
	}
	return "stations"; /* where it is then missed */
}

bool line_variant_is_value(const char *variant)
{
	const char *equals = strchr(variant, '='), *dot = strchr(variant, '.');

	return equals && dot && !strchr(variant, '/') && dot < equals && dot > variant &&
	       dot + 1 < equals;
}

/* "capper.machines=2" as a file would say it. */
char *line_variant_text(struct line_build *b, const char *variant,
                        const struct node *base)
{
	const char *equals = strchr(variant, '=');
	const char *dot = memrchr(variant, '.', (size_t)(equals - variant));
	size_t n = (size_t)(dot - variant);

	const char *list = list_with(base, variant, n);
	bool module = strcmp(list, "modules") == 0; /* its parameters */

	return arena_format(b->arena, "%s: [{id: %.*s, %s%.*s: %s%s}]\n", list, (int)n,
	                    variant, module ? "with: {" : "", (int)(equals - dot - 1),
	                    dot + 1, equals + 1, module ? "}" : "");
}
