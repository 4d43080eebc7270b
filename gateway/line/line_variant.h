/* SPDX-License-Identifier: Apache-2.0 */
/** A variant of a line: a file laid over the base, or one value. */
#ifndef GATEWAY_LINE_LINE_VARIANT_H
#define GATEWAY_LINE_LINE_VARIANT_H

#include "gateway/line/line_build.h"

/** The variant's tree over the base's: items over those of the same id, less what it
 * removes; its ways are all of them.  @return NULL: memory ran out, or no maps */
struct node *line_variant_lay(struct line_build *b, struct node *own, struct node *base);

/** Is it "ID.KEY=VALUE", not a file? */
bool line_variant_is_value(const char *variant);

/** That, as a file would say it: of a station, fleet, source or operator, or a parameter
 * of a module of the base.  @return NULL: memory ran out */
char *line_variant_text(struct line_build *b, const char *variant,
                        const struct node *base);

#endif
