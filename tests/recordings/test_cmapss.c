/* SPDX-License-Identifier: Apache-2.0 */
/* Remaining life of turbofan engines (C-MAPSS FD001, Saxena, Goebel 2008). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "gateway/life_file.h"

enum { FOLDS = 5 };

static struct life_file engines;

/* Sums over predictions of a life that is cut at LIFE_CUT. */
struct score {
	size_t asked, answered, held;
	double squares, width, constant, constant_squares, age, age_squares;
};

/* Rows of the table whose engine's number is, or is not, of a fold. */
static struct life_table rows_of(const struct life_table *t, int64_t fold, bool inside,
                                 struct life_file *room)
{
	size_t n = 0;

	room->unit = calloc(t->n_rows, sizeof(*room->unit));
	room->age = calloc(t->n_rows, sizeof(*room->age));
	room->sensors = calloc(t->n_rows * t->n_sensors, sizeof(*room->sensors));
	assert_true(room->unit && room->age && room->sensors);
	for (size_t i = 0; i < t->n_rows; i++) {
		if ((t->unit[i] % FOLDS == fold) != inside) {
			continue;
		}
		room->unit[n] = t->unit[i];
		room->age[n] = t->age[i];
		for (size_t j = 0; j < t->n_sensors; j++) {
			room->sensors[n * t->n_sensors + j] =
				t->sensors[i * t->n_sensors + j];
		}
		n++;
	}
	return (struct life_table){.unit = room->unit,
	                           .age = room->age,
	                           .sensors = room->sensors,
	                           .n_rows = n,
	                           .n_sensors = t->n_sensors};
}

/* First row of the engine after that of row i. */
static size_t next_engine(const struct life_table *t, size_t i)
{
	int64_t unit = t->unit[i];

	for (; i < t->n_rows && t->unit[i] == unit; i++) {
	}
	return i;
}

/* What knows no sensor: the mean life left, and mean life less age. */
static void learn_baselines(const struct life_table *t, struct score *s)
{
	double left = 0, life = 0;
	size_t engines_n = 0;

	for (size_t i = 0, end; i < t->n_rows; i = end, engines_n++) {
		end = next_engine(t, i);
		life += t->age[end - 1];
		for (size_t j = i; j < end; j++) {
			left += fmin(t->age[end - 1] - t->age[j], LIFE_CUT);
		}
	}
	s->constant = left / (double)t->n_rows;
	s->age = life / (double)engines_n;
}

static void judge_row(struct score *s, struct remaining r, double age, double left)
{
	double constant = s->constant - left;
	double by_age = fmin(fmax(s->age - age, 0), LIFE_CUT) - left;

	s->asked++;
	if (r.why != REMAINING_KNOWN) {
		assert_true(isnan(r.p10) && isnan(r.p50) && isnan(r.p90));
		return;
	}
	assert_true(r.p10 <= r.p50 && r.p50 <= r.p90);
	s->answered++;
	s->held += r.p10 <= left && left <= r.p90;
	s->squares += (r.p50 - left) * (r.p50 - left);
	s->width += r.p90 - r.p10;
	s->constant_squares += constant * constant;
	s->age_squares += by_age * by_age;
}

static void judge_fold(struct score *s, int64_t fold)
{
	struct life_file train_room, test_room;
	struct life_table train = rows_of(&engines.table, fold, false, &train_room);
	struct life_table test = rows_of(&engines.table, fold, true, &test_room);
	struct life *life;
	struct life_watch *w;

	assert_int_equal(life_learn(&life, &train), 0);
	assert_int_equal(life_watch_new(&w, life), 0);
	learn_baselines(&train, s);
	for (size_t i = 0, end; i < test.n_rows; i = end) {
		end = next_engine(&test, i);
		life_watch_restart(w);
		for (size_t j = i; j < end; j++) {
			life_watch_row(w, test.age[j], test.sensors + j * test.n_sensors);
			judge_row(s, life_watch_remaining(w), test.age[j],
			          fmin(test.age[end - 1] - test.age[j], LIFE_CUT));
		}
	}
	life_watch_free(w);
	life_free(life);
	life_file_fini(&train_room);
	life_file_fini(&test_room);
}

static void five_folds_reach_the_reference(void **state)
{
	struct score s = {.asked = 0};
	double n, rmse, held;

	(void)state;
	if (!engines.table.n_rows) {
		printf("no recordings: data/cmapss/train_FD001.txt (POLLUX_SHARED)\n");
		skip();
	}
	for (int64_t fold = 0; fold < FOLDS; fold++) {
		judge_fold(&s, fold);
	}
	n = (double)s.answered;
	rmse = sqrt(s.squares / n);
	held = (double)s.held / n;
	printf("FD001, five folds, life cut at %.0f, %zu of %zu rows answered:\n"
	       "  RMSE %.2f (bar 13.5); a constant %.1f, mean life less age %.1f\n"
	       "  p10 to p90 holds %.1f %% (bar 75), mean width %.1f\n",
	       LIFE_CUT, s.answered, s.asked, rmse, sqrt(s.constant_squares / n),
	       sqrt(s.age_squares / n), 100 * held, s.width / n);
	assert_true(rmse <= 13.5);
	assert_true(held >= 0.75);
	assert_true(s.answered > s.asked * 9 / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_folds_reach_the_reference),
	};
	const char *shared = getenv("POLLUX_SHARED");
	char path[1024];
	int failed;

	snprintf(path, sizeof(path), "%s/data/cmapss/train_FD001.txt",
	         shared ? shared : "");
	life_file_read(&engines, path, stderr);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (!failed && !engines.table.n_rows) {
		failed = 77; /* skipped */
	}
	life_file_fini(&engines);
	return failed;
}
