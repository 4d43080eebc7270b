/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/drift/learner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	uint32_t n;
	uint32_t dropped;
	uint32_t next_free; /* slot number + 1, 0: none */
};

struct learner {
	size_t readings, n_slots;
	uint32_t first_free; /* slot number + 1, 0: none */
	uint32_t *slot_of;   /* by tag: slot number + 1, 0: none */
	struct slot *slots;
	double *x;
	float *dt_s;
	float *scratch; /* as long as one tag's */
};

int learner_new(struct learner **out, size_t n_tags, size_t n_learn, size_t readings,
                size_t max_bytes)
{
	struct learner *l = calloc(1, sizeof(*l));
	size_t most = max_bytes / (readings * LEARNER_BYTES_PER_READING);

	if (!l) {
		return -ENOMEM;
	}
	l->readings = readings;
	l->n_slots = n_learn < most ? n_learn : most;
	l->n_slots = l->n_slots ? l->n_slots : 1;
	l->slot_of = calloc(n_tags ? n_tags : 1, sizeof(*l->slot_of));
	l->slots = calloc(l->n_slots, sizeof(*l->slots));
	l->x = calloc(l->n_slots * readings, sizeof(*l->x));
	l->dt_s = calloc(l->n_slots * readings, sizeof(*l->dt_s));
	l->scratch = calloc(readings, sizeof(*l->scratch));
	if (!l->slot_of || !l->slots || !l->x || !l->dt_s || !l->scratch) {
		learner_free(l);
		return -ENOMEM;
	}
	for (size_t i = 0; i < l->n_slots; i++) {
		l->slots[i].next_free = i + 1 < l->n_slots ? (uint32_t)i + 2 : 0;
	}
	l->first_free = 1;
	*out = l;
	return 0;
}

void learner_free(struct learner *l)
{
	if (l) {
		free(l->slot_of);
		free(l->slots);
		free(l->x);
		free(l->dt_s);
		free(l->scratch);
		free(l);
	}
}

bool learner_add(struct learner *l, uint32_t tag, double x, double dt_s)
{
	struct slot *slot;
	size_t at;

	if (!l->slot_of[tag]) {
		if (!l->first_free) {
			return false;
		}
		l->slot_of[tag] = l->first_free;
		slot = &l->slots[l->first_free - 1];
		l->first_free = slot->next_free;
		slot->n = slot->dropped = 0;
	}
	slot = &l->slots[l->slot_of[tag] - 1];
	if (slot->n == l->readings) {
		return false;
	}
	at = (l->slot_of[tag] - 1) * l->readings + slot->n++;
	l->x[at] = x;
	l->dt_s[at] = (float)dt_s;
	return true;
}

struct learner_rows learner_rows(const struct learner *l, uint32_t tag)
{
	struct learner_rows rows = {0};
	size_t slot = l->slot_of[tag];

	if (slot) {
		rows.x = l->x + (slot - 1) * l->readings;
		rows.dt_s = l->dt_s + (slot - 1) * l->readings;
		rows.scratch = l->scratch;
		rows.n = l->slots[slot - 1].n;
		rows.dropped = l->slots[slot - 1].dropped;
	}
	return rows;
}

void learner_drop(struct learner *l, uint32_t tag, size_t n)
{
	size_t first = (l->slot_of[tag] - 1) * l->readings;
	struct slot *slot = &l->slots[l->slot_of[tag] - 1];

	slot->n -= (uint32_t)n;
	slot->dropped += (uint32_t)n;
	memmove(l->x + first, l->x + first + n, slot->n * sizeof(*l->x));
	memmove(l->dt_s + first, l->dt_s + first + n, slot->n * sizeof(*l->dt_s));
}

void learner_release(struct learner *l, uint32_t tag)
{
	uint32_t slot = l->slot_of[tag];

	if (slot) {
		l->slots[slot - 1].next_free = l->first_free;
		l->first_free = slot;
		l->slot_of[tag] = 0;
	}
}
