/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets the time of a transport: a serial line of ten units in scripted time, for
 * hours. Some of them are dead, one is slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "drivers/modbus/transport.h"

enum { UNITS = 10, SILENT_READS = 2, BACKOFF_MIN_MS = 500, BACKOFF_MAX_MS = 30000 };

#define MS_NS UINT64_C(1000000)

/* One unit and the device that polls it, as the gateway's schedule would. */
struct unit {
	struct transaction t;
	struct transport_user user;
	struct device_stats stats;
	bool dead;
	uint32_t cost_ms; /* of an answer, with the silences around it */
	bool waiting;     /* t is queued or on the line */
	uint64_t due_ns;
	unsigned int n_silent; /* reads and probes in a row */
	unsigned long n_due, n_kept, n_probes;
};

static struct {
	struct transport base;
	uint64_t now_ns, busy_ns;
	uint32_t period_ms, timeout_ms, turnaround_ms;
	struct unit units[UNITS];
} line;

static uint64_t now_ns(void)
{
	return line.now_ns;
}

static void kick(struct transport *t)
{
}

static void forget(struct transport *t, struct transaction *sent)
{
}

static const struct transport_kind scripted = {.kick = kick, .forget = forget};

static void on_done(struct transaction *t, const struct answer *answer)
{
	struct unit *unit = t->arg;
	uint32_t backoff_ms = BACKOFF_MIN_MS;

	unit->waiting = false;
	if (answer->reason == REASON_NONE) {
		unit->n_kept += !t->probe;
		unit->n_silent = 0;
		return;
	}
	unit->n_silent++;
	for (unsigned int i = SILENT_READS; i < unit->n_silent; i++) {
		backoff_ms = 2 * backoff_ms < BACKOFF_MAX_MS ? 2 * backoff_ms
		                                             : BACKOFF_MAX_MS;
	}
	if (unit->n_silent >= SILENT_READS) {
		unit->due_ns = line.now_ns + backoff_ms * MS_NS;
	}
}

static void set_up(uint32_t period_ms, uint32_t cost_ms, uint32_t timeout_ms)
{
	memset(&line, 0, sizeof(line));
	line.base.kind = &scripted;
	line.base.env.now_ns = now_ns;
	line.base.address.serial = true;
	line.period_ms = period_ms;
	line.timeout_ms = timeout_ms;
	line.turnaround_ms = 2 * timeout_ms;
	for (uint32_t i = 0; i < UNITS; i++) {
		struct unit *unit = &line.units[i];

		unit->cost_ms = cost_ms;
		unit->due_ns = i * period_ms / UNITS * MS_NS;
		unit->user = (struct transport_user){.stats = &unit->stats,
		                                     .next = line.base.users};
		line.base.users = &unit->user;
		unit->t = (struct transaction){.rank = RANK_READ,
		                               .timeout_ms = timeout_ms,
		                               .turnaround_ms = line.turnaround_ms,
		                               .stats = &unit->stats,
		                               .done = on_done,
		                               .arg = unit};
	}
}

/* @return when the next unit is due */
static uint64_t submit_due(void)
{
	uint64_t next_ns = UINT64_MAX;

	for (size_t i = 0; i < UNITS; i++) {
		struct unit *unit = &line.units[i];
		bool backed_off = unit->n_silent >= SILENT_READS;

		while (unit->due_ns <= line.now_ns && !(backed_off && unit->waiting)) {
			unit->n_due += !backed_off;
			if (!unit->waiting) { /* else it is an overrun */
				unit->waiting = true;
				unit->t.probe = backed_off;
				unit->n_probes += backed_off;
				transport_submit(&line.base, &unit->t);
			}
			unit->due_ns += line.period_ms * MS_NS;
		}
		if (unit->due_ns > line.now_ns && unit->due_ns < next_ns) {
			next_ns = unit->due_ns;
		}
	}
	return next_ns;
}

/* Nothing is told or sent while the line is busy, and after a silence it is drained. */
static void transact(struct transaction *t)
{
	struct unit *unit = t->arg;
	bool answers = !unit->dead;
	struct answer answer = {.reason = answers ? REASON_NONE : REASON_TIMEOUT,
	                        .sent = true};

	transport_take(&line.base, t);
	t->sent_ns = line.now_ns;
	line.now_ns += (answers ? unit->cost_ms : line.timeout_ms) * MS_NS;
	answer.received_ns = line.now_ns;
	transport_finish(&line.base, t, &answer);
	line.now_ns += answers ? 0 : line.turnaround_ms * MS_NS;
	line.busy_ns += line.now_ns - t->sent_ns;
}

