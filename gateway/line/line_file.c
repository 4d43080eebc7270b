/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/line/line_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/config/config_file.h"
#include "gateway/config/quantity.h"
#include "gateway/line/line_build.h"
#include "gateway/line/line_modules.h"
#include "gateway/line/line_variant.h"
#include "twin/nearest.h"

/* What line_file_free() gets is its first member. */
struct loaded {
	struct line_setup setup;
	struct arena arena;
};

/* ---- what others use too ---- */

void *line_room(struct line_build *b, size_t n, size_t size)
{
	void *room = arena_array(b->arena, n, size);

	b->full = b->full || !room;
	return room;
}

double line_number(const struct node *node)
{
	const struct schema_key real = {.type = SCHEMA_REAL};
	double value = (double)NAN;
	int64_t whole;

	if (node && node->kind == NODE_SCALAR) {
		(void)schema_parse(&real, node->text, &value, &whole);
	}
	return value;
}

double line_seconds(const struct schema_view *v, const char *key)
{
	return (double)schema_int(v, key) / 1000;
}

/* A time with its unit, or a bare number where that is meant. */
static bool read_argument(const char *text, size_t n, double *out, bool *timed)
{
	char word[64] = "";
	int64_t ms;

	if (n >= sizeof(word)) {
		return false;
	}
	memcpy(word, text, n);
	*timed = quantity_duration(word, &ms) == 0;
	if (*timed) {
		*out = (double)ms / 1000;
	}
	return *timed || quantity_real(word, out) == 0;
}

/* Which arguments each has: t a time, n a number. */
static const char *const arguments[] = {
	[DIST_CONSTANT] = "t",   [DIST_EXPONENTIAL] = "t", [DIST_NORMAL] = "tt",
	[DIST_LOGNORMAL] = "tt", [DIST_WEIBULL] = "tn",    [DIST_TRIANGULAR] = "ttt",
	[DIST_GAMMA] = "tn",     [DIST_UNIFORM] = "tt",    [DIST_EMPIRICAL] = NULL,
};

static size_t kind_of(const char *text, size_t n)
{
	size_t kind = 0;

	while (dist_name(kind) &&
	       (strncmp(text, dist_name(kind), n) != 0 || dist_name(kind)[n])) {
		kind++;
	}
	return kind;
}

/* "a, b)" or "a b)" to values; without a comma it stands in a flow map as it is.
 * @return how many, or -1 */
static int read_arguments(const char *at, double *values, bool *timed)
{
	int n = 0;

	while (n < LINE_FILE_VALUES_MAX) {
		size_t length;

		at += strspn(at, " ");
		if (n > 0 && *at == ')') {
			return at[1] ? -1 : n;
		}
		at += n > 0 && *at == ',';
		at += strspn(at, " ");
		length = strcspn(at, " ,)");
		if (length == 0 ||
		    !read_argument(at, length, &values[n], &timed[n < 3 ? n : 3])) {
			return -1;
		}
		n++;
		at += length;
	}
	return -1;
}

int line_file_dist(const char *text, struct dist *out, double *values, const char **why)
{
	size_t n = strcspn(text, "("), kind = kind_of(text, n);
	bool timed[4] = {false};
	int got;

	*why = "a time such as 4s, or constant, exponential, normal, lognormal, weibull, "
	       "triangular, gamma, uniform or empirical with its numbers: normal(4s "
	       "500ms)";
	if (!text[n]) {
		*out = (struct dist){.kind = DIST_CONSTANT};
		return read_argument(text, n, &out->a, &timed[0]) && timed[0] &&
		                       dist_is_valid(out)
		               ? 0
		               : -EINVAL;
	}
	if (!dist_name(kind)) {
		return -EINVAL;
	}
	got = read_arguments(text + n + 1, values, timed);
	*out = (struct dist){.kind = (enum dist_kind)kind};
	if (got < 1 || (arguments[kind] && strlen(arguments[kind]) != (size_t)got)) {
		*why = "as many numbers as the distribution has, in brackets";
		return -EINVAL;
	}
	for (int i = 0; arguments[kind] && i < got; i++) {
		if (timed[i] != (arguments[kind][i] == 't')) {
			*why = "times with their units, and shapes without";
			return -EINVAL;
		}
	}
	out->a = values[0];
	out->b = got > 1 ? values[1] : 0;
	out->c = got > 2 ? values[2] : 0;
	out->values = values;
	out->n = kind == DIST_EMPIRICAL ? (size_t)got : 0;
	*why = "numbers of a distribution of times (means and shapes above 0, in order)";
	return dist_is_valid(out) ? 0 : -EINVAL;
}

