/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/reading.h"
#include "gateway/config/config_template.h"
#include "tests/gateway/complained.h"

static char dir[] = "/tmp/pollux-template-XXXXXX";

static void write_template(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Load text as a file of dir, and insist that it is valid. */
static struct complained valid(const char *text)
{
	struct complained c;
	char path[200];

	snprintf(path, sizeof(path), "%s/pollux.yaml", dir);
	c = complained_text(path, text);
	if (c.err) {
		fail_msg("%s", c.text);
	}
	return c;
}

static const struct point *point_of(const struct config *c, const char *tag)
{
	int64_t i = config_tag(c, tag);

	if (i < 0) {
		fail_msg("there is no %s", tag);
	}
	for (size_t d = 0; d < c->n_devices; d++) {
		for (size_t k = 0; k < c->devices[d].n_points; k++) {
			if (c->devices[d].points[k].tag == (uint32_t)i) {
				return &c->devices[d].points[k];
			}
		}
	}
	return NULL;
}

static const char pump[] =
	"description: a pump\n"
	"parameters:\n"
	"  base: {description: first register, min: 0, max: 60000, default: 100}\n"
	"  order: {description: of words, choices: [ABCD, CDAB]}\n"
	"  what: {description: for people, default: flow}\n"
	"device:\n"
	"  driver: modbus\n"
	"  word_order: \"${order}\"\n"
	"  every: 2s\n"
	"  limits: {max_registers: 20, max_gap: 0, pause: 7ms}\n"
	"tags:\n"
	"  - {id: flow, at: \"input:${base}\", type: float32, unit: m3/h, scale: 2,\n"
	"     description: \"${what} of it\"}\n"
	"  - {id: speed, at: \"holding:${base + 9}\", type: uint16, unit: Hz}\n";

static void tags_and_defaults_come_from_the_template(void **state)
{
	struct complained c = valid("devices:\n"
	                            "  - {id: a, address: tcp://h, template: pump, "
	                            "parameters: {order: CDAB}}\n");
	const struct device_config *d = &c.config->devices[0];

	(void)state;
	assert_string_equal(c.text, "");
	assert_string_equal(d->driver, "modbus");
	assert_int_equal(d->order, ORDER_CDAB);
	assert_int_equal(d->limits.max_registers, 20);
	assert_int_equal(d->n_points, 2);
	assert_int_equal(point_of(c.config, "a/flow")->address, 100);
	assert_int_equal(point_of(c.config, "a/flow")->encoding->order, ORDER_CDAB);
	assert_int_equal(point_of(c.config, "a/speed")->address, 109);
	assert_int_equal(c.config->tags[0].period_ms, 2000);
	assert_string_equal(c.config->tags[0].description, "flow of it");
	complained_free(&c);
}

static void device_goes_before_its_template(void **state)
{
	struct complained c = valid(
		"devices:\n"
		"  - id: a\n"
		"    address: tcp://h\n"
		"    template: pump\n"
		"    parameters: {order: ABCD, base: 0, what: oil}\n"
		"    every: 5s\n"
		"    limits: {max_gap: 3}\n"
		"    tags:\n"
		"      - {id: more, at: holding:7, type: int16}\n"
		"      - {id: speed, unit: rpm, scale: 60, every: 100ms,\n"
		"         write: {min: 0, max: 3000}}\n");
	const struct device_config *d = &c.config->devices[0];
	const struct tag *speed = &c.config->tags[config_tag(c.config, "a/speed")];

	(void)state;
	assert_int_equal(d->n_points, 3);
	assert_int_equal(d->limits.max_gap, 3);
	assert_int_equal(d->limits.max_registers, 20);
	assert_int_equal(d->limits.pause_ms, 7);
	assert_int_equal(c.config->tags[0].period_ms, 5000);
	assert_string_equal(c.config->tags[0].description, "oil of it");
	assert_string_equal(speed->kind->unit, "rpm");
	assert_int_equal(speed->period_ms, 100);
	assert_true(speed->kind->writable);
	assert_int_equal(point_of(c.config, "a/speed")->address, 9);
	assert_true(point_of(c.config, "a/speed")->encoding->scale == 60);
	assert_string_equal(c.config->tags[2].name, "more");
	complained_free(&c);
}

static void each_device_has_its_own_parameters(void **state)
{
	struct complained c = valid(
		"devices:\n"
		"  - &a {id: a, address: tcp://h, template: pump,\n"
		"        parameters: {order: ABCD, base: 1}}\n"
		"  - {id: b, address: tcp://h, unit: 2, template: pump,\n"
		"     parameters: {order: CDAB, base: 2}}\n"
		"  - {id: c, address: tcp://h, driver: modbus}\n");

	(void)state;
	assert_int_equal(point_of(c.config, "a/flow")->address, 1);
	assert_int_equal(point_of(c.config, "b/flow")->address, 2);
	assert_int_equal(c.config->n_field_tags, 4);
	complained_free(&c);
}

static void printed_configuration_needs_no_template(void **state)
{
	struct complained c = valid("gateway: {id: x}\n"
	                            "devices:\n"
	                            "  - {id: a, address: tcp://h, template: pump, "
	                            "parameters: {order: CDAB}}\n");
	char *first = complained_print(c.config), *second;
	struct complained again = complained_text("/nowhere/x.yaml", first);

	(void)state;
	assert_string_equal(again.text, "");
	second = complained_print(again.config);
	assert_string_equal(first, second);
	free(first);
	free(second);
	complained_free(&again);
	complained_free(&c);
}

static void configured_directory_comes_first(void **state)
{
	struct complained c;

	(void)state;
	write_template("mine/pump.yaml",
	               "description: mine\ndevice: {driver: modbus}\n"
	               "tags: [{id: own, at: holding:5, type: int16}]\n");
	c = valid("gateway: {templates_dir: mine}\n"
	          "devices: [{id: a, address: tcp://h, template: pump}]\n");
	assert_int_equal(point_of(c.config, "a/own")->address, 5);
	complained_free(&c);
}

static void environment_names_a_further_directory(void **state)
{
	struct complained c;
	char path[200];

	(void)state;
	snprintf(path, sizeof(path), "%s/further", dir);
	write_template("further/valve.yaml",
	               "description: valve\ndevice: {driver: modbus}\n"
	               "tags: [{id: own, at: holding:6, type: int16}]\n");
	setenv("POLLUX_TEMPLATES", path, 1);
	c = valid("devices: [{id: a, address: tcp://h, template: valve}]\n");
	assert_int_equal(point_of(c.config, "a/own")->address, 6);
	complained_free(&c);
	unsetenv("POLLUX_TEMPLATES");
}

static void secret_parameter_is_not_shown(void **state)
{
	struct complained c;
	char path[200];

	(void)state;
	setenv("POLLUX_TEST_SECRET", "hunter2", 1);
	snprintf(path, sizeof(path), "%s/pollux.yaml", dir);
	c = complained_text(path, "devices:\n"
	                          "  - {id: a, address: tcp://h, template: pump,\n"
	                          "     parameters: {order: ABCD, base: \"${"
	                          "POLLUX_TEST_SECRET}\"}}\n");
	assert_true(c.err != 0);
	assert_null(strstr(c.text, "hunter2"));
	complained_free(&c);
	unsetenv("POLLUX_TEST_SECRET");
}

/* Every template that is shipped, with its defaults, and a point that tells. */
static void shipped_templates_are_valid(void **state)
{
	static const struct {
		const char *name, *tag, *at;
		uint32_t address;
	} cases[] = {
		{"comwintop-mb8art", "d/temperature_8", "input", 7},
		{"eastron-sdm630", "d/frequency", "input", 70},
		{"openplc", "d/ML1", "holding", 4100},
		{"schneider-atv320", "d/motor_current", "holding", 3204},
		{"sunspec-inverter", "d/state", "holding", 40107},
	};
	const char *root = getenv("POLLUX_SOURCE");
	char path[4096], yaml[500];

	(void)state;
	snprintf(path, sizeof(path), "%s/etc/cell.yaml", root ? root : ".");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct complained c;

		snprintf(yaml, sizeof(yaml),
		         "devices: [{id: d, template: %s, address: tcp://h}]",
		         cases[i].name);
		c = complained_text(path, yaml);
		if (c.err || *c.text) {
			fail_msg("%s: %s", cases[i].name, c.text);
		}
		assert_int_equal(point_of(c.config, cases[i].tag)->address,
		                 cases[i].address);
		assert_memory_equal(point_of(c.config, cases[i].tag)->at, cases[i].at,
		                    strlen(cases[i].at));
		for (size_t k = 0; k < c.config->n_tags; k++) {
			assert_false(c.config->tags[k].kind->writable);
		}
		complained_free(&c);
	}
}

