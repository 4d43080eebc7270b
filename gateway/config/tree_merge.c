/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/tree_merge.h"

#include <string.h>

struct node *tree_merge_maps(const struct node *own, const struct node *preset,
                             struct arena *arena)
{
	struct node *out = arena_scratch(arena, 1, sizeof(*out));
	size_t room = own->n + preset->n + 1;

	if (!out) {
		return NULL;
	}
	*out = *own;
	out->keys = arena_scratch(arena, room, sizeof(struct node *));
	out->items = arena_scratch(arena, room, sizeof(struct node *));
	if (!out->keys || !out->items) {
		return NULL;
	}
	for (size_t i = 0; i < own->n; i++) {
		out->keys[i] = own->keys[i];
		out->items[i] = own->items[i];
	}
	for (size_t i = 0; i < preset->n; i++) {
		if (!tree_find(own, preset->keys[i]->text)) {
			out->keys[out->n] = preset->keys[i];
			out->items[out->n++] = preset->items[i];
		}
	}
	return out;
}

static const char *id_of(const struct node *tag)
{
	const struct node *id = tree_find(tag, "id");

	return id && id->kind == NODE_SCALAR ? id->text : NULL;
}

/* Index of the tag with tag's id, list->n where there is none. */
static size_t find_tag(const struct node *list, const struct node *tag)
{
	const char *id = id_of(tag), *other;

	for (size_t i = 0; id && i < list->n; i++) {
		other = id_of(list->items[i]);
		if (other && strcmp(other, id) == 0) {
			return i;
		}
	}
	return list->n;
}

struct node *tree_merge_tags(const struct node *own, const struct node *preset,
                             struct arena *arena)
{
	struct node *out = arena_scratch(arena, 1, sizeof(*out));
	size_t n_own = own ? own->n : 0;

	if (!out) {
		return NULL;
	}
	*out = *preset;
	out->items = arena_scratch(arena, preset->n + n_own, sizeof(struct node *));
	for (size_t i = 0; out->items && i < preset->n; i++) {
		struct node *tag = preset->items[i];
		size_t k = n_own ? find_tag(own, tag) : 0;

		out->items[i] = k < n_own ? tree_merge_maps(own->items[k], tag, arena)
		                          : tag;
		if (!out->items[i]) {
			return NULL;
		}
	}
	for (size_t i = 0; out->items && i < n_own; i++) {
		if (find_tag(preset, own->items[i]) == preset->n) {
			out->items[out->n++] = own->items[i];
		}
	}
	return out->items ? out : NULL;
}

struct node *tree_merge_device_tags(const struct node *device, const struct node *tags,
                                    struct place at, struct arena *arena)
{
	static const struct node nothing = {.kind = NODE_MAP};
	struct node *own = tree_find(device, "tags");
	struct node *out = tree_merge_maps(device, &nothing, arena), *list, *key;

	if (!out || (own && own->kind != NODE_LIST)) {
		return out; /* the table complains */
	}
	list = tree_merge_tags(own, tags, arena);
	key = arena_scratch(arena, 1, sizeof(*key));
	if (!list || !key) {
		return NULL;
	}
	for (size_t i = 0; i < out->n; i++) {
		if (out->items[i] == own) {
			out->items[i] = list;
			return out;
		}
	}
	*key = (struct node){.at = at, .text = "tags", .raw = "tags", .size = 1};
	out->keys[out->n] = key;
	out->items[out->n++] = list;
	return out;
}
