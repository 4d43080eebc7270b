/* SPDX-License-Identifier: Apache-2.0 */
/** The deeds of `pollux alarms`; argv[0] is theirs. */
#ifndef GATEWAY_CLI_ALARMS_H
#define GATEWAY_CLI_ALARMS_H

#include "gateway/cli/command.h"
#include "gateway/config.h"

enum exit_code alarms_ack(int argc, char **argv);
enum exit_code alarms_shelve(int argc, char **argv);

#endif
