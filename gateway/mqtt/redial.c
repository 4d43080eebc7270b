/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/redial.h"

#define MS 1000000U

enum {
	FIRST_MS = 500,
	NEXT_SERVER_MS = 100, /* within a round */
	CAP_MS = 30000,
	SHORT_SESSION_MS = 10000,
	LONG_SESSION_MS = 30000, /* forgives what was before */
	SHORT_SESSIONS = 3,
};

void redial_init(struct redial *r, size_t n_servers, uint64_t seed)
{
	*r = (struct redial){.n_servers = n_servers, .random = seed | 1};
}

/* Between half of ms and ms: gateways that lost the same broker come back apart. */
static uint64_t jittered_ns(struct redial *r, uint64_t ms)
{
	r->random ^= r->random << 13; /* xorshift64: Marsaglia, 2003 */
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return (ms / 2 + r->random % (ms / 2 + 1)) * MS;
}

static void pause_round(struct redial *r, uint64_t now_ns)
{
	uint64_t ms = (uint64_t)FIRST_MS << r->step;

	if (ms >= CAP_MS) {
		ms = CAP_MS;
	} else {
		r->step++;
	}
	r->server = 0;
	r->due_ns = now_ns + jittered_ns(r, ms);
}

void redial_failed(struct redial *r, uint64_t now_ns)
{
	r->n_short = 0; /* a server that is away is not one that throws us out */
	if (r->server + 1 < r->n_servers) {
		r->server++;
		r->due_ns = now_ns + jittered_ns(r, NEXT_SERVER_MS);
	} else {
		pause_round(r, now_ns);
	}
}

void redial_up(struct redial *r, uint64_t now_ns)
{
	r->up_ns = now_ns;
}

bool redial_down(struct redial *r, uint64_t now_ns)
{
	uint64_t session_ns = now_ns - r->up_ns;

	if (session_ns >= (uint64_t)LONG_SESSION_MS * MS) {
		r->step = 0;
	}
	r->n_short = session_ns < (uint64_t)SHORT_SESSION_MS * MS ? r->n_short + 1 : 0;
	if (r->n_short == 0 && r->step > 0) {
		r->step--;
	}
	pause_round(r, now_ns);
	return r->n_short >= SHORT_SESSIONS;
}
