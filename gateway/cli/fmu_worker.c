/* SPDX-License-Identifier: Apache-2.0 */
/* pollux fmu-worker: the process that an FMU runs in.  Started by Pollux itself. */
#include <unistd.h>

#include "gateway/child/entry.h"
#include "gateway/child/runner.h"
#include "gateway/cli/command.h"
#include "gateway/fmu/worker.h"

extern const struct command command_fmu_worker;

static enum exit_code run(int argc, char **argv)
{
	if (!entry_is_child()) {
		return command_usage("fmu-worker", "Pollux runs this itself");
	}
	/* What a unit left behind is not worth a word: the process ends with it. */
	_exit(worker_run(RUNNER_FD));
}

const struct command command_fmu_worker = {
	.name = "fmu-worker",
	.help = "usage: pollux fmu-worker\n\nThe process that an FMU runs in; Pollux "
		"starts it itself.\n",
	.run = run,
};
