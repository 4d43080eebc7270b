/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/resolve.h"

#include <stdio.h>
#include <string.h>

/* The n-th address of a name, round and round; IPv4 first, as most devices know no other.
 */
static const struct addrinfo *pick(const struct addrinfo *found, unsigned int n)
{
	const struct addrinfo *i = found;
	unsigned int n_all = 0, n_ipv4 = 0;
	bool ipv4;

	do {
		n_all++;
		n_ipv4 += i->ai_family == AF_INET;
		i = i->ai_next;
	} while (i);
	n %= n_all;
	ipv4 = n < n_ipv4;
	n -= ipv4 ? 0 : n_ipv4;
	while ((found->ai_family == AF_INET) != ipv4 || n-- > 0) {
		found = found->ai_next;
	}
	return found;
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
	struct resolve *resolve = request->data;
	const struct addrinfo *picked;

	resolve->busy = false;
	if (status == 0) {
		picked = pick(found, resolve->n_failed);
		memcpy(&resolve->peer, picked->ai_addr, picked->ai_addrlen);
		resolve->known = true;
	}
	uv_freeaddrinfo(found);
	resolve->done(resolve->arg, status);
}

static bool is_numeric(struct resolve *resolve, const struct address *address)
{
	return uv_ip4_addr(address->host, address->port,
	                   (struct sockaddr_in *)&resolve->peer) == 0 ||
	       uv_ip6_addr(address->host, address->port,
	                   (struct sockaddr_in6 *)&resolve->peer) == 0;
}

int resolve_start(struct resolve *resolve, uv_loop_t *loop, const struct address *address)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	char port[8];
	int err;

	if (resolve->known || is_numeric(resolve, address)) {
		resolve->known = true;
		return 1;
	}
	if (resolve->busy) {
		return 0; /* the look-up of an attempt before is still out */
	}
	snprintf(port, sizeof(port), "%u", address->port);
	resolve->request.data = resolve;
	err = uv_getaddrinfo(loop, &resolve->request, on_resolved, address->host, port,
	                     &hints);
	resolve->busy = err == 0;
	return err;
}

void resolve_praise(struct resolve *resolve)
{
	resolve->n_failed = 0;
}

void resolve_blame(struct resolve *resolve)
{
	resolve->known = false;
	resolve->n_failed++;
}

void resolve_cancel(struct resolve *resolve)
{
	if (resolve->busy) {
		uv_cancel((uv_req_t *)&resolve->request);
	}
}
