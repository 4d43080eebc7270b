/* SPDX-License-Identifier: Apache-2.0 */
/* part_find() over the list in twin/plant/meson.build. */
#include "twin/plant/part.h"

#include <string.h>

#include "drivers/reading.h"
#include "twin/plant/part_list.h"

#define X(name) extern const struct part_kind part_##name;
PART_LIST
#undef X

static const struct part_kind *const kinds[] = {
#define X(name) &part_##name,
	PART_LIST
#undef X
};

const struct part_kind *part_at(size_t i)
{
	return i < ARRAY_SIZE(kinds) ? kinds[i] : NULL;
}

const struct part_kind *part_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i]->name, name) == 0) {
			return kinds[i];
		}
	}
	return NULL;
}

int part_port(const struct part_port *ports, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ports[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}
