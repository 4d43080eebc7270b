/* SPDX-License-Identifier: Apache-2.0 */
/** Sentences with values in them, without stdio: a small part of printf. */
#ifndef TWIN_PLC_MESSAGE_H
#define TWIN_PLC_MESSAGE_H

#include <stdarg.h>
#include <stddef.h>

/**
 * Write at most room - 1 bytes and a NUL; what does not fit is left out and shown by
 * "...", never within a character.  Control characters from %s are written as '?', so
 * that a text cannot disturb a terminal.
 *
 * %.*s of NULL, the name of a variable that has an address alone, is "what has no name".
 *
 * @param format  of printf, but only %s %.*s %d %u %zu %lld %llu %c %%
 * @return bytes written, without the NUL
 */
size_t message_format(char *out, size_t room, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

#endif
