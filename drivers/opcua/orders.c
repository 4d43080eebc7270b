/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/orders.h"

#include <errno.h>

int orders_init(struct orders *o)
{
	*o = (struct orders){.n = 0};
	return uv_mutex_init(&o->lock) ? -ENOMEM : 0;
}

void orders_fini(struct orders *o)
{
	uv_mutex_destroy(&o->lock);
}

static struct order *at(struct orders *o, size_t i)
{
	return &o->ring[(o->first + i) % ORDERS_MAX];
}

/* The oldest in a state, or NULL. */
static struct order *find(struct orders *o, int state)
{
	for (size_t i = 0; i < o->n; i++) {
		if ((int)at(o, i)->state == state) {
			return at(o, i);
		}
	}
	return NULL;
}

int orders_put(struct orders *o, const struct order *order)
{
	bool room;

	uv_mutex_lock(&o->lock);
	room = o->n < ORDERS_MAX;
	if (room) {
		*at(o, o->n) = *order;
		at(o, o->n++)->state = ORDER_WAITS;
	}
	uv_mutex_unlock(&o->lock);
	return room ? 0 : -EBUSY;
}

static bool pop(struct orders *o, struct order *out)
{
	*out = *at(o, 0);
	o->first = (o->first + 1) % ORDERS_MAX;
	o->n--;
	return true;
}

bool orders_take(struct orders *o, struct order *out)
{
	bool any;

	uv_mutex_lock(&o->lock);
	any = o->n > 0 && at(o, 0)->state == ORDER_OVER && pop(o, out);
	uv_mutex_unlock(&o->lock);
	return any;
}

bool orders_cancel(struct orders *o, struct order *out)
{
	bool any;

	uv_mutex_lock(&o->lock);
	any = o->n > 0 && pop(o, out);
	uv_mutex_unlock(&o->lock);
	if (any && out->state != ORDER_OVER) {
		/* Where it is on its way, nobody knows yet what comes of it. */
		out->err = out->state == ORDER_WAITS ? -ECANCELED : -ETIMEDOUT;
		out->code = 0;
	}
	return any;
}

bool orders_begin(struct orders *o, struct order *out)
{
	struct order *order;

	uv_mutex_lock(&o->lock);
	order = find(o, ORDER_WAITS);
	if (order) {
		order->state = ORDER_BEGUN;
		*out = *order;
	}
	uv_mutex_unlock(&o->lock);
	return order != NULL;
}

void orders_end(struct orders *o, int err, uint16_t code)
{
	struct order *order;

	uv_mutex_lock(&o->lock);
	order = find(o, ORDER_BEGUN);
	if (order) {
		order->state = ORDER_OVER;
		order->err = err;
		order->code = code;
	}
	uv_mutex_unlock(&o->lock);
}

void orders_refuse(struct orders *o)
{
	struct order *order;

	uv_mutex_lock(&o->lock);
	while ((order = find(o, ORDER_WAITS))) {
		order->state = ORDER_OVER;
		order->err = -ECONNREFUSED;
	}
	uv_mutex_unlock(&o->lock);
}
