/* SPDX-License-Identifier: Apache-2.0 */
/* From text to a checked tree. */
#include <errno.h>
#include <string.h>

#include "gateway/config/schema.h"

int schema_read(struct arena *arena, struct complaints *said,
                const char *const path_text[2], struct schema_view *view)
{
	struct node *root = NULL;
	int source = complaint_source(said, path_text[0], path_text[1],
	                              strlen(path_text[1]));
	int err = source < 0 ? source : 0;

	if (!err) {
		err = tree_read(&root, arena, said, (uint32_t)source);
	}
	if (!err && !root) {
		complaint_error(said, (struct place){.source = (uint32_t)source},
		                "the file is empty");
	}
	if (err || !root) {
		return err ? err : -EINVAL;
	}
	schema_check(root, view->object, said);
	view->map = root->bad ? NULL : root;
	return complaint_errors(said) ? -EINVAL : 0;
}

size_t schema_count(const struct schema_view *view, const char *name)
{
	const struct node *list = schema_node(view, name);

	return list ? list->n : 0;
}
