/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/notices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A ticket says what and which: kind in the top byte, index or number below. */
enum kind { KIND_AVAILABILITY = 1, KIND_INFO, KIND_EVENT, KIND_STATUS, KIND_ALARM };

enum { KIND_SHIFT = 56 };

enum progress { TO_SEND, SENT, ACKED };

struct status_slot {
	struct device_status status;
	char *figures; /* of status; NULL: none were told yet */
	bool known, dirty;
};

struct alarm_slot {
	uint32_t tag;
	char *payload;  /* NULL: no alarm */
	int64_t id;     /* of the alarm it is about */
	bool dirty;     /* to be sent */
	bool confirmed; /* the broker has it as it is */
};

struct event_slot {
	char *payload;
	int64_t ts_us;
	enum progress progress;
};

struct notices {
	const struct config *cfg;
	const char *base;
	bool availability_dirty, info_dirty;
	char info[PAYLOAD_NOTICE_MAX];
	struct status_slot *statuses; /* by device, then component */
	size_t n_statuses, n_statuses_dirty, next_status;
	struct alarm_slot *alarms; /* of the few tags that have or had one */
	size_t n_alarms, alarms_room;
	uint32_t *alarm_of; /* by tag: its place in alarms + 1; 0: none */
	size_t n_alarms_dirty, next_alarm;
	struct event_slot events[NOTICES_EVENTS]; /* by number modulo the size */
	uint64_t first_event, next_event, dropped;
	int64_t acked_us;  /* all events up to it are acknowledged */
	int64_t queued_us; /* newest that was given a slot */
	int64_t seen_us;   /* newest that was told */
	bool behind;       /* events later than queued_us are in the history alone */
	char buf[PAYLOAD_NOTICE_MAX];
};

static uint64_t ticket_of(enum kind kind, uint64_t index)
{
	return (uint64_t)kind << KIND_SHIFT | index;
}

static struct event_slot *event_at(struct notices *n, uint64_t number)
{
	return &n->events[number % NOTICES_EVENTS];
}

int notices_new(struct notices **out, const struct config *cfg, const char *base,
                int64_t acked_us)
{
	struct notices *n = calloc(1, sizeof(*n));

	if (!n) {
		return -ENOMEM;
	}
	n->cfg = cfg;
	n->base = base;
	n->acked_us = n->queued_us = n->seen_us = acked_us;
	n->n_statuses = cfg->n_devices + cfg->n_components + (cfg->flow.file ? 1 : 0);
	n->statuses = calloc(n->n_statuses + 1, sizeof(*n->statuses));
	n->alarm_of = calloc(cfg->n_tags + 1, sizeof(*n->alarm_of));
	if (!n->statuses || !n->alarm_of) {
		notices_free(n);
		return -ENOMEM;
	}
	*out = n;
	return 0;
}

void notices_free(struct notices *n)
{
	if (!n) {
		return;
	}
	for (size_t i = 0; i < n->n_alarms; i++) {
		free(n->alarms[i].payload);
	}
	for (size_t i = 0; i < NOTICES_EVENTS; i++) {
		free(n->events[i].payload);
	}
	for (size_t i = 0; n->statuses && i < n->n_statuses; i++) {
		free(n->statuses[i].figures);
	}
	free(n->statuses);
	free(n->alarms);
	free(n->alarm_of);
	free(n);
}

static void mark_status(struct notices *n, struct status_slot *slot)
{
	n->n_statuses_dirty += slot->dirty ? 0 : 1;
	slot->dirty = true;
}

static void mark_alarm(struct notices *n, struct alarm_slot *slot)
{
	n->n_alarms_dirty += slot->dirty ? 0 : 1;
	slot->dirty = true;
	slot->confirmed = false;
}

void notices_connected(struct notices *n)
{
	n->availability_dirty = true;
	n->info_dirty = n->info[0] != '\0';
	for (size_t i = 0; i < n->n_statuses; i++) {
		if (n->statuses[i].known) {
			mark_status(n, &n->statuses[i]);
		}
	}
	for (size_t i = 0; i < n->n_alarms; i++) {
		if (n->alarms[i].payload || !n->alarms[i].confirmed) {
			mark_alarm(n, &n->alarms[i]);
		}
	}
}

void notices_disconnected(struct notices *n)
{
	for (uint64_t i = n->first_event; i < n->next_event; i++) {
		if (event_at(n, i)->progress == SENT) {
			event_at(n, i)->progress = TO_SEND;
		}
	}
}

