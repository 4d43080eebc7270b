/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "storage/queue.h"
#include "storage/row.h"

enum {
	TICKS_A_COMMIT = 10, /* the queue is emptied so often between two commits */
	UPKEEP_SLICES = 8,   /* at most so many a tick */
	TRANSACTION_BYTES = 1 << 20, /* of the queue; then a commit comes early */
	ROOM_TRIES = 16,             /* evictions to make room for one commit */
	STOP_TRIES = 3,
	STOP_MS = 4000,
};

enum kind {
	MESSAGE_SAMPLES,
	MESSAGE_EVENT,
	MESSAGE_FORECAST,
	MESSAGE_OUTLOOK,
	MESSAGE_VERSION
};

/* A message: this, then n rows, an event or what else it is, then its texts. */
struct message {
	int64_t at_us;
	size_t n; /* samples */
	enum kind kind;
};

struct writer {
	struct writer_events events;
	struct queue *queue;
	size_t queue_bytes;
	int64_t reserve;
	pthread_t thread;
	int wake_fd, tick_fd, done_fd;
	atomic_bool stop;
	_Atomic int64_t reserved; /* a batch beyond it is committed at once */
	_Atomic int64_t refused;  /* samples that found the queue full */
	_Atomic int64_t taken;    /* samples put into the queue */
	pthread_mutex_t mutex;    /* of the following; never held over I/O */
	struct writer_stats stats;
	int64_t stats_settled; /* settled, as of stats */
	struct cursor cursors[DESTINATIONS_MAX];
	size_t n_destinations;
	int64_t wall_us;
	bool synced;
	/* The storage thread's own. */
	struct history *h;
	struct sample *batch; /* scratch, as long as the longest batch was */
	size_t batch_room;
	size_t pos;      /* messages before it are in the open transaction */
	int error;       /* of the last commit, as told */
	bool again;      /* the queue is being appended once more */
	size_t most;     /* bytes of the queue in one transaction: after a failure less */
	int64_t dropped; /* samples that were taken and lost */
	int64_t open;    /* samples that the open transaction takes off the queue */
	int64_t invalid; /* of those, such as are no batch and will be dropped */
	int64_t settled; /* samples taken off the queue for good: stored or dropped */
	uint64_t commits;
};

static void put_text(char **to, const char **text)
{
	size_t bytes = strlen(*text) + 1;

	memcpy(*to, *text, bytes);
	*text = *to;
	*to += bytes;
}

static void wake(struct writer *w)
{
	uint64_t one = 1;

	(void)!write(w->wake_fd, &one, sizeof(one));
}

static void put(struct writer *w, struct message *m, int64_t at_us, char *end)
{
	m->at_us = at_us;
	queue_commit(w->queue, (size_t)(end - (char *)m));
	if (queue_used(w->queue) > w->queue_bytes / 2 ||
	    at_us > atomic_load_explicit(&w->reserved, memory_order_relaxed)) {
		wake(w);
	}
}

int writer_samples(struct writer *w, int64_t at_us, const struct sample *rows, size_t n)
{
	size_t bytes = sizeof(struct message) + n * sizeof(struct row);
	struct message *m;
	struct row *to;
	char *end;

	for (size_t i = 0; i < n; i++) {
		bytes += rows[i].value.kind == VALUE_TEXT ? strlen(rows[i].value.text) + 1
		                                          : 0;
	}
	m = n > 0 ? queue_reserve(w->queue, bytes) : NULL;
	if (!m) {
		atomic_fetch_add_explicit(&w->refused, (int64_t)n, memory_order_relaxed);
		wake(w);
		return n > 0 ? -ENOBUFS : 0;
	}
	to = (struct row *)(m + 1);
	end = (char *)(to + n);
	for (size_t i = 0; i < n; i++) {
		to[i] = row_of(&rows[i]);
		if (rows[i].value.kind == VALUE_TEXT) {
			put_text(&end, &to[i].text);
		}
	}
	m->n = n;
	m->kind = MESSAGE_SAMPLES;
	atomic_fetch_add_explicit(&w->taken, (int64_t)n, memory_order_relaxed);
	put(w, m, at_us, end);
	return 0;
}

