/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "drivers/reading.h"
#include "gateway/config/schema.h"
#include "tests/gateway/complained.h"

static const char whole[] =
	"gateway: {id: cell7, state_dir: /tmp/x, timezone: Europe/Paris}\n"
	"mqtt:\n"
	"  servers: [mqtts://broker-a:8883, mqtts://broker-b, \"mqtt://[::1]\"]\n"
	"  layout: device\n"
	"  fields: [predicted, sigma]\n"
	"  username: u\n"
	"  keep_alive: 2min\n"
	"history: {keep: 30d, max_size: 1GiB, commit: 500ms, durability: relaxed}\n"
	"devices:\n"
	"  - id: pump\n"
	"    driver: modbus\n"
	"    address: tcp://192.0.2.10\n"
	"    unit: 3\n"
	"    timeout: 500ms\n"
	"    every: 2s\n"
	"    word_order: CDAB\n"
	"    limits: {max_registers: 100, max_gap: 4, in_flight: 2, connections: 3, "
	"pause: 5ms,\n"
	"             omit: [holding:100..119, 40201, coil:7], one_per_request: true}\n"
	"    tags:\n"
	"      - {id: flow, at: input:0, type: float32, unit: m3/h,\n"
	"         store: {deviation: 0.05, max_interval: 60s}}\n"
	"      - {id: speed, at: holding:9, type: uint16, scale: 0.1, unit: Hz,\n"
	"         every: 100ms, write: {min: 0, max: 50, step: 5, rate: 2/s,\n"
	"         interlock: pump/ready == 1, read_back: true}}\n"
	"      - {id: ready, at: discrete:3, type: bool, every: 0ms}\n"
	"      - {id: name, at: holding:20, type: string(8), byte: low}\n"
	"      - {id: mode, at: holding:30, type: uint8, byte: high, word_order: ABCD}\n"
	"  - id: plc\n"
	"    driver: modbus\n"
	"    address: tcp://192.0.2.11\n"
	"    tags:\n"
	"      - {id: valve, at: holding:0, type: uint16, scale: 0.01, unit: \"%\",\n"
	"         monitor: false, min: 0, max: 100, description: outlet}\n"
	"      - {id: level, at: input:4, type: float32, unit: mm}\n"
	"twin:\n"
	"  monitor: {learn: 400, false_alarm: 1e-5}\n"
	"  forecasts: {horizons: [30s, 5min, 2h], every: 30s}\n"
	"  components:\n"
	"    - id: tank\n"
	"      model: tank\n"
	"      parameters: {area: 1.2, outlet: 0.0021}\n"
	"      inputs: {inflow: pump/flow, valve: plc/valve}\n"
	"      outputs: {level: plc/level}\n"
	"      noise: {level: 0.002}\n"
	"      max_age: 90s\n";

static struct complained valid(const char *yaml)
{
	struct complained c = complained_text("cell.yaml", yaml);

	if (c.err || !c.config) {
		fail_msg("%s", c.text);
	}
	return c;
}

