/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/history.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "storage/reader.h"
#include "storage/reserve.h"
#include "tests/storage/fail_sync.h"
#include "tests/storage/storage_test.h"

static int set_up(void **state)
{
	static struct plant p;

	plant_init(&p);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	plant_fini(*state);
	return 0;
}

/* Leave as if the process had died: nothing committed, nothing tidied. */
static void crash(struct plant *p)
{
	p->h->failed = -EIO;
	plant_close(p);
}

static void append_seconds(struct plant *p, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		plant_append(p, p->at + SECOND, 4);
	}
	assert_int_equal(history_commit(p->h), 0);
}

static bool exists(struct plant *p, const char *name)
{
	return access(plant_path(p, name), F_OK) == 0;
}

static void write_file(struct plant *p, const char *name, const void *bytes, size_t n)
{
	int fd = open(plant_path(p, name), O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static void run_sql(struct plant *p, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(plant_path(p, "history.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void file_that_is_not_ours_is_set_aside(void **state)
{
	static const struct {
		const char *sql; /* NULL: the file is emptied */
		const char *found;
	} cases[] = {
		{"pragma user_version = 99", "history.db was written by a newer Pollux"},
		{"pragma application_id = 1", "history.db was no history of Pollux"},
		{"drop table fresh", "history.db was damaged"},
		{NULL, "history.db was damaged"},
	};
	struct plant *p = *state;
	int64_t reserve;
	char name[32];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *found;

		(void)plant_open(p);
		append_seconds(p, 3);
		plant_close(p);
		if (cases[i].sql) {
			run_sql(p, cases[i].sql);
		} else {
			write_file(p, "history.db", "", 0);
		}
		reserve = p->at;
		found = plant_open(p);
		assert_non_null(found);
		assert_memory_equal(found, cases[i].found, strlen(cases[i].found));
		assert_true(history_reserve(p->h) >=
		            reserve); /* no stamp is given twice */
		p->at = history_reserve(p->h);
		append_seconds(p, 1);
		assert_string_equal(query(p, "select count(*) from history"), "4");
		assert_string_equal(
			query(p, "select count(*), ts_to > 0, device from gaps"),
			"1|1|*");
		snprintf(name, sizeof(name), "history.db.damaged-%zu", i + 1);
		assert_true(exists(p, name));
		plant_close(p);
	}
	assert_false(exists(p, "history.db.damaged-1")); /* the last three are kept */
	assert_true(exists(p, "history.db.damaged-2"));
}

static void file_of_others_is_not_written_to(void **state)
{
	struct plant *p = *state;
	struct stat before, after;

	run_sql(p, "create table recipes(a); insert into recipes values(7)");
	assert_int_equal(stat(plant_path(p, "history.db"), &before), 0);
	assert_non_null(plant_open(p));
	assert_int_equal(stat(plant_path(p, "history.db.damaged-1"), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_size, after.st_size);
	assert_true(before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

/* The bytes of the three files that a crash leaves. */
struct image {
	const char *name;
	unsigned char bytes[1 << 20];
	size_t n;
};

static void read_image(struct plant *p, struct image *image)
{
	int fd = open(plant_path(p, image->name), O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, image->bytes, sizeof(image->bytes));
	assert_true(n >= 0 && (size_t)n < sizeof(image->bytes));
	image->n = (size_t)n;
	close(fd);
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

/* Flip a bit, clear a sector, cut, or fill with noise. */
static void mutate(struct image *image, uint32_t *seed)
{
	size_t at = image->n ? next(seed) % image->n : 0;
	size_t header = at % 100 < image->n ? at % 100 : 0;

	switch (next(seed) % 6) {
	case 0:
		image->bytes[header] ^= (unsigned char)(1 << next(seed) % 8);
		break;
	case 1:
		image->bytes[at] ^= (unsigned char)(1 << next(seed) % 8);
		break;
	case 2:
		at = at / 512 * 512;
		memset(image->bytes + at, 0, image->n - at < 512 ? image->n - at : 512);
		break;
	case 3:
		image->n = at;
		break;
	case 4:
		at = at / 4096 * 4096;
		for (size_t i = at; i < image->n && i < at + 4096; i++) {
			image->bytes[i] = (unsigned char)next(seed);
		}
		break;
	default:
		image->n = image->n / 2 / 4096 * 4096;
		break;
	}
}

/* Self-identifying: the value says the second. */
static int is_right(void *arg, const struct backlog_row *row)
{
	if (row->sample.est.quality == QUALITY_GOOD &&
	    row->sample.value.kind == VALUE_REAL) {
		assert_true(row->sample.value.real == (double)(row->at_us - T0_US) / 1e6);
	}
	return 0;
}

static int read_all(struct plant *p)
{
	struct reader *r;
	int rows = reader_open(&r, plant_path(p, "history.db"));

	if (rows == 0) {
		rows = reader_backlog(r, 0, INT64_MAX, SIZE_MAX, is_right, NULL);
		reader_close(r);
	}
	return rows;
}

/* Life after damage: what is not seen at the start is met at work, where the file is set
 * aside and the batch appended again. */
static void live_on(struct plant *p)
{
	struct sample row;
	bool done = false;

	(void)read_all(p);
	for (int tries = 0; tries < 50 && !done; tries++) {
		int more = history_upkeep(p->h, 0);

		row = sample_of(0, p->at + SECOND,
		                (double)(p->at + SECOND - T0_US) / 1e6);
		if (history_append(p->h, row.ts_us, &row, 1) == 0) {
			p->at = row.ts_us;
		}
		done = history_commit(p->h) == 0 && more == 0;
	}
	assert_true(done);
	assert_int_equal(history_newest(p->h), p->at);
	assert_true(read_all(p) > 0); /* no damage is left in what is to be sent */
}

static void clear_directory(struct plant *p)
{
	DIR *dir = opendir(p->dir);
	const struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		(void)unlink(plant_path(p, entry->d_name));
	}
	closedir(dir);
}

static void two_hundred_damaged_files_start(void **state)
{
	static struct image images[] = {{.name = "history.db"},
	                                {.name = "history.db-wal"},
	                                {.name = "history.reserve"}};
	static struct image copy;
	struct plant *p = *state;
	int64_t given;
	uint32_t seed = 1;

	(void)plant_open(p);
	append_seconds(p, 200);
	plant_close(p);
	(void)plant_open(p);
	append_seconds(p, 200);
	given = p->at;
	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		read_image(p, &images[i]); /* while it is open: the log is not empty */
	}
	assert_true(images[1].n > 0);
	plant_close(p);
	for (int n = 0; n < 200; n++) {
		size_t victim = (size_t)n % 5 ? (size_t)(n % 2) : 2;

		clear_directory(p);
		for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
			copy = images[i];
			if (i == victim) {
				mutate(&copy, &seed);
			}
			write_file(p, copy.name, copy.bytes, copy.n);
		}
		if (n % 7 == 0) {
			write_file(p, "history.db-shm", images[0].bytes, 20000);
		}
		(void)plant_open(p);
		/* One of the two copies of the reserve has survived. */
		assert_true(history_reserve(p->h) >= given);
		p->at = history_reserve(p->h);
		live_on(p);
		plant_close(p);
	}
}

static void full_disk_costs_nothing_once_there_is_room(void **state)
{
	struct plant *p = *state;
	struct rlimit before, small;
	int64_t newest;
	int err = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	(void)plant_open(p);
	append_seconds(p, 10);
	newest = history_newest(p->h);
	small = before;
	small.rlim_cur = 65536;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int64_t i = 1; i <= 2000 && !err; i++) {
		struct sample row = sample_of(0, newest + i, 1);

		err = history_append(p->h, newest + i, &row, 1);
	}
	if (!err) {
		err = history_commit(p->h);
	} else {
		assert_int_equal(history_commit(p->h), err);
	}
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(history_newest(p->h), newest);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	for (int64_t i = 1; i <= 2000; i++) {
		plant_append(p, newest + i, 1);
	}
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select count(*) from history"), "2040");
	assert_string_equal(query(p, "pragma integrity_check"), "ok");
	assert_balance(p);
}

/* A commit whose fsync fails is no commit: what was appended since the last comes again
 * from memory, and is there once. */
static void failed_fsync_is_not_repeated(void **state)
{
	struct plant *p = *state;
	long failed = 0;

	p->cfg.full = true;
	for (long n = 1;; n++) {
		int64_t first = p->at + SECOND;
		long start;
		int errors = 0;
		char sql[128];

		(void)plant_open(p);
		start = atomic_load(&syncs);
		atomic_store(&fail_sync_at, start + n);
		for (int64_t i = 0; i < 10; i++) {
			plant_append(p, first + i * SECOND, 4);
			while (history_commit(p->h) != 0) {
				errors++;
				assert_true(errors < 5);
				if (history_newest(p->h) < first + i * SECOND) {
					plant_append(p, first + i * SECOND, 4);
				}
			}
			assert_true(history_newest(p->h) == first + i * SECOND);
		}
		snprintf(sql, sizeof(sql),
		         "select count(*), count(distinct ts_us) from history"
		         " where ts_us >= %lld",
		         (long long)first);
		assert_string_equal(query(p, sql), "40|10");
		assert_balance(p);
		failed += errors;
		plant_close(p);
		if (atomic_load(&syncs) < start + n) {
			break; /* the call that should fail was never made: a clean run */
		}
	}
	atomic_store(&fail_sync_at, 0);
	assert_true(failed >= 10);
	assert_false(exists(p, "history.db.damaged-1"));
	assert_string_equal(query(p, "pragma integrity_check"), "ok");
}

/* SQLite's allocator with a call that fails. */
static sqlite3_mem_methods plain_memory;
static long allocations, fail_allocation_at;
static bool fail_for_good;

static bool refuse(void)
{
	allocations++;
	return fail_allocation_at != 0 &&
	       (allocations == fail_allocation_at ||
	        (fail_for_good && allocations > fail_allocation_at));
}

static void *failing_malloc(int n)
{
	return refuse() ? NULL : plain_memory.xMalloc(n);
}

static void *failing_realloc(void *old, int n)
{
	return refuse() ? NULL : plain_memory.xRealloc(old, n);
}

static int install_memory(void **state)
{
	sqlite3_mem_methods failing;

	sqlite3_shutdown();
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain_memory),
	                 SQLITE_OK);
	failing = plain_memory;
	failing.xMalloc = failing_malloc;
	failing.xRealloc = failing_realloc;
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &failing), SQLITE_OK);
	/* No cache of small pieces, so that each call is seen. */
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0), SQLITE_OK);
	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	return set_up(state);
}

