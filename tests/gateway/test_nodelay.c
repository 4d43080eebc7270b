/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/mqtt/nodelay.h"

static void every_tcp_socket_sends_at_once(void **state)
{
	int tcp[] = {socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0)};
	int other = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_true(tcp[0] >= 0 && tcp[1] >= 0 && other >= 0);
	nodelay_all();
	for (size_t i = 0; i < 2; i++) {
		int on = 0;
		socklen_t size = sizeof(on);

		assert_int_equal(getsockopt(tcp[i], IPPROTO_TCP, TCP_NODELAY, &on, &size),
		                 0);
		assert_true(on);
		assert_int_equal(close(tcp[i]), 0);
	}
	assert_int_equal(close(other), 0); /* left alone */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_tcp_socket_sends_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