int writer_event(struct writer *w, const struct event *e)
{
	const char *const given[] = {e->kind,          e->severity, e->state, e->method,
	                             e->contributions, e->message,  e->by};
	size_t bytes = sizeof(struct message) + sizeof(*e);
	struct message *m;
	struct event *copy;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
		bytes += strlen(given[i]) + 1;
	}
	m = queue_reserve(w->queue, bytes);
	if (!m) {
		return -ENOBUFS;
	}
	copy = (struct event *)(m + 1);
	*copy = *e;
	end = (char *)(copy + 1);
	put_text(&end, &copy->kind);
	put_text(&end, &copy->severity);
	put_text(&end, &copy->state);
	put_text(&end, &copy->method);
	put_text(&end, &copy->contributions);
	put_text(&end, &copy->message);
	put_text(&end, &copy->by);
	m->n = 0;
	m->kind = MESSAGE_EVENT;
	put(w, m, e->ts_us, end);
	return 0;
}

int writer_forecast(struct writer *w, const struct forecast *f)
{
	struct message *m = queue_reserve(w->queue, sizeof(*m) + sizeof(*f));

	if (!m) {
		return -ENOBUFS;
	}
	*(struct forecast *)(m + 1) = *f;
	m->n = 0;
	m->kind = MESSAGE_FORECAST;
	put(w, m, 0, (char *)(m + 1) + sizeof(*f)); /* bears no stamp */
	return 0;
}

int writer_outlook(struct writer *w, const struct outlook_row *row)
{
	struct message *m = queue_reserve(w->queue, sizeof(*m) + sizeof(*row) +
	                                                    strlen(row->name) + 1 +
	                                                    strlen(row->why) + 1);
	struct outlook_row *copy;
	char *end;

	if (!m) {
		return -ENOBUFS;
	}
	copy = (struct outlook_row *)(m + 1);
	*copy = *row;
	end = (char *)(copy + 1);
	put_text(&end, &copy->name);
	put_text(&end, &copy->why);
	m->n = 0;
	m->kind = MESSAGE_OUTLOOK;
	put(w, m, 0, end);
	return 0;
}

int writer_version(struct writer *w, const struct version *v)
{
	struct message *m = queue_reserve(w->queue, sizeof(*m) + sizeof(*v) +
	                                                    strlen(v->details) + 1);
	struct version *copy;
	char *end;

	if (!m) {
		return -ENOBUFS;
	}
	copy = (struct version *)(m + 1);
	*copy = *v;
	end = (char *)(copy + 1);
	put_text(&end, &copy->details);
	m->n = 0;
	m->kind = MESSAGE_VERSION;
	put(w, m, 0, end);
	return 0;
}

static int put_batch(struct writer *w, const struct message *m)
{
	const struct row *rows = (const struct row *)(m + 1);

	if (m->n > w->batch_room) {
		struct sample *grown = realloc(w->batch, m->n * sizeof(*grown));

		if (!grown) {
			return -ENOMEM;
		}
		w->batch = grown;
		w->batch_room = m->n;
	}
	for (size_t i = 0; i < m->n; i++) {
		w->batch[i] = row_sample(&rows[i]);
	}
	return history_append(w->h, m->at_us, w->batch, m->n);
}

static int put_down(struct writer *w, const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_SAMPLES:
		return put_batch(w, m);
	case MESSAGE_EVENT:
		return history_event(w->h, (const struct event *)(m + 1));
	case MESSAGE_FORECAST:
		return forecast_put(w->h, (const struct forecast *)(m + 1));
	case MESSAGE_OUTLOOK:
		return outlook_row_put(w->h, (const struct outlook_row *)(m + 1));
	case MESSAGE_VERSION:
		break;
	}
	return version_put(w->h, (const struct version *)(m + 1));
}

