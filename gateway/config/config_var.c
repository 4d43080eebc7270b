/* SPDX-License-Identifier: Apache-2.0 */
/* The tags of a component of model var: DEVICE/TAG, or DEVICE/ and a star. */
#include <errno.h>
#include <string.h>

#include "gateway/config/config_build.h"
#include "twin/drift/var.h"

/* The tags of one component, under construction. */
struct list {
	struct build *b;
	const struct node *at; /* who names them now */
	uint32_t *tags;
	size_t n;
};

static bool is_listed(const struct list *l, uint32_t tag)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->tags[i] == tag) {
			return true;
		}
	}
	return false;
}

/* False where there is no room for one more: complained about. */
static bool add_tag(struct list *l, uint32_t tag)
{
	if (is_listed(l, tag)) {
		return true;
	}
	if (l->n == VAR_TAGS_MAX) {
		complaint_error(l->b->said, l->at->at,
		                "model 'var' takes at most %d tags", VAR_TAGS_MAX);
		return false;
	}
	l->tags[l->n++] = tag;
	return true;
}

/* All analog tags of the device that "DEVICE/" and a star name. */
static void add_device(struct list *l)
{
	size_t length = strlen(l->at->text) - 2, before = l->n;
	const struct config *c = l->b->config;

	for (uint32_t i = 0; i < c->n_field_tags; i++) {
		const struct tag *t = &l->b->tags[i];

		if (strncmp(t->device, l->at->text, length) == 0 && !t->device[length] &&
		    t->kind->analog && !add_tag(l, i)) {
			return;
		}
	}
	if (l->n == before) {
		complaint_error(l->b->said, l->at->at,
		                "'%s' names no tag that is a number", l->at->text);
	}
}

static void add_one(struct list *l)
{
	int64_t tag = config_resolve(l->b, l->at, l->at->text);

	if (tag >= 0 && !l->b->tags[tag].kind->analog) {
		complaint_error(l->b->said, l->at->at,
		                "'%s' is no number: its type is %s", l->at->text,
		                l->b->tags[tag].kind->type_name);
	} else if (tag >= 0) {
		(void)add_tag(l, (uint32_t)tag);
	}
}

static bool is_all_of_device(const char *text)
{
	size_t n = strlen(text);

	return n > 2 && strcmp(text + n - 2, "/*") == 0;
}

int config_var_build(struct build *b, const struct schema_view *v,
                     struct component_config *out)
{
	const struct node *names = schema_node(v, "tags");
	struct list l = {.b = b,
	                 .tags = arena_array(b->arena, VAR_TAGS_MAX, sizeof(*l.tags))};

	if (!l.tags) {
		return -ENOMEM;
	}
	for (size_t i = 0; names && i < names->n; i++) {
		l.at = names->items[i];
		if (!l.at->bad && is_all_of_device(l.at->text)) {
			add_device(&l);
		} else if (!l.at->bad) {
			add_one(&l);
		}
	}
	out->tags = l.tags;
	out->n_tags = l.n;
	if (!names || names->n == 0) {
		complaint_error(b->said, config_place(v, "model"),
		                "model 'var' needs 'tags'");
	} else if (l.n && out->learn < var_rows_needed(l.n)) {
		complaint_error(b->said, config_place(v, "tags"),
		                "%zu tags need %u rows to learn from, not %u", l.n,
		                var_rows_needed(l.n), out->learn);
	}
	return 0;
}
