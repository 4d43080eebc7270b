/* SPDX-License-Identifier: Apache-2.0 */
/** "Did you mean ...?"  Pure. */
#ifndef TWIN_NEAREST_H
#define TWIN_NEAREST_H

#include <stddef.h>

/** Insertions, deletions, replacements and swaps of neighbours that make a of b (optimal
 * string alignment), letters' case costing nothing; 99 beyond 64 bytes. */
unsigned nearest_distance(const char *a, const char *b);

/** Candidates are offered one by one; zero but for word at start. */
struct nearest {
	const char *word; /* what was written */
	const char *best; /* NULL: nothing is near */
	unsigned distance;
};

/** Keep candidate (borrowed) where it is nearer than those before, and near at all: at
 * most a third of its length away. */
void nearest_offer(struct nearest *n, const char *candidate);

#endif
