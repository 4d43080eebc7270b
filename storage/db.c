/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/db.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The log's own, where the connection does not know: its write fails first. */
static int last_errno(sqlite3 *db)
{
	static const int pointers[] = {SQLITE_FCNTL_JOURNAL_POINTER,
	                               SQLITE_FCNTL_FILE_POINTER};
	int err = db ? sqlite3_system_errno(db) : 0;

	for (size_t i = 0; db && err == 0 && i < ARRAY_SIZE(pointers); i++) {
		sqlite3_file *file = NULL;

		sqlite3_file_control(db, "main", pointers[i], (void *)&file);
		if (file && file->pMethods) {
			file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &err);
		}
	}
	return err;
}

/* What the system said below an I/O error, as far as we tell such cases apart. */
static int system_errno(sqlite3 *db, int otherwise)
{
	switch (last_errno(db)) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return -ENOSPC;
	case EACCES:
	case EPERM:
		return -EACCES;
	case EROFS:
		return -EROFS;
	case ENOENT:
	case ENOTDIR:
		return -ENOENT;
	default:
		return otherwise;
	}
}

int db_errno(sqlite3 *db, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* a table or column of ours is not there */
	case SQLITE_FORMAT:
	case SQLITE_CONSTRAINT: /* a key that our own counting says is free */
		return -EBADMSG;
	case SQLITE_READONLY:
		return system_errno(db, -EROFS);
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_INTERRUPT:
		return -ETIMEDOUT;
	case SQLITE_IOERR:
		return rc == SQLITE_IOERR_NOMEM ? -ENOMEM : system_errno(db, -EIO);
	case SQLITE_CANTOPEN:
		return system_errno(db, -EACCES);
	default:
		return -EIO;
	}
}

/* Statistics about memory, which nobody asks for, take a lock for every allocation. */
static void configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int db_open(sqlite3 **out, const char *name, int flags)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	int rc;

	pthread_once(&once, configure);
	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	rc = sqlite3_open_v2(name, out, flags, NULL);
	return db_errno(*out, rc);
}

int db_exec(sqlite3 *db, const char *sql)
{
	return db_errno(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int db_prepare(sqlite3 *db, sqlite3_stmt **out, const char *sql)
{
	*out = NULL;
	return db_errno(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	                                       out, NULL));
}

int db_run(sqlite3_stmt *stmt)
{
	int rc;

	do {
		rc = sqlite3_step(stmt);
	} while (rc == SQLITE_ROW);
	rc = rc == SQLITE_DONE ? SQLITE_OK
	                       : sqlite3_extended_errcode(sqlite3_db_handle(stmt));
	sqlite3_reset(stmt);
	return db_errno(sqlite3_db_handle(stmt), rc);
}

void db_bind(sqlite3_stmt *stmt, int n, const int64_t *values)
{
	for (int i = 0; i < n; i++) {
		sqlite3_bind_int64(stmt, i + 1, values[i]);
	}
}

int db_int(sqlite3_stmt *stmt, int64_t none, int64_t *out)
{
	int rc = sqlite3_step(stmt);

	*out = none;
	if (rc == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
		*out = sqlite3_column_int64(stmt, 0);
	}
	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		rc = sqlite3_extended_errcode(sqlite3_db_handle(stmt));
	}
	sqlite3_reset(stmt);
	return db_errno(sqlite3_db_handle(stmt), rc);
}

int db_query(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(db, &stmt, sql);

	*out = 0;
	if (!err) {
		err = db_int(stmt, 0, out);
	}
	sqlite3_finalize(stmt);
	return err;
}

int db_bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	return sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

int db_bind_value(sqlite3_stmt *stmt, int at, const struct value *value)
{
	char digits[24];

	switch (value->kind) {
	case VALUE_REAL:
		return sqlite3_bind_double(stmt, at, value->real);
	case VALUE_INT:
		return sqlite3_bind_int64(stmt, at, value->i64);
	case VALUE_UINT:
		if (value->u64 <= INT64_MAX) {
			return sqlite3_bind_int64(stmt, at, (int64_t)value->u64);
		}
		snprintf(digits, sizeof(digits), "%" PRIu64, value->u64);
		return sqlite3_bind_text(stmt, at, digits, -1, SQLITE_TRANSIENT);
	case VALUE_BOOL:
		return sqlite3_bind_int(stmt, at, value->flag);
	case VALUE_TEXT:
		return db_bind_text(stmt, at, value->text);
	case VALUE_NONE:
	default:
		return sqlite3_bind_null(stmt, at);
	}
}

static bool starts_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

enum value_kind db_kind(const char *type_name)
{
	if (strcmp(type_name, "bool") == 0 || starts_with(type_name, "bit")) {
		return VALUE_BOOL;
	}
	return starts_with(type_name, "uint") ? VALUE_UINT : VALUE_INT;
}

static struct value text_value(const char *text, enum value_kind kind)
{
	if (text && kind == VALUE_UINT) {
		return (struct value){.kind = VALUE_UINT,
		                      .u64 = strtoull(text, NULL, 10)};
	}
	return (struct value){.kind = text ? VALUE_TEXT : VALUE_NONE, .text = text};
}

struct value db_value(sqlite3_stmt *stmt, int column, enum value_kind kind)
{
	int64_t i64;

	switch (sqlite3_column_type(stmt, column)) {
	case SQLITE_FLOAT:
		return value_real(sqlite3_column_double(stmt, column));
	case SQLITE_TEXT:
		return text_value((const char *)sqlite3_column_text(stmt, column), kind);
	case SQLITE_INTEGER:
		i64 = sqlite3_column_int64(stmt, column);
		if (kind == VALUE_BOOL) {
			return value_bool(i64 != 0);
		}
		if (kind == VALUE_UINT && i64 >= 0) {
			return (struct value){.kind = VALUE_UINT, .u64 = (uint64_t)i64};
		}
		return (struct value){.kind = VALUE_INT, .i64 = i64};
	default:
		return (struct value){.kind = VALUE_NONE};
	}
}
