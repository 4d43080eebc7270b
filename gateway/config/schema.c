/* SPDX-License-Identifier: Apache-2.0 */
/* The tree against the table. */
#include "gateway/config/schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/value_type.h"
#include "twin/nearest.h"

/* The walk over one tree. */
struct walk {
	struct complaints *said;
	const struct schema_key *warned[64]; /* keys of parts that are not built */
	size_t n_warned;
};

/* Where the walk is, for messages: devices, devices[0], devices[0].tags. */
struct path {
	const struct path *up;
	const char *name;
	long index; /* -1: none */
};

enum { PATH_BYTES = 200 };

static void print_path(const struct path *path, char *buf, size_t n)
{
	size_t used;

	*buf = '\0';
	if (!path) {
		return;
	}
	print_path(path->up, buf, n);
	used = strlen(buf);
	snprintf(buf + used, n - used, "%s%s", used ? "." : "", path->name);
	used = strlen(buf);
	if (path->index >= 0) {
		snprintf(buf + used, n - used, "[%ld]", path->index);
	}
}

/* " in devices[0]", or nothing at the top. */
static void print_where(const struct path *path, char *buf, size_t n)
{
	char text[PATH_BYTES];

	print_path(path, text, sizeof(text));
	snprintf(buf, n, "%s%s", *text ? " in " : "", text);
}

/* What was found instead, without giving away a secret. */
static void print_found(const struct schema_key *key, const struct node *node, char *buf,
                        size_t n)
{
	if (node->kind != NODE_SCALAR) {
		snprintf(buf, n, "%s", node->kind == NODE_LIST ? "a list" : "a map");
	} else if (!*node->raw && !node->quoted) {
		snprintf(buf, n, "nothing");
	} else if (key->flags & SCHEMA_SECRET) {
		snprintf(buf, n, "this");
	} else if (node->quoted) {
		snprintf(buf, n, "the text \"%.60s\"", node->raw);
	} else {
		snprintf(buf, n, "'%.60s'", node->raw);
	}
}

/* 'NAME in WHERE must be WHAT, not FOUND', and why not where that needs words. */
static void refuse(struct node *node, const struct schema_key *key,
                   const struct path *path, const char *hint, struct walk *w)
{
	char what[200], where[PATH_BYTES + 8], found[100], name[100];
	const struct path last = {NULL, path->name, path->index};

	schema_describe(key, what, sizeof(what));
	print_found(key, node, found, sizeof(found));
	print_where(path->up, where, sizeof(where));
	print_path(&last, name, sizeof(name));
	complaint_error(w->said, node->at, "'%s'%s must be %s, not %s%s", name, where,
	                what, found, hint);
	node->bad = true;
}

/* Quotes and YAML 1.1's booleans, the traps between what is meant and what is read. */
static const char *trap(const struct schema_key *key, const struct node *node)
{
	bool text = key->type == SCHEMA_TEXT || key->type == SCHEMA_ID ||
	            key->type == SCHEMA_TAG || key->type == SCHEMA_TAGS;
	bool number = key->type == SCHEMA_INT || key->type == SCHEMA_REAL;

	if (text && !node->quoted && !node->secret && schema_is_boolean(node->raw)) {
		return ": that is a boolean in YAML; put it in quotes";
	}
	if (text && !node->quoted && !node->secret &&
	    (!*node->raw || strcmp(node->raw, "~") == 0 ||
	     strcmp(node->raw, "null") == 0)) {
		return "";
	}
	if (key->type == SCHEMA_BOOL && node->quoted && !node->secret) {
		return ": remove the quotes";
	}
	if (key->type == SCHEMA_BOOL && schema_is_boolean(node->raw) &&
	    strcasecmp(node->raw, "true") != 0 && strcasecmp(node->raw, "false") != 0) {
		return strcasecmp(node->raw, "yes") == 0 ||
		                       strcasecmp(node->raw, "on") == 0
		               ? ": a boolean in YAML 1.1 only, write true"
		               : ": a boolean in YAML 1.1 only, write false";
	}
	if (number && node->quoted && !node->secret) {
		return ": remove the quotes";
	}
	return NULL;
}

