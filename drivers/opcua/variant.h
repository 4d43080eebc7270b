/* SPDX-License-Identifier: Apache-2.0 */
/** Values and status codes of OPC UA to readings and back.  Pure. */
#ifndef DRIVERS_OPCUA_VARIANT_H
#define DRIVERS_OPCUA_VARIANT_H

#include <open62541/types.h>

#include "drivers/reading.h"
#include "drivers/tag.h"

/** The upper half of a status code, which says it all but for details: reading.code. */
uint16_t variant_code(UA_StatusCode status);

/**
 * A server's answer to a reading.  The severity of its status is the quality; a status
 * that is not good is REASON_EXCEPTION with variant_code(), but for those that the
 * field's reasons name.
 *
 * A date is seconds since 1970.  Of an array the first element is taken where one was
 * asked for; else it is REASON_MISMATCH.
 *
 * @param element  one element of an array was asked for
 * @param room     strings: encoding->length + 1 bytes, which the reading borrows
 */
void variant_read(struct reading *out, const struct point *point,
                  const UA_DataValue *value, bool element, char *room);

/** A reading that is bad for a status code. */
struct reading variant_bad(const struct point *point, UA_StatusCode status);

/**
 * What scalar_print() printed as a value of the server's type.
 *
 * @param type       of a scalar, or of an array's elements
 * @param array      the node is an array: one of one element is made
 * @param[out] out   to be cleared
 * @return good, BadOutOfRange, BadTypeMismatch, BadOutOfMemory
 */
UA_StatusCode variant_write(UA_Variant *out, const UA_DataType *type, bool array,
                            const char *text);

#endif
