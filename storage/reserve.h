/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The copy of the time reserve beside the database, so that a database that was set
 * aside, restored from a backup or cloned cannot hand out stamps a second time.
 *
 * `recent` is written with each commit and not flushed: it survives the death of the
 * process.  `ceiling` runs RESERVE_STRIDE_US ahead and is flushed when it is raised: it
 * survives a power cut, at the price of being up to a stride too high, and therefore
 * counts only where the database is older than it can be.
 */
#ifndef STORAGE_RESERVE_H
#define STORAGE_RESERVE_H

#include <stdint.h>

#define RESERVE_STRIDE_US INT64_C(300000000)

struct reserve {
	int fd;
	int64_t recent, ceiling; /* 0 where there was none */
};

/** Open or create the file. A damaged one reads as 0. @return 0 or a negative errno */
int reserve_open(struct reserve *r, const char *path);

/** The stamp above which stamps may be given.
 * @param kept_us  the reserve that the database has; 0: it is new */
int64_t reserve_resume(const struct reserve *r, int64_t kept_us);

/** Write the reserve; flushes where the ceiling must rise, or where exact is set (the
 * gateway stops: nothing beyond was given). @return 0 or a negative errno */
int reserve_raise(struct reserve *r, int64_t stamp_us, int exact);

void reserve_close(struct reserve *r);

#endif
