/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a child that runs a stranger's code can still do: compute, read its own folder and
 * the system's libraries, and speak with its parent.  It writes no file, has no network,
 * starts no program, and signals nobody but itself.
 */
#ifndef GATEWAY_CHILD_SANDBOX_H
#define GATEWAY_CHILD_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Enter it for good.  Where the kernel or this processor has no system call filter, the
 * limits alone hold.
 *
 * @param memory_bytes  of address space
 * @param folder        that it may read; NULL: none
 * @return 0 or a negative errno
 */
int sandbox_enter(uint64_t memory_bytes, const char *folder);

/** Allow cpu_s more seconds of processor time from now; then the child is killed. */
void sandbox_allow_cpu(uint32_t cpu_s);

/** Does it hold more memory than that?  For builds whose address space says nothing. */
bool sandbox_is_beyond(uint64_t memory_bytes);

#endif
