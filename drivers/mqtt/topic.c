/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/mqtt/topic.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool topic_is_name(const char *topic)
{
	size_t n = strlen(topic);

	return n > 0 && n <= UINT16_MAX && !strpbrk(topic, "+#");
}

bool topic_is_filter(const char *filter)
{
	bool wild = false;

	for (const char *level = filter;; level++) {
		size_t n = strcspn(level, "/");

		if (memchr(level, '+', n) || memchr(level, '#', n)) {
			if (n != 1 || (*level == '#' && level[1])) {
				return false;
			}
			wild = true;
		}
		level += n;
		if (!*level) {
			return wild && level - filter <= UINT16_MAX;
		}
	}
}

/* What a wildcard stands for: the next level of captured, or all of it that is left. */
static size_t level_length(const char *captured, size_t n, bool all)
{
	const char *slash = all ? NULL : memchr(captured, '/', n);

	return slash ? (size_t)(slash - captured) : n;
}

int topic_fill(char **out, const char *filter, const char *captured, size_t n)
{
	char *at = malloc(strlen(filter) + n + 1);
	bool first = true;

	*out = at;
	if (!at) {
		return -ENOMEM;
	}
	for (; *filter; filter++) {
		size_t n_level;

		if (*filter != '+' && *filter != '#') {
			*at++ = *filter;
			continue;
		}
		if (!first && n > 0) { /* the slash between two of them */
			captured++;
			n--;
		}
		first = false;
		n_level = level_length(captured, n, *filter == '#');
		if (n_level == 0) {
			break;
		}
		memcpy(at, captured, n_level);
		at += n_level;
		captured += n_level;
		n -= n_level;
	}
	*at = '\0';
	if (*filter || n > 0 || !topic_is_name(*out)) {
		free(*out);
		*out = NULL;
		return -EINVAL;
	}
	return 0;
}
