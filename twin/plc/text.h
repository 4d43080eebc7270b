/* SPDX-License-Identifier: Apache-2.0 */
/** Values of the virtual PLC as people read and write them; pure. */
#ifndef TWIN_PLC_TEXT_H
#define TWIN_PLC_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "twin/plc/type.h"

enum { TEXT_LITERAL_MAX = 80 };

/**
 * As the command line prints it: BOOL 0 or 1; integers and bit strings in decimal; REAL
 * and LREAL with as many digits as read back the same value; TIME as a number of ms;
 * DATE, TOD and DT as their literals; an enumeration by name; a string in double quotes,
 * with $ before what a string literal would write so.  Of anything else "".  Terminated,
 * cut to room.
 *
 * @param slot  see code.h
 * @return bytes without the NUL
 */
size_t text_write(char *out, size_t room, const struct type *type, const uint8_t *slot);

/**
 * Read what text_write() writes, or a literal of the language (TRUE, 16#FF, INT#5,
 * T#1m30s, 500ms, 'text'), into the slot.  Of a string only what fits is kept.
 *
 * @return 0, -EINVAL, or -ERANGE where the type cannot hold it; then the slot is as it
 * was
 */
int text_read(const char *text, const struct type *type, uint8_t *slot);

/** As X_TO_STRING gives it: TRUE, 16#FF, T#1.5s; elementary kinds but strings.  At least
 * TEXT_LITERAL_MAX bytes. @return bytes without the NUL */
size_t text_literal(char *out, enum kind kind, const uint8_t *slot);

/** Bytes of the slot of a kind that is elementary and no string. */
size_t text_slot_bytes(enum kind kind);

#endif
