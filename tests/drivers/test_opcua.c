/* SPDX-License-Identifier: Apache-2.0 */
/* Against a server of libopen62541; that of others: tests/e2e/test_opcua.py. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/drivers/opcua_server.h"
#include "tests/drivers/rig.h"
#include "tests/unscaled.h"

enum { DEADLINE_MS = 15000 };

struct bench {
	struct opcua_server *server;
	uint16_t port;
	struct rig rig;
	char address[256];
	size_t n_reported[RIG_POINTS_MAX];
	uint64_t at_ns[RIG_POINTS_MAX]; /* of what came last, read or reported */
	char text[VALUE_TEXT_MAX + 1];
};

/* What turn_until() waits for. */
static size_t wanted;

static int make_bench(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	*state = b;
	if (!b) {
		return -1;
	}
	b->server = opcua_server_start(0);
	b->port = opcua_server_port(b->server);
	return 0;
}

static int free_bench(void **state)
{
	struct bench *b = *state;

	opcua_server_stop(b->server);
	free(b);
	return 0;
}

static void take(struct bench *b, uint64_t received_ns, const struct reading *r, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(received_ns > b->at_ns[r[i].tag]);
		b->at_ns[r[i].tag] = received_ns;
		b->rig.readings[r[i].tag] = r[i];
		if (r[i].value.kind == VALUE_TEXT) {
			snprintf(b->text, sizeof(b->text), "%s", r[i].value.text);
		}
	}
}

static void on_report(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
	struct bench *b = arg;

	take(b, received_ns, r, n);
	for (size_t i = 0; i < n; i++) {
		b->n_reported[r[i].tag]++;
	}
}

static void on_block(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
	struct bench *b = arg;

	take(b, received_ns, r, n);
	b->rig.n_brought += n;
}

static void on_done(void *arg, int err)
{
	struct bench *b = arg;

	b->rig.err = err;
	b->rig.n_done++;
}

static uint16_t code;

static void on_written(void *arg, int err, uint16_t its_code)
{
	code = its_code;
	on_done(arg, err);
}

static uint64_t now_ns(void)
{
	return uv_hrtime();
}

static void prepare(struct bench *b, const char *rest)
{
	snprintf(b->address, sizeof(b->address), "opc.tcp://127.0.0.1:%u%s",
	         (unsigned int)b->port, rest);
	memset(b->n_reported, 0, sizeof(b->n_reported));
	memset(b->at_ns, 0, sizeof(b->at_ns));
	rig_init(&b->rig, "opcua", b->address);
	b->rig.env.now_ns = now_ns;
	b->rig.config.timeout_ms = 2000;
}

static void start(struct bench *b)
{
	rig_open(&b->rig);
	b->rig.device->report = (struct report_sink){on_report, b};
}

static void turn_until(struct bench *b, const char *what, bool (*done)(struct bench *b))
{
	for (int ms = 0; ms < DEADLINE_MS; ms++) {
		uv_run(&b->rig.loop, UV_RUN_NOWAIT);
		if (done(b)) {
			return;
		}
		poll(NULL, 0, 1);
	}
	fail_msg("waited in vain: %s", what);
}

static bool is_done(struct bench *b)
{
	return b->rig.n_done > 0;
}

static int read_now(struct bench *b)
{
	struct read_sink sink = {on_block, on_done, b};

	b->rig.n_brought = b->rig.n_done = 0;
	assert_int_equal(b->rig.driver->read(b->rig.device, 1, &sink), 0);
	assert_int_equal(b->rig.n_done, 0);
	turn_until(b, "a read ends", is_done);
	return b->rig.err;
}

static int write_now(struct bench *b, size_t i, struct value value)
{
	int err;

	b->rig.n_done = 0;
	err = b->rig.driver->write(b->rig.device, &b->rig.points[i], &value, on_written,
	                           b);
	if (!err) {
		turn_until(b, "a write ends", is_done);
		err = b->rig.err;
	}
	return err;
}

static bool is_reported(struct bench *b)
{
	for (size_t i = 0; i < b->rig.config.n_points; i++) {
		if (b->n_reported[i] < wanted) {
			return false;
		}
	}
	return true;
}

static void all_are_reported(struct bench *b, size_t n)
{
	wanted = n;
	turn_until(b, "all are reported", is_reported);
}

