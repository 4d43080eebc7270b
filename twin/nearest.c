/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { WORD_MAX = 64 };

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Damerau 1964, Levenshtein 1966; restricted: no substring is edited twice. */
unsigned nearest_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *row = rows[2];
	size_t n = strlen(a), m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX) {
		return 99;
	}
	for (size_t j = 0; j <= m; j++) {
		last[j] = (unsigned)j;
	}
	for (size_t i = 1; i <= n; i++) {
		unsigned *spare = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = min3(last[j] + 1, row[j - 1] + 1,
			              last[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]) && before[j - 2] + 1 < row[j]) {
				row[j] = before[j - 2] + 1;
			}
		}
		before = last;
		last = row;
		row = spare;
	}
	return last[m];
}

void nearest_offer(struct nearest *n, const char *candidate)
{
	size_t length, written, limit;
	unsigned distance;

	if (!n->word) {
		return; /* nothing was written */
	}
	length = strlen(candidate);
	written = strlen(n->word);
	limit = 1 + length / 3;
	if (written > length + limit || length > written + limit) {
		return; /* the lengths alone are too far apart */
	}
	distance = nearest_distance(n->word, candidate);
	if (distance <= limit && distance < length &&
	    (!n->best || distance < n->distance)) {
		n->best = candidate;
		n->distance = distance;
	}
}
