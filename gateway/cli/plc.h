/* SPDX-License-Identifier: Apache-2.0 */
/** What `pollux plc` can do, one a file: gateway/cli/plc_NAME.c. */
#ifndef GATEWAY_CLI_PLC_H
#define GATEWAY_CLI_PLC_H

#include "gateway/cli/command.h"

/** argv[0] is "check" and so on; as struct command's run. */
enum exit_code plc_check(int argc, char **argv);
enum exit_code plc_run(int argc, char **argv);
enum exit_code plc_watch(int argc, char **argv);
enum exit_code plc_force(int argc, char **argv);
enum exit_code plc_unforce(int argc, char **argv);
enum exit_code plc_change(int argc, char **argv);

#endif
