/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/config/interlock.h"

enum order_state {
	ORDER_FREE,
	ORDER_QUEUED,
	ORDER_SENT,      /* with the driver */
	ORDER_READ_BACK, /* not answered; readings tell */
};

struct order {
	struct commands *owner;
	enum order_state state;
	uint64_t number;      /* in order of submission */
	uint64_t deadline_ns; /* queued: its expiry; read back: when to give up */
	uint64_t before_ns;   /* its slot's sent_ns, for when it was not sent after all */
	struct command_order what;
	struct value readback;
	char text[VALUE_TEXT_MAX + 1], readback_text[VALUE_TEXT_MAX + 1];
};

/* A comparison of an interlock and the tag it is about. */
struct term {
	struct interlock_term term;
	uint32_t slot;
};

/* A tag that can be written, or that an interlock looks at. */
struct slot {
	uint32_t tag;
	bool good;                  /* its last reading was */
	double number;              /* of the last reading */
	uint64_t received_ns;       /* of the last reading; 0: none yet */
	uint64_t sent_ns;           /* of the last write; 0: none yet */
	size_t first_term, n_terms; /* its interlock */
};

struct commands {
	struct command_parts parts;
	uv_timer_t timer;
	struct order orders[COMMAND_QUEUE_MAX];
	uint64_t n_submitted;
	size_t n_read_back; /* orders that wait for readings */
	struct slot *slots;
	size_t n_slots;
	uint32_t *slot_of; /* by tag, n_slots: none; NULL: nothing is writable */
	struct term *terms;
	size_t n_terms;
	bool sending, closing;
};

const char *command_status_name(enum command_status status)
{
	static const char *const names[] = {
		[COMMAND_DONE] = "done",       [COMMAND_REFUSED] = "refused",
		[COMMAND_FAILED] = "failed",   [COMMAND_UNKNOWN] = "unknown",
		[COMMAND_EXPIRED] = "expired", [COMMAND_BUSY] = "busy",
	};

	return names[status];
}

static const struct tag *tag_of(const struct commands *c, uint32_t tag)
{
	return &c->parts.config->tags[tag];
}

static const struct device_config *device_of(const struct commands *c, uint32_t tag)
{
	return &c->parts.config->devices[tag_of(c, tag)->device_index];
}

/* --- outcomes --- */

static void tell(struct commands *c, const struct command_order *order,
                 const struct command_result *result)
{
	if (c->parts.ended) {
		c->parts.ended(c->parts.arg, order, result);
	}
	order->done(order->arg, result);
}