static const char *hint_of(int err, const struct schema_key *key)
{
	if (err == -ENODATA) {
		return key->type == SCHEMA_SIZE ? ": add its unit (B, KiB, MiB, GiB)"
		                                : ": add its unit (ms, s, min, h, d)";
	}
	return "";
}

/* " (did you mean 'x'?)" in buf, or nothing. */
static void print_nearest(const struct nearest *n, char *buf, size_t size)
{
	*buf = '\0';
	if (n->best) {
		snprintf(buf, size, " (did you mean '%s'?)", n->best);
	}
}

static void nearest_choice(const char *choices, struct nearest *nearest, char *buf,
                           size_t size)
{
	char words[200], *save = NULL;

	snprintf(words, sizeof(words), "%s", choices);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		nearest_offer(nearest, w);
	}
	print_nearest(nearest, buf, size);
}

static void check_value_type(struct node *node, const struct schema_key *key,
                             const struct path *path, struct walk *w)
{
	struct nearest nearest = {.word = node->text};
	enum value_type type;
	uint16_t length;
	const char *why = NULL;
	char hint[120], meant[80] = "";

	if (value_type_parse(node->text, &type, &length, &why) == 0) {
		return;
	}
	for (size_t i = 0; value_type_name(i); i++) {
		nearest_offer(&nearest, value_type_name(i));
	}
	if (strcmp(why, "unknown type") == 0) {
		print_nearest(&nearest, meant, sizeof(meant));
		snprintf(hint, sizeof(hint), "%s", meant);
	} else {
		snprintf(hint, sizeof(hint), ": %s", why);
	}
	refuse(node, key, path, hint, w);
}

static void check_scalar(struct node *node, const struct schema_key *key,
                         const struct path *path, struct walk *w)
{
	const char *hint = NULL;
	char meant[120];
	double real;
	int64_t whole;
	int err;

	if (node->kind != NODE_SCALAR) {
		refuse(node, key, path, "", w);
		return;
	}
	hint = trap(key, node);
	if (hint) {
		refuse(node, key, path, hint, w);
		return;
	}
	if (key->type == SCHEMA_VALUE_TYPE) {
		check_value_type(node, key, path, w);
		return;
	}
	err = schema_parse(key, node->text, &real, &whole);
	if (err && key->type == SCHEMA_CHOICE) {
		struct nearest nearest = {.word = node->text};

		nearest_choice(key->choices, &nearest, meant, sizeof(meant));
		refuse(node, key, path, meant, w);
	} else if (err) {
		refuse(node, key, path, hint_of(err, key), w);
	}
}

static void check_object(struct node *map, const struct schema_object *object,
                         const struct path *path, struct walk *w);

static void check_numbers(struct node *node, const struct schema_key *key,
                          const struct path *path, struct walk *w)
{
	struct schema_key number = *key;

	number.type = SCHEMA_REAL;
	if (node->kind != NODE_LIST) {
		check_scalar(node, &number, path, w);
		return;
	}
	for (size_t i = 0; i < node->n; i++) {
		struct node *row = node->items[i];
		struct path item = {path->up, path->name, (long)i};

		for (size_t k = 0; row->kind == NODE_LIST && k < row->n; k++) {
			check_scalar(row->items[k], &number, &item, w);
		}
		if (row->kind != NODE_LIST) {
			check_scalar(row, &number, &item, w);
		}
	}
}

static void check_tags(struct node *node, const struct schema_key *key,
                       const struct path *path, struct walk *w)
{
	struct schema_key tag = *key;

	if (node->kind != NODE_LIST || node->n == 0) {
		check_scalar(node, key, path, w);
		return;
	}
	tag.type = SCHEMA_TAG;
	for (size_t i = 0; i < node->n; i++) {
		const struct path item = {path->up, path->name, (long)i};

		check_scalar(node->items[i], &tag, &item, w);
	}
}

static void check_one(struct node *node, const struct schema_key *key,
                      const struct path *path, struct walk *w)
{
	if (key->type == SCHEMA_ANY || node->bad) {
		return;
	}
	if (key->type == SCHEMA_NUMBERS) {
		check_numbers(node, key, path, w);
		return;
	}
	if (key->type == SCHEMA_TAGS) {
		check_tags(node, key, path, w);
	} else if (key->type != SCHEMA_OBJECT) {
		check_scalar(node, key, path, w);
	} else if (node->kind != NODE_MAP) {
		refuse(node, key, path, "", w);
	} else {
		check_object(node, key->object, path, w);
	}
}

