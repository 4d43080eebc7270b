/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/replay/replay.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/config.h"
#include "gateway/fmu/lockstep.h"
#include "gateway/lua/walk.h"
#include "gateway/remark_text.h"
#include "gateway/replay/alarms.h"
#include "gateway/replay/decimal.h"
#include "gateway/replay/instant.h"
#include "gateway/replay/lines.h"
#include "gateway/replay/sheet.h"

#define DEVICE "replay" /* whose tags the columns are without a configuration */

enum { LEARN = 1800, ALARM_AFTER = 3 };
#define FALSE_ALARM 1e-4

struct replay {
	const struct replay_wish *wish;
	FILE *complaints;
	struct sheet *sheet;
	struct replay_report *report;
	struct lines *lines;

	size_t time_column;
	struct config *config;         /* NULL: none wished for */
	struct tag *own_tags;          /* without a configuration */
	struct twin_config own_twin;   /* without a configuration */
	const struct twin_config *cfg; /* the one in force */
	struct twin *twin;
	struct lockstep *fmus; /* NULL: there are none */
	struct walk *scripts;  /* likewise */

	size_t n;        /* tags that the recording has */
	size_t *columns; /* where each is, ascending */
	struct reading *r, *virtual;
	struct estimate *e;
	size_t n_virtual;
	struct alarms *alarms;
	int64_t t_ns; /* of the last row, */
	bool begun;   /* where there was one */
};

static bool is_ignored(const struct replay_wish *wish, const char *heading)
{
	for (size_t i = 0; i < wish->n_ignore; i++) {
		if (strcmp(wish->ignore[i], heading) == 0) {
			return true;
		}
	}
	return false;
}

/* Columns that were to be passed over and are not there: a slip of the pen, perhaps. */
static void say_not_there(const struct replay *p)
{
	for (size_t k = 0; k < p->wish->n_ignore; k++) {
		size_t i = 0, n = sheet_columns(p->sheet);

		while (i < n &&
		       strcmp(sheet_heading(p->sheet, i), p->wish->ignore[k]) != 0) {
			i++;
		}
		if (i == n) {
			fprintf(p->complaints,
			        "%s:1: note: there is no column '%s' to be ignored\n",
			        p->wish->input, p->wish->ignore[k]);
		}
	}
}

static int say_bad_line(const struct replay *p, int err)
{
	const char *why = p->sheet ? sheet_why(p->sheet) : "";

	if (p->sheet) {
		fprintf(p->complaints, "%s:%ju: error: %s\n", p->wish->input,
		        (uintmax_t)sheet_line(p->sheet), *why ? why : strerror(-err));
	}
	return err;
}

/* The column of times, and which of the others are to be tags. */
static int choose_columns(struct replay *p, bool *wanted)
{
	static const char *const names[] = {"time", "datetime", "ts"};
	size_t columns = sheet_columns(p->sheet);

	p->time_column = columns;
	for (size_t i = columns; i-- > 0;) {
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			if (strcasecmp(sheet_heading(p->sheet, i), names[k]) == 0) {
				p->time_column = i;
			}
		}
	}
	if (p->time_column == columns) {
		fprintf(p->complaints,
		        "%s:1: error: no column named time, datetime or ts\n",
		        p->wish->input);
		return -EBADMSG;
	}
	say_not_there(p);
	for (size_t i = 0; i < columns; i++) {
		const char *heading = sheet_heading(p->sheet, i);

		if (i == p->time_column || is_ignored(p->wish, heading)) {
			wanted[i] = false;
		} else if (!wanted[i] || !*heading) {
			wanted[i] = false;
			fprintf(p->complaints,
			        "%s:1: note: column %zu '%s' is left out: %s\n",
			        p->wish->input, i + 1, heading,
			        *heading ? "no numbers" : "no name");
		}
	}
	return 0;
}

static int compare_headings(const void *left, const void *right)
{
	const char *const *l = left, *const *r = right;

	return strcmp(*l, *r);
}

