/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is it what we read at all? */
static int judge(int fd, bool secret)
{
	struct stat st;

	if (fstat(fd, &st)) {
		return -errno;
	}
	if (!S_ISREG(st.st_mode)) {
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	}
	if (st.st_size > CONFIG_FILE_MAX_BYTES) {
		return -EFBIG;
	}
	return secret && st.st_mode & S_IROTH ? -EPERM : 0;
}

static int read_all(int fd, char *text, size_t room, size_t *n)
{
	ssize_t got = 1;

	*n = 0;
	while (*n < room && got) {
		got = read(fd, text + *n, room - *n);
		if (got < 0 && errno != EINTR) {
			return -errno;
		}
		*n += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

int config_file_read(const char *path, bool secret, struct arena *arena, char **text,
                     size_t *n)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st = {0};
	int err;

	if (fd < 0) {
		return -errno;
	}
	err = judge(fd, secret);
	if (!err && fstat(fd, &st)) {
		err = -errno;
	}
	if (!err) {
		*text = arena_array(arena, (size_t)st.st_size + 1, 1);
		err = *text ? read_all(fd, *text, (size_t)st.st_size, n) : -ENOMEM;
	}
	close(fd);
	return err;
}

static const char *join(const char *dir, size_t n_dir, const char *name,
                        struct arena *arena)
{
	return arena_format(arena, "%.*s/%s", (int)n_dir, dir, name);
}

const char *config_file_path(const char *name, const char *beside, struct arena *arena)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	const char *slash = strrchr(beside, '/'), *path;

	if (*name == '/') {
		return arena_text(arena, name, strlen(name));
	}
	if (credentials && *credentials) {
		path = join(credentials, strlen(credentials), name, arena);
		if (!path || access(path, F_OK) == 0) {
			return path;
		}
	}
	return slash ? join(beside, (size_t)(slash - beside), name, arena)
	             : arena_text(arena, name, strlen(name));
}

const char *config_file_error(int err)
{
	switch (-err) {
	case EPERM:
		return "everybody may read it; chmod o= it";
	case EINVAL:
		return "not a regular file";
	case EFBIG:
		return "larger than 8 MiB";
	default:
		return strerror(-err);
	}
}
