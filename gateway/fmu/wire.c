/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/wire.h"

size_t wire_size(const struct wire_head *head)
{
	size_t n = (size_t)head->n_set + head->n_get;
	const size_t before = offsetof(struct wire_message, body);

	if (head->op == WIRE_LOAD) {
		return before + sizeof(struct wire_load);
	}
	return before +
	       (n < WIRE_VALUES_MAX ? n : WIRE_VALUES_MAX) * sizeof(struct wire_value);
}
