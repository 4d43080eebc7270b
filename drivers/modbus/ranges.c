/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static size_t range_size(const struct discover_range *r)
{
	return r->last - r->first + 1U;
}

/* Join the i-th range with the next where they touch. */
static int join_next(struct discover_unit *u, size_t i)
{
	struct discover_range *r = &u->ranges[i], *next = r + 1;
	size_t n = range_size(r);
	uint16_t *larger;

	if (i + 1 >= u->n_ranges || r->table != next->table ||
	    r->last + 1 != next->first) {
		return 0;
	}
	larger = realloc(r->values, (n + range_size(next)) * sizeof(*larger));
	if (!larger) {
		return -ENOMEM;
	}
	memcpy(larger + n, next->values, range_size(next) * sizeof(*larger));
	r->values = larger;
	r->last = next->last;
	free(next->values);
	u->n_ranges--;
	memmove(next, next + 1, (u->n_ranges - i - 1) * sizeof(*next));
	return 0;
}

/* Put a range, whose values it takes over, between the others. */
static int insert_range(struct discover_unit *u, const struct discover_range *add)
{
	struct discover_range *larger = realloc(u->ranges,
	                                        (u->n_ranges + 1) * sizeof(*larger));
	size_t i = 0;
	int err;

	if (!larger) {
		free(add->values);
		return -ENOMEM;
	}
	u->ranges = larger;
	while (i < u->n_ranges &&
	       (larger[i].table < add->table ||
	        (larger[i].table == add->table && larger[i].first < add->first))) {
		i++;
	}
	memmove(larger + i + 1, larger + i, (u->n_ranges - i) * sizeof(*larger));
	larger[i] = *add;
	u->n_ranges++;
	err = join_next(u, i);
	return err || i == 0 ? err : join_next(u, i - 1);
}

int ranges_add(struct discover_unit *u, enum modbus_table table, uint16_t first,
               uint16_t count, const uint8_t *data)
{
	struct discover_range r = {.table = table,
	                           .first = first,
	                           .last = (uint16_t)(first + count - 1),
	                           .values = malloc(count * sizeof(*r.values))};
	bool bits = table == MODBUS_COIL || table == MODBUS_DISCRETE;

	if (!r.values) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		r.values[i] = bits ? pdu_bit(data, i) : pdu_register(data, i);
	}
	return insert_range(u, &r);
}

void ranges_free(struct discover_unit *u)
{
	for (size_t i = 0; i < u->n_ranges; i++) {
		free(u->ranges[i].values);
	}
	free(u->ranges);
}
