/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/bus.h"

/* --- what the bus feeds: recorders in place of storage and publisher --- */

static struct {
	struct sample rows[64];
	int64_t at_us[64];
	char text[64][32];
	size_t n;
	struct event events[16];
	char messages[16][256];
	size_t n_events, learning;
	size_t published, published_events, published_devices;
	char device_state[16];
	int64_t since_us; /* of the device's state */
	bool has_figures;
} seen;

int writer_samples(struct writer *w, int64_t at_us, const struct sample *rows, size_t n)
{
	(void)w;
	for (size_t i = 0; i < n; i++, seen.n++) {
		seen.rows[seen.n] = rows[i];
		seen.at_us[seen.n] = at_us;
		if (rows[i].value.kind == VALUE_TEXT) {
			snprintf(seen.text[seen.n], sizeof(seen.text[0]), "%s",
			         rows[i].value.text);
		}
	}
	return 0;
}

int writer_event(struct writer *w, const struct event *e)
{
	(void)w;
	if (strcmp(e->kind, "learning") == 0) { /* once, with the first reading */
		seen.learning++;
		return 0;
	}
	seen.events[seen.n_events] = *e;
	snprintf(seen.messages[seen.n_events++], sizeof(seen.messages[0]), "%s",
	         e->message);
	return 0;
}

void publisher_samples(struct publisher *p, int64_t at_us, const struct sample *rows,
                       size_t n)
{
	(void)p;
	(void)at_us;
	(void)rows;
	seen.published += n;
}

void publisher_event(struct publisher *p, const struct event *e)
{
	(void)p;
	(void)e;
	seen.published_events++;
}

void publisher_device(struct publisher *p, uint32_t device, const struct device_status *s)
{
	(void)p;
	(void)device;
	seen.published_devices++;
	snprintf(seen.device_state, sizeof(seen.device_state), "%s", s->state);
	seen.since_us = s->since_us;
	seen.has_figures = s->figures != NULL;
}

/* --- one device of three tags: plain, with a deviation, text --- */

static const struct tag tags[] = {
	{.device = "d",
         .name = "plain",
         .kind = &(const struct tag_kind){.unit = "m",
                                          .type = TYPE_FLOAT32,
                                          .analog = true}},
	{.device = "d",
         .name = "lazy",
         .kind = &(const struct tag_kind){.unit = "m",
                                          .type = TYPE_FLOAT32,
                                          .analog = true}},
	{.device = "d",
         .name = "text",
         .kind = &(const struct tag_kind){.unit = "", .type = TYPE_STRING}},
};
static const struct tag_options *const options[] = {
	&(const struct tag_options){.store = {.deviation = NAN}, .monitor = true},
	&(const struct tag_options){.store = {.deviation = 0.5}, .monitor = true},
	&(const struct tag_options){.store = {.deviation = NAN}},
};
static const struct point points[] = {{.tag = 0}, {.tag = 1}, {.tag = 2}};
static const struct device_config device = {
	.id = "d", .address = "x", .points = points, .n_points = 3};
static const struct config config = {
	.devices = &device,
	.n_devices = 1,
	.tags = tags,
	.options = options,
	.n_tags = 3,
	.n_field_tags = 3,
	.twin = {.tags = tags,
                 .n_tags = 3,
                 .n_field_tags = 3,
                 .learn = 180,
                 .false_alarm = 1e-4},
};

static uint64_t mono_ns;
static struct bus *bus;
static struct twin *twin;
static struct clock_stamper stamper;

static uint64_t scripted_mono(void)
{
	return mono_ns;
}

static int64_t scripted_wall(void)
{
	return 1700000000000000 + (int64_t)(mono_ns / 1000);
}

static int setup(void **state)
{
	struct bus_parts parts = {.config = &config, .stamper = &stamper};

	(void)state;
	memset(&seen, 0, sizeof(seen));
	mono_ns = 1000000000;
	clock_script(scripted_mono, scripted_wall);
	clock_stamper_init(&stamper, 0);
	assert_int_equal(twin_new(&twin, &config.twin), 0);
	parts.twin = twin;
	parts.publisher = (struct publisher *)&seen; /* there is one; never looked into */
	return bus_new(&bus, &parts);
}

