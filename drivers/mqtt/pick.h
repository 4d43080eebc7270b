/* SPDX-License-Identifier: Apache-2.0 */
/** A value within a JSON document, by JSON pointer (RFC 6901).  Pure. */
#ifndef DRIVERS_MQTT_PICK_H
#define DRIVERS_MQTT_PICK_H

#include <jansson.h>

#include "drivers/reading.h"
#include "drivers/tag.h"

/** Is it a pointer: "" or "/name/0/..."?  @return 0 or -EINVAL with *why a static text */
int pick_check(const char *pointer, const char **why);

/** The document of n bytes, or NULL where it is none; to be freed with json_decref(). Two
 * values of one name are none.  Integers beyond 64 bits with sign become reals. */
json_t *pick_parse(const char *text, size_t n);

/** What a pointer leads to in root; NULL: nothing.  Borrowed from root. */
const json_t *pick_find(const json_t *root, const char *pointer);

/**
 * A JSON value to a reading, as scalar_read() (drivers/scalar.h).  A string is read as
 * the text it holds; null is REASON_NOT_A_NUMBER, which is how many write NaN; an object
 * or array is REASON_MISMATCH.
 *
 * @param room  strings: encoding->length + 1 bytes, which the reading borrows
 */
void pick_read(struct reading *out, const struct point *point, const json_t *value,
               char *room);

/** A time: ISO 8601, or seconds, milliseconds or microseconds since 1970, told apart by
 * their size (those of 1973 to 5138).  @return 0 or -EINVAL */
int pick_time(int64_t *epoch_us, const json_t *value);

#endif
