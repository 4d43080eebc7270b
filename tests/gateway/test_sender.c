/* SPDX-License-Identifier: Apache-2.0 */
/* The sender with a scripted link, clock and history. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "gateway/mqtt/sender.h"
#include "tests/fake_history.h"

enum { TAGS = 4, BATCHES = 3000, MS = 1000000 };

static const struct tag_kind metres = {.unit = "m"};
static struct tag tags[TAGS];
static char names[TAGS][4];
static const struct device_config devices[] = {{.id = "d0"}, {.id = "d1", .index = 1}};

struct bench {
	struct config cfg;
	struct sender *sender;
	bool sent[SENDER_WINDOW]; /* slots in flight */
	bool broken;              /* the link refuses */
	uint64_t now_ns;
	uint64_t random;
	int64_t at_us; /* of the last batch */
	bool hidden;   /* the last batch was not shown */
	size_t n_sent, n_live, n_history;
	int64_t newest[2][TAGS]; /* ts in ms, per stream and tag, of this connection */
	uint8_t seen[BATCHES][TAGS]; /* by ms since the beginning */
	char last_topic[TOPIC_MAX], last_payload[4096];
};

static int64_t begin_us(void)
{
	return 1767323045000000;
}

static uint32_t tag_index(const char *name)
{
	return (uint32_t)(name[1] - '0');
}

/* A sample has arrived: in order within its stream, under its own identity. */
static void note(struct bench *b, int stream, uint32_t tag, int64_t ts_ms, double value)
{
	int64_t ms = ts_ms - begin_us() / 1000;

	assert_in_range(ms, 1, BATCHES - 1);
	assert_true(value == (double)ms + 0.25 * tag);
	if (stream == 1) {
		assert_true(ts_ms > b->newest[1][tag]);
	} else {
		assert_true(ts_ms >= b->newest[0][tag]); /* again after a reconnect */
	}
	b->newest[stream][tag] = ts_ms;
	b->seen[ms][tag] = 1;
}

static void note_history(struct bench *b, const json_t *root, const char *tag)
{
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(root, "samples"), i, row)
	{
		size_t k = tag ? 0 : 1;
		const char *name = tag ? tag : json_string_value(json_array_get(row, 1));

		note(b, 1, tag_index(name), json_integer_value(json_array_get(row, 0)),
		     json_number_value(json_array_get(row, 1 + k)));
	}
	b->n_history += i;
}

static void note_data(struct bench *b, json_t *root)
{
	int64_t ts_ms = json_integer_value(json_object_get(root, "ts"));
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value)
	{
		if (strcmp(key, "ts") != 0) {
			note(b, 0, tag_index(key), ts_ms, json_number_value(value));
			b->n_live++;
		}
	}
}

static int on_send(void *arg, uint32_t slot, const struct message *m)
{
	struct bench *b = arg;
	const char *leaf = strrchr(m->topic, '/') + 1;
	json_t *root;

	if (b->broken) {
		return -EIO;
	}
	assert_false(b->sent[slot]);
	b->sent[slot] = true;
	b->n_sent++;
	snprintf(b->last_topic, sizeof(b->last_topic), "%s", m->topic);
	snprintf(b->last_payload, sizeof(b->last_payload), "%.*s", (int)m->n, m->payload);
	if (m->n == 0 || strcmp(leaf, "availability") == 0) {
		return 0;
	}
	root = json_loadb(m->payload, m->n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	if (strcmp(leaf, "state") == 0) {
		const char *name = json_string_value(json_object_get(root, "tag"));

		note(b, 0, tag_index(name),
		     json_integer_value(json_object_get(root, "ts")),
		     json_number_value(json_object_get(root, "value")));
		b->n_live++;
	} else if (strcmp(leaf, "data") == 0) {
		note_data(b, root);
	} else if (strcmp(leaf, "history") == 0) {
		char copy[TOPIC_MAX], *tag;

		snprintf(copy, sizeof(copy), "%.*s", (int)(leaf - 1 - m->topic),
		         m->topic);
		tag = strrchr(copy, '/') + 1;
		note_history(b, root, tag[0] == 't' ? tag : NULL);
	}
	json_decref(root);
	return 0;
}

static struct bench *bench_new(enum mqtt_layout layout)
{
	static struct bench b;
	struct cursor none = {0};
	struct backlog_source source = {fake_history_read, NULL};
	struct sender_link link = {on_send, &b};

	for (uint32_t i = 0; i < TAGS; i++) {
		snprintf(names[i], sizeof(names[i]), "t%u", i);
		tags[i] = (struct tag){.device = devices[i / 2].id,
		                       .name = names[i],
		                       .device_index = i / 2,
		                       .kind = &metres};
	}
	memset(&b, 0, sizeof(b));
	b.cfg = (struct config){.gateway_id = "g",
	                        .devices = devices,
	                        .n_devices = 2,
	                        .tags = tags,
	                        .n_tags = TAGS,
	                        .mqtt = {.prefix = "p", .layout = layout, .qos = 1}};
	b.at_us = begin_us();
	b.now_ns = 1000ULL * MS;
	b.random = 88172645463325252;
	fake_history_reset(&none);
	assert_int_equal(sender_new(&b.sender, &b.cfg, &none, &source, &link), 0);
	return &b;
}

static void bench_free(struct bench *b)
{
	sender_free(b->sender);
}

static unsigned dice(struct bench *b, unsigned sides)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (unsigned)(b->random % sides);
}

