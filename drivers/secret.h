/* SPDX-License-Identifier: Apache-2.0 */
/** Files that a device's address names: certificates, keys, passwords. */
#ifndef DRIVERS_SECRET_H
#define DRIVERS_SECRET_H

#include <stddef.h>

enum { SECRET_PATH_MAX = 4096 }; /* bytes with the terminating NUL */

/**
 * Where a file is: at an absolute path, or among the credentials that systemd hands to
 * the service (LoadCredential=).
 *
 * @param path  SECRET_PATH_MAX bytes
 * @return 0, -ENOENT: neither, -ENAMETOOLONG
 */
int secret_path(char *path, const char *name);

/** May it be read, and not by everybody?  @return 0 or a negative errno; -EACCES also
 * where everybody may, or it is no regular file */
int secret_check(const char *path);

/** The first line of the file of a name, at most n - 1 bytes.  @return 0; what
 * secret_path() and secret_check() return; -EACCES: it is empty */
int secret_line(const char *name, char *line, size_t n);

#endif
