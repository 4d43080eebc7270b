/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/db.h"
#include "storage/history_impl.h"
#include "storage/schema.h"

enum {
	DAMAGED_KEPT = 3,
	FILE_MODE = 0640, /* the group reads */
	BUSY_MS = 2000,   /* somebody has the file open for writing */
	WAL_BYTES_MAX = 4 << 20,
	PAGES_MIN = 256,
	SPARE_PAGES = 512,
	WAL_UNKNOWN = -1,
	WAL_HEADER_BYTES = 32,
	FRAME_BYTES = SCHEMA_PAGE_BYTES + 24,
};

static const char found_damaged[] =
	"history.db was damaged: set aside as history.db.damaged-N, a new one begun";
static const char found_foreign[] = "history.db was no history of Pollux: set aside as"
				    " history.db.damaged-N, a new one begun";
static const char found_newer[] = "history.db was written by a newer Pollux: set aside as"
				  " history.db.damaged-N, a new one begun";

static int path_of(const struct history *h, char **out, const char *name)
{
	return asprintf(out, "%s/%s", h->cfg.state_dir, name) < 0 ? -ENOMEM : 0;
}

/* On the directory and not on the database: closing any descriptor of that would drop
 * SQLite's own locks. */
static int lock_directory(struct history *h)
{
	char *path;
	int err = path_of(h, &path, "lock");

	if (err) {
		return err;
	}
	h->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (h->lock_fd < 0) {
		err = -errno;
	} else if (flock(h->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	}
	free(path);
	return err;
}

/* The number of "history.db.damaged-N", 0 for any other name. */
static int damaged_number(const char *name)
{
	static const char prefix[] = "history.db.damaged-";

	return strncmp(name, prefix, sizeof(prefix) - 1) == 0
	               ? (int)strtol(name + sizeof(prefix) - 1, NULL, 10)
	               : 0;
}

static int newest_damaged(const char *state_dir)
{
	DIR *dir = opendir(state_dir);
	const struct dirent *entry;
	int newest = 0;

	while (dir && (entry = readdir(dir)) != NULL) {
		int number = damaged_number(entry->d_name);

		newest = number > newest ? number : newest;
	}
	if (dir) {
		closedir(dir);
	}
	return newest;
}

/* Names stay such that `sqlite3 history.db.damaged-N` finds its log. */
static int set_aside(struct history *h)
{
	static const char *const suffixes[] = {"-wal", "-shm", "-journal", ""};
	int number = newest_damaged(h->cfg.state_dir) + 1, err = 0;
	char *from = NULL, *to = NULL;

	for (size_t i = 0; !err && i < ARRAY_SIZE(suffixes); i++) {
		if (asprintf(&from, "%s%s", h->path, suffixes[i]) < 0) {
			return -ENOMEM;
		}
		if (asprintf(&to, "%s.damaged-%d%s", h->path, number, suffixes[i]) < 0) {
			free(from);
			return -ENOMEM;
		}
		if (rename(from, to) != 0 && errno != ENOENT) {
			err = -errno;
		}
		free(to);
		if (number > DAMAGED_KEPT &&
		    asprintf(&to, "%s.damaged-%d%s", h->path, number - DAMAGED_KEPT,
		             suffixes[i]) >= 0) {
			(void)unlink(to);
			free(to);
		}
		free(from);
	}
	return err;
}

/* Created by us, so that its mode does not hang on the umask; SQLite gives its
 * companions the same. */
static int create(const struct history *h, bool *created)
{
	int fd = open(h->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);

	*created = fd >= 0;
	if (fd < 0) {
		return errno == EEXIST ? 0 : -errno;
	}
	(void)fchmod(fd, FILE_MODE);
	close(fd);
	return 0;
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int frames)
{
	struct history *h = arg;

	h->wal_frames = frames;
	return SQLITE_OK;
}

/* From the configured size: pages in all, those that rows may take, those that eviction
 * keeps free below that. */
static void set_ceiling(struct history *h)
{
	int64_t pages = (h->cfg.max_bytes - WAL_BYTES_MAX) / SCHEMA_PAGE_BYTES;

	h->page_count_max = 0;
	if (h->cfg.max_bytes <= 0) {
		return;
	}
	h->page_count_max = pages > PAGES_MIN ? pages : PAGES_MIN;
	if (h->spare_pages == 0) {
		h->spare_pages = h->page_count_max / 4;
		h->spare_pages = h->spare_pages < SPARE_PAGES ? h->spare_pages
		                                              : SPARE_PAGES;
	}
}

int file_limit_pages(struct history *h)
{
	long long pages = h->page_count_max;
	char sql[64];

	if (pages > 0 && !h->cramped) {
		pages -= UPKEEP_PAGES;
	}
	snprintf(sql, sizeof(sql), "pragma max_page_count = %lld",
	         pages > 0 ? pages : 4294967294LL);
	return db_exec(h->db, sql);
}

static int set_up(struct history *h)
{
	char sql[512];
	int persist = 1, err;

	sqlite3_file_control(h->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
	set_ceiling(h);
	/* The size limit truncates the log at close (sqlite3WalClose): what a failed
	 * commit has left behind the last good one must not come back. */
	snprintf(sql, sizeof(sql),
	         "pragma page_size = %d; pragma journal_mode = wal;"
	         " pragma synchronous = %s; pragma wal_autocheckpoint = 0;"
	         " pragma journal_size_limit = %d; pragma cache_size = -1024;"
	         " pragma temp_store = memory;",
	         SCHEMA_PAGE_BYTES, h->cfg.full ? "full" : "normal", WAL_BYTES_MAX);
	err = db_exec(h->db, sql);
	if (!err) {
		err = file_limit_pages(h);
	}
	/* After the pragma, which takes any hook away. */
	sqlite3_wal_hook(h->db, on_commit, h);
	return err;
}

/* Is it ours?  Nothing is written before that is known. */
static int look(struct history *h, bool created, const char **found)
{
	enum schema_state state;
	int err = schema_look(h->db, &state);

	if (err) {
		*found = found_damaged;
		return err;
	}
	if (state == SCHEMA_FOREIGN || (state == SCHEMA_EMPTY && !created)) {
		*found = state == SCHEMA_EMPTY ? found_damaged : found_foreign;
		return -EBADMSG;
	}
	if (state == SCHEMA_NEWER) {
		*found = found_newer;
		return -EBADMSG;
	}
	err = set_up(h);
	if (!err && state != SCHEMA_CURRENT) {
		err = schema_migrate(h->db);
	}
	*found = found_damaged;
	return err;
}

static int open_once(struct history *h, const char **found)
{
	bool created;
	int err = create(h, &created);
	int rc;

	*found = NULL;
	if (err) {
		return err;
	}
	/* An empty file that we never used may be a start that was cut short. */
	created = created || h->reserve_file.ceiling == 0;
	err = db_open(&h->db, h->path, SQLITE_OPEN_READWRITE);
	if (err) {
		return err;
	}
	sqlite3_busy_timeout(h->db, BUSY_MS);
	err = look(h, created, found);
	if (!err) {
		err = state_load(h);
	}
	if (err) {
		return err;
	}
	*found = NULL;
	h->scrubbed = 0;
	h->scrub_to = h->keys[STATE_NEWEST];
	/* From here on the length of the log is known: drop_failed(). */
	rc = sqlite3_wal_checkpoint_v2(h->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
	                               NULL);
	h->wal_frames = rc == SQLITE_OK ? 0 : WAL_UNKNOWN;
	/* Somebody reads: the first commit will tell.  A disk that fails is not opened.
	 */
	return (rc & 0xff) == SQLITE_BUSY ? 0 : db_errno(h->db, rc);
}

/* Without a word about how much is missing: the damaged file may still tell. */
static int record_gap(struct history *h, const char *found)
{
	sqlite3_stmt *stmt;
	int err = db_prepare(h->db, &stmt,
	                     "insert into gap(ts, ts_to, device, tag, reason)"
	                     " values(?1, ?1, '*', '*', ?2)");

	if (!err) {
		sqlite3_bind_int64(stmt, 1, h->reserve_file.recent);
		db_bind_text(stmt, 2, found);
		err = db_run(stmt);
	}
	sqlite3_finalize(stmt);
	return err;
}

static int open_file(struct history *h, const char **found)
{
	const char *again;
	int err = h->damaged;

	*found = h->damaged ? found_damaged : NULL;
	if (!err) {
		err = open_once(h, found);
	}
	if (err == -EBADMSG) {
		if (!*found) {
			*found = found_damaged;
		}
		file_close(h, true);
		err = set_aside(h);
		if (!err) {
			h->damaged = 0;
			h->reserve_file.ceiling =
				0; /* the new file is ours from the start */
			err = open_once(h, &again);
		}
		if (!err) {
			err = record_gap(h, *found);
		}
	}
	if (err) {
		file_close(h, true);
	}
	return err;
}

int file_open(struct history *h, const char **found)
{
	char *path;
	int err = lock_directory(h);
	int64_t reserve;

	*found = NULL;
	if (!err) {
		err = path_of(h, &h->path, "history.db");
	}
	if (!err) {
		err = path_of(h, &path, "history.reserve");
	}
	if (err) {
		return err;
	}
	err = reserve_open(&h->reserve_file, path);
	free(path);
	if (err) {
		return err;
	}
	reserve = reserve_resume(&h->reserve_file, 0);
	err = open_file(h, found);
	if (err) {
		return err;
	}
	h->reserve = h->keys[STATE_RESERVE]
	                     ? reserve_resume(&h->reserve_file, h->keys[STATE_RESERVE])
	                     : reserve;
	for (size_t d = 0; d < h->cfg.n_destinations; d++) {
		h->destinations[d].wanted = cursor_of(h->destinations[d].keys);
	}
	return 0;
}

/* After a failed fsync nobody knows which frames of the last transaction are on disk.
 * They must not come back, with later ones behind them: the log ends after the last good
 * commit.  No connection of ours is open. */
static void drop_failed(const struct history *h)
{
	char *wal;
	off_t good = h->wal_frames ? WAL_HEADER_BYTES + (off_t)h->wal_frames * FRAME_BYTES
	                           : 0;
	struct stat st;

	if (h->wal_frames == WAL_UNKNOWN || asprintf(&wal, "%s-wal", h->path) < 0) {
		return;
	}
	if (stat(wal, &st) == 0 && st.st_size > good) {
		(void)!truncate(wal, good);
	}
	free(wal);
}

int file_reopen(struct history *h)
{
	const char *found;

	return open_file(h, &found);
}

void file_close(struct history *h, bool failed)
{
	for (size_t i = 0; i < STMTS; i++) {
		sqlite3_finalize(h->stmts[i]);
		h->stmts[i] = NULL;
	}
	if (h->db && failed && !sqlite3_get_autocommit(h->db)) {
		(void)db_exec(h->db, "rollback");
	}
	if (h->db) {
		sqlite3_close(h->db);
		if (failed) {
			drop_failed(h);
		}
	}
	h->db = NULL;
	h->wal_frames = WAL_UNKNOWN;
	h->in_transaction = false;
}

int64_t file_bytes(const struct history *h)
{
	char wal[4096];
	struct stat db_stat, wal_stat;
	int64_t bytes = 0;

	snprintf(wal, sizeof(wal), "%s-wal", h->path);
	if (stat(h->path, &db_stat) == 0) {
		bytes += db_stat.st_size;
	}
	if (stat(wal, &wal_stat) == 0) {
		bytes += wal_stat.st_size;
	}
	return bytes;
}
