/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/resolve.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One question to the name service.  It belongs to the loop and to its thread; whoever
 * leaves last frees it, so neither waits for the other. */
struct lookup {
	struct resolve *resolve; /* the loop's; NULL: nobody wants to know any more */
	uv_async_t async;
	pthread_mutex_t lock; /* keeps async open while the thread rings it */
	bool closed;          /* under lock: the loop has gone */
	atomic_int n_owners;
	char host[ADDRESS_HOST_MAX + 1], port[8];
	int err; /* set by the thread before it rings */
	struct addrinfo *found;
};

static atomic_int n_lookups;

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

static void let_go(struct lookup *lookup)
{
	if (atomic_fetch_sub(&lookup->n_owners, 1) > 1) {
		return;
	}
	if (lookup->found) {
		freeaddrinfo(lookup->found);
	}
	pthread_mutex_destroy(&lookup->lock);
	free(lookup);
}

static void *look_up(void *arg)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct lookup *lookup = arg;

	lookup->err = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->found);
	atomic_fetch_sub(&n_lookups, 1);
	pthread_mutex_lock(&lookup->lock);
	if (!lookup->closed) {
		uv_async_send(&lookup->async);
	}
	pthread_mutex_unlock(&lookup->lock);
	let_go(lookup);
	return NULL;
}

static void on_closed(uv_handle_t *handle)
{
	let_go(handle->data);
}

static void end_lookup(struct lookup *lookup)
{
	lookup->resolve->lookup = NULL;
	lookup->resolve = NULL;
	pthread_mutex_lock(&lookup->lock);
	lookup->closed = true;
	pthread_mutex_unlock(&lookup->lock);
	uv_close((uv_handle_t *)&lookup->async, on_closed);
}

static void on_looked_up(uv_async_t *async)
{
	struct lookup *lookup = async->data;
	struct resolve *resolve = lookup->resolve;
	const struct addrinfo *picked;

	if (!resolve) {
		return;
	}
	if (lookup->err == 0) {
		picked = pick(lookup->found, resolve->n_failed);
		memcpy(&resolve->peer, picked->ai_addr, picked->ai_addrlen);
		resolve->was_known = true;
	}
	resolve->known = resolve->was_known;
	end_lookup(lookup); /* its memory lasts until the loop turns */
	resolve->done(resolve->arg, resolve->known ? 0 : -EHOSTUNREACH);
}

static int start_thread(struct lookup *lookup)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int err;

	if (atomic_fetch_add(&n_lookups, 1) >= RESOLVE_LOOKUPS_MAX) {
		atomic_fetch_sub(&n_lookups, 1);
		return -EAGAIN;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	atomic_store(&lookup->n_owners, 2);
	err = pthread_create(&thread, &attributes, look_up, lookup);
	pthread_attr_destroy(&attributes);
	if (err) {
		atomic_store(&lookup->n_owners, 1);
		atomic_fetch_sub(&n_lookups, 1);
	}
	return -err;
}

static int start_lookup(struct resolve *resolve, uv_loop_t *loop,
                        const struct address *address)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	int err;

	if (!lookup) {
		return -ENOMEM;
	}
	err = uv_async_init(loop, &lookup->async, on_looked_up);
	if (err) {
		free(lookup);
		return err;
	}
	pthread_mutex_init(&lookup->lock, NULL);
	lookup->async.data = lookup;
	lookup->resolve = resolve;
	lookup->n_owners = 1;
	resolve->lookup = lookup;
	snprintf(lookup->host, sizeof(lookup->host), "%s", address->host);
	snprintf(lookup->port, sizeof(lookup->port), "%u", address->port);
	err = start_thread(lookup);
	if (err) {
		end_lookup(lookup);
	}
	return err;
}

static bool is_numeric(struct resolve *resolve, const struct address *address)
{
	struct sockaddr_storage peer = {0};

	if (uv_ip4_addr(address->host, address->port, (struct sockaddr_in *)&peer) &&
	    uv_ip6_addr(address->host, address->port, (struct sockaddr_in6 *)&peer)) {
		return false;
	}
	resolve->peer = peer;
	resolve->known = resolve->was_known = true;
	return true;
}

int resolve_start(struct resolve *resolve, uv_loop_t *loop, const struct address *address)
{
	int err;

	if (resolve->known || is_numeric(resolve, address)) {
		return 1;
	}
	if (resolve->lookup) {
		return resolve->was_known; /* it is still out from an attempt before */
	}
	err = start_lookup(resolve, loop, address);
	return err && resolve->was_known ? 1 : err;
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
	if (resolve->lookup) {
		end_lookup(resolve->lookup);
	}
}
