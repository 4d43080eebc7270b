/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "gateway/question.h"

/* --- the parts, scripted --- */

static struct sample now[2];
static struct alarm alarms[2];
static struct device_health health;
static struct command_order submitted;
static size_t n_submitted;
static char *replied;

static char handled[100];

int bus_acknowledge(struct bus *b, uint32_t tag, const char *by)
{
	(void)b;
	snprintf(handled, sizeof(handled), "ack %u %s", (unsigned)tag, by);
	return alarms[tag].id ? 0 : -ENOENT;
}

int bus_shelve(struct bus *b, uint32_t tag, uint32_t for_s, const char *by)
{
	(void)b;
	snprintf(handled, sizeof(handled), "shelve %u %u %s", (unsigned)tag,
	         (unsigned)for_s, by);
	return for_s == 5 ? -EALREADY : 0;
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

const char *device_state_name(enum device_state state)
{
	return state == DEVICE_DOWN ? "down" : "ok";
}

char *status_json(const struct status_parts *p)
{
	(void)p;
	return strdup("\"status\"");
}

char *status_tags_json(const struct status_parts *p)
{
	(void)p;
	return strdup("\"tags\"");
}

void command_submit(struct commands *c, const struct command_order *order)
{
	(void)c;
	submitted = *order;
	n_submitted++;
}

const char *command_status_name(enum command_status status)
{
	return status == COMMAND_DONE ? "done" : "refused";
}

struct control_ticket control_defer(struct control *c)
{
	(void)c;
	return (struct control_ticket){.number = 7};
}

void control_reply(struct control *c, struct control_ticket ticket, char *text)
{
	(void)c;
	assert_int_equal(ticket.number, 7);
	assert_null(replied);
	replied = text;
}

static const struct tag tags[] = {
	{.device = "d",
         .name = "a",
         .kind = &(const struct tag_kind){.unit = "m",
                                          .type = TYPE_FLOAT32,
                                          .type_name = "float32",
                                          .min = NAN,
                                          .max = NAN}},
	{.device = "tank",
         .name = "outflow",
         .device_index = 1,
         .kind = &(const struct tag_kind){.unit = ""}}};
static const struct device_config device = {.id = "d"};
static const struct config config = {
	.devices = &device, .n_devices = 1, .tags = tags, .n_tags = 2, .n_field_tags = 1};
static const struct status_parts status = {.config = &config};
static const struct question_parts parts = {.status = &status};

int64_t config_tag(const struct config *c, const char *name)
{
	(void)c;
	return strcmp(name, "d/a") == 0 ? 0 : strcmp(name, "tank/outflow") == 0 ? 1 : -1;
}

static int setup(void **state)
{
	(void)state;
	memset(now, 0, sizeof(now));
	memset(alarms, 0, sizeof(alarms));
	health = (struct device_health){.state = DEVICE_OK};
	n_submitted = 0;
	replied = NULL;
	return 0;
}

static json_t *parse(char *text)
{
	json_t *o;

	assert_non_null(text);
	o = json_loads(text, JSON_DECODE_ANY, NULL);
	if (!o) {
		fail_msg("no JSON: %s", text);
	}
	free(text);
	return o;
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static void expect_error(const char *request, const char *why)
{
	json_t *o = parse(question_answer(&parts, request));

	if (!strstr(text_of(o, "error"), why)) {
		fail_msg("%s: %s", request, text_of(o, "error"));
	}
	json_decref(o);
}

static void tags_are_answered_in_the_order_asked(void **state)
{
	json_t *all, *first, *second;

	(void)state;
	now[0] = (struct sample){.ts_us = 1000000, .value = value_real(12.5)};
	health.state = DEVICE_DOWN;
	all = parse(question_answer(&parts, "read tank/outflow d/a"));
	assert_int_equal(json_array_size(all), 2);
	first = json_array_get(all, 0);
	second = json_array_get(all, 1);
	assert_string_equal(text_of(first, "tag"), "outflow");
	assert_string_equal(text_of(first, "device_state"), "ok"); /* the twin's */
	assert_string_equal(text_of(first, "quality"), "bad");     /* nothing yet */
	assert_true(json_is_null(json_object_get(first, "value")));
	assert_string_equal(text_of(second, "device_state"), "down");
	assert_true(json_real_value(json_object_get(second, "value")) == 12.5);
	json_decref(all);
}

static void what_is_not_understood_is_an_error(void **state)
{
	(void)state;
	expect_error("read d/b", "d/b");
	expect_error("read d/a d/b", "d/b");
	expect_error("write d/a", "tag and a value");
	expect_error("write d/b 1", "d/b");
	expect_error("write tank/outflow 1", "tank/outflow");
	assert_null(question_answer(&parts, "reboot"));
	assert_null(question_answer(&parts, "read"));
	assert_int_equal(n_submitted, 0);
}

static void long_names_are_cut_not_believed(void **state)
{
	char request[600] = "read ";

	(void)state;
	memset(request + 5, 'x', sizeof(request) - 6);
	expect_error(request, "xxxx");
}

static void write_is_answered_with_its_outcome(void **state)
{
	struct command_result result = {
		.status = COMMAND_DONE, .readback = value_real(12.5), .error = ""};
	json_t *o;

	(void)state;
	assert_null(question_answer(&parts, "write d/a 12.5"));
	assert_int_equal(n_submitted, 1);
	assert_null(replied);
	assert_true(submitted.value.real == 12.5);
	submitted.done(submitted.arg, &result);
	o = parse(replied);
	assert_string_equal(text_of(o, "status"), "done");
	assert_true(json_real_value(json_object_get(o, "value")) == 12.5);
	assert_true(json_real_value(json_object_get(o, "readback")) == 12.5);
	assert_true(json_is_null(json_object_get(o, "error")));
	assert_true(json_is_false(json_object_get(o, "unreachable")));
	json_decref(o);
}

static void value_of_no_such_type_is_refused_unsent(void **state)
{
	json_t *o;

	(void)state;
	assert_null(question_answer(&parts, "write d/a fast"));
	assert_int_equal(n_submitted, 0);
	o = parse(replied);
	assert_string_equal(text_of(o, "status"), "refused");
	assert_non_null(strstr(text_of(o, "error"), "float32"));
	json_decref(o);
}

static void alarms_are_found_by_id_or_tag(void **state)
{
	static const struct {
		const char *request, *handled, *error;
	} cases[] = {
		{"ack 77 eve", "ack 1 eve", NULL},
		{"ack tank/outflow eve", "ack 1 eve", NULL},
		{"ack d/a eve", "ack 0 eve", "there is no alarm 'd/a'"},
		{"ack 78 eve", "", "there is no alarm '78'"},
		{"ack 0 eve", "", "there is no alarm '0'"},
		{"ack nobody/here eve", "", "there is no alarm 'nobody/here'"},
		{"ack 77", "", "an alarm and a name are wanted, not '77'"},
		{"shelve 77 60 eve", "shelve 1 60 eve", NULL},
		{"shelve d/a 0 eve", "shelve 0 0 eve", NULL},
		{"shelve 77 5 eve", "shelve 1 5 eve",
	         "acknowledged or shelved already: '77'"},
		{"shelve 77 soon eve", "", "no number of seconds: 'soon'"},
		{"shelve 77 60", "",
	         "an alarm, seconds and a name are wanted, not '77 60'"},
	};

	(void)state;
	alarms[1].id = 77;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text, want[200];

		*handled = '\0';
		text = question_answer(&parts, cases[i].request);
		assert_string_equal(handled, cases[i].handled);
		snprintf(want, sizeof(want),
		         cases[i].error ? "{\"error\":\"%s\"}" : "{\"error\":null}",
		         cases[i].error ? cases[i].error : "");
		assert_string_equal(text, want);
		free(text);
	}
	alarms[1].id = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tags_are_answered_in_the_order_asked, setup),
		cmocka_unit_test_setup(what_is_not_understood_is_an_error, setup),
		cmocka_unit_test_setup(long_names_are_cut_not_believed, setup),
		cmocka_unit_test_setup(write_is_answered_with_its_outcome, setup),
		cmocka_unit_test_setup(value_of_no_such_type_is_refused_unsent, setup),
		cmocka_unit_test_setup(alarms_are_found_by_id_or_tag, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