static int run(struct bench *b, uint64_t ms)
{
	b->now_ns += ms * MS;
	return sender_run(b->sender, b->now_ns, b->at_us);
}

static bool ack(struct bench *b, uint32_t slot)
{
	if (!b->sent[slot]) {
		return false;
	}
	b->sent[slot] = false;
	sender_acked(b->sender, slot);
	return true;
}

static void ack_all(struct bench *b)
{
	for (uint32_t slot = 0; slot < SENDER_WINDOW; slot++) {
		ack(b, slot);
	}
}

static void post_cursor(struct bench *b)
{
	struct cursor c;

	sender_cursor(b->sender, &c);
	writer_cursor(NULL, 0, &c);
}

static void link_connect(struct bench *b)
{
	memset(b->newest, 0, sizeof(b->newest));
	sender_connected(b->sender);
}

static void link_disconnect(struct bench *b)
{
	memset(b->sent, 0, sizeof(b->sent));
	sender_disconnected(b->sender);
}

/* Store the next batch of a device, 1 ms after the last; show it unless hidden. */
static bool feed(struct bench *b, uint32_t device, bool show, bool pressed)
{
	static struct sample rows[2];
	static struct sender_batch batch;

	b->at_us += 1000;
	for (uint32_t i = 0; i < 2; i++) {
		uint32_t tag = 2 * device + i;
		double ms = (double)((b->at_us - begin_us()) / 1000);

		rows[i] = (struct sample){.ts_us = b->at_us,
		                          .tag = tag,
		                          .value = value_real(ms + 0.25 * tag),
		                          .last = NAN,
		                          .est = {.predicted = NAN,
		                                  .sigma = NAN,
		                                  .estimate = NAN,
		                                  .score = NAN}};
	}
	fake_history_store(b->at_us, rows, 2);
	fake_history_commit(b->at_us);
	batch = (struct sender_batch){.at_us = b->at_us,
	                              .rows = rows,
	                              .n = 2,
	                              .after_gap = b->hidden,
	                              .pressed = pressed};
	b->hidden = !show;
	if (!show || sender_take(b->sender, &batch, b->now_ns)) {
		return show;
	}
	batch.pressed = true; /* the publisher offers it again and again */
	assert_true(sender_take(b->sender, &batch, b->now_ns));
	return false;
}

/* Acknowledge and go on until everything stored is delivered. */
static void drain(struct bench *b)
{
	for (int i = 0; i < 20000; i++) {
		run(b, 20);
		ack_all(b);
		post_cursor(b);
		if (fake_history_pending() == 0) {
			return;
		}
	}
	fail_msg("%zu rows are left", fake_history_pending());
}

static void assert_all_seen(const struct bench *b, int64_t upto_ms)
{
	for (int64_t ms = 1; ms <= upto_ms; ms++) {
		int n = 0;

		for (uint32_t tag = 0; tag < TAGS; tag++) {
			n += b->seen[ms][tag];
		}
		if (n < 2) { /* a batch is of the two tags of one device */
			fail_msg("the batch at %d ms is missing", (int)ms);
		}
	}
}

