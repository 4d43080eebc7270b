/* SPDX-License-Identifier: Apache-2.0 */
/* Which test of its innovations each tag has: its own, its component's, or the monitor's
 * for all. */
#include <errno.h>

#include "gateway/config/config_build.h"

/* Keys that mean something for a kind, in the order of enum sequence_kind. */
static const char *const keys[] = {"k",     "h",         "lambda", "limit",
                                   "delta", "threshold", "alpha"};
static const unsigned meaningful[] = {
	[SEQUENCE_LEVEL] = 0,
	[SEQUENCE_CUSUM] = 1 << 0 | 1 << 1,
	[SEQUENCE_EWMA] = 1 << 2 | 1 << 3,
	[SEQUENCE_PAGE_HINKLEY] = 1 << 4 | 1 << 5 | 1 << 6,
	[SEQUENCE_ADWIN] = 1 << 4,
};

static double *number_of(struct sequence_config *c, size_t key)
{
	double *const numbers[] = {&c->k,     &c->h,         &c->lambda, &c->limit,
	                           &c->delta, &c->threshold, &c->alpha};

	return numbers[key];
}

/* The test under a key of v, NULL where it has none. */
static int build_test(struct build *b, const struct schema_view *v,
                      const struct sequence_config **out)
{
	struct schema_view own = schema_sub(v, "test");
	struct sequence_config *cfg;
	enum sequence_kind kind;

	*out = NULL;
	if (!schema_node(v, "test") || !own.map) {
		return 0;
	}
	cfg = arena_array(b->arena, 1, sizeof(*cfg));
	if (!cfg) {
		return -ENOMEM;
	}
	kind = (enum sequence_kind)schema_choice(&own, "kind");
	*cfg = sequence_usual(kind);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!schema_node(&own, keys[i])) {
			continue;
		}
		*number_of(cfg, i) = schema_real(&own, keys[i]);
		if (!(meaningful[kind] >> i & 1)) {
			complaint_error(b->said, config_place(&own, keys[i]),
			                "'%s' means nothing for test '%s'", keys[i],
			                sequence_name(kind));
		}
	}
	*out = cfg;
	return 0;
}

/* The tests under construction, by tag; made when the first is. */
struct tests {
	struct build *b;
	const struct sequence_config **by_tag;
};

static int set_test(struct tests *t, size_t tag, const struct sequence_config *cfg)
{
	size_t n = t->b->config->n_field_tags;

	if (!t->by_tag) {
		t->by_tag = arena_array(t->b->arena, n,
		                        sizeof(const struct sequence_config *));
	}
	if (!t->by_tag) {
		return -ENOMEM;
	}
	t->by_tag[tag] = cfg;
	return 0;
}

static int build_component_tests(struct tests *t)
{
	const struct config *c = t->b->config;
	const struct sequence_config *cfg;
	int err = 0;

	for (size_t i = 0; i < c->n_components && !err; i++) {
		const struct component_config *k = &t->b->components[i];

		err = build_test(t->b, &t->b->component_views[i], &cfg);
		for (size_t j = 0; cfg && j < k->n_outputs && !err; j++) {
			if (k->outputs[j].tag < c->n_field_tags) {
				err = set_test(t, k->outputs[j].tag, cfg);
			}
		}
		for (size_t j = 0; cfg && j < k->n_tags && !err; j++) {
			err = set_test(t, k->tags[j], cfg);
		}
	}
	return err;
}

int config_tests_build(struct build *b, const struct schema_view *monitor)
{
	struct tests t = {.b = b};
	struct config *c = b->config;
	const struct sequence_config *cfg;
	int err = build_test(b, monitor, &cfg);

	for (size_t i = 0; cfg && i < c->n_field_tags && !err; i++) {
		err = set_test(&t, i, cfg);
	}
	err = err ? err : build_component_tests(&t);
	for (size_t i = 0; i < c->n_field_tags && !err; i++) {
		err = build_test(b, &b->tag_views[i], &cfg);
		if (!err && cfg) {
			err = set_test(&t, i, cfg);
		}
		if (!err && cfg && !b->options[i]->monitor) {
			complaint_error(b->said, config_place(&b->tag_views[i], "test"),
			                "'%s/%s' is not monitored", b->tags[i].device,
			                b->tags[i].name);
		}
	}
	c->twin.tests = t.by_tag;
	return err;
}
