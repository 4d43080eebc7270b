/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mqtt/notices.h"

static const struct device_config devices[] = {{.id = "pump"}, {.id = "plc", .index = 1}};
static const struct component_config components[] = {{.id = "tank", .device_index = 2}};
static const struct tag tags[] = {
	{.device = "pump", .name = "flow"},
	{.device = "tank", .name = "level", .device_index = 2},
};

static struct notices *notices_of(void)
{
	static struct config cfg;
	struct notices *n;

	cfg = (struct config){.devices = devices,
	                      .n_devices = 2,
	                      .n_components = 1,
	                      .tags = tags,
	                      .n_tags = 2,
	                      .twin = {.components = components, .n_components = 1}};
	assert_int_equal(notices_new(&n, &cfg, "p/g", 0), 0);
	return n;
}

/* Send and acknowledge everything; topics and payloads go to text, one a line. */
static const char *sent(struct notices *n, bool acknowledge)
{
	static char text[16384];
	struct message m;
	uint64_t ticket;

	text[0] = '\0';
	while (notices_next(n, &m, &ticket)) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof(text) - used, "%d %s %s\n", m.retained,
		         m.topic, m.payload);
		notices_sent(n, ticket);
		if (acknowledge) {
			notices_acked(n, ticket);
		}
	}
	return text;
}

static struct event alarm_of(int64_t id, uint32_t tag, const char *state)
{
	return (struct event){.ts_us = id + 1000,
	                      .alarm_id = id,
	                      .tag = tag,
	                      .kind = "drift",
	                      .severity = "alarm",
	                      .state = state,
	                      .value = NAN,
	                      .predicted = NAN,
	                      .residual = NAN,
	                      .threshold = NAN,
	                      .message = "m"};
}

static void every_connection_begins_with_what_is_retained(void **state)
{
	struct device_status ok = {.state = "ok", .ok_pct = 100, .rtt_ms = 2};
	struct payload_info info = {.version = "1", .session = "s"};
	struct event alarm = alarm_of(7000, 1, "active");
	struct notices *n = notices_of();

	(void)state;
	notices_info(n, &info);
	notices_device(n, 0, &ok);
	notices_device(n, 2, &ok);
	notices_device(n, 9, &ok); /* there is none */
	notices_event(n, &alarm);
	notices_expect(n, 0);
	notices_expect(n, 9); /* there is none */
	for (int connection = 0; connection < 2; connection++) {
		const char *text;

		notices_connected(n);
		text = sent(n, true);
		assert_ptr_equal(strstr(text, "1 p/g/availability online\n"), text);
		assert_non_null(strstr(text, "1 p/g/info {\"version\":\"1\""));
		assert_non_null(strstr(text, "1 p/g/pump/status {\"state\":\"ok\""));
		assert_non_null(strstr(text, "1 p/g/tank/status {\"state\":\"ok\""));
		assert_null(strstr(text, "plc"));
		assert_non_null(strstr(text, "1 p/g/tank/level/alarm {\"id\":7000"));
		/* an alarm of an earlier run is taken back, once */
		assert_int_equal(strstr(text, "1 p/g/pump/flow/alarm \n") != NULL,
		                 connection == 0);
		assert_int_equal(strstr(text, "0 p/g/events {") != NULL, connection == 0);
	}
	notices_free(n);
}

static void status_keeps_its_figures_until_newer_are_told(void **state)
{
	struct device_status status = {.state = "ok", .ok_pct = 100, .rtt_ms = 2};
	struct notices *n = notices_of();

	(void)state;
	notices_device(n, 0, &status);
	assert_non_null(strstr(sent(n, true), "\"rtt_ms\":2}"));
	status.figures = "\"reads\":5";
	notices_device(n, 0, &status);
	status.figures = NULL;
	status.state = "down";
	notices_device(n, 0, &status);
	assert_non_null(strstr(sent(n, true), "\"rtt_ms\":2,\"reads\":5}"));
	status.figures = "\"reads\":6";
	notices_device(n, 0, &status);
	assert_non_null(strstr(sent(n, true), "\"rtt_ms\":2,\"reads\":6}"));
	notices_free(n);
}

static void cleared_alarm_leaves_an_empty_payload(void **state)
{
	struct event first = alarm_of(1000, 0, "active");
	struct event second = alarm_of(2000, 0, "active");
	struct event first_clear = alarm_of(1000, 0, "cleared");
	struct event second_clear = alarm_of(2000, 0, "cleared");
	struct notices *n = notices_of();

	(void)state;
	notices_event(n, &first);
	notices_event(n, &second);
	assert_non_null(strstr(sent(n, true), "flow/alarm {\"id\":2000"));
	notices_event(n, &first_clear); /* not that of the one that stands */
	assert_null(strstr(sent(n, true), "flow/alarm"));
	notices_event(n, &second_clear);
	assert_non_null(strstr(sent(n, false), "1 p/g/pump/flow/alarm \n"));
	notices_disconnected(n); /* not acknowledged: said again */
	notices_connected(n);
	assert_non_null(strstr(sent(n, true), "1 p/g/pump/flow/alarm \n"));
	notices_free(n);
}

