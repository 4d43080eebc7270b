/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Topics of which the last value counts, for who keeps no history: a virtual PLC's
 * variables; and one that is listened to and answered.  A thread of its own alone calls
 * Paho; putting something up never waits and takes no lock.
 *
 * A value that is overtaken before it was sent is freed and counted.  All are sent again
 * when a connection begins.  Remarks, which are not retained, wait in a ring of
 * BOARD_REMARKS; where that is full, or nobody is connected for long, the oldest are
 * lost, and counted.  QoS 0: what a breaking connection takes with it is lost too.
 */
#ifndef GATEWAY_MQTT_BOARD_H
#define GATEWAY_MQTT_BOARD_H

#include "gateway/config.h"

enum { BOARD_REMARKS = 256 };

/** All borrowed until board_close(). */
struct board_wish {
	const struct mqtt_config *mqtt; /* servers, credentials */
	const char *client_id;
	const char *const *topics; /* of the values */
	size_t n_topics;
	const char *remarks; /* their topic */
	const char *status;  /* topic of the retained status, also the will; NULL: none */
	const char *present, *absent; /* what it says */
	/** Connected, or (why) not, for people; on the thread of the board. */
	void (*news)(void *arg, bool connected, const char *why);
	const char *subscribed; /* a topic that is listened to; NULL: none */
	/** What came on it, not retained; on a thread of Paho's: copy, wake, no more. */
	void (*message)(void *arg, const char *payload, size_t n);
	void *arg;
};

struct board_stats {
	uint64_t sent, overtaken, lost;
};

struct board;

/** @return 0 or a negative errno; connecting goes on in the background for ever */
int board_open(struct board **out, const struct board_wish *wish);

/** The value of a topic.  @param payload  from malloc(), taken; NULL is fine */
void board_put(struct board *b, size_t topic, char *payload);

/** A remark.  @param payload  as of board_put() */
void board_remark(struct board *b, char *payload);

struct board_stats board_stats(const struct board *b);

/** Send what is there for at most ms, then the status, and end.  NULL is fine. */
void board_close(struct board *b, unsigned ms);

#endif
