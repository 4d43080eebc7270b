/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Past samples and events in one SQLite file, which is also the outbox of every
 * destination.  Not thread-safe: one thread owns it (storage/writer.h); it alone writes
 * and checkpoints.
 *
 * Order: every batch is kept under `at`, the gateway's strictly increasing stamp of its
 * delivery (UTC us).  A sample's own ts_us is at, or earlier where the reduction held it
 * back.  Cursors are positions in `at`.
 */
#ifndef STORAGE_HISTORY_H
#define STORAGE_HISTORY_H

#include "drivers/tag.h"
#include "storage/cursor.h"
#include "storage/event.h"
#include "twin/estimate.h"

/** A device or component as listed in the view `devices`. */
struct history_device {
	const char *id, *driver, *address;
};

/** Everything borrowed while the history is open. */
struct history_config {
	const char *state_dir; /* history.db lives here; the directory exists */
	const char *gateway_id;
	int64_t keep_s;     /* retention by age; 0: for ever */
	int64_t max_bytes;  /* db + WAL; 0: no limit */
	uint32_t commit_ms; /* group commit, default 1000 */
	bool full;          /* durability: full (synchronous=FULL) or relaxed (NORMAL) */
	const struct history_device *devices;
	size_t n_devices;
	const struct tag *tags; /* index is the gateway-wide index */
	size_t n_tags;
	const char *const *destinations; /* names; cursors are kept by name */
	size_t n_destinations;           /* at most DESTINATIONS_MAX */
};

/** Counted since the file was made, kept in it; the balance of every destination:
 * stored = delivered + pending + evicted. */
struct history_counts {
	int64_t stored;
	struct {
		int64_t delivered, pending, evicted;
	} destination[DESTINATIONS_MAX];
	int64_t bytes; /* db + WAL now */
};

/** Rows that were evicted before a destination had them; `gaps` has a row for it. */
struct history_gap {
	size_t destination;
	int64_t from_us, to_us; /* `at` of the first and last of them */
	int64_t n;
};

struct history;

/**
 * Open the file, creating it and its tables where missing, migrating older ones.  A
 * damaged or newer file is moved aside (kept: the last 3) and a new one begun; *found
 * then says so in one sentence (static), else it is NULL.
 * The directory is locked (state_dir/lock) until history_close().
 * @return 0, -EBUSY: another instance has the lock, and nothing was written; -ENOMEM,
 *         -EACCES, -EROFS, -ENOSPC, -EIO
 */
int history_open(struct history **out, const struct history_config *cfg,
                 const char **found);

/** Append one batch to the open transaction; rows is borrowed; at > all before, a tag at
 * most once, no ts_us beyond at.
 * @return 0; -EINVAL: not such a batch, nothing was done; or a negative errno: then the
 *         transaction is rolled back by history_commit()
 */
int history_append(struct history *h, int64_t at_us, const struct sample *rows, size_t n);

/** Append an event; raises, changes or clears the alarm of e->alarm_id.  The kinds
 * "device_up" and "device_STATE" set the state of e->device in view `devices`.
 * @return as history_append(); -EINVAL where ts_us is not beyond the last event's */
int history_event(struct history *h, const struct event *e);

/** Move a destination's cursor; kept with the next commit, never past what is committed.
 */
void history_cursor(struct history *h, size_t destination, const struct cursor *c);

/** Where a destination's cursor stood when the file was opened, or since. */
void history_cursor_get(const struct history *h, size_t destination, struct cursor *out);

/** Make the open transaction durable.  After an error all since the last commit is gone
 * from h, whose file was closed and opened again, and must be appended again: an fsync
 * is never repeated.  What is not beyond history_newest() was kept all the same.
 * @return 0, -ENOSPC, -EIO, ... */
int history_commit(struct history *h);

/** A slice of upkeep, at most some 20 ms: roll up, seal, evict, checkpoint.
 * @param now_us  UTC; retention by age is left out where 0 (clock not synchronised)
 * @return 1: more to do, 0: done, or a negative errno */
int history_upkeep(struct history *h, int64_t now_us);

/** `at` of the newest committed batch, 0 where empty. */
int64_t history_newest(const struct history *h);

/** Nothing at or below this stamp may be given again; >= history_newest() (faults.md 2).
 */
int64_t history_reserve(const struct history *h);

/** No batch beyond this stamp may leave before the next commit: see above. */
int64_t history_reserved(const struct history *h);

void history_counts(const struct history *h, struct history_counts *out);

/** Take the next of the gaps that were committed since. @return false: no more */
bool history_gap(struct history *h, struct history_gap *out);

/** Commits what is open, leaves the WAL readable.  NULL and half-built are fine. */
void history_close(struct history *h);

#endif
