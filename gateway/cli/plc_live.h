/* SPDX-License-Identifier: Apache-2.0 */
/** What `pollux plc run` is made of, stepped or in real time. */
#ifndef GATEWAY_CLI_PLC_LIVE_H
#define GATEWAY_CLI_PLC_LIVE_H

#include <stdint.h>

#include "gateway/cli/command.h"
#include "gateway/plc/inputs.h"
#include "gateway/plc/keep_file.h"
#include "gateway/plc/watched.h"
#include "twin/plc/program.h"

/** The command line. */
struct plc_call {
	char **paths;
	size_t n_paths;
	struct program_options options;
	uint64_t scans, every;
	bool limited;   /* scans was said */
	int64_t for_ms; /* real time; 0: until interrupted */
	const char *inputs, *watch, *state, *listen, *socket, *mqtt;
};

/** What was made of it; NULL: not asked for. */
struct plc_parts {
	struct sources *sources;
	struct program *program;
	struct watched *watched;
	struct inputs *inputs;
	struct keep_file *keep;
};

/** `pollux plc run` with that command line. */
enum exit_code plc_run_call(const struct plc_call *call);

/** Around each scan.  @return EXIT_DONE, or the code to end with: it was said why */
enum exit_code plc_run_before(const struct plc_parts *parts, int64_t now_ns);
enum exit_code plc_run_after(const struct plc_parts *parts, const struct plc_call *call);

/** file:line: run-time error in scan N: text, on stderr. */
void plc_run_say_fault(const struct plc_parts *parts);

/** Run on absolute deadlines, serving Modbus and the local socket where asked for, until
 * a signal, --scans or --for. */
enum exit_code plc_live(struct plc_parts *parts, const struct plc_call *call);

/** "20ms", "500us", "1s" to ns.  @return 0 or -EINVAL */
int plc_duration(const char *text, int64_t *ns);

#endif
