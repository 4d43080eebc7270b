/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/mailbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *mailbox_room(const struct point *point, int *err)
{
	char *room;

	if (point->encoding->type != TYPE_STRING) {
		return NULL;
	}
	room = calloc((size_t)point->encoding->length + 1, 1);
	*err = room ? *err : -ENOMEM;
	return room;
}

static void free_all(struct mailbox *b)
{
	for (size_t i = 0; b->rooms && i < b->n; i++) {
		free(b->rooms[i]);
	}
	free(b->rooms);
	free(b->said);
	free(b->is_fresh);
	free(b->fresh);
}

int mailbox_init(struct mailbox *b, const struct point *points, size_t n,
                 uint64_t (*now_ns)(void))
{
	int err = 0;

	*b = (struct mailbox){.points = points, .n = n, .now_ns = now_ns};
	b->said = calloc(n + 1, sizeof(*b->said));
	b->rooms = calloc(n + 1, sizeof(*b->rooms));
	b->is_fresh = calloc(n + 1, sizeof(*b->is_fresh));
	b->fresh = calloc(n + 1, sizeof(*b->fresh));
	if (!b->said || !b->rooms || !b->is_fresh || !b->fresh) {
		err = -ENOMEM;
	}
	for (size_t i = 0; i < n && !err; i++) {
		b->rooms[i] = mailbox_room(&points[i], &err);
	}
	if (err || uv_mutex_init(&b->lock)) {
		free_all(b);
		return -ENOMEM;
	}
	return 0;
}

void mailbox_fini(struct mailbox *b)
{
	uv_mutex_destroy(&b->lock);
	free_all(b);
}

/* Copy, with the text into another room. */
static void copy(struct said *to, const struct said *from, char *room)
{
	*to = *from;
	if (from->reading.value.kind == VALUE_TEXT) {
		memcpy(room, from->reading.value.text,
		       strlen(from->reading.value.text) + 1);
		to->reading.value.text = room;
	}
}

bool mailbox_put(struct mailbox *b, size_t i, const struct said *said)
{
	bool first;

	uv_mutex_lock(&b->lock);
	first = b->n_fresh == 0;
	copy(&b->said[i], said, b->rooms[i]);
	if (b->is_fresh[i]) {
		b->replaced++;
	} else {
		b->is_fresh[i] = true;
		b->fresh[(b->first + b->n_fresh++) % b->n] = (uint32_t)i;
	}
	uv_mutex_unlock(&b->lock);
	return first;
}

void mailbox_beat(struct mailbox *b, const struct beat *beat)
{
	uv_mutex_lock(&b->lock);
	b->beat = *beat;
	uv_mutex_unlock(&b->lock);
}

bool mailbox_take(struct mailbox *b, size_t *i, struct said *out, char *room)
{
	bool any;

	uv_mutex_lock(&b->lock);
	any = b->n_fresh > 0;
	if (any) {
		*i = b->fresh[b->first];
		b->first = (b->first + 1) % b->n;
		b->n_fresh--;
		b->is_fresh[*i] = false;
		copy(out, &b->said[*i], room);
	}
	uv_mutex_unlock(&b->lock);
	return any;
}

struct beat mailbox_last_beat(struct mailbox *b, uint64_t *now_ns)
{
	struct beat beat;

	uv_mutex_lock(&b->lock);
	beat = b->beat;
	*now_ns = b->now_ns();
	uv_mutex_unlock(&b->lock);
	return beat;
}

uint64_t mailbox_replaced(struct mailbox *b)
{
	uint64_t replaced;

	uv_mutex_lock(&b->lock);
	replaced = b->replaced;
	uv_mutex_unlock(&b->lock);
	return replaced;
}
