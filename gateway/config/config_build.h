/* SPDX-License-Identifier: Apache-2.0 */
/** Between the files config_*.c: a configuration under construction.  Nobody else's. */
#ifndef GATEWAY_CONFIG_CONFIG_BUILD_H
#define GATEWAY_CONFIG_CONFIG_BUILD_H

#include "gateway/config.h"
#include "gateway/config/once.h"
#include "gateway/config/schema.h"

/** What config becomes const of, and where each part stands in the text. */
struct build {
	struct config *config;
	struct arena *arena;
	struct once once; /* what tags have in common; options, kinds, encodings */
	struct complaints *said;
	struct schema_view root;
	struct device_config *devices;
	struct schema_view *device_views; /* same index */
	const struct driver **drivers;    /* same index; NULL: unknown */
	struct point *points;             /* of all devices; index is the tag's */
	struct tag *tags;
	const struct tag_options **options;
	struct schema_view *tag_views; /* of the field's tags */
	struct component_config *components;
	enum auto_identify *auto_identify;   /* same index */
	struct schema_view *component_views; /* same index */
	struct fmu_config *fmus;             /* as many as components, at most */
	struct lua_config *luas;             /* likewise */
};

/* Each fills its part from its section; 0 or -ENOMEM.  What is wrong goes to said. */
int config_mqtt_build(struct build *b);
int config_devices_build(struct build *b);
int config_twin_build(struct build *b);
int config_forecasts_build(struct build *b);
int config_routings_build(struct build *b);
int config_flow_build(struct build *b);   /* after the twin: it adds tags */
int config_trends_build(struct build *b); /* after the twin, which makes tags */

/** A tag that no device has, a real number behind all that are there; there is room.
 * @param tag   but for its kind; its strings stay
 * @param unit  "" where none
 * @return its number; where memory ran out it has no kind or no options */
uint32_t config_tag_add(struct build *b, const struct tag *tag, const char *unit);

/** Tests that were chosen, by tag; after the components. */
int config_tests_build(struct build *b, const struct schema_view *monitor);

/** The tags of a component of model var. */
int config_var_build(struct build *b, const struct schema_view *v,
                     struct component_config *out);

/** Cross references and everything that needs more than one part. */
int config_check(struct build *b);

/** Where a key of v stands, or v itself where it is absent. */
struct place config_place(const struct schema_view *v, const char *name);

/** Index of the tag that a value "device/tag" means, or -1 with a complaint. */
int64_t config_resolve(struct build *b, const struct node *node, const char *text);

#endif
