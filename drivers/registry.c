/* SPDX-License-Identifier: Apache-2.0 */
/* driver_find() over the list in drivers/meson.build. */
#include <string.h>

#include "driver_list.h"
#include "drivers/driver.h"

#define X(name) extern const struct driver driver_##name;
DRIVER_LIST
#undef X

static const struct driver *const drivers[] = {
#define X(name) &driver_##name,
	DRIVER_LIST
#undef X
};

static const struct {
	const char *name, *needs;
} left_out[] = {
#define X(name, needs) {#name, needs},
	DRIVERS_LEFT_OUT
#undef X
	{"", ""},
};

const struct driver *driver_at(size_t i)
{
	return i < ARRAY_SIZE(drivers) ? drivers[i] : NULL;
}

const struct driver *driver_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		if (strcmp(drivers[i]->name, name) == 0) {
			return drivers[i];
		}
	}
	return NULL;
}

const char *driver_needs(const char *name)
{
	for (size_t i = 0; i + 1 < ARRAY_SIZE(left_out); i++) {
		if (strcmp(left_out[i].name, name) == 0) {
			return left_out[i].needs;
		}
	}
	return NULL;
}
