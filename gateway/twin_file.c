/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/twin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/log.h"

#define SAVE_NS (UINT64_C(600) * 1000000000)

enum { MODE = 0640, BYTES_MAX = 1 << 28 };

struct twin_file {
	struct twin *twin;
	uv_loop_t *loop;
	char path[PATH_MAX], temporary[PATH_MAX], dir[PATH_MAX];
	uint64_t due_ns;
	uv_work_t work;
	bool busy;
	uint8_t *bytes; /* while they are written */
	size_t n;
	int err;   /* of the last write */
	bool told; /* that it cannot be written */
};

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

/* Beside the old one, then in its place: a power cut leaves one of both, whole. */
static int replace(const struct twin_file *f)
{
	int fd = open(f->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, MODE);
	int err;

	if (fd < 0) {
		return -errno;
	}
	err = write_all(fd, f->bytes, f->n);
	if (close(fd) != 0 && !err) {
		err = -errno;
	}
	if (!err && rename(f->temporary, f->path) != 0) {
		err = -errno;
	}
	if (err) {
		unlink(f->temporary);
	} else {
		sync_dir(f->dir);
	}
	return err;
}

static struct twin_time both_clocks(void)
{
	return (struct twin_time){(int64_t)clock_now_ns(), clock_wall_us()};
}

/* @return false where there is no memory: the next time, then */
static bool take_bytes(struct twin_file *f)
{
	struct twin_time now = both_clocks();

	f->bytes = malloc(twin_save_size(f->twin));
	f->n = f->bytes ? twin_save(f->twin, &now, f->bytes) : 0;
	return f->bytes != NULL;
}

static void written(struct twin_file *f)
{
	free(f->bytes);
	f->bytes = NULL;
	if (f->err && !f->told) {
		log_line(LOG_WARNING, "%s cannot be written: %s", f->path,
		         strerror(-f->err));
	}
	f->told = f->err != 0;
}

static void on_work(uv_work_t *work)
{
	struct twin_file *f = work->data;

	f->err = replace(f);
}

static void on_written(uv_work_t *work, int status)
{
	struct twin_file *f = work->data;

	(void)status;
	f->busy = false;
	written(f);
}

void twin_file_tick(struct twin_file *f)
{
	uint64_t now_ns = clock_now_ns();

	if (f->busy || now_ns < f->due_ns) {
		return;
	}
	f->due_ns = now_ns + SAVE_NS;
	if (!take_bytes(f)) {
		return;
	}
	f->work.data = f;
	f->busy = uv_queue_work(f->loop, &f->work, on_work, on_written) == 0;
	if (!f->busy) {
		written(f);
	}
}

void twin_file_save(struct twin_file *f)
{
	if (f && take_bytes(f)) {
		f->err = replace(f);
		written(f);
	}
}

/* @return 0, -ENOENT, ..., -EBADMSG: too large to be true */
static int read_all(const char *path, uint8_t **out, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat s;
	ssize_t got = 0;
	int err;

	if (fd < 0) {
		return -errno;
	}
	err = fstat(fd, &s) == 0 ? 0 : -errno;
	if (!err && (s.st_size > BYTES_MAX || !S_ISREG(s.st_mode))) {
		err = -EBADMSG;
	}
	*out = err ? NULL : malloc((size_t)s.st_size + 1);
	for (*n = 0; *out && (got = read(fd, *out + *n, (size_t)s.st_size - *n)) > 0;) {
		*n += (size_t)got;
	}
	if (!err) {
		err = !*out ? -ENOMEM : got < 0 ? -errno : 0;
	}
	close(fd);
	if (err) {
		free(*out);
	}
	return err;
}

static void restore(struct twin_file *f)
{
	struct twin_time now = both_clocks();
	struct twin_restored what = {0};
	uint8_t *bytes = NULL;
	size_t n = 0;
	int err = read_all(f->path, &bytes, &n);

	if (err == -ENOENT) {
		return;
	}
	if (!err) {
		err = twin_restore(f->twin, &now, bytes, n, &what);
		free(bytes);
	}
	if (err) {
		log_line(LOG_WARNING, "%s: %s: the twin learns anew", f->path,
		         err == -EBADMSG ? "damaged or of another version"
		                         : strerror(-err));
		return;
	}
	log_line(LOG_NOTICE, "twin: %zu tags and components go on as learnt", what.taken);
	if (what.changed) {
		log_line(LOG_NOTICE, "twin: %zu have changed and learn anew",
		         what.changed);
	}
}

int twin_file_new(struct twin_file **out, struct twin *t, uv_loop_t *loop,
                  const char *state_dir)
{
	struct twin_file *f = calloc(1, sizeof(*f));

	if (!f) {
		return -ENOMEM;
	}
	f->twin = t;
	f->loop = loop;
	f->due_ns = clock_now_ns() + SAVE_NS;
	snprintf(f->dir, sizeof(f->dir), "%s", state_dir);
	snprintf(f->path, sizeof(f->path), "%s/twin.state", state_dir);
	snprintf(f->temporary, sizeof(f->temporary), "%s/twin.state.new", state_dir);
	restore(f);
	*out = f;
	return 0;
}

void twin_file_free(struct twin_file *f)
{
	free(f);
}