static void sections_become_their_structs(void **state)
{
	struct complained got = valid(whole);
	const struct config *c = got.config;

	(void)state;
	assert_string_equal(c->path, "cell.yaml");
	assert_string_equal(c->gateway_id, "cell7");
	assert_string_equal(c->timezone, "Europe/Paris");
	assert_null(c->http_listen);
	assert_true(c->mqtt.enabled);
	assert_int_equal(c->mqtt.n_servers, 3);
	assert_string_equal(c->mqtt.servers[1], "mqtts://broker-b:8883");
	assert_string_equal(c->mqtt.servers[2], "mqtt://[::1]:1883");
	assert_string_equal(c->mqtt.client_id, "pollux-cell7");
	assert_string_equal(c->mqtt.prefix, "pollux");
	assert_int_equal(c->mqtt.layout, LAYOUT_DEVICE);
	assert_int_equal(c->mqtt.qos, 1);
	assert_int_equal(c->mqtt.keep_alive_s, 120);
	assert_int_equal(c->mqtt.connect_timeout_ms, 10000);
	assert_int_equal(c->mqtt.n_fields, 2);
	assert_string_equal(c->mqtt.fields[1], "sigma");
	assert_int_equal(c->history.keep_s, 30 * 86400);
	assert_int_equal(c->history.max_bytes, 1 << 30);
	assert_int_equal(c->history.commit_ms, 500);
	assert_false(c->history.full);
	assert_string_equal(c->history.state_dir, "/tmp/x");
	assert_int_equal(c->history.n_devices, 3);
	assert_string_equal(c->history.devices[2].id, "tank");
	assert_int_equal(c->history.n_tags, c->n_tags);
	assert_int_equal(c->history.n_destinations, 1);
	assert_string_equal(c->history.destinations[0], "mqtt");
	assert_int_equal(c->forecasts.n_horizons, 3);
	assert_true(c->forecasts.horizons_s[0] == 30 && c->forecasts.every_s == 30);
	assert_true(c->forecasts.horizons_s[2] == 7200);
	complained_free(&got);
}

static void devices_have_their_points_in_poll_groups(void **state)
{
	struct complained got = valid(whole);
	const struct device_config *d = &got.config->devices[0];

	(void)state;
	assert_int_equal(got.config->n_devices, 2);
	assert_string_equal(d->id, "pump");
	assert_int_equal(d->unit, 3);
	assert_int_equal(d->timeout_ms, 500);
	assert_int_equal(d->order, ORDER_CDAB);
	assert_int_equal(d->limits.max_registers, 100);
	assert_int_equal(d->limits.max_bits, 2000);
	assert_int_equal(d->limits.in_flight, 2);
	assert_int_equal(d->limits.connections, 3);
	assert_int_equal(d->limits.pause_ms, 5);
	assert_int_equal(d->limits.n_omit, 3);
	assert_int_equal(d->limits.omit[0].first, 100);
	assert_int_equal(d->limits.omit[0].last, 119);
	assert_int_equal(d->limits.omit[1].first, 200);
	assert_true(d->limits.one_per_request);
	assert_false(d->limits.start_at_zero);
	assert_int_equal(d->n_points, 5);
	assert_int_equal(d->n_periods, 3);
	assert_int_equal(d->periods_ms[0], 0);
	assert_int_equal(d->periods_ms[1], 100);
	assert_int_equal(d->periods_ms[2], 2000);
	assert_int_equal(d->points[0].group, 2);
	assert_int_equal(d->points[1].group, 1);
	assert_int_equal(d->points[2].group, 0);
	assert_int_equal(d->points[0].encoding->order, ORDER_CDAB);
	assert_int_equal(d->points[4].encoding->order, ORDER_ABCD);
	assert_true(d->points[3].encoding->string_low_first);
	assert_int_equal(d->points[3].encoding->length, 8);
	assert_true(d->points[4].encoding->high_byte);
	assert_int_equal(got.config->devices[1].points[0].tag, 5);
	assert_int_equal(got.config->devices[1].periods_ms[0], 1000);
	complained_free(&got);
}

static void tags_have_what_everybody_sees(void **state)
{
	struct complained got = valid(whole);
	const struct config *c = got.config;
	const struct tag *speed = &c->tags[1], *ready = &c->tags[2], *valve = &c->tags[5];

	(void)state;
	assert_int_equal(c->n_field_tags, 7);
	assert_string_equal(speed->device, "pump");
	assert_string_equal(speed->kind->unit, "Hz");
	assert_true(speed->kind->writable && speed->kind->analog);
	assert_true(speed->kind->lsb == 0.1);
	assert_int_equal(speed->period_ms, 100);
	assert_true(isnan(speed->kind->min));
	assert_false(ready->kind->analog);
	assert_false(c->options[2]->monitor);
	assert_true(c->options[1]->monitor);
	assert_true(c->options[0]->store.deviation == 0.05);
	assert_int_equal(c->options[0]->store.max_interval_ms, 60000);
	assert_true(isnan(c->options[1]->store.deviation));
	assert_true(c->options[1]->write->max == 50);
	assert_int_equal(c->options[1]->write->rate_ms, 500);
	assert_string_equal(c->options[1]->write->interlock, "pump/ready == 1");
	assert_null(c->options[0]->write);
	assert_true(c->devices[0].points[1].encoding->read_back);
	assert_false(c->devices[0].points[0].encoding->read_back);
	assert_string_equal(valve->description, "outlet");
	assert_int_equal(valve->device_index, 1);
	assert_false(c->options[5]->monitor);
	assert_string_equal(c->tags[3].kind->type_name, "string(8)");
	complained_free(&got);
}

