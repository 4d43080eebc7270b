/* SPDX-License-Identifier: Apache-2.0 */
/* The server on a loop, libmodbus as an independent master in threads. */
#include <errno.h>
#include <modbus.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/modbus/image.h"

enum { MASTERS_MAX = SERVER_CLIENTS_MAX + 2 };

struct rig {
	uv_loop_t loop;
	uv_async_t async;
	uv_thread_t threads[MASTERS_MAX];
	uv_mutex_t mutex;
	struct server *server;
	struct image image;
	enum server_verdict verdict;
	size_t n_running;
	char failure[200]; /* of a master: cmocka works in the main thread only */
};

/* A master's part of a test; returns NULL or what is wrong. */
typedef const char *(*master_fn)(modbus_t *ctx);

struct master {
	struct rig *rig;
	master_fn run;
};

static uint8_t on_access(void *arg, const struct server_access *access)
{
	struct rig *r = arg;

	return access->unit == 7 ? PDU_GATEWAY_NO_ANSWER
	                         : image_access(&r->image, access);
}

static enum server_verdict on_judge(void *arg, uint8_t unit, uint8_t *code)
{
	struct rig *r = arg;

	*code = PDU_BUSY;
	return r->verdict;
}

static void on_master_done(uv_async_t *async)
{
	struct rig *r = async->data;
	bool done;

	uv_mutex_lock(&r->mutex);
	done = r->n_running == 0;
	uv_mutex_unlock(&r->mutex);
	if (done) {
		server_close(r->server);
		uv_close((uv_handle_t *)async, NULL);
	}
}

static void master_thread(void *arg)
{
	struct master *m = arg;
	struct rig *r = m->rig;
	modbus_t *ctx = modbus_new_tcp("127.0.0.1", server_port(r->server));
	const char *failure = "cannot connect";

	modbus_set_slave(ctx, 1);
	modbus_set_response_timeout(ctx, 0, 300000);
	if (modbus_connect(ctx) == 0) {
		failure = m->run(ctx);
	}
	modbus_close(ctx);
	modbus_free(ctx);
	uv_mutex_lock(&r->mutex);
	r->n_running--;
	if (failure) {
		strncpy(r->failure, failure, sizeof(r->failure) - 1);
	}
	uv_mutex_unlock(&r->mutex);
	uv_async_send(&r->async);
}

static void rig_init(struct rig *r)
{
	static const uint32_t sizes[4] = {200, 200, 2000, 2000};
	struct server_hooks hooks = {.access = on_access, .judge = on_judge, .arg = r};
	struct sockaddr_in address;

	memset(r, 0, sizeof(*r));
	assert_int_equal(uv_loop_init(&r->loop), 0);
	assert_int_equal(uv_mutex_init(&r->mutex), 0);
	assert_int_equal(image_init(&r->image, sizes), 0);
	for (uint16_t i = 0; i < 200; i++) {
		r->image.holding[i] = i;
		r->image.input[i] = (uint16_t)(1000 + i);
		r->image.discretes[i] = i % 3 == 0;
	}
	r->async.data = r;
	assert_int_equal(uv_async_init(&r->loop, &r->async, on_master_done), 0);
	assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
	assert_int_equal(server_open(&r->server, &r->loop,
	                             (const struct sockaddr *)&address, &hooks),
	                 0);
	assert_true(server_port(r->server) > 0);
}

static void rig_fini(struct rig *r)
{
	image_fini(&r->image);
	uv_mutex_destroy(&r->mutex);
	assert_int_equal(uv_loop_close(&r->loop), 0);
}

static void serve_masters(struct rig *r, master_fn run, size_t n)
{
	struct master m = {.rig = r, .run = run};

	r->n_running = n;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(uv_thread_create(&r->threads[i], master_thread, &m), 0);
	}
	uv_run(&r->loop, UV_RUN_DEFAULT);
	for (size_t i = 0; i < n; i++) {
		uv_thread_join(&r->threads[i]);
	}
	if (r->failure[0]) {
		fail_msg("%s", r->failure);
	}
}

