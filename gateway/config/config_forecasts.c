/* SPDX-License-Identifier: Apache-2.0 */
/* The section twin.forecasts: how far ahead components are asked, and how often. */
#include "gateway/config/config_build.h"

static const double usual_s[] = {60, 300, 600, 1800};

/* The next horizon; what is no duration was complained about. */
static void add_horizon(struct build *b, const struct node *item)
{
	static const struct schema_key duration = {.type = SCHEMA_DURATION};
	struct forecast_config *f = &b->config->forecasts;
	int64_t ms;
	double real;

	if (item->bad || schema_parse(&duration, item->text, &real, &ms)) {
		return;
	}
	if (f->n_horizons == FORECAST_HORIZONS_MAX) {
		complaint_error(b->said, item->at, "more than %d horizons",
		                FORECAST_HORIZONS_MAX);
		return;
	}
	if (f->n_horizons && (double)ms / 1000 <= f->horizons_s[f->n_horizons - 1]) {
		complaint_error(b->said, item->at,
		                "horizon %s is not beyond the one before it", item->raw);
		return;
	}
	f->horizons_s[f->n_horizons++] = (double)ms / 1000;
}

int config_forecasts_build(struct build *b)
{
	struct schema_view twin = schema_sub(&b->root, "twin");
	struct schema_view v = schema_sub(&twin, "forecasts");
	const struct node *list = schema_node(&v, "horizons");
	struct forecast_config *f = &b->config->forecasts;

	f->every_s = (double)schema_int(&v, "every") / 1000;
	for (size_t i = 0; list && i < list->n; i++) {
		add_horizon(b, list->items[i]);
	}
	if (list && list->n == 0) {
		complaint_error(b->said, list->at, "'horizons' must not be empty");
	}
	for (size_t i = 0; !list && i < ARRAY_SIZE(usual_s); i++) {
		f->horizons_s[f->n_horizons++] = usual_s[i];
	}
	if (f->n_horizons &&
	    f->horizons_s[f->n_horizons - 1] / f->every_s > FORECAST_PENDING_MAX) {
		complaint_error(b->said, config_place(&v, list ? "horizons" : "every"),
		                "%.0f s ahead every %.9g s is more than %d forecasts "
		                "under way: a longer 'every', or a shorter horizon",
		                f->horizons_s[f->n_horizons - 1], f->every_s,
		                FORECAST_PENDING_MAX);
	}
	return 0;
}
