/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/payload.h"

enum { ROWS_FIRST = 256, TEXT_FIRST = 4096 };

struct row {
	struct sample sample;
	int64_t at_us;
	size_t text;  /* where its text begins in texts, where it is one */
	uint32_t key; /* tag or device: rows of one key share messages */
	uint32_t order;
};

struct backlog {
	const struct config *cfg;
	const char *base;
	struct row *rows; /* as read, then in order of (key, order) */
	size_t n, room;
	char *texts;
	size_t n_texts, texts_room;
	size_t head;   /* first row that no message has */
	size_t formed; /* rows of the message in buf; 0: none formed */
	char buf[PAYLOAD_MAX];
};

int backlog_new(struct backlog **out, const struct config *cfg, const char *base)
{
	struct backlog *b = calloc(1, sizeof(*b));

	if (!b) {
		return -ENOMEM;
	}
	b->cfg = cfg;
	b->base = base;
	*out = b;
	return 0;
}

void backlog_free(struct backlog *b)
{
	if (b) {
		backlog_clear(b);
		free(b);
	}
}

static void forget(struct backlog *b)
{
	b->n = b->head = b->formed = b->n_texts = 0;
}

void backlog_clear(struct backlog *b)
{
	forget(b);
	free(b->rows);
	free(b->texts);
	b->rows = NULL;
	b->texts = NULL;
	b->room = b->texts_room = 0;
}

/* Make room for `more` items behind n.  @return the array, NULL where there is no memory
 */
static void *grown(void *array, size_t *room, size_t n, size_t more, size_t item_bytes)
{
	size_t want = *room ? *room : more;
	void *bigger;

	while (want < n + more) {
		want *= 2;
	}
	if (want == *room) {
		return array;
	}
	bigger = realloc(array, want * item_bytes);
	*room = bigger ? want : *room;
	return bigger;
}

static int keep_text(struct backlog *b, struct row *row, const char *text)
{
	size_t n = strnlen(text, VALUE_TEXT_MAX);
	char *texts = grown(b->texts, &b->texts_room, b->n_texts, TEXT_FIRST, 1);

	if (!texts) {
		return -ENOMEM;
	}
	b->texts = texts;
	row->text = b->n_texts;
	memcpy(b->texts + b->n_texts, text, n);
	b->texts[b->n_texts + n] = '\0';
	b->n_texts += n + 1;
	return 0;
}

static int on_row(void *arg, const struct backlog_row *r)
{
	struct backlog *b = arg;
	struct row *rows = grown(b->rows, &b->room, b->n, ROWS_FIRST, sizeof(*rows));
	struct row *row;
	int err = 0;

	if (!rows) {
		return -ENOMEM;
	}
	b->rows = rows;
	row = &b->rows[b->n];
	*row = (struct row){.sample = r->sample, .at_us = r->at_us};
	row->order = (uint32_t)b->n;
	row->key = b->cfg->mqtt.layout == LAYOUT_TAG
	                   ? r->sample.tag
	                   : b->cfg->tags[r->sample.tag].device_index;
	if (r->sample.value.kind == VALUE_TEXT) {
		err = keep_text(b, row, r->sample.value.text);
	}
	b->n += err ? 0 : 1;
	return err;
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->key != b->key) {
		return a->key < b->key ? -1 : 1;
	}
	return a->order < b->order ? -1 : a->order > b->order;
}

int backlog_fill(struct backlog *b, const struct backlog_source *source,
                 const struct backlog_query *query, int64_t *upto_us)
{
	struct backlog_query q = *query;
	int n;

	q.row = on_row;
	q.arg = b;
	forget(b);
	n = source->read(source->arg, &q);
	if (n < 0) {
		forget(b);
		return n;
	}
	/* Fewer than asked for: there are no more before the end. */
	*upto_us = b->n >= q.max ? b->rows[b->n - 1].at_us : q.before_us - 1;
	for (size_t i = 0; i < b->n; i++) { /* texts have stopped moving */
		if (b->rows[i].sample.value.kind == VALUE_TEXT) {
			b->rows[i].sample.value.text = b->texts + b->rows[i].text;
		}
	}
	if (b->n > 1) {
		qsort(b->rows, b->n, sizeof(*b->rows), compare_rows);
	}
	return (int)b->n;
}

size_t backlog_head(struct backlog *b, size_t max, struct message *m)
{
	bool by_tag = b->cfg->mqtt.layout == LAYOUT_TAG;
	struct payload_history h = payload_history(b->buf);
	const struct tag *tag;
	size_t i = b->head;

	if (b->head == b->n) {
		return 0;
	}
	tag = &b->cfg->tags[b->rows[i].sample.tag];
	for (; i < b->n && i - b->head < max && b->rows[i].key == b->rows[b->head].key;
	     i++) {
		const struct sample *s = &b->rows[i].sample;

		if (!payload_history_add(&h, s,
		                         by_tag ? NULL : b->cfg->tags[s->tag].name)) {
			break;
		}
	}
	b->formed = i - b->head;
	m->payload = payload_history_done(&h, &m->n);
	m->retained = false;
	message_topic(m, b->base, tag->device, by_tag ? tag->name : NULL, "history");
	return b->formed;
}

void backlog_pop(struct backlog *b)
{
	b->head += b->formed;
	b->formed = 0;
}

size_t backlog_waiting(const struct backlog *b)
{
	return b->n - b->head;
}
