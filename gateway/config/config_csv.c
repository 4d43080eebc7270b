/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/config_csv.h"

#include <errno.h>
#include <string.h>

#include "gateway/config/config_file.h"
#include "gateway/config/csv_tags.h"
#include "gateway/config/tree_merge.h"

/* The device's csv_base; a wrong word is the table's to complain about. */
static enum csv_base base_of(const struct node *device)
{
	static const char *const words[] = {"auto", "0", "1", "reference"};
	const struct node *base = tree_find(device, "csv_base");

	for (size_t i = 0; base && base->kind == NODE_SCALAR && i < 4; i++) {
		if (strcmp(base->text, words[i]) == 0) {
			return (enum csv_base)i;
		}
	}
	return CSV_BASE_AUTO;
}

static int expand_device(struct node **item, const struct node *name, struct arena *arena,
                         struct complaints *said)
{
	const char *beside = complaint_source_name(said, name->at.source);
	const char *path = config_file_path(name->text, beside, arena);
	struct node *tags = NULL, *merged;
	char *text;
	size_t n;
	int source,
		err = path ? config_file_read(path, false, arena, &text, &n) : -ENOMEM;

	if (err && err != -ENOMEM) {
		complaint_error(said, name->at, "cannot read '%s': %s", path,
		                config_file_error(err));
		return -EINVAL;
	}
	if (err) {
		return err;
	}
	source = complaint_source(said, path, text, n);
	if (source < 0) {
		return source;
	}
	err = csv_tags_read(&tags, arena, said, (uint32_t)source, base_of(*item));
	if (err) {
		return err;
	}
	merged = tree_merge_device_tags(*item, tags, name->at, arena);
	*item = merged ? merged : *item;
	return merged ? 0 : -ENOMEM;
}

int config_csv_expand(struct node *root, struct arena *arena, struct complaints *said)
{
	const struct node *list = tree_find(root, "devices");
	int failed = 0;

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++) {
		const struct node *name = tree_find(list->items[i], "tags_csv");
		int err = 0;

		if (name && name->kind == NODE_SCALAR && *name->text && !name->bad &&
		    !list->items[i]->bad) {
			err = expand_device(&list->items[i], name, arena, said);
		}
		if (err == -ENOMEM) {
			return err;
		}
		failed = err ? err : failed;
	}
	return failed;
}
