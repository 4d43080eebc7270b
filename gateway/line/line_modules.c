/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_modules.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/config_file.h"
#include "gateway/config/quantity.h"
#include "gateway/config/tree_merge.h"

enum { MODULES_MAX = 100, TEXT_MAX = 8000 };

/* One that is being put in. */
struct module {
	struct line_build *b;
	const struct node *item;       /* of the line's list */
	const struct node *parameters; /* of its file; NULL: none */
	struct node *file;             /* with the parameters' values in */
	const char *id, *path;         /* path of its file */
	bool placed;                   /* at x, y */
	double x, y;
};

/* All of them. */
struct expansion {
	struct line_build *b;
	struct module *modules;
	size_t n;
	struct node *root;
};

static const char *text_of(const struct node *map, const char *key)
{
	const struct node *value = map->kind == NODE_MAP ? tree_find(map, key) : NULL;

	return value && value->kind == NODE_SCALAR ? value->text : NULL;
}

/* A list or map under a key; an empty one where there is none. */
static const struct node *part_of(const struct node *map, const char *key,
                                  enum node_kind kind)
{
	static const struct node none = {.kind = NODE_LIST};
	const struct node *value = tree_find(map, key);

	return value && value->kind == kind ? value : &none;
}

static bool is_in(const struct node *list, const char *id)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *own = text_of(list->items[i], "id");

		if (own && strcmp(own, id) == 0) {
			return true;
		}
	}
	return false;
}

static void offer_ids(struct nearest *near, const struct node *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *own = text_of(list->items[i], "id");

		nearest_offer(near, own ? own : "");
	}
}

static void offer_keys(struct nearest *near, const struct node *map)
{
	for (size_t i = 0; i < map->n; i++) {
		nearest_offer(near, map->keys[i]->text);
	}
}

/* ---- parameters ---- */

/* What the line gives, or else the file itself. */
static const struct node *value_of(const struct module *m, const char *name)
{
	const struct node *with = part_of(m->item, "with", NODE_MAP);
	const struct node *own = with->n ? tree_find(with, name) : NULL;
	const struct node *parameter = m->parameters ? tree_find(m->parameters, name)
	                                             : NULL;

	if (!parameter || parameter->kind != NODE_MAP) {
		return NULL;
	}
	own = own ? own : tree_find(parameter, "value");
	return own && own->kind == NODE_SCALAR ? own : NULL;
}

/* A number or a time; NAN: neither. */
static double amount_of(const struct node *node)
{
	double value = (double)NAN;
	int64_t ms;

	if (node && node->kind == NODE_SCALAR &&
	    quantity_duration(node->text, &ms) == 0) {
		return (double)ms;
	}
	if (node && node->kind == NODE_SCALAR) {
		(void)quantity_real(node->text, &value);
	}
	return value;
}

static void check_range(const struct module *m, const char *name)
{
	const struct node *value = value_of(m, name),
			  *map = tree_find(m->parameters, name);
	const struct node *min = tree_find(map, "min"), *max = tree_find(map, "max");
	double x = amount_of(value);

	if (!value) {
		return;
	}
	if ((min && !(x >= amount_of(min))) || (max && !(x <= amount_of(max)))) {
		complaint_error(m->b->said, value->at,
		                "parameter '%.64s' of module '%.64s' is from %.32s to "
		                "%.32s",
		                name, m->id, min ? min->raw : "anything",
		                max ? max->raw : "anything");
	}
}

/* Each has a value, in its range, and the line gives none that is not there. */
static void check_parameters(struct module *m)
{
	static const struct node none = {.kind = NODE_MAP};
	const struct node *with = part_of(m->item, "with", NODE_MAP);

	m->parameters = m->parameters && m->parameters->kind == NODE_MAP ? m->parameters
	                                                                 : &none;
	for (size_t i = 0; i < m->parameters->n; i++) {
		if (m->parameters->items[i]->kind == NODE_MAP) {
			check_range(m, m->parameters->keys[i]->text);
		}
	}
	for (size_t i = 0; i < with->n; i++) {
		struct nearest near = {.word = with->keys[i]->text};

		offer_keys(&near, m->parameters);
		if (!tree_find(m->parameters, with->keys[i]->text)) {
			line_unknown(m->b, with->keys[i], "parameter", &near);
		}
	}
}

