/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/feed.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "storage/queue.h"

enum {
	SAMPLES_BYTES = 4 << 20,
	NEWS_BYTES = 256 << 10,
	PRESSED_BYTES = SAMPLES_BYTES / 2, /* beyond that newer samples overtake older */
	STRINGS = 7,                       /* of an event */
};

struct batch_head {
	int64_t at_us;
	size_t n;
	bool after_gap;
};

struct news_head {
	enum feed_kind kind;
	uint32_t device;
	struct device_status status; /* its figures lie behind */
	struct event event;          /* its strings likewise, one after the other */
};

struct feed {
	struct queue *samples, *news;
	bool refused;              /* loop thread: the last batch found no room */
	struct sender_batch batch; /* publisher thread: the oldest, where rows is set */
	_Atomic uint64_t refused_rows, refused_news;
};

int feed_new(struct feed **out)
{
	struct feed *f = calloc(1, sizeof(*f));
	int err;

	if (!f) {
		return -ENOMEM;
	}
	err = queue_new(&f->samples, SAMPLES_BYTES);
	if (!err) {
		err = queue_new(&f->news, NEWS_BYTES);
	}
	if (err) {
		feed_free(f);
		return err;
	}
	*out = f;
	return 0;
}

void feed_free(struct feed *f)
{
	if (f) {
		queue_free(f->samples);
		queue_free(f->news);
		free(f);
	}
}

static size_t text_bytes(const struct sample *s)
{
	return s->value.kind == VALUE_TEXT && s->value.text
	               ? strnlen(s->value.text, VALUE_TEXT_MAX) + 1
	               : 0;
}

static void copy_texts(struct sample *to, const struct sample *rows, size_t n)
{
	char *text = (char *)(to + n);

	for (size_t i = 0; i < n; i++) {
		size_t bytes = text_bytes(&rows[i]);

		if (bytes > 0) {
			memcpy(text, rows[i].value.text, bytes - 1);
			text[bytes - 1] = '\0';
			to[i].value.text = text; /* the queue's memory does not move */
			text += bytes;
		} else if (rows[i].value.kind == VALUE_TEXT) {
			to[i].value.kind = VALUE_NONE;
		}
	}
}

void feed_put_samples(struct feed *f, int64_t at_us, const struct sample *rows, size_t n)
{
	size_t bytes = sizeof(struct batch_head) + n * sizeof(*rows);
	struct batch_head *head;
	struct sample *to;

	for (size_t i = 0; i < n; i++) {
		bytes += text_bytes(&rows[i]);
	}
	head = n > 0 ? queue_reserve(f->samples, bytes) : NULL;
	if (!head) {
		f->refused = f->refused || n > 0;
		atomic_fetch_add(&f->refused_rows, n);
		return;
	}
	*head = (struct batch_head){at_us, n, f->refused};
	to = (struct sample *)(head + 1);
	memcpy(to, rows, n * sizeof(*rows));
	copy_texts(to, rows, n);
	queue_commit(f->samples, bytes);
	f->refused = false;
}

struct sender_batch *feed_batch(struct feed *f)
{
	const struct batch_head *head;
	size_t bytes;

	if (!f->batch.rows) {
		head = queue_peek(f->samples, &bytes);
		if (!head) {
			return NULL;
		}
		f->batch = (struct sender_batch){
			.at_us = head->at_us,
			.rows = (const struct sample *)(head + 1),
			.n = head->n,
			.after_gap = head->after_gap,
		};
	}
	f->batch.pressed = queue_used(f->samples) > PRESSED_BYTES;
	return &f->batch;
}

void feed_batch_done(struct feed *f)
{
	f->batch.rows = NULL;
	queue_pop(f->samples);
}

/* The strings of an event, in the order in which they lie in the queue. */
static void strings_of(struct event *e, const char **strings[STRINGS])
{
	strings[0] = &e->kind;
	strings[1] = &e->severity;
	strings[2] = &e->state;
	strings[3] = &e->method;
	strings[4] = &e->contributions;
	strings[5] = &e->message;
	strings[6] = &e->by;
}

void feed_put_event(struct feed *f, const struct event *e)
{
	struct event copy = *e;
	const char **strings[STRINGS];
	size_t bytes = sizeof(struct news_head);
	struct news_head *head;
	char *text;

	strings_of(&copy, strings);
	for (size_t i = 0; i < STRINGS; i++) {
		*strings[i] = *strings[i] ? *strings[i] : "";
		bytes += strlen(*strings[i]) + 1;
	}
	head = queue_reserve(f->news, bytes);
	if (!head) {
		atomic_fetch_add(&f->refused_news, 1);
		return;
	}
	text = (char *)(head + 1);
	for (size_t i = 0; i < STRINGS; i++) {
		size_t n = strlen(*strings[i]) + 1;

		memcpy(text, *strings[i], n);
		*strings[i] = text;
		text += n;
	}
	*head = (struct news_head){.kind = FEED_EVENT, .event = copy};
	queue_commit(f->news, bytes);
}

void feed_put_device(struct feed *f, uint32_t device, const struct device_status *s)
{
	size_t n = s->figures ? strlen(s->figures) + 1 : 0;
	struct news_head *head = queue_reserve(f->news, sizeof(*head) + n);

	if (!head) {
		atomic_fetch_add(&f->refused_news, 1);
		return;
	}
	*head = (struct news_head){.kind = FEED_DEVICE, .device = device, .status = *s};
	if (n > 0) {
		head->status.figures = memcpy(head + 1, s->figures, n);
	}
	queue_commit(f->news, sizeof(*head) + n);
}

bool feed_news(struct feed *f, struct feed_item *item)
{
	size_t bytes;
	const struct news_head *head = queue_peek(f->news, &bytes);

	if (!head) {
		return false;
	}
	item->kind = head->kind;
	item->event = head->event;
	item->device = head->device;
	item->status = head->status;
	return true;
}

void feed_news_done(struct feed *f)
{
	queue_pop(f->news);
}

size_t feed_bytes(const struct feed *f)
{
	return queue_used(f->samples) + queue_used(f->news);
}

uint64_t feed_refused_rows(const struct feed *f)
{
	return atomic_load(&f->refused_rows);
}

uint64_t feed_refused_news(const struct feed *f)
{
	return atomic_load(&f->refused_news);
}