/* A hundred thousand tags are of a few kinds. */
static void what_tags_have_in_common_stands_once(void **state)
{
	struct complained got = valid(
		"devices:\n"
		"  - id: a\n"
		"    driver: modbus\n"
		"    address: tcp://h\n"
		"    tags:\n"
		"      - {id: a, at: 40072, type: int16, unit: A, scale: 0.1, max: 9,\n"
		"         exponent_at: 40076, invalid: [32768]}\n"
		"      - {id: b, at: 40074, type: int16, unit: A, scale: 0.10, max: "
		"9.0,\n"
		"         exponent_at: 40076, invalid: [32768.0]}\n"
		"      - {id: c, at: 40078, type: int16, unit: V, scale: 0.1, max: 9,\n"
		"         exponent_at: 40077, invalid: [32768], monitor: false}\n");
	const struct config *c = got.config;
	const struct point *p = c->devices[0].points;

	(void)state;
	assert_ptr_equal(c->tags[0].kind, c->tags[1].kind);
	assert_ptr_equal(c->options[0], c->options[1]);
	assert_ptr_equal(p[0].encoding, p[1].encoding);
	assert_ptr_not_equal(c->tags[0].kind, c->tags[2].kind);
	assert_ptr_not_equal(c->options[0], c->options[2]);
	assert_ptr_not_equal(p[0].encoding, p[2].encoding);
	assert_int_equal(p[1].encoding->raw->exponent, 75);
	assert_int_equal(p[2].encoding->raw->exponent, 76);
	complained_free(&got);
}

static void components_are_tied_in_si(void **state)
{
	struct complained got = valid(whole);
	const struct config *c = got.config;
	const struct component_config *k = c->twin.components;
	const struct tag *outflow = &c->tags[7], *health = &c->tags[8];

	(void)state;
	assert_int_equal(c->n_components, 1);
	assert_int_equal(c->n_tags, 9);
	assert_ptr_equal(c->twin.tags, c->tags);
	assert_int_equal(c->twin.n_field_tags, 7);
	assert_int_equal(c->twin.learn, 400);
	assert_true(c->twin.false_alarm == 1e-5);
	assert_int_equal(k->device_index, 2);
	assert_int_equal(k->learn, 400);
	assert_true(k->max_age_s == 90);
	assert_true(k->parameters[0] == 1.2 && k->parameters[1] == 0.0021);
	assert_int_equal(k->n_inputs, 2);
	assert_int_equal(k->inputs[0].tag, 0);
	assert_true(fabs(k->inputs[0].scale - 1 / 3600.0) < 1e-18);
	assert_true(k->inputs[1].scale == 0.01);
	assert_int_equal(k->n_outputs, k->model->n_outputs);
	assert_int_equal(k->outputs[0].tag, 6);
	assert_true(k->outputs[0].scale == 1e-3);
	assert_int_equal(k->outputs[1].tag, 7);
	assert_true(k->outputs[1].scale == 1);
	assert_int_equal(k->health_tag, 8);
	assert_true(k->noise[0] == 0.002 && isnan(k->noise[1]));
	assert_string_equal(outflow->device, "tank");
	assert_string_equal(outflow->name, "outflow");
	assert_string_equal(outflow->kind->unit, "m3/s");
	assert_int_equal(outflow->device_index, 2);
	assert_string_equal(health->name, "health");
	assert_string_equal(health->kind->unit, "");
	assert_string_equal(health->kind->type_name, "float64");
	complained_free(&got);
}

