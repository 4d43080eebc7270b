/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/people/balance.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 2000, NOBODY = -1 };

#define ROUNDING 1e-9 /* of a cycle: sums of times are not exact */

static double cycle_of(const struct balance_problem *p)
{
	return p->cycle_s * (1 + ROUNDING);
}

/* ---- checks ---- */

/* Tasks in an order that keeps what comes before; fewer than all: they wait for each
 * other. */
static size_t sort(const struct balance_problem *p, uint32_t *order)
{
	bool done[BALANCE_TASKS_MAX] = {false};
	size_t n = 0;

	for (bool more = true; more;) {
		more = false;
		for (uint32_t i = 0; i < p->n; i++) {
			bool ready = !done[i];

			for (size_t k = 0; k < p->tasks[i].n_before && ready; k++) {
				ready = done[p->tasks[i].before[k]];
			}
			if (ready) {
				done[i] = more = true;
				order[n++] = i;
			}
		}
	}
	return n;
}

static int check(const struct balance_problem *p)
{
	uint32_t order[BALANCE_TASKS_MAX];

	if (p->n < 1 || p->n > BALANCE_TASKS_MAX || !(p->cycle_s > 0) ||
	    !isfinite(p->cycle_s)) {
		return -EINVAL;
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct balance_task *t = &p->tasks[i];

		for (size_t k = 0; k < t->n_before; k++) {
			if (t->before[k] >= p->n) {
				return -EINVAL;
			}
		}
		if (!(t->time_s >= 0) || !isfinite(t->time_s) || !(t->load >= 0)) {
			return -EINVAL;
		}
		if (t->time_s > cycle_of(p) ||
		    (p->load_max > 0 && t->load > p->load_max)) {
			return -ERANGE;
		}
	}
	return sort(p, order) < p->n ? -ELOOP : 0;
}

bool balance_holds(const struct balance_problem *p, const struct balance *b)
{
	double time[BALANCE_TASKS_MAX] = {0}, load[BALANCE_TASKS_MAX] = {0};

	for (size_t i = 0; i < p->n; i++) {
		const struct balance_task *t = &p->tasks[i];

		if (b->station[i] >= b->stations) {
			return false;
		}
		for (size_t k = 0; k < t->n_before; k++) {
			if (b->station[t->before[k]] > b->station[i]) {
				return false;
			}
		}
		time[b->station[i]] += t->time_s;
		load[b->station[i]] += t->load;
	}
	for (size_t i = 0; i < b->stations; i++) {
		if (time[i] > cycle_of(p) || (p->load_max > 0 && load[i] > p->load_max)) {
			return false;
		}
	}
	return true;
}

/* ---- exactly ---- */

/* How far a set of tasks can come: stations that are full, time in the one at hand. */
struct reach {
	double time;
	int8_t stations; /* that are closed; NOBODY: it cannot be */
	int8_t last;     /* the task that was added last */
};

static bool is_less(const struct reach *a, const struct reach *b)
{
	return b->stations == NOBODY || a->stations < b->stations ||
	       (a->stations == b->stations && a->time < b->time);
}

static struct reach with(const struct balance_problem *p, const struct reach *from,
                         uint32_t task)
{
	struct reach out = *from;

	out.time += p->tasks[task].time_s;
	if (out.time > cycle_of(p)) {
		out.stations++;
		out.time = p->tasks[task].time_s;
	}
	out.last = (int8_t)task;
	return out;
}

static void extend(const struct balance_problem *p, struct reach *all, uint32_t set,
                   const uint32_t *before)
{
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t more = set | UINT32_C(1) << i;

		if (more != set && (before[i] & set) == before[i]) {
			struct reach r = with(p, &all[set], i);

			if (is_less(&r, &all[more])) {
				all[more] = r;
			}
		}
	}
}

static int find_exactly(const struct balance_problem *p, struct balance *out)
{
	uint32_t whole = (UINT32_C(1) << p->n) - 1, before[BALANCE_EXACT_MAX] = {0};
	uint32_t order[BALANCE_EXACT_MAX], set = whole;
	struct reach *all = malloc(((size_t)whole + 1) * sizeof(*all));
	double time = 0;
	uint32_t station = 0;

	if (!all) {
		return -ENOMEM;
	}
	for (uint32_t i = 0; i <= whole; i++) {
		all[i] = (struct reach){.stations = i ? NOBODY : 0};
	}
	for (size_t i = 0; i < p->n; i++) {
		for (size_t k = 0; k < p->tasks[i].n_before; k++) {
			before[i] |= UINT32_C(1) << p->tasks[i].before[k];
		}
	}
	for (uint32_t i = 0; i < whole; i++) {
		if (all[i].stations != NOBODY) {
			extend(p, all, i, before);
		}
	}
	for (size_t i = p->n; i-- > 0;) {
		order[i] = (uint32_t)all[set].last;
		set &= ~(UINT32_C(1) << all[set].last);
	}
	for (size_t i = 0; i < p->n; i++) {
		double own = p->tasks[order[i]].time_s;

		if (time + own > cycle_of(p)) {
			station++;
			time = 0;
		}
		time += own;
		out->station[order[i]] = station;
	}
	out->stations = station + 1;
	out->exact = true;
	free(all);
	return 0;
}

