/* SPDX-License-Identifier: Apache-2.0 */
/** The child's end: takes requests until it is told to end, or the gateway is gone. */
#ifndef GATEWAY_FMU_WORKER_H
#define GATEWAY_FMU_WORKER_H

/** @param fd  the socket  @return an exit code of the process */
int worker_run(int fd);

#endif
