/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/text.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at text, 0 where there is none.  A NUL is no continuation, so
 * the look ahead ends there. */
static size_t character(const uint8_t *text)
{
	uint8_t first = text[0];
	uint8_t lo = 0x80, hi = 0xbf; /* range of the second byte */
	size_t n;

	if (first < 0x80) {
		return 1;
	}
	if (first < 0xc2 || first > 0xf4) {
		return 0;
	}
	n = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	lo = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : lo;
	hi = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : hi;
	if (text[1] < lo || text[1] > hi) {
		return 0;
	}
	for (size_t i = 2; i < n; i++) {
		if (text[i] < 0x80 || text[i] > 0xbf) {
			return 0;
		}
	}
	return n;
}

bool text_is_valid(const char *text)
{
	const uint8_t *at = (const uint8_t *)text;

	while (*at) {
		size_t n = character(at);

		if (n == 0) {
			return false;
		}
		at += n;
	}
	return true;
}

void text_sanitise(char *text)
{
	uint8_t *at = (uint8_t *)text;

	while (*at) {
		size_t n = character(at);

		if (n == 0) {
			*at = '?';
			n = 1;
		}
		at += n;
	}
}
