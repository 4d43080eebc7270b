/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/reader.h"

#include <errno.h>
#include <sys/stat.h>

#include "storage/schema.h"
#include "tests/storage/storage_test.h"

struct seen {
	size_t n, stop_at;
	int64_t at[64];
	struct sample samples[64];
	struct history_row rows[64];
	char text[80];
};

static int on_backlog(void *arg, const struct backlog_row *row)
{
	struct seen *s = arg;

	assert_true(s->n < ARRAY_SIZE(s->at));
	s->at[s->n] = row->at_us;
	s->samples[s->n] = row->sample;
	if (row->sample.value.kind == VALUE_TEXT) {
		snprintf(s->text, sizeof(s->text), "%s", row->sample.value.text);
	}
	s->n++;
	return s->stop_at && s->n == s->stop_at ? 77 : 0;
}

static int on_row(void *arg, const struct history_row *row)
{
	struct seen *s = arg;

	assert_true(s->n < ARRAY_SIZE(s->rows));
	s->rows[s->n++] = *row;
	return 0;
}

static int on_cells(void *arg, int n, const char *const *columns,
                    const char *const *values)
{
	struct seen *s = arg;
	size_t used = strlen(s->text);

	for (int i = 0; i < n && used < sizeof(s->text); i++) {
		used += (size_t)snprintf(s->text + used, sizeof(s->text) - used, "%s=%s ",
		                         columns[i], values[i] ? values[i] : "");
	}
	s->n++;
	return 0;
}

static struct reader *open_reader(struct plant *p)
{
	struct reader *r;

	assert_int_equal(reader_open(&r, plant_path(p, "history.db")), 0);
	return r;
}

static int set_up(void **state)
{
	static struct plant p;

	plant_init(&p);
	(void)plant_open(&p);
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	plant_fini(*state);
	return 0;
}

static void backlog_gives_whole_batches_in_order(void **state)
{
	struct plant *p = *state;
	struct seen seen = {0};
	struct reader *r;

	for (int64_t i = 0; i < 10; i++) {
		plant_append(p, T0_US + i * SECOND, 3);
	}
	assert_int_equal(history_commit(p->h), 0);
	r = open_reader(p);
	assert_int_equal(reader_map_tags(r, plant_tags, 4), 0);
	assert_int_equal(
		reader_backlog(r, T0_US, T0_US + 8 * SECOND, 4, on_backlog, &seen), 6);
	assert_int_equal(seen.n, 6);
	assert_int_equal(seen.at[0], T0_US + SECOND);
	assert_int_equal(seen.at[5], T0_US + 2 * SECOND);
	assert_int_equal(seen.samples[4].tag, 1);
	seen = (struct seen){.stop_at = 2};
	assert_int_equal(reader_backlog(r, 0, INT64_MAX, 100, on_backlog, &seen), 77);
	reader_close(r);
}

static void sample_comes_back_as_it_was_appended(void **state)
{
	struct plant *p = *state;
	struct sample rows[4];
	struct seen seen = {0};
	struct reader *r;

	for (uint32_t i = 0; i < 4; i++) {
		rows[i] = sample_of(i, T0_US - 5 * (int64_t)i, -1.25);
	}
	rows[0].est.state = STATE_MISMATCH;
	rows[0].est.drift = true;
	rows[1].value = (struct value){.kind = VALUE_UINT, .u64 = UINT64_MAX};
	rows[2].value = (struct value){.kind = VALUE_NONE};
	rows[2].est.quality = QUALITY_BAD;
	rows[2].est.predicted = NAN;
	rows[2].reason = REASON_EXCEPTION;
	rows[2].code = 11;
	rows[3].value = (struct value){.kind = VALUE_TEXT, .text = "B-17"};
	assert_int_equal(history_append(p->h, T0_US, rows, 4), 0);
	assert_int_equal(history_commit(p->h), 0);
	r = open_reader(p);
	assert_int_equal(reader_map_tags(r, plant_tags, 4), 0);
	assert_int_equal(reader_backlog(r, 0, INT64_MAX, 9, on_backlog, &seen), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(seen.samples[i].tag, i);
		assert_int_equal(seen.samples[i].ts_us, rows[i].ts_us);
		assert_int_equal(seen.samples[i].value.kind, rows[i].value.kind);
		assert_int_equal(seen.samples[i].reason, rows[i].reason);
		assert_int_equal(seen.samples[i].code, rows[i].code);
		assert_int_equal(seen.samples[i].est.quality, rows[i].est.quality);
	}
	assert_true(seen.samples[0].value.real == -1.25);
	assert_true(seen.samples[0].est.predicted == -1.75);
	assert_int_equal(seen.samples[0].est.state, STATE_MISMATCH);
	assert_true(seen.samples[0].est.drift);
	assert_true(seen.samples[1].value.u64 == UINT64_MAX);
	assert_true(isnan(seen.samples[2].est.predicted));
	assert_string_equal(seen.text, "B-17");
	reader_close(r);
}

