/* SPDX-License-Identifier: Apache-2.0 */
/** Recordings in memory, for tests of what reads and writes files. */
#ifndef TESTS_GATEWAY_RECORDING_H
#define TESTS_GATEWAY_RECORDING_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/** A file descriptor to read text of n bytes from. */
static inline int recording_of(const char *text, size_t n)
{
	int fd = memfd_create("recording", MFD_CLOEXEC);

	while (n > 0) {
		ssize_t written = write(fd, text, n);

		if (written <= 0) {
			abort();
		}
		text += written;
		n -= (size_t)written;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/** All that was written to fd, with a NUL; to be freed. */
static inline char *recording_text(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = calloc(1, (size_t)size + 1);

	if (!text || pread(fd, text, (size_t)size, 0) != size) {
		abort();
	}
	return text;
}

#endif
