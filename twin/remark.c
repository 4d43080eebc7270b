/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/remark.h"

#include <string.h>

void remarks_add(struct remarks *all, const struct remark *n)
{
	if (all->n == REMARKS_MAX) {
		all->lost++;
		return;
	}
	all->list[all->n++] = *n;
}

size_t remarks_take(struct remarks *all, struct remark *out, size_t max)
{
	size_t n = all->n < max ? all->n : max;

	memcpy(out, all->list, n * sizeof(*out));
	all->n -= n;
	memmove(all->list, all->list + n, all->n * sizeof(*out));
	return n;
}
