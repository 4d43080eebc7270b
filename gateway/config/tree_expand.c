/* SPDX-License-Identifier: Apache-2.0 */
/* ${NAME} and ${NAME:-default} in scalars. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/tree.h"

static const char name_chars[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

enum { NAME_MAX_BYTES = 200 };

/* The value of the variable whose "${" is at p, or what stands behind ":-" where it is
 * not set; *end behind its "}".  NULL: complained, or no memory. */
static const char *value_at(const struct node *node, const char *p, const char **end,
                            struct arena *arena, struct complaints *said)
{
	size_t n = strspn(p + 2, name_chars);
	const char *preset = strncmp(p + 2 + n, ":-", 2) == 0 ? p + 2 + n + 2 : NULL;
	const char *close = preset ? strchr(preset, '}') : p + 2 + n;
	char name[NAME_MAX_BYTES + 1];
	const char *value;

	if (n == 0 || n > NAME_MAX_BYTES || !close || *close != '}') {
		complaint_error(said, node->at, "'${' without a name and '}'");
		return NULL;
	}
	memcpy(name, p + 2, n);
	name[n] = '\0';
	*end = close + 1;
	value = getenv(name);
	if (!value && preset) {
		return arena_text(arena, preset, (size_t)(close - preset));
	}
	if (!value) {
		complaint_error(said, node->at, "environment variable '%s' is not set",
		                name);
	}
	return value;
}

static int expand_scalar(struct node *node, struct arena *arena, struct complaints *said)
{
	const char *p = node->text, *start, *end, *out = "";

	while ((start = strstr(p, "${"))) {
		const char *value = value_at(node, start, &end, arena, said);

		if (!value) {
			node->bad = true;
			return 0;
		}
		out = arena_format(arena, "%s%.*s%s", out, (int)(start - p), p, value);
		if (!out) {
			return -ENOMEM;
		}
		p = end;
		node->secret = true;
	}
	if (node->secret) {
		node->text = arena_format(arena, "%s%s", out, p);
	}
	return node->text ? 0 : -ENOMEM;
}

int tree_expand(struct node *root, struct arena *arena, struct complaints *said)
{
	int err = 0;

	if (!root || root->expanded) {
		return 0;
	}
	root->expanded = true; /* an alias is the same node again */
	if (root->kind == NODE_SCALAR) {
		return expand_scalar(root, arena, said);
	}
	for (size_t i = 0; !err && i < root->n; i++) {
		err = tree_expand(root->items[i], arena, said);
	}
	return err;
}
