/* SPDX-License-Identifier: Apache-2.0 */
/** Requests to an FMU's child that are waited for: not from the loop thread. */
#ifndef GATEWAY_FMU_CALL_H
#define GATEWAY_FMU_CALL_H

#include "gateway/child/runner.h"
#include "gateway/fmu/wire.h"

/** The hidden command that is such a child. */
#define CALL_COMMAND "fmu-worker"

/** Send m and wait for its answer in m, at most ms; then the child is killed.
 * @return 0; -ETIMEDOUT, -EPIPE: see r->text */
int call_wait(struct runner *r, struct wire_message *m, int ms);

#endif