/* The value of "${name}" that text begins with.  @return NULL: complained about */
static const char *begin_value(struct module *m, const struct node *at, const char *text,
                               size_t *length)
{
	size_t n = strcspn(text + 2, "}");
	char *name = arena_text(m->b->arena, text + 2, n);
	const struct node *value = name && text[2 + n] ? value_of(m, name) : NULL;
	struct node word = *at;
	struct nearest near = {.word = name ? name : ""};

	*length = n + 3;
	if (!text[2 + n]) {
		complaint_error(m->b->said, at->at, "'${' without '}'");
		return NULL;
	}
	if (!value) {
		word.text = near.word;
		offer_keys(&near, m->parameters);
		line_unknown(m->b, &word, "parameter", &near);
	}
	return value ? value->text : NULL;
}

static const char *substitute(struct module *m, const struct node *from)
{
	char out[TEXT_MAX];
	size_t n = 0, length;

	for (const char *at = from->text; *at; at += length) {
		const char *piece = at;
		size_t take = 1;

		length = 1;
		if (strncmp(at, "${", 2) == 0) {
			piece = begin_value(m, from, at, &length);
			if (!piece) {
				return from->text;
			}
			take = strlen(piece);
		}
		if (n + take >= sizeof(out)) {
			complaint_error(m->b->said, from->at, "longer than %d bytes",
			                TEXT_MAX);
			return from->text;
		}
		memcpy(out + n, piece, take);
		n += take;
	}
	return arena_text(m->b->arena, out, n);
}

/* A copy; of a module's file with values for its parameters, for modules of one file each
 * have their own. */
static struct node *copy(struct line_build *b, struct module *m, const struct node *from)
{
	struct node *out = line_room(b, 1, sizeof(*out));

	if (!out) {
		return NULL;
	}
	*out = *from;
	if (from->kind == NODE_SCALAR) {
		if (m && strstr(from->text, "${")) {
			out->text = out->raw = substitute(m, from);
			out->quoted = false; /* in braces it has to be in quotes */
		}
		return out->text ? out : NULL;
	}
	out->items = line_room(b, from->n, sizeof(struct node *));
	for (size_t i = 0; out->items && i < from->n; i++) {
		bool own = m && from->kind == NODE_MAP &&
		           strcmp(from->keys[i]->text, "parameters") == 0;

		out->items[i] = own ? from->items[i] : copy(b, m, from->items[i]);
		if (!out->items[i]) {
			return NULL;
		}
	}
	return out->items ? out : NULL;
}

/* ---- names ---- */

static void rename_to(struct module *m, struct node *scalar)
{
	scalar->text = arena_format(m->b->arena, "%s-%s", m->id, scalar->text);
	scalar->raw = scalar->text;
	m->b->full = m->b->full || !scalar->text;
}

/* An end of a way within the module. */
static void rename_end(struct module *m, struct node *way, const char *key)
{
	struct node *end = way->kind == NODE_MAP ? tree_find(way, key) : NULL;
	const struct node *stations = part_of(m->file, "stations", NODE_LIST);
	struct nearest near = {.word = ""};

	if (!end || end->kind != NODE_SCALAR ||
	    (strcmp(key, "to") == 0 && strcmp(end->text, "out") == 0)) {
		return;
	}
	if (is_in(stations, end->text)) {
		rename_to(m, end);
		return;
	}
	near.word = end->text;
	offer_ids(&near, stations);
	line_unknown(m->b, end, "station of the module", &near);
}

static void rename_ways(struct module *m)
{
	const struct node *ways = part_of(m->file, "ways", NODE_LIST);

	for (size_t i = 0; i < ways->n; i++) {
		struct node *by = ways->items[i]->kind == NODE_MAP
		                          ? tree_find(ways->items[i], "by")
		                          : NULL;

		rename_end(m, ways->items[i], "from");
		rename_end(m, ways->items[i], "to");
		/* its own vehicles, else those of the line */
		if (by && by->kind == NODE_SCALAR &&
		    is_in(part_of(m->file, "vehicles", NODE_LIST), by->text)) {
			rename_to(m, by);
		}
	}
}

static struct node *scalar(struct line_build *b, struct place at, const char *text)
{
	struct node *out = line_room(b, 1, sizeof(*out));

	b->full = b->full || !text;
	if (out) {
		*out = (struct node){
			.kind = NODE_SCALAR, .at = at, .text = text, .raw = text};
	}
	return text ? out : NULL;
}