/* The order's place is free before anybody hears of it. */
__attribute__((format(printf, 4, 5))) static void finish(struct order *order,
                                                         enum command_status status,
                                                         bool unreachable,
                                                         const char *format, ...)
{
	struct order ended = *order;
	struct command_result result = {
		.status = status, .unreachable = unreachable, .readback = ended.readback};
	char error[REFUSAL_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(error, sizeof(error), format, args);
	va_end(args);
	result.error = error;
	if (ended.what.value.kind == VALUE_TEXT) {
		ended.what.value.text = ended.text;
	}
	if (ended.readback.kind == VALUE_TEXT) {
		result.readback.text = ended.readback_text;
	}
	order->owner->n_read_back -= order->state == ORDER_READ_BACK;
	order->state = ORDER_FREE;
	tell(ended.owner, &ended.what, &result);
}

/* --- the rules of the moment --- */

/* Stale after three periods, as everywhere; a tag without a period: three timeouts. */
static uint64_t youth_ns(const struct commands *c, uint32_t tag)
{
	uint32_t period_ms = tag_of(c, tag)->period_ms;

	return UINT64_C(3000000) *
	       (period_ms ? period_ms : device_of(c, tag)->timeout_ms);
}

/* @return 0, or -EACCES with why */
static int judge_term(const struct commands *c, const struct term *term, char *why)
{
	const struct slot *slot = &c->slots[term->slot];
	uint64_t now_ns = c->parts.now_ns();

	if (slot->received_ns == 0 || !slot->good) {
		snprintf(why, REFUSAL_TEXT_MAX, "interlock: %s is not good",
		         term->term.tag);
		return -EACCES;
	}
	if (now_ns > slot->received_ns + youth_ns(c, slot->tag)) {
		snprintf(why, REFUSAL_TEXT_MAX, "interlock: %s is %.1f s old",
		         term->term.tag, (double)(now_ns - slot->received_ns) / 1e9);
		return -EACCES;
	}
	if (!interlock_holds(&term->term, slot->number)) {
		snprintf(why, REFUSAL_TEXT_MAX, "interlock: %s is %.9g", term->term.tag,
		         slot->number);
		return -EACCES;
	}
	return 0;
}

static int judge_moment(const struct commands *c, const struct slot *slot, char *why)
{
	uint64_t now_ns = c->parts.now_ns();
	uint64_t rate_ns = c->parts.config->options[slot->tag]->write->rate_ms *
	                   UINT64_C(1000000);
	int err = 0;

	if (slot->sent_ns && now_ns - slot->sent_ns < rate_ns) {
		snprintf(why, REFUSAL_TEXT_MAX,
		         "too soon: it was written %.1f s ago, %.1f s must lie between",
		         (double)(now_ns - slot->sent_ns) / 1e9, (double)rate_ns / 1e9);
		return -EACCES;
	}
	for (size_t i = 0; !err && i < slot->n_terms; i++) {
		err = judge_term(c, &c->terms[slot->first_term + i], why);
	}
	return err;
}

/* --- sending --- */

static uint64_t settle_ns(const struct commands *c, uint32_t tag)
{
	uint64_t ms = 2 * (uint64_t)(tag_of(c, tag)->period_ms +
	                             device_of(c, tag)->timeout_ms);

	ms = ms < COMMAND_SETTLE_MIN_MS ? COMMAND_SETTLE_MIN_MS : ms;
	ms = ms > COMMAND_SETTLE_MAX_MS ? COMMAND_SETTLE_MAX_MS : ms;
	return ms * 1000000;
}

static void on_timer(uv_timer_t *timer)
{
	command_tick(timer->data);
}

/* Wake at the earliest deadline of what waits for one. */
static void arm(struct commands *c)
{
	uint64_t now_ns = c->parts.now_ns(), first_ns = UINT64_MAX;

	for (size_t i = 0; i < COMMAND_QUEUE_MAX; i++) {
		const struct order *order = &c->orders[i];

		if ((order->state == ORDER_QUEUED || order->state == ORDER_READ_BACK) &&
		    order->deadline_ns < first_ns) {
			first_ns = order->deadline_ns;
		}
	}
	if (c->closing || first_ns == UINT64_MAX) {
		uv_timer_stop(&c->timer);
		return;
	}
	uv_timer_start(&c->timer, on_timer,
	               first_ns > now_ns ? (first_ns - now_ns) / 1000000 + 1 : 0, 0);
}

static void send_all(struct commands *c);

/* The rate counts what was sent. */
static void finish_unsent(struct order *order, const char *why)
{
	struct commands *c = order->owner;

	c->slots[c->slot_of[order->what.tag]].sent_ns = order->before_ns;
	finish(order, COMMAND_FAILED, true, "not sent: %s", why);
}

static void on_written(void *arg, int err, uint16_t code)
{
	struct order *order = arg;
	struct commands *c = order->owner;

	if (err == 0) {
		finish(order, COMMAND_DONE, false, "%s", "");
	} else if (err == -EREMOTEIO) {
		finish(order, COMMAND_FAILED, false,
		       code > UINT8_MAX ? "the device answered exception 0x%04X"
		                        : "the device answered exception %u",
		       code);
	} else if (err == -EBADMSG) {
		finish(order, COMMAND_FAILED, false,
		       "the device answered that it is done, and holds something else");
	} else if (err == -ENODATA) {
		finish(order, COMMAND_UNKNOWN, false,
		       "the device answered that it is done, and could not be read");
	} else if (err == -ETIMEDOUT && c->closing) {
		finish(order, COMMAND_UNKNOWN, true,
		       "no answer before the gateway stopped");
	} else if (err == -ETIMEDOUT) {
		order->state = ORDER_READ_BACK;
		order->deadline_ns = c->parts.now_ns() + settle_ns(c, order->what.tag);
		c->n_read_back++;
	} else if (err == -ECANCELED) {
		finish_unsent(order, "the device was closed");
	} else {
		finish_unsent(order, "the device cannot be reached");
	}
	send_all(c);
}

static void write_now(struct order *order, struct slot *slot)
{
	struct commands *c = order->owner;
	const struct device_config *cfg = device_of(c, order->what.tag);
	struct device *dev = c->parts.device(c->parts.arg, cfg->index);
	const struct point *point = &cfg->points[order->what.tag - cfg->points[0].tag];
	int err;

	if (!dev || !dev->driver->write) {
		finish(order, dev ? COMMAND_REFUSED : COMMAND_FAILED, !dev, "%s",
		       dev ? "devices of this driver cannot be written"
		           : "the device could not be opened");
		return;
	}
	order->state = ORDER_SENT;
	order->before_ns = slot->sent_ns;
	slot->sent_ns = c->parts.now_ns();
	err = dev->driver->write(dev, point, &order->what.value, on_written, order);
	if (!err) {
		return;
	}
	slot->sent_ns = order->before_ns;
	if (err == -ERANGE) {
		finish(order, COMMAND_REFUSED, false,
		       "the value does not fit the tag's type %s%s exactly",
		       tag_of(c, order->what.tag)->kind->type_name,
		       point->encoding->scale != 1 || point->encoding->offset != 0
		               ? " and scale"
		               : "");
	} else if (err == -EBUSY) {
		finish(order, COMMAND_BUSY, false, "the device has enough to do");
	} else {
		finish(order, COMMAND_REFUSED, false, "the driver refuses: %s",
		       strerror(-err));
	}
}

static void send_one(struct order *order)
{
	struct commands *c = order->owner;
	struct slot *slot = &c->slots[c->slot_of[order->what.tag]];
	char why[REFUSAL_TEXT_MAX];

	if (c->parts.now_ns() >= order->deadline_ns) {
		finish(order, COMMAND_EXPIRED, false, "it could not be sent in time");
	} else if (judge_moment(c, slot, why)) {
		finish(order, COMMAND_REFUSED, false, "%s", why);
	} else {
		write_now(order, slot);
	}
}

static bool is_device_busy(const struct commands *c, uint32_t device)
{
	for (size_t i = 0; i < COMMAND_QUEUE_MAX; i++) {
		const struct order *order = &c->orders[i];

		if ((order->state == ORDER_SENT || order->state == ORDER_READ_BACK) &&
		    tag_of(c, order->what.tag)->device_index == device) {
			return true;
		}
	}
	return false;
}

/* The oldest whose device is free. */
static struct order *next_order(struct commands *c)
{
	struct order *next = NULL;

	for (size_t i = 0; i < COMMAND_QUEUE_MAX; i++) {
		struct order *order = &c->orders[i];

		if (order->state == ORDER_QUEUED &&
		    (!next || order->number < next->number) &&
		    !is_device_busy(c, tag_of(c, order->what.tag)->device_index)) {
			next = order;
		}
	}
	return next;
}

/* Who hears of an outcome may submit anew: the outermost call goes on with it. */
static void send_all(struct commands *c)
{
	if (c->sending || c->closing) {
		return;
	}
	c->sending = true;
	for (struct order *next; (next = next_order(c)) != NULL;) {
		send_one(next);
	}
	c->sending = false;
	arm(c);
}

/* --- from outside --- */

static struct order *place_for(struct commands *c, const struct command_order *what)
{
	for (size_t i = 0; i < COMMAND_QUEUE_MAX; i++) {
		struct order *order = &c->orders[i];

		if (order->state != ORDER_FREE) {
			continue;
		}
		*order = (struct order){.owner = c, .what = *what};
		if (what->value.kind == VALUE_TEXT) {
			snprintf(order->text, sizeof(order->text), "%s",
			         what->value.text);
			order->what.value.text = order->text;
		}
		return order;
	}
	return NULL;
}

/* A rule of the order itself: it is answered without having been queued. */
static int judge_order(const struct commands *c, const struct command_order *order,
                       char *why)
{
	if (order->value.kind == VALUE_TEXT &&
	    strlen(order->value.text) > VALUE_TEXT_MAX) {
		snprintf(why, REFUSAL_TEXT_MAX, "the text is too long");
		return -ERANGE;
	}
	return write_rules_judge(tag_of(c, order->tag),
	                         c->parts.config->options[order->tag]->write,
	                         &order->value, why);
}

void command_submit(struct commands *c, const struct command_order *order)
{
	struct command_result result = {.status = COMMAND_REFUSED};
	char why[REFUSAL_TEXT_MAX];
	struct order *place = NULL;

	result.error = why;
	if (c->closing) {
		result.status = COMMAND_FAILED;
		snprintf(why, sizeof(why), "the gateway stops");
	} else if (!judge_order(c, order, why)) {
		result.status = COMMAND_BUSY;
		snprintf(why, sizeof(why), "%d commands are under way",
		         COMMAND_QUEUE_MAX);
		place = place_for(c, order);
	}
	if (!place) {
		tell(c, order, &result);
		return;
	}
	place->state = ORDER_QUEUED;
	place->number = c->n_submitted++;
	place->deadline_ns = c->parts.now_ns() +
	                     UINT64_C(1000000) * (order->expiry_ms ? order->expiry_ms
	                                                           : COMMAND_EXPIRY_MS);
	send_all(c);
}

/* A reading of the tag of an order that was not answered. */
static void read_back(struct order *order, const struct reading *r)
{
	enum value_type type = tag_of(order->owner, order->what.tag)->kind->type;

	if (r->quality != QUALITY_GOOD) {
		return;
	}
	order->readback = r->value;
	if (r->value.kind == VALUE_TEXT) {
		snprintf(order->readback_text, sizeof(order->readback_text), "%s",
		         r->value.text);
		order->readback.text = order->readback_text;
	}
	if (write_rules_same(type, &order->readback, &order->what.value)) {
		finish(order, COMMAND_DONE, false,
		       "not answered, but read back: the device holds it");
	}
}

void command_readings(struct commands *c, uint64_t received_ns, const struct reading *r,
                      size_t n)
{
	size_t before = c->n_read_back;

	for (size_t i = 0; c->slot_of && i < n; i++) {
		uint32_t slot = c->slot_of[r[i].tag];

		if (slot == c->n_slots) {
			continue;
		}
		c->slots[slot].good = r[i].quality == QUALITY_GOOD;
		c->slots[slot].number = value_number(&r[i].value);
		c->slots[slot].received_ns = received_ns;
		for (size_t k = 0; c->n_read_back > 0 && k < COMMAND_QUEUE_MAX; k++) {
			if (c->orders[k].state == ORDER_READ_BACK &&
			    c->orders[k].what.tag == r[i].tag) {
				read_back(&c->orders[k], &r[i]);
			}
		}
	}
	if (c->n_read_back != before) {
		send_all(c);
	}
}

static void give_up_reading(struct order *order)
{
	char held[VALUE_TEXT_MAX + 8];

	if (order->readback.kind == VALUE_NONE) {
		finish(order, COMMAND_UNKNOWN, true,
		       "sent, not answered, and the tag could not be read back");
		return;
	}
	write_rules_print(&order->readback, held, sizeof(held));
	finish(order, COMMAND_FAILED, false,
	       "not answered, and read back: the device holds %.100s", held);
}

void command_tick(struct commands *c)
{
	uint64_t now_ns = c->parts.now_ns();

	for (size_t i = 0; i < COMMAND_QUEUE_MAX; i++) {
		struct order *order = &c->orders[i];

		if (order->deadline_ns > now_ns) {
			continue;
		}
		if (order->state == ORDER_QUEUED) {
			finish(order, COMMAND_EXPIRED, false,
			       "it could not be sent in time");
		} else if (order->state == ORDER_READ_BACK) {
			give_up_reading(order);
		}
	}
	send_all(c);
}

/* --- up and down --- */

static uint32_t slot_for(struct commands *c, uint32_t tag)
{
	if (c->slot_of[tag] == UINT32_MAX) {
		c->slot_of[tag] = (uint32_t)c->n_slots;
		c->slots[c->n_slots++] = (struct slot){.tag = tag};
	}
	return c->slot_of[tag];
}

/* Comparisons of an interlock; the configuration was checked. */
static size_t count_terms(const char *text)
{
	struct interlock_term term;
	const char *why;
	size_t n = 0;

	while (*text && interlock_parse(&text, &term, &why) == 0) {
		n++;
	}
	return n;
}

static void add_terms(struct commands *c, uint32_t tag)
{
	const struct config *cfg = c->parts.config;
	const char *text = cfg->options[tag]->write->interlock, *why;
	uint32_t slot = slot_for(c, tag);

	c->slots[slot].first_term = c->n_terms;
	while (*text) {
		struct term *term = &c->terms[c->n_terms];

		if (interlock_parse(&text, &term->term, &why)) {
			break;
		}
		term->slot = slot_for(c, (uint32_t)config_tag(cfg, term->term.tag));
		c->n_terms++;
	}
	c->slots[slot].n_terms = c->n_terms - c->slots[slot].first_term;
}

static int find_slots(struct commands *c)
{
	const struct config *cfg = c->parts.config;
	size_t n_writable = 0, n_terms = 0;

	for (size_t i = 0; i < cfg->n_field_tags; i++) {
		if (cfg->options[i]->write) {
			n_writable++;
			n_terms += count_terms(cfg->options[i]->write->interlock);
		}
	}
	if (n_writable == 0) {
		return 0;
	}
	c->slots = calloc(n_writable + n_terms, sizeof(*c->slots));
	c->terms = calloc(n_terms + 1, sizeof(*c->terms));
	c->slot_of = malloc(cfg->n_tags * sizeof(*c->slot_of));
	if (!c->slots || !c->terms || !c->slot_of) {
		return -ENOMEM;
	}
	memset(c->slot_of, 0xff, cfg->n_tags * sizeof(*c->slot_of));
	for (uint32_t i = 0; i < cfg->n_field_tags; i++) {
		if (cfg->options[i]->write) {
			add_terms(c, i);
		}
	}
	for (size_t i = 0; i < cfg->n_tags; i++) {
		if (c->slot_of[i] == UINT32_MAX) {
			c->slot_of[i] = (uint32_t)c->n_slots;
		}
	}
	return 0;
}

int command_open(struct commands **out, const struct command_parts *parts)
{
	struct commands *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		return -ENOMEM;
	}
	c->parts = *parts;
	err = find_slots(c);
	if (err) {
		command_free(c);
		return err;
	}
	uv_timer_init(parts->loop, &c->timer);
	c->timer.data = c;
	*out = c;
	return 0;
}

void command_close(struct commands *c)
{
	if (!c || c->closing) {
		return;
	}
	c->closing = true;
	uv_close((uv_handle_t *)&c->timer, NULL);
	for (size_t i = 0; i < COMMAND_QUEUE_MAX; i++) {
		if (c->orders[i].state == ORDER_QUEUED) {
			finish(&c->orders[i], COMMAND_FAILED, false,
			       "not sent: the gateway stops");
		} else if (c->orders[i].state == ORDER_READ_BACK) {
			give_up_reading(&c->orders[i]);
		}
	}
}

void command_free(struct commands *c)
{
	if (!c) {
		return;
	}
	free(c->slots);
	free(c->slot_of);
	free(c->terms);
	free(c);
}
