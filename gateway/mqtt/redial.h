/* SPDX-License-Identifier: Apache-2.0 */
/**
 * When to connect again, and to which server: in the order of the configuration, then
 * round, with a pause after each round that doubles up to a cap.  Pure; monotonic ns.
 */
#ifndef GATEWAY_MQTT_REDIAL_H
#define GATEWAY_MQTT_REDIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** A plain value; begin with redial_init(). */
struct redial {
	size_t n_servers;
	size_t server;    /* to be tried at due_ns, or in use */
	uint64_t due_ns;  /* when */
	uint64_t up_ns;   /* when the session began */
	unsigned step;    /* the pause is 0.5 s * 2^step, at most 30 s */
	unsigned n_short; /* short sessions one after the other */
	uint64_t random;  /* state of the jitter */
};

void redial_init(struct redial *r, size_t n_servers, uint64_t seed);

/** The attempt failed. */
void redial_failed(struct redial *r, uint64_t now_ns);

/** The attempt became a session. */
void redial_up(struct redial *r, uint64_t now_ns);

/** The session ended, not by us.
 * @return true where short sessions follow each other: somebody else uses our id */
bool redial_down(struct redial *r, uint64_t now_ns);

#endif
