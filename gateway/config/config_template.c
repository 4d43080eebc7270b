/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/config_template.h"

#include <errno.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/config_file.h"
#include "gateway/config/schema.h"
#include "gateway/config/template_file.h"
#include "gateway/config/template_text.h"
#include "gateway/config/tree_merge.h"
#include "twin/nearest.h"

static const struct schema_key parameter_keys[] = {
	{"description", SCHEMA_TEXT, "what it means", .min = 1, .max = 300,
         .flags = SCHEMA_REQUIRED},
	{"default", SCHEMA_TEXT, "absent: the device must say it", .shape = SCHEMA_ONE},
	{"min", SCHEMA_INT, "with max: a whole number within", .shape = SCHEMA_ONE},
	{"max", SCHEMA_INT, "as above", .shape = SCHEMA_ONE},
	{"choices", SCHEMA_TEXT, "it is one of these words", .shape = SCHEMA_LIST_OF},
	{0},
};
static const struct schema_object parameter = {
	"parameter", "what a device says to its template", parameter_keys};

static const struct schema_key template_keys[] = {
	{"description", SCHEMA_TEXT, "the device, for people", .min = 1, .max = 300,
         .flags = SCHEMA_REQUIRED},
	{"parameters", SCHEMA_OBJECT, "what a device says to it", .shape = SCHEMA_MAP_OF,
         .object = &parameter},
	{"device", SCHEMA_ANY, "defaults of the device's keys", .shape = SCHEMA_MAP_OF},
	{"tags", SCHEMA_ANY, "its quantities", .shape = SCHEMA_LIST_OF,
         .flags = SCHEMA_REQUIRED},
	{0},
};
static const struct schema_object schema_template = {"template", "a device template",
                                                     template_keys};

/* A template that was read; NULL tree: in vain, and that was said. */
struct loaded {
	struct loaded *next;
	const char *name, *path, *text;
	size_t n;
	const struct node *tree;
};

struct expansion {
	struct arena *arena;
	struct complaints *said;
	struct template_dirs dirs;
	struct loaded *loaded;
};

/* One device and its template. */
struct use {
	struct expansion *e;
	const struct node *device;
	const struct node *name; /* the value of template: */
	const struct loaded *template;
	uint32_t source; /* the template's text, used here */
	struct template_value *values;
	size_t n_values;
};

static const struct node *find_kind(const struct node *map, const char *key,
                                    enum node_kind kind)
{
	const struct node *node = tree_find(map, key);

	return node && node->kind == kind ? node : NULL;
}

/* ---- reading ---- */

static void offer_name(void *arg, const char *name, const char *path)
{
	struct nearest *nearest = ((void **)arg)[0];
	struct arena *arena = ((void **)arg)[1];
	struct nearest before = *nearest;

	(void)path;
	nearest_offer(nearest, name);
	if (nearest->best != before.best) {
		nearest->best = arena_text(arena, name, strlen(name));
	}
}

