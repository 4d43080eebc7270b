/* SPDX-License-Identifier: Apache-2.0 */
/* The section line: routings that are held against the line as it is. */
#include <errno.h>

#include "gateway/config/config_build.h"
#include "gateway/config/config_file.h"

int config_routings_build(struct build *b)
{
	struct schema_view v = schema_sub(&b->root, "line");
	const struct node *list = schema_node(&v, "routings");
	struct routings_config *out = &b->config->routings;
	size_t n = list ? list->n : 0;
	const char **files = arena_array(b->arena, n, sizeof(*files));

	if (!files) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		const struct node *file = list->items[i];

		if (file->bad || !file->text) {
			continue;
		}
		files[out->n] = config_file_path(
			file->text, complaint_source_name(b->said, file->at.source),
			b->arena);
		if (!files[out->n++]) {
			return -ENOMEM;
		}
	}
	out->files = files;
	out->every_s = v.map ? (uint32_t)(schema_int(&v, "every") / 1000) : 0;
	return 0;
}
