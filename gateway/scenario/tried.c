/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/tried.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 256, SLOTS_OF_ONE = 4 };

/* FNV-1a (Fowler, Noll, Vo 1991); -0 is 0. */
static uint64_t hash(const double *x, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < n; i++) {
		double value = x[i] + 0.0;
		unsigned char bytes[sizeof(value)];

		memcpy(bytes, &value, sizeof(value));
		for (size_t k = 0; k < sizeof(value); k++) {
			h = (h ^ bytes[k]) * UINT64_C(1099511628211);
		}
	}
	return h ^ h >> 32;
}

static bool is_point(const double *a, const double *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (fabs(a[i] - b[i]) > 0) {
			return false;
		}
	}
	return true;
}

/* Where it is, or would be. */
static uint32_t *slot_of(const struct tried *a, const double *x)
{
	size_t at = hash(x, a->width) & (a->n_slots - 1);

	while (a->slots[at] && !is_point(a->all[a->slots[at] - 1].x, x, a->width)) {
		at = (at + 1) & (a->n_slots - 1);
	}
	return &a->slots[at];
}

static int grow(struct tried *a)
{
	size_t room = a->room ? 2 * a->room : ROOM;
	struct optimum_trial *all = reallocarray(a->all, room, sizeof(*all));
	uint32_t *slots = calloc(room * SLOTS_OF_ONE, sizeof(*slots));

	a->all = all ? all : a->all;
	if (!all || !slots) {
		free(slots);
		return -ENOMEM;
	}
	free(a->slots);
	a->slots = slots;
	a->n_slots = room * SLOTS_OF_ONE;
	a->room = room;
	for (size_t i = 0; i < a->n; i++) {
		*slot_of(a, a->all[i].x) = (uint32_t)i + 1;
	}
	return 0;
}

int tried_add(struct tried *a, const struct optimum_trial *t)
{
	if (a->n == a->room && grow(a)) {
		return -ENOMEM;
	}
	*slot_of(a, t->x) = (uint32_t)a->n + 1;
	a->all[a->n++] = *t;
	return 0;
}

const struct optimum_trial *tried_find(const struct tried *a, const double *x)
{
	uint32_t at = a->n ? *slot_of(a, x) : 0;

	return at ? &a->all[at - 1] : NULL;
}

void tried_fini(struct tried *a)
{
	free(a->all);
	free(a->slots);
	*a = (struct tried){.width = a->width};
}
