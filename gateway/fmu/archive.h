/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A ZIP archive from a stranger.  Every name, size and kind of entry is looked at before
 * one byte is unpacked; an archive with one bad entry is refused whole.
 */
#ifndef GATEWAY_FMU_ARCHIVE_H
#define GATEWAY_FMU_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ARCHIVE_ENTRIES_MAX = 10000,
	ARCHIVE_NAME_MAX = 1024,    /* bytes of a name */
	ARCHIVE_RATIO_MAX = 200,    /* unpacked to packed, of what is not small */
	ARCHIVE_SMALL_BYTES = 65536 /* below it the ratio says nothing */
};
#define ARCHIVE_BYTES_MAX (UINT64_C(512) << 20) /* unpacked, all together */

struct archive;

/** Why an archive was refused, for a person. */
struct archive_error {
	char text[256];
};

/**
 * @param[out] out  set on success only; free with archive_close()
 * @return 0; -EBADMSG: no archive, or one that is refused; -ENOENT, -EACCES, ...; -ENOMEM
 */
int archive_open(struct archive **out, const char *path, struct archive_error *why);

/** As archive_open(), of n bytes that are borrowed until archive_close(). */
int archive_open_bytes(struct archive **out, const void *bytes, size_t n,
                       struct archive_error *why);
void archive_close(struct archive *a);

size_t archive_count(const struct archive *a);

/** Name of entry i; a folder's ends with '/'. */
const char *archive_name(const struct archive *a, size_t i);

/** Its size unpacked, bytes. */
uint64_t archive_size(const struct archive *a, size_t i);

/** Index of an entry by its name, or -1. */
int64_t archive_find(const struct archive *a, const char *name);

/**
 * An entry's bytes, with a NUL behind.
 * @param[out] bytes  free() it
 * @return 0; -EFBIG: beyond max; -EBADMSG: damaged; -ENOMEM
 */
int archive_read(struct archive *a, size_t i, size_t max, char **bytes, size_t *n);

/**
 * Write a file's bytes below a folder, mode 0600, its own folders 0700.  What is there
 * already is an error, a link on the way as well.
 * @return 0; -EBADMSG: damaged, or longer than it says; -EEXIST, -ENOSPC, ...
 */
int archive_unpack(struct archive *a, size_t i, int folder_fd);

/** May a file of this name (n bytes) be unpacked below a folder?  Pure.
 * @return NULL, or why not; static */
const char *archive_name_fault(const char *name, size_t n);

#endif
