/* SPDX-License-Identifier: Apache-2.0 */
/** etc/line.yaml and etc/demo.yaml, carried in the program (gateway/cli/embed.py). */
#ifndef GATEWAY_CLI_DEMO_FILES_H
#define GATEWAY_CLI_DEMO_FILES_H

extern const char demo_file_line[]; /* NUL-terminated */
extern const char demo_file_gateway[];

#endif
