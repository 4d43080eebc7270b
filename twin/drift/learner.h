/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The learning buffers of all tags: one pool of fixed size, allocated once.  A tag gets
 * a buffer with its first reading and gives it back when it has learnt; where all are
 * taken it waits.
 */
#ifndef TWIN_DRIFT_LEARNER_H
#define TWIN_DRIFT_LEARNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A reading and its distance from the one before: 8 and 4 bytes. */
enum { LEARNER_BYTES_PER_READING = 12 };

struct learner;

/** One tag's readings so far, in order; valid until learner_release(). */
struct learner_rows {
	double *x;
	float *dt_s;    /* seconds before each */
	float *scratch; /* room for as many, shared by all tags */
	size_t n;
	size_t dropped; /* readings so far, by learner_drop() */
};

/**
 * @param n_tags     tags are numbered below it
 * @param n_learn    of them want to learn
 * @param readings   each tag's buffer
 * @param max_bytes  of the pool; at least one buffer is made
 * @return 0 or -ENOMEM
 */
int learner_new(struct learner **out, size_t n_tags, size_t n_learn, size_t readings,
                size_t max_bytes);
void learner_free(struct learner *l);

/** Keep a reading; false where all buffers are taken or the tag's is full. */
bool learner_add(struct learner *l, uint32_t tag, double x, double dt_s);

/** What the tag has collected; n is 0 where it has no buffer. */
struct learner_rows learner_rows(const struct learner *l, uint32_t tag);

/** Forget the first n readings of a tag. */
void learner_drop(struct learner *l, uint32_t tag, size_t n);

/** The tag has learnt: its buffer is free for the next. */
void learner_release(struct learner *l, uint32_t tag);

#endif
