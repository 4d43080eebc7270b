/* SPDX-License-Identifier: Apache-2.0 */
/**
 * From states of readings to alarms: one alarm from some readings in alarm in a row until
 * ten healthy ones (three after stale or bad), so that a state flickering at its limit is
 * one alarm.  One that comes back within 600 readings again and again stays twice as long
 * each time, up to 640 healthy readings.  Pure.  Words after ISA-18.2: active,
 * acknowledged, shelved, cleared.
 */
#ifndef GATEWAY_ALARM_H
#define GATEWAY_ALARM_H

#include "drivers/tag.h"
#include "twin/twin.h"

enum alarm_kind {
	ALARM_NONE,
	ALARM_DRIFT,
	ALARM_MISMATCH,
	ALARM_STUCK,
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
	uint8_t stage;    /* enum alarm_stage */
	uint8_t ahead;    /* readings in a row that would be an alarm, before it is one */
	uint8_t relapses; /* how often it came back soon, up to seven */
	uint16_t healthy; /* readings since the last in alarm */
	uint16_t quiet;   /* readings until the last alarm is forgotten */
};

enum alarm_change {
	ALARM_SAME,
	ALARM_RAISE, /* the caller sets id */
	ALARM_CLEAR, /* the caller tells, then alarm_close() */
};

/**
 * Take one reading's verdict.  Tags of a device that is silent raise nothing of their
 * own: the device's event says it.  A sensor found stuck ends the drift or mismatch that
 * it was taken for; the next reading raises it by its name.
 *
 * @param after  so many readings of drift, mismatch or bad in a row are an alarm, 0 as 1;
 *               what is stale, stuck or refused by its device is one at once
 */
enum alarm_change alarm_step(struct alarm *a, const struct sample *s, uint32_t after);

/** It is over: what stays is for how long it is shelved, and that it was there. */
void alarm_close(struct alarm *a);

/** Neither alarm nor memory of one: a healthy reading changes nothing. */
bool alarm_is_idle(const struct alarm *a);

/** "drift", "mismatch", "stuck", "stale", "bad"; static. */
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

/** Where there is no reading no test found anything: of such an alarm why says nothing.
 */
void alarm_trim(enum alarm_kind kind, struct explanation *why);

/** Say what is wrong in a sentence for a technician. */
void alarm_sentence(char *buf, size_t size, const struct alarm_facts *facts);

/** The blamed tags as JSON: [{"tag":"pump/flow","share":0.8}]. */
void alarm_contributions(char *buf, size_t size, const struct tag *tags,
                         const struct explanation *why);

#endif