static const char *device_name(const struct notices *n, uint32_t device)
{
	const struct config *cfg = n->cfg;

	if (device < cfg->n_devices) {
		return cfg->devices[device].id;
	}
	if (device - cfg->n_devices < cfg->n_components) {
		return cfg->twin.components[device - cfg->n_devices].id;
	}
	if (device == cfg->n_devices + cfg->n_components) {
		return cfg->flow.device; /* NULL: there is no line */
	}
	return NULL;
}

static void forget_oldest_event(struct notices *n)
{
	struct event_slot *slot = event_at(n, n->first_event++);

	n->acked_us = slot->ts_us;
	free(slot->payload);
	slot->payload = NULL;
}

static size_t room_of(const struct notices *n)
{
	return NOTICES_EVENTS - (size_t)(n->next_event - n->first_event);
}

static void queue_event(struct notices *n, const struct event *e, const char *device,
                        const char *tag)
{
	char *payload = NULL;

	if (payload_event(n->buf, sizeof(n->buf), e, device, tag)) {
		payload = strdup(n->buf);
	}
	n->queued_us = e->ts_us;
	if (!payload) {
		n->dropped++;
		return;
	}
	*event_at(n, n->next_event++) = (struct event_slot){.payload = payload,
	                                                    .ts_us = e->ts_us};
}

/* The slot of a tag, made where there is none; NULL: no memory. */
static struct alarm_slot *alarm_slot(struct notices *n, uint32_t tag)
{
	size_t room = n->alarms_room ? 2 * n->alarms_room : 16;
	struct alarm_slot *grown;

	if (n->alarm_of[tag]) {
		return &n->alarms[n->alarm_of[tag] - 1];
	}
	if (n->n_alarms == n->alarms_room) {
		grown = realloc(n->alarms, room * sizeof(*grown));
		if (!grown) {
			return NULL;
		}
		n->alarms = grown;
		n->alarms_room = room;
	}
	n->alarms[n->n_alarms] = (struct alarm_slot){.tag = tag};
	n->alarm_of[tag] = (uint32_t)++n->n_alarms;
	return &n->alarms[n->n_alarms - 1];
}

void notices_expect(struct notices *n, uint32_t tag)
{
	if (tag < n->cfg->n_tags) {
		(void)alarm_slot(n, tag);
	}
}

static void change_alarm(struct notices *n, const struct event *e)
{
	struct alarm_slot *slot = alarm_slot(n, e->tag);
	bool cleared = strcmp(e->state, "cleared") == 0;

	if (!slot || (cleared && slot->payload && slot->id != e->alarm_id)) {
		return; /* a newer one stands there */
	}
	free(slot->payload);
	slot->payload = NULL;
	if (!cleared && payload_alarm(n->buf, sizeof(n->buf), e)) {
		slot->payload = strdup(n->buf);
	}
	slot->id = e->alarm_id;
	mark_alarm(n, slot);
}

void notices_event(struct notices *n, const struct event *e)
{
	const struct tag *tag = e->tag < n->cfg->n_tags ? &n->cfg->tags[e->tag] : NULL;

	if (e->alarm_id != 0 && tag) {
		change_alarm(n, e);
	}
	if (e->ts_us <= n->seen_us) {
		return; /* it was read from the history before it was told */
	}
	n->seen_us = e->ts_us;
	if (n->behind || room_of(n) == 0) {
		n->behind = true;
		return;
	}
	queue_event(n, e, tag ? tag->device : device_name(n, e->device),
	            tag ? tag->name : NULL);
}

bool notices_behind(const struct notices *n, int64_t *after_us, size_t *room)
{
	*after_us = n->queued_us;
	*room = room_of(n);
	return n->behind && *room >= NOTICES_EVENTS / 2;
}

void notices_stored(struct notices *n, const struct event *e, const char *device,
                    const char *tag)
{
	if (e->ts_us <= n->queued_us || room_of(n) == 0) {
		return;
	}
	queue_event(n, e, *device ? device : NULL, *tag ? tag : NULL);
	n->seen_us = e->ts_us > n->seen_us ? e->ts_us : n->seen_us;
	n->behind = n->behind || room_of(n) == 0; /* there may be more */
}

void notices_read(struct notices *n)
{
	/* One that was told and is not there yet is not committed yet. */
	n->behind = n->queued_us < n->seen_us;
}

int64_t notices_acked_to(const struct notices *n)
{
	return n->acked_us;
}