static void add_double(struct bench *b, const char *name, double value)
{
	UA_Variant v;

	UA_Variant_setScalar(&v, &value, &UA_TYPES[UA_TYPES_DOUBLE]);
	opcua_server_add(b->server, name, &v);
}

static void set_double(struct bench *b, const char *name, double value,
                       UA_StatusCode status)
{
	UA_DataValue v = {.hasValue = true, .hasStatus = true, .status = status};

	UA_Variant_setScalar(&v.value, &value, &UA_TYPES[UA_TYPES_DOUBLE]);
	opcua_server_set(b->server, name, &v);
}

static double double_of(struct bench *b, const char *name)
{
	UA_Variant v;
	double value;

	UA_Variant_init(&v);
	opcua_server_get(b->server, name, &v);
	assert_true(UA_Variant_hasScalarType(&v, &UA_TYPES[UA_TYPES_DOUBLE]));
	value = *(double *)v.data;
	UA_Variant_clear(&v);
	return value;
}

static void values_of_every_type_are_reported(void **state)
{
	struct bench *b = *state;
	UA_Int16 list[] = {10, -20, 30};
	UA_Boolean flag = true;
	UA_UInt64 large = UINT64_MAX;
	UA_String name = UA_STRING((char *)"pump");
	UA_DateTime date = UA_DateTime_fromUnixTime(1767323045);
	UA_Variant v;

	add_double(b, "flow", 12.5);
	UA_Variant_setArray(&v, list, 3, &UA_TYPES[UA_TYPES_INT16]);
	opcua_server_add(b->server, "list", &v);
	UA_Variant_setScalar(&v, &flag, &UA_TYPES[UA_TYPES_BOOLEAN]);
	opcua_server_add(b->server, "flag", &v);
	UA_Variant_setScalar(&v, &large, &UA_TYPES[UA_TYPES_UINT64]);
	opcua_server_add(b->server, "large", &v);
	UA_Variant_setScalar(&v, &name, &UA_TYPES[UA_TYPES_STRING]);
	opcua_server_add(b->server, "name", &v);
	UA_Variant_setScalar(&v, &date, &UA_TYPES[UA_TYPES_DATETIME]);
	opcua_server_add(b->server, "date", &v);
	prepare(b, "");
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64)->scale = 2;
	rig_point(&b->rig, "ns=1;s=list#1", TYPE_INT16);
	rig_point(&b->rig, "ns=1;s=flag", TYPE_BOOL);
	rig_point(&b->rig, "ns=1;s=large", TYPE_UINT64);
	rig_point(&b->rig, "ns=1;s=name", TYPE_STRING)->length = 20;
	rig_point(&b->rig, "ns=1;s=date", TYPE_EPOCH);
	rig_point(&b->rig, "ns=1;s=list", TYPE_INT16);
	rig_point(&b->rig, "ns=1;s=none", TYPE_INT16);
	rig_point(&b->rig, "ns=1;s=large", TYPE_INT16);
	start(b);
	all_are_reported(b, 1);
	assert_true(rig_value(&b->rig, 0) == 25);
	assert_true(b->rig.readings[1].value.i64 == -20);
	assert_true(b->rig.readings[2].value.flag);
	assert_true(b->rig.readings[3].value.u64 == UINT64_MAX);
	assert_string_equal(b->text, "pump");
	assert_true(rig_value(&b->rig, 5) == 1767323045);
	assert_int_equal(b->rig.readings[6].reason, REASON_MISMATCH);
	assert_int_equal(b->rig.readings[7].reason, REASON_EXCEPTION);
	assert_int_equal(b->rig.readings[7].code, UA_STATUSCODE_BADNODEIDUNKNOWN >> 16);
	assert_int_equal(b->rig.readings[8].reason, REASON_OUT_OF_RANGE);
	rig_fini(&b->rig);
}

static bool is_confirmed(struct bench *b)
{
	assert_int_equal(read_now(b), 0);
	return b->rig.n_brought > 0;
}

static void value_that_stands_still_is_confirmed_by_the_beat(void **state)
{
	struct bench *b = *state;

	add_double(b, "flow", 3);
	prepare(b, "");
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
	start(b);
	all_are_reported(b, 1);
	for (int i = 0; i < 3; i++) {
		turn_until(b, "confirmed", is_confirmed); /* take() wants a later time */
		assert_int_equal(b->rig.readings[0].quality, QUALITY_GOOD);
		assert_true(rig_value(&b->rig, 0) == 3);
	}
	assert_int_equal(b->n_reported[0], 1);
	rig_fini(&b->rig);
}