/* The model's outputs come first, then further sensors, each in its own unit. */
static void an_output_may_have_several_sensors(void **state)
{
	struct complained got = valid(
		"devices:\n"
		"  - id: plc\n"
		"    driver: sim\n"
		"    tags:\n"
		"      - {id: inflow, at: \"memory:0\", type: float64, unit: m3/s}\n"
		"      - {id: a, at: \"memory:1\", type: float64, unit: m}\n"
		"      - {id: b, at: \"memory:2\", type: float64, unit: mm}\n"
		"twin:\n"
		"  components:\n"
		"    - id: tank\n"
		"      model: tank\n"
		"      parameters: {area: 1.2, outlet: 0.0021}\n"
		"      inputs: {inflow: plc/inflow}\n"
		"      outputs: {level: [plc/a, plc/b]}\n"
		"      noise: {level: 0.002}\n");
	const struct component_config *k = got.config->twin.components;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(k->n_outputs, 3);
	assert_int_equal(k->outputs[0].tag, 1);
	assert_int_equal(k->outputs[1].tag, 3); /* virtual: tank/outflow */
	assert_int_equal(k->outputs[2].port, 0);
	assert_int_equal(k->outputs[2].tag, 2);
	assert_true(k->outputs[2].scale == 1e-3);
	assert_true(k->noise[0] == 0.002 && k->noise[2] == 0.002);
	config_print(got.config, out);
	fclose(out);
	assert_non_null(strstr(text, "outputs: {level: [plc/a, plc/b]}\n"));
	free(text);
	complained_free(&got);
}

static void followed_parameters_are_virtual_sensors(void **state)
{
	struct complained got = valid(
		"devices:\n"
		"  - id: plc\n"
		"    driver: sim\n"
		"    tags:\n"
		"      - {id: inflow, at: \"memory:0\", type: float64, unit: m3/s}\n"
		"      - {id: a, at: \"memory:1\", type: float64, unit: m}\n"
		"      - {id: b, at: \"memory:2\", type: float64, unit: mm}\n"
		"twin:\n"
		"  components:\n"
		"    - id: tank\n"
		"      model: tank\n"
		"      parameters: {area: 1.2, outlet: 0.0021}\n"
		"      inputs: {inflow: plc/inflow}\n"
		"      outputs: {level: [plc/a, plc/b]}\n"
		"      estimate: {outlet: 0.05}\n");
	const struct component_config *k = got.config->twin.components;
	const struct tag *followed = &got.config->tags[k->outputs[2].tag];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_true(k->estimate[0] == 0 && k->estimate[1] == 0.05);
	assert_int_equal(k->n_outputs, 4);
	assert_int_equal(k->outputs[2].port, 2);
	assert_string_equal(followed->name, "outlet_estimated");
	assert_string_equal(followed->kind->unit, "m2");
	assert_int_equal(k->outputs[3].port, 0);
	assert_string_equal(twin_output_port(k, 2)->name, "outlet");
	assert_string_equal(twin_output_port(k, 1)->name, "outflow");
	config_print(got.config, out);
	fclose(out);
	assert_non_null(strstr(text, "estimate: {outlet: 0.05}\n"));
	free(text);
	complained_free(&got);
}

