/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Online change: files are read again and take the place of the program that runs,
 * between two scans (program_change() says what stays).  Everything or nothing: where a
 * text is wrong, a variable does not fit, or one that is watched or fed is gone, the old
 * program runs on.
 */
#ifndef GATEWAY_PLC_ONLINE_H
#define GATEWAY_PLC_ONLINE_H

#include "gateway/plc/inputs.h"
#include "gateway/plc/watched.h"
#include "twin/plc/program.h"

/** What is changed; all borrowed. */
struct online {
	char *const *paths; /* of the files that run now; for the first change */
	size_t n_paths;
	const struct program_options *options;
	struct program *program;
	struct sources **sources; /* of program; replaced */
	struct watched *watched;  /* NULL: none */
	struct inputs *inputs;    /* NULL: none */
};

struct online_change;

/** @return NULL: out of memory */
struct online_change *online_new(const struct online *online);
void online_free(struct online_change *c);

/**
 * Change it now.
 *
 * @param paths     separated by tabs; taken apart; NULL: the same files again
 * @param[out] why  lines for the operator, free(); NULL where it was changed
 * @param counts    filled where it was changed
 * @return 0, -EINVAL: refused, -ENOMEM, or of a file that cannot be read
 */
int online_apply(struct online_change *c, char *paths, char **why,
                 struct program_changed *counts);

#endif