/* [x, y] of a thing, from the place at which the module stands. */
static struct node *place_in(struct module *m, const struct node *at, struct place where)
{
	struct node *out = line_room(m->b, 1, sizeof(*out));
	struct node **pair = line_room(m->b, 2, sizeof(struct node *));
	const double by[2] = {m->x, m->y};

	for (size_t i = 0; out && pair && i < 2; i++) {
		double own = at ? line_number(at->items[i]) : 0;

		pair[i] = scalar(m->b, where,
		                 arena_format(m->b->arena, "%.10g",
		                              (isnan(own) ? 0 : own) + by[i]));
	}
	if (out) {
		*out = (struct node){
			.kind = NODE_LIST, .at = where, .n = 2, .items = pair};
	}
	return out;
}

/* Places are the module's, which stands at a place of the line. */
static struct node *shift(struct module *m, struct node *item)
{
	struct node *at = tree_find(item, "at"), *moved;
	struct node *key = scalar(m->b, item->at, "at");
	struct node map = {.kind = NODE_MAP, .at = item->at, .n = 1, .keys = &key};

	if (!m->placed || (at && (at->kind != NODE_LIST || at->n != 2))) {
		return item;
	}
	moved = place_in(m, at, at ? at->at : item->at);
	map.items = &moved;
	item = m->b->full ? NULL : tree_merge_maps(&map, item, m->b->arena);
	m->b->full = m->b->full || !item;
	return item;
}

static void rename_items(struct module *m, const char *list)
{
	const struct node *items = part_of(m->file, list, NODE_LIST);

	for (size_t i = 0; i < items->n && !m->b->full; i++) {
		struct node *id = items->items[i]->kind == NODE_MAP
		                          ? tree_find(items->items[i], "id")
		                          : NULL;

		if (id && id->kind == NODE_SCALAR) {
			rename_to(m, id);
			items->items[i] = shift(m, items->items[i]);
		}
	}
}

/* ---- one module ---- */

int line_tree_read(struct line_build *b, const char *path, struct place at,
                   struct node **root)
{
	const char *name = arena_format(b->arena, "%s", path);
	char *text;
	size_t n;
	int source,
		err = name ? config_file_read(path, false, b->arena, &text, &n) : -ENOMEM;

	if (err) {
		complaint_error(b->said, at, "%s: %s", path, config_file_error(err));
		return err;
	}
	source = complaint_source(b->said, name, text, n);
	if (source < 0) {
		return source;
	}
	complaint_used(b->said, (uint32_t)source, at);
	err = tree_read(root, b->arena, b->said, (uint32_t)source);
	if (!err && (!*root || (*root)->kind != NODE_MAP)) {
		complaint_error(b->said, (struct place){.source = (uint32_t)source},
		                "a map of keys is wanted");
		err = -EINVAL;
	}
	return err;
}

static void check_ports(struct module *m)
{
	const struct node *ports = part_of(m->file, "ports", NODE_MAP);
	const struct node *stations = part_of(m->file, "stations", NODE_LIST);

	for (size_t i = 0; i < ports->n; i++) {
		const struct node *station = ports->items[i];
		struct nearest near = {
			.word = station->kind == NODE_SCALAR ? station->text : ""};

		if (station->kind == NODE_SCALAR && !is_in(stations, station->text)) {
			offer_ids(&near, stations);
			line_unknown(m->b, station, "station of the module", &near);
		}
	}
}

static int read_module(struct module *m, const char *file)
{
	/* beside the file that says so: of a variant that gives other values, the base */
	const struct node *said = tree_find(m->item, "file");
	const char *from = complaint_source_name(m->b->said, said->at.source);
	const char *path = config_file_path(file, from, m->b->arena);
	const struct node *at = part_of(m->item, "at", NODE_LIST);
	struct node *whole = NULL;
	int err = path ? line_tree_read(m->b, path, m->item->at, &whole) : -ENOMEM;

	if (err) {
		return err;
	}
	if (at->n == 2) {
		m->x = line_number(at->items[0]);
		m->y = line_number(at->items[1]);
		m->placed = isfinite(m->x + m->y);
	}
	m->path = path;
	m->parameters = tree_find(whole, "parameters");
	check_parameters(m);
	m->file = copy(m->b, m, whole);
	if (!m->file) {
		return -ENOMEM;
	}
	schema_check(m->file, &line_module_object, m->b->said);
	check_ports(m);
	rename_ways(m);
	rename_items(m, "stations");
	rename_items(m, "vehicles");
	rename_items(m, "operators");
	return m->b->full ? -ENOMEM : 0;
}

