/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log.h"

static bool same_secret(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool reload_is_same(const struct config *a, const struct config *b)
{
	char *texts[2] = {NULL, NULL};
	const struct config *both[2] = {a, b};
	size_t size;
	bool same = true;

	for (int i = 0; i < 2; i++) {
		FILE *f = open_memstream(&texts[i], &size);

		if (f) {
			config_print(both[i], f);
			fclose(f);
		}
	}
	same = texts[0] && texts[1] && strcmp(texts[0], texts[1]) == 0 &&
	       same_secret(a->mqtt.password, b->mqtt.password); /* which is not printed */
	free(texts[0]);
	free(texts[1]);
	return same;
}

void reload_complain(char *text)
{
	char *rest;

	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		log_line(LOG_ERROR, "%s", line);
	}
}
