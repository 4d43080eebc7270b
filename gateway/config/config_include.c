/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/config_include.h"

#include <errno.h>
#include <glob.h>
#include <string.h>

#include "gateway/config/config_file.h"

/* Append n more to an array of n_old. */
static struct node **joined(struct node **old, size_t n_old, struct node **more, size_t n,
                            struct arena *arena)
{
	struct node **out = arena_scratch(arena, n_old + n, sizeof(struct node *));

	if (out && n_old) {
		memcpy(out, old, n_old * sizeof(struct node *));
	}
	if (out && n) {
		memcpy(out + n_old, more, n * sizeof(struct node *));
	}
	return out;
}

static int append_list(struct node *into, const struct node *from, struct arena *arena)
{
	into->items = joined(into->items, into->n, from->items, from->n, arena);
	into->n += from->n;
	return into->items ? 0 : -ENOMEM;
}

/* Lists of devices and components grow, sections come once. */
static int merge_map(struct node *into, const struct node *from, struct arena *arena,
                     struct complaints *said)
{
	int err = 0;

	for (size_t i = 0; !err && i < from->n; i++) {
		struct node *key = from->keys[i], *value = from->items[i];
		struct node *old = tree_find(into, key->text);

		if (strcmp(key->text, "include") == 0) {
			complaint_error(said, key->at, "an included file cannot include");
		} else if (old && old->kind == NODE_LIST && value->kind == NODE_LIST) {
			err = append_list(old, value, arena);
		} else if (old && strcmp(key->text, "twin") == 0 &&
		           old->kind == NODE_MAP && value->kind == NODE_MAP) {
			err = merge_map(old, value, arena, said);
		} else if (old) {
			complaint_error(said, key->at,
			                "duplicate key '%s' (first in %s:%u)", key->text,
			                complaint_source_name(said, old->at.source),
			                old->at.line);
		} else {
			into->keys = joined(into->keys, into->n, &key, 1, arena);
			into->items = joined(into->items, into->n, &value, 1, arena);
			into->n++;
			err = into->keys && into->items ? 0 : -ENOMEM;
		}
	}
	return err;
}

static int include_source(struct node *root, int source, struct arena *arena,
                          struct complaints *said)
{
	struct node *tree = NULL;
	int err = source < 0 ? source : tree_read(&tree, arena, said, (uint32_t)source);

	if (err || !tree) {
		return err; /* an empty file includes nothing */
	}
	if (tree->kind != NODE_MAP) {
		complaint_error(said, tree->at, "a configuration is a map of keys");
		return -EINVAL;
	}
	err = tree_expand(tree, arena, said);
	return err ? err : merge_map(root, tree, arena, said);
}

static int include_file(struct node *root, const struct node *name, const char *path,
                        struct arena *arena, struct complaints *said)
{
	const char *copy = arena_text(arena, path, strlen(path));
	char *text;
	size_t n;
	int err = copy ? config_file_read(copy, false, arena, &text, &n) : -ENOMEM;

	if (err && err != -ENOMEM) {
		complaint_error(said, name->at, "cannot include '%s': %s", copy,
		                config_file_error(err));
		return -EINVAL;
	}
	if (!err) {
		err = include_source(root, complaint_source(said, copy, text, n), arena,
		                     said);
	}
	return err;
}

static int include_glob(struct node *root, const struct node *name, struct arena *arena,
                        struct complaints *said)
{
	const char *base = complaint_source_name(said, name->at.source);
	const char *pattern = config_file_path(name->text, base, arena);
	glob_t found = {0};
	int err = 0, failed = 0;

	if (!pattern) {
		return -ENOMEM;
	}
	/* NOCHECK: a name without wildcards that is not there is tried, and said so. */
	if (glob(pattern, strpbrk(pattern, "*?[") ? 0 : GLOB_NOCHECK, NULL, &found)) {
		complaint_warning(said, name->at, "no file matches '%s'", name->raw);
	}
	for (size_t i = 0; i < found.gl_pathc && err != -ENOMEM; i++) {
		err = include_file(root, name, found.gl_pathv[i], arena, said);
		failed = err ? err : failed;
	}
	globfree(&found);
	return failed;
}

int config_include(struct node *root, struct arena *arena, struct complaints *said)
{
	const struct node *list = tree_find(root, "include");
	int err = 0, failed = 0;

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		if (list->items[i]->kind == NODE_SCALAR && !list->items[i]->bad) {
			err = include_glob(root, list->items[i], arena, said);
			failed = err ? err : failed;
		}
		if (err == -ENOMEM) {
			break;
		}
	}
	return failed;
}
