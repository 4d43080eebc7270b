/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "gateway/status.h"

/* --- the parts, scripted --- */

static struct bus_counts counts;
static struct sample now[2];
static struct alarm alarms[2];
static struct device_health health;
static struct device_figures figures;
static struct group_figures group;
static struct publisher_stats published;
static struct writer_stats written;
static struct device *open_device;

void bus_counts(const struct bus *b, struct bus_counts *out)
{
	(void)b;
	*out = counts;
}

struct sample bus_now(const struct bus *b, uint32_t tag)
{
	struct sample s = now[tag];

	(void)b;
	s.tag = tag;
	return s;
}

struct alarm bus_alarm(const struct bus *b, uint32_t tag)
{
	(void)b;
	return alarms[tag];
}

void poller_health(const struct poller *p, uint32_t device, struct device_health *out)
{
	(void)p;
	(void)device;
	*out = health;
}

void poller_figures(const struct poller *p, uint32_t i, struct device_figures *out)
{
	(void)p;
	(void)i;
	*out = figures;
}

void poller_group(const struct poller *p, uint32_t i, size_t g, struct group_figures *out)
{
	(void)p;
	(void)i;
	(void)g;
	*out = group;
}

struct device *poller_device(struct poller *p, uint32_t i)
{
	(void)p;
	(void)i;
	return open_device;
}

const char *device_state_name(enum device_state state)
{
	return state == DEVICE_DOWN ? "down" : "ok";
}

void publisher_stats(struct publisher *p, struct publisher_stats *out)
{
	(void)p;
	*out = published;
}

void writer_stats(struct writer *w, struct writer_stats *out)
{
	(void)w;
	*out = written;
}

bool twin_test(const struct twin *t, uint32_t tag, struct tag_test *out)
{
	static const struct sequence_config cusum = {.kind = SEQUENCE_CUSUM};

	*out = (struct tag_test){&cusum, 0.25};
	return tag == 0;
}

bool twin_health_scale(const struct twin *t, uint32_t component, double *well,
                       double *alarm)
{
	(void)t;
	(void)component;
	(void)well;
	(void)alarm;
	return false;
}

static struct version_proposal proposal;

const struct version_proposal *versions_proposal(const struct versions *v,
                                                 size_t component)
{
	(void)v;
	(void)component;
	return &proposal;
}

int64_t versions_in_force(const struct versions *v, size_t component)
{
	(void)v;
	(void)component;
	return 3;
}

static bool fitting;

bool twin_is_fitting(const struct twin *t, uint32_t component)
{
	(void)t;
	(void)component;
	return fitting;
}

double twin_progress(const struct twin *t, uint32_t tag)
{
	(void)t;
	return tag == 0 ? 0.5 : 1;
}

static const struct tag tags[] = {
	{.device = "d", .name = "a", .kind = &(const struct tag_kind){.unit = "m"}},
	{.device = "d", .name = "b", .kind = &(const struct tag_kind){.unit = ""}}};
static const struct point points[] = {{.tag = 0}, {.tag = 1}};
static const uint32_t periods_ms[] = {250};
static const struct device_config device = {.id = "d",
                                            .driver = "modbus",
                                            .address = "tcp://x",
                                            .points = points,
                                            .n_points = 2,
                                            .periods_ms = periods_ms,
                                            .n_periods = 1};
static const struct component_config component = {
	.id = "tank", .model = &(const struct model){.name = "tank"}, .health_tag = 0};
static const char *const destinations[] = {"mqtt"};
static const struct config config = {
	.gateway_id = "g",
	.mqtt = {.qos = 1},
	.history = {.destinations = destinations, .n_destinations = 1},
	.devices = &device,
	.n_devices = 1,
	.tags = tags,
	.n_tags = 2,
	.twin = {.components = &component, .n_components = 1},
};
static const struct status_parts parts = {
	.config = &config,
	.publisher = (struct publisher *)&published, /* there is one */
	.stored_before = 1000,
};

static int setup(void **state)
{
	(void)state;
	memset(now, 0, sizeof(now));
	memset(alarms, 0, sizeof(alarms));
	counts = (struct bus_counts){.readings = 70, .produced = 60, .reduced = 10};
	written = (struct writer_stats){.dropped = 3, .queued_rows = 7};
	written.history.stored = 1050;
	written.history.destination[0].delivered = 1000;
	written.history.destination[0].pending = 50;
	health = (struct device_health){.state = DEVICE_OK, .ok_pct = NAN, .reads = 5};
	figures = (struct device_figures){{NAN, NAN, NAN, 0}, NAN};
	group = (struct group_figures){.period_ms = 250};
	group.interval_us = figures.rtt_us;
	published = (struct publisher_stats){.connected = true, .server = "mqtt://b"};
	return 0;
}

