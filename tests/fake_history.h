/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A history in memory behind the functions of storage/writer.h and storage/reader.h that
 * a publisher calls: the test says what is stored, what is committed, what is evicted.
 * One at a time; any thread.
 */
#ifndef TESTS_FAKE_HISTORY_H
#define TESTS_FAKE_HISTORY_H

#include "gateway/mqtt/backlog.h"
#include "storage/writer.h"

/** Forget everything; the cursor begins at start. */
void fake_history_reset(const struct cursor *start);

/** Store a batch.  Texts are borrowed. */
void fake_history_store(int64_t at_us, const struct sample *rows, size_t n);

/** Everything stored up to at_us is durable. */
void fake_history_commit(int64_t at_us);

/** Rows with at below at_us are gone. */
void fake_history_evict(int64_t at_us);

/** From now on reads fail with err; 0: they work again. */
void fake_history_fail(int err);

/** As posted last. */
struct cursor fake_history_cursor(void);

/** Rows that the cursor does not call delivered. */
size_t fake_history_pending(void);

/** For a struct backlog_source, without a publisher. */
int fake_history_read(void *arg, const struct backlog_query *q);

/** What a struct writer pointer may point to. */
struct writer *fake_history_writer(void);

#endif
