/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/notify.h"

static void watchdog_is_fed_once_every_part_has_moved(void **state)
{
	static const struct {
		uint64_t progress[3];
		bool want;
	} steps[] = {
		{{1, 0, 0}, false}, {{2, 5, 0}, false}, {{3, 5, 9}, true},
		{{4, 5, 9}, false}, {{5, 6, 9}, false}, {{6, 6, 9}, false},
		{{7, 6, 10}, true},
	};
	struct watchdog w = {.seen = {0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (watchdog_step(&w, steps[i].progress, 3) != steps[i].want) {
			fail_msg("step %zu", i);
		}
	}
}

/* The next datagram on fd. */
static const char *told(int fd)
{
	static char text[1024];
	ssize_t n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* A socket of this name, which $NOTIFY_SOCKET then says; '@' begins an abstract one. */
static int supervisor(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(address.sun_path, name, n);
	if (name[0] == '@') {
		address.sun_path[0] = '\0';
	}
	n += offsetof(struct sockaddr_un, sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, (socklen_t)n), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void supervisor_is_told(void **state)
{
	char dir[] = "/tmp/pollux-test.XXXXXX", path[64], abstract[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/notify", dir);
	snprintf(abstract, sizeof(abstract), "@pollux-test-%d", (int)getpid());
	for (size_t i = 0; i < 2; i++) {
		int fd = supervisor(i == 0 ? path : abstract);

		notify_ready("polling");
		assert_string_equal(told(fd), "READY=1\nSTATUS=polling");
		notify_reloading(17);
		assert_string_equal(told(fd), "RELOADING=1\nMONOTONIC_USEC=17");
		notify_alive();
		assert_string_equal(told(fd), "WATCHDOG=1");
		close(fd);
		notify_stopping(); /* nobody listens: nothing happens */
	}
	unsetenv("NOTIFY_SOCKET");
	notify_stopping();
	unlink(path);
	rmdir(dir);
}

static void watchdog_is_asked_for_by_the_environment(void **state)
{
	char self[16], other[16];
	const struct {
		const char *us, *pid;
		uint64_t want;
	} cases[] = {
		{NULL, NULL, 0},
		{"30000000", NULL, 30000000},
		{"30000000", self, 30000000},
		{"30000000", other, 0},
		{"", NULL, 0},
		{"30s", NULL, 0},
	};

	(void)state;
	snprintf(self, sizeof(self), "%d", (int)getpid());
	snprintf(other, sizeof(other), "%d", (int)getpid() + 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsetenv("WATCHDOG_USEC");
		unsetenv("WATCHDOG_PID");
		if (cases[i].us) {
			setenv("WATCHDOG_USEC", cases[i].us, 1);
		}
		if (cases[i].pid) {
			setenv("WATCHDOG_PID", cases[i].pid, 1);
		}
		assert_int_equal(notify_watchdog_us(), cases[i].want);
	}
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watchdog_is_fed_once_every_part_has_moved),
		cmocka_unit_test(supervisor_is_told),
		cmocka_unit_test(watchdog_is_asked_for_by_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
