/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a scenario: one verb each. */
#include <errno.h>
#include <string.h>

#include "drivers/reading.h"
#include "gateway/commission/script_impl.h"
#include "gateway/config/quantity.h"

enum { PRESS_MS = 200, TIMEOUT_MS = 60000 };

/* The steps under construction. */
struct steps {
	struct script_build *b;
	struct script_step *list;
	size_t n;
	const struct schema_view *view; /* of the step at hand */
	struct place at;
};

static struct script_step *add(struct steps *s, enum step_kind kind, const char *text)
{
	struct script_step *step = &s->list[s->n++];

	step->step.kind = kind;
	step->step.time_ns = -1;
	step->text = text ? text : "";
	step->at = s->at;
	s->b->full = s->b->full || !text;
	return step;
}

static int64_t ns_of(const struct schema_view *v, const char *key, int64_t preset_ms)
{
	int64_t ms = schema_node(v, key) ? schema_int(v, key) : preset_ms;

	return ms < 0 ? -1 : ms * 1000000;
}

static const char *span_text(struct arena *arena, int64_t ns)
{
	char text[QUANTITY_TEXT_MAX];

	quantity_print_duration(ns / 1000000, text, sizeof(text));
	return arena_text(arena, text, strlen(text));
}

/* A quantity that may be written. */
static bool target_of(struct steps *s, const struct node *node, uint32_t *handle)
{
	const struct stand *stand = s->b->stand;
	struct stand_quantity q;

	if (!script_handle(s->b, node, node->text, handle)) {
		return false;
	}
	stand->describe(stand->bench.self, *handle, &q);
	if (!q.writable) {
		complaint_error(s->b->said, node->at,
		                "'%s' is not written from outside: part, sensor or "
		                "program give it",
		                q.name);
	}
	return q.writable;
}

static void add_set(struct steps *s, const struct node *map)
{
	struct name_space names = script_names(s->b);

	for (size_t i = 0; i < map->n; i++) {
		const struct node *key = map->keys[i], *value = map->items[i];
		struct script_step *step;

		if (value->kind != NODE_SCALAR) {
			complaint_error(s->b->said, value->at,
			                "a number or a formula stands here");
			continue;
		}
		step = add(s, STEP_SET,
		           arena_format(&s->b->arena, "set %s = %s", key->text,
		                        value->text));
		if (target_of(s, key, &step->step.target)) {
			script_formula_of(s->b, value, &names, &step->step.value);
		}
	}
}

static void add_press(struct steps *s, const struct node *name)
{
	struct script_step *step = add(
		s, STEP_PRESS, arena_format(&s->b->arena, "press %s", name->text));

	step->step.time_ns = ns_of(s->view, "for", PRESS_MS);
	target_of(s, name, &step->step.target);
}

static void add_wait(struct steps *s, const struct node *span)
{
	add(s, STEP_WAIT, arena_format(&s->b->arena, "wait %s", span->text))
		->step.time_ns = ns_of(s->view, "wait", 0);
}

static void add_wait_until(struct steps *s, const struct node *condition)
{
	struct name_space names = script_names(s->b);
	int64_t most = ns_of(s->view, "timeout", TIMEOUT_MS);
	const char *text = span_text(&s->b->arena, most);
	struct script_step *step = add(s, STEP_WAIT_UNTIL,
	                               arena_format(&s->b->arena,
	                                            "wait until %s (at most %s)",
	                                            condition->text, text ? text : ""));

	step->step.time_ns = most;
	script_formula_of(s->b, condition, &names, &step->step.value);
}

/* Does the plant have that fault at all?  Its amount is tried by run. */
static void check_fault(struct steps *s, const struct schema_view *v,
                        struct script_step *step)
{
	const struct stand *stand = s->b->stand;
	const struct node *target = schema_node(v, "target");
	uint32_t index;
	int err = stand->fault(stand->bench.self, step->target, step->fault, NAN, &index);

	if (err == -ENOENT) {
		complaint_error(s->b->said, target->at,
		                "no part, sensor, actuator or unit '%s'", step->target);
	} else if (err == -EINVAL) {
		complaint_error(s->b->said, schema_node(v, "fault")->at,
		                "'%s' has no fault '%s'", step->target, step->fault);
	}
}

static void add_fault(struct steps *s, const char *key, enum step_kind kind)
{
	struct name_space names = script_variables(s->b);
	struct schema_view v = schema_sub(s->view, key);
	const struct node *value = v.map ? schema_node(&v, "value") : NULL;
	struct script_step *step;

	if (!v.map || !schema_node(&v, "target") || !schema_node(&v, "fault")) {
		return;
	}
	step = add(s, kind,
	           arena_format(&s->b->arena, "%s %s %s%s%s", key,
	                        schema_text(&v, "target"), schema_text(&v, "fault"),
	                        value ? " " : "", value ? value->text : ""));
	step->target = schema_text(&v, "target");
	step->fault = schema_text(&v, "fault");
	step->raises = schema_text(&v, "raises");
	step->step.time_ns = ns_of(&v, "for", -1);
	if (kind == STEP_CLEAR && v.map->n > 2) {
		complaint_error(s->b->said, v.map->at,
		                "what is cleared has a target and a fault only");
	}
	if (value) {
		script_formula_of(s->b, value, &names, &step->amount);
	}
	check_fault(s, &v, step);
}