static int append(struct writer *w, const struct message *m)
{
	int err;

	if (w->again && m->n > 0 && m->at_us <= history_newest(w->h)) {
		return 0; /* was kept when its commit failed */
	}
	err = put_down(w, m);
	if (err == -EINVAL) {
		w->invalid += (int64_t)m->n; /* no batch: it would fail for ever */
		err = 0;
	}
	return err;
}

/* Move the queue into the open transaction. @return 1: more than one may hold */
static int drain(struct writer *w)
{
	const struct message *m;
	size_t pos = w->pos, n;
	int err = 0;

	while (!err && pos - queue_tail(w->queue) < w->most &&
	       (m = queue_walk(w->queue, &pos, &n)) != NULL) {
		err = append(w, m);
		if (!err) {
			w->open += (int64_t)m->n;
			w->pos = pos;
		}
	}
	return err ? err : pos - queue_tail(w->queue) >= w->most;
}

/* While the disk refuses the oldest go, so that the newest find room. */
static void shed(struct writer *w)
{
	const struct message *m;
	size_t pos = queue_tail(w->queue), n;

	while (queue_used(w->queue) > w->queue_bytes / 4 * 3 &&
	       (m = queue_walk(w->queue, &pos, &n)) != NULL) {
		w->dropped += (int64_t)m->n;
		w->settled += (int64_t)m->n;
		queue_pop_to(w->queue, pos);
	}
}

static void take_cursors(struct writer *w)
{
	struct cursor cursors[DESTINATIONS_MAX];

	pthread_mutex_lock(&w->mutex);
	memcpy(cursors, w->cursors, sizeof(cursors));
	pthread_mutex_unlock(&w->mutex);
	for (size_t d = 0; d < w->n_destinations; d++) {
		history_cursor(w->h, d, &cursors[d]);
	}
}

static int64_t wall(struct writer *w)
{
	int64_t now_us;

	pthread_mutex_lock(&w->mutex);
	now_us = w->synced ? w->wall_us : 0;
	pthread_mutex_unlock(&w->mutex);
	return now_us;
}

static void publish_stats(struct writer *w)
{
	struct history_counts counts;
	int64_t used = (int64_t)queue_used(w->queue);

	history_counts(w->h, &counts);
	pthread_mutex_lock(&w->mutex);
	w->stats.history = counts;
	w->stats.committed_at = history_newest(w->h);
	w->stats.dropped = w->dropped;
	w->stats_settled = w->settled;
	w->stats.queued_bytes = used;
	if (used > w->stats.queue_bytes_max) {
		w->stats.queue_bytes_max = used;
	}
	w->stats.commits = w->commits;
	w->stats.error = w->error;
	pthread_mutex_unlock(&w->mutex);
}

static void tell_trouble(struct writer *w, int err, int before)
{
	if (err != before && w->events.trouble) {
		w->events.trouble(w->events.arg, err);
	}
}

static void tell_committed(struct writer *w, int64_t before)
{
	int64_t newest = history_newest(w->h);
	struct history_gap gap;

	if (newest != before && w->events.committed) {
		w->events.committed(w->events.arg, newest);
	}
	while (history_gap(w->h, &gap)) {
		if (w->events.gap) {
			w->events.gap(w->events.arg, gap.destination, gap.from_us,
			              gap.to_us, gap.n);
		}
	}
}

/* Stands back where the queue fills up. */
static int upkeep(struct writer *w)
{
	int slices = queue_used(w->queue) > w->queue_bytes / 2 ? 1 : UPKEEP_SLICES;
	int64_t now_us = wall(w);
	int more = 1;

	for (int i = 0; i < slices && more > 0; i++) {
		more = history_upkeep(w->h, now_us);
	}
	return more;
}

