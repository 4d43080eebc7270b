/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/links.h"

#include <errno.h>
#include <stdlib.h>

static int by_tag(const void *a, const void *b)
{
	const struct link *left = a, *right = b;

	return (left->binding.tag > right->binding.tag) -
	       (left->binding.tag < right->binding.tag);
}

int links_init(struct links *l, const struct twin_config *cfg)
{
	size_t most = cfg->n_components * (MODEL_INPUTS_MAX + COMPONENT_OUTPUTS_MAX);

	for (size_t i = 0; i < cfg->n_components; i++) {
		most += cfg->components[i].n_tags;
	}
	*l = (struct links){.all = calloc(most + 1, sizeof(*l->all))};
	if (!l->all) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < cfg->n_components; i++) {
		const struct component_config *c = &cfg->components[i];

		for (uint32_t j = 0; j < c->n_inputs; j++) {
			l->all[l->n++] = (struct link){i, false, j, c->inputs[j]};
		}
		for (uint32_t j = 0; j < c->n_outputs; j++) {
			l->all[l->n++] = (struct link){i, true, j, c->outputs[j]};
		}
		for (uint32_t j = 0; j < c->n_tags; j++) {
			l->all[l->n++] = (struct link){
				i, false, j, {j, c->tags[j], 1, 0}};
		}
	}
	qsort(l->all, l->n, sizeof(*l->all), by_tag);
	return 0;
}

void links_fini(struct links *l)
{
	free(l->all);
	*l = (struct links){0};
}

const struct link *links_first(const struct links *l, uint32_t tag)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (l->all[middle].binding.tag < tag) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < l->n && l->all[low].binding.tag == tag ? &l->all[low] : NULL;
}

const struct link *links_next(const struct links *l, const struct link *link)
{
	const struct link *next = link + 1;

	return next < l->all + l->n && next->binding.tag == link->binding.tag ? next
	                                                                      : NULL;
}

const struct link *links_output(const struct links *l, uint32_t tag)
{
	const struct link *link = links_first(l, tag);

	while (link && !link->output) {
		link = links_next(l, link);
	}
	return link;
}

double links_to_tag(const struct binding *b, double si)
{
	return (si - b->offset) / b->scale;
}
