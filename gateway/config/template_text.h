/* SPDX-License-Identifier: Apache-2.0 */
/** ${parameter} and ${parameter + 2} in the text of a device template.  Pure. */
#ifndef GATEWAY_CONFIG_TEMPLATE_TEXT_H
#define GATEWAY_CONFIG_TEMPLATE_TEXT_H

#include <stdbool.h>

#include "gateway/config/arena.h"

/** A parameter and what stands for it in one use of the template. */
struct template_value {
	const char *name;
	const char *text;
	bool secret; /* made of ${ENV}: nobody shows what it becomes part of */
};

/** What texts are expanded with, and what came of the last one. */
struct template_scope {
	const struct template_value *values;
	size_t n;
	struct arena *arena;
	bool secret;      /* something secret went into the text */
	const char *why;  /* it is not understood: a static text for a person */
	const char *word; /* the name that is not known, in the arena; else NULL */
};

/**
 * Replace each ${...}: a name by its text, a sum of products of names and whole numbers
 * (`base + 2`, `40 * row - 1`, without brackets) by its number.
 *
 * @param[out] out  in the arena, or text itself where there is nothing to replace
 * @return 0, -ENOMEM, or -EINVAL with why and word
 */
int template_text_expand(struct template_scope *scope, const char *text,
                         const char **out);

#endif
