/* SPDX-License-Identifier: Apache-2.0 */
/** What the files behind storage/history.h share.  Nobody else includes it. */
#ifndef STORAGE_HISTORY_IMPL_H
#define STORAGE_HISTORY_IMPL_H

#include <sqlite3.h>

#include "storage/history.h"
#include "storage/reserve.h"

/** Hot words of the whole file, kept in the table `state` under name ''. */
enum state_key {
	STATE_STORED,    /* rows ever */
	STATE_NEWEST,    /* `at` of the newest batch */
	STATE_EVENT,     /* ts of the newest event */
	STATE_RESERVE,   /* no stamp up to here may be given again */
	STATE_ROLLED,    /* rows up to this `at` are in `minute` */
	STATE_HOURS,     /* minutes before this time are in `hour` */
	STATE_SEALED,    /* rows up to this `at` are in `sealed` */
	STATE_SEALED_ID, /* the last of them, fresh.id */
	STATE_NEXT,      /* fresh.id of the next row, less 1 */
	STATE_LATEST,    /* rows up to this `at` are in `latest` */
	STATE_LATEST_ID, /* the last of them, fresh.id */
	STATE_CONFIG,    /* fingerprint of the tags and devices in the tables */
	STATE_KEYS,
};

/** Hot words of a destination, under its name. */
enum destination_key {
	DEST_ACKED,
	DEST_LIVE_FROM,
	DEST_LIVE_TO,
	DEST_DELIVERED,
	DEST_PENDING,
	DEST_EVICTED,
	DEST_EVENTS,
	DEST_KEYS,
};

enum history_stmt {
	STMT_BEGIN,
	STMT_COMMIT,
	STMT_ROW,
	STMT_ROWS,
	STMT_BATCH,
	STMT_LATEST,
	STMT_STATE,
	STMT_COUNT,
	STMT_BATCHES,
	STMT_FIRST,
	STMT_LAST_ID,
	STMT_OLDEST,
	STMT_DELETE,
	STMT_DELETE_BATCHES,
	STMT_EVENT,
	STMT_ALARM,
	STMT_DEVICE_STATE,
	STMT_GAP,
	STMT_GAP_GROW,
	STMT_ROLL,
	STMT_ROLL_OLDEST,
	STMT_ROLL_SCAN,
	STMT_ROLL_SUM,
	STMT_MINUTE_NEXT,
	STMT_HOUR,
	STMT_SCAN,
	STMT_SEAL,
	STMT_SEALED_OLDEST,
	STMT_SEALED_DELETE,
	STMT_TAG_NEXT,
	STMT_MINUTE_DELETE,
	STMT_HOUR_DELETE,
	STMT_EVENT_DELETE,
	STMT_FORECAST,
	STMT_FORECAST_DELETE,
	STMT_OUTLOOK,
	STMT_OUTLOOK_END,
	STMT_OUTLOOK_DELETE,
	STMT_VERSION,
	STMT_VERSION_FORCE,
	STMTS,
};

/** The newest row of a tag, for the view `now`. */
struct latest {
	int64_t id; /* in fresh; 0: none */
	int64_t ts_us;
	double sigma;
};

struct destination {
	struct cursor wanted;    /* as told; at most kept so far as committed */
	int64_t keys[DEST_KEYS]; /* as of the open transaction */
	int64_t kept[DEST_KEYS]; /* as committed */
	struct history_gap gap;  /* evicted in the open transaction; n 0: none */
};

/** A key of a row on its way from `fresh` to `sealed`. */
struct seal_key {
	int64_t at, tag, id;
};

/** Sealing of the hour that ends at `to`, by passes over ranges of tags. */
struct seal {
	int64_t to;             /* 0: none under way */
	int64_t tag_lo, tag_hi; /* tags of this pass: lo <= tag < hi */
	int64_t scanned;        /* rows up to this `at` were looked at in this pass */
	struct seal_key *keys;
	size_t n, written, room;
	bool scan_done;
};

/** A tag's rows of a minute; rows as their distance from roll.first. */
struct roll_sum {
	double total, least, most;
	uint32_t n, good;
	uint32_t least_row, most_row, last_row;
	int32_t last_us; /* own time of the latest, in the minute */
};

/** A row whose own time is in another minute than its batch's. */
struct roll_stray {
	int64_t minute, tag;
	struct roll_sum sum;
};

/** Rolling up of the minute that ends at `to`: rows are added up here in slices, and
 * written down at once. */
struct roll {
	int64_t to;              /* 0: none under way */
	int64_t minute, scanned; /* its start; rows up to this `at` are in sums */
	int64_t first;           /* fresh.id of the first row */
	int64_t oldest;          /* time of a row */
	struct roll_sum *sums;   /* by the file's tag id */
	size_t n_sums;
	struct roll_stray *strays;
	size_t n_strays, strays_room;
};

/** An hour that is being made of its minutes, range of tags by range of tags. */
struct hour_pass {
	int64_t start;
	int64_t tag; /* the file's id of the next; 0: none under way */
};

/** Eviction up to `to`, tag by tag. */
struct evict {
	int64_t to;        /* 0: none under way */
	int64_t rolled_to; /* minutes before this go too; hours ten times as old */
	int64_t hours_to;
	int64_t tag;        /* the file's id of the last tag done in `sealed` */
	int64_t oldest;     /* oldest ts in `sealed`; 0: to be looked up */
	const char *reason; /* "age" or "size"; static */
};