static void tests_are_chosen_from_the_tag_up(void **state)
{
	struct complained got = valid(
		"devices:\n"
		"  - id: plc\n"
		"    driver: modbus\n"
		"    address: tcp://127.0.0.1\n"
		"    tags:\n"
		"      - {id: a, at: 'input:0', type: float32}\n"
		"      - {id: level, at: 'input:2', type: float32, unit: m}\n"
		"      - {id: flow, at: 'input:4', type: float32, unit: m3/s,\n"
		"         test: {kind: adwin}}\n"
		"twin:\n"
		"  monitor: {test: {kind: ewma, limit: 3}}\n"
		"  components:\n"
		"    - id: tank\n"
		"      model: tank\n"
		"      parameters: {area: 1, outlet: 0.002}\n"
		"      inputs: {inflow: plc/flow}\n"
		"      outputs: {level: plc/level}\n"
		"      test: {kind: cusum, k: 1, h: 2.5}\n");
	const struct sequence_config *const *tests = got.config->twin.tests;

	(void)state;
	assert_non_null(tests);
	assert_int_equal(tests[0]->kind, SEQUENCE_EWMA);
	assert_true(tests[0]->lambda == 0.1 && tests[0]->limit == 3);
	assert_int_equal(tests[1]->kind, SEQUENCE_CUSUM);
	assert_true(tests[1]->k == 1 && tests[1]->h == 2.5);
	assert_int_equal(tests[2]->kind, SEQUENCE_ADWIN);
	assert_true(tests[2]->delta == 0.002);
	complained_free(&got);
	got = valid("devices: []\n");
	assert_null(got.config->twin.tests);
	complained_free(&got);
}

static void tags_are_found_by_name(void **state)
{
	static const struct {
		const char *name;
		int64_t want;
	} cases[] = {
		{"pump/flow", 0},   {"plc/level", 6},   {"tank/health", 8},
		{"tank/level", -1}, {"pump", -1},       {"pump/", -1},
		{"pum/flow", -1},   {"pumpx/flow", -1}, {"pump/flow/x", -1},
		{"", -1},
	};
	struct complained got = valid(whole);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(config_tag(got.config, cases[i].name), cases[i].want);
	}
	complained_free(&got);
}

static void printed_configuration_loads_to_the_same(void **state)
{
	struct complained first = valid(whole), second;
	char *a = complained_print(first.config), *b;

	(void)state;
	second = valid(a);
	b = complained_print(second.config);
	assert_string_equal(a, b);
	free(a);
	free(b);
	complained_free(&first);
	complained_free(&second);
}

static void absent_sections_have_their_defaults(void **state)
{
	struct complained got = valid("devices: []\n");
	const struct config *c = got.config;

	(void)state;
	assert_string_equal(got.text, "");
	assert_true(strlen(c->gateway_id) > 0);
	assert_string_equal(c->state_dir, "/var/lib/pollux");
	assert_false(c->mqtt.enabled);
	assert_int_equal(c->history.n_destinations, 0);
	assert_int_equal(c->history.keep_s, 90 * 86400);
	assert_true(c->history.max_bytes == INT64_C(2) << 30);
	assert_int_equal(c->history.commit_ms, 1000);
	assert_true(c->history.full);
	assert_int_equal(c->twin.learn, 1800);
	assert_true(c->twin.false_alarm == 1e-4);
	assert_int_equal(c->forecasts.n_horizons, 4);
	assert_true(c->forecasts.horizons_s[3] == 1800 && c->forecasts.every_s == 60);
	complained_free(&got);
}