static void complain_unknown(struct expansion *e, const struct node *name)
{
	struct nearest nearest = {.word = name->text};
	void *arg[] = {&nearest, e->arena};

	(void)template_file_each(&e->dirs, offer_name, arg);
	complaint_error(e->said, name->at,
	                "there is no template '%.64s'%s%s%s; `pollux config templates` "
	                "lists them",
	                name->text, nearest.best ? " (did you mean '" : "",
	                nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
}

/* min and max, and choices, that cannot be meant. */
static void check_parameter(struct complaints *said, const struct node *name,
                            const struct node *spec)
{
	const struct node *min = tree_find(spec, "min"), *max = tree_find(spec, "max");

	if (!schema_is_id(name->text, strlen(name->text)) || strchr(name->text, '-')) {
		complaint_error(said, name->at,
		                "a parameter's name is of letters, digits and _");
	}
	if (!min != !max) {
		complaint_error(said, (min ? min : max)->at,
		                "'min' and 'max' come together");
	}
	if (min && tree_find(spec, "choices")) {
		complaint_error(said, min->at, "a number has no 'choices'");
	}
}

static void check_tag(struct complaints *said, const struct node *tag)
{
	const struct node *write = tree_find(tag, "write");

	if (write) {
		complaint_error(said, write->at,
		                "a template makes nothing writable: 'write' is for the "
		                "device's own tags");
	}
}

/* Does the tree make a template?  Said where not. */
static int check_tree(struct node *tree, struct complaints *said)
{
	static const char *const own[] = {"id",       "address", "parameters",
	                                  "template", "tags",    "tags_csv"};
	size_t before = complaint_errors(said);
	const struct node *device, *parameters, *tags;

	schema_check(tree, &schema_template, said);
	tags = find_kind(tree, "tags", NODE_LIST);
	for (size_t i = 0; tags && i < tags->n; i++) {
		check_tag(said, tags->items[i]);
	}
	device = find_kind(tree, "device", NODE_MAP);
	for (size_t i = 0; device && i < ARRAY_SIZE(own); i++) {
		if (tree_find(device, own[i])) {
			complaint_error(said, tree_find(device, own[i])->at,
			                "'%s' is not for a template to say", own[i]);
		}
	}
	parameters = find_kind(tree, "parameters", NODE_MAP);
	for (size_t i = 0; parameters && i < parameters->n; i++) {
		if (parameters->items[i]->kind == NODE_MAP) {
			check_parameter(said, parameters->keys[i], parameters->items[i]);
		}
	}
	return complaint_errors(said) == before ? 0 : -EINVAL;
}

static int read_template(struct use *u, struct loaded *t)
{
	struct complaints *said = u->e->said;
	struct node *tree = NULL;
	int source = complaint_source(said, t->path, t->text, t->n);
	int err = source < 0 ? source : 0;

	if (err) {
		return err;
	}
	complaint_used(said, (uint32_t)source, u->name->at);
	err = tree_read(&tree, u->e->arena, said, (uint32_t)source);
	if (!err && !tree) {
		complaint_error(said, (struct place){(uint32_t)source, 1, 1},
		                "the template is empty");
		err = -EINVAL;
	}
	err = err ? err : check_tree(tree, said);
	t->tree = err ? NULL : tree;
	return err;
}

/* Find the template of u's name and read it, once. */
static int load(struct use *u)
{
	struct expansion *e = u->e;
	struct loaded *t = e->loaded;
	int err;

	while (t && strcmp(t->name, u->name->text) != 0) {
		t = t->next;
	}
	u->template = t;
	if (t) {
		return t->tree ? 0 : -EINVAL;
	}
	t = arena_array(e->arena, 1, sizeof(*t));
	if (!t) {
		return -ENOMEM;
	}
	t->name = u->name->text;
	err = template_file_find(&t->path, &e->dirs, t->name, e->arena);
	if (err == -ENOENT) {
		complain_unknown(e, u->name);
		return -EINVAL;
	}
	if (!err) {
		char *text;

		err = config_file_read(t->path, false, e->arena, &text, &t->n);
		t->text = err ? NULL : text;
	}
	if (err && err != -ENOMEM) {
		complaint_error(e->said, u->name->at, "cannot read '%s': %s", t->path,
		                config_file_error(err));
		return -EINVAL;
	}
	t->next = e->loaded;
	e->loaded = t;
	u->template = t;
	return err ? err : read_template(u, t);
}

/* ---- parameters ---- */

/* "a b c" of a list of words. */
static const char *join_words(const struct node *list, struct arena *arena)
{
	const char *out = "";

	for (size_t i = 0; out && i < list->n; i++) {
		out = arena_format(arena, "%s%s%s", out, i ? " " : "",
		                   list->items[i]->text);
	}
	return out;
}

/* A parameter as a key of a table, which knows how to read and to describe it. */
static int key_of(struct schema_key *key, const struct node *spec, struct arena *arena)
{
	const struct node *choices = find_kind(spec, "choices", NODE_LIST);
	struct schema_view v = {&parameter, spec};

	*key = (struct schema_key){.type = SCHEMA_TEXT};
	if (choices) {
		key->type = SCHEMA_CHOICE;
		key->choices = join_words(choices, arena);
		return key->choices ? 0 : -ENOMEM;
	}
	if (schema_node(&v, "min")) {
		key->type = SCHEMA_INT;
		key->min = (double)schema_int(&v, "min");
		key->max = (double)schema_int(&v, "max");
	}
	return 0;
}

/* Take one parameter's value, the device's or the default. */
static int set_value(struct use *u, const struct node *name, const struct node *spec)
{
	const struct node *given = find_kind(u->device, "parameters", NODE_MAP);
	const struct node *value = tree_find(given, name->text);
	struct schema_view v = {&parameter, spec};
	struct schema_key key;
	char what[200];
	int64_t whole;
	double real;
	int err = key_of(&key, spec, u->e->arena);

	if (err) {
		return err;
	}
	value = value ? value : schema_node(&v, "default");
	if (!value) {
		complaint_error(u->e->said, u->name->at,
		                "template '%s' wants the parameter '%s': %s",
		                u->template->name, name->text,
		                schema_text(&v, "description"));
		return -EINVAL;
	}
	if (value->bad) {
		return -EINVAL;
	}
	if (value->kind != NODE_SCALAR ||
	    schema_parse(&key, value->text, &real, &whole)) {
		schema_describe(&key, what, sizeof(what));
		complaint_error(u->e->said, value->at,
		                "parameter '%s' of template '%s' must be %s", name->text,
		                u->template->name, what);
		return -EINVAL;
	}
	u->values[u->n_values++] = (struct template_value){name->text, value->text,
	                                                   value->secret};
	return 0;
}

/* Parameters that the template does not know. */
static int check_given(struct use *u, const struct node *specs)
{
	const struct node *given = find_kind(u->device, "parameters", NODE_MAP);
	int err = 0;

	for (size_t i = 0; given && i < given->n; i++) {
		struct nearest nearest = {.word = given->keys[i]->text};

		if (tree_find(specs, given->keys[i]->text)) {
			continue;
		}
		for (size_t k = 0; specs && k < specs->n; k++) {
			nearest_offer(&nearest, specs->keys[k]->text);
		}
		complaint_error(
			u->e->said, given->keys[i]->at,
			"template '%s' has no parameter '%.64s'%s%s%s", u->template->name,
			given->keys[i]->text, nearest.best ? " (did you mean '" : "",
			nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
		err = -EINVAL;
	}
	return err;
}

static int set_values(struct use *u)
{
	const struct node *specs = find_kind(u->template->tree, "parameters", NODE_MAP);
	int err = check_given(u, specs), failed;

	u->values = arena_array(u->e->arena, specs ? specs->n : 0, sizeof(*u->values));
	if (!u->values) {
		return -ENOMEM;
	}
	for (size_t i = 0; specs && i < specs->n && err != -ENOMEM; i++) {
		failed = set_value(u, specs->keys[i], specs->items[i]);
		err = failed ? failed : err;
	}
	return err;
}

/* ---- copying ---- */

static int expand_text(struct use *u, struct node *node)
{
	struct template_scope scope = {
		.values = u->values, .n = u->n_values, .arena = u->e->arena};
	const char *text;
	int err = template_text_expand(&scope, node->text, &text);

	if (err == -EINVAL) {
		complaint_error(u->e->said, node->at, "%s%s%s%s", scope.why,
		                scope.word ? ": '" : "", scope.word ? scope.word : "",
		                scope.word ? "'" : "");
	} else if (!err && text != node->text) {
		node->text = text;
		node->secret = node->secret || scope.secret;
		node->raw = node->secret ? node->raw : text;
		node->quoted = false; /* the quotes were for the braces */
	}
	return err;
}

/* A copy of the template's node, with this use's values in it and its place. */
static struct node *copy(struct use *u, const struct node *from, int *err)
{
	struct arena *arena = u->e->arena;
	struct node *out = arena_scratch(arena, 1, sizeof(*out));
	int failed = out ? 0 : -ENOMEM;

	if (!failed) {
		*out = *from;
		out->at.source = u->source;
		out->keys = arena_scratch(arena, from->n, sizeof(struct node *));
		out->items = arena_scratch(arena, from->n, sizeof(struct node *));
		failed = out->keys && out->items ? 0 : -ENOMEM;
	}
	if (!failed && from->kind == NODE_SCALAR) {
		failed = expand_text(u, out);
	}
	for (size_t i = 0; out && failed != -ENOMEM && i < from->n; i++) {
		out->keys[i] = from->kind == NODE_MAP ? copy(u, from->keys[i], err)
		                                      : NULL;
		out->items[i] = copy(u, from->items[i], err);
		if (!out->items[i] || (from->kind == NODE_MAP && !out->keys[i])) {
			failed = -ENOMEM;
		}
	}
	*err = failed ? failed : *err;
	return failed == -ENOMEM ? NULL : out;
}

/* ---- merging ---- */

/* The device with what the template gives it. */
static struct node *merged_device(struct use *u, const struct node *template)
{
	static const struct node nothing = {.kind = NODE_MAP};
	struct arena *arena = u->e->arena;
	const struct node *preset = find_kind(template, "device", NODE_MAP);
	const struct node *limits = find_kind(u->device, "limits", NODE_MAP);
	const struct node *more = preset ? find_kind(preset, "limits", NODE_MAP) : NULL;
	struct node *both = limits && more ? tree_merge_maps(limits, more, arena) : NULL;
	struct node *out = tree_merge_maps(u->device, preset ? preset : &nothing, arena);

	if (!out || (limits && more && !both)) {
		return NULL;
	}
	for (size_t i = 0; both && i < out->n; i++) {
		out->items[i] = out->items[i] == limits ? both : out->items[i];
	}
	return tree_merge_device_tags(out, tree_find(template, "tags"), u->name->at,
	                              arena);
}

static int expand_device(struct expansion *e, struct node **item)
{
	const struct node *name = find_kind(*item, "template", NODE_SCALAR);
	struct use u = {.e = e, .device = *item, .name = name};
	struct node *template, *merged;
	int err, source;

	if (!schema_is_id(name->text, strlen(name->text))) {
		complaint_error(e->said, name->at,
		                "a template's name is 1 to 64 of A-Z a-z 0-9 _ -");
		return -EINVAL;
	}
	err = load(&u);
	err = err ? err : set_values(&u);
	if (err) {
		return err;
	}
	source = complaint_source(e->said, u.template->path, u.template->text,
	                          u.template->n);
	if (source < 0) {
		return source;
	}
	u.source = (uint32_t)source;
	complaint_used(e->said, u.source, name->at);
	template = copy(&u, u.template->tree, &err);
	if (err) {
		return err;
	}
	merged = merged_device(&u, template);
	*item = merged ? merged : *item;
	return merged ? 0 : -ENOMEM;
}

/* Where the templates of a configuration are looked for; root may be NULL. */
static int find_dirs(struct template_dirs *out, const struct node *root,
                     const char *config_path, struct arena *arena)
{
	const struct node *dir = find_kind(find_kind(root, "gateway", NODE_MAP),
	                                   "templates_dir", NODE_SCALAR);
	const char *path = NULL;

	if (dir && !dir->bad && *dir->text) {
		path = config_file_path(dir->text, config_path, arena);
		if (!path) {
			return -ENOMEM;
		}
	}
	return template_dirs_init(out, path, config_path, arena);
}

int config_template_expand(struct node *root, struct arena *arena,
                           struct complaints *said)
{
	const struct node *list = find_kind(root, "devices", NODE_LIST);
	struct expansion e = {.arena = arena, .said = said};
	const struct node *given;
	int err = find_dirs(&e.dirs, root, complaint_source_name(said, root->at.source),
	                    arena),
	    failed = err;

	for (size_t i = 0; list && i < list->n && failed != -ENOMEM; i++) {
		const struct node *name = find_kind(list->items[i], "template",
		                                    NODE_SCALAR);

		given = tree_find(list->items[i], "parameters");
		if (name && !name->bad) {
			err = expand_device(&e, &list->items[i]);
			failed = err ? err : failed;
			/* What its template would have given is not missing. */
			list->items[i]->bad = err != 0;
		} else if (given && !tree_find(list->items[i], "template")) {
			complaint_error(said, given->at,
			                "'parameters' are for a 'template'");
		}
	}
	return failed;
}

/* ---- for people ---- */

static void print_parameter(const struct node *name, const struct node *spec,
                            struct arena *arena, FILE *out)
{
	struct schema_view v = {&parameter, spec};
	const char *preset = schema_text(&v, "default");
	struct schema_key key;
	char what[200];

	if (key_of(&key, spec, arena)) {
		return;
	}
	schema_describe(&key, what, sizeof(what));
	fprintf(out, "  %s: %s; %s", name->text, schema_text(&v, "description"), what);
	if (preset) {
		fprintf(out, "; default %s\n", preset);
	} else {
		fputs("; required\n", out);
	}
}

/* One template; what is wrong with it goes to stderr. */
static int describe(const char *name, const char *path, struct arena *arena, FILE *out)
{
	struct complaints *said = complaint_new();
	const struct node *parameters;
	struct node *tree = NULL;
	char *text;
	size_t n = 0;
	int source,
		err = said ? config_file_read(path, false, arena, &text, &n) : -ENOMEM;

	if (!err) {
		source = complaint_source(said, path, text, n);
		err = source < 0 ? source
		                 : tree_read(&tree, arena, said, (uint32_t)source);
	}
	if (!err && tree && !check_tree(tree, said)) {
		parameters = find_kind(tree, "parameters", NODE_MAP);
		fprintf(out, "%s: %s, %zu tags (%s)\n", name,
		        tree_find(tree, "description")->text, tree_find(tree, "tags")->n,
		        path);
		for (size_t i = 0; parameters && i < parameters->n; i++) {
			print_parameter(parameters->keys[i], parameters->items[i], arena,
			                out);
		}
	} else if (err && err != -EINVAL) {
		fprintf(stderr, "%s: error: %s\n", path, config_file_error(err));
	}
	if (said) {
		complaint_print(said, stderr);
	}
	complaint_free(said);
	return err == -ENOMEM ? err : 0;
}

struct listing {
	struct arena *arena;
	FILE *out;
	size_t n;
	int err;
};

static void on_template(void *arg, const char *name, const char *path)
{
	struct listing *l = arg;

	l->n++;
	l->err = l->err ? l->err : describe(name, path, l->arena, l->out);
}

/* The tree of a configuration, whatever else is wrong with it; NULL: none. */
static struct node *read_root(const char *path, struct arena *arena)
{
	struct complaints *said = complaint_new();
	struct node *root = NULL;
	char *text;
	size_t n;
	int source;

	if (said && config_file_read(path, false, arena, &text, &n) == 0) {
		source = complaint_source(said, path, text, n);
		if (source < 0 || tree_read(&root, arena, said, (uint32_t)source) ||
		    tree_expand(root, arena, said)) {
			root = NULL;
		}
	}
	complaint_free(said);
	return root;
}

int config_template_print(const char *config_path, FILE *out)
{
	struct arena arena = {0};
	struct listing l = {.arena = &arena, .out = out};
	struct template_dirs dirs;
	int err = find_dirs(&dirs, read_root(config_path, &arena), config_path, &arena);

	err = err ? err : template_file_each(&dirs, on_template, &l);
	err = err ? err : l.err;
	arena_free(&arena);
	return err ? err : l.n ? 0 : -ENOENT;
}
