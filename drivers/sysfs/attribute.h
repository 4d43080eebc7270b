/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One value in a file of the kernel: a hwmon, IIO, GPIO or 1-Wire attribute.  These calls
 * block as long as the kernel's driver does (1-Wire: 750 ms), so they run on a worker.
 */
#ifndef DRIVERS_SYSFS_ATTRIBUTE_H
#define DRIVERS_SYSFS_ATTRIBUTE_H

#include <stddef.h>

#include "drivers/reading.h"
#include "drivers/tag.h"

enum { ATTRIBUTE_MAX_BYTES = 4096 }; /* of a file; an attribute is at most a page */

/** A file, and which part of it. */
struct attribute {
	char *path;      /* may hold * ? [ ]: the one file that fits */
	const char *key; /* the value is the word behind it; NULL: the whole file.
	                    Belongs to the point */
};

/** Is `at` "PATH" or "PATH#KEY"?  @return 0 or -EINVAL with *why a static text */
int attribute_check(const char *at, const char **why);

/** Fill a from "PATH" or "PATH#KEY"; a relative path is below base.
 * @return 0 or -ENOMEM; attribute_fini() in any case */
int attribute_init(struct attribute *a, const char *base, const char *at);
void attribute_fini(struct attribute *a);

/** Is it known to take long, before it was ever read? */
bool attribute_is_slow(const struct attribute *a);

/**
 * Read it.  The key "t=" is that of w1_slave, whose check sum must be YES, and whose
 * bytes not all zero (a bus without the sensor).
 *
 * @param[out] out  always set: good, or bad with refused (no such file), config (several
 *                  fit), reset (the kernel could not read it), short (it is empty),
 *                  mismatch (it has no such key), crc, or what scalar_read() says
 * @param room      strings: encoding->length + 1 bytes, which out borrows
 * @return 0 where the file could be read, whatever is in it; else a negative errno
 */
int attribute_read(const struct attribute *a, const struct point *point,
                   struct reading *out, char *room);

/** Write text into it, once.
 * @return 0; -ECONNREFUSED: could not be opened, nothing was written; -EREMOTEIO: the
 *         kernel refused it, with the errno in *code */
int attribute_write(const struct attribute *a, const char *text, uint16_t *code);

#endif
