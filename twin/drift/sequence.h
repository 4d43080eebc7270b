/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Tests of a sequence of standardised innovations z (mean 0 and variance 1 when all is
 * well, independent): has their mean moved?  To be chosen for a tag in place of the
 * monitor's own test.  How long they take, and how often they err: docs/twin.md.
 */
#ifndef TWIN_DRIFT_SEQUENCE_H
#define TWIN_DRIFT_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sequence_kind {
	SEQUENCE_LEVEL,        /* none of these: the monitor's own */
	SEQUENCE_CUSUM,        /* Page 1954, two-sided */
	SEQUENCE_EWMA,         /* Roberts 1959 */
	SEQUENCE_PAGE_HINKLEY, /* Page 1954; Hinkley 1971 */
	SEQUENCE_ADWIN,        /* Bifet, Gavalda 2007 */
};

/** Which test, and its numbers; only those of its kind count. */
struct sequence_config {
	enum sequence_kind kind;
	double k, h;             /* CUSUM: half the shift looked for; limit */
	double lambda, limit;    /* EWMA: weight; limit in sigma of w */
	double delta;            /* Page-Hinkley: slack; ADWIN: risk of a false cut */
	double threshold, alpha; /* Page-Hinkley: limit; forgetting */
};

/** The usual numbers of each kind. */
struct sequence_config sequence_usual(enum sequence_kind kind);

/** Both sums of a CUSUM. */
struct cusum {
	double up, down;
};

/** C+ = max(0, C+ + z - k), C- = max(0, C- - z - k). */
void cusum_step(struct cusum *c, double z, double k);

struct adwin;

/** The test of one tag. */
struct sequence {
	const struct sequence_config *cfg; /* borrowed */
	bool on;                           /* in alarm */
	double score;                      /* statistic over its limit */
	double correlation; /* lag-1, of z in learning: its run lengths are shorter */
	struct cusum cusum;
	double w; /* EWMA */
	struct {
		double mean, up, down, lowest, highest;
		uint64_t n;
	} hinkley;
	struct adwin *adwin; /* NULL for other kinds */
};

/** @return 0 or -ENOMEM; sequence_fini() either way */
int sequence_init(struct sequence *s, const struct sequence_config *cfg);
void sequence_fini(struct sequence *s);

/**
 * Take a z.  CUSUM and EWMA are on above their limit and off below 0.6 of it, then begin
 * at 0; the sums of a CUSUM stop at twice its limit meanwhile.  Page-Hinkley and ADWIN
 * are on in the reading that shows them a change, and go on from there.
 */
void sequence_step(struct sequence *s, double z);

/** "cusum", "ewma", "page_hinkley", "adwin"; "level" for the monitor's own. */
const char *sequence_name(enum sequence_kind kind);

/** A z that, lasting, sets off the test: in sigma of the reading; NAN: not one number. */
double sequence_threshold(const struct sequence_config *cfg);

#endif