static json_t *status(void)
{
	char *text = status_json(&parts);
	json_t *o = json_loads(text, 0, NULL);

	assert_non_null(o);
	free(text);
	return o;
}

static json_int_t integer(const json_t *o, const char *key)
{
	assert_true(json_is_integer(json_object_get(o, key)));
	return json_integer_value(json_object_get(o, key));
}

static void balance_holds_while_samples_are_on_their_way(void **state)
{
	json_t *o = status();
	json_t *dropped = json_object_get(o, "dropped");

	(void)state;
	assert_int_equal(integer(o, "produced"), 1053);
	assert_int_equal(integer(o, "produced"),
	                 integer(o, "stored") + integer(dropped, "storage"));
	assert_int_equal(integer(o, "queued"), 7);
	json_decref(o);
}

static void sample_that_storage_lost_count_of_shows(void **state)
{
	json_t *o;

	(void)state;
	written.history.stored--; /* one less than the queue says it gave */
	o = status();
	assert_int_not_equal(integer(o, "produced"),
	                     integer(o, "stored") +
	                             integer(json_object_get(o, "dropped"), "storage"));
	json_decref(o);
}

static void destination_has_its_own_balance(void **state)
{
	json_t *o = status();
	json_t *d = json_array_get(json_object_get(o, "destinations"), 0);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(d, "name")), "mqtt");
	assert_int_equal(integer(o, "stored"), integer(d, "delivered") +
	                                               integer(d, "pending") +
	                                               integer(d, "evicted"));
	json_decref(o);
}

static void component_says_how_far_it_has_learnt(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		json_t *o, *c;

		fitting = i;
		proposal.number = 4 * i;
		now[0].ts_us = i;
		now[0].est.state = STATE_MISMATCH;
		o = status();
		c = json_array_get(json_object_get(o, "components"), 0);
		assert_string_equal(json_string_value(json_object_get(c, "id")), "tank");
		assert_string_equal(json_string_value(json_object_get(c, "state")),
		                    i ? "mismatch" : "learning");
		assert_true(json_real_value(json_object_get(c, "learnt")) == 0.5);
		assert_true(json_is_true(json_object_get(c, "fitting")) == fitting);
		assert_int_equal(integer(c, "version"), 3);
		assert_int_equal(json_integer_value(json_object_get(c, "proposed")),
		                 4 * i);
		json_decref(o);
	}
	fitting = false;
	proposal.number = 0;
}

static void what_is_not_known_is_null(void **state)
{
	json_t *o = status();
	json_t *d = json_array_get(json_object_get(o, "devices"), 0);

	(void)state;
	assert_true(json_is_null(json_object_get(d, "ok_pct")));
	assert_true(json_is_null(json_object_get(d, "rtt_ms")));
	assert_true(json_is_null(json_object_get(d, "error")));
	assert_true(json_is_null(json_object_get(d, "bus_load_ratio")));
	d = json_object_get(d, "rtt");
	assert_true(json_is_null(json_object_get(d, "p99_ms")));
	assert_int_equal(integer(d, "n"), 0);
	json_decref(o);
}

static void device_and_its_groups_say_how_they_are_polled(void **state)
{
	json_t *o, *d, *g;

	(void)state;
	health.stats.registers = 12;
	figures = (struct device_figures){{1500, 2000, 2500, 9}, 0.25};
	group = (struct group_figures){
		.period_ms = 250,
		.reads = 40,
		.overruns = 1,
		.interval_us = {250000, 251000, 260500, 39},
	};
	o = status();
	d = json_array_get(json_object_get(o, "devices"), 0);
	assert_int_equal(integer(d, "registers"), 12);
	assert_true(json_real_value(json_object_get(d, "bus_load_ratio")) == 0.25);
	g = json_object_get(d, "rtt");
	assert_true(json_real_value(json_object_get(g, "p50_ms")) == 1.5);
	g = json_array_get(json_object_get(d, "groups"), 0);
	assert_int_equal(integer(g, "period_ms"), 250);
	assert_int_equal(integer(g, "tags"), 2);
	assert_int_equal(integer(g, "reads"), 40);
	assert_int_equal(integer(g, "overruns"), 1);
	g = json_object_get(g, "interval");
	assert_true(json_real_value(json_object_get(g, "p99_ms")) == 260.5);
	assert_int_equal(integer(g, "n"), 39);
	json_decref(o);
}

