/* SPDX-License-Identifier: Apache-2.0 */
/* The connection's state machine with a scripted client and clock. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/mqtt/session.h"
#include "tests/fake_history.h"

#define MS 1000000ULL

static const char *const servers[] = {"mqtt://a:1883", "mqtts://b:8883"};
static const struct tag tag = {.device = "d", .name = "t"};

struct bench {
	struct config cfg;
	struct sender *sender;
	struct session session;
	uint64_t now_ns;
	int connects, renewals, connect_err;
	size_t server;
};

static int on_connect(void *arg, uint32_t generation, size_t server)
{
	struct bench *b = arg;

	b->connects++;
	b->server = server;
	return b->connect_err;
}

static void on_renew(void *arg)
{
	((struct bench *)arg)->renewals++;
}

static int on_send(void *arg, uint32_t slot, const struct message *m)
{
	return 0;
}

static struct bench *bench_new(void)
{
	static struct bench b;
	struct cursor none = {0};
	struct backlog_source source = {fake_history_read, NULL};
	struct sender_link link = {on_send, &b};
	struct session_client client = {on_connect, on_renew, &b};

	fake_history_reset(&none);
	memset(&b, 0, sizeof(b));
	b.cfg = (struct config){.gateway_id = "g",
	                        .tags = &tag,
	                        .n_tags = 1,
	                        .mqtt = {.servers = servers,
	                                 .n_servers = 2,
	                                 .prefix = "p",
	                                 .client_id = "id",
	                                 .keep_alive_s = 10,
	                                 .connect_timeout_ms = 1000}};
	b.now_ns = 1000 * MS;
	assert_int_equal(sender_new(&b.sender, &b.cfg, &none, &source, &link), 0);
	session_init(&b.session, &b.cfg, b.sender, &client, 1);
	return &b;
}

static void bench_free(struct bench *b)
{
	sender_free(b->sender);
}

static void keep(struct bench *b, uint64_t ms)
{
	b->now_ns += ms * MS;
	session_keep(&b->session, b->now_ns);
}

static void tell(struct bench *b, enum session_news news, int code, const char *text)
{
	struct session_report r = {news, b->session.generation, 0, code, ""};

	memcpy(r.text, text, strlen(text) + 1);
	session_report(&b->session, &r, b->now_ns);
}

static void go_up(struct bench *b)
{
	keep(b, 60000);
	tell(b, SESSION_CONNECTED, 0, "");
	assert_int_equal(b->session.state, SESSION_UP);
}

static void refusal_is_told_and_the_next_server_tried(void **state)
{
	static const struct {
		int code;
		const char *text, *want;
	} cases[] = {
		{-1, "TCP/TLS connect failure", "mqtt://a:1883: no connection"},
		{-1, "TCP/TLS connect failure",
	         "mqtts://b:8883: no connection, or the certificate is for another host"},
		{4, "CONNACK return code", "mqtt://a:1883: bad user name or password"},
		{-1, "certificate verify failed",
	         "mqtts://b:8883: certificate verify failed"},
		{5, "", "mqtt://a:1883: not authorised"},
	};
	struct bench *b = bench_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		keep(b, 60000);
		assert_int_equal(b->session.state, SESSION_CONNECTING);
		assert_int_equal(b->server, i % 2);
		tell(b, SESSION_FAILED, cases[i].code, cases[i].text);
		assert_int_equal(b->session.state, SESSION_DOWN);
		assert_string_equal(b->session.error, cases[i].want);
		assert_true(session_due_ns(&b->session) > b->now_ns);
	}
	keep(b, 0); /* not due: one attempt a pause */
	assert_int_equal(b->connects, ARRAY_SIZE(cases));
	bench_free(b);
}

static void session_clears_the_error(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	keep(b, 0);
	tell(b, SESSION_FAILED, 3, "");
	assert_string_not_equal(b->session.error, "");
	go_up(b);
	assert_string_equal(b->session.error, "");
	assert_int_equal(b->session.connects, 1);
	bench_free(b);
}

static void attempt_without_end_is_given_up(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	keep(b, 0);
	keep(b, 6900); /* twice the client's own time-out and a margin */
	assert_int_equal(b->renewals, 0);
	keep(b, 200);
	assert_int_equal(b->renewals, 1);
	assert_int_equal(b->session.state, SESSION_DOWN);
	bench_free(b);
}

static void attempt_that_cannot_begin_counts_as_failed(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	b->connect_err = -EIO;
	keep(b, 0);
	assert_int_equal(b->session.state, SESSION_DOWN);
	assert_int_equal(b->renewals, 1);
	assert_true(session_due_ns(&b->session) > b->now_ns);
	bench_free(b);
}

static void message_without_answer_ends_the_session(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	go_up(b);
	assert_int_equal(sender_run(b->sender, b->now_ns, 0), 0); /* "online" */
	keep(b, 9900);
	assert_int_equal(b->session.state, SESSION_UP);
	keep(b, 200); /* beyond the keep-alive */
	assert_int_equal(b->session.state, SESSION_DOWN);
	assert_int_equal(b->renewals, 1);
	assert_int_equal(sender_oldest_ns(b->sender), UINT64_MAX);
	bench_free(b);
}

static void reports_of_what_is_over_are_ignored(void **state)
{
	struct bench *b = bench_new();
	struct session_report old = {SESSION_REFUSED, 1, 0, 0, ""};

	(void)state;
	keep(b, 0);
	tell(b, SESSION_FAILED, 3, "");
	go_up(b);
	session_report(&b->session, &old, b->now_ns);
	assert_int_equal(b->session.state, SESSION_UP);
	old.news = SESSION_ANSWERED;
	session_report(&b->session, &old, b->now_ns);
	tell(b, SESSION_LOST, 0, "");
	assert_int_equal(b->session.state, SESSION_DOWN);
	tell(b, SESSION_LOST, 0, "");
	tell(b, SESSION_CONNECTED, 0, "");
	assert_int_equal(b->session.state, SESSION_DOWN);
	bench_free(b);
}

static void short_sessions_ask_for_a_namesake(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		go_up(b);
		b->now_ns += 1000 * MS;
		tell(b, SESSION_LOST, 0, "");
	}
	assert_non_null(strstr(b->session.error, "another client"));
	bench_free(b);
}

static void closing_session_begins_nothing(void **state)
{
	struct bench *b = bench_new();

	(void)state;
	b->session.closing = true;
	keep(b, 60000);
	assert_int_equal(b->connects, 0);
	assert_int_equal(session_due_ns(&b->session), UINT64_MAX);
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusal_is_told_and_the_next_server_tried),
		cmocka_unit_test(session_clears_the_error),
		cmocka_unit_test(attempt_without_end_is_given_up),
		cmocka_unit_test(attempt_that_cannot_begin_counts_as_failed),
		cmocka_unit_test(message_without_answer_ends_the_session),
		cmocka_unit_test(reports_of_what_is_over_are_ignored),
		cmocka_unit_test(short_sessions_ask_for_a_namesake),
		cmocka_unit_test(closing_session_begins_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
