/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/nodelay.h"

#include <dirent.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

static bool is_tcp(int fd)
{
	int protocol = 0;
	socklen_t size = sizeof(protocol);

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
	       protocol == IPPROTO_TCP;
}

/* Paho sets no option of its socket and tells nobody which it is.  With Nagle's algorithm
 * a message waits for the acknowledgement of the one before, which the peer holds back
 * for 40 ms. */
void nodelay_all(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	int on = 1;

	while (dir && (entry = readdir(dir)) != NULL) {
		int fd = (int)strtol(entry->d_name, NULL, 10); /* "." is 0 */

		if (is_tcp(fd)) {
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		}
	}
	if (dir) {
		closedir(dir);
	}
}