static int remove_memory(void **state)
{
	int err = tear_down(state);

	sqlite3_shutdown();
	assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &plain_memory), SQLITE_OK);
	assert_int_equal(sqlite3_initialize(), SQLITE_OK);
	return err;
}

static void no_memory_refuses_and_keeps_what_was_committed(void **state)
{
	struct plant *p = *state;
	int64_t committed = 0;
	long n = 1, runs = 0;

	for (; runs < 2000; n += 1 + n / 40, runs++) {
		const char *found;
		int err;

		allocations = 0;
		fail_for_good = runs % 2;
		fail_allocation_at = n;
		err = history_open(&p->h, &p->cfg, &found);
		if (!err) {
			struct sample row;

			assert_null(found);
			p->at = p->at > history_reserve(p->h) ? p->at
			                                      : history_reserve(p->h);
			row = sample_of(0, p->at + SECOND, 1);
			p->at = row.ts_us;
			err = history_append(p->h, p->at, &row, 1);
			if (!err) {
				err = history_commit(p->h);
				committed += !err;
			} else {
				(void)history_commit(p->h);
			}
			(void)history_upkeep(p->h, p->at);
		} else {
			assert_int_equal(err, -ENOMEM);
		}
		plant_close(p);
		if (allocations < n) {
			break;
		}
	}
	fail_allocation_at = 0;
	assert_true(runs > 50 && runs < 2000);
	assert_false(exists(p, "history.db.damaged-1"));
	(void)plant_open(p);
	assert_true(atoll(query(p, "select count(*) from history")) >= committed);
	assert_string_equal(query(p, "pragma integrity_check"), "ok");
	assert_balance(p);
}

