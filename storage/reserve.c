/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One line of fixed length within one sector, with a check of its own. */
#define LINE_START  "pollux reserve "
#define LINE_FORMAT LINE_START "%020" PRId64 " %020" PRId64
enum { LINE_BYTES = 56, CHECK_BYTES = 10, RECORD_BYTES = LINE_BYTES + CHECK_BYTES };

/* FNV-1a, Fowler, Noll, Vo; 32 bits. */
static uint32_t check_of(const char *line)
{
	uint32_t hash = 2166136261U;

	for (; *line; line++) {
		hash = (hash ^ (unsigned char)*line) * 16777619U;
	}
	return hash;
}

static void format(char *record, int64_t recent, int64_t ceiling)
{
	char line[LINE_BYTES + 1];

	snprintf(line, sizeof(line), LINE_FORMAT, recent, ceiling);
	snprintf(record, RECORD_BYTES + 1, "%s %08" PRIx32 "\n", line, check_of(line));
}

static void parse(struct reserve *r, const char *record)
{
	char again[RECORD_BYTES + 1];
	char *end;
	int64_t recent, ceiling;

	if (strncmp(record, LINE_START, sizeof(LINE_START) - 1) != 0) {
		return;
	}
	recent = strtoll(record + sizeof(LINE_START) - 1, &end, 10);
	ceiling = strtoll(end, NULL, 10);
	format(again, recent, ceiling);
	if (strcmp(again, record) == 0) {
		r->recent = recent;
		r->ceiling = ceiling;
	}
}

int reserve_open(struct reserve *r, const char *path)
{
	char record[RECORD_BYTES + 1] = "";
	ssize_t got;

	*r = (struct reserve){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640)};
	if (r->fd < 0) {
		return -errno;
	}
	got = pread(r->fd, record, RECORD_BYTES, 0);
	if (got == RECORD_BYTES) {
		parse(r, record);
	}
	return 0;
}

int64_t reserve_resume(const struct reserve *r, int64_t kept_us)
{
	int64_t stamp = r->recent > kept_us ? r->recent : kept_us;

	/* A database in use is never further behind the ceiling than a stride. */
	return stamp + RESERVE_STRIDE_US < r->ceiling || kept_us == 0
	               ? (r->ceiling > stamp ? r->ceiling : stamp)
	               : stamp;
}

int reserve_raise(struct reserve *r, int64_t stamp_us, int exact)
{
	char record[RECORD_BYTES + 1];
	int64_t ceiling = r->ceiling;

	if (exact) {
		ceiling = stamp_us;
	} else if (stamp_us > ceiling) {
		ceiling = stamp_us + RESERVE_STRIDE_US;
	}
	format(record, stamp_us, ceiling);
	if (pwrite(r->fd, record, RECORD_BYTES, 0) != RECORD_BYTES) {
		return errno ? -errno : -ENOSPC;
	}
	r->recent = stamp_us;
	if (ceiling != r->ceiling && fdatasync(r->fd) != 0) {
		return -errno;
	}
	r->ceiling = ceiling;
	return 0;
}

void reserve_close(struct reserve *r)
{
	if (r->fd >= 0) {
		close(r->fd);
		r->fd = -1;
	}
}