static void listing_names_templates_and_their_parameters(void **state)
{
	char path[200], *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	assert_non_null(f);
	snprintf(path, sizeof(path), "%s/nowhere.yaml", dir);
	assert_int_equal(config_template_print(path, f), 0);
	fclose(f);
	assert_non_null(strstr(text, "pump: a pump, 2 tags ("));
	assert_non_null(strstr(text, "  base: first register; a whole number from 0 to "
	                             "60000; default 100\n"));
	assert_non_null(strstr(text, "  order: of words; ABCD, CDAB; required\n") ||
	                strstr(text, "  order: of words; one of ABCD, CDAB; required\n"));
	free(text);
}

static int make_dir(void **state)
{
	static const char *const subs[] = {"templates", "mine", "further"};
	char path[200];

	(void)state;
	if (!mkdtemp(dir)) {
		return -1;
	}
	for (size_t i = 0; i < ARRAY_SIZE(subs); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, subs[i]);
		if (mkdir(path, 0700)) {
			return -1;
		}
	}
	write_template("templates/pump.yaml", pump);
	return 0;
}

static int remove_dir(void **state)
{
	static const char *const names[] = {"templates/pump.yaml",
	                                    "mine/pump.yaml",
	                                    "further/valve.yaml",
	                                    "templates",
	                                    "mine",
	                                    "further",
	                                    ""};
	char path[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		remove(path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_and_defaults_come_from_the_template),
		cmocka_unit_test(device_goes_before_its_template),
		cmocka_unit_test(each_device_has_its_own_parameters),
		cmocka_unit_test(printed_configuration_needs_no_template),
		cmocka_unit_test(configured_directory_comes_first),
		cmocka_unit_test(environment_names_a_further_directory),
		cmocka_unit_test(secret_parameter_is_not_shown),
		cmocka_unit_test(shipped_templates_are_valid),
		cmocka_unit_test(listing_names_templates_and_their_parameters),
	};

	unsetenv("CREDENTIALS_DIRECTORY");
	unsetenv("POLLUX_TEMPLATES");
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