static void run_for(uint64_t s)
{
	uint64_t end_ns = line.now_ns + s * 1000 * MS_NS;

	for (size_t i = 0; i < UNITS; i++) {
		line.units[i].n_due = line.units[i].n_kept = line.units[i].n_probes = 0;
	}
	line.busy_ns = 0;
	while (line.now_ns < end_ns) {
		uint64_t next_ns = submit_due();
		uint64_t allowed_ns;
		struct transaction *next = transport_next(&line.base, 0, &allowed_ns);

		if (next) {
			transact(next);
		} else {
			line.now_ns = allowed_ns < next_ns ? allowed_ns : next_ns;
		}
	}
}

/* Of the live ones, the least share of the schedule that was kept. */
static double least_kept(void)
{
	double least = 1;

	for (size_t i = 0; i < UNITS; i++) {
		const struct unit *unit = &line.units[i];
		double kept = (double)unit->n_kept / (double)unit->n_due;

		if (!unit->dead && kept < least) {
			least = kept;
		}
	}
	return least;
}

static void dead_units_cost_the_others_a_twentieth_at_most(void **state)
{
	static const struct {
		uint32_t period_ms, cost_ms, timeout_ms; /* cost: 60 % in all */
	} cases[] = {
		{1000, 60, 1000}, {1000, 60, 100},    {200, 12, 1000},
		{200, 12, 100},   {10000, 600, 1000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_up(cases[i].period_ms, cases[i].cost_ms, cases[i].timeout_ms);
		run_for(600);
		assert_true(least_kept() == 1);
		for (size_t k = 0; k < UNITS; k += 4) {
			line.units[k].dead = true;
		}
		run_for(600); /* they are found out */
		run_for(4 * 3600);
		print_message("every %u ms, timeout %u ms: %.1f %% kept, line %.0f %% "
		              "busy\n",
		              cases[i].period_ms, cases[i].timeout_ms, 100 * least_kept(),
		              100 * (double)line.busy_ns / (4 * 3600e9));
		assert_true(least_kept() >= 0.95);
		assert_true(line.units[0].n_probes > 0);
	}
}

/* With the defaults a probe of one of three in 75 s. */
static void each_dead_unit_is_probed_and_found_again(void **state)
{
	(void)state;
	set_up(1000, 60, 1000);
	line.units[0].dead = line.units[4].dead = line.units[8].dead = true;
	run_for(3600);
	for (size_t i = 0; i < UNITS; i += 4) {
		assert_in_range(line.units[i].n_probes, 3600 / 75 / 3 - 2,
		                3600 / 75 / 3 + 4);
		line.units[i].dead = false;
	}
	run_for(3 * 75);
	run_for(60);
	assert_true(least_kept() == 1);
}

/* After a power cut there is nobody to be held up: probes go by their back-off alone. */
static void probes_do_not_wait_where_all_are_dead(void **state)
{
	(void)state;
	set_up(1000, 60, 1000);
	run_for(60);
	for (size_t i = 0; i < UNITS; i++) {
		line.units[i].dead = true;
	}
	run_for(600);
	assert_true(line.busy_ns > 500000 * MS_NS);
	for (size_t i = 0; i < UNITS; i++) {
		assert_true(line.units[i].n_probes > 10);
		line.units[i].dead = false;
	}
	run_for(BACKOFF_MAX_MS / 1000 + 3);
	run_for(60);
	assert_true(least_kept() == 1);
}

/* F38: the tenth needs 900 ms for an answer, as long as all others in a second and a
 * half. It could have the line for itself, and has a tenth of it. */
static void slow_unit_gets_its_share(void **state)
{
	(void)state;
	set_up(1000, 60, 1000);
	line.units[3].cost_ms = 900;
	run_for(3600);
	assert_in_range(line.units[3].n_kept, 3600 / 9 - 20, 3600 / 9 + 1);
	line.units[3].dead = true; /* of the others */
	assert_true(least_kept() > 0.99);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dead_units_cost_the_others_a_twentieth_at_most),
		cmocka_unit_test(each_dead_unit_is_probed_and_found_again),
		cmocka_unit_test(probes_do_not_wait_where_all_are_dead),
		cmocka_unit_test(slow_unit_gets_its_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
