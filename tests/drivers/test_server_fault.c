/* SPDX-License-Identifier: Apache-2.0 */
/* Masters that misbehave, on one loop with the server: no threads, no sleeps. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/modbus/image.h"
#include "tests/loop_wait.h"

enum { WAIT_MS = 5000 };

struct rig {
	uv_loop_t loop;
	struct server *server;
	struct image image;
};

static uint8_t on_access(void *arg, const struct server_access *access)
{
	return image_access(arg, access);
}

static uint32_t on_late_ms(void *arg, uint8_t unit)
{
	return unit == 7 ? 60 : 0;
}

static void on_garble(void *arg, uint8_t unit, uint8_t *adu, size_t n)
{
	adu[n - 1] ^= unit == 9 ? 0xff : 0;
}

static void rig_init(struct rig *r)
{
	static const uint32_t sizes[4] = {200, 0, 0, 0};
	struct server_hooks hooks = {.access = on_access,
	                             .late_ms = on_late_ms,
	                             .garble = on_garble,
	                             .arg = &r->image};
	struct sockaddr_in address;

	memset(r, 0, sizeof(*r));
	assert_int_equal(uv_loop_init(&r->loop), 0);
	assert_int_equal(image_init(&r->image, sizes), 0);
	assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &address), 0);
	assert_int_equal(server_open(&r->server, &r->loop,
	                             (const struct sockaddr *)&address, &hooks),
	                 0);
}

static void rig_fini(struct rig *r)
{
	server_close(r->server);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	image_fini(&r->image);
}

static int master(const struct rig *r)
{
	struct sockaddr_in address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	uv_ip4_addr("127.0.0.1", server_port(r->server), &address);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)),
	                 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

/* Turn the loop until the master has n bytes, or the connection ends (0). */
static ssize_t await(struct rig *r, int fd, uint8_t *bytes, size_t n)
{
	size_t have = 0;

	while (have < n && loop_wait(&r->loop, fd, UV_READABLE, WAIT_MS)) {
		ssize_t got = read(fd, bytes + have, n - have);

		if (got == 0 || (got < 0 && errno != EAGAIN)) {
			return 0;
		}
		have += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)have;
}

static const uint8_t request[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1};

/* Byte by byte, then many at once: the same answers, in order. */
static void request_in_any_pieces_is_answered(void **state)
{
	struct rig r;
	uint8_t answer[11 * 50], many[sizeof(request) * 50];
	int fd;

	rig_init(&r);
	fd = master(&r);
	for (size_t i = 0; i < sizeof(request); i++) {
		assert_int_equal(write(fd, request + i, 1), 1);
		uv_run(&r.loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(await(&r, fd, answer, 11), 11);
	for (size_t i = 0; i < 50; i++) {
		memcpy(many + i * sizeof(request), request, sizeof(request));
		many[i * sizeof(request) + 1] = (uint8_t)i;
	}
	assert_int_equal(write(fd, many, sizeof(many)), sizeof(many));
	assert_int_equal(await(&r, fd, answer, sizeof(answer)), sizeof(answer));
	for (size_t i = 0; i < 50; i++) {
		assert_int_equal(answer[i * 11 + 1], i);
	}
	close(fd);
	rig_fini(&r);
	(void)state;
}

static void lost_framing_closes(void **state)
{
	static const uint8_t garbage[] = "GET / HTTP/1.0\r\n\r\n";
	struct rig r;
	uint8_t byte;
	int fd;

	rig_init(&r);
	fd = master(&r);
	assert_int_equal(write(fd, garbage, sizeof(garbage)), sizeof(garbage));
	assert_int_equal(await(&r, fd, &byte, 1), 0);
	assert_int_equal(server_stats(r.server).cut, 1);
	close(fd);
	rig_fini(&r);
	(void)state;
}

static void master_too_many_is_closed_and_the_others_are_not(void **state)
{
	struct rig r;
	int fds[SERVER_CLIENTS_MAX + 1];
	uint8_t answer[11];

	rig_init(&r);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = master(&r);
		/* The server's timer turns the loop if nothing else does. */
		while (server_stats(r.server).accepted + server_stats(r.server).refused <=
		       i) {
			loop_turn(&r.loop);
		}
	}
	assert_int_equal(await(&r, fds[SERVER_CLIENTS_MAX], answer, 1), 0);
	assert_int_equal(server_stats(r.server).refused, 1);
	assert_int_equal(write(fds[0], request, sizeof(request)), sizeof(request));
	assert_int_equal(await(&r, fds[0], answer, 11), 11);
	close(fds[1]);
	while (server_stats(r.server).clients == SERVER_CLIENTS_MAX) {
		loop_turn(&r.loop);
	}
	assert_int_equal(server_stats(r.server).clients, SERVER_CLIENTS_MAX - 1);
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (i != 1) {
			close(fds[i]);
		}
	}
	rig_fini(&r);
	(void)state;
}