static void raw_values_say_more_than_their_type(void **state)
{
	struct complained got = valid(
		"devices:\n"
		"  - id: d\n"
		"    driver: modbus\n"
		"    address: tcp://h\n"
		"    tags:\n"
		"      - {id: a, at: 40072, type: int16, exponent_at: 40076,\n"
		"         invalid: [32768]}\n"
		"      - {id: b, at: holding:75, type: uint16, invalid: [65535, 0]}\n"
		"      - {id: c, at: holding:90, type: float32, invalid: [-1.5]}\n"
		"      - {id: d, at: holding:92, type: int16}\n");
	const struct point *points = got.config->devices[0].points;
	char *printed = complained_print(got.config), *again;
	struct complained second = valid(printed);

	(void)state;
	assert_int_equal(points[0].encoding->raw->exponent, 75);
	assert_int_equal(points[0].encoding->raw->n_invalid, 1);
	assert_true(points[0].encoding->raw->invalid[0] == -32768);
	assert_true(got.config->tags[0].kind->lsb == 0);
	assert_null(points[1].encoding->raw->exponent_at);
	assert_int_equal(points[1].encoding->raw->n_invalid, 2);
	assert_true(points[1].encoding->raw->invalid[0] == 65535);
	assert_true(got.config->tags[1].kind->lsb == 1);
	assert_true(points[2].encoding->raw->invalid[0] == -1.5);
	assert_null(points[3].encoding->raw);
	again = complained_print(second.config);
	assert_string_equal(printed, again);
	free(printed);
	free(again);
	complained_free(&got);
	complained_free(&second);
}

static void plain_mqtt_is_for_loopback_or_when_allowed(void **state)
{
	static const struct {
		const char *yaml;
		int err;
	} cases[] = {
		{"mqtt: {servers: [mqtt://localhost]}", 0},
		{"mqtt: {servers: [mqtt://127.0.0.5:1884]}", 0},
		{"mqtt: {servers: [\"mqtt://[::1]\"]}", 0},
		{"mqtt: {servers: [mqtt://127.evil.example]}", -EINVAL},
		{"mqtt: {servers: [mqtt://localhost.example]}", -EINVAL},
		{"mqtt: {servers: [mqtt://192.0.2.1]}", -EINVAL},
		{"mqtt: {servers: [mqtt://192.0.2.1], plain: true}", 0},
		{"mqtt: {servers: [mqtts://192.0.2.1]}", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complained got = complained_text("f", cases[i].yaml);

		if (got.err != cases[i].err) {
			fail_msg("%s: %s", cases[i].yaml, got.text);
		}
		complained_free(&got);
	}
}

/* Everything that is wrong comes in one run, whatever finds it. */
static void all_errors_of_a_file_come_at_once(void **state)
{
	static const char *const want[] = {
		"f:1:15: error: 'id' in gateway must be",
		"f:2:8: error: missing key 'servers'",
		"f:2:9: error: unknown key 'sever' in mqtt (did you mean 'servers'?)",
		"f:3:16: error: duplicate key 'keep'",
		"f:6:13: error: unknown driver 'modbuss' (did you mean 'modbus'?)",
		"f:8:35: error: 'type' in devices[0].tags[0] must be",
		"f:9:14: error: tag id 'a' is taken by a tag of this device (f:8)",
		"f:9:60: error: there is no tag 'pump/x'",
		"f:11:20: error: unknown model 'tnak' (did you mean 'tank'?)",
	};
	struct complained got = complained_text(
		"f", "gateway: {id: \"\"}\n"
		     "mqtt: {sever: [mqtts://a]}\n"
		     "history: {keep: 1d, keep: 2d}\n"
		     "devices:\n"
		     "  - id: pump\n"
		     "    driver: modbuss\n"
		     "    tags:\n"
		     "      - {id: a, at: input:0, type: flt32}\n"
		     "      - {id: a, at: input:2, type: int16, write: {interlock: "
		     "pump/x == 1}}\n"
		     "twin:\n"
		     "  components: [{id: t, model: tnak}]\n");

	(void)state;
	assert_int_equal(got.err, -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		const char *colon = strstr(want[i], ": error"), *found;

		found = strstr(got.text, colon);
		if (!found) {
			fail_msg("no '%s' in\n%s", colon, got.text);
		}
	}
	complained_free(&got);
}

static char *shipped_file(void)
{
	const char *root = getenv("POLLUX_SOURCE");
	char path[4096], *text = calloc(1, 1 << 17);
	FILE *f;

	snprintf(path, sizeof(path), "%s/etc/pollux.yaml", root ? root : ".");
	f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 17) - 1, f) > 0);
	fclose(f);
	return text;
}

