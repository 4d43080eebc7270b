/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a server said of each tag, between the thread that hears it and the loop.  One
 * place a tag, so that it is bounded and allocates nothing: a value that the loop has not
 * fetched gives way to the next one of its tag, and is counted.
 */
#ifndef DRIVERS_OPCUA_MAILBOX_H
#define DRIVERS_OPCUA_MAILBOX_H

#include <uv.h>

#include "drivers/reading.h"
#include "drivers/tag.h"

/** Of one tag.  A plain value. */
struct said {
	struct reading reading; /* a text is the room's of who holds it */
	uint64_t received_ns;
	uint32_t session;  /* watch_session() */
	int64_t source_us; /* when it arose, UTC of the server; 0: it did not say */
};

/** The server's clock, when it was told last.  A plain value. */
struct beat {
	uint64_t received_ns; /* 0: never */
	int64_t server_us;
};

struct mailbox {
	uv_mutex_t lock;
	const struct point *points;
	size_t n;
	struct said *said; /* one a point */
	char **rooms;      /* of strings; NULL elsewhere */
	bool *is_fresh;
	uint32_t *fresh; /* ring of points, the longest waiting first */
	size_t first, n_fresh;
	struct beat beat;
	uint64_t replaced;
	uint64_t (*now_ns)(void);
};

/** points outlive it.  @return 0 or -ENOMEM, then nothing is left of it */
int mailbox_init(struct mailbox *b, const struct point *points, size_t n,
                 uint64_t (*now_ns)(void));
void mailbox_fini(struct mailbox *b);

/** Any thread.  A text of said is copied.  @return true: nothing was waiting before */
bool mailbox_put(struct mailbox *b, size_t i, const struct said *said);

/** Any thread.  After the values that came with it. */
void mailbox_beat(struct mailbox *b, const struct beat *beat);

/**
 * The longest waiting, or false.
 * @param room  VALUE_TEXT_MAX + 1 bytes for its text
 */
bool mailbox_take(struct mailbox *b, size_t *i, struct said *out, char *room);

/** The last beat.  @param[out] now_ns  a time before which all beats were told */
struct beat mailbox_last_beat(struct mailbox *b, uint64_t *now_ns);

/** Values that gave way since mailbox_init(). */
uint64_t mailbox_replaced(struct mailbox *b);

/** Room for the string of a point, all zero; NULL and *err 0 where it needs none. */
char *mailbox_room(const struct point *point, int *err);

#endif
