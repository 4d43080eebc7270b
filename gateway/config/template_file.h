/* SPDX-License-Identifier: Apache-2.0 */
/** Where device templates lie: NAME.yaml in a few directories, the first one counts. */
#ifndef GATEWAY_CONFIG_TEMPLATE_FILE_H
#define GATEWAY_CONFIG_TEMPLATE_FILE_H

#include "gateway/config/arena.h"

enum { TEMPLATE_DIRS_MAX = 6 };

struct template_dirs {
	const char *path[TEMPLATE_DIRS_MAX];
	size_t n;
};

/**
 * In this order: the configured directory (NULL: none), `templates` beside the
 * configuration, $POLLUX_TEMPLATES, and the program's own: where they are relative to it
 * when installed anywhere and in a build directory, and where they were to be installed.
 *
 * @return 0 or -ENOMEM
 */
int template_dirs_init(struct template_dirs *out, const char *configured,
                       const char *config_path, struct arena *arena);

/** Path of a template.  @return 0; -ENOENT: in no directory; -ENOMEM */
int template_file_find(const char **path, const struct template_dirs *dirs,
                       const char *name, struct arena *arena);

/**
 * Tell each template that template_file_find() would find, in order of names.
 *
 * @return 0 or -ENOMEM
 */
int template_file_each(const struct template_dirs *dirs,
                       void (*each)(void *arg, const char *name, const char *path),
                       void *arg);

#endif
