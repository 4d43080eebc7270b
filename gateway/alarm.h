/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From states of readings to alarms: one alarm from the first reading in alarm until ten
 * healthy ones (three after stale or bad), so that a state flickering at its limit is one
 * alarm.  Pure.  Words after ISA-18.2: active, acknowledged, shelved, cleared.
 */
#ifndef GATEWAY_ALARM_H
#define GATEWAY_ALARM_H

#include "drivers/tag.h"
#include "twin/twin.h"

enum alarm_kind {
	ALARM_NONE,
	ALARM_DRIFT,
	ALARM_MISMATCH,
	ALARM_STALE,
	ALARM_BAD,
};

/** How far people are with it; see gateway/alarm_desk.h. */
enum alarm_stage {
	ALARM_ACTIVE,
	ALARM_ACKNOWLEDGED,
	ALARM_SHELVED,
	ALARM_HELD, /* in a flood: nobody was told yet */
};

/** One tag's alarm; zero-initialise. */
struct alarm {
	int64_t id;          /* stamp of the raise, given by the caller; 0: none active */
	uint64_t shelved_ns; /* monotonic; until then the tag raises nothing */
	uint8_t kind;
	uint8_t healthy; /* readings since the last in alarm */
	uint8_t stage;   /* enum alarm_stage */
};

enum alarm_change {
	ALARM_SAME,
	ALARM_RAISE, /* the caller sets id */
	ALARM_CLEAR, /* the caller sets id to 0 after it has told */
};

/**
 * Take one reading's verdict.  Tags of a device that is silent raise nothing of their
 * own: the device's event says it.
 */
enum alarm_change alarm_step(struct alarm *a, const struct sample *s);

/** "drift", "mismatch", "stale", "bad"; static. */
const char *alarm_kind_name(enum alarm_kind kind);

/** "warning" or "alarm"; static. */
const char *alarm_severity(enum alarm_kind kind);

/** What an alarm is about; borrowed. */
struct alarm_facts {
	const struct tag *tags; /* all, for names and units */
	enum alarm_kind kind;
	const struct sample *sample;
	const struct explanation *why; /* of twin_explain() */
};

/** Say what is wrong in a sentence for a technician. */
void alarm_sentence(char *buf, size_t size, const struct alarm_facts *facts);

/** The blamed tags as JSON: [{"tag":"pump/flow","share":0.8}]. */
void alarm_contributions(char *buf, size_t size, const struct tag *tags,
                         const struct explanation *why);

#endif