static void row_of_a_tag_no_longer_configured_is_skipped(void **state)
{
	struct plant *p = *state;
	struct seen seen = {0};
	struct reader *r;

	plant_append(p, T0_US, 3);
	assert_int_equal(history_commit(p->h), 0);
	r = open_reader(p);
	assert_int_equal(reader_map_tags(r, plant_tags + 2, 2), 0);
	assert_int_equal(reader_backlog(r, 0, INT64_MAX, 9, on_backlog, &seen), 1);
	assert_int_equal(seen.samples[0].tag, 0);
	reader_close(r);
}

static void changed_value_is_bad_and_not_wrong(void **state)
{
	struct plant *p = *state;
	struct seen seen = {0};
	struct reader *r;
	sqlite3 *db;

	plant_append(p, T0_US, 2);
	plant_close(p);
	assert_int_equal(sqlite3_open(plant_path(p, "history.db"), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "update fresh set value = 1e-9 where tag = 1",
	                              NULL, NULL, NULL),
	                 SQLITE_OK);
	sqlite3_close(db);
	(void)plant_open(p);
	r = open_reader(p);
	assert_int_equal(reader_map_tags(r, plant_tags, 4), 0);
	assert_int_equal(reader_backlog(r, 0, INT64_MAX, 9, on_backlog, &seen), 2);
	assert_int_equal(seen.samples[0].est.quality, QUALITY_BAD);
	assert_int_equal(seen.samples[0].value.kind, VALUE_NONE);
	assert_int_equal(seen.samples[1].est.quality, QUALITY_GOOD);
	reader_close(r);
}

static void history_of_a_tag_in_rows_and_in_spans(void **state)
{
	struct plant *p = *state;
	struct seen seen = {0};
	struct reader *r;

	for (int64_t i = 0; i < 20; i++) {
		plant_append(p, T0_US + i * SECOND, 2);
	}
	assert_int_equal(history_commit(p->h), 0);
	r = open_reader(p);
	assert_int_equal(reader_history(r, "pump", "flow", T0_US + 5 * SECOND,
	                                T0_US + 9 * SECOND, 0, on_row, &seen),
	                 0);
	assert_int_equal(seen.n, 5);
	assert_int_equal(seen.rows[0].ts_us, T0_US + 5 * SECOND);
	assert_true(seen.rows[4].value.real == 9);
	seen.n = 0;
	assert_int_equal(reader_history(r, "pump", "flow", T0_US, T0_US + 19 * SECOND,
	                                10 * SECOND, on_row, &seen),
	                 0);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.rows[1].ts_us, T0_US + 10 * SECOND);
	assert_true(seen.rows[0].value.real == 4.5);
	assert_true(seen.rows[1].value.real == 14.5);
	reader_close(r);
}

static void view_comes_as_text(void **state)
{
	struct plant *p = *state;
	struct seen seen = {0};
	struct reader *r = open_reader(p);

	assert_int_equal(reader_view(r, "devices", 0, 0, on_cells, &seen), 0);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.text,
	                    "device=pump driver=modbus address=tcp://192.0.2.10 "
	                    "state= since= error= device=");
	seen = (struct seen){0};
	assert_int_equal(reader_view(r, "events", 0, INT64_MAX, on_cells, &seen), 0);
	assert_int_equal(seen.n, 0);
	assert_int_equal(reader_view(r, "state", 0, 0, on_cells, &seen), -EINVAL);
	reader_close(r);
}

static int on_event(void *arg, const struct event *e, const char *device, const char *tag)
{
	char *text = arg;
	size_t used = strlen(text);

	snprintf(text + used, 512 - used, "%lld %s/%s %s %s %g %g [%s];",
	         (long long)((e->ts_us - T0_US) / SECOND), device, tag, e->kind, e->state,
	         e->value, e->predicted, e->message);
	return 0;
}

static void events_come_in_order_after_a_stamp(void **state)
{
	struct plant *p = *state;
	struct event e = {.ts_us = T0_US,
	                  .alarm_id = T0_US,
	                  .device = 0,
	                  .tag = 0,
	                  .kind = "drift",
	                  .severity = "warning",
	                  .state = "active",
	                  .value = 1.5,
	                  .predicted = NAN,
	                  .residual = NAN,
	                  .threshold = NAN,
	                  .method = "ewma",
	                  .contributions = "",
	                  .message = "off",
	                  .by = ""};
	char text[512] = "";
	struct reader *r;

	assert_int_equal(history_event(p->h, &e), 0);
	for (int i = 1; i <= 3; i++) {
		e.ts_us = T0_US + i * SECOND;
		e.alarm_id = 0;
		e.device = e.tag = EVENT_NOBODY;
		e.kind = "gap";
		e.state = "";
		e.value = NAN;
		assert_int_equal(history_event(p->h, &e), 0);
	}
	assert_int_equal(history_commit(p->h), 0);
	r = open_reader(p);
	assert_int_equal(reader_events(r, T0_US - 1, 2, on_event, text), 2);
	assert_string_equal(text, "0 pump/flow drift active 1.5 nan [off];"
	                          "1 / gap  nan nan [off];");
	text[0] = '\0';
	assert_int_equal(reader_events(r, T0_US + 2 * SECOND, 10, on_event, text), 1);
	assert_string_equal(text, "3 / gap  nan nan [off];");
	assert_int_equal(reader_events(r, T0_US + 3 * SECOND, 10, on_event, text), 0);
	reader_close(r);
}

