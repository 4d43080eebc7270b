/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/apart.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/child/sandbox.h"

#define MEMORY_BYTES (UINT64_C(8) << 30)

enum { COULD_NOT = 255 };

/* In the child, for good. */
static void work(int (*job)(void *arg, FILE *first, FILE *second), void *arg,
                 const int fds[2])
{
	FILE *streams[2] = {NULL, NULL};
	int code = COULD_NOT;
	bool whole = true;

	for (size_t i = 0; i < 2; i++) {
		streams[i] = fds[i] < 0 ? NULL : fdopen(fds[i], "w");
		whole = whole && (fds[i] < 0 || streams[i]);
	}
	if (whole && sandbox_enter(MEMORY_BYTES, NULL) == 0) {
		code = job(arg, streams[0], streams[1]);
	}
	for (size_t i = 0; i < 2; i++) {
		whole = whole && (!streams[i] || fclose(streams[i]) == 0);
	}
	fflush(stderr);
	_exit(whole ? code : COULD_NOT);
}

/* @return 1: there may be more; 0: that was all; or a negative errno */
static int pass_some(int fd, FILE *out)
{
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n < 0) {
		return errno == EINTR ? 1 : -errno;
	}
	if (n > 0 && fwrite(bytes, 1, (size_t)n, out) != (size_t)n) {
		return -EIO;
	}
	return n > 0;
}

/* Both at once: the child may write to one while the other is full. */
static int pass_on(int fds[2], FILE *const out[2])
{
	int err = 0;

	while ((fds[0] >= 0 || fds[1] >= 0) && !err) {
		struct pollfd polled[2] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}};
		int n = poll(polled, 2, -1);

		err = n < 0 && errno != EINTR ? -errno : 0;
		for (size_t i = 0; i < 2 && n > 0 && !err; i++) {
			int more = polled[i].revents ? pass_some(fds[i], out[i]) : 1;

			if (more <= 0) {
				close(fds[i]);
				fds[i] = -1;
				err = more;
			}
		}
	}
	for (size_t i = 0; i < 2 && !err; i++) {
		err = out[i] && fflush(out[i]) ? -errno : 0;
	}
	return err;
}

static int end_of(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			return -errno;
		}
	}
	if (!WIFEXITED(status)) {
		return -ECHILD;
	}
	return WEXITSTATUS(status) == COULD_NOT ? -EPERM : WEXITSTATUS(status);
}

static void shut(int *fd)
{
	if (*fd >= 0) {
		close(*fd);
	}
	*fd = -1;
}

int apart_run(int (*job)(void *arg, FILE *first, FILE *second), void *arg,
              FILE *const out[2])
{
	int read_from[2] = {-1, -1}, write_to[2] = {-1, -1}, err = 0, code;
	pid_t child = -1;

	for (size_t i = 0; i < 2 && !err; i++) {
		int ends[2];

		if (out[i]) {
			fflush(out[i]);
			err = pipe(ends) ? -errno : 0;
			read_from[i] = err ? -1 : ends[0];
			write_to[i] = err ? -1 : ends[1];
		}
	}
	child = err ? -1 : fork();
	err = !err && child < 0 ? -errno : err;
	if (child == 0) {
		shut(&read_from[0]);
		shut(&read_from[1]);
		work(job, arg, write_to);
	}
	shut(&write_to[0]);
	shut(&write_to[1]);
	if (child > 0) {
		err = pass_on(read_from, out);
	}
	shut(&read_from[0]); /* who still writes ends */
	shut(&read_from[1]);
	code = child > 0 ? end_of(child) : err;
	return err ? err : code;
}
