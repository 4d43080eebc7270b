/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The virtual machine at work: a plant on a loop, served over Modbus TCP.
 *
 * A turn runs at its absolute deadline.  One that is late by a whole cycle is an overrun:
 * the missed ones are counted and left out, so the plant's time falls behind; it is never
 * caught up by a burst.  Faster than 100 turns a second they run in groups, each at its
 * deadline.
 */
#ifndef GATEWAY_PLANT_SIM_H
#define GATEWAY_PLANT_SIM_H

#include <uv.h>

#include "drivers/modbus/server.h"
#include "gateway/plant/plc_link.h"
#include "gateway/plant/plc_remote.h"

struct sim;

struct sim_options {
	const char *listen; /* tcp://HOST:PORT, port 0: a free one; NULL: the setup's */
	double speed;   /* plant seconds a second, 0.01 to 10000; 0: only sim_turn() */
	int64_t for_ms; /* plant time after which on_end runs; 0: never */
	void (*on_end)(void *arg); /* may close the sim; NULL: none */
	/** A fault of the script begins or ends, "tank1 leak", at plant time; NULL: none
	 */
	void (*on_fault)(void *arg, double time_s, const char *text, bool begins);
	/** The PLC ran into an error, of a file at a place, and gives its safe state;
	 * NULL: none. */
	void (*on_plc_fault)(void *arg, const struct program_fault *fault);
	void *arg;
	struct plc_link *link;     /* the PLC in step; borrowed; NULL: it is elsewhere */
	struct plc_remote *remote; /* then: the one that is driven; borrowed; NULL: it is
	                              a master, or there is none */
};

struct sim_stats {
	uint64_t turns;
	uint64_t overruns; /* deadlines missed; their turns were left out */
	double time_s;     /* of the plant */
	size_t active_faults;
	struct server_stats server;
};

/**
 * Build the plant (it settles now, which takes its time: some 0.1 s for 10 min), listen
 * and start.
 *
 * @param[out] out  set on success only; end with sim_close()
 * @param setup     borrowed until the sim is closed
 * @param why       static text for the operator where it fails
 * @return 0, -ENOMEM, -EINVAL: listen; -EADDRINUSE, ...
 */
int sim_open(struct sim **out, uv_loop_t *loop, const struct plant_setup *setup,
             const struct sim_options *options, const char **why);

/** The port that it listens on. */
uint16_t sim_port(const struct sim *s);

/** The address, tcp://HOST:PORT; valid until sim_close(). */
const char *sim_address(const struct sim *s);

/**
 * Begin a fault with the next turn.
 *
 * @param target  part, sensor, actuator or unit, as fault names it in a script
 * @param for_s   plant time that it lasts; INFINITY: it stays
 * @return 0, -ENOENT: no such target; -EINVAL: no such fault of it; -ENOSPC
 */
int sim_inject(struct sim *s, const char *target, const char *fault, double value,
               double for_s);

/** One turn at once: for stepped runs (speed 0). */
void sim_turn(struct sim *s);

/** A signal by name now; NAN where there is none. */
double sim_signal(const struct sim *s, const char *name);

struct sim_stats sim_stats(const struct sim *s);

/** Close; the memory goes in close callbacks, while the loop runs. */
void sim_close(struct sim *s);

#endif
