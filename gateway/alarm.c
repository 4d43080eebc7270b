/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/alarm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	HEALTHY_TO_CLEAR = 10,
	GOOD_TO_CLEAR = 3,
	REMEMBERED = 600, /* readings; who comes back by then flickers */
	RELAPSES_MAX = 7,
};

/* Faults of a whole device, which tells them itself. */
static bool is_device_fault(enum reason reason)
{
	return reason == REASON_TIMEOUT || reason == REASON_REFUSED ||
	       reason == REASON_RESET || reason == REASON_DISABLED ||
	       reason == REASON_CONFIG;
}

static enum alarm_kind kind_of(const struct sample *s)
{
	enum tag_state state = (enum tag_state)s->est.state;

	if (state == STATE_BAD) {
		return is_device_fault((enum reason)s->reason) ? ALARM_NONE : ALARM_BAD;
	}
	if (state == STATE_STALE) {
		return ALARM_STALE;
	}
	if (s->est.stuck) {
		return ALARM_STUCK;
	}
	if (s->est.explained) {
		return ALARM_NONE;
	}
	if (state == STATE_MISMATCH) {
		/* A virtual sensor only repeats what its component says. */
		return s->est.source == SOURCE_PREDICTED ? ALARM_NONE : ALARM_MISMATCH;
	}
	return s->est.drift ? ALARM_DRIFT : ALARM_NONE;
}

static bool is_over(const struct alarm *a)
{
	bool missing = a->kind == ALARM_STALE || a->kind == ALARM_BAD;
	int stays = HEALTHY_TO_CLEAR << (a->relapses > 0 ? a->relapses - 1 : 0);

	return a->healthy >= (missing ? GOOD_TO_CLEAR : stays);
}

static bool is_of_behaviour(enum alarm_kind kind)
{
	return kind == ALARM_DRIFT || kind == ALARM_MISMATCH;
}

/* May the next reading be as ever?  A silence and a stuck value have taken their time
 * before they are called that, and what a device refuses is not asked for again soon. */
static bool may_pass(enum alarm_kind kind, enum reason reason)
{
	return is_of_behaviour(kind) || (kind == ALARM_BAD && reason != REASON_EXCEPTION);
}

/* A reading in alarm of a tag that has none yet. */
static enum alarm_change begin(struct alarm *a, const struct sample *s, uint32_t after)
{
	enum alarm_kind kind = kind_of(s);

	if (a->ahead < UINT8_MAX) {
		a->ahead++;
	}
	if (may_pass(kind, (enum reason)s->reason) && a->ahead < after) {
		return ALARM_SAME;
	}
	if (a->quiet == 0) {
		a->relapses = 0;
	} else if (a->relapses < RELAPSES_MAX) {
		a->relapses++;
	}
	a->ahead = 0;
	a->healthy = 0;
	a->kind = (uint8_t)kind;
	return ALARM_RAISE;
}

enum alarm_change alarm_step(struct alarm *a, const struct sample *s, uint32_t after)
{
	enum alarm_kind kind = kind_of(s);

	if (a->quiet > 0) {
		a->quiet--;
	}
	if (a->id == 0 && kind != ALARM_NONE) {
		return begin(a, s, after);
	}
	if (a->id == 0) {
		a->ahead = 0;
		return ALARM_SAME;
	}
	if (kind != ALARM_NONE) {
		a->healthy = 0;
		return kind == ALARM_STUCK && is_of_behaviour((enum alarm_kind)a->kind)
		               ? ALARM_CLEAR
		               : ALARM_SAME;
	}
	if (s->est.state == STATE_HEALTHY ||
	    (s->est.quality == QUALITY_GOOD && a->kind >= ALARM_STALE)) {
		a->healthy++;
	}
	return is_over(a) ? ALARM_CLEAR : ALARM_SAME;
}

void alarm_close(struct alarm *a)
{
	*a = (struct alarm){.shelved_ns = a->shelved_ns,
	                    .relapses = a->relapses,
	                    .quiet = REMEMBERED};
}

bool alarm_is_idle(const struct alarm *a)
{
	return a->id == 0 && a->ahead == 0 && a->quiet == 0;
}

const char *alarm_kind_name(enum alarm_kind kind)
{
	static const char *const names[] = {
		[ALARM_NONE] = "",
		[ALARM_DRIFT] = "drift",
		[ALARM_MISMATCH] = "mismatch",
		[ALARM_STUCK] = "stuck",
		[ALARM_STALE] = "stale",
		[ALARM_BAD] = "bad",
	};

	return names[kind];
}

const char *alarm_severity(enum alarm_kind kind)
{
	return kind == ALARM_MISMATCH || kind == ALARM_STUCK ? "alarm" : "warning";
}

