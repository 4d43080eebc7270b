/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/history.h"

#include <errno.h>
#include <sys/stat.h>

#include "tests/storage/storage_test.h"

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

static void committed_rows_read_as_they_were_given(void **state)
{
	struct plant *p = *state;
	struct sample rows[] = {
		sample_of(0, T0_US + 1234567, 12.5),
		sample_of(1, T0_US + 1234567, 0),
		sample_of(2, T0_US + 1234567, 0),
		sample_of(3, T0_US + 1234567, 0),
	};

	rows[1].value = (struct value){.kind = VALUE_UINT, .u64 = UINT64_MAX};
	rows[2].value = value_bool(true);
	rows[3].value = (struct value){.kind = VALUE_TEXT, .text = "B-17"};
	rows[3].est.predicted = NAN;
	assert_int_equal(history_append(p->h, T0_US + 1234567, rows, 4), 0);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(
		query(p, "select device, tag, value, unit, predicted, residual, quality,"
	                 " source, state, ts_us from history where tag = 'flow'"),
		"pump|flow|12.5|m3/h|12.0|0.5|good|measured|healthy|1767312001234567");
	assert_string_equal(query(p, "select value, typeof(value) from history"
	                             " where tag = 'count'"),
	                    "18446744073709551615|text");
	assert_string_equal(query(p, "select value from history where tag = 'ready'"),
	                    "1");
	assert_string_equal(query(p, "select value, predicted, residual from history"
	                             " where tag = 'batch'"),
	                    "B-17||");
	assert_string_equal(query(p, "select time = strftime('%Y-%m-%dT%H:%M:%S', "
	                             "1767312001, 'unixepoch',"
	                             " 'localtime') || '.234' from history limit 1"),
	                    "1");
}

static void lost_reading_is_null_and_says_so(void **state)
{
	struct plant *p = *state;
	struct sample row = sample_of(0, T0_US + 1, 0);

	row.value = (struct value){.kind = VALUE_NONE};
	row.reason = REASON_TIMEOUT;
	row.est.quality = QUALITY_BAD;
	row.est.source = SOURCE_HELD;
	row.est.state = STATE_BAD;
	assert_int_equal(history_append(p->h, T0_US + 1, &row, 1), 0);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select value, residual, quality, source, state"
	                             " from history"),
	                    "||bad|held|bad");
}

static void held_row_stands_at_its_own_time(void **state)
{
	struct plant *p = *state;
	struct sample row = sample_of(0, T0_US + SECOND, 1);

	plant_append(p, T0_US, 1);
	assert_int_equal(history_append(p->h, T0_US + 3 * SECOND - 1, &row, 1), 0);
	plant_append(p, T0_US + 3 * SECOND, 1);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select group_concat((ts_us - 1767312000000000) /"
	                             " 1000000) from (select ts_us from history where"
	                             " tag = 'flow' order by ts_us)"),
	                    "0,1,3");
}

static void batch_that_is_none_is_refused_whole(void **state)
{
	struct plant *p = *state;
	struct {
		const char *name;
		int64_t at;
		struct sample rows[2];
	} cases[] = {
		{"not later", T0_US, {sample_of(0, T0_US, 1), sample_of(1, T0_US, 1)}},
		{"tag twice",
	         T0_US + 9,
	         {sample_of(0, T0_US, 1), sample_of(0, T0_US + 9, 1)}},
		{"no such tag",
	         T0_US + 9,
	         {sample_of(0, T0_US, 1), sample_of(4, T0_US, 1)}},
		{"future",
	         T0_US + 9,
	         {sample_of(0, T0_US, 1), sample_of(1, T0_US + 10, 1)}},
	};

	plant_append(p, T0_US, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int err = history_append(p->h, cases[i].at, cases[i].rows, 2);

		if (err != -EINVAL) {
			fail_msg("%s: %d", cases[i].name, err);
		}
	}
	plant_append(p, T0_US + 9, 2);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select count(*) from history"), "3");
	assert_balance(p);
}

static void tag_keeps_its_rows_over_a_new_configuration(void **state)
{
	struct plant *p = *state;
	struct tag turned[3] = {plant_tags[2], plant_tags[0], plant_tags[3]};
	struct tag_kind litres = *plant_tags[0].kind;

	plant_append(p, T0_US, 4);
	plant_close(p);
	litres.unit = "l/s";
	turned[1].kind = &litres;
	p->cfg.tags = turned;
	p->cfg.n_tags = 3;
	(void)plant_open(p);
	plant_append(p, T0_US + SECOND, 2);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select count(*), max(unit) from history"
	                             " where device = 'pump' and tag = 'flow'"),
	                    "2|l/s");
	assert_string_equal(query(p, "select count(*) from history where tag = 'count'"),
	                    "1");
	assert_string_equal(query(p, "select group_concat(tag) from tags"),
	                    "ready,flow,batch");
}

