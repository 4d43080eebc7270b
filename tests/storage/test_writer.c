/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/writer.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/eventfd.h>

#include "storage/reader.h"
#include "tests/storage/storage_test.h"

/* What the storage thread told. */
struct told {
	int fd;
	_Atomic int64_t committed;
	_Atomic int trouble;
};

static void on_committed(void *arg, int64_t at_us)
{
	struct told *t = arg;

	t->committed = at_us;
	assert_int_equal(eventfd_write(t->fd, 1), 0);
}

static void on_trouble(void *arg, int err)
{
	struct told *t = arg;

	t->trouble = err;
}

/* Wait for the commit of a batch; the limit only ends a test that has failed. */
static void wait_committed(struct told *t, int64_t at_us)
{
	struct pollfd fd = {.fd = t->fd, .events = POLLIN};
	eventfd_t n;

	while (t->committed < at_us) {
		assert_int_equal(poll(&fd, 1, 60000), 1);
		(void)eventfd_read(t->fd, &n);
	}
}

struct fixture {
	struct plant p;
	struct told told;
	struct writer *w;
};

static void start(struct fixture *f, size_t queue_bytes)
{
	struct writer_events events = {
		.committed = on_committed, .trouble = on_trouble, .arg = &f->told};
	const char *found;

	assert_int_equal(writer_start(&f->w, &f->p.cfg, &events, queue_bytes, &found), 0);
	assert_null(found);
}

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	plant_init(&f.p);
	f.p.cfg.commit_ms = 20;
	f.told.fd = eventfd(0, EFD_NONBLOCK);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	writer_stop(f->w);
	f->w = NULL;
	close(f->told.fd);
	plant_fini(&f->p);
	return 0;
}

static void queued_batches_are_committed_in_order(void **state)
{
	struct fixture *f = *state;
	struct sample row;
	struct writer_stats stats;

	start(f, 1 << 20);
	for (int64_t i = 1; i <= 500; i++) {
		row = sample_of(0, T0_US + i * 1000, (double)i);
		assert_int_equal(writer_samples(f->w, row.ts_us, &row, 1), 0);
	}
	wait_committed(&f->told, T0_US + 500000);
	writer_stats(f->w, &stats);
	assert_int_equal(stats.history.stored, 500);
	assert_int_equal(stats.history.destination[0].pending, 500);
	assert_int_equal(stats.dropped, 0);
	assert_int_equal(stats.error, 0);
	assert_string_equal(query(&f->p, "select count(*), sum(value) from history"),
	                    "500|125250.0");
}

static void text_is_copied(void **state)
{
	struct fixture *f = *state;
	char text[8] = "before";
	struct sample row = sample_of(3, T0_US, 0);

	start(f, 1 << 20);
	row.value = (struct value){.kind = VALUE_TEXT, .text = text};
	assert_int_equal(writer_samples(f->w, T0_US, &row, 1), 0);
	memcpy(text, "after", 6);
	wait_committed(&f->told, T0_US);
	assert_string_equal(query(&f->p, "select value from history"), "before");
}

static void stop_commits_all_that_is_queued(void **state)
{
	struct fixture *f = *state;
	struct sample row = sample_of(0, T0_US, 1);
	struct event e = {.ts_us = T0_US + 1,
	                  .device = EVENT_NOBODY,
	                  .tag = EVENT_NOBODY,
	                  .kind = "stop",
	                  .severity = "info",
	                  .state = "",
	                  .value = NAN,
	                  .method = "",
	                  .contributions = "",
	                  .message = "the gateway stops",
	                  .by = ""};

	f->p.cfg.commit_ms = 3600000; /* no commit comes by itself */
	start(f, 1 << 20);
	assert_int_equal(writer_samples(f->w, T0_US, &row, 1), 0);
	assert_int_equal(writer_event(f->w, &e), 0);
	writer_stop(f->w);
	f->w = NULL;
	assert_string_equal(query(&f->p, "select (select count(*) from history),"
	                                 " (select message from events)"),
	                    "1|the gateway stops");
}

static void cursor_comes_back_after_a_restart(void **state)
{
	struct fixture *f = *state;
	struct sample row = sample_of(0, T0_US, 1);
	struct cursor c = {.acked = T0_US + 5}, got;
	struct writer_stats stats;

	start(f, 1 << 20);
	assert_int_equal(writer_samples(f->w, T0_US, &row, 1), 0);
	wait_committed(&f->told, T0_US);
	writer_cursor(f->w, 0, &c);
	writer_stop(f->w);
	start(f, 1 << 20);
	writer_cursor_get(f->w, 0, &got);
	assert_int_equal(got.acked, T0_US); /* not past what is committed */
	writer_stats(f->w, &stats);
	assert_int_equal(stats.history.destination[0].delivered, 1);
	assert_int_equal(stats.history.destination[0].pending, 0);
	assert_int_equal(writer_reserve(f->w), T0_US);
}

static void full_queue_refuses_and_counts(void **state)
{
	struct fixture *f = *state;
	struct sample rows[4];
	struct writer_stats stats;
	int64_t dropped = 0, taken = 0;

	f->p.cfg.commit_ms = 3600000;
	start(f, 4096);
	for (int64_t i = 1; i <= 2000; i++) {
		for (uint32_t k = 0; k < 4; k++) {
			rows[k] = sample_of(k, T0_US + i, 1);
		}
		if (writer_samples(f->w, T0_US + i, rows, 4) == -ENOBUFS) {
			dropped += 4;
		} else {
			taken += 4;
		}
	}
	writer_stats(f->w, &stats);
	assert_int_equal(stats.dropped, dropped);
	writer_stop(f->w);
	f->w = NULL;
	assert_int_equal(atoll(query(&f->p, "select count(*) from history")), taken);
}

static void second_writer_is_refused(void **state)
{
	struct fixture *f = *state;
	struct writer *second;
	const char *found;

	start(f, 1 << 20);
	assert_int_equal(writer_start(&second, &f->p.cfg, NULL, 4096, &found), -EBUSY);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(queued_batches_are_committed_in_order),
		CASE(text_is_copied),
		CASE(stop_commits_all_that_is_queued),
		CASE(cursor_comes_back_after_a_restart),
		CASE(full_queue_refuses_and_counts),
		CASE(second_writer_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