/* It asks and asks and never reads: the server stops reading from it, keeps no more than
 * its buffers, and serves others meanwhile.  When it reads at last, nothing is missing.
 */
static void master_that_does_not_read_is_not_read_from(void **state)
{
	static const uint8_t one[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 125};
	enum { ANSWER = 9 + 250 };
	uint8_t all[sizeof(one) * 500];
	struct rig r;
	uint8_t answer[ANSWER];
	size_t asked = 0, answers;
	int slow, fast;

	for (size_t i = 0; i < 500; i++) {
		memcpy(all + i * sizeof(one), one, sizeof(one));
	}
	rig_init(&r);
	slow = master(&r);
	fast = master(&r);
	while (loop_wait(&r.loop, slow, UV_WRITABLE, 100)) {
		ssize_t n = write(slow, all + asked % sizeof(all),
		                  sizeof(all) - asked % sizeof(all));

		asked += n > 0 ? (size_t)n : 0;
	}
	answers = server_stats(r.server).answers;
	assert_true(answers < asked / sizeof(one));
	assert_int_equal(write(fast, request, sizeof(request)), sizeof(request));
	assert_int_equal(await(&r, fast, answer, 11), 11);
	for (size_t i = 0; i < asked / sizeof(one); i++) {
		if (await(&r, slow, answer, ANSWER) != ANSWER) {
			fail_msg("answer %zu of %zu", i, asked / sizeof(one));
		}
		assert_int_equal(answer[8], 250);
	}
	close(slow);
	close(fast);
	rig_fini(&r);
	(void)state;
}

static void port_in_use_is_said(void **state)
{
	struct rig r;
	struct server_hooks hooks = {.access = on_access};
	struct server *second = NULL;
	struct sockaddr_in address;

	rig_init(&r);
	uv_ip4_addr("127.0.0.1", server_port(r.server), &address);
	assert_int_equal(
		server_open(&second, &r.loop, (const struct sockaddr *)&address, &hooks),
		-EADDRINUSE);
	assert_null(second);
	rig_fini(&r);
	(void)state;
}

/* One register of unit, and when the answer came. */
static uint64_t ask(struct rig *r, int fd, uint8_t unit, uint8_t *answer)
{
	const uint8_t bytes[] = {0, 1, 0, 0, 0, 6, unit, 3, 0, 4, 0, 1};
	uint64_t begun_ms = uv_hrtime() / 1000000;

	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(await(r, fd, answer, 11), 11);
	return uv_hrtime() / 1000000 - begun_ms;
}

static void late_unit_answers_in_its_time(void **state)
{
	uint8_t answer[11];
	struct rig r;
	int fd;

	(void)state;
	rig_init(&r);
	r.image.holding[4] = 0x1234;
	fd = master(&r);
	assert_true(ask(&r, fd, 7, answer) >= 55);
	assert_int_equal(answer[9] << 8 | answer[10], 0x1234);
	assert_true(ask(&r, fd, 7, answer) >= 55);
	close(fd);
	rig_fini(&r);
}

static void garbled_answer_is_another(void **state)
{
	uint8_t answer[11];
	struct rig r;
	int fd;

	(void)state;
	rig_init(&r);
	r.image.holding[4] = 0x1234;
	fd = master(&r);
	ask(&r, fd, 9, answer);
	assert_int_equal(answer[9] << 8 | answer[10], 0x12cb);
	ask(&r, fd, 1, answer);
	assert_int_equal(answer[9] << 8 | answer[10], 0x1234);
	close(fd);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(late_unit_answers_in_its_time),
		cmocka_unit_test(garbled_answer_is_another),
		cmocka_unit_test(request_in_any_pieces_is_answered),
		cmocka_unit_test(lost_framing_closes),
		cmocka_unit_test(master_too_many_is_closed_and_the_others_are_not),
		cmocka_unit_test(master_that_does_not_read_is_not_read_from),
		cmocka_unit_test(port_in_use_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
