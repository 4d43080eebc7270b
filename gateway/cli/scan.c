/* SPDX-License-Identifier: Apache-2.0 */
/* pollux scan: what is there behind an address? */
#include <string.h>

#include "drivers/reading.h"
#include "gateway/cli/scan.h"

extern const struct command command_scan;

/* To scan another kind of device: its scheme and function, and its part of the help. */
static const struct {
	const char *scheme;
	enum exit_code (*run)(int argc, char **argv);
} kinds[] = {
	{"opc.tcp://", scan_opcua},
	{"rtu://", scan_modbus},
	{"tcp://", scan_modbus},
};

static enum exit_code run(int argc, char **argv)
{
	const char *address = NULL;

	for (int i = 1; i < argc; i++) {
		address = strstr(argv[i], "://") ? argv[i] : address;
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			if (strncmp(argv[i], kinds[k].scheme, strlen(kinds[k].scheme)) ==
			    0) {
				return kinds[k].run(argc, argv);
			}
		}
	}
	if (address) {
		return command_usage("scan", "%s: of no kind that can be scanned",
		                     address);
	}
	return command_usage("scan", "an address is wanted, such as tcp://192.0.2.10");
}

const struct command command_scan = {
	.name = "scan",
	.summary = "find units and readable registers of a device",
	.help = "usage: pollux scan [OPTION...] tcp://HOST[:PORT] | "
		"rtu:///dev/TTY?baud=... |\n"
		"                                opc.tcp://HOST[:PORT][/PATH]\n\n"
		"Asks which units answer, then which ranges of their tables can be read, "
		"and prints\n"
		"device sections ready to paste; over each range its first registers in "
		"every word\n"
		"order, to recognise numbers by.  It only reads; but some devices have "
		"registers that\n"
		"clear when read.  Ctrl-C prints what was found so far.\n\n"
		"      --units LIST     units to ask, such as 1-10,17; default 1-247, "
		"and "
		"255 on TCP\n"
		"      --tables LIST    of holding,input,coil,discrete; default all\n"
		"      --from N --to N  protocol addresses, default 0 to 9999\n"
		"      --rate N/s       at most so many requests, default 100/s\n"
		"      --timeout T      for an answer to begin, default 300ms\n"
		"      --fine N         smallest block looked into far from what was "
		"found, default 8;\n"
		"                       1 also finds single registers, and takes far "
		"longer\n"
		"      --yaml           device sections, the default; of each range the "
		"first 32 tags\n"
		"      --csv            a line for each register, for `config "
		"import-csv` "
		"and tags_csv:\n"
		"                       where one unit was found or asked for\n\n"
		"A unit is there when it answers anything, also an exception; but not "
		"one by which a\n"
		"gateway says that nobody is there (0A, 0B).  A serial line must not be "
		"in use.\n\n"
		"Of an OPC UA server it prints every variable that can be read, with its "
		"unit and its\n"
		"value; --timeout, default 5s, is the only option there.  Security and "
		"user "
		"are part of\n"
		"the address, as docs/drivers.md has it.\n\n"
		"Exit codes: 0 done, 1 interrupted, 4 nobody answers, or not to the "
		"end.\n",
	.run = run,
};