static void serve(master_fn run, enum server_verdict verdict, size_t n)
{
	struct rig r;

	rig_init(&r);
	r.verdict = verdict;
	serve_masters(&r, run, n);
	rig_fini(&r);
}

#define CHECK(condition)                                                                 \
	do {                                                                             \
		if (!(condition)) {                                                      \
			return #condition;                                               \
		}                                                                        \
	} while (0)

static const char *read_all(modbus_t *ctx)
{
	uint16_t words[125];
	uint8_t bits[2000];

	CHECK(modbus_read_registers(ctx, 0, 125, words) == 125);
	CHECK(words[0] == 0 && words[124] == 124);
	CHECK(modbus_read_input_registers(ctx, 75, 125, words) == 125);
	CHECK(words[0] == 1075 && words[124] == 1199);
	CHECK(modbus_read_input_bits(ctx, 0, 2000, bits) == 2000);
	CHECK(bits[0] && !bits[1] && bits[198] && !bits[1999]);
	CHECK(modbus_read_bits(ctx, 1999, 1, bits) == 1 && !bits[0]);
	return NULL;
}

static void every_table_is_read(void **state)
{
	serve(read_all, SERVER_ANSWER, 1);
	(void)state;
}

static const char *write_all(modbus_t *ctx)
{
	uint16_t words[123], got[123];
	uint8_t bits[1968], got_bits[1968];

	for (size_t i = 0; i < 123; i++) {
		words[i] = (uint16_t)(i * 257);
	}
	for (size_t i = 0; i < 1968; i++) {
		bits[i] = i % 7 == 0;
	}
	CHECK(modbus_write_register(ctx, 5, 0xbeef) == 1);
	CHECK(modbus_read_registers(ctx, 5, 1, got) == 1 && got[0] == 0xbeef);
	CHECK(modbus_mask_write_register(ctx, 5, 0xff00, 0x0034) == 1);
	CHECK(modbus_read_registers(ctx, 5, 1, got) == 1 && got[0] == 0xbe34);
	CHECK(modbus_write_registers(ctx, 10, 123, words) == 123);
	CHECK(modbus_read_registers(ctx, 10, 123, got) == 123);
	CHECK(memcmp(words, got, sizeof(words)) == 0);
	CHECK(modbus_write_bit(ctx, 3, 1) == 1);
	CHECK(modbus_read_bits(ctx, 3, 1, got_bits) == 1 && got_bits[0]);
	CHECK(modbus_write_bit(ctx, 3, 0) == 1);
	CHECK(modbus_read_bits(ctx, 3, 1, got_bits) == 1 && !got_bits[0]);
	CHECK(modbus_write_bits(ctx, 10, 1968, bits) == 1968);
	CHECK(modbus_read_bits(ctx, 10, 1968, got_bits) == 1968);
	CHECK(memcmp(bits, got_bits, sizeof(bits)) == 0);
	CHECK(modbus_write_and_read_registers(ctx, 20, 121, words, 19, 123, got) == 123);
	CHECK(memcmp(words, got + 1, 121 * sizeof(words[0])) == 0);
	return NULL;
}

static void what_is_written_is_read_back(void **state)
{
	serve(write_all, SERVER_ANSWER, 1);
	(void)state;
}

static const char *ask_too_much(modbus_t *ctx)
{
	uint16_t words[125] = {9, 9};
	uint8_t bits[2];

	CHECK(modbus_read_registers(ctx, 199, 2, words) == -1);
	CHECK(errno == EMBXILADD);
	CHECK(modbus_read_input_registers(ctx, 65535, 1, words) == -1);
	CHECK(errno == EMBXILADD);
	CHECK(modbus_read_bits(ctx, 2000, 1, bits) == -1);
	CHECK(errno == EMBXILADD);
	CHECK(modbus_write_registers(ctx, 199, 2, words) == -1);
	CHECK(errno == EMBXILADD);
	CHECK(modbus_read_registers(ctx, 199, 1, words) == 1 && words[0] == 199);
	/* Function 23 whose read is refused has not written. */
	CHECK(modbus_write_and_read_registers(ctx, 0, 1, words, 199, 2, words) == -1);
	CHECK(errno == EMBXILADD);
	CHECK(modbus_read_registers(ctx, 0, 1, words) == 1 && words[0] == 0);
	CHECK(modbus_report_slave_id(ctx, 2, bits) == -1);
	CHECK(errno == EMBXILFUN);
	CHECK(modbus_set_slave(ctx, 7) == 0);
	CHECK(modbus_read_registers(ctx, 0, 1, words) == -1);
	CHECK(errno == EMBXGTAR);
	return NULL;
}