static void undisturbed_samples_go_once_and_live(void **state)
{
	enum mqtt_layout layouts[] = {LAYOUT_TAG, LAYOUT_DEVICE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench *b = bench_new(layouts[i]);

		link_connect(b);
		for (int k = 0; k < 200; k++) {
			assert_true(feed(b, (uint32_t)k % 2, true, false));
			assert_int_equal(run(b, 10), 0);
			ack_all(b);
			post_cursor(b);
		}
		drain(b);
		assert_all_seen(b, 200);
		assert_int_equal(b->n_live, 400);
		assert_int_equal(b->n_history, 0);
		bench_free(b);
	}
}

static void outage_is_filled_from_the_history_oldest_first(void **state)
{
	enum mqtt_layout layouts[] = {LAYOUT_TAG, LAYOUT_DEVICE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench *b = bench_new(layouts[i]);

		for (int k = 0; k < 1000; k++) {
			feed(b, (uint32_t)k % 2, true, false);
		}
		link_connect(b);
		drain(b);
		assert_all_seen(b, 1000);
		assert_int_equal(b->n_history, 2000);
		bench_free(b);
	}
}

static void live_goes_before_backlog(void **state)
{
	struct bench *b = bench_new(LAYOUT_DEVICE);
	struct sender_stats stats;

	(void)state;
	for (int k = 0; k < 2000; k++) {
		feed(b, (uint32_t)k % 2, true, false);
	}
	link_connect(b);
	for (int k = 0; k < 50; k++) {
		size_t live = b->n_live;

		feed(b, (uint32_t)k % 2, true, false);
		run(b, 1);
		assert_int_equal(b->n_live, live + 2); /* never behind the backlog */
		ack_all(b);
	}
	sender_stats(b->sender, &stats);
	assert_true(stats.history_rows > 0);
	drain(b);
	assert_all_seen(b, 2050);
	bench_free(b);
}

static void backlog_keeps_its_rate(void **state)
{
	struct bench *b = bench_new(LAYOUT_DEVICE);

	(void)state;
	b->cfg.mqtt.replay_rate = 200;
	for (int k = 0; k < 2000; k++) {
		feed(b, 0, true, false);
	}
	link_connect(b);
	for (int ms = 0; ms < 4000; ms += 10) {
		run(b, 10);
		ack_all(b);
	}
	assert_in_range(b->n_history, 600, 1000); /* 4 s and the burst */
	assert_true(sender_due_ns(b->sender) < UINT64_MAX);
	bench_free(b);
}

static void window_is_never_exceeded(void **state)
{
	enum mqtt_layout layouts[] = {LAYOUT_TAG, LAYOUT_DEVICE};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench *b = bench_new(layouts[i]);
		struct sender_stats stats;

		for (int k = 0; k < 500; k++) {
			feed(b, (uint32_t)k % 2, true, false);
		}
		link_connect(b);
		for (int k = 0; k < 300; k++) {
			feed(b, (uint32_t)k % 2, true, true);
			assert_int_equal(run(b, 5), 0); /* on_send() checks the slots */
		}
		sender_stats(b->sender, &stats);
		assert_int_equal(stats.in_flight, SENDER_WINDOW);
		assert_true(stats.coalesced > 0);
		assert_true(sender_oldest_ns(b->sender) < b->now_ns);
		drain(b);
		assert_all_seen(b, 800);
		bench_free(b);
	}
}

static void batch_waits_for_room_before_it_overtakes(void **state)
{
	struct bench *b = bench_new(LAYOUT_TAG);
	struct sample row = {.ts_us = begin_us() + 1000, .value = {.kind = VALUE_NONE}};
	struct sender_batch first = {begin_us() + 1000, &row, 1, .pressed = false};
	struct sender_batch second = {begin_us() + 2000, &row, 1, .pressed = false};
	struct sender_stats stats;

	(void)state;
	link_connect(b);
	assert_true(sender_take(b->sender, &first, b->now_ns));
	assert_false(sender_take(b->sender, &second, b->now_ns));
	assert_false(sender_take(b->sender, &second, b->now_ns + 400ULL * MS));
	assert_true(sender_take(b->sender, &second, b->now_ns + 600ULL * MS));
	sender_stats(b->sender, &stats);
	assert_int_equal(stats.coalesced, 1);
	bench_free(b);
}

