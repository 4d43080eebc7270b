/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What becomes of alarms between machine and people, after ISA-18.2: raised, seen by
 * somebody (acknowledged), put aside for a time (shelved), cleared; each step one event.
 * Loop thread only.
 *
 * A flood of alarms hides the one that matters.  Beyond ALARM_DESK_BURST at once and one
 * each ALARM_DESK_EVERY_MS after, a raise is held back: told as soon as there is room,
 * while it still lasts, else counted.
 */
#ifndef GATEWAY_ALARM_DESK_H
#define GATEWAY_ALARM_DESK_H

#include "gateway/alarm.h"
#include "gateway/clock.h"
#include "gateway/config.h"
#include "storage/event.h"

enum {
	ALARM_DESK_BURST = 30,
	ALARM_DESK_EVERY_MS = 2000,
	ALARM_DESK_SHELVED_MAX_S = 7 * 86400,
	ALARM_DESK_NAME_MAX = 64,
};

/** How an alarm is told; all borrowed. */
struct alarm_desk_parts {
	const struct config *config;
	struct clock_stamper *stamper;
	struct twin *twin;
	void (*send)(void *arg, const struct event *e);
	void *arg;
};

struct alarm_desk {
	struct alarm_desk_parts parts;
	double room; /* raises that may still be told at once */
	uint64_t room_ns;
	bool flooded;
	uint64_t held; /* raises held back since the flood began */
	uint64_t lost; /* of all time: over before there was room */
};

void alarm_desk_init(struct alarm_desk *d, const struct alarm_desk_parts *parts);

/** A reading's verdict; now_ns is its time of receipt. */
void alarm_desk_judge(struct alarm_desk *d, struct alarm *a, uint64_t now_ns,
                      const struct sample *s);

/** Somebody at an alarm; all borrowed. */
struct alarm_hand {
	uint64_t now_ns;
	const struct sample *sample; /* the tag's latest */
	const char *by;              /* who, at most ALARM_DESK_NAME_MAX bytes */
};

/**
 * Somebody has seen it.
 *
 * @return 0, -ENOENT: there is no alarm, -EALREADY: it is acknowledged or shelved
 */
int alarm_desk_acknowledge(struct alarm_desk *d, struct alarm *a,
                           const struct alarm_hand *hand);

/**
 * Nothing is raised of the tag for a time; what is in force then becomes active again.
 *
 * @param for_s  1 to ALARM_DESK_SHELVED_MAX_S; 0: end the shelving
 * @return 0, -EINVAL, -ENOENT: there is no alarm, nor was the tag shelved
 */
int alarm_desk_shelve(struct alarm_desk *d, struct alarm *a,
                      const struct alarm_hand *hand, uint32_t for_s);

#endif
