/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/control.h"

static uv_loop_t loop;
static uv_async_t wake;
static struct control *control;
static char dir[] = "/tmp/pollux-test.XXXXXX";
static char path[64];
static size_t answer_bytes;

static struct control_ticket ticket;

static char *answer(void *arg, const char *request)
{
	char *text;

	(void)arg;
	if (strncmp(request, "later", 5) == 0) {
		ticket = control_defer(control);
		return NULL;
	}
	if (strcmp(request, "deferred, at once") == 0) {
		control_reply(control, control_defer(control), strdup("[]"));
		return NULL;
	}
	if (strcmp(request, "big") == 0) {
		text = malloc(answer_bytes + 1);
		memset(text, 'x', answer_bytes);
		text[answer_bytes] = '\0';
		return text;
	}
	return strcmp(request, "status") == 0 ? strdup("{\"ok\":1}") : NULL;
}

static void on_wake(uv_async_t *async)
{
	uv_close((uv_handle_t *)async, NULL);
	control_close(control);
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(uv_async_init(&loop, &wake, on_wake), 0);
	return control_open(&control, &loop, path, answer, NULL);
}

static int teardown(void **state)
{
	(void)state;
	uv_async_send(&wake);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

/* The client blocks, so it has a thread while the loop runs here. */
struct question {
	const char *text;
	char *answer;
	int err;
};

static void *ask(void *arg)
{
	struct question *q = arg;

	q->err = control_ask(path, q->text, &q->answer);
	uv_async_send(&wake);
	return NULL;
}

static void ask_once(struct question *q)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, ask, q), 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	pthread_join(thread, NULL);
}

static int closed_already(void **state)
{
	(void)state;
	return uv_loop_close(&loop);
}

static void question_is_answered(void **state)
{
	struct question q = {.text = "status"};

	(void)state;
	ask_once(&q);
	assert_int_equal(q.err, 0);
	assert_string_equal(q.answer, "{\"ok\":1}");
	free(q.answer);
}

static void unknown_question_is_an_error_in_the_answer(void **state)
{
	struct question q = {.text = "reboot"};

	(void)state;
	ask_once(&q);
	assert_int_equal(q.err, 0);
	assert_non_null(strstr(q.answer, "error"));
	free(q.answer);
}

static void large_answer_arrives_whole(void **state)
{
	struct question q = {.text = "big"};

	(void)state;
	answer_bytes = 5000000;
	ask_once(&q);
	assert_int_equal(q.err, 0);
	assert_int_equal(strlen(q.answer), answer_bytes);
	free(q.answer);
}

static void socket_is_for_owner_and_group(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
}

static int connect_raw(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void line_without_end_is_cut(void **state)
{
	char junk[CONTROL_REQUEST_MAX + 100], byte;
	int fd = connect_raw();

	(void)state;
	memset(junk, 'a', sizeof(junk));
	assert_true(send(fd, junk, sizeof(junk), MSG_NOSIGNAL) > 0);
	for (int i = 0; i < 5; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_true(recv(fd, &byte, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN);
	close(fd);
}

static void too_many_clients_are_turned_away_and_the_rest_served(void **state)
{
	int fds[CONTROL_CLIENTS_MAX + 4];
	char byte;

	(void)state;
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		fds[i] = connect_raw();
		for (int k = 0; k < 3; k++) {
			uv_run(&loop, UV_RUN_NOWAIT);
		}
	}
	assert_int_equal(recv(fds[CONTROL_CLIENTS_MAX], &byte, 1, MSG_DONTWAIT), 0);
	assert_int_equal(send(fds[0], "status\n", 7, MSG_NOSIGNAL), 7);
	for (int k = 0; k < 5; k++) {
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(recv(fds[0], &byte, 1, MSG_DONTWAIT), 1);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		close(fds[i]);
	}
}

static void turn(int n)
{
	for (int i = 0; i < n; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
	}
}

static void answer_may_come_later(void **state)
{
	int fd = connect_raw();
	char got[16] = "";

	(void)state;
	assert_int_equal(send(fd, "later a\n", 8, MSG_NOSIGNAL), 8);
	turn(5);
	assert_int_equal(recv(fd, got, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN); /* neither answered nor cut */
	control_reply(control, ticket, strdup("{}"));
	turn(5);
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 2);
	assert_string_equal(got, "{}");
	assert_int_equal(recv(fd, got, 1, MSG_DONTWAIT), 0);
	close(fd);
}

static void answer_within_the_question_is_sent_once(void **state)
{
	int fd = connect_raw();
	char got[64] = "";

	(void)state;
	assert_int_equal(send(fd, "deferred, at once\n", 18, MSG_NOSIGNAL), 18);
	turn(5);
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 2);
	assert_string_equal(got, "[]");
	close(fd);
}

static void answer_for_one_that_is_gone_goes_to_nobody(void **state)
{
	int fd = connect_raw();
	struct control_ticket old;
	char got[16] = "";

	(void)state;
	assert_int_equal(send(fd, "later a\n", 8, MSG_NOSIGNAL), 8);
	turn(5);
	old = ticket;
	control_reply(control, old, strdup("1"));
	turn(5);
	close(fd);
	fd = connect_raw(); /* takes the place of the first */
	assert_int_equal(send(fd, "later b\n", 8, MSG_NOSIGNAL), 8);
	turn(5);
	assert_int_equal(ticket.place, old.place);
	control_reply(control, old, strdup("2"));
	control_reply(control, ticket, strdup("3"));
	turn(5);
	assert_int_equal(recv(fd, got, sizeof(got), MSG_DONTWAIT), 1);
	assert_string_equal(got, "3");
	close(fd);
}

static void nobody_listens(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(control_ask("/tmp/no-such-dir/control.sock", "status", &text),
	                 -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(question_is_answered, setup,
	                                        closed_already),
		cmocka_unit_test_setup_teardown(
			unknown_question_is_an_error_in_the_answer, setup,
			closed_already),
		cmocka_unit_test_setup_teardown(large_answer_arrives_whole, setup,
	                                        closed_already),
		cmocka_unit_test_setup_teardown(socket_is_for_owner_and_group, setup,
	                                        teardown),
		cmocka_unit_test_setup_teardown(line_without_end_is_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(
			too_many_clients_are_turned_away_and_the_rest_served, setup,
			teardown),
		cmocka_unit_test_setup_teardown(answer_may_come_later, setup, teardown),
		cmocka_unit_test_setup_teardown(answer_within_the_question_is_sent_once,
	                                        setup, teardown),
		cmocka_unit_test_setup_teardown(
			answer_for_one_that_is_gone_goes_to_nobody, setup, teardown),
		cmocka_unit_test(nobody_listens),
	};
	int failed;

	if (!mkdtemp(dir)) {
		return 1;
	}
	snprintf(path, sizeof(path), "%s/control.sock", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return failed;
}
