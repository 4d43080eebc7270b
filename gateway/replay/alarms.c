/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/replay/alarms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/replay/decimal.h"
#include "twin/drift/var.h"

enum { TIME_MAX = 40, TEXT_MAX = 512 };

/* What an alarm is to say when it is over. */
struct raised {
	char since[TIME_MAX];
	struct sample sample; /* that raised it */
	enum alarm_kind kind;
	uint32_t rows; /* since then */
	double threshold;
	const char *method;
	char contributions[TEXT_MAX], message[TEXT_MAX];
};

struct alarms {
	const struct tag *tags;
	size_t n;
	uint32_t after; /* readings in a row */
	FILE *out;
	struct alarm *alarms;   /* by tag */
	struct raised **raised; /* by tag; NULL: none active, or nobody asks */
	size_t active;
	uint64_t count;
};

int alarms_new(struct alarms **out, const struct twin_config *cfg, FILE *file)
{
	struct alarms *a = calloc(1, sizeof(*a));

	if (!a) {
		return -ENOMEM;
	}
	a->tags = cfg->tags;
	a->n = cfg->n_tags;
	a->after = cfg->alarm_after;
	a->alarms = calloc(cfg->n_tags + 1, sizeof(*a->alarms));
	a->raised = calloc(cfg->n_tags + 1, sizeof(struct raised *));
	if (!a->alarms || !a->raised) {
		alarms_free(a);
		return -ENOMEM;
	}
	a->out = file;
	if (file) {
		fputs("since,until,device,tag,kind,severity,value,predicted,threshold,"
		      "method,contributions,message\n",
		      file);
	}
	*out = a;
	return 0;
}

static void put_text(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"') {
			fputc('"', out);
		}
		fputc(*text, out);
	}
	fputc('"', out);
}

static void put_number(FILE *out, double x)
{
	char text[DECIMAL_TEXT_MAX];

	fputc(',', out);
	fwrite(text, 1, (size_t)(decimal_print(text, x) - text), out);
}

static void write_one(const struct alarms *a, const struct raised *r, const char *until)
{
	const struct tag *tag = &a->tags[r->sample.tag];
	const char *texts[] = {until, tag->device, tag->name, alarm_kind_name(r->kind),
	                       alarm_severity(r->kind)};

	put_text(a->out, r->since);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		fputc(',', a->out);
		put_text(a->out, texts[i]);
	}
	put_number(a->out, value_number(&r->sample.value));
	put_number(a->out, r->sample.est.predicted);
	put_number(a->out, r->threshold);
	fprintf(a->out, ",%s,", r->method);
	put_text(a->out, r->contributions);
	fputc(',', a->out);
	put_text(a->out, r->message);
	fputc('\n', a->out);
}

/* Why, as the twin has it now. */
static void explain(const struct alarms *a, struct raised *r, const struct twin *twin)
{
	struct explanation why;

	twin_explain(twin, r->sample.tag, &why);
	alarm_trim(r->kind, &why);
	r->threshold = why.threshold;
	r->method = why.method ? why.method : "";
	alarm_contributions(r->contributions, sizeof(r->contributions), a->tags, &why);
	alarm_sentence(r->message, sizeof(r->message),
	               &(struct alarm_facts){a->tags, r->kind, &r->sample, &why});
}

static void copy_time(char *to, const struct sheet_cell *time)
{
	snprintf(to, TIME_MAX, "%.*s", (int)time->n, time->at);
}

static int raise_one(struct alarms *a, const struct sheet_cell *time,
                     const struct sample *s, const struct twin *twin)
{
	struct raised *r;

	a->alarms[s->tag].id = 1;
	a->active++;
	a->count++;
	if (!a->out) {
		return 0;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		return -ENOMEM;
	}
	copy_time(r->since, time);
	r->sample = *s;
	r->kind = (enum alarm_kind)a->alarms[s->tag].kind;
	explain(a, r, twin);
	a->raised[s->tag] = r;
	return 0;
}

static void clear_one(struct alarms *a, const struct sheet_cell *time, uint32_t tag)
{
	char until[TIME_MAX];

	alarm_close(&a->alarms[tag]);
	a->active--;
	if (a->raised[tag]) {
		copy_time(until, time);
		write_one(a, a->raised[tag], until);
		free(a->raised[tag]);
		a->raised[tag] = NULL;
	}
}

int alarms_step(struct alarms *a, const struct sheet_cell *time, const struct sample *s,
                const struct twin *twin)
{
	struct raised *r = a->raised[s->tag];

	if (s->est.state == STATE_HEALTHY && !s->est.drift && !s->est.stuck &&
	    alarm_is_idle(&a->alarms[s->tag])) {
		return 0; /* nearly always */
	}
	switch (alarm_step(&a->alarms[s->tag], s, a->after)) {
	case ALARM_RAISE:
		return raise_one(a, time, s, twin);
	case ALARM_CLEAR:
		clear_one(a, time, s->tag);
		break;
	case ALARM_SAME:
		/* Who is to blame among many shows in its first rows, not in one. */
		if (r && ++r->rows == VAR_BLAME_ROWS && r->kind == ALARM_MISMATCH) {
			explain(a, r, twin);
		}
		break;
	}
	return 0;
}

size_t alarms_active(const struct alarms *a)
{
	return a->active;
}

uint64_t alarms_raised(const struct alarms *a)
{
	return a->count;
}

void alarms_free(struct alarms *a)
{
	if (!a) {
		return;
	}
	for (size_t i = 0; a->raised && i < a->n; i++) {
		if (a->raised[i]) {
			write_one(a, a->raised[i], "");
			free(a->raised[i]);
		}
	}
	free(a->raised);
	free(a->alarms);
	free(a);
}
