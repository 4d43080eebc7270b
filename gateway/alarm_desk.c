/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/alarm_desk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gateway/log.h"

#define S_NS UINT64_C(1000000000)

/* A step in an alarm's life. */
struct step {
	int64_t ts_us;
	const char *state; /* as the contract names it */
	const char *by;
	const char *message; /* NULL: the alarm's own sentence */
};

void alarm_desk_init(struct alarm_desk *d, const struct alarm_desk_parts *parts)
{
	*d = (struct alarm_desk){.parts = *parts, .room = ALARM_DESK_BURST};
}

static void tell(struct alarm_desk *d, const struct alarm *a, const struct sample *s,
                 const struct step *step)
{
	const struct tag *tags = d->parts.config->tags;
	enum alarm_kind kind = (enum alarm_kind)a->kind;
	char message[512], contributions[512];
	struct explanation why;

	twin_explain(d->parts.twin, s->tag, &why);
	alarm_trim(kind, &why);
	alarm_contributions(contributions, sizeof(contributions), tags, &why);
	if (step->message) {
		snprintf(message, sizeof(message), "%s", step->message);
	} else {
		alarm_sentence(message, sizeof(message),
		               &(struct alarm_facts){tags, kind, s, &why});
	}
	log_line(strcmp(step->state, "active") == 0 ? LOG_WARNING : LOG_NOTICE, "%s: %s",
	         alarm_kind_name(kind), message);
	d->parts.send(d->parts.arg,
	              &(struct event){
			      .ts_us = step->ts_us,
			      .alarm_id = a->id,
			      .device = tags[s->tag].device_index,
			      .tag = s->tag,
			      .kind = alarm_kind_name(kind),
			      .severity = alarm_severity(kind),
			      .state = step->state,
			      .value = value_number(&s->value),
			      .predicted = s->est.predicted,
			      .residual = value_number(&s->value) - s->est.predicted,
			      .threshold = why.threshold,
			      .method = why.method ? why.method : "",
			      .contributions = contributions,
			      .message = message,
			      .by = step->by ? step->by : "",
		      });
}

/* ---- floods ---- */

static void tell_flood(struct alarm_desk *d, uint64_t now_ns)
{
	char message[160];

	if (d->flooded) {
		snprintf(message, sizeof(message),
		         "more than %d alarms at once: further ones are held back",
		         ALARM_DESK_BURST);
	} else {
		snprintf(message, sizeof(message),
		         "the flood of alarms is over: %llu were held back",
		         (unsigned long long)d->held);
	}
	log_line(LOG_WARNING, "%s", message);
	d->parts.send(d->parts.arg,
	              &(struct event){.ts_us = clock_stamp(d->parts.stamper, now_ns, 0),
	                              .device = EVENT_NOBODY,
	                              .tag = EVENT_NOBODY,
	                              .kind = "alarm_flood",
	                              .severity = d->flooded ? "alarm" : "info",
	                              .state = "",
	                              .value = NAN,
	                              .predicted = NAN,
	                              .residual = NAN,
	                              .threshold = NAN,
	                              .method = "",
	                              .contributions = "",
	                              .message = message,
	                              .by = ""});
}

static void refill(struct alarm_desk *d, uint64_t now_ns)
{
	if (d->room_ns && now_ns > d->room_ns) {
		d->room += (double)(now_ns - d->room_ns) / 1e6 / ALARM_DESK_EVERY_MS;
	}
	if (d->room >= ALARM_DESK_BURST) {
		d->room = ALARM_DESK_BURST;
		if (d->flooded) {
			d->flooded = false;
			tell_flood(d, now_ns);
			d->held = 0;
		}
	}
	if (now_ns > d->room_ns) {
		d->room_ns = now_ns;
	}
}

/* May one more be told? */
static bool take_room(struct alarm_desk *d, uint64_t now_ns)
{
	refill(d, now_ns);
	if (d->room >= 1) {
		d->room -= 1;
		return true;
	}
	if (!d->flooded) {
		d->flooded = true;
		tell_flood(d, now_ns);
	}
	return false;
}

