/* SPDX-License-Identifier: Apache-2.0 */
/** Values that a device writes as text, in a file or a message, and back.  Pure. */
#ifndef DRIVERS_SCALAR_H
#define DRIVERS_SCALAR_H

#include "drivers/reading.h"
#include "drivers/tag.h"

/** Can a text hold the point's type?  @return 0, or -EINVAL with *why a static text */
int scalar_check(const struct point *point, const char **why);

/**
 * A text to a reading: tag, value, quality and reason are set, code is 0.
 *
 * Blanks around it do not matter.  Numbers are decimal, or hexadecimal behind 0x; whole
 * ones are exact to 64 bits.  A bool is a number (0: false) or true, false, on, off, yes,
 * no, y, n in any case.  BAD are: nothing (REASON_SHORT); no number, NaN, infinity
 * (REASON_NOT_A_NUMBER); a number beyond the type (REASON_OUT_OF_RANGE); a fraction where
 * the type is an unscaled integer (REASON_MISMATCH).
 *
 * @param text  n bytes, no NUL needed
 * @param room  strings: encoding->length + 1 bytes, which the reading borrows; bytes that
 * are no UTF-8 become '?'.  Else unused, may be NULL
 */
void scalar_read(struct reading *out, const struct point *point, const char *text,
                 size_t n, char *room);

/** As scalar_read() of a value that was a number or bool already; a text is
 * REASON_MISMATCH. */
void scalar_take(struct reading *out, const struct point *point, const struct value *raw);

/** A reading that is bad for a reason. */
struct reading scalar_bad(const struct point *point, enum reason reason);

/**
 * The inverse of scalar_read().  Nothing is clamped or rounded to a step.
 *
 * @param text  n bytes, VALUE_TEXT_MAX + 1 are always enough
 * @return 0, or -ERANGE: value does not fit the point
 */
int scalar_print(char *text, size_t n, const struct point *point,
                 const struct value *value);

#endif
