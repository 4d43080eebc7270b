/* SPDX-License-Identifier: Apache-2.0 */
/** UTF-8 as Unicode 15, table 3-7 has it: no overlong forms, no surrogates.  Pure. */
#ifndef DRIVERS_TEXT_H
#define DRIVERS_TEXT_H

#include <stdbool.h>

/** Is all of a NUL-terminated text UTF-8? */
bool text_is_valid(const char *text);

/** Put '?' in place of every byte that belongs to no character; the length stays. */
void text_sanitise(char *text);

#endif
