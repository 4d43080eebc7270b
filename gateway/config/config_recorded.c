/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/config_recorded.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/reading.h"

/* A pair of a map under construction. */
struct pair {
	const char *key;
	struct node *value;
};

static struct node *new_node(struct arena *arena, enum node_kind kind, size_t n)
{
	struct node *node = arena_scratch(arena, 1, sizeof(*node));

	if (!node) {
		return NULL;
	}
	*node = (struct node){.kind = kind, .n = n, .size = 1};
	node->items = n ? arena_scratch(arena, n, sizeof(struct node *)) : NULL;
	return n && !node->items ? NULL : node;
}

static struct node *new_text(struct arena *arena, const char *text)
{
	struct node *node = new_node(arena, NODE_SCALAR, 0);

	if (!node) {
		return NULL;
	}
	node->quoted = true;
	node->text = node->raw = arena_text(arena, text, strlen(text));
	return node->text ? node : NULL;
}

/* NULL where memory ran out, also where it did so for a value. */
static struct node *new_map(struct arena *arena, const struct pair *pairs, size_t n)
{
	struct node *map = new_node(arena, NODE_MAP, n);

	if (!map) {
		return NULL;
	}
	map->keys = arena_scratch(arena, n, sizeof(struct node *));
	for (size_t i = 0; map->keys && i < n; i++) {
		map->keys[i] = new_text(arena, pairs[i].key);
		map->items[i] = pairs[i].value;
		if (!map->keys[i] || !map->items[i]) {
			return NULL;
		}
	}
	return map->keys ? map : NULL;
}

/* One more at the end of a list. */
static int append(struct arena *arena, struct node *list, struct node *item)
{
	struct node **items = arena_scratch(arena, list->n + 1, sizeof(struct node *));

	if (!item || !items) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < list->n; i++) {
		items[i] = list->items[i];
	}
	items[list->n++] = item;
	list->items = items;
	return 0;
}

/* The value of a key of map, made where it is not there. */
static struct node *find_or_add(struct arena *arena, struct node *map, const char *key,
                                enum node_kind kind)
{
	struct node *value = tree_find(map, key);
	struct node *name, **keys;

	if (value) {
		return value->bad || value->kind != kind ? NULL : value;
	}
	name = new_text(arena, key);
	value = kind == NODE_SCALAR ? new_text(arena, "") : new_node(arena, kind, 0);
	keys = arena_scratch(arena, map->n + 1, sizeof(struct node *));
	if (!name || !value || !keys || append(arena, map, value)) {
		return NULL;
	}
	for (size_t i = 0; i + 1 < map->n; i++) {
		keys[i] = map->keys[i];
	}
	keys[map->n - 1] = name;
	map->keys = keys;
	return value;
}

/* Does a device of the list have it, as DEVICE/TAG or as TAG? */
static bool is_known(const struct node *devices, const char *column)
{
	const char *slash = strrchr(column, '/');

	for (size_t i = 0; i < devices->n; i++) {
		const struct node *id = tree_find(devices->items[i], "id");
		const struct node *tags = tree_find(devices->items[i], "tags");
		bool device = slash && id && id->text &&
		              strncmp(id->text, column, (size_t)(slash - column)) == 0 &&
		              !id->text[slash - column];

		for (size_t k = 0; tags && tags->kind == NODE_LIST && k < tags->n; k++) {
			const struct node *tag = tree_find(tags->items[k], "id");

			if (tag && tag->text &&
			    (strcmp(tag->text, column) == 0 ||
			     (device && strcmp(tag->text, slash + 1) == 0))) {
				return true;
			}
		}
	}
	return false;
}

static bool has_device(const struct node *devices, const char *name)
{
	for (size_t i = 0; i < devices->n; i++) {
		const struct node *id = tree_find(devices->items[i], "id");

		if (id && id->text && strcmp(id->text, name) == 0) {
			return true;
		}
	}
	return false;
}

static int add_device(struct arena *arena, struct node *devices,
                      const struct config_recording *r)
{
	struct node *tags = new_node(arena, NODE_LIST, r->n);
	const struct pair device[] = {
		{"id", new_text(arena, r->device)},
		{"driver", new_text(arena, "replay")},
		{"address", new_text(arena, "file:///recording.csv")},
		{"tags", tags},
	};

	if (!tags) {
		return -ENOMEM;
	}
	tags->n = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct pair tag[] = {
			{"id", new_text(arena, r->columns[i])},
			{"at", new_text(arena, r->columns[i])},
			{"type", new_text(arena, "float64")},
		};

		if (is_known(devices, r->columns[i])) {
			continue;
		}
		tags->items[tags->n] = new_map(arena, tag, ARRAY_SIZE(tag));
		if (!tags->items[tags->n++]) {
			return -ENOMEM;
		}
	}
	return tags->n ? append(arena, devices,
	                        new_map(arena, device, ARRAY_SIZE(device)))
	               : 0;
}

static int set_learn(struct node *root, struct arena *arena, uint32_t learn)
{
	struct node *twin = find_or_add(arena, root, "twin", NODE_MAP);
	struct node *monitor = twin ? find_or_add(arena, twin, "monitor", NODE_MAP)
	                            : NULL;
	struct node *rows = monitor ? find_or_add(arena, monitor, "learn", NODE_SCALAR)
	                            : NULL;
	char text[16];

	snprintf(text, sizeof(text), "%u", learn);
	if (!rows) {
		return -ENOMEM;
	}
	rows->text = rows->raw = arena_text(arena, text, strlen(text));
	return rows->text ? 0 : -ENOMEM;
}

int config_recorded_add(struct node *root, struct arena *arena,
                        const struct config_recording *recording)
{
	struct node *devices = find_or_add(arena, root, "devices", NODE_LIST);
	int err = devices ? 0 : -ENOMEM;

	if (!err && !has_device(devices, recording->device)) {
		err = add_device(arena, devices, recording);
	}
	if (!err && recording->learn) {
		err = set_learn(root, arena, recording->learn);
	}
	return err;
}
