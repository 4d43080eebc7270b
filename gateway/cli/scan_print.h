/* SPDX-License-Identifier: Apache-2.0 */
/** What `pollux scan` found, as sections of a configuration or as CSV. */
#ifndef GATEWAY_CLI_SCAN_PRINT_H
#define GATEWAY_CLI_SCAN_PRINT_H

#include <stdio.h>

#include "drivers/modbus/discover.h"

struct scan_result {
	const char *address; /* as given */
	const struct discover *found;
	double seconds; /* that it took */
	bool interrupted;
};

/** Device sections that `pollux check` accepts: a uint16 or bool tag for the first
 * addresses of each range, over them a comment with its first registers in every word
 * order.  What is not a device (nothing readable) is a comment. */
void scan_print_yaml(FILE *out, const struct scan_result *result);

/** A line for each register or bit: slave,id,address,type,value.  The table of one unit
 * is one that `config import-csv` and `tags_csv:` read. */
void scan_print_csv(FILE *out, const struct scan_result *result);

#endif
