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
	{"check", plc_check},
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
	.summary = "check a PLC program in Structured Text",
	.help = "usage: pollux plc check [--json] FILE.st...\n\n"
		"check  finds every mistake in the files, which make up one program, "
		"and\n"
		"       prints each as file:line:col with the source line and a caret;\n"
		"       warnings too, of what is allowed but hardly meant\n\n"
		"  --json  one object with the list of diagnoses\n\n"
		"The language is that of IEC 61131-3, edition 2: docs/plc.md.\n\n"
		"Exit code 0: no errors, 3: errors.\n",
	.run = run,
};