/* Two columns of one name would be one tag. */
static int check_unique(const struct replay *p, const char *const *headings)
{
	const char **sorted = calloc(p->n + 1, sizeof(*sorted));
	int err = sorted ? 0 : -ENOMEM;

	for (size_t i = 0; sorted && i < p->n; i++) {
		sorted[i] = headings[i];
	}
	if (sorted) {
		qsort(sorted, p->n, sizeof(*sorted), compare_headings);
	}
	for (size_t i = 1; sorted && i < p->n; i++) {
		if (strcmp(sorted[i - 1], sorted[i]) == 0) {
			fprintf(p->complaints,
			        "%s:1: error: column '%s' is there twice\n",
			        p->wish->input, sorted[i]);
			err = -EBADMSG;
		}
	}
	free(sorted);
	return err;
}

/* Without a configuration: each column a tag, nothing else. */
static int configure_plainly(struct replay *p, const char *const *headings)
{
	static const struct tag_kind number = {.unit = "",
	                                       .type_name = "float64",
	                                       .min = NAN,
	                                       .max = NAN,
	                                       .type = TYPE_FLOAT64,
	                                       .analog = true};

	p->own_tags = calloc(p->n + 1, sizeof(*p->own_tags));
	if (!p->own_tags) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		p->own_tags[i] = (struct tag){
			.device = DEVICE,
			.name = headings[i],
			.description = "",
			.kind = &number,
		};
		p->r[i].tag = i;
	}
	p->own_twin = (struct twin_config){.tags = p->own_tags,
	                                   .n_tags = p->n,
	                                   .n_field_tags = p->n,
	                                   .learn = p->wish->learn ? p->wish->learn
	                                                           : LEARN,
	                                   .skip_startup = p->wish->skip_startup,
	                                   .false_alarm = FALSE_ALARM,
	                                   .alarm_after = ALARM_AFTER};
	p->cfg = &p->own_twin;
	return 0;
}

/* Tag of a heading: DEVICE/TAG, TAG where only one device has it, or replay/heading. */
static int64_t find_tag(const struct config *c, const char *heading)
{
	int64_t found = config_tag(c, heading);
	size_t n = 0;

	if (found >= 0 && (size_t)found < c->n_field_tags) {
		return found;
	}
	for (size_t i = 0; i < c->n_field_tags; i++) {
		if (strcmp(c->tags[i].name, heading) == 0) {
			found = (int64_t)i;
			n++;
		}
	}
	return n == 1 ? found : -1;
}

static int configure(struct replay *p, const char *const *headings)
{
	const struct config_recording recording = {DEVICE, headings, p->n,
	                                           p->wish->learn};
	size_t n = 0;

	if (config_load_recording(&p->config, p->wish->config, &recording,
	                          p->complaints)) {
		return -EINVAL;
	}
	for (size_t i = 0; i < p->n; i++) {
		int64_t tag = find_tag(p->config, headings[i]);

		if (tag < 0) {
			fprintf(p->complaints,
			        "%s:1: note: column '%s' is left out: no tag of the "
			        "configuration, or of more than one device\n",
			        p->wish->input, headings[i]);
		} else {
			p->columns[n] = p->columns[i];
			p->r[n++].tag = (uint32_t)tag;
		}
	}
	p->n = n;
	p->cfg = &p->config->twin;
	return 0;
}

/* Columns to tags.  Their headings are only borrowed from the sheet. */
static int tie_columns(struct replay *p)
{
	size_t columns = sheet_columns(p->sheet);
	const char **headings = calloc(columns, sizeof(*headings));
	bool *wanted = calloc(columns, sizeof(*wanted));
	int err = -ENOMEM;

	p->columns = calloc(columns, sizeof(*p->columns));
	p->r = calloc(columns, sizeof(*p->r));
	if (!headings || !wanted || !p->columns || !p->r) {
		goto done;
	}
	err = sheet_find_numbers(p->sheet, wanted);
	err = err ? err : choose_columns(p, wanted);
	for (size_t i = 0; !err && i < columns; i++) {
		if (wanted[i]) {
			headings[p->n] = sheet_heading(p->sheet, i);
			p->columns[p->n++] = i;
		}
	}
	err = err ? err : check_unique(p, headings);
	if (!err) {
		err = p->wish->config ? configure(p, headings)
		                      : configure_plainly(p, headings);
	}
	if (!err && p->n == 0) {
		fprintf(p->complaints, "%s:1: error: no column of numbers\n",
		        p->wish->input);
		err = -EBADMSG;
	}

done:
	free(headings);
	free(wanted);
	return err;
}

