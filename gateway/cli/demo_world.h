/* SPDX-License-Identifier: Apache-2.0 */
/** The processes of `pollux demo` and what its witness sees. */
#ifndef GATEWAY_CLI_DEMO_WORLD_H
#define GATEWAY_CLI_DEMO_WORLD_H

#include <stdio.h>

#include "gateway/cli/child.h"
#include "gateway/cli/command.h"
#include "gateway/config.h"

/** What came back from the broker, as mosquitto_sub saw it. */
struct witnessed {
	uint64_t messages;
	uint64_t bad;           /* lines that are no topic and payload of ours */
	int64_t leak_us;        /* UTC, when the line said that it leaks; 0: not yet */
	int64_t raised_us;      /* first drift or mismatch after the leak; 0: none */
	uint64_t raised_before; /* drifts and mismatches before it */
	char sentence[512];     /* of the first after, else of the first before */
};

/** What a child has said and not yet finished with a line's end. */
struct demo_text {
	char bytes[70000];
	size_t n;
};

struct demo_world {
	char dir[128];
	char broker_host[128];
	int broker_port, line_port;
	struct child broker, line, gateway, witness;
	struct config *config; /* the gateway's */
	struct witnessed witnessed;
	struct demo_text line_text, witness_text;
	int gateway_exit; /* of the gateway, after stop; -1 killed */
};

/** Start everything.  @param broker  URI, or NULL for a private one.  On failure says in
 * one line which step failed.  @return EXIT_DONE, EXIT_FAILED, EXIT_BROKER */
enum exit_code demo_world_start(struct demo_world *w, const char *broker);

/** Print where it runs, with two commands ready to paste. */
void demo_world_hints(const struct demo_world *w, FILE *out);

/** Take what the witness and the line say, waiting at most ms. */
void demo_world_listen(struct demo_world *w, int ms);

/** Did a part end by itself?  Says which. */
bool demo_world_ended(struct demo_world *w);

/** End the gateway in order, let the witness hear the rest, end the others. */
void demo_world_stop(struct demo_world *w);

/** End what still runs; remove the directory, or say where it is left. */
void demo_world_clean(struct demo_world *w, bool remove);

#endif
