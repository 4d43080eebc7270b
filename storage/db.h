/* SPDX-License-Identifier: Apache-2.0 */
/** SQLite as this folder uses it: error codes, small calls.  Not thread-safe. */
#ifndef STORAGE_DB_H
#define STORAGE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/reading.h"

/** A result code as 0 or a negative errno; db tells what the system said, or NULL.
 * -EBADMSG: the file is damaged or no history of ours. */
int db_errno(sqlite3 *db, int rc);

/** Open for one thread at a time, with extended codes.
 * @param flags  SQLITE_OPEN_READONLY or the like
 * @return 0 or a negative errno; close *out with sqlite3_close() in any case */
int db_open(sqlite3 **out, const char *name, int flags);

/** Run statements that give no rows. @return 0 or a negative errno */
int db_exec(sqlite3 *db, const char *sql);

/** @return 0, or a negative errno with *out NULL; free with sqlite3_finalize() */
int db_prepare(sqlite3 *db, sqlite3_stmt **out, const char *sql);

/** Run a bound statement to its end and reset it. @return 0 or a negative errno */
int db_run(sqlite3_stmt *stmt);

/** Bind integers to the parameters 1 to n. */
void db_bind(sqlite3_stmt *stmt, int n, const int64_t *values);

/** First column of the first row of a bound statement, which is reset.  NULL or no row
 * give `none`. @return 0 or a negative errno */
int db_int(sqlite3_stmt *stmt, int64_t none, int64_t *out);

/** As db_int(), for a statement used once: `PRAGMA ...` and the like. */
int db_query(sqlite3 *db, const char *sql, int64_t *out);

/** NAN binds NULL, as SQLite has it. NULL text binds NULL, "" an empty text. */
int db_bind_text(sqlite3_stmt *stmt, int at, const char *text);

/** A value in its own kind: integers and flags INTEGER, numbers REAL, texts TEXT, an
 * uint64 beyond INT64_MAX as TEXT (exact).  Text is borrowed until reset. */
int db_bind_value(sqlite3_stmt *stmt, int at, const struct value *value);

/** What integers of a tag's type (struct tag_kind.type_name) are: VALUE_BOOL, VALUE_UINT
 * or VALUE_INT. */
enum value_kind db_kind(const char *type_name);

/** The value of a column whose integers are of db_kind().  Text is borrowed until the
 * next step. */
struct value db_value(sqlite3_stmt *stmt, int column, enum value_kind kind);

#endif
