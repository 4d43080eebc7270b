/* SPDX-License-Identifier: Apache-2.0 */
#include "storage_test.h"

#include "storage/outlook_row.h"
#include "storage/reader.h"
#include "storage/writer.h"

#define DAY (86400 * SECOND)

/* So many days after the first: p50 says when the first said. */
static struct outlook_row told(int day, double p50_days)
{
	return (struct outlook_row){.id = T0_US + day * DAY,
	                            .ts_us = T0_US + day * DAY,
	                            .device = 0,
	                            .tag = 0,
	                            .name = "filter dirty",
	                            .limit = 450,
	                            .p10_s = (p50_days - 1) * 86400,
	                            .p50_s = p50_days * 86400,
	                            .p90_s = (p50_days + 2) * 86400,
	                            .first_us = T0_US + 8 * DAY,
	                            .why = ""};
}

static struct outlook_row none(int day, const char *why)
{
	struct outlook_row row = told(day, NAN);

	row.first_us = 0;
	row.why = why;
	return row;
}

static struct outlook_row ended(int day, enum outlook_kind kind)
{
	struct outlook_row row = none(day, kind == OUTLOOK_REACHED ? "reached" : "back");

	row.kind = kind;
	return row;
}

static double ask(const struct plant *p, const char *sql)
{
	sqlite3_stmt *stmt;
	double answer;
	sqlite3 *db;

	assert_int_equal(sqlite3_open_v2(plant_path(p, "history.db"), &db,
	                                 SQLITE_OPEN_READONLY, NULL),
	                 SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	answer = sqlite3_column_type(stmt, 0) == SQLITE_NULL
	                 ? (double)NAN
	                 : sqlite3_column_double(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

static void keep(struct plant *p, struct outlook_row row)
{
	assert_int_equal(outlook_row_put(p->h, &row), 0);
	assert_int_equal(history_commit(p->h), 0);
}

static void set_up(struct plant *p)
{
	plant_init(p);
	plant_open(p);
}

static void tear_down(struct plant *p)
{
	plant_close(p);
	plant_fini(p);
}

#define OF_DAY(column, day)                                                              \
	"select " column " from outlooks where time = strftime('%Y-%m-%dT%H:%M:%f',"     \
	" 1767312000 + 86400 * " #day ", 'unixepoch', 'localtime')"

/* Told on day 0: in 8 days, on day 5: in 6; it came on day 10. */
static void end_scores_what_was_told(void **state)
{
	struct plant p;

	(void)state;
	set_up(&p);
	keep(&p, told(0, 8));
	keep(&p, told(5, 6));
	assert_true(isnan(ask(&p, OF_DAY("lasted_s", 0))));
	assert_true(ask(&p, OF_DAY("\"limit\"", 0)) == 450);
	keep(&p, ended(10, OUTLOOK_REACHED));
	assert_true(ask(&p, OF_DAY("lasted_s", 0)) == 10 * 86400);
	assert_true(ask(&p, OF_DAY("error_s", 0)) == 2 * 86400);
	assert_true(ask(&p, OF_DAY("error_s", 5)) == -1 * 86400);
	assert_true(ask(&p, OF_DAY("persistence_s", 5)) == 2 * 86400);
	assert_true(ask(&p, OF_DAY("outcome = 'reached'", 5)) == 1);
	assert_true(ask(&p, OF_DAY("no_prediction = 'reached'", 10)) == 1);
	keep(&p, told(12, 3)); /* of the next time: not touched by the last */
	assert_true(ask(&p, OF_DAY("ended is null", 12)) == 1);
	tear_down(&p);
}

/* Spared on day 7: what said 6 days is known to be too short by one, 8 not. */
static void repair_scores_only_what_is_known(void **state)
{
	struct plant p;

	(void)state;
	set_up(&p);
	keep(&p, told(0, 8));
	keep(&p, told(1, 5));
	keep(&p, none(2, "no significant trend"));
	keep(&p, ended(7, OUTLOOK_REPAIRED));
	assert_true(ask(&p, OF_DAY("lasted_s", 0)) == 7 * 86400);
	assert_true(isnan(ask(&p, OF_DAY("error_s", 0))));
	assert_true(ask(&p, OF_DAY("error_s", 1)) == 86400);
	assert_true(isnan(ask(&p, OF_DAY("persistence_s", 1))));
	assert_true(isnan(ask(&p, OF_DAY("error_s", 2))));
	assert_true(ask(&p, OF_DAY("no_prediction = 'no significant trend'", 2)) == 1);
	tear_down(&p);
}

/* Another limit, another name, another tag: each has its own end. */
static void end_is_of_its_own_limit(void **state)
{
	struct outlook_row warning = told(1, 2), renamed = told(2, 3), other = told(3, 3);
	struct plant p;

	(void)state;
	set_up(&p);
	warning.limit = 400;
	renamed.name = "empty";
	other.tag = 1;
	keep(&p, told(0, 8));
	keep(&p, warning);
	keep(&p, renamed);
	keep(&p, other);
	keep(&p, ended(10, OUTLOOK_REACHED));
	assert_true(ask(&p, "select count(*) from outlooks where p50_s > 0 and"
	                    " ended is not null") == 1);
	tear_down(&p);
}

/* A component's limit is learnt anew: what was told of it ends all the same. */
static void learnt_limit_may_change(void **state)
{
	struct outlook_row first = told(0, 8), end = ended(10, OUTLOOK_REACHED);
	struct plant p;

	(void)state;
	set_up(&p);
	first.learnt = end.learnt = true;
	end.limit = 460;
	keep(&p, first);
	keep(&p, end);
	assert_true(ask(&p, OF_DAY("error_s", 0)) == 2 * 86400);
	tear_down(&p);
}

static void reader_knows_how_it_ended(void **state)
{
	struct outlook_last last;
	struct reader *reader;
	struct plant p;

	(void)state;
	set_up(&p);
	keep(&p, told(0, 8));
	keep(&p, ended(3, OUTLOOK_REPAIRED));
	keep(&p, ended(5, OUTLOOK_REACHED));
	keep(&p, told(6, 1));
	assert_int_equal(reader_open(&reader, plant_path(&p, "history.db")), 0);
	assert_int_equal(
		outlook_row_last(reader, &plant_tags[0], "filter dirty", 450, &last), 0);
	assert_true(last.repaired_us == T0_US + 3 * DAY);
	assert_true(last.reached_us == T0_US + 5 * DAY);
	assert_true(last.first_us == T0_US + 8 * DAY);
	assert_int_equal(
		outlook_row_last(reader, &plant_tags[0], "filter dirty", 451, &last), 0);
	assert_true(!last.repaired_us && !last.reached_us && !last.first_us);
	assert_int_equal(
		outlook_row_last(reader, &plant_tags[0], "filter dirty", NAN, &last), 0);
	assert_true(last.reached_us == T0_US + 5 * DAY);
	reader_close(reader);
	tear_down(&p);
}

/* Of several limits the nearest; what has ended, or is not foretold, is none. */
static void reader_knows_what_is_told(void **state)
{
	struct outlook_row near = told(1, 1), last = none(9, "no significant trend");
	struct outlook_told found;
	struct reader *reader;
	struct plant p;

	(void)state;
	set_up(&p);
	near.name = "empty";
	near.p10_s = 43200;
	keep(&p, told(0, 8));
	assert_int_equal(reader_open(&reader, plant_path(&p, "history.db")), 0);
	assert_int_equal(outlook_row_told(reader, &plant_tags[0], &found), 0);
	assert_true(found.p50_us == T0_US + 8 * DAY && found.p10_us < found.p50_us);
	keep(&p, near);
	assert_int_equal(outlook_row_told(reader, &plant_tags[0], &found), 0);
	assert_true(found.p10_us == T0_US + DAY + DAY / 2);
	keep(&p, ended(8, OUTLOOK_REACHED));
	last.name = "empty";
	keep(&p, last);
	assert_int_equal(outlook_row_told(reader, &plant_tags[0], &found), 0);
	assert_true(found.p10_us == 0 && found.p50_us == 0);
	assert_int_equal(outlook_row_told(reader, &plant_tags[1], &found), 0);
	assert_true(found.p10_us == 0);
	reader_close(reader);
	tear_down(&p);
}

static void writer_keeps_it_and_refuses_nobody(void **state)
{
	struct outlook_row row = told(0, 8);
	const char *found;
	struct writer *w;
	struct plant p;

	(void)state;
	plant_init(&p);
	assert_int_equal(writer_start(&w, &p.cfg, NULL, 1 << 20, &found), 0);
	assert_int_equal(writer_outlook(w, &row), 0);
	row = none(1, "no significant trend");
	row.p90_s = INFINITY;
	assert_int_equal(writer_outlook(w, &row), 0);
	row.tag = 99; /* none: it is left out, and the rest is kept */
	row.id++;
	assert_int_equal(writer_outlook(w, &row), 0);
	writer_stop(w);
	assert_true(ask(&p, "select count(*) from outlooks") == 2);
	assert_true(isnan(ask(&p, OF_DAY("p90_s", 1))));
	plant_fini(&p);
}

/* Rows go with the rest of their time; when it ended stays. */
static void rows_go_with_their_time_and_ends_stay(void **state)
{
	struct plant p;
	int more = 1;

	(void)state;
	plant_init(&p);
	p.cfg.keep_s = 86400;
	plant_open(&p);
	for (int i = 0; i < 4; i++) {
		struct sample s = {.ts_us = T0_US + i * DAY,
		                   .value = value_real(1),
		                   .est = {.predicted = NAN, .sigma = NAN}};

		assert_int_equal(history_append(p.h, s.ts_us, &s, 1), 0);
		keep(&p, i == 1 ? ended(1, OUTLOOK_REPAIRED) : told(i, 9));
	}
	for (int i = 0; i < 1000 && more > 0; i++) {
		more = history_upkeep(p.h, T0_US + 3 * DAY + SECOND);
		assert_int_equal(history_commit(p.h), 0);
	}
	assert_int_equal(more, 0);
	assert_true(ask(&p, "select count(*) from outlooks where p50_s > 0") <= 2);
	assert_true(ask(&p, "select count(*) from outlooks where p50_s is null") == 1);
	tear_down(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(end_scores_what_was_told),
		cmocka_unit_test(repair_scores_only_what_is_known),
		cmocka_unit_test(end_is_of_its_own_limit),
		cmocka_unit_test(learnt_limit_may_change),
		cmocka_unit_test(reader_knows_how_it_ended),
		cmocka_unit_test(reader_knows_what_is_told),
		cmocka_unit_test(writer_keeps_it_and_refuses_nobody),
		cmocka_unit_test(rows_go_with_their_time_and_ends_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