/* Of a file at its own ceiling the oldest rows go now. @return was there something? */
static bool make_room(struct writer *w)
{
	int more = history_upkeep(w->h, wall(w));

	for (int i = 1; i < UPKEEP_SLICES && more > 0; i++) {
		more = history_upkeep(w->h, wall(w)) < 0 ? -1 : more;
	}
	return history_commit(w->h) == 0 && more > 0;
}

/* Append and commit; after a failure the queue is as before.
 * @return 1: the queue holds more, 0, or a negative errno */
static int try_commit(struct writer *w)
{
	int more = drain(w), err;

	take_cursors(w);
	err = history_commit(w->h);
	if (err) {
		w->again = true;
		w->most = (w->pos - queue_tail(w->queue)) / 2 + 1; /* what fits, goes */
		w->pos = queue_tail(w->queue);
	} else {
		w->commits += w->pos != queue_tail(w->queue);
		w->settled += w->open;
		w->dropped += w->invalid;
		queue_pop_to(w->queue, w->pos);
		atomic_store(&w->reserved, history_reserved(w->h));
		w->again = w->again && more > 0;
		w->most = w->most < TRANSACTION_BYTES / 2 ? 2 * w->most
		                                          : TRANSACTION_BYTES;
	}
	w->open = w->invalid = 0;
	return err ? err : more > 0;
}

/* One commit, told to whom it concerns. @return as try_commit() */
static int commit(struct writer *w)
{
	int64_t newest = history_newest(w->h);
	int error = w->error, err = try_commit(w);

	for (int i = 0; i < ROOM_TRIES && err == -ENOSPC && make_room(w); i++) {
		err = try_commit(w);
	}
	if (err < 0) {
		shed(w);
		w->pos = queue_tail(w->queue);
	}
	w->error = err < 0 ? err : 0;
	publish_stats(w);
	tell_trouble(w, w->error, error);
	if (err >= 0) {
		tell_committed(w, newest);
	}
	return err;
}

/* Once a tick: the queue into the transaction; once a commit: all of it to the disk.
 * After a failure nothing is touched until the next commit is due. */
static void go_round(struct writer *w, bool due)
{
	int err = 0;

	if (!w->error) {
		err = drain(w);
	}
	if (due || err != 0) {
		do {
			err = commit(w);
		} while (err > 0);
	}
	if (!w->error && upkeep(w) < 0) {
		(void)commit(w);
	}
	pthread_mutex_lock(&w->mutex);
	w->stats.progress++;
	pthread_mutex_unlock(&w->mutex);
}

static bool beyond_reserve(struct writer *w)
{
	size_t pos = w->pos, n;
	const struct message *m = queue_walk(w->queue, &pos, &n);

	return !w->error && m && m->at_us > history_reserved(w->h);
}

static void *run(void *arg)
{
	struct writer *w = arg;
	struct pollfd fds[] = {{.fd = w->wake_fd, .events = POLLIN},
	                       {.fd = w->tick_fd, .events = POLLIN}};
	uint64_t ticks = 0, n;

	while (!atomic_load(&w->stop)) {
		bool due;

		(void)poll(fds, ARRAY_SIZE(fds), -1);
		(void)!read(w->wake_fd, &n, sizeof(n));
		ticks += read(w->tick_fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
		due = ticks >= TICKS_A_COMMIT || beyond_reserve(w);
		ticks = due ? 0 : ticks;
		go_round(w, due);
	}
	for (int i = 0; i < STOP_TRIES && queue_used(w->queue) > 0; i++) {
		while (commit(w) > 0) {
		}
	}
	take_cursors(w);
	history_close(w->h);
	n = 1;
	(void)!write(w->done_fd, &n, sizeof(n));
	return NULL;
}

static int open_fds(struct writer *w, uint32_t commit_ms)
{
	uint32_t tick_ms = commit_ms / TICKS_A_COMMIT;
	struct itimerspec every = {{0, 0}, {0, 0}};

	tick_ms = tick_ms > 0 ? tick_ms : 1;
	every.it_interval.tv_sec = tick_ms / 1000;
	every.it_interval.tv_nsec = (long)(tick_ms % 1000) * 1000000;
	every.it_value = every.it_interval;
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->wake_fd < 0 || w->done_fd < 0 || w->tick_fd < 0 ||
	    timerfd_settime(w->tick_fd, 0, &every, NULL) != 0) {
		return -errno;
	}
	return 0;
}

