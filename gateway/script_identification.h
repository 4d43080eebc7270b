/* SPDX-License-Identifier: Apache-2.0 */
/** identification_run() of a component whose model is a Lua script: the script runs in
 * this program, in a process apart (gateway/scenario/apart.h). */
#ifndef GATEWAY_SCRIPT_IDENTIFICATION_H
#define GATEWAY_SCRIPT_IDENTIFICATION_H

#include "gateway/identification.h"
#include "gateway/lua/machine.h"

/**
 * Blocks; call it while there is one thread.
 *
 * @param[out] why  its line is that of the script
 * @return as identification_run(); -EINVAL: the script's fault, see why
 */
int script_identification_run(struct identification *out, struct reader *reader,
                              const struct config *cfg,
                              const struct component_history_wish *wish,
                              struct machine_error *why);

#endif
