/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Tables and views of history.db, and their migrations.
 *
 * Rows are in `fresh`, in order of arrival, until every destination has them: it is the
 * outbox; `batch` says which of them came at what `at`.  An hour that is over is copied
 * once into `sealed`, in order of tag and time. The state "sealed" is the `at` up to
 * which views look there and not into `fresh`.
 */
#ifndef STORAGE_SCHEMA_H
#define STORAGE_SCHEMA_H

#include <sqlite3.h>

enum {
	SCHEMA_APPLICATION = 0x506f6c78, /* "Polx", in the file's header */
	SCHEMA_VERSION = 2,
	SCHEMA_PAGE_BYTES = 4096,
};

/** Whose file is this? */
enum schema_state {
	SCHEMA_EMPTY,   /* nothing in it yet */
	SCHEMA_CURRENT, /* ours, of this version */
	SCHEMA_OLDER,   /* ours; schema_migrate() brings it up */
	SCHEMA_NEWER,   /* written by a newer Pollux */
	SCHEMA_FOREIGN, /* a database, but no history */
};

/** @return 0, or a negative errno; -EBADMSG where the file is no database */
int schema_look(sqlite3 *db, enum schema_state *out);

/** Create or bring up tables and views, in one transaction: all or nothing.
 * @return 0 or a negative errno */
int schema_migrate(sqlite3 *db);

/* A row's `mark`: what it says beside its value, and a check of the whole. */
enum {
	MARK_QUALITY = 0, /* 2 bits, enum quality */
	MARK_SOURCE = 2,  /* 2 bits, enum source */
	MARK_STATE = 4,   /* 3 bits, enum tag_state */
	MARK_DRIFT = 7,   /* 1 bit */
	MARK_CHECK = 8,   /* 15 bits; 3 bytes in all where the reading is good */
	MARK_REASON = 23, /* 5 bits, enum reason */
	MARK_CODE = 28,   /* 16 bits */
	MARK_CHECK_MASK = 0x7fff,
};

#endif
