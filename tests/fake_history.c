/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake_history.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1 << 18 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct backlog_row rows[ROWS];
static size_t n_rows;
static int64_t committed, evicted;
static struct cursor cursor;
static int failing;
static char token;

void fake_history_reset(const struct cursor *start)
{
	pthread_mutex_lock(&lock);
	n_rows = 0;
	committed = evicted = 0;
	failing = 0;
	cursor = *start;
	pthread_mutex_unlock(&lock);
}

void fake_history_store(int64_t at_us, const struct sample *batch, size_t n)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n && n_rows < ROWS; i++) {
		rows[n_rows++] = (struct backlog_row){at_us, batch[i]};
	}
	pthread_mutex_unlock(&lock);
}

void fake_history_commit(int64_t at_us)
{
	pthread_mutex_lock(&lock);
	committed = at_us;
	pthread_mutex_unlock(&lock);
}

void fake_history_evict(int64_t at_us)
{
	pthread_mutex_lock(&lock);
	evicted = at_us;
	pthread_mutex_unlock(&lock);
}

void fake_history_fail(int err)
{
	pthread_mutex_lock(&lock);
	failing = err;
	pthread_mutex_unlock(&lock);
}

struct cursor fake_history_cursor(void)
{
	struct cursor c;

	pthread_mutex_lock(&lock);
	c = cursor;
	pthread_mutex_unlock(&lock);
	return c;
}

size_t fake_history_pending(void)
{
	size_t n = 0;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n_rows; i++) {
		n += rows[i].at_us >= evicted && !cursor_has(&cursor, rows[i].at_us);
	}
	pthread_mutex_unlock(&lock);
	return n;
}

struct writer *fake_history_writer(void)
{
	return (struct writer *)(void *)&token;
}

static size_t first_after(int64_t after_us)
{
	size_t low = 0, high = n_rows;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows[middle].at_us > after_us) {
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return low;
}

int fake_history_read(void *arg, const struct backlog_query *q)
{
	int n = 0, err = 0;

	pthread_mutex_lock(&lock);
	err = failing;
	for (size_t i = first_after(q->after_us); !err && i < n_rows; i++) {
		bool whole = i == 0 || rows[i].at_us != rows[i - 1].at_us;

		if (rows[i].at_us >= q->before_us || rows[i].at_us > committed ||
		    (whole && (size_t)n >= q->max)) {
			break;
		}
		if (rows[i].at_us >= evicted) {
			err = q->row(q->arg, &rows[i]);
			n++;
		}
	}
	pthread_mutex_unlock(&lock);
	return err ? err : n;
}

/* ---- storage/writer.h and storage/reader.h ---- */

void writer_cursor(struct writer *w, size_t destination, const struct cursor *c)
{
	pthread_mutex_lock(&lock);
	cursor = *c;
	pthread_mutex_unlock(&lock);
}

void writer_cursor_get(struct writer *w, size_t destination, struct cursor *out)
{
	*out = fake_history_cursor();
}

void writer_stats(struct writer *w, struct writer_stats *out)
{
	memset(out, 0, sizeof(*out));
	out->history.destination[0].pending = (int64_t)fake_history_pending();
	pthread_mutex_lock(&lock);
	out->committed_at = committed;
	pthread_mutex_unlock(&lock);
}

int reader_open(struct reader **out, const char *path)
{
	*out = (struct reader *)(void *)&token;
	return 0;
}

void reader_close(struct reader *r)
{
}

int reader_map_tags(struct reader *r, const struct tag *tags, size_t n_tags)
{
	return 0;
}

int reader_events(struct reader *r, int64_t after_us, size_t max,
                  int (*row)(void *arg, const struct event *e, const char *device,
                             const char *tag),
                  void *arg)
{
	(void)r;
	(void)after_us;
	(void)max;
	(void)row;
	(void)arg;
	return 0; /* this history keeps rows only */
}

int reader_alarmed(struct reader *r, void (*tag)(void *arg, uint32_t index), void *arg)
{
	(void)r;
	tag(arg, 0); /* one that its tests know */
	return 0;
}

int reader_backlog(struct reader *r, int64_t after_us, int64_t before_us, size_t max,
                   int (*row)(void *arg, const struct backlog_row *row), void *arg)
{
	struct backlog_query q = {after_us, before_us, max, row, arg};

	return fake_history_read(NULL, &q);
}
