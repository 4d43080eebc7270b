/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* One datagram of VARIABLE=VALUE lines to $NOTIFY_SOCKET, sd_notify(3) "Notes".  Without
 * libsystemd, which brings six libraries and a megabyte into memory for this. */
static void tell(const char *lines)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@')) {
		return;
	}
	memcpy(to.sun_path, path, n);
	if (path[0] == '@') {
		to.sun_path[0] = '\0'; /* no file: a name of Linux' own */
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		/* Nobody there: nobody to tell. */
		(void)sendto(fd, lines, strlen(lines), MSG_NOSIGNAL,
		             (const struct sockaddr *)&to,
		             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
		close(fd);
	}
}

void notify_ready(const char *status)
{
	char lines[512];

	snprintf(lines, sizeof(lines), "READY=1\nSTATUS=%s", status);
	tell(lines);
}

void notify_reloading(uint64_t monotonic_us)
{
	char lines[64];

	snprintf(lines, sizeof(lines), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
	         monotonic_us);
	tell(lines);
}

void notify_stopping(void)
{
	tell("STOPPING=1");
}

/* sd_watchdog_enabled(3) */
uint64_t notify_watchdog_us(void)
{
	const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	char *end;
	unsigned long long us;

	if (!text || (pid && strtoll(pid, NULL, 10) != getpid())) {
		return 0;
	}
	us = strtoull(text, &end, 10);
	return *text != '\0' && *end == '\0' && us < UINT64_MAX ? us : 0;
}

void notify_alive(void)
{
	tell("WATCHDOG=1");
}

bool watchdog_step(struct watchdog *w, const uint64_t *progress, size_t n)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		w->moved[i] |= progress[i] != w->seen[i];
		w->seen[i] = progress[i];
		all &= w->moved[i];
	}
	if (all) {
		memset(w->moved, 0, sizeof(w->moved));
	}
	return all;
}
