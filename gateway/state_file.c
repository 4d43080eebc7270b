/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MODE = 0640, BYTES_MAX = 1 << 28 };

static int write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR) {
			return -errno;
		}
		p += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return fsync(fd) == 0 ? 0 : -errno;
}

static void sync_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)fsync(fd); /* else it may be the old one after a power cut */
		close(fd);
	}
}

static int join(char path[PATH_MAX], const char *dir, const char *name, const char *end)
{
	int n = snprintf(path, PATH_MAX, "%s/%s%s", dir, name, end);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int state_file_replace(const char *dir, const char *name, const void *bytes, size_t n)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	int err = join(path, dir, name, ""), fd;

	if (!err) {
		err = join(temporary, dir, name, ".new");
	}
	if (err) {
		return err;
	}
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, MODE);
	if (fd < 0) {
		return -errno;
	}
	err = write_all(fd, bytes, n);
	if (close(fd) != 0 && !err) {
		err = -errno;
	}
	if (!err && rename(temporary, path) != 0) {
		err = -errno;
	}
	if (err) {
		unlink(temporary);
	} else {
		sync_dir(dir);
	}
	return err;
}

static int read_all(int fd, uint8_t **out, size_t *n)
{
	uint8_t *bytes;
	ssize_t got = 0;
	struct stat s;

	if (fstat(fd, &s) != 0) {
		return -errno;
	}
	if (s.st_size > BYTES_MAX || !S_ISREG(s.st_mode)) {
		return -EBADMSG;
	}
	bytes = calloc((size_t)s.st_size + 1, 1);
	if (!bytes) {
		return -ENOMEM;
	}
	for (*n = 0; (got = read(fd, bytes + *n, (size_t)s.st_size - *n)) > 0;) {
		*n += (size_t)got;
	}
	if (got < 0) {
		int err = -errno;

		free(bytes);
		return err;
	}
	*out = bytes;
	return 0;
}

int state_file_read(const char *dir, const char *name, uint8_t **out, size_t *n)
{
	char path[PATH_MAX];
	int err = join(path, dir, name, ""), fd;

	if (err) {
		return err;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return -errno;
	}
	err = read_all(fd, out, n);
	close(fd);
	return err;
}
