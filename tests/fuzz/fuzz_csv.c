/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a register map, however its addresses are meant: refused with a complaint,
 * or tags with ids of their own. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/csv_tags.h"
#include "gateway/config/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int compare_ids(const void *left, const void *right)
{
	const struct node *const *l = left, *const *r = right;

	return strcmp(tree_find(*l, "id")->text, tree_find(*r, "id")->text);
}

static void check_tags(const struct node *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct node *id = tree_find(list->items[i], "id");

		if (!id || !schema_is_id(id->text, strlen(id->text)) ||
		    !tree_find(list->items[i], "at") ||
		    !tree_find(list->items[i], "type")) {
			abort();
		}
	}
	qsort(list->items, list->n, sizeof(struct node *), compare_ids);
	for (size_t i = 1; i < list->n; i++) {
		if (compare_ids(&list->items[i - 1], &list->items[i]) == 0) {
			abort();
		}
	}
}

static void read_as(const char *text, size_t n, enum csv_base base)
{
	struct complaints *said = complaint_new();
	struct arena arena = {0};
	struct node *list = NULL;
	int source = said ? complaint_source(said, "fuzz.csv", text, n) : -ENOMEM;
	int err = source < 0 ? source
	                     : csv_tags_read(&list, &arena, said, (uint32_t)source, base);

	if (err && err != -ENOMEM && complaint_errors(said) == 0) {
		abort(); /* refused without a word */
	}
	if (!err) {
		check_tags(list);
	}
	arena_free(&arena);
	complaint_free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = calloc(n + 1, 1); /* config_file_read() puts a NUL behind, too */

	if (!text) {
		return 0;
	}
	memcpy(text, data, n);
	for (int base = CSV_BASE_AUTO; base <= CSV_BASE_REFERENCE; base++) {
		read_as(text, n, (enum csv_base)base);
	}
	free(text);
	return 0;
}