static int teardown(void **state)
{
	(void)state;
	bus_free(bus);
	twin_free(twin);
	clock_script(NULL, NULL);
	return 0;
}

static void deliver(uint64_t pass_ms, const struct reading *r, size_t n)
{
	mono_ns += pass_ms * 1000000;
	bus_deliver(bus, mono_ns, r, n);
}

static struct reading good(uint32_t tag, double value)
{
	return (struct reading){.tag = tag, .value = value_real(value)};
}

static void reading_goes_to_history_and_publisher_with_its_time_of_receipt(void **state)
{
	struct reading r[] = {good(0, 3), good(1, 4)};

	(void)state;
	deliver(100, r, 2);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.published, 2);
	assert_int_equal(seen.rows[0].tag, 0);
	assert_true(seen.rows[0].value.real == 3);
	assert_int_equal(seen.rows[0].ts_us, scripted_wall());
	assert_int_equal(seen.at_us[0], seen.rows[0].ts_us);
	assert_int_equal(seen.rows[0].est.state, STATE_LEARNING);
}

static void stamps_of_a_tag_differ_in_ms_whatever_comes(void **state)
{
	struct reading r = good(0, 1);

	(void)state;
	for (int i = 0; i < 20; i++) {
		deliver(0, &r, 1);
	}
	assert_int_equal(seen.n, 20);
	for (size_t i = 1; i < seen.n; i++) {
		assert_true(seen.rows[i].ts_us / 1000 > seen.rows[i - 1].ts_us / 1000);
	}
}

static void fault_is_told_once_with_the_last_value(void **state)
{
	struct reading r = good(0, 7);
	struct reading bad = {
		.tag = 0, .quality = QUALITY_BAD, .reason = REASON_EXCEPTION, .code = 2};

	(void)state;
	deliver(100, &r, 1);
	deliver(100, &bad, 1);
	deliver(100, &bad, 1);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.rows[1].value.kind, VALUE_NONE);
	assert_int_equal(seen.rows[1].est.quality, QUALITY_BAD);
	assert_true(seen.rows[1].last == 7);
	assert_int_equal(seen.rows[1].last_ts_us, seen.rows[0].ts_us);
	assert_int_equal(seen.rows[1].code, 2);
	/* and is an alarm of this tag */
	assert_int_equal(seen.n_events, 1);
	assert_string_equal(seen.events[0].kind, "bad");
	assert_string_equal(seen.events[0].state, "active");
	assert_int_equal(seen.events[0].alarm_id, seen.events[0].ts_us);
	assert_int_equal(seen.learning, 1);
	assert_int_equal(seen.published_events, 2);
	assert_non_null(strstr(seen.messages[0], "exception 2"));
}

static void alarm_clears_under_the_same_id(void **state)
{
	struct reading bad = {.tag = 0, .quality = QUALITY_BAD, .reason = REASON_SHORT};
	struct reading r = good(0, 7);

	(void)state;
	deliver(100, &bad, 1);
	for (int i = 0; i < 3; i++) {
		deliver(100, &r, 1);
	}
	assert_int_equal(seen.n_events, 2);
	assert_string_equal(seen.events[1].state, "cleared");
	assert_int_equal(seen.events[1].alarm_id, seen.events[0].alarm_id);
	assert_true(seen.events[1].ts_us > seen.events[0].ts_us);
}

static void held_back_reading_comes_before_the_one_that_frees_it(void **state)
{
	struct reading a = good(1, 1), b = good(1, 1.2), c = good(1, 9);
	int64_t held_us;

	(void)state;
	deliver(100, &a, 1);
	deliver(100, &b, 1);
	held_us = scripted_wall();
	assert_int_equal(seen.n, 1);
	deliver(100, &c, 1);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.rows[1].ts_us, held_us);
	assert_true(seen.rows[1].value.real == 1.2);
	assert_true(seen.at_us[1] > seen.at_us[0]);
	assert_true(seen.at_us[1] < seen.at_us[2]);
	assert_true(seen.at_us[1] > held_us); /* order is that of delivery */
	assert_true(seen.rows[2].value.real == 9);
}

