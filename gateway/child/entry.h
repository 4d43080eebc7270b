/* SPDX-License-Identifier: Apache-2.0 */
/** What every child that runs a stranger's code does first, before
 * gateway/child/sandbox.h.
 */
#ifndef GATEWAY_CHILD_ENTRY_H
#define GATEWAY_CHILD_ENTRY_H

#include <stdbool.h>

/** Was the program started by Pollux as such a child: is its socket there? */
bool entry_is_child(void);

/** Die with the gateway, and of what kills a process; keep no descriptor but fd. */
void entry_begin(int fd);

#endif