/* Append to a text that is cut where the room ends. */
static void add(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add(char *buf, size_t size, const char *format, ...)
{
	size_t used = strlen(buf);
	va_list args;

	va_start(args, format);
	vsnprintf(buf + used, size - used, format, args);
	va_end(args);
}

/* "not_a_number" as words. */
static void add_words(char *buf, size_t size, const char *name)
{
	char *from = buf + strlen(buf);

	add(buf, size, ": %s", name);
	for (; *from; from++) {
		*from = *from == '_' ? ' ' : *from;
	}
}

static void add_missing(char *buf, size_t size, const struct sample *s)
{
	if (s->est.state == STATE_STALE) {
		add(buf, size, " has had no reading for three periods");
	} else {
		add(buf, size, " has no valid value");
		if (s->reason != REASON_NONE) {
			add_words(buf, size, reason_name((enum reason)s->reason));
		}
		if (s->reason == REASON_EXCEPTION) {
			add(buf, size, s->code > UINT8_MAX ? " 0x%04X" : " %u",
			    (unsigned)s->code);
		}
	}
	if (!isnan(s->last)) {
		add(buf, size, "; the last was %.6g", s->last);
	}
}

/* "30.2 degC", or "30.2" of what has no unit. */
static void add_quantity(char *buf, size_t size, int digits, double x, const char *unit)
{
	bool none = !*unit || strcmp(unit, "1") == 0;

	add(buf, size, "%.*g%s%s", digits, x, none ? "" : " ", none ? "" : unit);
}

static void add_deviation(char *buf, size_t size, const struct alarm_facts *f)
{
	const struct explanation *why = f->why;
	const char *unit = f->tags[f->sample->tag].kind->unit;
	double expected = f->sample->est.predicted;
	double residual = why->off < 0 || why->off > 0
	                          ? why->off
	                          : value_number(&f->sample->value) - expected;
	bool modelled = why->method && strncmp(why->method, "nis", 3) == 0;

	add(buf, size, " is ");
	add_quantity(buf, size, 3, fabs(residual), unit);
	add(buf, size, " %s %s ", residual < 0 ? "below" : "above",
	    modelled ? "the modelled" : "its normal");
	add_quantity(buf, size, 6, expected, unit);
	if (!isnan(why->threshold)) {
		add(buf, size, " (limit %.3g)", why->threshold);
	}
	if (!isnan(why->rate) && fabs(why->rate) > 0) {
		add(buf, size, ", %s ", why->rate < 0 ? "falling" : "rising");
		add_quantity(buf, size, 3, fabs(why->rate), unit);
		add(buf, size, "/s faster than expected");
	}
}

static void add_blamed(char *buf, size_t size, const struct alarm_facts *f)
{
	if (f->why->lies) {
		const struct tag *liar = &f->tags[f->why->blamed[0]];

		add(buf, size, "; %s/%s lies: without it the model holds", liar->device,
		    liar->name);
		return;
	}
	for (size_t i = 0; i < f->why->n_blamed; i++) {
		const struct tag *blamed = &f->tags[f->why->blamed[i]];

		if (f->why->blamed[i] != f->sample->tag && f->why->share[i] >= 0.05) {
			add(buf, size, "; %s/%s explains %.0f %%", blamed->device,
			    blamed->name, 100 * f->why->share[i]);
		}
	}
}

/* "outlet were 31 % larger" */
static void add_cause(char *buf, size_t size, const struct alarm_facts *f,
                      const struct cause *cause)
{
	const struct tag *tag = &f->tags[cause->tag];
	double x = fabs(cause->amount);

	if (cause->kind == CAUSE_PARAMETER) {
		add(buf, size, "%s were %.2g %% %s", cause->parameter, 100 * x,
		    cause->amount < 0 ? "smaller" : "larger");
		return;
	}
	add(buf, size, "%s/%s ", tag->device, tag->name);
	if (cause->kind == CAUSE_INPUT) {
		add(buf, size, "read ");
		add_quantity(buf, size, 2, x, tag->kind->unit);
		add(buf, size, " too %s", cause->amount < 0 ? "much" : "little");
	} else {
		add(buf, size, "drifted %s by ", cause->amount < 0 ? "down" : "up");
		add_quantity(buf, size, 2, x, tag->kind->unit);
		add(buf, size, "/s");
	}
}

static void add_causes(char *buf, size_t size, const struct alarm_facts *f)
{
	for (size_t i = 0; i < f->why->n_causes; i++) {
		add(buf, size, "%s", i ? " or " : "; as if ");
		add_cause(buf, size, f, &f->why->causes[i]);
	}
}

void alarm_trim(enum alarm_kind kind, struct explanation *why)
{
	if (kind == ALARM_STALE || kind == ALARM_BAD) {
		*why = (struct explanation){
			.threshold = NAN, .rate = NAN, .still_s = NAN};
	}
}

void alarm_sentence(char *buf, size_t size, const struct alarm_facts *facts)
{
	const struct tag *tag = &facts->tags[facts->sample->tag];

	if (facts->kind == ALARM_MISMATCH && isnan(facts->sample->est.predicted)) {
		/* a component's own test, which is no quantity */
		snprintf(buf, size, "%s does not behave as its model", tag->device);
		add_blamed(buf, size, facts);
		add_causes(buf, size, facts);
		return;
	}
	snprintf(buf, size, "%s/%s", tag->device, tag->name);
	if (facts->kind == ALARM_STALE || facts->kind == ALARM_BAD) {
		add_missing(buf, size, facts->sample);
		return;
	}
	if (facts->kind == ALARM_STUCK) {
		add(buf, size,
		    " has not moved for %.3g s, which its noise makes impossible",
		    facts->why->still_s);
		return;
	}
	add_deviation(buf, size, facts);
	add_blamed(buf, size, facts);
	add_causes(buf, size, facts);
}

void alarm_contributions(char *buf, size_t size, const struct tag *tags,
                         const struct explanation *why)
{
	snprintf(buf, size, "[");
	for (size_t i = 0; i < why->n_blamed; i++) {
		const struct tag *tag = &tags[why->blamed[i]];

		add(buf, size, "%s{\"tag\":\"%s/%s\",\"share\":%.3g}", i ? "," : "",
		    tag->device, tag->name, why->share[i]);
	}
	add(buf, size, "]");
}