static void release(struct writer *w)
{
	const int fds[] = {w->wake_fd, w->done_fd, w->tick_fd};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (fds[i] >= 0) {
			close(fds[i]);
		}
	}
	queue_free(w->queue);
	free(w->batch);
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

/* Signals are for the loop: the storage thread has all of them blocked. */
static int start_thread(struct writer *w)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&w->thread, NULL, run, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int writer_start(struct writer **out, const struct history_config *cfg,
                 const struct writer_events *events, size_t queue_bytes,
                 const char **found)
{
	struct writer *w = calloc(1, sizeof(*w));
	int err;

	*found = NULL;
	if (!w) {
		return -ENOMEM;
	}
	w->wake_fd = w->done_fd = w->tick_fd = -1;
	w->events = events ? *events : (struct writer_events){0};
	w->queue_bytes = queue_bytes;
	w->most = TRANSACTION_BYTES;
	w->n_destinations = cfg->n_destinations < DESTINATIONS_MAX ? cfg->n_destinations
	                                                           : DESTINATIONS_MAX;
	pthread_mutex_init(&w->mutex, NULL);
	err = queue_new(&w->queue, queue_bytes);
	if (!err) {
		err = open_fds(w, cfg->commit_ms);
	}
	if (!err) {
		err = history_open(&w->h, cfg, found);
	}
	if (err) {
		release(w);
		return err;
	}
	w->reserve = history_reserve(w->h);
	atomic_store(&w->reserved, history_reserved(w->h));
	for (size_t d = 0; d < w->n_destinations; d++) {
		history_cursor_get(w->h, d, &w->cursors[d]);
	}
	publish_stats(w);
	err = start_thread(w);
	if (err) {
		history_close(w->h);
		release(w);
		return err;
	}
	*out = w;
	return 0;
}

void writer_cursor(struct writer *w, size_t destination, const struct cursor *c)
{
	if (destination < w->n_destinations) {
		pthread_mutex_lock(&w->mutex);
		w->cursors[destination] = *c;
		pthread_mutex_unlock(&w->mutex);
	}
}

void writer_cursor_get(struct writer *w, size_t destination, struct cursor *out)
{
	*out = (struct cursor){0};
	if (destination < w->n_destinations) {
		pthread_mutex_lock(&w->mutex);
		*out = w->cursors[destination];
		pthread_mutex_unlock(&w->mutex);
	}
}

void writer_wall(struct writer *w, int64_t now_us, bool synced)
{
	pthread_mutex_lock(&w->mutex);
	w->wall_us = now_us;
	w->synced = synced;
	pthread_mutex_unlock(&w->mutex);
}

void writer_stats(struct writer *w, struct writer_stats *out)
{
	pthread_mutex_lock(&w->mutex);
	*out = w->stats;
	out->queued_rows = atomic_load_explicit(&w->taken, memory_order_relaxed) -
	                   w->stats_settled;
	pthread_mutex_unlock(&w->mutex);
	out->queued_bytes = (int64_t)queue_used(w->queue);
	out->dropped += atomic_load_explicit(&w->refused, memory_order_relaxed);
}

int64_t writer_reserve(const struct writer *w)
{
	return w->reserve;
}

void writer_stop(struct writer *w)
{
	struct pollfd done;

	if (!w) {
		return;
	}
	atomic_store(&w->stop, true);
	wake(w);
	done = (struct pollfd){.fd = w->done_fd, .events = POLLIN};
	if (poll(&done, 1, STOP_MS) <= 0) {
		/* Caught in the disk: it keeps what it uses until the process ends. */
		pthread_detach(w->thread);
		return;
	}
	pthread_join(w->thread, NULL);
	release(w);
}