struct dist line_dist(struct line_build *b, const struct schema_view *v, const char *key)
{
	const struct node *node = schema_node(v, key);
	struct dist d = {.kind = DIST_CONSTANT, .a = 1};
	double values[LINE_FILE_VALUES_MAX];
	const char *why;

	if (!node) {
		return d;
	}
	if (line_file_dist(node->text, &d, values, &why)) {
		complaint_error(b->said, node->at, "'%s' wants %s, not '%.100s'", key,
		                why, node->text);
		return (struct dist){.kind = DIST_CONSTANT, .a = 1};
	}
	if (d.n > 0) {
		double *kept = line_room(b, d.n, sizeof(*kept));

		if (kept) {
			memcpy(kept, values, d.n * sizeof(*kept));
		}
		d.values = kept;
	}
	return d;
}

uint32_t line_skill(struct line_build *b, const struct node *node)
{
	size_t i = 0;

	if (!node) {
		return 0;
	}
	while (i < b->setup->n_skills && strcmp(b->skills[i], node->text) != 0) {
		i++;
	}
	if (i == LINE_SKILLS_MAX) {
		complaint_error(b->said, node->at, "more than %d skills",
		                LINE_SKILLS_MAX);
		return 0;
	}
	if (i == b->setup->n_skills) {
		b->skills[b->setup->n_skills++] = node->text;
	}
	return UINT32_C(1) << i;
}

void line_place(struct line_build *b, const struct schema_view *v, const char *key,
                double xy[2])
{
	const struct node *list = schema_node(v, key);
	const struct schema_key number = {.type = SCHEMA_REAL};
	int64_t whole;

	xy[0] = xy[1] = 0;
	if (!list) {
		return;
	}
	for (size_t i = 0; i < 2 && list->kind == NODE_LIST && list->n == 2; i++) {
		if (list->items[i]->kind == NODE_SCALAR) {
			(void)schema_parse(&number, list->items[i]->text, &xy[i], &whole);
		}
	}
	if (list->kind != NODE_LIST || list->n != 2) {
		complaint_error(b->said, list->at, "'%s' is [x, y] in m", key);
	}
}

void line_unknown(struct line_build *b, const struct node *node, const char *what,
                  const struct nearest *near)
{
	complaint_error(b->said, node->at, "there is no %s '%.64s'%s%s%s", what,
	                node->text, near->best ? " (did you mean '" : "",
	                near->best ? near->best : "", near->best ? "'?)" : "");
}

int64_t line_product_of(struct line_build *b, const struct node *node)
{
	const struct line_config *c = &b->setup->config;
	struct nearest near = {.word = node->text};

	for (size_t i = 0; i < c->n_products; i++) {
		if (strcmp(c->products[i].id, node->text) == 0) {
			return (int64_t)i;
		}
		nearest_offer(&near, c->products[i].id);
	}
	line_unknown(b, node, "product", &near);
	return -1;
}

/* ---- products, sources ---- */

static void read_products(struct line_build *b)
{
	size_t n = schema_count(&b->root, "products");
	struct line_product *products = line_room(b, n + 1, sizeof(*products));

	if (!products) {
		return;
	}
	products[0] = (struct line_product){
		.id = "part", .share = 1, .due_s = (double)INFINITY};
	for (size_t i = 0; i < n; i++) {
		struct schema_view v = schema_item(&b->root, "products", i);
		const char *id = v.map ? schema_text(&v, "id") : NULL;

		products[i] = (struct line_product){
			.id = id ? id : "",
			.share = v.map ? schema_real(&v, "share") : 1,
			.due_s = v.map && schema_node(&v, "due") ? line_seconds(&v, "due")
		                                                 : (double)INFINITY,
			.priority = v.map ? schema_real(&v, "priority") : 0};
	}
	b->setup->config.products = products;
	b->setup->config.n_products = n ? n : 1;
}

static void read_orders(struct line_build *b, const struct schema_view *source,
                        struct line_source *out)
{
	size_t n = schema_count(source, "orders");
	struct line_order *orders = line_room(b, n, sizeof(*orders));

