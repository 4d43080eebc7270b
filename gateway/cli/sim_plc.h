/* SPDX-License-Identifier: Apache-2.0 */
/** The PLC of a running `pollux sim`, for who looks at it: the local socket of `plc
 * watch` and others, and MQTT. */
#ifndef GATEWAY_CLI_SIM_PLC_H
#define GATEWAY_CLI_SIM_PLC_H

#include <uv.h>

#include "gateway/cli/command.h"
#include "gateway/plant/plc_link.h"
#include "gateway/plant/sim.h"

/** As the command line says it; NULL: not asked for.  Borrowed. */
struct sim_plc_call {
	const char *socket, *watch, *mqtt;
};

/** Borrowed until sim_plc_free(). */
struct sim_plc_wish {
	const struct sim_plc_call *call;
	uv_loop_t *loop;
	struct plc_link *link;
	const struct sim *sim;
};

struct sim_plc;

/**
 * @param[out] out  also set where it fails; sim_plc_close() and sim_plc_free() it
 * @return EXIT_DONE, or the code to end with: it was said why
 */
enum exit_code sim_plc_open(struct sim_plc **out, const struct sim_plc_wish *wish);

/** Nothing is answered any more; the loop closes the handles.  NULL is fine. */
void sim_plc_close(struct sim_plc *p);

/** After the loop.  NULL is fine. */
void sim_plc_free(struct sim_plc *p);

#endif
