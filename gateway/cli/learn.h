/* SPDX-License-Identifier: Apache-2.0 */
/** The options --learn and --since of `line` and `validate`. */
#ifndef GATEWAY_CLI_LEARN_H
#define GATEWAY_CLI_LEARN_H

#include "gateway/cli/command.h"
#include "gateway/line/line_learn.h"

/** As the command line says it; begin with LEARN_CALL. */
struct learn_call {
	const char *command, *config; /* config NULL: nothing is learnt */
	int64_t since_us;             /* INT64_MIN: a week ago */
};

#define LEARN_CALL(name)                                                                 \
	{                                                                                \
		.command = (name), .since_us = INT64_MIN                                 \
	}

/** Rows of the table of options; the letters L and S are theirs. */
#define LEARN_OPTIONS                                                                    \
	{"learn", required_argument, NULL, 'L'},                                         \
	{                                                                                \
		"since", required_argument, NULL, 'S'                                    \
	}

/** Take one of them, or complain about any other.  @return EXIT_DONE or EXIT_USAGE */
enum exit_code learn_option(struct learn_call *call, int option);

/** Put in the setup what the gateway's history tells, where that is wished; what is wrong
 * is said on stderr.  line_learning_free() what it gives, after the setup's last use. */
enum exit_code learn_into(struct line_learning *out, const struct learn_call *call,
                          struct line_setup *setup);

#endif
