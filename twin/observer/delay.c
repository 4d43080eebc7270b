/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/observer/delay.h"

#include <string.h>

#include "drivers/reading.h"

/* Index of the i-th, the oldest first. */
static size_t place(const struct delay *d, size_t i)
{
	return (d->first + i) % ARRAY_SIZE(d->slots);
}

void delay_init(struct delay *d, double dead_s, size_t n_inputs)
{
	*d = (struct delay){.dead_ns = (int64_t)(dead_s * 1e9), .n_inputs = n_inputs};
}

void delay_push(struct delay *d, int64_t t_ns, const double *u)
{
	size_t bytes = d->n_inputs * sizeof(*u);
	struct delay_slot *last = d->n ? &d->slots[place(d, d->n - 1)] : NULL;

	if (last && memcmp(last->u, u, bytes) == 0) {
		return;
	}
	if (!last || t_ns - last->t_ns >= d->dead_ns / DELAY_SLOTS) {
		if (d->n == ARRAY_SIZE(d->slots)) {
			d->first = place(d, 1);
			d->n--;
		}
		last = &d->slots[place(d, d->n++)];
		last->t_ns = t_ns;
	}
	memcpy(last->u, u, bytes);
}

int64_t delay_at(const struct delay *d, int64_t t_ns, double *u)
{
	const struct delay_slot *acting = NULL;

	for (size_t i = 0; i < d->n; i++) {
		const struct delay_slot *next = &d->slots[place(d, i)];

		if (acting && next->t_ns > t_ns - d->dead_ns) {
			memcpy(u, acting->u, d->n_inputs * sizeof(*u));
			return next->t_ns + d->dead_ns;
		}
		acting = next;
	}
	if (acting) {
		memcpy(u, acting->u, d->n_inputs * sizeof(*u));
	}
	return INT64_MAX;
}
