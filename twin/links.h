/* SPDX-License-Identifier: Apache-2.0 */
/** Which tags are tied to which ports of which components. */
#ifndef TWIN_LINKS_H
#define TWIN_LINKS_H

#include "twin/twin.h"

/** A tag tied to a port of a component. */
struct link {
	uint32_t component;
	bool output;
	uint32_t number; /* in the component's list of inputs, outputs or tags */
	struct binding binding;
};

/** All of them, in the order of their tags. */
struct links {
	struct link *all;
	size_t n;
};

/** @return 0 or -ENOMEM; links_fini() either way */
int links_init(struct links *l, const struct twin_config *cfg);
void links_fini(struct links *l);

/** The first link of a tag, or NULL; links_next() gives the others. */
const struct link *links_first(const struct links *l, uint32_t tag);
const struct link *links_next(const struct links *l, const struct link *link);

/** The output that a tag is, or NULL where no component explains it. */
const struct link *links_output(const struct links *l, uint32_t tag);

/** From SI to the tag's unit; the other way is value * scale + offset. */
double links_to_tag(const struct binding *b, double si);

#endif
