/* SPDX-License-Identifier: Apache-2.0 */
/** Loads configurations from text and keeps what was complained about. */
#ifndef TESTS_GATEWAY_COMPLAINED_H
#define TESTS_GATEWAY_COMPLAINED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config.h"

/** What was said at the last load; free with complained_free(). */
struct complained {
	struct config *config; /* NULL where it was refused */
	char *text;
	int err;
};

static inline struct complained complained_text(const char *path, const char *yaml)
{
	struct complained out = {0};
	size_t n = 0;
	FILE *f = open_memstream(&out.text, &n);

	if (!f) {
		abort();
	}
	out.err = config_load_text(&out.config, path, yaml, strlen(yaml), f);
	fclose(f);
	return out;
}

static inline void complained_free(struct complained *c)
{
	config_free(c->config);
	free(c->text);
}

/** config_print() of c; free() it. */
static inline char *complained_print(const struct config *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f) {
		abort();
	}
	config_print(c, f);
	fclose(f);
	return text;
}

#endif