/* ---- by priorities ---- */

/* A task's own time and that of all that wait for it. */
static void weigh(const struct balance_problem *p, double *weight)
{
	uint32_t order[BALANCE_TASKS_MAX];
	static const size_t bits = 8 * sizeof(uint64_t);
	uint64_t after[BALANCE_TASKS_MAX][(BALANCE_TASKS_MAX + 63) / 64] = {{0}};
	size_t n = sort(p, order);

	for (size_t i = n; i-- > 0;) {
		uint32_t own = order[i];

		weight[own] = p->tasks[own].time_s;
		for (size_t k = 0; k < p->n; k++) {
			if (after[own][k / bits] >> k % bits & 1) {
				weight[own] += p->tasks[k].time_s;
			}
		}
		for (size_t k = 0; k < p->tasks[own].n_before; k++) {
			uint64_t *up = after[p->tasks[own].before[k]];

			up[own / bits] |= UINT64_C(1) << own % bits;
			for (size_t w = 0; w < sizeof(after[0]) / sizeof(*up); w++) {
				up[w] |= after[own][w];
			}
		}
	}
}

static bool is_ready(const struct balance_problem *p, size_t i, const bool *done)
{
	for (size_t k = 0; k < p->tasks[i].n_before; k++) {
		if (!done[p->tasks[i].before[k]]) {
			return false;
		}
	}
	return true;
}

/* Station after station, the heaviest that fits first. */
static void assign(const struct balance_problem *p, const double *weight,
                   struct balance *out)
{
	bool done[BALANCE_TASKS_MAX] = {false};
	double time = 0, load = 0;
	uint32_t station = 0;

	for (size_t left = p->n; left > 0;) {
		size_t best = p->n;

		for (size_t i = 0; i < p->n; i++) {
			bool fits = time + p->tasks[i].time_s <= cycle_of(p) &&
			            (!(p->load_max > 0) ||
			             load + p->tasks[i].load <= p->load_max);

			if (!done[i] && fits && is_ready(p, i, done) &&
			    (best == p->n || weight[i] > weight[best])) {
				best = i;
			}
		}
		if (best == p->n) {
			station++;
			time = load = 0;
			continue;
		}
		done[best] = true;
		left--;
		time += p->tasks[best].time_s;
		load += p->tasks[best].load;
		out->station[best] = station;
	}
	out->stations = station + 1;
}

static uint32_t draw(uint64_t *seed, size_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((*seed >> 33) % n);
}

/* Two tasks exchange their priorities, and it stays so where it is no worse. */
static void improve(const struct balance_problem *p, double *weight, struct balance *out)
{
	double whole = 0;
	uint64_t seed = 1;

	for (size_t i = 0; i < p->n; i++) {
		whole += p->tasks[i].time_s;
	}
	for (int i = 0; i < TRIES && (double)out->stations > ceil(whole / cycle_of(p));
	     i++) {
		uint32_t a = draw(&seed, p->n), b = draw(&seed, p->n);
		double kept = weight[a];
		struct balance other = {.stations = 0};

		weight[a] = weight[b];
		weight[b] = kept;
		assign(p, weight, &other);
		if (other.stations <= out->stations) {
			*out = other;
		} else {
			weight[b] = weight[a];
			weight[a] = kept;
		}
	}
	out->exact = (double)out->stations <= ceil(whole / cycle_of(p) - ROUNDING);
}

int balance_find(const struct balance_problem *p, struct balance *out)
{
	double weight[BALANCE_TASKS_MAX];
	int err = check(p);

	*out = (struct balance){.stations = 0};
	if (err) {
		return err;
	}
	if (p->n <= BALANCE_EXACT_MAX && !(p->load_max > 0)) {
		return find_exactly(p, out);
	}
	weigh(p, weight);
	assign(p, weight, out);
	improve(p, weight, out);
	return 0;
}

int balance_cycle(const struct balance_problem *p, size_t stations, double *cycle_s,
                  struct balance *out)
{
	double low = 0, high = 0;
	struct balance_problem own = *p;
	struct balance b;
	int err;

	for (size_t i = 0; i < p->n; i++) {
		low = fmax(low, p->tasks[i].time_s);
		high += p->tasks[i].time_s;
	}
	own.cycle_s = high;
	err = stations < 1 ? -EINVAL : balance_find(&own, out);
	if (!err && out->stations > stations) {
		return -ERANGE; /* the load alone wants more */
	}
	*cycle_s = high;
	for (int i = 0; i < 60 && !err && high - low > 1e-9 * high; i++) {
		own.cycle_s = i == 0 ? low : (low + high) / 2;
		err = balance_find(&own, &b);
		if (!err && b.stations <= stations) {
			*out = b;
			*cycle_s = high = own.cycle_s;
		} else {
			low = own.cycle_s;
		}
	}
	/* The longest station says it to the last digit. */
	for (size_t k = 0; !err && k < out->stations; k++) {
		double time = 0;

		for (size_t i = 0; i < p->n; i++) {
			time += out->station[i] == k ? p->tasks[i].time_s : 0;
		}
		*cycle_s = k == 0 ? time : fmax(*cycle_s, time);
	}
	return err;
}
