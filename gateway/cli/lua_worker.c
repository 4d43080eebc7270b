/* SPDX-License-Identifier: Apache-2.0 */
/* pollux lua-worker: the process that a Lua script runs in.  Started by Pollux itself.
 */
#include <unistd.h>

#include "gateway/child/entry.h"
#include "gateway/child/runner.h"
#include "gateway/cli/command.h"
#include "gateway/lua/luaworker.h"
#include "gateway/lua/mail.h"

extern const struct command command_lua_worker;

static enum exit_code run(int argc, char **argv)
{
	if (!entry_is_child()) {
		return command_usage(MAIL_COMMAND, "Pollux runs this itself");
	}
	_exit(luaworker_run(RUNNER_FD));
}

const struct command command_lua_worker = {
	.name = MAIL_COMMAND,
	.help = "usage: pollux lua-worker\n\nThe process that a Lua script runs in; "
		"Pollux starts it itself.\n",
	.run = run,
};