struct history {
	struct history_config cfg;
	char *path;
	int lock_fd;
	struct reserve reserve_file;
	int64_t reserve; /* as of open */
	sqlite3 *db;     /* NULL while the file cannot be opened again */
	sqlite3_stmt *stmts[STMTS];
	bool in_transaction;
	int failed;        /* why the open transaction cannot be committed */
	int damaged;       /* -EBADMSG was met: the file is set aside at the next open */
	uint32_t *tag_ids; /* by gateway-wide index */
	uint8_t *in_batch; /* scratch, a bit a tag: a tag once in a batch */
	struct latest *latest;
	size_t n_unsaved; /* tags whose newest row is not in `latest` */
	int64_t keys[STATE_KEYS], kept[STATE_KEYS];
	struct destination destinations[DESTINATIONS_MAX];
	struct history_gap told[DESTINATIONS_MAX]; /* committed, not yet taken */
	int64_t page_count_max;                    /* 0: no ceiling */
	bool cramped; /* rows have filled it: eviction may take the last UPKEEP_PAGES */
	int64_t spare_pages;        /* kept free below it, for what one commit may add */
	int wal_frames;             /* after the last commit */
	int64_t scrubbed, scrub_to; /* how far the outbox was read through, and goal */
	struct roll roll;
	struct hour_pass hour;
	struct seal seal;
	struct evict evict;
};

/** Rows looked at or moved by one slice of upkeep: some 10 ms on a small board. */
enum { SLICE_ROWS = 4000 };

/** Rows and their columns in one STMT_ROWS; with fewer a statement costs more than its
 * rows. */
enum { ROWS_AT_ONCE = 25, ROW_COLUMNS = 6 };

#define MINUTE_US INT64_C(60000000)
#define HOUR_US   INT64_C(3600000000)

/** Pages below the ceiling that rows may not take: evicting needs some, too. */
enum { UPKEEP_PAGES = 32 };

/* storage/file.c */

/** Tell SQLite how large the file may become now. @return 0 or a negative errno */
int file_limit_pages(struct history *h);

/** Lock, open or create the file, load it. @return as history_open() */
int file_open(struct history *h, const char **found);
/** Close the connection, not the lock.  keep_wal: the last transaction failed, nothing
 * after the last commit may come back. */
void file_close(struct history *h, bool failed);
/** Open again after file_close(). @return 0 or a negative errno */
int file_reopen(struct history *h);
/** db + WAL now, in bytes; foreign files beside them are not counted. */
int64_t file_bytes(const struct history *h);

/* storage/state.c */

/** Prepare the statements, read hot words, register tags and devices. */
int state_load(struct history *h);
/** Write the hot words that changed into the open transaction. */
int state_save(struct history *h);
/** Remember the row just written as its tag's newest. */
void latest_set(struct history *h, const struct sample *s);
/** Copy newest rows to `latest` in the open transaction, where few or long not done. */
int latest_save(struct history *h, bool all);
/** Find them in the file, as committed, which was opened again. */
int latest_load(struct history *h);

/* storage/history.c */

/** Begin a transaction where none is open. @return 0 or a negative errno */
int history_begin(struct history *h);
/** Note that a statement failed; @return err */
int history_fail(struct history *h, int err);

/* storage/batch.c */

/** `at` of the first batch after `after`, or none. */
int batch_first(struct history *h, int64_t after, int64_t none, int64_t *at);
/** `at` of the last batch of a slice of some SLICE_ROWS rows after `after`, at least one
 * batch; limit where no more come before it. */
int batch_slice(struct history *h, int64_t after, int64_t limit, int64_t *to);
/** Delete the rows of all batches up to `to`; a transaction is open. */
int batch_delete(struct history *h, int64_t to);

/* storage/cursor.c */

/** Move a destination's kept cursor as far as it may; counts what it covers anew. */
int cursor_advance(struct history *h, size_t destination);
/** May a cursor be moved, now that more is committed? */
bool cursor_behind(const struct history *h);
/** Rows with after < at <= to. */
int cursor_count(struct history *h, int64_t after, int64_t to, int64_t *n);
/** Rows of a destination not delivered, with after < at <= to. */
int cursor_uncovered(struct history *h, const struct cursor *c, int64_t after, int64_t to,
                     int64_t *n);
/** `at` up to which every destination has every row; INT64_MAX without destinations. */
int64_t cursor_delivered_to(const struct history *h);
struct cursor cursor_of(const int64_t *keys);

/* storage/rollup.c, seal.c, evict.c: one slice each.
 * @return 1: did something, there may be more; 0: nothing to do; or a negative errno */
int rollup_slice(struct history *h);
void rollup_reset(struct history *h);
/** Roll up all rows with at <= to, also of a minute that is not over. */
int rollup_to(struct history *h, int64_t to);
int seal_slice(struct history *h);
void seal_reset(struct history *h);
int scrub_slice(struct history *h);
int evict_slice(struct history *h, int64_t now_us);
void evict_reset(struct history *h);

/** The check of a row's mark, over all that identifies and means it. */
int64_t mark_check(int64_t at, int64_t ts, const struct value *value, double predicted,
                   int64_t mark);

#endif