static void note_cell(const struct module *m, struct line_cell *out)
{
	const struct schema_view v = {&line_module_object, m->file};
	const char *title = text_of(m->file, "module");

	*out = (struct line_cell){.id = m->id,
	                          .title = title ? title : m->id,
	                          .path = m->path,
	                          .investment = schema_real(&v, "investment"),
	                          .floor_m2 = schema_real(&v, "floor"),
	                          .changeover_s = schema_node(&v, "changeover")
	                                                  ? line_seconds(&v, "changeover")
	                                                  : (double)NAN};
}

/* ---- into the line ---- */

/* What the line says of a thing of the module lies over it; other things go behind. */
static struct node *join(struct line_build *b, const struct node *own,
                         const struct node *more)
{
	struct node *out = line_room(b, 1, sizeof(*out));

	if (!out) {
		return NULL;
	}
	*out = *more;
	*out = (struct node){.kind = NODE_LIST, .at = own->n ? own->at : more->at};
	out->items = line_room(b, own->n + more->n, sizeof(struct node *));
	for (size_t i = 0; out->items && i < own->n; i++) {
		out->items[out->n++] = own->items[i];
	}
	for (size_t i = 0; out->items && i < more->n; i++) {
		const char *id = text_of(more->items[i], "id");
		size_t at = 0;

		while (id && at < own->n &&
		       (!text_of(own->items[at], "id") ||
		        strcmp(text_of(own->items[at], "id"), id) != 0)) {
			at++;
		}
		if (!id || at == own->n) {
			out->items[out->n++] = more->items[i];
		} else {
			out->items[at] = line_overlay_item(b, own->items[at],
			                                   more->items[i]);
			b->full = b->full || !out->items[at];
		}
	}
	b->full = b->full || !out->items;
	return b->full ? NULL : out;
}

/* Names of two modules that come to the same: a and b-c, a-b and c. */
static void check_names(struct expansion *e, const struct module *m, const char *list)
{
	const struct node *own = part_of(m->file, list, NODE_LIST);

	for (const struct module *other = e->modules; other < m; other++) {
		for (size_t i = 0; i < own->n; i++) {
			const char *id = text_of(own->items[i], "id");

			if (id && is_in(part_of(other->file, list, NODE_LIST), id)) {
				complaint_error(e->b->said, m->item->at,
				                "'%.130s' is of module '%.64s' already",
				                id, other->id);
			}
		}
	}
}

static int add_list(struct expansion *e, const struct module *m, const char *list)
{
	const struct node *more = part_of(m->file, list, NODE_LIST);
	struct node *joined;

	check_names(e, m, list);

	if (more->n == 0) {
		return 0;
	}
	joined = join(e->b, part_of(e->root, list, NODE_LIST), more);
	for (size_t i = 0; joined && i < e->root->n; i++) {
		if (strcmp(e->root->keys[i]->text, list) == 0) {
			e->root->items[i] = joined;
			return 0;
		}
	}
	if (joined) {
		/* the file's key stands for one that the line has not */
		for (size_t i = 0; i < m->file->n; i++) {
			if (strcmp(m->file->keys[i]->text, list) == 0) {
				e->root->keys[e->root->n] = m->file->keys[i];
			}
		}
		e->root->items[e->root->n++] = joined;
	}
	return joined ? 0 : -ENOMEM;
}

static const struct module *find_module(const struct expansion *e, const char *text,
                                        size_t n)
{
	for (size_t i = 0; i < e->n; i++) {
		if (strncmp(e->modules[i].id, text, n) == 0 && !e->modules[i].id[n]) {
			return &e->modules[i];
		}
	}
	return NULL;
}

