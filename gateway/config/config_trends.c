/* SPDX-License-Identifier: Apache-2.0 */
/* The list twin.trends: tags whose way to a limit is foretold. */
#include <errno.h>

#include "gateway/config/config_build.h"

static void build_trend(struct build *b, const struct schema_view *v, size_t at,
                        struct trend_config *list)
{
	const struct node *node = schema_node(v, "tag");
	int64_t tag = node ? config_resolve(b, node, node->text) : -1;

	if (tag < 0 || !schema_node(v, "limit")) {
		return;
	}
	if (!b->tags[tag].kind->analog) {
		complaint_error(b->said, node->at, "'%s' has no trend: its type is %s",
		                node->text, b->tags[tag].kind->type_name);
		return;
	}
	list[at] = (struct trend_config){
		.tag = (uint32_t)tag,
		.limit = schema_real(v, "limit"),
		.name = schema_text(v, "name"),
	};
	b->config->n_trends++;
}

int config_trends_build(struct build *b)
{
	struct schema_view v = schema_sub(&b->root, "twin");
	const struct node *list = schema_node(&v, "trends");
	size_t n = list ? list->n : 0;
	struct trend_config *trends = arena_array(b->arena, n, sizeof(*trends));

	if (!trends) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		struct schema_view item = schema_item(&v, "trends", i);

		if (item.map) {
			build_trend(b, &item, b->config->n_trends, trends);
		}
	}
	b->config->trends = trends;
	return 0;
}