static void now_has_the_newest_of_each_tag(void **state)
{
	struct plant *p = *state;

	plant_append(p, T0_US, 4);
	plant_append(p, T0_US + SECOND, 1);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select group_concat(tag || '=' || value) from now"),
	                    "flow=1.0,count=0.0,ready=0.0,batch=0.0");
	assert_string_equal(query(p, "select sigma, quality, state, age_s > 0 from now"),
	                    "0.25|good|healthy|1");
}

enum { MANY = 100 };

static void append_many(struct plant *p, int64_t at_us, uint32_t from, double value)
{
	struct sample rows[MANY];

	for (uint32_t i = from; i < MANY; i++) {
		rows[i - from] = sample_of(i, at_us, value);
	}
	assert_int_equal(history_append(p->h, at_us, rows, MANY - from), 0);
}

/* Of many tags the newest rows are written down now and then only. */
static void now_is_right_after_a_crash_and_after_old_rows_went(void **state)
{
	static const char sums[] = "select count(*), sum(value) from now";
	struct tag tags[MANY];
	char names[MANY][8];
	struct plant *p = *state;

	plant_close(p);
	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "t%zu", i);
		tags[i] = plant_tags[0];
		tags[i].name = names[i];
	}
	p->cfg.tags = tags;
	p->cfg.n_tags = MANY;
	(void)plant_open(p);
	append_many(p, T0_US, 0, 1);
	assert_int_equal(history_commit(p->h), 0);
	append_many(p, T0_US + SECOND, 0, 2);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, sums), "100|200.0");
	p->h->failed = -EIO; /* leaves without its last commit, as after a crash */
	plant_close(p);
	(void)plant_open(p);
	/* One tag is silent from now on, and what is written down is not its last. */
	append_many(p, T0_US + 2 * SECOND, 1, 3);
	append_many(p, T0_US + 100 * SECOND, 1, 4);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select l.value from latest l join tag t"
	                             " on t.id = l.tag where t.name = 't0'"),
	                    "2.0");
	append_many(p, T0_US + 101 * SECOND, 0, 5);
	assert_int_equal(history_commit(p->h), 0);
	assert_int_equal(history_begin(p->h), 0);
	assert_int_equal(batch_delete(p->h, T0_US + 101 * SECOND), 0);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, sums), "100|500.0");
}

static void event_raises_and_clears_its_alarm(void **state)
{
	struct plant *p = *state;
	struct event e = {.ts_us = T0_US,
	                  .alarm_id = T0_US,
	                  .device = 0,
	                  .tag = 0,
	                  .kind = "drift",
	                  .severity = "alarm",
	                  .state = "active",
	                  .value = 3,
	                  .predicted = 2,
	                  .residual = 1,
	                  .threshold = 0.5,
	                  .method = "cusum",
	                  .contributions = "",
	                  .message = "pump/flow drifts",
	                  .by = ""};

	assert_int_equal(history_event(p->h, &e), 0);
	assert_int_equal(history_event(p->h, &e), -EINVAL);
	e.ts_us = T0_US + SECOND;
	e.state = "acknowledged";
	e.by = "ada";
	e.value = 9;
	assert_int_equal(history_event(p->h, &e), 0);
	e.ts_us = T0_US + 2 * SECOND;
	e.state = "cleared";
	e.by = "";
	assert_int_equal(history_event(p->h, &e), 0);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select count(*) from events"), "3");
	assert_string_equal(
		query(p, "select device, tag, kind, severity, state, value,"
	                 " threshold, message, cleared is not null,"
	                 " acknowledged_by from alarms"),
		"pump|flow|drift|alarm|cleared|3.0|0.5|pump/flow drifts|1|ada");
}

static void device_event_sets_the_state_of_the_device(void **state)
{
	struct plant *p = *state;
	struct event e = {.ts_us = T0_US,
	                  .device = 1,
	                  .tag = EVENT_NOBODY,
	                  .kind = "device_down",
	                  .severity = "warning",
	                  .state = "",
	                  .value = NAN,
	                  .predicted = NAN,
	                  .residual = NAN,
	                  .threshold = NAN,
	                  .method = "",
	                  .contributions = "",
	                  .message = "timeout",
	                  .by = ""};

	assert_int_equal(history_event(p->h, &e), 0);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(query(p, "select device, state, error from devices"
	                             " where device = 'plc'"),
	                    "plc|down|timeout");
	e.ts_us++;
	e.kind = "device_up";
	assert_int_equal(history_event(p->h, &e), 0);
	assert_int_equal(history_commit(p->h), 0);
	assert_string_equal(
		query(p, "select state, error from devices where device = 'plc'"), "ok|");
}

