/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/writer.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "tests/storage/fail_sync.h"
#include "tests/storage/storage_test.h"

struct fixture {
	struct plant p;
	struct writer *w;
	int fd; /* something was told */
	_Atomic int64_t committed, gap_rows;
	_Atomic int trouble, changes;
};

static void on_committed(void *arg, int64_t at_us)
{
	struct fixture *f = arg;

	f->committed = at_us;
	(void)eventfd_write(f->fd, 1);
}

static void on_trouble(void *arg, int err)
{
	struct fixture *f = arg;

	f->trouble = err;
	f->changes++;
	(void)eventfd_write(f->fd, 1);
}

static void on_gap(void *arg, size_t destination, int64_t from_us, int64_t to_us,
                   int64_t n)
{
	struct fixture *f = arg;

	assert_int_equal(destination, 0);
	assert_true(from_us <= to_us);
	f->gap_rows += n;
	(void)eventfd_write(f->fd, 1);
}

/* Until the storage thread tells something more; the limit only ends a failed test. */
static void wait_told(struct fixture *f)
{
	struct pollfd fd = {.fd = f->fd, .events = POLLIN};
	eventfd_t n;

	assert_int_equal(poll(&fd, 1, 60000), 1);
	(void)eventfd_read(f->fd, &n);
}

static void start(struct fixture *f, size_t queue_bytes)
{
	struct writer_events events = {.committed = on_committed,
	                               .trouble = on_trouble,
	                               .gap = on_gap,
	                               .arg = f};
	const char *found;

	assert_int_equal(writer_start(&f->w, &f->p.cfg, &events, queue_bytes, &found), 0);
}

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	plant_init(&f.p);
	f.p.cfg.commit_ms = 20;
	f.p.cfg.full = true;
	f.fd = eventfd(0, EFD_NONBLOCK);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	atomic_store(&fail_all_syncs, false);
	writer_stop(f->w);
	close(f->fd);
	plant_fini(&f->p);
	return 0;
}

static int put(struct fixture *f, int64_t at_us)
{
	struct sample row = sample_of(0, at_us, (double)(at_us - T0_US));

	return writer_samples(f->w, at_us, &row, 1);
}

static void disk_that_comes_back_gets_all_from_memory(void **state)
{
	struct fixture *f = *state;
	struct writer_stats stats;

	start(f, 1 << 20);
	assert_int_equal(put(f, T0_US + 1), 0);
	while (f->committed < T0_US + 1) {
		wait_told(f);
	}
	atomic_store(&fail_all_syncs, true);
	for (int64_t i = 2; i <= 1000; i++) {
		assert_int_equal(put(f, T0_US + i), 0);
	}
	while (f->trouble == 0) {
		wait_told(f);
	}
	assert_int_equal(f->trouble, -EIO);
	assert_int_equal(f->committed, T0_US + 1); /* nothing is told that is not so */
	atomic_store(&fail_all_syncs, false);
	while (f->committed < T0_US + 1000) {
		wait_told(f);
	}
	assert_int_equal(f->trouble, 0);
	assert_int_equal(f->changes, 2);
	writer_stats(f->w, &stats);
	assert_int_equal(stats.error, 0);
	assert_int_equal(stats.dropped, 0);
	assert_string_equal(query(&f->p, "select count(*), sum(value) from history"),
	                    "1000|500500.0");
}

static void while_the_disk_refuses_the_oldest_go(void **state)
{
	struct fixture *f = *state;
	struct writer_stats stats;
	int64_t produced = 0, at = T0_US;

	start(f, 16384);
	atomic_store(&fail_all_syncs, true);
	do {
		if (put(f, ++at) == -ENOBUFS) {
			struct pollfd pause = {.fd = f->fd, .events = POLLIN};

			(void)poll(&pause, 1, 5); /* a loop would poll its devices */
		}
		produced++;
		writer_stats(f->w, &stats);
	} while (stats.dropped < 500);
	atomic_store(&fail_all_syncs, false);
	while (f->trouble != 0) {
		wait_told(f);
	}
	for (produced++; put(f, ++at) != 0; produced++) {
		wait_told(f);
	}
	while (f->committed < at) {
		wait_told(f);
	}
	writer_stats(f->w, &stats);
	assert_int_equal(produced, stats.history.stored + stats.dropped);
	assert_int_equal(stats.history.stored,
	                 atoll(query(&f->p, "select count(*) from history")));
}

static void stop_on_a_dead_disk_comes_to_an_end(void **state)
{
	struct fixture *f = *state;

	start(f, 1 << 20);
	atomic_store(&fail_all_syncs, true);
	assert_int_equal(put(f, T0_US + 1), 0);
	writer_stop(f->w);
	f->w = NULL;
	atomic_store(&fail_all_syncs, false);
	assert_string_equal(query(&f->p, "select count(*) from history"), "0");
}

/* More than the file holds: the ring turns, evictions are told, nothing fails. */
static void file_at_its_ceiling_goes_on(void **state)
{
	struct fixture *f = *state;
	struct sample rows[4];
	struct writer_stats stats;

	f->p.cfg.max_bytes = (4 << 20) + (1 << 20);
	start(f, 1 << 20);
	for (int64_t i = 1; i <= 20000; i++) {
		for (uint32_t k = 0; k < 4; k++) {
			rows[k] = sample_of(k, T0_US + i * 1000, (double)i);
		}
		while (writer_samples(f->w, T0_US + i * 1000, rows, 4) == -ENOBUFS) {
			wait_told(f);
		}
	}
	while (f->committed < T0_US + 20000 * 1000) {
		wait_told(f);
	}
	writer_stats(f->w, &stats);
	assert_int_equal(stats.error, 0);
	assert_int_equal(stats.history.stored, 80000);
	assert_true(stats.history.destination[0].evicted > 0);
	assert_int_equal(stats.history.destination[0].evicted +
	                         stats.history.destination[0].pending,
	                 80000);
	assert_int_equal(f->gap_rows, stats.history.destination[0].evicted);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(disk_that_comes_back_gets_all_from_memory),
		CASE(while_the_disk_refuses_the_oldest_go),
		CASE(stop_on_a_dead_disk_comes_to_an_end),
		CASE(file_at_its_ceiling_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