/* "cell.out" of a way of the line: the station behind that port. */
static void resolve(struct expansion *e, struct node *end)
{
	const char *dot = end ? strchr(end->text, '.') : NULL;
	const struct module *m = dot ? find_module(e, end->text,
	                                           (size_t)(dot - end->text))
	                             : NULL;
	const struct node *ports, *station;
	struct nearest near = {.word = dot ? dot + 1 : ""};
	struct node word;

	if (!dot) {
		return;
	}
	word = *end;
	if (!m) {
		near.word = word.text = arena_text(e->b->arena, end->text,
		                                   (size_t)(dot - end->text));
		for (size_t i = 0; near.word && i < e->n; i++) {
			nearest_offer(&near, e->modules[i].id);
		}
		line_unknown(e->b, &word, "module", &near);
		end->text = "out"; /* complained about once */
		return;
	}
	ports = part_of(m->file, "ports", NODE_MAP);
	station = ports->n ? tree_find(ports, dot + 1) : NULL;
	if (station && station->kind == NODE_SCALAR) {
		end->text = arena_format(e->b->arena, "%s-%s", m->id, station->text);
		end->raw = end->text;
		e->b->full = e->b->full || !end->text;
		return;
	}
	word.text = dot + 1;
	offer_keys(&near, ports);
	line_unknown(e->b, &word, "port", &near);
	end->text = "out";
}

/* The ways of the line itself, in a copy: they may be the base's too. */
static int resolve_ways(struct expansion *e)
{
	static const char *const ends[] = {"from", "to"};
	struct node *ways = NULL;

	for (size_t i = 0; i < e->root->n; i++) {
		if (strcmp(e->root->keys[i]->text, "ways") == 0) {
			ways = copy(e->b, NULL, e->root->items[i]);
			if (!ways) {
				return -ENOMEM;
			}
			e->root->items[i] = ways;
		}
	}
	for (size_t i = 0; ways && ways->kind == NODE_LIST && i < ways->n; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(ends); k++) {
			struct node *end = ways->items[i]->kind == NODE_MAP
			                           ? tree_find(ways->items[i], ends[k])
			                           : NULL;

			if (end && end->kind == NODE_SCALAR) {
				resolve(e, end);
			}
		}
	}
	return e->b->full ? -ENOMEM : 0;
}

/* A map with room for four lists more. */
static struct node *roomy(struct line_build *b, const struct node *map)
{
	enum { MORE = 4 };
	struct node *out = line_room(b, 1, sizeof(*out));

	if (!out) {
		return NULL;
	}
	*out = *map;
	out->keys = line_room(b, map->n + MORE, sizeof(struct node *));
	out->items = line_room(b, map->n + MORE, sizeof(struct node *));
	for (size_t i = 0; !b->full && i < map->n; i++) {
		out->keys[i] = map->keys[i];
		out->items[i] = map->items[i];
	}
	return b->full ? NULL : out;
}

/* Read one item of the list; what is no module is left to the schema. */
static int take_item(struct expansion *e, const struct node *item, struct line_cell *cell)
{
	static const char *const lists[] = {"stations", "ways", "vehicles", "operators"};
	const char *id = text_of(item, "id"), *file = text_of(item, "file");
	struct module *m = &e->modules[e->n];
	int err;

	if (!id || !file || find_module(e, id, strlen(id))) {
		if (id && file) {
			complaint_error(e->b->said, item->at, "'%.64s' is there already",
			                id);
		}
		return 0;
	}
	*m = (struct module){.b = e->b, .item = item, .id = id};
	err = read_module(m, file);
	if (err) {
		return err;
	}
	e->n++;
	note_cell(m, cell);
	for (size_t i = 0; i < ARRAY_SIZE(lists) && !err; i++) {
		err = add_list(e, m, lists[i]);
	}
	return err;
}

int line_modules_expand(struct line_build *b, struct node **root)
{
	const struct node *list = part_of(*root, "modules", NODE_LIST);
	struct line_cell *cells = line_room(b, list->n, sizeof(*cells));
	struct expansion e = {.b = b};
	int err = 0;

	if (list->n > MODULES_MAX) {
		complaint_error(b->said, list->at, "more than %d modules", MODULES_MAX);
		return -EINVAL;
	}
	e.modules = line_room(b, list->n, sizeof(*e.modules));
	e.root = roomy(b, *root);
	for (size_t i = 0; !b->full && i < list->n && !err; i++) {
		err = take_item(&e, list->items[i], &cells[e.n]);
	}
	if (!err && !b->full) {
		err = resolve_ways(&e);
		*root = e.root;
		b->setup->cells = cells;
		b->setup->n_cells = e.n;
	}
	return b->full ? -ENOMEM : err;
}