static void add_expect(struct steps *s)
{
	struct schema_view v = schema_sub(s->view, "expect");
	int index = v.map ? script_add_requirement(s->b, &v, false, false) : -1;

	if (index >= 0) {
		add(s, STEP_EXPECT,
		    arena_format(&s->b->arena, "expect %s", schema_text(&v, "id")))
			->step.target = (uint32_t)index;
	}
}

static void add_remember(struct steps *s, const struct node *map)
{
	struct name_space names = script_names(s->b);

	for (size_t i = 0; i < map->n; i++) {
		const struct node *key = map->keys[i], *value = map->items[i];
		int variable = script_variable(s->b, key->text, strlen(key->text));
		struct script_step *step;

		if (variable < 0 || value->bad) {
			continue; /* complained about */
		}
		step = add(s, STEP_REMEMBER,
		           arena_format(&s->b->arena, "remember %s = %s", key->text,
		                        value->text));
		step->step.target = (uint32_t)variable;
		script_formula_of(s->b, value, &names, &step->step.value);
	}
}

/* Keys that go with one verb only. */
static void check_company(struct steps *s, const char *verb)
{
	static const struct {
		const char *key, *verb;
	} company[] = {{"for", "press"}, {"timeout", "wait_until"}};

	for (size_t i = 0; i < ARRAY_SIZE(company); i++) {
		const struct node *node = schema_node(s->view, company[i].key);

		if (node && strcmp(verb, company[i].verb) != 0) {
			complaint_error(s->b->said, node->at, "'%s' goes with '%s' only",
			                company[i].key, company[i].verb);
		}
	}
}

/* The one verb of a step; NULL: complained about. */
static const struct node *verb_of(struct steps *s, const char **verb)
{
	static const char *const verbs[] = {"set",    "press", "wait",   "wait_until",
	                                    "inject", "clear", "expect", "remember"};
	const struct node *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const struct node *node = tree_find(s->view->map, verbs[i]);

		if (node && found) {
			complaint_error(s->b->said, node->at,
			                "a step does one thing: '%s' or '%s'", *verb,
			                verbs[i]);
			return NULL;
		}
		if (node) {
			found = node;
			*verb = verbs[i];
		}
	}
	if (!found) {
		complaint_error(s->b->said, s->view->map->at,
		                "a step is one of set, press, wait, wait_until, inject, "
		                "clear, expect, remember");
	}
	return found && !found->bad ? found : NULL;
}

static void add_step(struct steps *s)
{
	const char *verb = "";
	const struct node *node = verb_of(s, &verb);

	if (!node) {
		return;
	}
	check_company(s, verb);
	if (strcmp(verb, "set") == 0) {
		add_set(s, node);
	} else if (strcmp(verb, "press") == 0) {
		add_press(s, node);
	} else if (strcmp(verb, "wait") == 0) {
		add_wait(s, node);
	} else if (strcmp(verb, "wait_until") == 0) {
		add_wait_until(s, node);
	} else if (strcmp(verb, "inject") == 0) {
		add_fault(s, verb, STEP_INJECT);
	} else if (strcmp(verb, "clear") == 0) {
		add_fault(s, verb, STEP_CLEAR);
	} else if (strcmp(verb, "expect") == 0) {
		add_expect(s);
	} else {
		add_remember(s, node);
	}
}

/* Steps that a list may come to: `set` has one for each name. */
static size_t room_for(const struct node *list)
{
	size_t room = 0;

	for (size_t i = 0; list && i < list->n; i++) {
		const struct node *item = list->items[i];

		room++;
		for (size_t k = 0; item->kind == NODE_MAP && k < item->n; k++) {
			room += item->items[k]->kind == NODE_MAP ? item->items[k]->n : 0;
		}
	}
	return room;
}

static void add_steps(struct steps *s, const struct schema_view *of, const char *key)
{
	const struct node *list = schema_node(of, key);

	for (size_t i = 0; list && s->list && i < list->n; i++) {
		struct schema_view view = schema_item(of, key, i);

		s->view = &view;
		if (view.map) {
			s->at = view.map->at;
			add_step(s);
		}
	}
	s->view = NULL; /* views end here */
}

void script_build_steps(struct script_build *b, const struct schema_view *scenario,
                        struct script_scenario *out)
{
	struct steps s = {.b = b};
	size_t room = room_for(schema_node(scenario, "steps")) +
	              room_for(schema_node(&b->root, "reset"));

	s.list = arena_array(&b->arena, room, sizeof(*s.list));
	b->full = b->full || !s.list;
	if (b->script.target) {
		add_steps(&s, &b->root, "reset");
	}
	add_steps(&s, scenario, "steps");
	out->steps = s.list;
	out->n_steps = s.n;
}
