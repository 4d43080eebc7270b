/* SPDX-License-Identifier: Apache-2.0 */
/* Stations. */
#include <math.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/line/line_build.h"

static struct place place_of(const struct schema_view *v)
{
	return v->map ? v->map->at : (struct place){0};
}

static void read_factors(struct line_build *b, const struct schema_view *v,
                         struct line_station *out)
{
	const struct node *map = schema_node(v, "factors");
	const struct schema_key number = {.type = SCHEMA_REAL};
	size_t n = b->setup->config.n_products;
	double *factors = map ? line_room(b, n, sizeof(*factors)) : NULL;
	int64_t whole;

	for (size_t i = 0; factors && i < n; i++) {
		factors[i] = 1;
	}
	for (size_t i = 0; factors && i < map->n; i++) {
		int64_t product = line_product_of(b, map->keys[i]);

		if (product >= 0 && map->items[i]->kind == NODE_SCALAR) {
			(void)schema_parse(&number, map->items[i]->text,
			                   &factors[product], &whole);
		}
	}
	out->factors = factors;
}

/* "FROM-TO": ids may have a '-' of their own, so every one is tried. */
static bool find_pair(const struct line_build *b, const char *text, size_t pair[2])
{
	const struct line_config *c = &b->setup->config;

	for (size_t i = 0; i < c->n_products; i++) {
		size_t n = strlen(c->products[i].id);

		for (size_t k = 0; k < c->n_products; k++) {
			if (strncmp(text, c->products[i].id, n) == 0 && text[n] == '-' &&
			    strcmp(text + n + 1, c->products[k].id) == 0) {
				pair[0] = i;
				pair[1] = k;
				return true;
			}
		}
	}
	return false;
}

static void read_setups(struct line_build *b, const struct schema_view *v,
                        struct line_station *out)
{
	const struct node *map = schema_node(v, "setups");
	const struct schema_key duration = {.type = SCHEMA_DURATION};
	size_t n = b->setup->config.n_products, pair[2];
	double all = line_seconds(v, "setup");
	double *setups = map || all > 0 ? line_room(b, n * n, sizeof(*setups)) : NULL;
	double unused;
	int64_t ms;

	for (size_t i = 0; setups && i < n * n; i++) {
		setups[i] = i / n == i % n ? 0 : all;
	}
	for (size_t i = 0; setups && map && i < map->n; i++) {
		if (!find_pair(b, map->keys[i]->text, pair)) {
			complaint_error(b->said, map->keys[i]->at,
			                "'%.130s' is not FROM-TO of two products",
			                map->keys[i]->text);
		} else if (map->items[i]->kind == NODE_SCALAR &&
		           schema_parse(&duration, map->items[i]->text, &unused, &ms) ==
		                   0) {
			setups[pair[0] * n + pair[1]] = (double)ms / 1000;
		}
	}
	out->setups_s = setups;
}

static void read_failures(struct line_build *b, const struct schema_view *station,
                          struct line_station *out)
{
	struct schema_view v = schema_sub(station, "failures");

	if (!schema_node(station, "failures")) {
		return;
	}
	out->fails = true;
	out->up = line_dist(b, &v, "every");
	out->down = line_dist(b, &v, "repair");
	out->calendar = schema_choice(&v, "by") == 1;
	out->repair_skill = line_skill(b, schema_node(&v, "skill"));
}

static void read_maintenance(struct line_build *b, const struct schema_view *station,
                             struct line_station *out)
{
	struct schema_view v = schema_sub(station, "maintenance");

	if (!schema_node(station, "maintenance")) {
		return;
	}
	out->policy = schema_choice(&v, "policy") ? LINE_CONDITION : LINE_PERIODIC;
	out->every_s = line_seconds(&v, "every");
	out->service = line_dist(b, &v, "takes");
	if (out->policy == LINE_CONDITION && (!out->fails || out->calendar)) {
		complaint_error(b->said, place_of(&v),
		                "what fails by running time alone can be foreseen");
	}
}

