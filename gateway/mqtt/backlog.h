/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A chunk of the history on its way out: rows as read, cut into messages of one tag
 * (layout `tag`) or one device (layout `device`), each at most PAYLOAD_MAX bytes and in
 * order of `at`.  One thread owns it.
 */
#ifndef GATEWAY_MQTT_BACKLOG_H
#define GATEWAY_MQTT_BACKLOG_H

#include "gateway/config.h"
#include "gateway/mqtt/message.h"
#include "storage/reader.h"

/** Rows with after < at < before, whole batches, as reader_backlog(). */
struct backlog_query {
	int64_t after_us, before_us;
	size_t max;
	int (*row)(void *arg, const struct backlog_row *row);
	void *arg;
};

/** Where rows come from: reader_backlog(), or a test. */
struct backlog_source {
	int (*read)(void *arg, const struct backlog_query *query);
	void *arg;
};

struct backlog;

/** @param base  "<prefix>/<gateway>"; borrowed like cfg. @return 0 or -ENOMEM */
int backlog_new(struct backlog **out, const struct config *cfg, const char *base);
void backlog_free(struct backlog *b);

/** Read the next chunk; what was in b is gone.
 * @param query  its row and arg are not used
 * @param[out] upto_us  everything from query->after_us to here is in the chunk
 * @return number of rows, or a negative errno, with nothing in b */
int backlog_fill(struct backlog *b, const struct backlog_source *source,
                 const struct backlog_query *query, int64_t *upto_us);

/** Form the next message, of at most max rows (>= 1); again until backlog_pop().  m
 * borrows until then.  @return number of its rows; 0: the chunk is on its way */
size_t backlog_head(struct backlog *b, size_t max, struct message *m);
void backlog_pop(struct backlog *b);

/** Rows that no message has yet. */
size_t backlog_waiting(const struct backlog *b);

/** Forget the chunk, and give its memory back. */
void backlog_clear(struct backlog *b);

#endif
