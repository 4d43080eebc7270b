/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "commission_names.h"
#include "noise.h"
#include "twin/commission/judge.h"

enum { MOMENTS = 24, N = 10 };
#define S INT64_C(1000000000)

/* A moment a second, from 1 on; one letter a quantity: 0 1, u unknown, 2 to 9. */
struct trace {
	const char *of[3]; /* a, b, c; NULL: 0 */
};

static double value_at(const char *course, size_t i)
{
	return !course || !course[0] ? 0
	       : course[i] == 'u'    ? (double)NAN
	                             : course[i] - '0';
}

static const struct outcome *run_trace(struct judge *m, struct requirement *r,
                                       const char *text, const struct trace *t)
{
	struct formula_error e;
	size_t n = strlen(t->of[0]);

	if (requirement_parse(r, &commission_space, text, &e)) {
		fail_msg("%s: %s", text, e.message);
	}
	judge_init(m, r);
	judge_start(m, 0);
	for (size_t i = 0; i < n; i++) {
		double q[N] = {value_at(t->of[0], i), value_at(t->of[1], i),
		               value_at(t->of[2], i)};

		judge_step(m, (int64_t)(i + 1) * S, q);
	}
	return judge_finish(m, (int64_t)n * S);
}

static void judge_decides_at_its_moment(void **state)
{
	static const struct {
		const char *text;
		struct trace trace;
		enum verdict verdict;
		enum failure failure;
		int64_t at_s;
	} cases[] = {
		{"always a", {{"1111"}}, VERDICT_PASS, FAILURE_NONE, 4},
		{"always a", {{"1101"}}, VERDICT_FAIL, FAILURE_FALSE, 3},
		{"always a", {{"11u0"}}, VERDICT_FAIL, FAILURE_UNKNOWN, 3},
		{"always for 2 s: a", {{"1100"}}, VERDICT_PASS, FAILURE_NONE, 2},
		{"always for 2 s: a", {{"1000"}}, VERDICT_FAIL, FAILURE_FALSE, 2},
		{"always for 9 s: a", {{"1111"}}, VERDICT_NOT_REACHED, FAILURE_NONE, 0},
		{"after 2 s: a", {{"0111"}}, VERDICT_PASS, FAILURE_NONE, 4},
		{"after 2 s: a", {{"1011"}}, VERDICT_FAIL, FAILURE_FALSE, 2},
		{"always a", {{""}}, VERDICT_NOT_REACHED, FAILURE_NONE, 0},
		{"after 4 s: a", {{"0001"}}, VERDICT_PASS, FAILURE_NONE, 4},
		{"after 5 s: a", {{"1111"}}, VERDICT_NOT_REACHED, FAILURE_NONE, 0},
		{"never a", {{""}}, VERDICT_NOT_REACHED, FAILURE_NONE, 0},
		{"never a", {{"0000"}}, VERDICT_PASS, FAILURE_NONE, 4},
		{"never a", {{"0010"}}, VERDICT_FAIL, FAILURE_FALSE, 3},
		{"never a", {{"0u00"}}, VERDICT_FAIL, FAILURE_UNKNOWN, 2},
		{"within 3 s: a", {{"0010"}}, VERDICT_PASS, FAILURE_NONE, 3},
		{"within 3 s: a", {{"0001"}}, VERDICT_FAIL, FAILURE_LATE, 3},
		{"within 3 s: a", {{"0u01"}}, VERDICT_FAIL, FAILURE_UNKNOWN, 3},
		{"within 3 s: a", {{"uu1u"}}, VERDICT_PASS, FAILURE_NONE, 3},
		{"within 9 s: a", {{"0000"}}, VERDICT_NOT_REACHED, FAILURE_NONE, 0},
		{"within 2500 ms: a", {{"0001"}}, VERDICT_FAIL, FAILURE_LATE, 3},
		{"within 2 s: a for 2 s", {{"01110"}}, VERDICT_PASS, FAILURE_NONE, 4},
		{"within 2 s: a for 2 s", {{"10111"}}, VERDICT_FAIL, FAILURE_LATE, 2},
		{"within 2 s: a for 2 s", {{"01101"}}, VERDICT_FAIL, FAILURE_LATE, 4},
		{"within 2 s: a for 2500 ms", {{"01111"}}, VERDICT_PASS, FAILURE_NONE, 5},
		{"a until b", {{"", ""}}, VERDICT_NOT_REACHED, FAILURE_NONE, 0},
		{"after 9 s: a until b",
	         {{"1111", "0000"}},
	         VERDICT_NOT_REACHED,
	         FAILURE_NONE,
	         0},
		{"a until b", {{"1110", "0001"}}, VERDICT_PASS, FAILURE_NONE, 4},
		{"a until b", {{"1100", "0001"}}, VERDICT_FAIL, FAILURE_FALSE, 3},
		{"a until b", {{"1111", "0000"}}, VERDICT_FAIL, FAILURE_RELEASE, 4},
		{"a until b", {{"1111", "0u00"}}, VERDICT_FAIL, FAILURE_UNKNOWN, 4},
		{"a until b", {{"1111", "0u01"}}, VERDICT_PASS, FAILURE_NONE, 4},
		{"a until b", {{"1u11", "0001"}}, VERDICT_FAIL, FAILURE_UNKNOWN, 2},
		{"a until b within 2 s",
	         {{"1111", "0010"}},
	         VERDICT_FAIL,
	         FAILURE_RELEASE,
	         2},
		{"a until b within 3 s",
	         {{"1100", "0010"}},
	         VERDICT_PASS,
	         FAILURE_NONE,
	         3},
		{"when a: within 1 s: b",
	         {{"0000", "0000"}},
	         VERDICT_NOT_REACHED,
	         FAILURE_NONE,
	         0},
		{"when a: within 1 s: b",
	         {{"0100", "0010"}},
	         VERDICT_PASS,
	         FAILURE_NONE,
	         3},
		{"when a: within 1 s: b",
	         {{"01010", "00100"}},
	         VERDICT_FAIL,
	         FAILURE_LATE,
	         5},
		{"when a: within 1 s: b",
	         {{"0001", "0000"}},
	         VERDICT_NOT_REACHED,
	         FAILURE_NONE,
	         0},
		{"when a: within 1 s: b",
	         {{"01101", "01001"}},
	         VERDICT_PASS,
	         FAILURE_NONE,
	         5},
		{"when a: always b", {{"0100", "0111"}}, VERDICT_PASS, FAILURE_NONE, 4},
		{"when a: always b", {{"0101", "0110"}}, VERDICT_FAIL, FAILURE_FALSE, 4},
		{"when a: b until c",
	         {{"0100", "0110", "0001"}},
	         VERDICT_PASS,
	         FAILURE_NONE,
	         4},
		{"when a: after 1 s: for 1 s: b",
	         {{"01000", "00110"}},
	         VERDICT_PASS,
	         FAILURE_NONE,
	         4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct judge m;
		struct requirement r;
		const struct outcome *o = run_trace(&m, &r, cases[i].text,
		                                    &cases[i].trace);

		if (o->verdict != cases[i].verdict || o->failure != cases[i].failure ||
		    o->at_ns != cases[i].at_s * S) {
			fail_msg("%s of %s %s: %d, %s, at %g s", cases[i].text,
			         cases[i].trace.of[0],
			         cases[i].trace.of[1] ? cases[i].trace.of[1] : "",
			         (int)o->verdict, failure_text(o->failure),
			         (double)o->at_ns / 1e9);
		}
	}
}

static void judge_until_is_over_when_its_release_comes(void **state)
{
	static const struct trace trace = {{"110", "010"}};
	struct judge m;
	struct requirement r;
	const struct outcome *o = run_trace(&m, &r, "a until b", &trace);

	(void)state;
	assert_int_equal(o->verdict, VERDICT_PASS);
	assert_int_equal(o->at_ns, 2 * S);
}

static void judge_keeps_the_spans_of_violation(void **state)
{
	static const struct {
		const char *text;
		struct trace trace;
		size_t n;
		int64_t from_s[3], until_s[3];
	} cases[] = {
		{"always a", {{"1001110"}}, 2, {2, 7}, {3, 7}},
		{"never a", {{"0110u00"}}, 2, {2, 5}, {3, 5}},
		{"within 2 s: a", {{"0000110"}}, 1, {0}, {4}},
		{"when a: within 1 s: b", {{"010010000", "000110001"}}, 1, {2}, {3}},
		{"a until b", {{"1100000", "0000010"}}, 1, {3}, {5}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct judge m;
		struct requirement r;
		const struct outcome *o = run_trace(&m, &r, cases[i].text,
		                                    &cases[i].trace);

		if (o->n_spans != cases[i].n) {
			fail_msg("%s: %zu spans", cases[i].text, o->n_spans);
		}
		for (size_t k = 0; k < o->n_spans; k++) {
			if (o->spans[k].from_ns != cases[i].from_s[k] * S ||
			    o->spans[k].until_ns != cases[i].until_s[k] * S) {
				fail_msg("%s: span %zu from %g to %g s", cases[i].text, k,
				         (double)o->spans[k].from_ns / 1e9,
				         (double)o->spans[k].until_ns / 1e9);
			}
		}
	}
}

static void judge_keeps_the_least_margin(void **state)
{
	static const struct trace trace = {{"135746", "999999"}};
	struct judge m;
	struct requirement r;
	const struct outcome *o = run_trace(&m, &r, "always a < 9 ± 0.5", &trace);

	(void)state;
	assert_int_equal(o->verdict, VERDICT_PASS);
	assert_true(o->margin == 2.5);
	assert_int_equal(o->margin_ns, 4 * S);
	assert_true(o->values[0] == 7);
	o = run_trace(&m, &r, "never a > 8", &trace);
	assert_true(o->margin == 1);
	o = run_trace(&m, &r, "always b == 9", &trace);
	assert_true(isnan(o->margin));
}

static void judge_keeps_the_values_of_the_failure(void **state)
{
	static const struct trace trace = {{"1372", "9998"}};
	struct judge m;
	struct requirement r;
	const struct outcome *o = run_trace(&m, &r, "always b > a + 5", &trace);

	(void)state;
	assert_int_equal(o->at_ns, 3 * S);
	assert_int_equal(r.n_quantities, 2);
	assert_true(o->values[0] == 9 && o->values[1] == 7); /* b stands first */
}

static void judge_begun_too_often_at_a_time_fails(void **state)
{
	char a[2 * JUDGE_PENDING_MAX + 4] = "";
	struct trace trace = {{a}};
	struct judge m;
	struct requirement r;
	const struct outcome *o;

	(void)state;
	for (size_t i = 0; i < 2 * JUDGE_PENDING_MAX + 2; i++) {
		strcat(a, i % 2 ? "1" : "0");
	}
	o = run_trace(&m, &r, "when a: within 1 h: b", &trace);
	assert_int_equal(o->verdict, VERDICT_FAIL);
	assert_int_equal(o->failure, FAILURE_CROWDED);
}

static void judge_closed_begins_nothing(void **state)
{
	struct requirement r;
	struct judge m;
	struct formula_error e;
	double q[N] = {1};

	(void)state;
	requirement_parse(&r, &commission_space, "when a: within 1 s: b", &e);
	judge_init(&m, &r);
	judge_start(&m, 0);
	judge_close(&m);
	judge_step(&m, S, q);
	assert_true(judge_is_settled(&m));
	assert_int_equal(judge_finish(&m, S)->verdict, VERDICT_NOT_REACHED);
}

/* --- Against the definition, evaluated over all of a random trace --- */

struct world {
	double a[MOMENTS], b[MOMENTS], c[MOMENTS]; /* 0, 1, NAN */
	int64_t t[MOMENTS];                        /* ns, rising */
	size_t n;
};

/* The definition's outcome: 1, 0, NAN, or -1: not decided by the end. */
static double min3(double x, double y)
{
	return x == 0 || y == 0 ? 0 : isnan(x) || isnan(y) ? (double)NAN : 1;
}

static double max3(double x, double y)
{
	return 1 - min3(1 - x, 1 - y);
}

/* A moment behind the deadline, or at it, tells that the window is over. */
static bool is_complete(const struct world *w, int64_t end)
{
	return w->n > 0 && w->t[w->n - 1] >= end;
}

static double all_of(const struct world *w, const double *x, int64_t from, int64_t to)
{
	double truth = 1;

	for (size_t i = 0; i < w->n; i++) {
		if (w->t[i] >= from && w->t[i] <= to) {
			truth = min3(truth, x[i]);
		}
	}
	return truth;
}

static double define_always(const struct world *w, int64_t from, int64_t window)
{
	int64_t to = window < 0 ? INT64_MAX : from + window;
	double truth = all_of(w, w->b, from, to);

	if (truth == 1 && (window < 0 ? w->t[w->n - 1] < from : !is_complete(w, to))) {
		return -1;
	}
	return truth;
}

/* Some s in the window from which b holds at all moments up to s + stays. */
static double define_within(const struct world *w, int64_t from, int64_t window,
                            int64_t stays)
{
	double truth = 0;
	bool open = !is_complete(w, from + window);

	for (size_t i = 0; i < w->n; i++) {
		double stay;

		if (w->t[i] < from || w->t[i] > from + window) {
			continue;
		}
		stay = all_of(w, w->b, w->t[i], w->t[i] + stays);
		if (stay == 1 && !is_complete(w, w->t[i] + stays)) {
			open = true;
			stay = 0;
		}
		truth = max3(truth, stay);
	}
	return truth != 1 && open ? -1 : truth;
}

static double define_until(const struct world *w, int64_t from, int64_t window)
{
	int64_t to = window < 0 ? INT64_MAX : from + window;
	double truth = 0; /* behind the last moment: the release did not come */
	bool open = window >= 0 && !is_complete(w, to);

	for (size_t i = w->n; i-- > 0;) {
		if (w->t[i] >= from && w->t[i] <= to) {
			truth = max3(w->c[i], min3(w->b[i], truth));
		}
	}
	if (truth != 1 && open && all_of(w, w->b, from, to) == 1) {
		return -1; /* nothing spoke against it yet */
	}
	return truth;
}

static double define(const struct world *w, const struct requirement *r, int64_t from)
{
	switch (r->kind) {
	case REQUIREMENT_WITHIN:
		return define_within(w, from + r->delay_ns, r->window_ns, r->stays_ns);
	case REQUIREMENT_UNTIL:
		return define_until(w, from + r->delay_ns, r->window_ns);
	case REQUIREMENT_ALWAYS:
	case REQUIREMENT_NEVER:
		break;
	}
	return define_always(w, from + r->delay_ns, r->window_ns);
}

/* Over all obligations: broken if one is, else open if one is, else met. */
static enum verdict define_verdict(const struct world *w, const struct requirement *r)
{
	bool broken = false, open = false, any = false;
	double before = 0;

	for (size_t i = 0; i < w->n + 1; i++) {
		double truth;

		if (r->triggered && i < w->n) {
			bool rises = w->a[i] == 1 && before != 1;

			before = w->a[i];
			if (!rises) {
				continue;
			}
			truth = define(w, r, w->t[i]);
		} else if (!r->triggered && i == w->n) {
			truth = define(w, r, 0);
		} else {
			continue;
		}
		any = true;
		broken = broken || truth == 0 || isnan(truth);
		open = open || truth == -1;
	}
	return broken ? VERDICT_FAIL : open || !any ? VERDICT_NOT_REACHED : VERDICT_PASS;
}

static double random_truth(uint64_t *seed)
{
	double u = noise_uniform(seed);

	return u < 0.08 ? (double)NAN : u < 0.45 ? 0 : 1;
}

/* Truths that stay for a while, at unlike distances. */
static void random_world(struct world *w, uint64_t *seed)
{
	int64_t t = 0;

	w->n = 1 + (size_t)(noise_uniform(seed) * (MOMENTS - 1));
	for (size_t i = 0; i < w->n; i++) {
		t += S / 4 * (1 + (int64_t)(noise_uniform(seed) * 4));
		w->t[i] = t;
		w->a[i] = i && noise_uniform(seed) < 0.6 ? w->a[i - 1]
		                                         : random_truth(seed);
		w->b[i] = i && noise_uniform(seed) < 0.6 ? w->b[i - 1]
		                                         : random_truth(seed);
		w->c[i] = noise_uniform(seed) < 0.8 ? 0 : random_truth(seed);
	}
}

static void judge_agrees_with_the_definition(void **state)
{
	static const char *const texts[] = {
		"always b",
		"for 2 s: b",
		"after 1500 ms: for 2 s: b",
		"after 2 s: b",
		"never not b",
		"within 2 s: b",
		"within 1300 ms: b",
		"within 2 s: b for 1 s",
		"within 2 s: b for 1100 ms",
		"after 1 s: within 1 s: b for 500 ms",
		"b until c",
		"b until c within 2 s",
		"after 600 ms: b until c within 2 s",
		"when a: within 1 s: b",
		"when a: within 2 s: b for 1 s",
		"when a: after 500 ms: within 1 s: b",
		"when a: for 1 s: b",
		"when a: after 750 ms: for 1 s: b",
		"when a: always b",
		"when a: b until c",
		"when a: b until c within 3 s",
	};
	uint64_t seed = 7;
	size_t verdicts[3] = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct requirement r;
		struct formula_error e;

		assert_int_equal(requirement_parse(&r, &commission_space, texts[i], &e),
		                 0);
		for (size_t k = 0; k < 3000; k++) {
			struct world w = {0};
			struct judge m;
			enum verdict want, got;

			random_world(&w, &seed);
			judge_init(&m, &r);
			judge_start(&m, 0);
			for (size_t j = 0; j < w.n; j++) {
				double q[N] = {w.a[j], w.b[j], w.c[j]};

				judge_step(&m, w.t[j], q);
			}
			got = judge_finish(&m, w.t[w.n - 1])->verdict;
			want = define_verdict(&w, &r);
			verdicts[got]++;
			if (got != want) {
				fail_msg("%s, trace %zu: %d, not %d", texts[i], k,
				         (int)got, (int)want);
			}
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(verdicts); i++) {
		assert_true(verdicts[i] > 1000); /* all of them were tried */
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(judge_decides_at_its_moment),
		cmocka_unit_test(judge_until_is_over_when_its_release_comes),
		cmocka_unit_test(judge_keeps_the_spans_of_violation),
		cmocka_unit_test(judge_keeps_the_least_margin),
		cmocka_unit_test(judge_keeps_the_values_of_the_failure),
		cmocka_unit_test(judge_begun_too_often_at_a_time_fails),
		cmocka_unit_test(judge_closed_begins_nothing),
		cmocka_unit_test(judge_agrees_with_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