	for (size_t i = 0; orders && i < n; i++) {
		struct schema_view v = schema_item(source, "orders", i);
		const struct node *product = v.map ? schema_node(&v, "product") : NULL;
		int64_t at = product ? line_product_of(b, product) : -1;

		orders[i] = (struct line_order){
			.id = v.map ? schema_text(&v, "id") : NULL,
			.at_s = v.map ? line_seconds(&v, "at") : 0,
			.product = at < 0 ? 0 : (uint32_t)at,
			.n = v.map ? (uint32_t)schema_int(&v, "quantity") : 0,
			.due_s = v.map && schema_node(&v, "due") ? line_seconds(&v, "due")
		                                                 : (double)INFINITY};
	}
	out->orders = orders;
	out->n_orders = orders ? n : 0;
}

static void read_sources(struct line_build *b)
{
	size_t n = schema_count(&b->root, "sources");
	struct line_source *sources = line_room(b, n, sizeof(*sources));

	for (size_t i = 0; sources && i < n; i++) {
		struct schema_view v = schema_item(&b->root, "sources", i);
		struct line_source *s = &sources[i];

		if (!v.map) {
			continue;
		}
		s->id = schema_text(&v, "id");
		s->unlimited = !schema_node(&v, "every") && !schema_node(&v, "orders");
		s->every = line_dist(b, &v, "every");
		s->wip = (uint32_t)schema_int(&v, "wip");
		read_orders(b, &v, s);
		if (s->wip > 0 && !s->unlimited) {
			complaint_error(
				b->said, v.map->at,
				"'wip' is of a source without 'every' and 'orders'");
		}
	}
	b->setup->config.sources = sources;
	b->setup->config.n_sources = sources ? n : 0;
}

/* ---- ways ---- */

static int64_t find_station(const struct line_config *c, const char *id)
{
	for (size_t i = 0; i < c->n_stations; i++) {
		if (c->stations[i].id && strcmp(c->stations[i].id, id) == 0) {
			return (int64_t)i;
		}
	}
	return -1;
}

static int64_t find_source(const struct line_config *c, const char *id)
{
	for (size_t i = 0; i < c->n_sources; i++) {
		if (c->sources[i].id && strcmp(c->sources[i].id, id) == 0) {
			return (int64_t)i;
		}
	}
	return -1;
}

static void offer_ends(const struct line_config *c, struct nearest *near)
{
	for (size_t i = 0; i < c->n_stations; i++) {
		nearest_offer(near, c->stations[i].id);
	}
	for (size_t i = 0; i < c->n_sources; i++) {
		nearest_offer(near, c->sources[i].id);
	}
}

static bool find_ends(struct line_build *b, const struct schema_view *v,
                      struct line_edge *out)
{
	const struct line_config *c = &b->setup->config;
	const struct node *from = schema_node(v, "from"), *to = schema_node(v, "to");
	int64_t source = from ? find_source(c, from->text) : -1;
	int64_t station = from ? find_station(c, from->text) : -1;
	int64_t target = to ? find_station(c, to->text) : -1;
	bool leaves = to && strcmp(to->text, "out") == 0;
	struct nearest near = {.word = from ? from->text : ""};

	offer_ends(c, &near);
	if (from && source < 0 && station < 0) {
		line_unknown(b, from, "source or station", &near);
	}
	near = (struct nearest){.word = to ? to->text : ""};
	offer_ends(c, &near);
	if (to && target < 0 && !leaves) {
		line_unknown(b, to, "station", &near);
	}
	out->of_source = station < 0;
	out->from = (uint32_t)(station < 0 ? source : station);
	out->to = leaves ? LINE_OUT : (uint32_t)target;
	return (source >= 0 || station >= 0) && (target >= 0 || leaves);
}

static uint32_t products_of(struct line_build *b, const struct schema_view *v)
{
	const struct node *list = schema_node(v, "products");
	uint32_t bits = 0;

	for (size_t i = 0; list && i < list->n; i++) {
		int64_t product = line_product_of(b, list->items[i]);

		bits |= product < 0 ? 0 : UINT32_C(1) << product;
	}
	return list ? bits : UINT32_MAX;
}

