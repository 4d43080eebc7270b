/* SPDX-License-Identifier: Apache-2.0 */
/* Tags of one component that are read at periods of their own, irregularly: each reading
 * is met at its own stamp, and the answer is that of the theory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "machine.h"
#include "mimic_bench.h"

enum { LEARN = 400, N_MAX = MODEL_STATES_MAX };

/* The theory, written down once more: dx/dt = f, dP/dt = J P + P J' + Qc, both by Runge
 * and Kutta in many small steps. */
struct theory {
	const struct model *model;
	const double *p, *qc;
	double u[MODEL_INPUTS_MAX];
	double x[N_MAX], P[N_MAX][N_MAX];
};

struct slope {
	double x[N_MAX], P[N_MAX][N_MAX];
};

static void slope_at(const struct theory *t, struct slope *s)
{
	size_t n = t->model->n_states;
	double J[N_MAX * N_MAX];

	t->model->rates(t->p, t->x, t->u, s->x);
	t->model->jacobian(t->p, t->x, t->u, J);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			s->P[i][j] = i == j ? t->qc[i] : 0;
			for (size_t k = 0; k < n; k++) {
				s->P[i][j] += J[i * n + k] * t->P[k][j] +
				              t->P[i][k] * J[j * n + k];
			}
		}
	}
}

static struct theory moved(const struct theory *t, const struct slope *s, double h_s)
{
	struct theory out = *t;

	for (size_t i = 0; i < t->model->n_states; i++) {
		out.x[i] += h_s * s->x[i];
		for (size_t j = 0; j < t->model->n_states; j++) {
			out.P[i][j] += h_s * s->P[i][j];
		}
	}
	return out;
}

static void theory_predict(struct theory *t, double dt_s)
{
	enum { STEPS = 40 };
	double h_s = dt_s / STEPS;

	for (int step = 0; step < STEPS; step++) {
		struct theory at = *t, next = *t;
		struct slope s = {.x = {0}};
		const double to[] = {h_s / 2, h_s / 2, h_s, 0};
		const double weight[] = {h_s / 6, h_s / 3, h_s / 3, h_s / 6};

		for (int stage = 0; stage < 4; stage++) {
			slope_at(&at, &s);
			next = moved(&next, &s, weight[stage]);
			at = moved(t, &s, to[stage]);
		}
		*t = next;
	}
}

/* A reading of state i alone. */
static void theory_update(struct theory *t, size_t i, double y, double r)
{
	size_t n = t->model->n_states;
	double s = t->P[i][i] + r, nu = y - t->x[i], row[N_MAX], column[N_MAX];

	for (size_t k = 0; k < n; k++) {
		row[k] = t->P[i][k];
		column[k] = t->P[k][i];
	}
	for (size_t k = 0; k < n; k++) {
		t->x[k] += column[k] / s * nu;
		for (size_t l = 0; l < n; l++) {
			t->P[k][l] -= column[k] * row[l] / s;
		}
	}
}

static struct theory theory_of(const struct mimic_bench *b)
{
	const struct component *c = &b->c;
	struct theory t = {.model = c->cfg->model, .p = c->p, .qc = c->qc};

	memcpy(t.u, c->u, sizeof(t.u));
	for (size_t i = 0; i < c->filter.n; i++) {
		t.x[i] = c->filter.x[i];
		for (size_t j = 0; j < c->filter.n; j++) {
			t.P[i][j] = c->filter.P[i * c->filter.n + j];
		}
	}
	return t;
}

static double difference(const struct theory *t, const struct kalman *k)
{
	double most = 0;

	for (size_t i = 0; i < k->n; i++) {
		double sigma = sqrt(k->P[i * (k->n + 1)]);

		most = fmax(most, fabs(t->x[i] - k->x[i]) / sigma);
		for (size_t j = 0; j < k->n; j++) {
			double scale = sqrt(k->P[i * (k->n + 1)] * k->P[j * (k->n + 1)]);

			most = fmax(most, fabs(t->P[i][j] - k->P[i * k->n + j]) / scale);
		}
	}
	return most;
}

/* Two sensors and two inputs, each at moments of its own, 10 ms to 3 s apart.  A linear
 * model is moved exactly; of others the noise of a step is taken as Qc dt, which over 3 s
 * is some per cent too much. */
