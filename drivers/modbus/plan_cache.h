/* SPDX-License-Identifier: Apache-2.0 */
/** The plans of one device, one for each set of due poll groups, made when first asked
 * for and again whenever other holes are known or requests cost something else. */
#ifndef DRIVERS_MODBUS_PLAN_CACHE_H
#define DRIVERS_MODBUS_PLAN_CACHE_H

#include "drivers/modbus/plan.h"

enum { PLAN_CACHE_SETS = 16 }; /* beyond, the one used longest ago makes room */

/** A member of the reader. */
struct plan_cache {
	const struct device_config *config;
	const struct device_holes *holes;
	struct plan_cost cost;
	bool repriced;    /* cost is another than the plans were made with */
	uint32_t version; /* of holes, that the plans were made with */
	uint32_t n_finds;
	struct plan_cache_place {
		uint32_t due;
		uint32_t used; /* find that used it last */
		struct plan *plan;
	} places[PLAN_CACHE_SETS];
};

/** Both are borrowed until plan_cache_fini(). */
void plan_cache_init(struct plan_cache *cache, const struct device_config *config,
                     const struct device_holes *holes, const struct plan_cost *cost);
void plan_cache_fini(struct plan_cache *cache);

/** From the next plan_cache_find() on, plan for another cost. */
void plan_cache_reprice(struct plan_cache *cache, const struct plan_cost *cost);

/** Will the next plan_cache_find() make all plans anew? */
bool plan_cache_is_stale(const struct plan_cache *cache);

/**
 * The plan of a set of due groups, valid until the first find after other holes are known
 * or the cost is another, or until fifteen other sets were asked for.
 *
 * @return 0, -ENOMEM, or -E2BIG as plan_new()
 */
int plan_cache_find(const struct plan **out, struct plan_cache *cache, uint32_t due);

#endif