static void read_ways(struct line_build *b)
{
	size_t n = schema_count(&b->root, "ways"), kept = 0;
	struct line_edge *edges = line_room(b, n, sizeof(*edges));

	for (size_t i = 0; edges && i < n; i++) {
		struct schema_view v = schema_item(&b->root, "ways", i);
		struct line_edge *e = &edges[kept];

		if (!v.map || !find_ends(b, &v, e)) {
			continue;
		}
		e->share = schema_real(&v, "share");
		e->products = products_of(b, &v);
		e->capacity = schema_node(&v, "places")
		                      ? (uint32_t)schema_int(&v, "places")
		                      : UINT32_MAX;
		e->travel_s = line_seconds(&v, "travel");
		e->take = (uint32_t)schema_int(&v, "take");
		e->scrap = schema_flag(&v, "scrap");
		line_vehicles_way(b, &v, e);
		kept++;
	}
	b->setup->config.edges = edges;
	b->setup->config.n_edges = kept;
}

/* ---- people, shifts ---- */

static void read_operators(struct line_build *b)
{
	size_t n = schema_count(&b->root, "operators");
	struct line_operator *operators = line_room(b, n, sizeof(*operators));

	for (size_t i = 0; operators && i < n; i++) {
		struct schema_view v = schema_item(&b->root, "operators", i);
		const struct node *skills = v.map ? schema_node(&v, "skills") : NULL;
		double xy[2];

		if (!v.map) {
			continue;
		}
		line_place(b, &v, "at", xy);
		operators[i] = (struct line_operator){.id = schema_text(&v, "id"),
		                                      .speed = schema_real(&v, "speed"),
		                                      .x = xy[0],
		                                      .y = xy[1]};
		for (size_t k = 0; skills && k < skills->n; k++) {
			operators[i].skills |= line_skill(b, skills->items[k]);
		}
	}
	b->setup->config.operators = operators;
	b->setup->config.n_operators = operators ? n : 0;
}

static void read_shifts(struct line_build *b)
{
	struct schema_view shifts = schema_sub(&b->root, "shifts");
	size_t n = schema_count(&shifts, "breaks");
	struct line_break *breaks = line_room(b, n, sizeof(*breaks));

	for (size_t i = 0; breaks && i < n; i++) {
		struct schema_view v = schema_item(&shifts, "breaks", i);

		if (v.map) {
			breaks[i] = (struct line_break){line_seconds(&v, "at"),
			                                line_seconds(&v, "for")};
		}
	}
	b->setup->config.breaks = breaks;
	b->setup->config.n_breaks = breaks ? n : 0;
	b->setup->config.period_s = line_seconds(&shifts, "period");
}

static void read_run(struct line_build *b)
{
	struct schema_view v = schema_sub(&b->root, "run");

	b->setup->title = schema_text(&b->root, "title");
	b->setup->currency = schema_text(&b->root, "currency");
	b->setup->margin = schema_real(&b->root, "margin");
	b->setup->crew = (uint32_t)schema_int(&b->root, "crew");
	b->setup->run = (struct line_run){
		.for_s = line_seconds(&v, "for"),
		.warm_up_s = schema_node(&v, "warm_up") ? line_seconds(&v, "warm_up")
	                                                : (double)NAN,
		.replications = (uint32_t)schema_int(&v, "replications"),
		.most = (uint32_t)schema_int(&v, "most"),
		.precision = schema_real(&v, "precision"),
		.seed = (uint64_t)schema_int(&v, "seed")};
}

static void check_ids(struct line_build *b, const char *list)
{
	for (size_t i = 0; i < schema_count(&b->root, list); i++) {
		struct schema_view v = schema_item(&b->root, list, i);

		for (size_t k = 0; v.map && k < i; k++) {
			struct schema_view other = schema_item(&b->root, list, k);

			if (other.map && schema_text(&v, "id") &&
			    schema_text(&other, "id") &&
			    strcmp(schema_text(&v, "id"), schema_text(&other, "id")) ==
			            0) {
				complaint_error(b->said, v.map->at,
				                "'%s' is there already",
				                schema_text(&v, "id"));
			}
		}
	}
}

/* What is right in each part and yet no line. */
static void check_line(struct line_build *b)
{
	const struct line_config *c = &b->setup->config;
	size_t which = 0;
	const char *why = line_mistake(c, &which);
	bool station = why && strstr(why, "station") && which < c->n_stations;

	if (why) {
		complaint_error(b->said, b->root.map->at, "%s%s%s%s", why,
		                station ? ": '" : "",
		                station ? c->stations[which].id : "", station ? "'" : "");
	}
}