static void stamps_after_a_crash_begin_beyond_the_reserve(void **state)
{
	struct plant *p = *state;
	int64_t reserved;

	assert_int_equal(history_reserve(p->h), 0);
	plant_append(p, T0_US, 1);
	assert_int_equal(history_commit(p->h), 0);
	reserved = history_reserved(p->h);
	assert_int_equal(reserved, T0_US + 2 * SECOND);
	p->h->failed = -EIO; /* leaves without its last commit, as after a crash */
	plant_close(p);
	(void)plant_open(p);
	assert_int_equal(history_reserve(p->h), reserved);
	plant_close(p); /* an orderly end gives back what was not used */
	(void)plant_open(p);
	assert_int_equal(history_reserve(p->h), reserved);
	plant_append(p, reserved + SECOND, 1);
	plant_close(p);
	(void)plant_open(p);
	assert_int_equal(history_reserve(p->h), reserved + SECOND);
}

static void file_is_read_by_the_group_and_nobody_else(void **state)
{
	static const char *const names[] = {"history.db", "history.db-wal",
	                                    "history.db-shm"};
	struct plant *p = *state;
	struct stat st;

	plant_append(p, T0_US, 1);
	plant_close(p); /* the log stays: without it a reader could not open the file */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(stat(plant_path(p, names[i]), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0640);
	}
	assert_string_equal(query(p, "select count(*) from history"), "1");
}

static void second_instance_is_refused(void **state)
{
	struct plant *p = *state;
	struct history *second = NULL;
	const char *found;

	assert_int_equal(history_open(&second, &p->cfg, &found), -EBUSY);
	assert_null(second);
	plant_append(p, T0_US, 1);
	assert_int_equal(history_commit(p->h), 0);
}

static void columns_are_those_of_the_contract(void **state)
{
	static const char row[] = "time,device,tag,value,unit,predicted,residual,quality,"
				  "source,state,ts_us";
	static const char span[] = "time,device,tag,n,good,min,avg,max,last,unit,ts_us";
	static const char happened[] =
		"time,device,tag,kind,severity,state,value,predicted,"
		"threshold,message,cleared,acknowledged_by";
	static const struct {
		const char *view, *columns;
	} cases[] = {
		{"recent", row},
		{"history", row},
		{"now", "device,tag,value,unit,predicted,sigma,quality,state,age_s,time"},
		{"minutely", span},
		{"hourly", span},
		{"alarms", happened},
		{"events", happened},
		{"commands",
	         "time,origin,device,tag,requested,before,readback,status,error"},
		{"models", "time,component,version,parameters,train_error,held_out_error,"
	                   "accepted"},
		{"devices", "device,driver,address,state,since,error"},
		{"tags", "device,tag,unit,type,period_ms,writable,description"},
		{"gaps", "time,device,tag,ts_from,ts_to,n,reason"},
		{"forecasts",
	         "time,component,tag,horizon_s,predicted,low,high,actual,error,"
	         "persistence"},
		{"outlooks",
	         "time,device,tag,name,limit,p10_s,p50_s,p90_s,no_prediction,ended,"
	         "outcome,lasted_s,error_s,persistence_s"},
	};
	struct plant *p = *state;
	char sql[160];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(sql, sizeof(sql),
		         "select group_concat(name) from pragma_table_info('%s')",
		         cases[i].view);
		assert_string_equal(query(p, sql), cases[i].columns);
	}
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(committed_rows_read_as_they_were_given),
		CASE(lost_reading_is_null_and_says_so),
		CASE(held_row_stands_at_its_own_time),
		CASE(batch_that_is_none_is_refused_whole),
		CASE(tag_keeps_its_rows_over_a_new_configuration),
		CASE(now_has_the_newest_of_each_tag),
		CASE(now_is_right_after_a_crash_and_after_old_rows_went),
		CASE(event_raises_and_clears_its_alarm),
		CASE(device_event_sets_the_state_of_the_device),
		CASE(stamps_after_a_crash_begin_beyond_the_reserve),
		CASE(file_is_read_by_the_group_and_nobody_else),
		CASE(second_instance_is_refused),
		CASE(columns_are_those_of_the_contract),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