static void flush_gives_out_what_is_held_back(void **state)
{
	struct reading a = good(1, 1), b = good(1, 1.2);

	(void)state;
	deliver(100, &a, 1);
	deliver(100, &b, 1);
	bus_flush(bus);
	assert_int_equal(seen.n, 2);
	assert_true(seen.rows[1].value.real == 1.2);
	bus_flush(bus);
	assert_int_equal(seen.n, 2);
}

static void text_is_kept_by_the_bus(void **state)
{
	char text[] = "ready";
	struct reading r = {.tag = 2, .value = {.kind = VALUE_TEXT, .text = text}};

	(void)state;
	deliver(100, &r, 1);
	memset(text, 'x', sizeof(text) - 1);
	assert_string_equal(bus_now(bus, 2).value.text, "ready");
	assert_string_equal(seen.text[0], "ready");
}

static void every_reading_is_a_sample_or_reduced(void **state)
{
	struct bus_counts counts;

	(void)state;
	for (int i = 0; i < 30; i++) {
		struct reading r[] = {good(0, i), good(1, i / 10)};

		deliver(100, r, 2);
	}
	bus_flush(bus);
	bus_counts(bus, &counts);
	assert_int_equal(counts.readings, 60);
	assert_int_equal(counts.produced, seen.n);
	assert_true(counts.produced + counts.reduced >= counts.readings);
}

static void device_that_goes_down_is_an_event_and_a_status(void **state)
{
	struct device_health health = {
		.state = DEVICE_DOWN, .reason = REASON_TIMEOUT, .ok_pct = 50};

	(void)state;
	bus_device(bus, 0, &health);
	assert_int_equal(seen.n_events, 1);
	assert_string_equal(seen.events[0].kind, "device_down");
	assert_int_equal(seen.events[0].alarm_id, 0);
	assert_string_equal(seen.messages[0], "d is down: timeout (x)");
	assert_int_equal(seen.published_devices, 1);
	assert_string_equal(seen.device_state, "down");
	health.state = DEVICE_OK;
	bus_device(bus, 0, &health);
	assert_string_equal(seen.events[1].kind, "device_up");
	assert_true(seen.events[1].ts_us > seen.events[0].ts_us);
}

static void figures_of_a_device_are_no_event_and_keep_its_time(void **state)
{
	struct device_health health = {.state = DEVICE_OK, .ok_pct = 100};
	int64_t since_us;

	(void)state;
	bus_device_figures(bus, 0, &health, "\"reads\":5");
	assert_int_equal(seen.published_devices, 0); /* it has no state yet */
	bus_device(bus, 0, &health);
	since_us = seen.since_us;
	assert_int_not_equal(since_us, 0);
	assert_false(seen.has_figures);
	bus_device_figures(bus, 0, &health, "\"reads\":6");
	assert_int_equal(seen.published_devices, 2);
	assert_true(seen.has_figures);
	assert_int_equal(seen.since_us, since_us);
	assert_int_equal(seen.n_events, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(reading_goes_to_history_and_publisher_with_its_time_of_receipt),
		TEST(stamps_of_a_tag_differ_in_ms_whatever_comes),
		TEST(fault_is_told_once_with_the_last_value),
		TEST(alarm_clears_under_the_same_id),
		TEST(held_back_reading_comes_before_the_one_that_frees_it),
		TEST(flush_gives_out_what_is_held_back),
		TEST(text_is_kept_by_the_bus),
		TEST(every_reading_is_a_sample_or_reduced),
		TEST(device_that_goes_down_is_an_event_and_a_status),
		TEST(figures_of_a_device_are_no_event_and_keep_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