static void events_wait_for_their_acknowledgement_in_order(void **state)
{
	struct notices *n = notices_of();
	const char *text;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct event e = {.ts_us = 1000 * (1 + i),
		                  .device = 0,
		                  .tag = EVENT_NOBODY,
		                  .kind = "k",
		                  .severity = "info",
		                  .state = "",
		                  .message = "m"};

		notices_event(n, &e);
	}
	sent(n, false);
	assert_string_equal(sent(n, false), "");
	notices_disconnected(n);
	text = sent(n, true);
	assert_true(strstr(text, "\"ts\":1,") < strstr(text, "\"ts\":2,"));
	assert_true(strstr(text, "\"ts\":2,") < strstr(text, "\"ts\":3,"));
	assert_non_null(strstr(text, "\"device\":\"pump\",\"tag\":null"));
	notices_disconnected(n);
	assert_string_equal(sent(n, true), "");
	notices_free(n);
}

static struct event event_at(int64_t ts_us)
{
	return (struct event){.ts_us = ts_us,
	                      .device = EVENT_NOBODY,
	                      .tag = EVENT_NOBODY,
	                      .kind = "k",
	                      .severity = "info",
	                      .state = "",
	                      .message = "m"};
}

/* Send and acknowledge events; check that each comes once and in order. */
static int64_t take_events(struct notices *n, int64_t last_ms)
{
	struct message m;
	uint64_t ticket;

	while (notices_next(n, &m, &ticket)) {
		char want[32];

		if (strstr(m.topic, "/events")) {
			snprintf(want, sizeof(want), "\"ts\":%lld,",
			         (long long)++last_ms);
			assert_non_null(strstr(m.payload, want));
		}
		notices_sent(n, ticket);
		notices_acked(n, ticket);
	}
	return last_ms;
}

static void events_that_find_no_room_are_read_from_the_history(void **state)
{
	enum { TOLD = 3 * NOTICES_EVENTS };
	struct notices *n = notices_of();
	int64_t after_us, sent_ms;
	size_t room;

	(void)state;
	for (int i = 1; i <= TOLD; i++) {
		struct event e = event_at(1000 * i);

		notices_event(n, &e);
	}
	assert_false(notices_behind(n, &after_us, &room)); /* no room yet */
	sent_ms = take_events(n, 0);
	assert_int_equal(sent_ms, NOTICES_EVENTS);
	assert_int_equal(notices_acked_to(n), 1000 * NOTICES_EVENTS);
	while (notices_behind(n, &after_us, &room)) {
		size_t given = 0;

		for (int64_t ts = after_us + 1000; ts <= 1000 * TOLD && given < room;
		     ts += 1000, given++) {
			struct event e = event_at(ts);

			notices_stored(n, &e, "", "");
		}
		sent_ms = take_events(n, sent_ms);
		if (given == 0) {
			notices_read(n);
		}
	}
	assert_int_equal(sent_ms, TOLD);
	assert_int_equal(notices_acked_to(n), 1000 * TOLD);
	assert_int_equal(notices_dropped(n), 0);
	notices_free(n);
	notices_free(NULL);
}

static void event_read_before_it_is_told_is_sent_once(void **state)
{
	struct notices *n = notices_of();
	struct event a = event_at(1000), b = event_at(2000);

	(void)state;
	notices_stored(n, &a, "", "");
	notices_event(n, &a);
	notices_event(n, &b);
	assert_int_equal(take_events(n, 0), 2);
	notices_free(n);
}

static void event_that_is_told_but_not_committed_is_waited_for(void **state)
{
	struct notices *n = notices_of();
	struct event e;
	int64_t after_us;
	size_t room;

	(void)state;
	for (int i = 1; i <= NOTICES_EVENTS + 1; i++) {
		e = event_at(1000 * i);
		notices_event(n, &e);
	}
	take_events(n, 0);
	assert_true(notices_behind(n, &after_us, &room));
	notices_read(n); /* nothing there yet */
	assert_true(notices_behind(n, &after_us, &room));
	notices_stored(n, &e, "", "");
	notices_read(n);
	assert_false(notices_behind(n, &after_us, &room));
	notices_free(n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_connection_begins_with_what_is_retained),
		cmocka_unit_test(status_keeps_its_figures_until_newer_are_told),
		cmocka_unit_test(cleared_alarm_leaves_an_empty_payload),
		cmocka_unit_test(events_wait_for_their_acknowledgement_in_order),
		cmocka_unit_test(events_that_find_no_room_are_read_from_the_history),
		cmocka_unit_test(event_read_before_it_is_told_is_sent_once),
		cmocka_unit_test(event_that_is_told_but_not_committed_is_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
