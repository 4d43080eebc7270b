/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/mqtt/inbox.h"

#include <string.h>

void inbox_init(struct inbox *b, uint64_t (*now_ns)(void),
                void (*release)(struct inbox_message *m))
{
	*b = (struct inbox){.now_ns = now_ns, .release = release};
	pthread_mutex_init(&b->lock, NULL);
}

/* What a message holds; a topic may be as long as a payload. */
static size_t size_of(const struct inbox_message *m)
{
	return m->n + strlen(m->topic);
}

static void drop_oldest(struct inbox *b)
{
	struct inbox_message *m = &b->ring[b->first];

	b->bytes -= size_of(m);
	b->first = (b->first + 1) % INBOX_MESSAGES;
	b->n--;
	b->dropped++;
	b->release(m);
}

void inbox_fini(struct inbox *b)
{
	while (b->n > 0) {
		drop_oldest(b);
	}
	pthread_mutex_destroy(&b->lock);
}

void inbox_put(struct inbox *b, struct inbox_message *m)
{
	size_t size = size_of(m);

	pthread_mutex_lock(&b->lock);
	if (size > INBOX_BYTES) {
		b->dropped++;
		b->release(m);
	} else {
		while (b->n == INBOX_MESSAGES || b->bytes + size > INBOX_BYTES) {
			drop_oldest(b);
		}
		m->received_ns = b->now_ns(); /* under the lock, so that they ascend */
		b->bytes += size;
		b->ring[(b->first + b->n++) % INBOX_MESSAGES] = *m;
	}
	pthread_mutex_unlock(&b->lock);
}

bool inbox_take(struct inbox *b, struct inbox_message *out, uint64_t *now_ns)
{
	bool any;

	pthread_mutex_lock(&b->lock);
	any = b->n > 0;
	if (any) {
		*out = b->ring[b->first];
		b->bytes -= size_of(out);
		b->first = (b->first + 1) % INBOX_MESSAGES;
		b->n--;
	} else if (now_ns) {
		*now_ns = b->now_ns();
	}
	pthread_mutex_unlock(&b->lock);
	return any;
}

uint64_t inbox_dropped(struct inbox *b)
{
	uint64_t dropped;

	pthread_mutex_lock(&b->lock);
	dropped = b->dropped;
	pthread_mutex_unlock(&b->lock);
	return dropped;
}