void notices_device(struct notices *n, uint32_t device, const struct device_status *s)
{
	struct status_slot *slot;
	char *figures;

	if (device >= n->n_statuses) {
		return;
	}
	slot = &n->statuses[device];
	figures = s->figures ? strdup(s->figures) : NULL;
	if (figures) {
		free(slot->figures);
		slot->figures = figures;
	}
	slot->status = *s;
	slot->status.figures = slot->figures;
	slot->known = true;
	mark_status(n, slot);
}

void notices_info(struct notices *n, const struct payload_info *info)
{
	n->info_dirty = payload_info(n->info, sizeof(n->info), info) > 0;
}

static void fill(struct message *m, const char *payload, bool retained)
{
	m->payload = payload ? payload : "";
	m->n = strlen(m->payload);
	m->retained = retained;
}

static bool next_event(struct notices *n, struct message *m, uint64_t *ticket)
{
	for (uint64_t i = n->first_event; i < n->next_event; i++) {
		if (event_at(n, i)->progress == TO_SEND) {
			message_topic(m, n->base, NULL, NULL, "events");
			fill(m, event_at(n, i)->payload, false);
			*ticket = ticket_of(KIND_EVENT, i);
			return true;
		}
	}
	return false;
}

static bool next_status(struct notices *n, struct message *m, uint64_t *ticket)
{
	if (n->n_statuses_dirty == 0) {
		return false;
	}
	while (!n->statuses[n->next_status].dirty) {
		n->next_status = (n->next_status + 1) % n->n_statuses;
	}
	payload_status(n->buf, sizeof(n->buf), &n->statuses[n->next_status].status);
	message_topic(m, n->base, device_name(n, (uint32_t)n->next_status), NULL,
	              "status");
	fill(m, n->buf, true);
	*ticket = ticket_of(KIND_STATUS, n->next_status);
	return true;
}

static bool next_alarm(struct notices *n, struct message *m, uint64_t *ticket)
{
	const struct tag *tag;

	if (n->n_alarms_dirty == 0) {
		return false;
	}
	while (!n->alarms[n->next_alarm].dirty) {
		n->next_alarm = (n->next_alarm + 1) % n->n_alarms;
	}
	tag = &n->cfg->tags[n->alarms[n->next_alarm].tag];
	message_topic(m, n->base, tag->device, tag->name, "alarm");
	fill(m, n->alarms[n->next_alarm].payload, true);
	*ticket = ticket_of(KIND_ALARM, n->next_alarm);
	return true;
}

bool notices_next(struct notices *n, struct message *m, uint64_t *ticket)
{
	if (n->availability_dirty) {
		message_topic(m, n->base, NULL, NULL, "availability");
		fill(m, "online", true);
		*ticket = ticket_of(KIND_AVAILABILITY, 0);
		return true;
	}
	if (n->info_dirty) {
		message_topic(m, n->base, NULL, NULL, "info");
		fill(m, n->info, true);
		*ticket = ticket_of(KIND_INFO, 0);
		return true;
	}
	return next_event(n, m, ticket) || next_status(n, m, ticket) ||
	       next_alarm(n, m, ticket);
}

void notices_sent(struct notices *n, uint64_t ticket)
{
	uint64_t index = ticket & (((uint64_t)1 << KIND_SHIFT) - 1);

	switch ((enum kind)(ticket >> KIND_SHIFT)) {
	case KIND_AVAILABILITY:
		n->availability_dirty = false;
		break;
	case KIND_INFO:
		n->info_dirty = false;
		break;
	case KIND_EVENT:
		event_at(n, index)->progress = SENT;
		break;
	case KIND_STATUS:
		n->statuses[index].dirty = false;
		n->n_statuses_dirty--;
		break;
	case KIND_ALARM:
		n->alarms[index].dirty = false;
		n->n_alarms_dirty--;
		break;
	}
}

void notices_acked(struct notices *n, uint64_t ticket)
{
	uint64_t index = ticket & (((uint64_t)1 << KIND_SHIFT) - 1);
	enum kind kind = (enum kind)(ticket >> KIND_SHIFT);

	if (kind == KIND_ALARM) {
		n->alarms[index].confirmed = !n->alarms[index].dirty;
	} else if (kind == KIND_EVENT && index >= n->first_event &&
	           index < n->next_event) {
		event_at(n, index)->progress = ACKED;
	}
	while (n->first_event < n->next_event &&
	       event_at(n, n->first_event)->progress == ACKED) {
		forget_oldest_event(n);
	}
}

uint64_t notices_dropped(const struct notices *n)
{
	return n->dropped;
}