static void on_alarmed(void *arg, uint32_t index)
{
	unsigned *seen = arg;

	seen[index]++;
}

static void tags_that_had_an_alarm_are_told_once(void **state)
{
	struct plant *p = *state;
	struct event e = {.device = 0,
	                  .tag = 1,
	                  .kind = "drift",
	                  .severity = "warning",
	                  .state = "active",
	                  .method = "ewma",
	                  .contributions = "",
	                  .message = "off",
	                  .by = ""};
	unsigned seen[8] = {0};
	struct reader *r;

	for (int i = 0; i < 3; i++) {
		e.ts_us = e.alarm_id = T0_US + i * SECOND;
		assert_int_equal(history_event(p->h, &e), 0);
	}
	e.ts_us += SECOND;
	e.tag = EVENT_NOBODY; /* of a device as a whole */
	e.alarm_id = e.ts_us;
	assert_int_equal(history_event(p->h, &e), 0);
	assert_int_equal(history_commit(p->h), 0);
	r = open_reader(p);
	assert_int_equal(reader_alarmed(r, on_alarmed, seen), 0);
	assert_int_equal(seen[0], 0);
	assert_int_equal(seen[1], 1);
	reader_close(r);
}

static void counts_are_those_of_the_rows(void **state)
{
	struct plant *p = *state;
	struct history_counts counts;
	const char *names[DESTINATIONS_MAX];
	struct cursor c = {.acked = T0_US + 3 * SECOND};
	struct reader *r;

	for (int64_t i = 0; i < 10; i++) {
		plant_append(p, T0_US + i * SECOND, 2);
	}
	assert_int_equal(history_commit(p->h), 0);
	history_cursor(p->h, 0, &c);
	assert_int_equal(history_commit(p->h), 0);
	r = open_reader(p);
	assert_int_equal(reader_counts(r, &counts, names), 0);
	assert_int_equal(counts.stored, 20);
	assert_string_equal(names[0], "mqtt");
	assert_null(names[1]);
	assert_int_equal(counts.destination[0].delivered, 8);
	assert_int_equal(counts.destination[0].pending, 12);
	assert_int_equal(counts.destination[0].evicted, 0);
	reader_close(r);
}

static void stopped_history_is_read_without_writing(void **state)
{
	struct plant *p = *state;
	struct seen seen = {0};
	struct reader *r;

	plant_append(p, T0_US, 2);
	plant_close(p);
	r = open_reader(p);
	assert_int_equal(reader_backlog(r, 0, INT64_MAX, 9, on_backlog, &seen), 2);
	reader_close(r);
	/* A copy without its log, where none may be made. */
	(void)unlink(plant_path(p, "history.db-wal"));
	(void)unlink(plant_path(p, "history.db-shm"));
	r = open_reader(p);
	reader_close(r);
}

static void what_is_no_history_is_refused(void **state)
{
	struct plant *p = *state;
	struct reader *r = NULL;
	FILE *file;

	assert_int_equal(reader_open(&r, plant_path(p, "nowhere.db")), -ENOENT);
	file = fopen(plant_path(p, "other.db"), "w");
	assert_non_null(file);
	fputs("no database at all, but long enough to be looked at by SQLite, which "
	      "reads "
	      "the first hundred bytes of a file",
	      file);
	fclose(file);
	assert_int_equal(reader_open(&r, plant_path(p, "other.db")), -EBADMSG);
	assert_null(r);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(backlog_gives_whole_batches_in_order),
		CASE(sample_comes_back_as_it_was_appended),
		CASE(row_of_a_tag_no_longer_configured_is_skipped),
		CASE(changed_value_is_bad_and_not_wrong),
		CASE(history_of_a_tag_in_rows_and_in_spans),
		CASE(view_comes_as_text),
		CASE(events_come_in_order_after_a_stamp),
		CASE(counts_are_those_of_the_rows),
		CASE(tags_that_had_an_alarm_are_told_once),
		CASE(stopped_history_is_read_without_writing),
		CASE(what_is_no_history_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
