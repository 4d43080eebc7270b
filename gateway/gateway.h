/* SPDX-License-Identifier: Apache-2.0 */
/** The gateway as a whole: builds the parts, runs the loop, takes them down in reverse.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "gateway/config.h"

/**
 * Run until SIGTERM or SIGINT; owns the process' signals meanwhile.  Ready does not wait
 * for the broker or the devices.
 *
 * SIGHUP reads the configuration again, on a worker: one that is invalid changes nothing
 * and is said in the log and as an event; one that differs ends this run in order.
 *
 * @param[out] next  the changed configuration to go on with (config_free()), else NULL
 * @return 0 after an orderly end; -EBUSY: the state directory is in use by another
 *         instance; else a negative errno, said in the log
 */
int gateway_run(const struct config *cfg, struct config **next);

#endif
