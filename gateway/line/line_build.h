/* SPDX-License-Identifier: Apache-2.0 */
/** Between the files line_*.c: a line's file under construction.  Nobody else's. */
#ifndef GATEWAY_LINE_LINE_BUILD_H
#define GATEWAY_LINE_LINE_BUILD_H

#include "gateway/config/schema.h"
#include "gateway/line/line_file.h"
#include "twin/nearest.h"

extern const struct schema_object line_root, line_module_object, line_lift_object;

struct line_build {
	struct arena *arena;
	struct complaints *said;
	struct schema_view root;
	struct line_setup *setup;
	const char **skills;
	bool full; /* memory ran out */
};

/** Stations with all they have.  What is wrong is complained about. */
void line_stations_build(struct line_build *b);

/** Fleets; before the ways. */
void line_vehicles_build(struct line_build *b);

/** What a way says of a fleet that brings its parts; nothing where none does. */
void line_vehicles_way(struct line_build *b, const struct schema_view *v,
                       struct line_edge *out);

/** One item over another of the same id, key by key, likewise the maps in it.
 * @return NULL: memory ran out */
struct node *line_overlay_item(struct line_build *b, struct node *own,
                               const struct node *base);

/** A name that nothing has, with the nearest that something has. */
void line_unknown(struct line_build *b, const struct node *node, const char *what,
                  const struct nearest *near);

/** Tasks and how they are to be balanced, likewise. */
void line_tasks_build(struct line_build *b);

/** The work by hand of a station. */
void line_work_build(struct line_build *b, const struct schema_view *station,
                     struct line_module *out);

/** Of a task: its time in s without rest and practice; posture. */
double line_task_time(struct line_build *b, const struct schema_view *task);
bool line_posture_read(const struct schema_view *task, struct posture *out);

/** The factor of rest and practice on all times by hand. */
double line_pace(const struct line_build *b);

/** The processes of a station. */
void line_can_build(struct line_build *b, const struct schema_view *station,
                    struct line_module *out);

/** The lift under the key `lift` of a view. */
void line_lift_read(const struct schema_view *v, struct lift *out);

/** A distribution under a key; absent or wrong: 1 s. */
struct dist line_dist(struct line_build *b, const struct schema_view *v, const char *key);

/** The bit of a skill's name, 0 where the key is absent. */
uint32_t line_skill(struct line_build *b, const struct node *node);

/** Index of a product's id, or -1 with a complaint. */
int64_t line_product_of(struct line_build *b, const struct node *node);

/** [x, y] under a key, 0 where absent. */
void line_place(struct line_build *b, const struct schema_view *v, const char *key,
                double xy[2]);

/** A scalar as a number; NAN: it is none, or NULL. */
double line_number(const struct node *node);

double line_seconds(const struct schema_view *v, const char *key);

/** Room in the arena; b->full where there is none. */
void *line_room(struct line_build *b, size_t n, size_t size);

#endif
