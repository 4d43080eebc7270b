/* SPDX-License-Identifier: Apache-2.0 */
/* FMUs at the pace of the clock, on a real loop: what is told when, and that a unit that
 * crashes, hangs or answers no number costs nobody else anything. */
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "gateway/clock.h"
#include "gateway/fmu/supervisor.h"
#include "tests/fmu_make.h"

enum { UNITS_MAX = 4, TOLD_MAX = 4000 };

/* What a component was told. */
struct heard {
	double y[TOLD_MAX]; /* NAN: not known */
	size_t n, unknown, failures, recoveries;
	char why[400]; /* the last */
};

struct rig {
	uv_loop_t loop;
	uv_timer_t beat; /* every 5 ms: the loop never waits */
	uint64_t beat_ns, longest_ns;
	char root[64], files[UNITS_MAX][96], folder[96];
	struct config config;
	struct component_config components[UNITS_MAX];
	struct fmu_config fmus[UNITS_MAX];
	struct wire_value start[UNITS_MAX];
	struct heard heard[UNITS_MAX];
	double u; /* input of all */
	struct supervisor *supervisor;
};

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(name);
}

static int set_up(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	strcpy(r->root, "/tmp/pollux-supervisor-XXXXXX");
	assert_non_null(mkdtemp(r->root));
	snprintf(r->folder, sizeof(r->folder), "%s/fmu", r->root);
	uv_loop_init(&r->loop);
	r->config.fmus = r->fmus;
	r->config.twin.components = r->components;
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	supervisor_close(r->supervisor);
	if (r->beat.data) {
		uv_close((uv_handle_t *)&r->beat, NULL);
	}
	uv_run(&r->loop, UV_RUN_DEFAULT);
	supervisor_free(r->supervisor);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	assert_int_not_equal(access(r->folder, F_OK), 0); /* nothing is left there */
	nftw(r->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(r);
	return 0;
}

/* Add a unit: reference of its output, and of a value to start from. */
static void add(struct rig *r, const struct fmu_spec *spec, uint32_t output, uint32_t set,
                double value)
{
	size_t i = r->config.n_fmus++;
	struct fmu_config *f = &r->fmus[i];

	snprintf(r->files[i], sizeof(r->files[i]), "%s/%zu.fmu", r->root, i);
	fmu_make(r->files[i], spec);
	r->components[i].id = "unit";
	r->start[i] = (struct wire_value){.reference = set, .value = value};
	*f = (struct fmu_config){.path = r->files[i],
	                         .component = i,
	                         .step_s = 0.02,
	                         .inputs = {{0, 0, 1, 0}},
	                         .outputs = {{output, 0, 1, 0}},
	                         .n_inputs = strcmp(spec->model, "stiff") == 0,
	                         .n_outputs = 1,
	                         .start = &r->start[i],
	                         .n_start = 1};
}

static void add_bad(struct rig *r, unsigned version, double mode)
{
	struct fmu_spec spec = fmu_bad;

	spec.version = version;
	add(r, &spec, 0, 1, mode);
}

static void on_ask(void *arg, size_t component, double *u)
{
	struct rig *r = arg;

	(void)component;
	u[0] = r->u;
}

static void on_tell(void *arg, size_t component, const double *y)
{
	struct heard *h = &((struct rig *)arg)->heard[component];

	if (h->n < TOLD_MAX) {
		h->y[h->n++] = y ? y[0] : (double)NAN;
	}
	h->unknown += !y;
}

static void on_event(void *arg, size_t component, const char *why)
{
	struct heard *h = &((struct rig *)arg)->heard[component];

	h->failures += why != NULL;
	h->recoveries += why == NULL;
	if (why) {
		snprintf(h->why, sizeof(h->why), "%s", why);
	}
}

static void on_beat(uv_timer_t *timer)
{
	struct rig *r = timer->data;
	uint64_t now_ns = clock_now_ns();

	if (r->beat_ns && now_ns - r->beat_ns > r->longest_ns) {
		r->longest_ns = now_ns - r->beat_ns;
	}
	r->beat_ns = now_ns;
}

static void open_rig(struct rig *r, int deadline_ms)
{
	const struct supervisor_parts parts = {.config = &r->config,
	                                       .loop = &r->loop,
	                                       .now_ns = clock_now_ns,
	                                       .folder = r->folder,
	                                       .program = getenv("POLLUX_PROGRAM"),
	                                       .deadline_ms = deadline_ms,
	                                       .calls = {on_ask, on_tell, on_event, r}};

	assert_int_equal(supervisor_open(&r->supervisor, &parts), 0);
	uv_timer_init(&r->loop, &r->beat);
	r->beat.data = r;
	uv_timer_start(&r->beat, on_beat, 5, 5);
}

/* Run the loop until a component has heard so much, or for 20 s. */
static void run_until(struct rig *r, const size_t *what, size_t n)
{
	uint64_t end_ns = clock_now_ns() + UINT64_C(20000000000);

	while (*what < n && clock_now_ns() < end_ns) {
		uv_run(&r->loop, UV_RUN_ONCE);
	}
	if (*what < n) {
		fail_msg("only %zu of %zu; %s; %s", *what, n, r->heard[0].why,
		         r->heard[1].why);
	}
}

/* The stiff unit's slow lag follows its input: step k told is that of time k h. */
static void outputs_follow_the_inputs_step_by_step(void **state)
{
	struct rig *r = *state;
	struct fmu_spec spec = fmu_stiff;
	uint64_t began_ns;
	double took_s;

	for (spec.version = 2; spec.version <= 3; spec.version++) {
		add(r, &spec, 2, 4, 0.5);
	}
	r->u = 2;
	open_rig(r, 0);
	run_until(r, &r->heard[0].n, 1);
	began_ns = clock_now_ns();
	run_until(r, &r->heard[0].n, 26);
	took_s = (double)(clock_now_ns() - began_ns) / 1e9;
	run_until(r, &r->heard[1].n, 26);
	assert_true(took_s > 0.4); /* 25 steps of 20 ms: at the clock's pace */
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(r->heard[i].unknown, 0);
		for (size_t k = 0; k < 26; k++) {
			double want = 2 * -expm1(-(double)k * 0.02 / 0.5);

			if (!(fabs(r->heard[i].y[k] - want) < 1e-12)) {
				fail_msg("unit %zu, step %zu: %.17g, not %.17g", i, k,
				         r->heard[i].y[k], want);
			}
		}
	}
}

