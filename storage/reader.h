/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reads a history, while it is written or after: a connection of its own, read-only,
 * which never checkpoints and whose statements are cut after 5 s.  One thread at a time.
 */
#ifndef STORAGE_READER_H
#define STORAGE_READER_H

#include "storage/history.h"
#include "storage/version.h"

struct reader;

/** @return 0, -ENOENT, -EACCES, -EBADMSG: no history of ours, or newer */
int reader_open(struct reader **out, const char *path);
void reader_close(struct reader *r);

/** One stored sample on its way out.  tag is the gateway-wide index of the running
 * configuration (see reader_map_tags()), or the file's own id without a map. */
struct backlog_row {
	int64_t at_us;
	struct sample sample; /* text borrowed for the call; last and last_ts_us empty */
};

/** Translate the file's tags to indexes of tags; rows of others are skipped. */
int reader_map_tags(struct reader *r, const struct tag *tags, size_t n_tags);

/**
 * Rows with after < at < before in order of at, whole batches only.
 * @param max   stop after the batch that reaches so many rows
 * @param row   non-zero stops and is returned
 * @return number of rows given, or a negative errno (-ETIMEDOUT: cut)
 */
int reader_backlog(struct reader *r, int64_t after_us, int64_t before_us, size_t max,
                   int (*row)(void *arg, const struct backlog_row *row), void *arg);

/** Events later than after_us in order, at most max; device and tag by name, "" for none
 * (e->device and e->tag are EVENT_NOBODY).  Strings borrowed for the call.
 * @return number given, or a negative errno */
int reader_events(struct reader *r, int64_t after_us, size_t max,
                  int (*row)(void *arg, const struct event *e, const char *device,
                             const char *tag),
                  void *arg);

/** Tags of the configuration that the file was opened with last, by index, that had an
 * alarm, as far back as the file goes.  @return 0 or a negative errno */
int reader_alarmed(struct reader *r, void (*tag)(void *arg, uint32_t index), void *arg);

/** A row of view `history` for the command line.  Strings borrowed for the call. */
struct history_row {
	int64_t ts_us;
	const char *device, *tag, *unit, *quality, *source, *state;
	struct value value;
	double predicted, residual;
};

/**
 * Rows of one tag in order of time.
 * @param every_us  0: all; else the mean of good values per span, at the span's start
 */
int reader_history(struct reader *r, const char *device, const char *tag,
                   int64_t since_us, int64_t until_us, int64_t every_us,
                   int (*row)(void *arg, const struct history_row *row), void *arg);

/**
 * Means of a tag's good values by hour, or by minute, in order of time.
 * @param row  non-zero stops and is returned
 * @return number given, or a negative errno
 */
int reader_means(struct reader *r, const struct tag *tag, bool hours, int64_t since_us,
                 int (*row)(void *arg, int64_t ts_us, double mean), void *arg);

/** Rows of view `events`, `alarms`, `devices`, `tags`, `gaps` or `now` as text, for the
 * command line; columns and values borrowed, NULL for null. */
int reader_view(struct reader *r, const char *view, int64_t since_us, int64_t until_us,
                int (*row)(void *arg, int n, const char *const *columns,
                           const char *const *values),
                void *arg);

/**
 * All versions of a component's parameters, by number; device is EVENT_NOBODY, details
 * borrowed for the call.
 * @param row  non-zero stops and is returned
 * @return number given, or a negative errno
 */
int reader_versions(struct reader *r, const char *component,
                    int (*row)(void *arg, const struct version *v), void *arg);

/** Counters as kept in the file, pending recounted from the rows. */
int reader_counts(struct reader *r, struct history_counts *out,
                  const char **destinations);

#endif