static void read_power(const struct schema_view *station, struct line_station *out)
{
	struct schema_view v = schema_sub(station, "power");
	double idle = schema_real(&v, "idle"), down = schema_real(&v, "down");

	out->power_w[LINE_BUSY] = schema_real(&v, "busy");
	out->power_w[LINE_SETTING_UP] = schema_real(&v, "setup");
	out->power_w[LINE_PAUSED] = schema_real(&v, "paused");
	out->power_w[LINE_STARVED] = out->power_w[LINE_BLOCKED] = idle;
	out->power_w[LINE_UNATTENDED] = idle;
	out->power_w[LINE_DOWN] = out->power_w[LINE_MAINTAINED] = down;
}

static void read_station(struct line_build *b, const struct schema_view *v,
                         struct line_station *out)
{
	double xy[2];

	line_place(b, v, "at", xy);
	*out = (struct line_station){
		.id = schema_text(v, "id"),
		.servers = (uint32_t)schema_int(v, "machines"),
		.time = line_dist(b, v, "time"),
		.ideal_s = schema_node(v, "ideal") ? line_seconds(v, "ideal")
	                                           : (double)NAN,
		.join = schema_flag(v, "join"),
		.gives = (uint32_t)schema_int(v, "gives"),
		.rule = (enum line_rule)schema_choice(v, "rule"),
		.skill = line_skill(b, schema_node(v, "skill")),
		.x = xy[0],
		.y = xy[1],
	};
	read_factors(b, v, out);
	read_setups(b, v, out);
	read_failures(b, v, out);
	read_maintenance(b, v, out);
	read_power(v, out);
}

static struct machine_tags read_tags(struct line_build *b,
                                     const struct schema_view *station)
{
	static const char *const keys[] = {"count", "rejects", "down", "busy"};
	struct schema_view v = schema_sub(station, "tags");
	const char *names[4];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		names[i] = schema_text(&v, keys[i]);
		if (names[i] && !strchr(names[i], '/')) {
			complaint_error(b->said, schema_node(&v, keys[i])->at,
			                "'%.130s' is not DEVICE/TAG", names[i]);
		}
	}
	return (struct machine_tags){names[0], names[1], names[2], names[3]};
}

/* A job takes what its work takes, where nothing else is said. */
static void time_by_hand(struct line_build *b, const struct schema_view *v,
                         struct line_station *station, struct line_module *out)
{
	double sum = 0;

	line_work_build(b, v, out);
	for (size_t i = 0; i < out->n_work; i++) {
		sum += out->work[i].time_s;
	}
	if (out->n_work > 0 && !schema_node(v, "skill")) {
		complaint_error(b->said, place_of(v),
		                "'work' is of a station with the 'skill' of who does it");
	}
	if (schema_node(v, "time")) {
		return;
	}
	station->time = (struct dist){.kind = DIST_CONSTANT, .a = sum};
	if (out->n_work == 0) {
		complaint_error(b->said, place_of(v), "'time' or 'work' is wanted");
	}
}

void line_stations_build(struct line_build *b)
{
	size_t n = schema_count(&b->root, "stations");
	struct line_station *stations = line_room(b, n, sizeof(*stations));
	struct line_module *modules = line_room(b, n, sizeof(*modules));

	for (size_t i = 0; stations && modules && i < n; i++) {
		struct schema_view v = schema_item(&b->root, "stations", i);

		if (!v.map) {
			continue;
		}
		read_station(b, &v, &stations[i]);
		time_by_hand(b, &v, &stations[i], &modules[i]);
		modules[i].tags = read_tags(b, &v);
		modules[i].life = schema_text(&v, "life");
		modules[i].life_s = modules[i].middle_s = (double)NAN;
		if (modules[i].life && !strchr(modules[i].life, '/')) {
			complaint_error(b->said, schema_node(&v, "life")->at,
			                "'%.130s' is not DEVICE/TAG", modules[i].life);
		}
		modules[i].investment = schema_real(&v, "investment");
		modules[i].floor_m2 = schema_real(&v, "floor");
		modules[i].changeover_s = schema_node(&v, "changeover")
		                                  ? line_seconds(&v, "changeover")
		                                  : (double)NAN;
		line_can_build(b, &v, &modules[i]);
	}
	b->setup->config.stations = stations;
	b->setup->config.n_stations = stations ? n : 0;
	b->setup->modules = modules;
}
