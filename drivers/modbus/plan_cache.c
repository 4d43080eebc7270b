/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/plan_cache.h"

void plan_cache_init(struct plan_cache *cache, const struct device_config *config,
                     const struct device_holes *holes, const struct plan_cost *cost)
{
	*cache = (struct plan_cache){.config = config,
	                             .holes = holes,
	                             .cost = *cost,
	                             .version = holes->version};
}

void plan_cache_fini(struct plan_cache *cache)
{
	for (size_t i = 0; i < PLAN_CACHE_SETS; i++) {
		plan_free(cache->places[i].plan);
		cache->places[i] = (struct plan_cache_place){0};
	}
}

void plan_cache_reprice(struct plan_cache *cache, const struct plan_cost *cost)
{
	cache->cost = *cost;
	cache->repriced = true;
}

bool plan_cache_is_stale(const struct plan_cache *cache)
{
	return cache->repriced || cache->version != cache->holes->version;
}

int plan_cache_find(const struct plan **out, struct plan_cache *cache, uint32_t due)
{
	const struct plan_rules rules = {.limits = &cache->config->limits,
	                                 .cost = cache->cost,
	                                 .holes = cache->holes->items,
	                                 .n_holes = cache->holes->n};
	struct plan_cache_place *place = &cache->places[0];
	struct plan *plan = NULL;
	int err;

	if (plan_cache_is_stale(cache)) {
		plan_cache_fini(cache);
		cache->version = cache->holes->version;
		cache->repriced = false;
	}
	cache->n_finds++;
	for (size_t i = 0; i < PLAN_CACHE_SETS; i++) {
		struct plan_cache_place *other = &cache->places[i];

		if (other->plan && other->due == due) {
			other->used = cache->n_finds;
			*out = other->plan;
			return 0;
		}
		if (!other->plan || (place->plan && other->used < place->used)) {
			place = other;
		}
	}
	err = plan_new(&plan, cache->config->points, cache->config->n_points, due,
	               &rules);
	if (!err) {
		plan_free(place->plan);
		*place = (struct plan_cache_place){due, cache->n_finds, plan};
		*out = plan;
	}
	return err;
}