/* Rows in the history of which no batch ever told: found by comparing. */
static void rows_that_were_never_shown_are_delivered(void **state)
{
	struct bench *b = bench_new(LAYOUT_TAG);

	(void)state;
	link_connect(b);
	for (int k = 0; k < 10; k++) {
		feed(b, 0, true, false);
		run(b, 10);
		ack_all(b);
	}
	feed(b, 1, false, false);
	drain(b);
	assert_all_seen(b, 11);
	bench_free(b);
}

static void history_that_cannot_be_read_is_tried_again(void **state)
{
	struct bench *b = bench_new(LAYOUT_TAG);

	(void)state;
	for (int k = 0; k < 10; k++) {
		feed(b, 0, true, false);
	}
	fake_history_fail(-EIO);
	link_connect(b);
	for (int k = 0; k < 300; k++) {
		assert_int_equal(run(b, 10), 0);
		ack_all(b);
	}
	assert_int_equal(b->n_history, 0);
	fake_history_fail(0);
	drain(b);
	assert_all_seen(b, 10);
	bench_free(b);
}

static void broken_link_is_told(void **state)
{
	struct bench *b = bench_new(LAYOUT_TAG);

	(void)state;
	link_connect(b);
	feed(b, 0, true, false);
	b->broken = true;
	assert_int_equal(run(b, 10), -EIO);
	b->broken = false;
	link_disconnect(b);
	assert_int_equal(run(b, 10), 0);
	link_connect(b);
	drain(b);
	assert_all_seen(b, 1);
	bench_free(b);
}

static void events_survive_a_disconnection(void **state)
{
	struct bench *b = bench_new(LAYOUT_TAG);
	struct event e = {.ts_us = 1,
	                  .device = 1,
	                  .tag = EVENT_NOBODY,
	                  .kind = "gap",
	                  .severity = "warning",
	                  .state = "",
	                  .value = NAN,
	                  .predicted = NAN,
	                  .residual = NAN,
	                  .threshold = NAN,
	                  .message = "rows are gone"};

	(void)state;
	link_connect(b);
	run(b, 10);
	ack_all(b);
	notices_event(sender_notices(b->sender), &e);
	run(b, 10);
	assert_string_equal(b->last_topic, "p/g/events");
	link_disconnect(b);
	link_connect(b);
	b->last_topic[0] = '\0';
	while (strcmp(b->last_topic, "p/g/events") != 0) {
		assert_int_equal(run(b, 10), 0);
		assert_true(b->n_sent < 100);
		if (!sender_idle(b->sender)) {
			break;
		}
	}
	ack_all(b);
	run(b, 10);
	ack_all(b);
	assert_true(sender_idle(b->sender));
	bench_free(b);
}

/* Anything may happen: connections come and go, acknowledgements come in any order,
 * batches are hidden or press.  Afterwards everything stored has arrived. */
static void whatever_happens_every_row_arrives(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct bench *b = bench_new(seed % 2 ? LAYOUT_TAG : LAYOUT_DEVICE);
		bool connected = false;
		int64_t n = 0;

		b->random = seed * 0x9e3779b97f4a7c15;
		for (int i = 0; i < 6000 && n < BATCHES - 1; i++) {
			unsigned what = dice(b, 200);

			if (what == 0) {
				connected ? link_disconnect(b) : link_connect(b);
				connected = !connected;
			} else if (what < 90) {
				feed(b, dice(b, 2), dice(b, 50) != 0, dice(b, 3) == 0);
				n++;
			} else if (what < 150) {
				ack(b, dice(b, SENDER_WINDOW));
			} else {
				run(b, dice(b, 30));
			}
			post_cursor(b);
		}
		if (!connected) {
			link_connect(b);
		}
		drain(b);
		assert_all_seen(b, n);
		bench_free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undisturbed_samples_go_once_and_live),
		cmocka_unit_test(outage_is_filled_from_the_history_oldest_first),
		cmocka_unit_test(live_goes_before_backlog),
		cmocka_unit_test(backlog_keeps_its_rate),
		cmocka_unit_test(window_is_never_exceeded),
		cmocka_unit_test(batch_waits_for_room_before_it_overtakes),
		cmocka_unit_test(rows_that_were_never_shown_are_delivered),
		cmocka_unit_test(history_that_cannot_be_read_is_tried_again),
		cmocka_unit_test(broken_link_is_told),
		cmocka_unit_test(events_survive_a_disconnection),
		cmocka_unit_test(whatever_happens_every_row_arrives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