/* Is there a line, commented or not, or a flow map with `key: ...preset`? */
static int documented(const char *text, const struct schema_key *key)
{
	char wanted[200];
	const char *at = text;

	snprintf(wanted, sizeof(wanted), "%s:", key->name);
	while ((at = strstr(at, wanted))) {
		const char *eol = at + strcspn(at, "\n");
		const char *preset = key->preset ? strstr(at, key->preset) : at;

		if (at != text && strchr(" {#\n", at[-1]) && preset && preset < eol) {
			return 1;
		}
		at += strlen(wanted);
	}
	return 0;
}

static void each_key(const struct schema_object *object, const char *text)
{
	for (const struct schema_key *k = object->keys; k->name; k++) {
		if (!documented(text, k)) {
			fail_msg("etc/pollux.yaml: no '%s: %s' of %s", k->name,
			         k->preset ? k->preset : "", object->name);
		}
		if (k->object) {
			each_key(k->object, text);
		}
	}
}

static void shipped_file_documents_every_key_with_its_default(void **state)
{
	char *text = shipped_file();

	(void)state;
	each_key(&schema_root, text);
	free(text);
}

static void shipped_file_is_valid(void **state)
{
	char *text = shipped_file();
	struct complained got = valid(text);

	(void)state;
	assert_string_equal(got.text, "");
	complained_free(&got);
	free(text);
}

/* What is printed of them reads back as the same. */
static void models_of_matrices_and_formulas_are_made(void **state)
{
	struct complained c = valid(
		"gateway: {id: g}\n"
		"devices: [{id: d, driver: modbus, address: 'tcp://127.0.0.1:502', tags: "
		"[\n"
		"  {id: u, at: holding:0, type: float32, unit: V},\n"
		"  {id: w, at: holding:2, type: float32, unit: W}]}]\n"
		"twin:\n"
		"  components:\n"
		"    - id: power\n"
		"      model: expression\n"
		"      inputs: {u: d/u}\n"
		"      outputs: {p: d/w}\n"
		"      expression: {p: u ^ 2 / 50, high: \"max(u, 1) > 3\"}\n"
		"    - id: lag\n"
		"      model: state_space\n"
		"      inputs: {u1: d/u}\n"
		"      outputs: {y1: d/w}\n"
		"      parameters: {A: -0.5, B: [2], C: [[1]], Q: 1e-4, R: 0.04, x0: "
		"7}\n");
	const struct component_config *power = &c.config->twin.components[0];
	const struct component_config *lag = &c.config->twin.components[1];
	const double u[] = {10}, x[] = {3};
	double y[2];
	char *said = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&said, &n);
	struct complained back;

	(void)state;
	power->model->outputs_of(power->made, NULL, u, y);
	assert_true(y[0] == 2 && y[1] == 1);
	assert_string_equal(c.config->tags[power->outputs[1].tag].name, "high");
	assert_string_equal(c.config->tags[power->outputs[1].tag].description,
	                    "max(u, 1) > 3");
	assert_int_equal(lag->model->n_states, 1);
	lag->model->rates(lag->made, x, u, y);
	assert_true(y[0] == -1.5 + 20);
	assert_true(lag->noise[0] == 0.2);
	config_print(c.config, f);
	fclose(f);
	back = valid(said);
	assert_int_equal(back.config->twin.components[0].n_made, power->n_made);
	assert_int_equal(back.config->twin.components[1].n_made, lag->n_made);
	assert_memory_equal(back.config->twin.components[1].made, lag->made,
	                    lag->n_made * sizeof(*lag->made));
	assert_memory_equal(back.config->twin.components[0].made, power->made,
	                    power->n_made * sizeof(*power->made));
	complained_free(&back);
	complained_free(&c);
	free(said);
}

