/* SPDX-License-Identifier: Apache-2.0 */
/** The ways to look at what is behind an address, by its scheme: scan.c's table. */
#ifndef GATEWAY_CLI_SCAN_H
#define GATEWAY_CLI_SCAN_H

#include "gateway/cli/command.h"

/* Each is as a command's run: argv[0] is "scan", the options are the kind's own.  What
 * was found, also until Ctrl-C, goes to stdout in the form that a configuration takes;
 * the progress to stderr where that is a terminal. */

/** Modbus: units, and which of their registers and bits can be read. */
enum exit_code scan_modbus(int argc, char **argv);

/** OPC UA: the variables of a server. */
enum exit_code scan_opcua(int argc, char **argv);

#endif
