/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The storage thread: owns the history, commits in groups, keeps it in shape.  While the
 * disk refuses, batches wait in the queue; when that is full the oldest go and are
 * counted.
 */
#ifndef STORAGE_WRITER_H
#define STORAGE_WRITER_H

#include "storage/forecast.h"
#include "storage/history.h"
#include "storage/outlook_row.h"
#include "storage/version.h"

struct writer;

/** Any thread; a consistent picture of counters. */
struct writer_stats {
	struct history_counts history;
	int64_t committed_at; /* `at` of the newest durable batch */
	int64_t dropped; /* samples lost because storage failed or the queue was full */
	int64_t queued_rows; /* taken by writer_samples(), not yet stored or dropped */
	int64_t queued_bytes, queue_bytes_max;
	uint64_t commits;
	uint64_t progress; /* rises whenever the thread goes round; for the watchdog */
	int error;         /* 0, or why the last commit failed */
};

/** What the storage thread tells the loop: runs on the storage thread, so it only queues
 * and calls uv_async_send().  All may be NULL. */
struct writer_events {
	void (*committed)(void *arg, int64_t at_us);
	void (*trouble)(void *arg, int err); /* err 0: well again; at changes only */
	/** Rows were evicted before a destination had them; a gap is on record. */
	void (*gap)(void *arg, size_t destination, int64_t from_us, int64_t to_us,
	            int64_t n);
	void *arg;
};

/** Open the history on the calling thread (so that errors are told at start) and start
 * the storage thread.  @return as history_open(), or -EAGAIN; *found likewise */
int writer_start(struct writer **out, const struct history_config *cfg,
                 const struct writer_events *events, size_t queue_bytes,
                 const char **found);

/** Queue one batch.  Loop thread only; never waits.  Texts in values are copied.
 * @return 0, or -ENOBUFS: dropped and counted */
int writer_samples(struct writer *w, int64_t at_us, const struct sample *rows, size_t n);

/** Queue an event; as above. */
int writer_event(struct writer *w, const struct event *e);

/** Queue a forecast, or its outcome; as above. */
int writer_forecast(struct writer *w, const struct forecast *f);

/** Queue an outlook, or the end of what was told; texts are copied.  As above. */
int writer_outlook(struct writer *w, const struct outlook_row *row);

/** Queue a version of a model, or which is in force; details are copied.  As above. */
int writer_version(struct writer *w, const struct version *v);

/** Newest position of a destination's cursor; any thread but the loop. */
void writer_cursor(struct writer *w, size_t destination, const struct cursor *c);
void writer_cursor_get(struct writer *w, size_t destination, struct cursor *out);

/** Upkeep by age needs a clock that is synchronised.  Any thread. */
void writer_wall(struct writer *w, int64_t now_us, bool synced);

void writer_stats(struct writer *w, struct writer_stats *out);

/** Below this no stamp may be given: history_reserve(). Constant after start. */
int64_t writer_reserve(const struct writer *w);

/** Commit all that is queued, close, join.  At most some 4 s; NULL is fine. */
void writer_stop(struct writer *w);

#endif