static void a_virtual_sensor_feeds_the_next_component(void **state)
{
	struct complained got = valid(
		"devices: [{id: d, driver: modbus, address: 'tcp://127.0.0.1:502', tags: "
		"[\n"
		"  {id: in, at: holding:0, type: float32, unit: m3/h},\n"
		"  {id: duty, at: holding:2, type: float32, unit: kW}]}]\n"
		"twin:\n"
		"  components:\n"
		"    - {id: heater, model: first_order, inputs: {u: d/duty},\n"
		"       parameters: {gain: 1000, tau: 2}}\n"
		"    - {id: a, model: heated_tank, parameters: {area: 1, outlet: 1e-3},\n"
		"       inputs: {inflow: d/in, heater: heater/y}}\n"
		"    - {id: b, model: tank, parameters: {area: 1, outlet: 1e-3},\n"
		"       inputs: {inflow: a/outflow}}\n");
	const struct component_config *k = got.config->twin.components;

	(void)state;
	assert_string_equal(got.text, ""); /* y, without a unit, is W as it is wanted */
	assert_int_equal(k[1].inputs[1].tag, k[0].outputs[0].tag);
	assert_true(k[1].inputs[1].scale == 1 && k[1].inputs[1].offset == 0);
	assert_int_equal(k[2].inputs[0].tag, k[1].outputs[2].tag);
	complained_free(&got);
}

/* As for all, unless a component says otherwise; a model without parameters has none to
 * be identified. */
static void auto_identify_is_said_for_all_and_for_one(void **state)
{
	struct complained got = complained_text(
		"cell.yaml",
		"devices:\n"
		"  - id: plc\n"
		"    driver: sim\n"
		"    tags: [{id: a, at: \"memory:1\", type: float64}, {id: b, at: "
		"\"memory:2\", type: float64}]\n"
		"twin:\n"
		"  auto_identify: accept\n"
		"  components:\n"
		"    - {id: x, model: first_order, parameters: {gain: 2, tau: 5}, "
		"inputs: "
		"{u: plc/a}, outputs: {y: plc/b}}\n"
		"    - {id: y, model: first_order, parameters: {gain: 2, tau: 5}, "
		"inputs: "
		"{u: plc/a}, auto_identify: off}\n"
		"    - {id: z, model: expression, expression: {s: 'a + 1'}, inputs: {a: "
		"plc/a}}\n");
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(got.config->auto_identify[0], AUTO_IDENTIFY_ACCEPT);
	assert_int_equal(got.config->auto_identify[1], AUTO_IDENTIFY_OFF);
	assert_int_equal(got.config->auto_identify[2], AUTO_IDENTIFY_OFF);
	config_print(got.config, out);
	fclose(out);
	assert_non_null(strstr(text, "auto_identify: accept\n"));
	assert_non_null(strstr(text, "auto_identify: off\n"));
	free(text);
	complained_free(&got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_become_their_structs),
		cmocka_unit_test(devices_have_their_points_in_poll_groups),
		cmocka_unit_test(tags_have_what_everybody_sees),
		cmocka_unit_test(what_tags_have_in_common_stands_once),
		cmocka_unit_test(components_are_tied_in_si),
		cmocka_unit_test(an_output_may_have_several_sensors),
		cmocka_unit_test(followed_parameters_are_virtual_sensors),
		cmocka_unit_test(tests_are_chosen_from_the_tag_up),
		cmocka_unit_test(tags_are_found_by_name),
		cmocka_unit_test(printed_configuration_loads_to_the_same),
		cmocka_unit_test(absent_sections_have_their_defaults),
		cmocka_unit_test(raw_values_say_more_than_their_type),
		cmocka_unit_test(plain_mqtt_is_for_loopback_or_when_allowed),
		cmocka_unit_test(all_errors_of_a_file_come_at_once),
		cmocka_unit_test(shipped_file_documents_every_key_with_its_default),
		cmocka_unit_test(shipped_file_is_valid),
		cmocka_unit_test(models_of_matrices_and_formulas_are_made),
		cmocka_unit_test(a_virtual_sensor_feeds_the_next_component),
		cmocka_unit_test(auto_identify_is_said_for_all_and_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