/* The child commits for ever and says after each commit how far it is. */
static void write_until_killed(struct plant *p, int out)
{
	const char *found;
	struct cursor c = {0};

	if (history_open(&p->h, &p->cfg, &found) != 0) {
		_exit(1);
	}
	p->at = p->at > history_reserve(p->h) ? p->at : history_reserve(p->h);
	for (int64_t i = 0;; i++) {
		struct sample row = sample_of(0, p->at + SECOND, 0);

		row.value = value_real((double)(row.ts_us - T0_US) / 1e6);
		if (history_append(p->h, row.ts_us, &row, 1) != 0) {
			_exit(2);
		}
		p->at = row.ts_us;
		c.acked = p->at - 10 * SECOND;
		history_cursor(p->h, 0, &c);
		if (i % 5 == 4) {
			if (history_commit(p->h) != 0 ||
			    history_upkeep(p->h, p->at) < 0 ||
			    write(out, &p->at, sizeof(p->at)) != sizeof(p->at)) {
				_exit(3);
			}
		}
	}
}

/* @return the newest batch that the child has said to be committed */
static int64_t run_and_kill(struct plant *p, int commits)
{
	int64_t at = 0;
	int fds[2], status;
	pid_t child;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(fds[0]);
		write_until_killed(p, fds[1]);
	}
	close(fds[1]);
	for (int i = 0; i < commits; i++) {
		assert_int_equal(read(fds[0], &at, sizeof(at)), sizeof(at));
	}
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(fds[0], &at, sizeof(at)) == sizeof(at)) {
	}
	close(fds[0]);
	return at;
}

