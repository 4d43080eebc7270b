/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/sysfs/attribute.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/scalar.h"

/* Of w1_slave; 750 ms a reading at 12 bits. */
static const char w1_key[] = "t=";

/* ---- where ---- */

int attribute_check(const char *at, const char **why)
{
	const char *hash = strchr(at, '#');

	if (!*at || hash == at) {
		*why = "the path of a file, such as class/hwmon/hwmon0/temp1_input";
		return -EINVAL;
	}
	if (hash && !hash[1]) {
		*why = "behind # the text before the value is wanted, such as #t=";
		return -EINVAL;
	}
	return 0;
}

int attribute_init(struct attribute *a, const char *base, const char *at)
{
	const char *hash = strchr(at, '#');
	int n = hash ? (int)(hash - at) : (int)strlen(at);

	a->key = hash ? hash + 1 : NULL;
	if (asprintf(&a->path, "%s%s%.*s", *at == '/' ? "" : base, *at == '/' ? "" : "/",
	             n, at) < 0) {
		a->path = NULL;
		return -ENOMEM;
	}
	return 0;
}

void attribute_fini(struct attribute *a)
{
	free(a->path);
	a->path = NULL;
}

/* hwmon3 may be hwmon2 after the next start: where the path is a pattern, exactly one
 * file has to fit.  O_NONBLOCK: opening a FIFO must not wait for a peer. */
static int open_attribute(const struct attribute *a, int flags)
{
	glob_t found = {0};
	int fd = -ENOENT;

	flags |= O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	if (!strpbrk(a->path, "*?[")) {
		fd = open(a->path, flags);
		return fd < 0 ? -errno : fd;
	}
	if (glob(a->path, GLOB_NOSORT, NULL, &found) == 0) {
		fd = found.gl_pathc == 1 ? open(found.gl_pathv[0], flags) : -ENOTUNIQ;
		fd = fd == -1 ? -errno : fd;
	}
	globfree(&found);
	return fd;
}

/* Only what is a file: a device or a FIFO could hold us up. */
static int open_file(const struct attribute *a, int flags)
{
	int fd = open_attribute(a, flags);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		return -EACCES;
	}
	return fd;
}

/* @return bytes, NUL behind them, or a negative errno */
static ssize_t read_file(const struct attribute *a, char text[ATTRIBUTE_MAX_BYTES + 1])
{
	int fd = open_file(a, O_RDONLY);
	ssize_t n = 0, got;

	if (fd < 0) {
		return fd;
	}
	do {
		got = read(fd, text + n, (size_t)(ATTRIBUTE_MAX_BYTES - n));
		n += got > 0 ? got : 0;
	} while ((got > 0 && n < ATTRIBUTE_MAX_BYTES) || (got < 0 && errno == EINTR));
	got = got < 0 ? -errno : n;
	close(fd);
	text[n] = '\0';
	return got;
}

static enum reason reason_of(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENOTDIR:
	case -EACCES:
	case -EPERM:
	case -ENODEV:
	case -ENXIO:
		return REASON_REFUSED;
	case -ENOTUNIQ:
		return REASON_CONFIG;
	case -ENODATA:
		return REASON_SHORT;
	case -ETIMEDOUT:
		return REASON_TIMEOUT;
	default:
		return REASON_RESET;
	}
}

/* ---- what ---- */

/* Behind the first key that begins a word. */
static const char *find_value(const char *text, const char *key)
{
	const char *at = text;

	while ((at = strstr(at, key)) != NULL) {
		if (at == text || strchr(" \t\n", at[-1])) {
			return at + strlen(key);
		}
		at++;
	}
	return NULL;
}

/* The first line of w1_slave is "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES".  Nine zeros
 * have a check sum that is right: they are what a bus without the sensor gives. */
static enum reason check_w1(const char *text)
{
	const char *end = strchr(text, '\n');

	if (!end || end - text < 4 || !strstr(text, "crc=") ||
	    strstr(text, "crc=") > end) {
		return REASON_MISMATCH;
	}
	return strncmp(end - 4, " YES", 4) != 0 ||
	                       strncmp(text, "00 00 00 00 00 00 00 00 00 ", 27) == 0
	               ? REASON_CRC
	               : REASON_NONE;
}

bool attribute_is_slow(const struct attribute *a)
{
	return a->key && strcmp(a->key, w1_key) == 0;
}

static void read_key(struct reading *out, const struct point *point, const char *text,
                     const char *key, char *room)
{
	const char *value = find_value(text, key);
	enum reason reason = strcmp(key, w1_key) == 0 ? check_w1(text) : REASON_NONE;
	size_t n;

	if (reason == REASON_NONE && !value) {
		reason = REASON_MISMATCH;
	}
	if (reason != REASON_NONE) {
		*out = scalar_bad(point, reason);
		return;
	}
	value += strspn(value, " \t");
	n = strcspn(value, point->encoding->type == TYPE_STRING ? "\n" : " \t\n");
	scalar_read(out, point, value, n, room);
}

int attribute_read(const struct attribute *a, const struct point *point,
                   struct reading *out, char *room)
{
	char text[ATTRIBUTE_MAX_BYTES + 1];
	ssize_t n = read_file(a, text);

	if (n < 0) {
		*out = scalar_bad(point, reason_of((int)n));
		return (int)n;
	}
	if (n == 0) {
		*out = scalar_bad(point, REASON_SHORT);
	} else if (a->key) {
		read_key(out, point, text, a->key, room);
	} else {
		scalar_read(out, point, text, (size_t)n, room);
	}
	return 0;
}

int attribute_write(const struct attribute *a, const char *text, uint16_t *code)
{
	int fd = open_file(a, O_WRONLY);
	size_t n = strlen(text);
	ssize_t written;

	*code = 0;
	if (fd < 0) {
		return -ECONNREFUSED;
	}
	written = write(fd, text, n);
	if (written != (ssize_t)n) {
		*code = (uint16_t)(written < 0 ? errno : EIO);
	}
	close(fd);
	return *code ? -EREMOTEIO : 0;
}