/* ---- the life of an alarm ---- */

static int64_t stamp(struct alarm_desk *d, uint64_t now_ns)
{
	return clock_stamp(d->parts.stamper, now_ns, 0);
}

/* The alarm is in force since ts_us and nobody knows: tell, or hold it back. */
static void announce(struct alarm_desk *d, struct alarm *a, uint64_t now_ns,
                     const struct sample *s, int64_t ts_us)
{
	bool first = a->stage != ALARM_HELD;

	if (a->shelved_ns > now_ns) {
		a->stage = ALARM_SHELVED;
		tell(d, a, s, &(struct step){ts_us, "shelved", NULL, NULL});
	} else if (take_room(d, now_ns)) {
		a->stage = ALARM_ACTIVE;
		tell(d, a, s, &(struct step){ts_us, "active", NULL, NULL});
	} else {
		a->stage = ALARM_HELD;
		d->held += first;
	}
}

static void clear(struct alarm_desk *d, struct alarm *a, uint64_t now_ns,
                  const struct sample *s)
{
	const struct tag *tag = &d->parts.config->tags[s->tag];
	char message[200];

	if (a->stage == ALARM_HELD) {
		d->lost++;
	} else {
		snprintf(message, sizeof(message), "%s/%s %s", tag->device, tag->name,
		         s->est.stuck ? "is not off its normal: it is stuck"
		                      : "is back to normal");
		tell(d, a, s, &(struct step){stamp(d, now_ns), "cleared", NULL, message});
	}
	alarm_close(a);
}

static void unshelve(struct alarm_desk *d, struct alarm *a, uint64_t now_ns,
                     const struct sample *s)
{
	a->shelved_ns = 0;
	if (a->id && a->stage == ALARM_SHELVED) {
		announce(d, a, now_ns, s, stamp(d, now_ns));
	}
}

void alarm_desk_judge(struct alarm_desk *d, struct alarm *a, uint64_t now_ns,
                      const struct sample *s)
{
	enum alarm_change change = alarm_step(a, s, d->parts.config->twin.alarm_after);

	if (a->shelved_ns && now_ns >= a->shelved_ns) {
		unshelve(d, a, now_ns, s);
	}
	if (change == ALARM_RAISE) {
		a->id = stamp(d, now_ns);
		announce(d, a, now_ns, s, a->id);
	} else if (change == ALARM_CLEAR) {
		clear(d, a, now_ns, s);
	} else if (a->id && a->stage == ALARM_HELD) {
		refill(d, now_ns);
		if (d->room >= 1) {
			announce(d, a, now_ns, s, stamp(d, now_ns));
		}
	} else if (d->flooded) {
		refill(d, now_ns);
	}
}

int alarm_desk_acknowledge(struct alarm_desk *d, struct alarm *a,
                           const struct alarm_hand *hand)
{
	if (!a->id || a->stage == ALARM_HELD) {
		return -ENOENT;
	}
	if (a->stage != ALARM_ACTIVE) {
		return -EALREADY;
	}
	a->stage = ALARM_ACKNOWLEDGED;
	tell(d, a, hand->sample,
	     &(struct step){stamp(d, hand->now_ns), "acknowledged", hand->by, NULL});
	return 0;
}

int alarm_desk_shelve(struct alarm_desk *d, struct alarm *a,
                      const struct alarm_hand *hand, uint32_t for_s)
{
	if (for_s > ALARM_DESK_SHELVED_MAX_S) {
		return -EINVAL;
	}
	if (!a->id && a->shelved_ns <= hand->now_ns) {
		return -ENOENT;
	}
	if (for_s == 0) {
		unshelve(d, a, hand->now_ns, hand->sample);
		return 0;
	}
	a->shelved_ns = hand->now_ns + for_s * S_NS;
	if (a->id) {
		a->stage = ALARM_SHELVED;
		tell(d, a, hand->sample,
		     &(struct step){stamp(d, hand->now_ns), "shelved", hand->by, NULL});
	}
	return 0;
}