static void input_that_was_never_read_stays_at_its_start(void **state)
{
	struct rig *r = *state;
	struct fmu_spec spec = fmu_stiff;

	spec.version = 3;
	add(r, &spec, 1, 4, 0.5); /* fast: there in one step */
	r->u = NAN;
	open_rig(r, 0);
	run_until(r, &r->heard[0].n, 5);
	assert_true(fabs(r->heard[0].y[4] - 1) < 1e-12);
}

/* A bad one beside a good one: of the bad one is told that it is not known, it is started
 * again, the good one and the loop go on. */
static void bad_unit_costs_itself_only(void **state)
{
	static const struct {
		double mode;
		const char *why;
	} cases[] = {
		{1, "it crashed (Segmentation fault); started again in 1 s"},
		{2, "it did not answer within 1.5 s; started again in 1 s"},
		{4, "an output is no number; started again in 1 s"},
		{5, "no step of 0.02 s at 0.04 s; started again in 1 s"},
		{6, "no step of 0.02 s at 0.04 s; started again in 1 s"},
		{8, "its process ended by itself; started again in 1 s"},
		{11, "its process answers what was not asked; started again in 1 s"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		void *rig;
		struct rig *r;
		size_t before;

		set_up(&rig);
		r = rig;
		add_bad(r, i % 2 ? 3 : 2, cases[i].mode);
		add_bad(r, 3, 0);
		open_rig(r, 1500);
		run_until(r, &r->heard[0].failures, 1);
		before = r->heard[1].n;
		if (strcmp(r->heard[0].why, cases[i].why) != 0) {
			fail_msg("mode %g: %s", cases[i].mode, r->heard[0].why);
		}
		assert_int_equal(r->heard[0].unknown, 1);
		assert_true(isnan(r->heard[0].y[r->heard[0].n - 1]));
		run_until(r, &r->heard[1].n, before + 20);
		if (i == 0) {
			run_until(r, &r->heard[0].recoveries, 1);
			run_until(r, &r->heard[0].failures, 2);
			assert_non_null(strstr(r->heard[0].why, "again in 10 s"));
		}
		assert_int_equal(r->heard[1].failures, 0);
		assert_int_equal(r->heard[1].unknown, 0);
		/* Nobody waited for it; a loaded machine takes the processor away for
		 * less than its deadline. */
		assert_true(r->longest_ns < 1200000000);
		tear_down(&rig);
	}
}

static void archive_that_is_gone_is_told(void **state)
{
	struct rig *r = *state;

	add_bad(r, 2, 0);
	add_bad(r, 3, 0);
	assert_int_equal(unlink(r->files[0]), 0);
	open_rig(r, 0);
	assert_int_equal(r->heard[0].failures, 1);
	assert_int_equal(r->heard[0].unknown, 1);
	assert_non_null(strstr(r->heard[0].why, "No such file"));
	run_until(r, &r->heard[1].n, 3);
}

/* A step takes longer than its time: the unit's time runs slower, and it is not given
 * up. */
static void slow_unit_is_behind_and_goes_on(void **state)
{
	struct rig *r = *state;

	add_bad(r, 2, 15); /* 20 ms a step */
	r->fmus[0].step_s = 0.002;
	open_rig(r, 0);
	run_until(r, &r->heard[0].n, 30);
	assert_int_equal(r->heard[0].failures, 0);
	assert_true(fabs(r->heard[0].y[29] - 29 * 0.002) < 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(outputs_follow_the_inputs_step_by_step,
	                                        set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			input_that_was_never_read_stays_at_its_start, set_up, tear_down),
		cmocka_unit_test(bad_unit_costs_itself_only),
		cmocka_unit_test_setup_teardown(archive_that_is_gone_is_told, set_up,
	                                        tear_down),
		cmocka_unit_test_setup_teardown(slow_unit_is_behind_and_goes_on, set_up,
	                                        tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
