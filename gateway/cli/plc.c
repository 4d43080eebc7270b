/* SPDX-License-Identifier: Apache-2.0 */
/* pollux plc: Structured Text, checked and run. */
#include "gateway/cli/plc.h"

#include <stddef.h>
#include <string.h>

extern const struct command command_plc;

static const struct {
	const char *name;
	enum exit_code (*run)(int argc, char **argv);
} actions[] = {
	{"check", plc_check}, {"run", plc_run},         {"watch", plc_watch},
	{"force", plc_force}, {"unforce", plc_unforce}, {"change", plc_change},
};

static enum exit_code run(int argc, char **argv)
{
	if (argc < 2) {
		return command_usage("plc", "what shall be done?");
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(argv[1], actions[i].name) == 0) {
			return actions[i].run(argc - 1, argv + 1);
		}
	}
	return command_usage("plc", "'%s' is nothing that it can do", argv[1]);
}

const struct command command_plc = {
	.name = "plc",
	.summary = "check, run and watch a PLC program in Structured Text",
	.help = "usage: pollux plc check [--json] FILE.st...\n"
		"       pollux plc run [OPTION]... FILE.st...\n"
		"       pollux plc watch [--once] [--json] TARGET NAME...\n"
		"       pollux plc force TARGET NAME VALUE\n"
		"       pollux plc unforce TARGET NAME\n"
		"       pollux plc change TARGET [FILE.st...]\n\n"
		"check  finds every mistake in the files, which make up one program, "
		"and\n"
		"       prints each as file:line:col with the source line and a caret;\n"
		"       warnings too, of what is allowed but hardly meant\n\n"
		"  --json  one object with the list of diagnoses\n\n"
		"run    stepped, as fast as it can, until --scans or interrupted; one "
		"CSV "
		"line\n"
		"       a scan on stdout\n\n"
		"  --cycle T         of a program without tasks; default 20ms\n"
		"  --scans N         end after N scans\n"
		"  --inputs CSV      time_ms and variables: set when a row is due\n"
		"  --watch NAME,...  print these: main.pump.Q, main.a[3], speed, %QX0.1\n"
		"  --every N         print every Nth scan, and the last\n"
		"  --state DIR       keep RETAIN variables there\n"
		"  --listen tcp://HOST:PORT  in real time, serving OpenPLC's Modbus map\n"
		"  --socket PATH     in real time, for watch and force; with --state it "
		"is\n"
		"                    DIR/plc.sock\n"
		"  --mqtt CONFIG     in real time, instead of lines on stdout\n"
		"                    the variables of --watch as"
		"                    P/plc/NAME/state, forcing as P/events; P and broker "
		"are\n"
		"                    those of a gateway's configuration\n"
		"  --for T           in real time, for so long: 30s\n\n"
		"watch  prints variables of a running PLC each second; a forced value "
		"has "
		"!\n"
		"change  another program takes the place of the one that runs, between "
		"two\n"
		"       scans, without FILE the same files as they are now; SIGHUP does "
		"so\n"
		"       too.  What has the same path and type keeps its value; else it "
		"is\n"
		"       refused, with the reason, and the old one runs on\n"
		"force, unforce  hold a variable at a value, and let it go\n"
		"       TARGET is the socket of `plc run` or `sim --socket`, or the\n"
		"       --state directory of `plc run`\n\n"
		"The language is that of IEC 61131-3, edition 2: docs/plc.md.\n\n"
		"Exit code 0: done, 1: a run-time error, 2: usage, 3: the program or "
		"its\n"
		"inputs are wrong, 4: no PLC runs there, 6: DIR is in use.\n",
	.run = run,
};