static void each_reading_is_met_at_its_own_time(void **state)
{
	static const struct {
		const char *model;
		double within; /* in sigma, and as a share of P */
	} cases[] = {{"thermal", 1e-6}, {"heated_tank", 0.05}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct mimic_bench b;
		struct theory t;
		double most = 0;
		uint64_t seed = 77;

		mimic_bench_new(&b, cases[i].model, 5);
		mimic_bench_start(&b, LEARN);
		mimic_bench_steps(&b, LEARN + 100);
		t = theory_of(&b);
		for (int k = 0; k < 2000; k++) {
			double dt_s = 0.01 + 2.99 * noise_uniform(&seed);
			double what = noise_uniform(&seed);
			size_t sensor = what<0.3, port = what> 0.9;
			double sigma = b.m.kind->sigma[sensor];
			double y;

			b.t_ns += llround(dt_s * 1e6) * 1000;
			theory_predict(&t, (double)llround(dt_s * 1e6) / 1e6);
			y = t.x[sensor] + sigma * noise_normal(&seed);
			if (what < 0.8) {
				theory_update(&t, sensor, y, b.c.R[sensor]);
				component_output(&b.c, sensor, b.t_ns, y);
			} else { /* an input alone: from here on it acts */
				t.u[port] *= 0.99 + 0.02 * noise_uniform(&seed);
			}
			for (size_t u = 0; u < b.m.model->n_inputs; u++) {
				component_input(&b.c, u, b.t_ns, t.u[u]);
			}
			component_step(&b.c, b.t_ns);
			most = fmax(most, difference(&t, &b.c.filter));
		}
		print_message("%s: 2000 readings at unlike times, off the theory by at "
		              "most %.1e of a sigma (bar %.0e)\n",
		              cases[i].model, most, cases[i].within);
		assert_true(most <= cases[i].within);
		component_fini(&b.c);
	}
}

/* In the whole twin: a block an answer, each with a period and a jitter of its own. */
struct poll {
	uint32_t tag;
	int period, jitter, next; /* in steps of 100 ms */
};

static void step(struct machine *m, struct poll *polls, size_t n, int now)
{
	machine_run(m);
	for (size_t i = 0; i < n; i++) {
		if (now >= polls[i].next) {
			double late = polls[i].jitter * noise_uniform(&m->tank.seed);

			twin_merge(m->twin, m->t_ns, &m->r[polls[i].tag], 1,
			           &m->e[polls[i].tag]);
			polls[i].next += polls[i].period;
			polls[i].next += polls[i].next <= now ? (int)late : 0;
		}
	}
}

static void tags_of_unlike_periods_are_one_machine(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct poll polls[] = {
			{INFLOW, 2, 1, 0}, {VALVE, 1, 1, 0}, {LEVEL, 3, 2, 0}};
		struct machine m;
		int now = 0, rows = 0;

		machine_new(&m, seed * 19);
		assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
		for (; now < 3 * MACHINE_LEARN + 10; now++) {
			step(&m, polls, ARRAY_SIZE(polls), now);
		}
		for (; now < 3 * MACHINE_LEARN + 3000; now++) {
			step(&m, polls, ARRAY_SIZE(polls), now);
			if (m.e[LEVEL].state != STATE_HEALTHY) {
				fail_msg("seed %d step %d: %s, score %g", (int)seed, now,
				         tag_state_name(m.e[LEVEL].state),
				         m.e[LEVEL].score);
			}
		}
		m.tank.leak = 0.3;
		while (m.e[LEVEL].state != STATE_MISMATCH && rows++ < 600) {
			step(&m, polls, ARRAY_SIZE(polls), now++);
		}
		assert_int_equal(m.e[LEVEL].state, STATE_MISMATCH);
		twin_free(m.twin);
	}
}

/* An input that stays away is held for max_age, then there is nothing to go on from. */
static void an_input_that_stays_away_makes_all_stale(void **state)
{
	struct poll polls[] = {{VALVE, 1, 0, 0}, {LEVEL, 1, 0, 0}, {INFLOW, 1, 0, 0}};
	struct reading r[4];
	struct estimate e[4];
	struct machine m;
	int now = 0;

	(void)state;
	machine_new(&m, 3);
	assert_int_equal(twin_new(&m.twin, &m.cfg), 0);
	for (; now < MACHINE_LEARN + 100; now++) {
		step(&m, polls, 3, now);
	}
	m.tank.held = true; /* nobody could know of a switch */
	for (int i = 0; i < 299; i++) {
		step(&m, polls, 2, now++);
		assert_int_equal(m.e[LEVEL].state, STATE_HEALTHY);
	}
	for (int i = 0; i < 5; i++) {
		step(&m, polls, 2, now++);
	}
	assert_int_equal(twin_virtual(m.twin, r, e, 4), 2);
	assert_int_equal(e[0].state, STATE_STALE);
	assert_int_equal(e[1].state, STATE_STALE);
	assert_int_equal(r[1].quality, QUALITY_STALE);
	m.tank.held = false;
	for (int i = 0; i < 30; i++) {
		step(&m, polls, 3, now++);
	}
	assert_int_equal(m.e[LEVEL].state, STATE_HEALTHY);
	twin_free(m.twin);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reading_is_met_at_its_own_time),
		cmocka_unit_test(tags_of_unlike_periods_are_one_machine),
		cmocka_unit_test(an_input_that_stays_away_makes_all_stale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
