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

static void supervisor_is_told(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char dir[] = "/tmp/pollux-test.XXXXXX", text[256];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ssize_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	notify_ready("polling");
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "READY=1"));
	assert_non_null(strstr(text, "STATUS=polling"));
	notify_alive();
	n = recv(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, "WATCHDOG=1");
	unsetenv("NOTIFY_SOCKET");
	notify_stopping(); /* nobody listens: nothing happens */
	close(fd);
	unlink(address.sun_path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(watchdog_is_fed_once_every_part_has_moved),
		cmocka_unit_test(supervisor_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