static void what_is_not_there_is_an_exception(void **state)
{
	serve(ask_too_much, SERVER_ANSWER, 1);
	(void)state;
}

static const char *ask_illegal_value(modbus_t *ctx)
{
	static const uint8_t none[] = {1, 3, 0, 0, 0, 0};
	static const uint8_t many[] = {1, 3, 0, 0, 0, 126};
	static const uint8_t coil[] = {1, 5, 0, 0, 1, 0};
	static const uint8_t short_23[] = {1, 23, 0, 0, 0, 1, 0, 0, 0, 1, 4, 0, 0};
	static const struct {
		const uint8_t *bytes;
		int n;
	} requests[] = {{none, sizeof(none)},
	                {many, sizeof(many)},
	                {coil, sizeof(coil)},
	                {short_23, sizeof(short_23)}};

	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		uint8_t answer[MODBUS_TCP_MAX_ADU_LENGTH];

		CHECK(modbus_send_raw_request(ctx, requests[i].bytes, requests[i].n) > 0);
		/* It hands an exception over as it stands. */
		CHECK(modbus_receive_confirmation(ctx, answer) == 9);
		CHECK(answer[7] == (requests[i].bytes[1] | PDU_EXCEPTION));
		CHECK(answer[8] == PDU_ILLEGAL_VALUE);
	}
	return NULL;
}

static void what_makes_no_sense_is_an_illegal_value(void **state)
{
	serve(ask_illegal_value, SERVER_ANSWER, 1);
	(void)state;
}

static const char *count_up(modbus_t *ctx)
{
	uint16_t words[125];

	for (uint16_t i = 0; i < 50; i++) {
		CHECK(modbus_read_input_registers(ctx, i, 100, words) == 100);
		CHECK(words[0] == 1000 + i && words[99] == 1099 + i);
	}
	return NULL;
}

static void several_masters_are_served_at_once(void **state)
{
	struct rig r;

	rig_init(&r);
	serve_masters(&r, count_up, 8);
	rig_fini(&r);
	(void)state;
}

static const char *expect_exception(modbus_t *ctx)
{
	uint16_t word;

	CHECK(modbus_read_registers(ctx, 0, 1, &word) == -1);
	CHECK(errno == EMBXSBUSY);
	CHECK(modbus_write_register(ctx, 0, 1) == -1);
	CHECK(errno == EMBXSBUSY);
	return NULL;
}

static const char *expect_silence(modbus_t *ctx)
{
	uint16_t word;

	CHECK(modbus_read_registers(ctx, 0, 1, &word) == -1);
	CHECK(errno == ETIMEDOUT);
	return NULL;
}

static const char *expect_reset(modbus_t *ctx)
{
	uint16_t word;

	CHECK(modbus_read_registers(ctx, 0, 1, &word) == -1);
	CHECK(errno == ECONNRESET);
	return NULL;
}

static void faults_are_as_ordered(void **state)
{
	serve(expect_exception, SERVER_EXCEPTION, 1);
	serve(expect_silence, SERVER_SILENCE, 1);
	serve(expect_reset, SERVER_CLOSE, 1);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_is_read),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(what_is_not_there_is_an_exception),
		cmocka_unit_test(what_makes_no_sense_is_an_illegal_value),
		cmocka_unit_test(several_masters_are_served_at_once),
		cmocka_unit_test(faults_are_as_ordered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
