/* SPDX-License-Identifier: Apache-2.0 */
/** What a value must be before it may be written: writable, of the tag's type, finite, in
 * range, on the step.  Nothing is clamped or repaired: a malformed request is refused
 * whole.  Pure. */
#ifndef GATEWAY_WRITE_RULES_H
#define GATEWAY_WRITE_RULES_H

#include "drivers/tag.h"
#include "gateway/config.h"

enum { REFUSAL_TEXT_MAX = 256 };

/**
 * Understand a value as a person types it, by the tag's type: true, false, 0, 1 for bool
 * and bits; whole numbers to the last digit; decimals; anything for strings.
 *
 * @param[out] out  text is borrowed
 * @return 0, or -EINVAL with a sentence in why[REFUSAL_TEXT_MAX]
 */
int write_rules_parse(const struct tag *tag, const char *text, struct value *out,
                      char *why);

/**
 * May this value be written to this tag (rules NULL: it is not writable)?  Whether the
 * point can hold it exactly, the driver says.
 *
 * @return 0, -EACCES: the tag is not writable, -ERANGE: the value is not allowed; then
 *         with a sentence in why[REFUSAL_TEXT_MAX]
 */
int write_rules_judge(const struct tag *tag, const struct write_config *rules,
                      const struct value *value, char *why);

/** Is what a device holds what was written, but for the rounding of the tag's type?
 * Values of different kinds compare as numbers, a text only with a text. */
bool write_rules_same(enum value_type type, const struct value *held,
                      const struct value *written);

/** Print a value for a person: 12.5, true, "text". */
void write_rules_print(const struct value *value, char *buf, size_t size);

#endif
