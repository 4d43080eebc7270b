/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int secret_path(char *path, const char *name)
{
	const char *folder = *name == '/' ? "" : getenv("CREDENTIALS_DIRECTORY");
	int n;

	if (!folder) {
		return -ENOENT;
	}
	n = snprintf(path, SECRET_PATH_MAX, "%s%s%s", folder, *folder ? "/" : "", name);
	return n < SECRET_PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Its descriptor, or a negative errno.  O_NONBLOCK: a FIFO is not waited for. */
static int open_secret(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0) {
		return -errno;
	}
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_mode & S_IROTH) {
		close(fd);
		return -EACCES;
	}
	return fd;
}

int secret_check(const char *path)
{
	int fd = open_secret(path);

	if (fd < 0) {
		return fd;
	}
	close(fd);
	return 0;
}

int secret_line(const char *name, char *line, size_t n)
{
	char path[SECRET_PATH_MAX];
	int fd, err = secret_path(path, name);
	ssize_t got;

	if (err) {
		return err;
	}
	fd = open_secret(path);
	if (fd < 0) {
		return fd;
	}
	got = read(fd, line, n - 1);
	close(fd);
	line[got > 0 ? got : 0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return *line ? 0 : -EACCES;
}