static int build(struct line_build *b)
{
	static const char *const lists[] = {"products", "sources", "stations", "vehicles",
	                                    "operators"};

	b->skills = line_room(b, LINE_SKILLS_MAX, sizeof(*b->skills));
	if (!b->skills) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		check_ids(b, lists[i]);
	}
	read_run(b);
	read_products(b);
	if (!b->full) {
		read_sources(b);
		line_stations_build(b);
		line_vehicles_build(b);
	}
	if (!b->full) {
		read_ways(b);
		read_operators(b);
		read_shifts(b);
		line_tasks_build(b);
	}
	b->setup->skills = b->skills;
	/* Tasks alone are enough to be balanced. */
	if (!b->full && complaint_errors(b->said) == 0 &&
	    (b->setup->n_tasks == 0 || b->setup->config.n_stations > 0)) {
		check_line(b);
	}
	return b->full ? -ENOMEM : complaint_errors(b->said) ? -EINVAL : 0;
}

/* ---- files ---- */

static int parse_tree(struct line_build *b, const char *path, const char *text,
                      struct node **root)
{
	int source = complaint_source(b->said, arena_format(b->arena, "%s", path), text,
	                              strlen(text));
	int err = source < 0 ? source
	                     : tree_read(root, b->arena, b->said, (uint32_t)source);

	if (!err && (!*root || (*root)->kind != NODE_MAP)) {
		complaint_error(b->said, (struct place){.source = (uint32_t)source},
		                "a line is a map of keys");
		err = -EINVAL;
	}
	return err;
}

static int read_tree(struct line_build *b, const char *path, struct node **root,
                     FILE *complaints)
{
	char *text;
	size_t n;
	int err = config_file_read(path, false, b->arena, &text, &n);

	if (err) {
		fprintf(complaints, "%s: error: %s\n", path, config_file_error(err));
		return err;
	}
	return parse_tree(b, path, text, root);
}

static const char *name_of(struct line_build *b, const char *variant)
{
	const char *slash = variant ? strrchr(variant, '/') : NULL;
	const char *name = !variant ? "base" : slash ? slash + 1 : variant;

	return variant && strchr(variant, '=')
	               ? arena_format(b->arena, "%s", variant)
	               : arena_format(b->arena, "%.*s", (int)strcspn(name, "."), name);
}

static int load(struct line_build *b, const char *path, const char *variant,
                FILE *complaints)
{
	struct node *base = NULL, *own = NULL;
	int err = read_tree(b, path, &base, complaints);

	if (!err && variant && line_variant_is_value(variant)) {
		char *text = line_variant_text(b, variant, base);

		err = text ? parse_tree(b, variant, text, &own) : -ENOMEM;
		base = err ? base : line_variant_lay(b, own, base);
	} else if (!err && variant) {
		err = read_tree(b, variant, &own, complaints);
		base = err ? base : line_variant_lay(b, own, base);
	}
	if (!err && base && !variant && tree_find(base, "remove")) {
		complaint_error(b->said, tree_find(base, "remove")->at,
		                "'remove' is of a variant");
	}
	b->setup->tree = base;
	if (!err && base) {
		err = line_modules_expand(b, &base);
	}
	b->setup->name = name_of(b, variant);
	if (err || !base || !b->setup->name) {
		return err ? err : -ENOMEM;
	}
	schema_check(base, &line_root, b->said);
	b->root.map = base->bad ? NULL : base;
	return complaint_errors(b->said) || !b->root.map ? -EINVAL : build(b);
}

int line_file_read(struct line_setup **out, const char *path, const char *variant,
                   FILE *complaints)
{
	struct loaded *l = calloc(1, sizeof(*l));
	struct complaints *said = complaint_new();
	int err = -ENOMEM;

	if (l && said) {
		struct line_build b = {.arena = &l->arena,
		                       .said = said,
		                       .root = {&line_root, NULL},
		                       .setup = &l->setup};

		err = load(&b, path, variant, complaints);
		complaint_print(said, complaints);
	}
	if (!err) {
		*out = &l->setup;
		l = NULL;
	}
	complaint_free(said);
	line_file_free(l ? &l->setup : NULL);
	return err;
}

void line_file_free(struct line_setup *s)
{
	struct loaded *l = (struct loaded *)s;

	if (l) {
		arena_free(&l->arena);
		free(l);
	}
}