static void value_told_in_this_period_is_not_confirmed(void **state)
{
	struct bench *b = *state;
	uint64_t told_ns;

	add_double(b, "flow", 0);
	prepare(b, "");
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
	start(b);
	all_are_reported(b, 1);
	turn_until(b, "there is a beat", is_confirmed);
	for (size_t i = 2; i < 12; i++) {
		set_double(b, "flow", (double)i, 0);
		all_are_reported(b, i);
		told_ns = b->at_ns[0];
		assert_int_equal(read_now(b), 0);
		/* A read that was held up for long may confirm it. */
		assert_true(b->rig.n_brought == 0 || now_ns() - told_ns > 75000000);
	}
	rig_fini(&b->rig);
}

static void status_of_the_server_is_the_quality(void **state)
{
	static const struct {
		UA_StatusCode status;
		enum quality quality;
		enum reason reason;
	} cases[] = {
		{UA_STATUSCODE_UNCERTAININITIALVALUE, QUALITY_UNCERTAIN,
	         REASON_EXCEPTION},
		{UA_STATUSCODE_BADOUTOFSERVICE, QUALITY_BAD, REASON_DISABLED},
		{UA_STATUSCODE_GOOD, QUALITY_GOOD, REASON_NONE},
		{UA_STATUSCODE_BADSENSORFAILURE, QUALITY_BAD, REASON_EXCEPTION},
	};
	struct bench *b = *state;
	const struct reading *r = b->rig.readings;

	add_double(b, "flow", 3);
	prepare(b, "");
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
	start(b);
	all_are_reported(b, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_double(b, "flow", 4, cases[i].status);
		all_are_reported(b, i + 2);
		assert_int_equal(r->quality, cases[i].quality);
		assert_int_equal(r->reason, cases[i].reason);
		assert_int_equal(r->code, cases[i].status >> 16);
		assert_true(r->quality == QUALITY_BAD || rig_value(&b->rig, 0) == 4);
	}
	rig_fini(&b->rig);
}

static void value_that_the_server_calls_old_is_stale(void **state)
{
	struct bench *b = *state;
	double value = 5;
	UA_DataValue old = {.hasValue = true,
	                    .hasSourceTimestamp = true,
	                    .sourceTimestamp = UA_DateTime_now() - 60 * UA_DATETIME_SEC};

	add_double(b, "flow", 3);
	prepare(b, "?expire=30s");
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
	start(b);
	all_are_reported(b, 1);
	turn_until(b, "confirmed", is_confirmed);
	assert_int_equal(b->rig.readings[0].quality, QUALITY_GOOD);
	UA_Variant_setScalar(&old.value, &value, &UA_TYPES[UA_TYPES_DOUBLE]);
	opcua_server_set(b->server, "flow", &old);
	all_are_reported(b, 2);
	assert_int_equal(b->rig.readings[0].quality, QUALITY_STALE);
	set_double(b, "flow", 5, 0); /* the same, but young */
	all_are_reported(b, 3);
	assert_int_equal(b->rig.readings[0].quality, QUALITY_GOOD);
	rig_fini(&b->rig);
}

static void write_is_done_on_the_servers_answer(void **state)
{
	struct bench *b = *state;
	UA_Int16 list[] = {10, -20, 30};
	UA_Variant v;

	add_double(b, "flow", 3);
	UA_Variant_setArray(&v, list, 3, &UA_TYPES[UA_TYPES_INT16]);
	opcua_server_add(b->server, "list", &v);
	prepare(b, "");
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64)->scale = 0.5;
	rig_point(&b->rig, "ns=1;s=list#2", TYPE_INT16);
	rig_point(&b->rig, "i=2258", TYPE_EPOCH); /* the server's clock */
	rig_point(&b->rig, "ns=1;s=none", TYPE_INT16);
	rig_point(&b->rig, "ns=1;s=list#1", TYPE_INT32); /* wider than the server's */
	start(b);
	all_are_reported(b, 1);
	assert_int_equal(write_now(b, 0, value_real(7)), 0);
	assert_true(double_of(b, "flow") == 14);
	assert_int_equal(write_now(b, 1, value_real(-7)), 0);
	opcua_server_get(b->server, "list", &v);
	assert_int_equal(((UA_Int16 *)v.data)[1], -20);
	assert_int_equal(((UA_Int16 *)v.data)[2], -7);
	UA_Variant_clear(&v);
	assert_int_equal(write_now(b, 2, value_real(1767323045)), -EREMOTEIO);
	assert_int_equal(code, UA_STATUSCODE_BADNOTWRITABLE >> 16);
	assert_int_equal(write_now(b, 3, value_real(1)), -EREMOTEIO);
	assert_int_equal(code, UA_STATUSCODE_BADNODEIDUNKNOWN >> 16);
	assert_int_equal(write_now(b, 4, value_real(40000)), -EREMOTEIO);
	assert_int_equal(code, UA_STATUSCODE_BADOUTOFRANGE >> 16);
	assert_int_equal(write_now(b, 1, value_real(40000)), -ERANGE);
	rig_fini(&b->rig);
}