static int set_up(struct replay *p, int out)
{
	struct alarms *alarms = NULL;
	struct lines *lines = NULL;
	size_t n;
	int err = tie_columns(p);

	if (err) {
		return err;
	}
	n = p->cfg->n_tags;
	p->n_virtual = n - p->cfg->n_field_tags;
	p->virtual = calloc(p->n_virtual + 1, sizeof(*p->virtual));
	p->e = calloc(p->n + p->n_virtual, sizeof(*p->e));
	if (!p->virtual || !p->e) {
		return -ENOMEM;
	}
	p->report->tags = p->n;
	p->report->components = p->cfg->n_components;
	err = lines_new(&lines, out, p->cfg->tags, n);
	p->lines = lines;
	err = err ? err : alarms_new(&alarms, p->cfg, p->wish->alarms);
	p->alarms = alarms;
	err = err ? err : twin_new(&p->twin, p->cfg);
	if (!err && p->config && p->config->n_fmus > 0) {
		const struct lockstep_parts parts = {p->config, p->twin, p->wish->program,
		                                     p->complaints};

		err = lockstep_open(&p->fmus, &parts);
	}
	if (!err && p->config && p->config->n_luas > 0) {
		const struct walk_parts parts = {p->config, p->twin, p->wish->program,
		                                 p->complaints};

		err = walk_open(&p->scripts, &parts);
	}
	return err;
}

/* Cells to readings. */
static void take_row(struct replay *p, const struct sheet_cell *cells)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct sheet_cell *cell = &cells[p->columns[i]];
		struct reading *r = &p->r[i];
		double x;

		if (decimal_parse(cell->at, cell->n, &x)) {
			r->quality = QUALITY_GOOD;
			r->reason = REASON_NONE;
			r->value = value_real(x);
		} else {
			r->quality = QUALITY_BAD;
			r->reason = REASON_NOT_A_NUMBER;
			r->value.kind = VALUE_NONE;
			p->report->missing++;
		}
	}
}

/* What the gateway would make of a verdict. */
static int judge(struct replay *p, const struct sheet_cell *time, const struct reading *r,
                 const struct estimate *e)
{
	const struct sample s = {.tag = r->tag,
	                         .reason = r->reason,
	                         .value = r->value,
	                         .last = NAN,
	                         .est = *e};

	return alarms_step(p->alarms, time, &s, p->twin);
}

static void advance(struct replay *p, int64_t t_ns)
{
	if (p->begun && t_ns > p->t_ns) {
		p->report->span_ns += t_ns - p->t_ns;
		p->report->alarm_ns += alarms_active(p->alarms) ? t_ns - p->t_ns : 0;
	}
	if (!p->begun || t_ns > p->t_ns) {
		p->t_ns = t_ns;
	}
	p->begun = true;
	p->report->rows++;
}

/* What the twin has to say beside its estimates; new levels are too many to be told. */
static void say_remarks(struct replay *p, const struct sheet_cell *time)
{
	struct remark remarks[8];
	char text[256];
	size_t n;

	while ((n = twin_remarks(p->twin, remarks, ARRAY_SIZE(remarks))) > 0) {
		for (size_t i = 0; i < n; i++) {
			const char *kind = remark_text(p->cfg, &remarks[i], text,
			                               sizeof(text));

			if (remarks[i].kind == REMARK_REBASELINED) {
				p->report->rebaselined++;
			} else {
				fprintf(p->complaints, "%.*s: %s: %s\n", (int)time->n,
				        time->at, kind, text);
			}
		}
	}
}

