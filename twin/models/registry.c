/* SPDX-License-Identifier: Apache-2.0 */
/* model_find() over the list in twin/meson.build. */
#include <string.h>

#include "drivers/reading.h"
#include "model_list.h"
#include "twin/models/model.h"

#define X(name) extern const struct model model_##name;
MODEL_LIST
#undef X

static const struct model *const models[] = {
#define X(name) &model_##name,
	MODEL_LIST
#undef X
};

const struct model *model_at(size_t i)
{
	return i < ARRAY_SIZE(models) ? models[i] : NULL;
}

const struct model *model_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		if (strcmp(models[i]->name, name) == 0) {
			return models[i];
		}
	}
	return NULL;
}
