/* SPDX-License-Identifier: Apache-2.0 */
/** Takes the place of fdatasync() in a test program, SQLite's calls included. */
#ifndef TESTS_STORAGE_FAIL_SYNC_H
#define TESTS_STORAGE_FAIL_SYNC_H

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_long syncs;        /* calls so far */
static atomic_long fail_sync_at; /* this call fails with EIO; 0: none */
static atomic_bool fail_all_syncs;

int fdatasync(int fd)
{
	long n = atomic_fetch_add(&syncs, 1) + 1;

	if (n == atomic_load(&fail_sync_at) || atomic_load(&fail_all_syncs)) {
		errno = EIO;
		return -1;
	}
	return 0; /* nobody cuts the power here */
}

#endif
