/* SPDX-License-Identifier: Apache-2.0 */
/* The line of etc/line.yaml under the twin of etc/demo.yaml, in virtual time: each fault
 * is named for what it is within a minute, and a healthy hour is silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/value.h"
#include "gateway/alarm.h"
#include "gateway/config.h"
#include "gateway/plant/plant_config.h"

enum { TAGS_MAX = 64, SCAN_TURNS = 5, SCANS_PER_S = 10, FAULT_S = 120, SEEDS = 4 };

/* What goes wrong, and what must be said of it. */
struct fault_case {
	const char *target, *fault;
	double value;
	const char *alarm; /* an alarm that names it: device/tag, */
	enum alarm_kind kind;
	const char *says; /* with these words */
	double within_s;
	const char *others; /* further tags that may raise one, by blanks */
	const char *unless; /* any tag may whose sentence names this; NULL: none */
};

struct trial {
	const struct fault_case *fault;
	uint64_t seed;
	struct plant_setup *setup;
	struct config *config;
	struct plant *plant;
	struct twin *twin;
	const struct plant_register *of[TAGS_MAX]; /* by tag */
	struct alarm alarms[TAGS_MAX];
	int64_t scans;
	double named_s;
	size_t raised;
};

static const struct plant_register *find_register(const struct plant_setup *s,
                                                  uint32_t unit, const struct point *p)
{
	for (size_t u = 0; u < s->plant.n_units; u++) {
		const struct plant_unit *of = &s->units[u];

		for (size_t i = 0; of->unit == unit && i < of->n_registers; i++) {
			const struct point *at = &of->registers[i].point;

			if (at->space == p->space && at->address == p->address) {
				return &of->registers[i];
			}
		}
	}
	return NULL;
}

static const char *source(const char *name)
{
	static char path[512];
	const char *root = getenv("POLLUX_SOURCE");

	snprintf(path, sizeof(path), "%s/etc/%s", root ? root : ".", name);
	return path;
}

static void set_up(struct trial *t)
{
	const struct config *c;

	assert_int_equal(plant_config_load(&t->setup, source("line.yaml"), NULL, stderr),
	                 0);
	assert_int_equal(config_load(&t->config, source("demo.yaml"), stderr), 0);
	c = t->config;
	assert_true(c->n_tags <= TAGS_MAX);
	t->setup->plant.seed = t->seed;
	t->setup->plant.n_faults = 0; /* without its own leak */
	assert_int_equal(plant_new(&t->plant, &t->setup->plant), 0);
	assert_int_equal(twin_new(&t->twin, &c->twin), 0);
	for (size_t i = 0; i < c->n_field_tags; i++) {
		uint32_t unit = c->devices[c->tags[i].device_index].unit;

		t->of[i] = find_register(t->setup, unit, &c->twin.points[i]);
		assert_non_null(t->of[i]);
	}
}

static void tear_down(struct trial *t)
{
	twin_free(t->twin);
	plant_free(t->plant);
	config_free(t->config);
	plant_config_free(t->setup);
}

static void inject(struct trial *t)
{
	struct fault f;

	assert_int_equal(
		plant_config_fault(t->setup, t->fault->target, t->fault->fault, &f), 0);
	f.value = t->fault->value;
	f.at_s = FAULT_S;
	f.until_s = INFINITY;
	assert_int_equal(plant_inject(t->plant, &f), 0);
}

static double now_s(const struct trial *t)
{
	return (double)t->scans / SCANS_PER_S;
}

static bool is_among(const char *word, const char *list)
{
	const char *at = strstr(list, word);
	size_t n = strlen(word);

	return at && (at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]);
}

/* An alarm is raised: is it the one that names the fault, or another that may be? */
static void raised(struct trial *t, const struct sample *s, enum alarm_kind kind)
{
	const struct fault_case *f = t->fault;
	const struct tag *tag = &t->config->tags[s->tag];
	char name[160], text[512];
	struct explanation why;
	bool named;

	twin_explain(t->twin, s->tag, &why);
	alarm_sentence(text, sizeof(text),
	               &(struct alarm_facts){t->config->tags, kind, s, &why});
	snprintf(name, sizeof(name), "%s/%s", tag->device, tag->name);
	t->raised++;
	if (!f || now_s(t) < FAULT_S) {
		fail_msg("seed %u, %.1f s: %s: %s", (unsigned)t->seed, now_s(t),
		         alarm_kind_name(kind), text);
		return;
	}
	named = kind == f->kind && is_among(name, f->alarm) && strstr(text, f->says);
	if (named && isnan(t->named_s)) {
		t->named_s = now_s(t) - FAULT_S;
		print_message("%s of %s, seed %u: %.1f s: %s\n", f->fault, f->target,
		              (unsigned)t->seed, t->named_s, text);
	}
	if (!named && !is_among(name, f->others) &&
	    !(f->unless && strstr(text, f->unless))) {
		fail_msg("%s of %s, seed %u, %.1f s: %s: %s", f->fault, f->target,
		         (unsigned)t->seed, now_s(t), alarm_kind_name(kind), text);
	}
}