static void killed_process_loses_nothing_committed(void **state)
{
	struct plant *p = *state;
	uint32_t seed = 7;
	int64_t rows = 0;

	for (int life = 0; life < 30; life++) {
		int64_t told = run_and_kill(p, 1 + (int)(next(&seed) % 20));

		assert_null(plant_open(p));
		assert_true(history_newest(p->h) >= told);
		assert_true(history_reserve(p->h) > history_newest(p->h) - 1);
		/* A row each second since the start of each life, its value its time. */
		assert_string_equal(query(p,
		                          "select count(*) from history where"
		                          " value <> (ts_us - 1767312000000000) / 1e6"),
		                    "0");
		assert_true(atoll(query(p, "select count(*) from history")) > rows);
		rows = atoll(query(p, "select count(*) from history"));
		assert_balance(p);
		p->at = history_reserve(p->h);
		crash(p);
	}
	assert_string_equal(query(p, "pragma integrity_check"), "ok");
}

static void copy_of_the_reserve_outlives_an_old_database(void **state)
{
	static const struct {
		const char *name;
		int64_t recent, ceiling, kept, want;
	} cases[] = {
		{"nothing yet", 0, 0, 0, 0},
		{"in step", 1000, RESERVE_STRIDE_US, 1000, 1000},
		{"copy not flushed before the cut", 500, RESERVE_STRIDE_US, 1000, 1000},
		{"database restored, process died", 9000, RESERVE_STRIDE_US, 1000, 9000},
		{"database restored, power cut", 500, RESERVE_STRIDE_US + 2000, 1000,
	         RESERVE_STRIDE_US + 2000},
		{"database lost", 500, RESERVE_STRIDE_US, 0, RESERVE_STRIDE_US},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reserve r = {.recent = cases[i].recent,
		                    .ceiling = cases[i].ceiling};
		int64_t got = reserve_resume(&r, cases[i].kept);

		if (got != cases[i].want) {
			fail_msg("%s: %lld", cases[i].name, (long long)got);
		}
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(file_that_is_not_ours_is_set_aside),
		CASE(file_of_others_is_not_written_to),
		CASE(two_hundred_damaged_files_start),
		CASE(full_disk_costs_nothing_once_there_is_room),
		CASE(failed_fsync_is_not_repeated),
		CASE(killed_process_loses_nothing_committed),
		CASE(copy_of_the_reserve_outlives_an_old_database),
		cmocka_unit_test_setup_teardown(
			no_memory_refuses_and_keeps_what_was_committed, install_memory,
			remove_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
