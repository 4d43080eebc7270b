/* SPDX-License-Identifier: Apache-2.0 */
/** Files that a configuration names. */
#ifndef GATEWAY_CONFIG_CONFIG_FILE_H
#define GATEWAY_CONFIG_CONFIG_FILE_H

#include <stdbool.h>

#include "gateway/config/arena.h"

enum { CONFIG_FILE_MAX_BYTES = 8 << 20 };

/**
 * Read a regular file into the arena, with a NUL behind.
 *
 * @param secret  refuse what everybody may read
 * @return 0, -ENOMEM, -EISDIR and the like of open(), -EFBIG, -EPERM: everybody may read
 *         it
 */
int config_file_read(const char *path, bool secret, struct arena *arena, char **text,
                     size_t *n);

/** Where a name points: absolute; in $CREDENTIALS_DIRECTORY where it is there; else
 * beside the file `beside`.  @return path in arena, NULL where memory ran out */
const char *config_file_path(const char *name, const char *beside, struct arena *arena);

/** What a negative errno of config_file_read() means, for a person; static. */
const char *config_file_error(int err);

#endif
