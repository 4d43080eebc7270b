/* SPDX-License-Identifier: Apache-2.0 */
/* The file: reading, and what of it needs no stand. */
#include "gateway/commission/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/commission/script_impl.h"
#include "gateway/config/config_file.h"
#include "gateway/config/tree_merge.h"

/* One file to its tree.  0, or a negative errno that is said. */
static int read_tree(struct script_build *b, const char *path, struct node **root,
                     FILE *complaints)
{
	char *text;
	size_t n;
	int source, err = config_file_read(path, false, &b->arena, &text, &n);

	if (err) {
		fprintf(complaints, "%s: error: %s\n", path, config_file_error(err));
		return err;
	}
	source = complaint_source(b->said, path, text, n);
	err = source < 0 ? source : tree_read(root, &b->arena, b->said, (uint32_t)source);
	if (!err && !*root) {
		complaint_error(b->said, (struct place){.source = (uint32_t)source},
		                "the file is empty");
		err = -EINVAL;
	}
	if (!err) {
		schema_check(*root, &script_root, b->said);
		err = (*root)->bad ? -EINVAL : 0;
	}
	return err;
}

/* What this script does not say is its base's.  Paths of the base stay beside the base.
 */
static int read_base(struct script_build *b, const char *base, struct node **root,
                     FILE *complaints)
{
	struct node *preset = NULL;
	struct node *own = *root, *key = tree_find(own, "base");
	int err = read_tree(b, base, &preset, complaints);

	if (err) {
		return err;
	}
	if (tree_find(preset, "base")) {
		complaint_error(b->said, key->at, "'%s' has a base itself", base);
		return -EINVAL;
	}
	*root = tree_merge_maps(own, preset, &b->arena);
	return *root ? 0 : -ENOMEM;
}

/* The path of a text under a key, beside the file that says it. */
static const char *path_of(struct script_build *b, const struct node *node)
{
	return config_file_path(
		node->text, complaint_source_name(b->said, node->at.source), &b->arena);
}

static int read_programs(struct script_build *b)
{
	const struct node *list = schema_node(&b->root, "program");
	const char **paths;

	b->script.n_programs = list ? list->n : 0;
	paths = arena_array(&b->arena, b->script.n_programs, sizeof(*paths));
	for (size_t i = 0; list && paths && i < list->n; i++) {
		paths[i] = path_of(b, list->items[i]);
		if (!paths[i]) {
			return -ENOMEM;
		}
	}
	b->script.programs = paths;
	return paths ? 0 : -ENOMEM;
}

static int read_head(struct script_build *b)
{
	struct script *s = &b->script;
	const struct node *plant = schema_node(&b->root, "plant");
	const struct node *gateway = schema_node(&b->root, "gateway");

	s->title = schema_text(&b->root, "title");
	s->seed = schema_node(&b->root, "seed") ? schema_int(&b->root, "seed") : -1;
	s->learn = schema_text(&b->root, "learn");
	if (!tree_find(b->root.map, "plant")) {
		complaint_error(b->said, b->root.map->at, "missing key 'plant'");
	}
	if (!tree_find(b->root.map, "scenarios")) {
		complaint_error(b->said, b->root.map->at, "missing key 'scenarios'");
	}
	if (complaint_errors(b->said)) {
		return -EINVAL;
	}
	s->plant = path_of(b, plant);
	s->gateway = gateway ? path_of(b, gateway) : NULL;
	if (!s->plant || (gateway && !s->gateway)) {
		return -ENOMEM;
	}
	return read_programs(b);
}

static int read_all(struct script_build *b, FILE *complaints)
{
	struct node *root = NULL;
	const struct node *base;
	const char *path;
	int err = read_tree(b, b->script.path, &root, complaints);

	if (err) {
		return err;
	}
	base = tree_find(root, "base");
	if (base && !base->bad) {
		path = path_of(b, base);
		err = path ? read_base(b, path, &root, complaints) : -ENOMEM;
	}
	b->root = (struct schema_view){&script_root, root};
	return err ? err : read_head(b);
}

int script_read(struct script **out, const char *path, FILE *complaints)
{
	struct script_build *b = calloc(1, sizeof(*b));
	int err = -ENOMEM;

	if (!b) {
		return -ENOMEM;
	}
	b->said = complaint_new();
	b->script.path = arena_text(&b->arena, path, strlen(path));
	if (b->said && b->script.path) {
		err = read_all(b, complaints);
	}
	if (b->said && complaint_errors(b->said)) {
		complaint_print(b->said, complaints);
		err = -EINVAL;
	}
	if (err) {
		script_free(&b->script);
		return err;
	}
	*out = &b->script;
	return 0;
}

void script_free(struct script *s)
{
	struct script_build *b = (struct script_build *)s;

	if (b) {
		complaint_free(b->said);
		arena_free(&b->arena);
		free(b);
	}
}

size_t script_runs(const struct script_scenario *s)
{
	size_t n = 1;

	for (size_t i = 0; i < s->n_axes; i++) {
		n *= s->axes[i].n;
	}
	return n;
}