/* The names under a key that takes any: they are words of the user, no booleans. */
static void check_names(struct node *map, const struct path *path, struct walk *w)
{
	char where[PATH_BYTES + 8];

	print_where(path, where, sizeof(where));
	for (size_t i = 0; i < map->n; i++) {
		if (!map->keys[i]->quoted && schema_is_boolean(map->keys[i]->text)) {
			complaint_error(w->said, map->keys[i]->at,
			                "'%s'%s is a boolean in YAML; put it in quotes",
			                map->keys[i]->text, where);
		}
	}
}

static void check_value(struct node *node, const struct schema_key *key,
                        const struct path *path, struct walk *w)
{
	enum node_kind kind = key->shape == SCHEMA_LIST_OF ? NODE_LIST : NODE_MAP;

	if (key->shape == SCHEMA_ONE) {
		check_one(node, key, path, w);
		return;
	}
	if (node->kind != kind) {
		refuse(node, key, path, "", w);
		return;
	}
	if (kind == NODE_MAP) {
		check_names(node, path, w);
	}
	for (size_t i = 0; i < node->n; i++) {
		struct path item = {path->up, path->name, (long)i};
		struct schema_key one = *key;

		one.shape = SCHEMA_ONE;
		if (kind == NODE_MAP) {
			item = (struct path){path, node->keys[i]->text, -1};
		}
		check_one(node->items[i], &one, &item, w);
	}
}

static const struct schema_key *find_key(const struct schema_object *object,
                                         const char *name)
{
	for (const struct schema_key *k = object->keys; k->name; k++) {
		if (tree_is_key(k->name, name)) {
			return k;
		}
	}
	return NULL;
}

static void unknown_key(const struct node *key, const struct schema_object *object,
                        const struct path *path, struct walk *w)
{
	struct nearest nearest = {.word = key->text};
	char where[PATH_BYTES + 8], meant[100];

	for (const struct schema_key *k = object->keys; k->name; k++) {
		nearest_offer(&nearest, k->name);
	}
	print_where(path, where, sizeof(where));
	print_nearest(&nearest, meant, sizeof(meant));
	complaint_error(w->said, key->at, "unknown key '%.64s'%s%s", key->text, where,
	                strcmp(key->text, "<<") == 0 ? " (there are no merge keys here)"
	                                             : meant);
}

/* One warning a key: a plant has hundreds of tags. */
static void warn_once(const struct node *node, const struct schema_key *key,
                      const struct path *path, struct walk *w)
{
	char where[PATH_BYTES + 8];

	for (size_t i = 0; i < w->n_warned; i++) {
		if (w->warned[i] == key) {
			return;
		}
	}
	if (w->n_warned < ARRAY_SIZE(w->warned)) {
		w->warned[w->n_warned++] = key;
	}
	print_where(path, where, sizeof(where));
	complaint_warning(w->said, node->at, "'%s'%s is not built yet: without effect",
	                  key->name, where);
}

static void check_object(struct node *map, const struct schema_object *object,
                         const struct path *path, struct walk *w)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct schema_key *key = find_key(object, map->keys[i]->text);
		struct path item = {path, map->keys[i]->text, -1};

		if (!key) {
			unknown_key(map->keys[i], object, path, w);
			continue;
		}
		if (key->flags & SCHEMA_LATER) {
			warn_once(map->keys[i], key, path, w);
		}
		check_value(map->items[i], key, &item, w);
	}
	for (const struct schema_key *k = object->keys; k->name; k++) {
		if (k->flags & SCHEMA_REQUIRED && !tree_find(map, k->name)) {
			char where[PATH_BYTES + 8];

			print_where(path, where, sizeof(where));
			complaint_error(w->said, map->at, "missing key '%s'%s", k->name,
			                where);
		}
	}
}

void schema_check(struct node *root, const struct schema_object *object,
                  struct complaints *said)
{
	struct walk w = {.said = said};

	if (root->kind != NODE_MAP) {
		complaint_error(said, root->at,
		                "a configuration is a map of keys, not a %s",
		                root->kind == NODE_LIST ? "list" : "text");
		root->bad = true;
		return;
	}
	check_object(root, object, NULL, &w);
}