static void judge(struct trial *t, const struct reading *r, const struct estimate *e)
{
	struct sample s = {.tag = r->tag, .value = r->value, .last = NAN, .est = *e};
	struct alarm *a = &t->alarms[r->tag];

	s.reason = r->reason;
	switch (alarm_step(a, &s, t->config->twin.alarm_after)) {
	case ALARM_RAISE:
		a->id = 1;
		raised(t, &s, (enum alarm_kind)a->kind);
		break;
	case ALARM_CLEAR:
		alarm_close(a);
		break;
	case ALARM_SAME:
		break;
	}
}

/* What a tag reads over Modbus. */
static struct value read_value(const struct trial *t, const struct point *p)
{
	const struct plant_register *at = t->of[p->tag];
	double raw = (plant_signals(t->plant)[at->signal] - at->offset) / at->scale;

	if (p->encoding->type == TYPE_BOOL) {
		return value_bool(raw != 0);
	}
	raw = p->encoding->type == TYPE_FLOAT32 ? (double)(float)raw : round(raw);
	return value_real(raw * p->encoding->scale + p->encoding->offset);
}

static void scan(struct trial *t)
{
	struct reading r[TAGS_MAX];
	struct estimate e[TAGS_MAX];

	for (int i = 0; i < SCAN_TURNS; i++) {
		plant_turn(t->plant);
	}
	t->scans++;
	for (size_t d = 0; d < t->config->n_devices; d++) {
		const struct device_config *device = &t->config->devices[d];
		int64_t t_ns = t->scans * (1000000000 / SCANS_PER_S);
		size_t n = device->n_points;

		for (size_t i = 0; i < n; i++) {
			r[i] = (struct reading){.tag = device->points[i].tag};
			r[i].value = read_value(t, &device->points[i]);
		}
		twin_merge(t->twin, t_ns, r, n, e);
		for (size_t i = 0; i < n; i++) {
			judge(t, &r[i], &e[i]);
		}
		n = twin_virtual(t->twin, r, e, TAGS_MAX);
		for (size_t i = 0; i < n; i++) {
			judge(t, &r[i], &e[i]);
		}
	}
}

static void run(struct trial *t, double until_s)
{
	while (now_s(t) < until_s) {
		scan(t);
	}
}

/* Everything else that may be said is of the same component, or names the culprit. */
static void faults_are_named_within_a_minute(void **state)
{
	static const struct fault_case cases[] = {
		{"tank1", "leak", 2e-5, "tank1/health", ALARM_MISMATCH, "outlet were", 10,
	         "line/level1", NULL},
		{"temperature1", "drift", 0.02, "line/temperature1 tank1/health",
	         ALARM_MISMATCH, "line/temperature1", 60, "line/temperature1",
	         "line/temperature1"},
		/* The level is foretold from that flow. */
		{"flow", "drift", 0.003, "pump/flow", ALARM_DRIFT, "pump/flow", 10,
	         "pump1/health line/level1", NULL},
		{"level2", "drift", 0.0005, "tank2/health", ALARM_MISMATCH, "line/level2",
	         60, "line/level2", NULL},
		{"level1", "stuck", 0, "line/level1", ALARM_STUCK, "has not moved", 5,
	         "line/level1 tank1/health", "line/level1"},
		{"temperature1", "stuck", 0, "line/temperature1", ALARM_STUCK,
	         "has not moved", 5, "line/temperature1 tank1/health",
	         "line/temperature1"},
		{"flow", "stuck", 0, "pump/flow", ALARM_STUCK, "has not moved", 5,
	         "pump/flow pump1/health", "pump/flow"},
		{"pump", "wear", 0.15, "pump1/health", ALARM_MISMATCH, "pump1", 10,
	         "pump/flow pump/power", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases) * SEEDS; i++) {
		struct trial t = {.fault = &cases[i / SEEDS],
		                  .seed = i % SEEDS + 1,
		                  .named_s = NAN};

		set_up(&t);
		inject(&t);
		run(&t, FAULT_S + 60);
		tear_down(&t);
		if (!(t.named_s <= t.fault->within_s)) {
			fail_msg("%s of %s, seed %u: named after %.1f s", t.fault->fault,
			         t.fault->target, (unsigned)t.seed, t.named_s);
		}
	}
}

static void a_healthy_hour_is_silent(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2; seed++) {
		struct trial t = {.seed = seed};

		set_up(&t);
		run(&t, 3600);
		assert_int_equal(t.raised, 0);
		tear_down(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_named_within_a_minute),
		cmocka_unit_test(a_healthy_hour_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
