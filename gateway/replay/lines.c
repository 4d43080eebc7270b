/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/replay/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/replay/decimal.h"

enum {
	BUFFER_BYTES = 1 << 20,
	NUMBERS_BYTES = 3 * DECIMAL_TEXT_MAX + 32, /* of a line: all behind its value */
	STATES = STATE_BAD + 1,
};

struct name {
	char *text; /* ",device,tag," */
	size_t n;
};

struct lines {
	int out, err;
	char *buf, *to; /* what is not written yet: buf up to to */
	size_t size;
	struct name *names; /* by tag */
	size_t n;
	struct {
		char text[16]; /* ",healthy\n" */
		size_t n;
	} states[STATES];
};

/* A text as a cell, in quotes where RFC 4180 asks for them; quoted: those within are
 * doubled already.  Twice its size and two at most. */
static char *put_cell(char *to, const char *text, size_t n, bool quoted)
{
	bool plain = true;

	for (size_t i = 0; i < n; i++) {
		plain &= text[i] != ',' && text[i] != '"' && text[i] != '\n' &&
		         text[i] != '\r';
	}
	if (plain) {
		memcpy(to, text, n);
		return to + n;
	}
	*to++ = '"';
	for (size_t i = 0; i < n; i++) {
		*to++ = text[i];
		if (text[i] == '"' && !quoted) {
			*to++ = '"';
		}
	}
	*to++ = '"';
	return to;
}

static int make_name(struct name *name, const struct tag *tag)
{
	size_t device = strlen(tag->device), own = strlen(tag->name);
	char *to;

	name->text = malloc(2 * (device + own) + 7);
	if (!name->text) {
		return -ENOMEM;
	}
	to = name->text;
	*to++ = ',';
	to = put_cell(to, tag->device, device, false);
	*to++ = ',';
	to = put_cell(to, tag->name, own, false);
	*to++ = ',';
	name->n = (size_t)(to - name->text);
	return 0;
}

static void make_states(struct lines *l)
{
	for (int i = 0; i < STATES; i++) {
		char *to = l->states[i].text;

		*to++ = ',';
		to = stpcpy(to, tag_state_name((enum tag_state)i));
		*to++ = '\n';
		l->states[i].n = (size_t)(to - l->states[i].text);
	}
}

int lines_new(struct lines **out, int fd, const struct tag *tags, size_t n)
{
	static const char heading[] =
		"time,device,tag,value,predicted,sigma,score,state\n";
	struct lines *l = calloc(1, sizeof(*l));
	int err = 0;

	if (!l) {
		return -ENOMEM;
	}
	l->out = fd;
	l->size = BUFFER_BYTES;
	l->to = l->buf = malloc(l->size);
	l->names = calloc(n + 1, sizeof(*l->names));
	l->n = n;
	for (size_t i = 0; l->names && i < n && !err; i++) {
		err = make_name(&l->names[i], &tags[i]);
	}
	if (err || !l->buf || !l->names) {
		lines_free(l);
		return -ENOMEM;
	}
	make_states(l);
	memcpy(l->to, heading, sizeof(heading) - 1);
	l->to += sizeof(heading) - 1;
	*out = l;
	return 0;
}

void lines_free(struct lines *l)
{
	if (!l) {
		return;
	}
	for (size_t i = 0; l->names && i < l->n; i++) {
		free(l->names[i].text);
	}
	free(l->names);
	free(l->buf);
	free(l);
}

int lines_flush(struct lines *l)
{
	const char *from = l->buf;

	while (!l->err && from < l->to) {
		ssize_t n = write(l->out, from, (size_t)(l->to - from));

		if (n < 0 && errno != EINTR) {
			l->err = -errno;
		}
		from += n > 0 ? n : 0;
	}
	l->to = l->buf;
	return l->err;
}

int lines_error(const struct lines *l)
{
	return l->err;
}

/* Room for one line of so many bytes. */
static bool make_room(struct lines *l, size_t wanted)
{
	if ((size_t)(l->buf + l->size - l->to) >= wanted) {
		return true;
	}
	lines_flush(l);
	if (wanted > l->size && !l->err) {
		char *larger = realloc(l->buf, wanted);

		if (!larger) {
			l->err = -ENOMEM;
			return false;
		}
		l->to = l->buf = larger;
		l->size = wanted;
	}
	return !l->err;
}

void lines_add(struct lines *l, const struct sheet_cell *time,
               const struct sheet_cell *value, uint32_t tag, const struct estimate *e)
{
	const struct name *name = &l->names[tag];
	char *to;

	if (!make_room(l, 2 * (time->n + value->n) + 4 + name->n + NUMBERS_BYTES)) {
		return;
	}
	to = put_cell(l->to, time->at, time->n, time->quoted);
	memcpy(to, name->text, name->n);
	to = put_cell(to + name->n, value->at, value->n, value->quoted);
	*to++ = ',';
	to = decimal_print(to, e->predicted);
	*to++ = ',';
	to = decimal_print(to, e->sigma);
	*to++ = ',';
	to = decimal_print(to, e->score);
	memcpy(to, l->states[e->state].text, l->states[e->state].n);
	l->to = to + l->states[e->state].n;
}
