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

bool wire_is_answer(struct wire_message *m, size_t n, size_t n_get)
{
	const size_t want = offsetof(struct wire_message, body) +
	                    n_get * sizeof(struct wire_value);

	if (n != want || m->head.n_get != n_get || m->head.status > WIRE_MEMORY) {
		return false;
	}
	m->head.text[WIRE_TEXT_MAX - 1] = '\0';
	return true;
}