static int replay_row(struct replay *p, const struct sheet_cell *cells)
{
	const struct sheet_cell *time = &cells[p->time_column];
	int64_t t_ns;
	int err = 0;
	size_t n;

	if (!instant_parse(time->at, time->n, &t_ns)) {
		fprintf(p->complaints, "%s:%ju: error: '%.*s' is no time\n",
		        p->wish->input, (uintmax_t)sheet_line(p->sheet),
		        (int)(time->n < 64 ? time->n : 64), time->at);
		return -EBADMSG;
	}
	advance(p, t_ns);
	take_row(p, cells);
	if (p->fmus) {
		lockstep_advance(p->fmus, t_ns);
	}
	if (p->scripts) {
		walk_advance(p->scripts, t_ns);
	}
	twin_merge(p->twin, t_ns, p->r, p->n, p->e);
	n = p->n_virtual ? twin_virtual(p->twin, p->virtual, p->e + p->n, p->n_virtual)
	                 : 0;
	for (size_t i = 0; i < p->n && !err; i++) {
		err = judge(p, time, &p->r[i], &p->e[i]);
		lines_add(p->lines, time, &cells[p->columns[i]], p->r[i].tag, &p->e[i]);
	}
	for (size_t i = 0; i < n && !err; i++) {
		const struct estimate *e = &p->e[p->n + i];
		char text[DECIMAL_TEXT_MAX];
		struct sheet_cell value = {.at = text};
		double x = value_number(&p->virtual[i].value);

		value.n = (size_t)(decimal_print(text, x) - text);
		err = judge(p, time, &p->virtual[i], e);
		lines_add(p->lines, time, &value, p->virtual[i].tag, e);
	}
	say_remarks(p, time);
	return err ? err : lines_error(p->lines);
}

/* Run lengths of the tests hold for innovations that know nothing of each other. */
static void say_tests(const struct replay *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct tag *tag = &p->cfg->tags[p->r[i].tag];
		struct tag_test test;

		if (twin_test(p->twin, p->r[i].tag, &test) && !isnan(test.correlation)) {
			fprintf(p->complaints,
			        "%s/%s: test %s; lag-1 correlation of its innovations "
			        "%.2f in learning\n",
			        tag->device, tag->name, sequence_name(test.cfg->kind),
			        test.correlation);
		}
	}
}

static int replay_rows(struct replay *p)
{
	const struct sheet_cell *cells;
	int n = sheet_next(p->sheet, &cells), err = 0;

	for (; n > 0 && !err; n = err ? n : sheet_next(p->sheet, &cells)) {
		err = replay_row(p, cells);
	}
	if (n < 0) {
		say_bad_line(p, n);
		err = n;
	}
	n = lines_flush(p->lines);
	if (n) {
		fprintf(p->complaints, "cannot write: %s\n", strerror(-n));
	}
	return err ? err : n;
}

int replay_run(const struct replay_wish *wish, int in, int out, FILE *complaints,
               struct replay_report *report)
{
	struct replay p = {.wish = wish, .complaints = complaints, .report = report};
	struct twin_counts counts = {0};
	int err = sheet_open(&p.sheet, in);

	*report = (struct replay_report){0};
	err = err ? say_bad_line(&p, err) : set_up(&p, out);
	err = err ? err : replay_rows(&p);
	if (!err) {
		say_tests(&p);
	}
	for (size_t i = 0; p.twin && i < p.n; i++) {
		report->learnt += twin_progress(p.twin, p.r[i].tag) >= 1 ? 1 : 0;
	}
	if (p.twin) {
		twin_count(p.twin, &counts);
		report->late = counts.late;
	}
	if (p.alarms) {
		report->alarms = alarms_raised(p.alarms);
	}
	alarms_free(p.alarms);
	lockstep_free(p.fmus);
	walk_free(p.scripts);
	twin_free(p.twin);
	lines_free(p.lines);
	config_free(p.config);
	free(p.own_tags);
	free(p.virtual);
	free(p.e);
	free(p.r);
	free(p.columns);
	sheet_close(p.sheet);
	return err;
}