static void figures_are_members_to_put_into_an_object(void **state)
{
	static const char *const keys[] = {
		"reads",     "overruns", "requests", "answers", "late_answers",
		"registers", "errors",   "rtt",      "groups",
	};
	char *text, whole[1024];
	json_t *o;

	(void)state;
	health.stats.registers = 12;
	health.stats.errors[REASON_TIMEOUT] = 3;
	text = status_figures(&parts, 0);
	assert_non_null(text);
	snprintf(whole, sizeof(whole), "{%s}", text);
	free(text);
	o = json_loads(whole, 0, NULL);
	assert_non_null(o);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		assert_non_null(json_object_get(o, keys[i]));
	}
	assert_int_equal(integer(o, "registers"), 12);
	assert_int_equal(integer(json_object_get(o, "errors"), "timeout"), 3);
	assert_true(json_is_null(json_object_get(o, "bus_load_ratio")));
	json_decref(o);
}

static void what_a_device_refuses_is_listed(void **state)
{
	static const struct device_hole holes[] = {
		{{0, 5, 7}, {0, 0, 9}, 2, false},
		{{0, 20, 20}, {0, 20, 22}, 2, true}, /* nobody knows yet */
	};
	struct device found = {.driver = driver_find("modbus"),
	                       .holes = {holes, ARRAY_SIZE(holes), 1}};
	json_t *o, *hole;

	(void)state;
	open_device = &found;
	o = status();
	open_device = NULL;
	hole = json_object_get(json_array_get(json_object_get(o, "devices"), 0), "holes");
	assert_int_equal(json_array_size(hole), 1);
	hole = json_array_get(hole, 0);
	assert_string_equal(json_string_value(json_object_get(hole, "asked")),
	                    "holding:0..9");
	assert_string_equal(json_string_value(json_object_get(hole, "range")),
	                    "holding:5..7");
	assert_int_equal(integer(hole, "code"), 2);
	json_decref(o);
}

static void silent_device_says_why(void **state)
{
	json_t *o, *d;

	(void)state;
	health.state = DEVICE_DOWN;
	health.reason = REASON_TIMEOUT;
	health.stats.errors[REASON_TIMEOUT] = 4;
	o = status();
	d = json_array_get(json_object_get(o, "devices"), 0);
	assert_string_equal(json_string_value(json_object_get(d, "error")), "timeout");
	assert_int_equal(integer(json_object_get(d, "errors"), "timeout"), 4);
	json_decref(o);
}

static void tags_that_were_read_are_listed_with_their_alarm(void **state)
{
	char *text;
	json_t *list, *tag;

	(void)state;
	now[1] = (struct sample){.ts_us = 1700000000123456,
	                         .tag = 1,
	                         .value = value_real(2.5),
	                         .last = NAN,
	                         .est = {.predicted = NAN,
	                                 .sigma = NAN,
	                                 .estimate = NAN,
	                                 .score = NAN,
	                                 .state = STATE_DRIFT}};
	alarms[1] = (struct alarm){.id = 1, .kind = ALARM_DRIFT};
	text = status_tags_json(&parts);
	list = json_loads(text, 0, NULL);
	free(text);
	assert_int_equal(json_array_size(list), 1);
	tag = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(tag, "tag")), "b");
	assert_string_equal(json_string_value(json_object_get(tag, "alarm")), "drift");
	assert_int_equal(integer(tag, "ts"), 1700000000123);
	json_decref(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, setup)
		TEST(balance_holds_while_samples_are_on_their_way),
		TEST(sample_that_storage_lost_count_of_shows),
		TEST(destination_has_its_own_balance),
		TEST(component_says_how_far_it_has_learnt),
		TEST(what_is_not_known_is_null),
		TEST(device_and_its_groups_say_how_they_are_polled),
		TEST(figures_are_members_to_put_into_an_object),
		TEST(what_a_device_refuses_is_listed),
		TEST(silent_device_says_why),
		TEST(tags_that_were_read_are_listed_with_their_alarm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
