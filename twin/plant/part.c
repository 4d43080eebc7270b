/* SPDX-License-Identifier: Apache-2.0 */
/* part_find() over the models and the list in twin/plant/meson.build. */
#include "twin/plant/part.h"

#include <errno.h>
#include <string.h>

#include "drivers/reading.h"
#include "twin/plant/part_list.h"

#define X(name) extern const struct part_kind part_##name;
PART_LIST
#undef X

static const struct part_kind *const own[] = {
#define X(name) &part_##name,
	PART_LIST
#undef X
};

const char *part_name_at(size_t i)
{
	const struct model *model;

	if (i < ARRAY_SIZE(own)) {
		return own[i]->model->name;
	}
	model = model_at(i - ARRAY_SIZE(own));
	return model ? model->name : NULL;
}

int part_find(struct part_kind *out, const char *name)
{
	const struct model *model = model_find(name);

	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (strcmp(own[i]->model->name, name) == 0) {
			*out = *own[i];
			return 0;
		}
	}
	if (!model) {
		return -ENOENT;
	}
	*out = (struct part_kind){.model = model};
	part_damage(out);
	return 0;
}

int part_port(const struct model_port *ports, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ports[i].name, name) == 0) {
			return (int)i;
		}
	}
	return -1;
}