static bool is_down(struct bench *b)
{
	return read_now(b) != 0;
}

static bool is_up(struct bench *b)
{
	return read_now(b) == 0;
}

static void values_come_again_after_the_server_was_away(void **state)
{
	struct bench *b = *state;

	prepare(b, "");
	add_double(b, "flow", 0);
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
	start(b);
	all_are_reported(b, 1);
	for (size_t i = 1; i < 3; i++) {
		opcua_server_stop(b->server);
		turn_until(b, "down", is_down);
		assert_int_equal(b->rig.readings[0].quality, QUALITY_BAD);
		assert_true(b->rig.err == -ECONNRESET || b->rig.err == -ECONNREFUSED);
		assert_int_equal(write_now(b, 0, value_real(9)), -ECONNREFUSED);
		b->server = opcua_server_start(b->port);
		add_double(b, "flow", (double)i);
		turn_until(b, "up", is_up);
		all_are_reported(b, i + 1);
		assert_true(rig_value(&b->rig, 0) == (double)i);
		turn_until(b, "confirmed", is_confirmed);
	}
	assert_int_equal(b->rig.device->stats.requests, 3); /* sessions */
	rig_fini(&b->rig);
}

static void server_that_hangs_is_left_after_its_beats_are_missing(void **state)
{
	struct bench *b = *state;

	prepare(b, "");
	b->rig.config.timeout_ms = 1000;
	add_double(b, "flow", 1);
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
	start(b);
	all_are_reported(b, 1);
	opcua_server_freeze(b->server, true);
	assert_int_equal(write_now(b, 0, value_real(2)), -ETIMEDOUT); /* unknown */
	turn_until(b, "down", is_down);
	assert_int_equal(b->rig.err, -ETIMEDOUT);
	opcua_server_freeze(b->server, false);
	turn_until(b, "up", is_up);
	all_are_reported(b, 2);
	rig_fini(&b->rig);
}

static void first_read_waits_one_timeout(void **state)
{
	struct bench *b = *state;

	prepare(b, "");
	b->rig.config.timeout_ms = 50;
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
	opcua_server_freeze(b->server, true);
	start(b);
	assert_int_equal(read_now(b), -ETIMEDOUT);
	assert_int_equal(b->rig.readings[0].quality, QUALITY_BAD);
	opcua_server_freeze(b->server, false);
	rig_fini(&b->rig);
}

/* Closed at whatever the session is at: nothing leaks, nothing is used after. */
static void close_at_any_time(void **state)
{
	struct bench *b = *state;
	struct value value = value_real(1);

	add_double(b, "flow", 1);
	for (int turns = 0; turns < 200; turns += 20) {
		prepare(b, "");
		rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
		start(b);
		for (int i = 0; i < turns; i++) {
			uv_run(&b->rig.loop, UV_RUN_NOWAIT);
			poll(NULL, 0, 1);
		}
		b->rig.n_done = 0;
		assert_int_equal(b->rig.driver->write(b->rig.device, &b->rig.points[0],
		                                      &value, on_written, b),
		                 0);
		rig_fini(&b->rig);
		assert_int_equal(b->rig.n_done, 1);
	}
}

static void more_writes_than_there_is_room_for_are_busy(void **state)
{
	struct bench *b = *state;
	struct value value = value_real(1);
	int err = 0;

	prepare(b, "");
	rig_point(&b->rig, "ns=1;s=flow", TYPE_FLOAT64);
	add_double(b, "flow", 1);
	start(b);
	all_are_reported(b, 1);
	opcua_server_freeze(b->server, true);
	b->rig.n_done = 0;
	for (int i = 0; i < 8; i++) {
		err = b->rig.driver->write(b->rig.device, &b->rig.points[0], &value,
		                           on_written, b);
		assert_int_equal(err, 0);
	}
	assert_int_equal(b->rig.driver->write(b->rig.device, &b->rig.points[0], &value,
	                                      on_written, b),
	                 -EBUSY);
	opcua_server_freeze(b->server, false);
	rig_fini(&b->rig);
	assert_int_equal(b->rig.n_done, 8);
}

