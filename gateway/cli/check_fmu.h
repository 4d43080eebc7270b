/* SPDX-License-Identifier: Apache-2.0 */
/** What `pollux check` says of the FMUs of a configuration. */
#ifndef GATEWAY_CLI_CHECK_FMU_H
#define GATEWAY_CLI_CHECK_FMU_H

#include "gateway/config.h"

/**
 * Run the self-test of each FMU that brings a reference.  One that fails is a warning on
 * stderr: a reference may be of another solver.
 *
 * @param verbose  say on stdout how well the others met theirs
 * @return how many warnings
 */
size_t check_fmu_all(const struct config *c, bool verbose);

#endif
