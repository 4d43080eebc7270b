/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/child/restart.h"

#include <string.h>

#define SECOND_NS INT64_C(1000000000)
#define HOUR_NS   (3600 * SECOND_NS)

int64_t restart_after(struct restart *r, int64_t now_ns)
{
	static const int64_t waits_ns[RESTART_MAX] = {SECOND_NS, 10 * SECOND_NS,
	                                              60 * SECOND_NS};
	int64_t at_ns;

	while (r->n > 0 && now_ns - r->at_ns[0] >= HOUR_NS) {
		r->n--;
		memmove(r->at_ns, r->at_ns + 1, r->n * sizeof(*r->at_ns));
	}
	if (r->n == RESTART_MAX) {
		at_ns = r->at_ns[0] + HOUR_NS;
		r->n--;
		memmove(r->at_ns, r->at_ns + 1, r->n * sizeof(*r->at_ns));
	} else {
		at_ns = now_ns + waits_ns[r->n];
	}
	r->at_ns[r->n++] = at_ns;
	return at_ns - now_ns;
}