static size_t n_found, n_turns;

static void on_item(void *arg, const struct browse_item *item)
{
	const struct {
		const char *path, *at, *type, *value;
	} *want = arg;

	n_found++;
	while (want->path && strcmp(want->path, item->path) != 0) {
		want++;
	}
	assert_non_null(want->path);
	assert_string_equal(item->at, want->at);
	assert_string_equal(item->type, want->type);
	assert_string_equal(item->value, want->value);
	assert_true(item->writable);
}

static bool go_on(void *arg, size_t n_seen, const char *path)
{
	return n_turns-- > 0;
}

static void variables_of_a_server_are_found(void **state)
{
	static const char *const want[][4] = {
		{"flow", "nsu=urn:open62541.server.application;s=flow", "float64",
	         "12.5"},
		{"name", "nsu=urn:open62541.server.application;s=name", "string(32)",
	         "two\nlines"},
		{"list[0]", "nsu=urn:open62541.server.application;s=list#0", "int16", ""},
		{"list[1]", "nsu=urn:open62541.server.application;s=list#1", "int16", ""},
		{NULL},
	};
	const struct driver *d = driver_find("opcua");
	struct browse_sink sink = {on_item, go_on, (void *)want};
	struct bench *b = *state;
	UA_String name = UA_STRING((char *)"two\nlines");
	UA_Int16 list[] = {10, -20};
	UA_Guid id = {0};
	UA_Variant v;

	add_double(b, "flow", 12.5);
	UA_Variant_setScalar(&v, &name, &UA_TYPES[UA_TYPES_STRING]);
	opcua_server_add(b->server, "name", &v);
	UA_Variant_setArray(&v, list, 2, &UA_TYPES[UA_TYPES_INT16]);
	opcua_server_add(b->server, "list", &v);
	UA_Variant_setScalar(&v, &id, &UA_TYPES[UA_TYPES_GUID]); /* fits no tag */
	opcua_server_add(b->server, "id", &v);
	prepare(b, "");
	n_found = 0;
	n_turns = SIZE_MAX;
	assert_int_equal(d->browse(b->address, 2000, &sink), 0);
	assert_int_equal(n_found, 4);
	n_turns = 2;
	assert_int_equal(d->browse(b->address, 2000, &sink), -ECANCELED);
	opcua_server_stop(b->server);
	b->server = NULL;
	assert_int_equal(d->browse(b->address, 2000, &sink), -ECONNREFUSED);
	rig_fini(&b->rig);
}

static void what_is_no_point_is_refused(void **state)
{
	static const char *const bad[] = {"",    "pump",         "ns=x;i=1",
	                                  "i=0", "svr=1;i=2258", "i=2258#1234567890"};
	const struct driver *d = driver_find("opcua");
	struct point bcd = {.at = "i=1", .encoding = &unscaled[TYPE_BCD]};
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct point p = {.at = bad[i], .encoding = &unscaled[TYPE_INT32]};

		if (d->parse_point(&p, &why) != -EINVAL || !why) {
			fail_msg("taken: %s", bad[i]);
		}
	}
	assert_int_equal(d->parse_point(&bcd, &why), -EINVAL);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, make_bench, free_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(values_of_every_type_are_reported),
		WITH_BENCH(value_that_stands_still_is_confirmed_by_the_beat),
		WITH_BENCH(value_told_in_this_period_is_not_confirmed),
		WITH_BENCH(status_of_the_server_is_the_quality),
		WITH_BENCH(value_that_the_server_calls_old_is_stale),
		WITH_BENCH(write_is_done_on_the_servers_answer),
		WITH_BENCH(values_come_again_after_the_server_was_away),
		WITH_BENCH(server_that_hangs_is_left_after_its_beats_are_missing),
		WITH_BENCH(first_read_waits_one_timeout),
		WITH_BENCH(close_at_any_time),
		WITH_BENCH(variables_of_a_server_are_found),
		WITH_BENCH(more_writes_than_there_is_room_for_are_busy),
		cmocka_unit_test(what_is_no_point_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
