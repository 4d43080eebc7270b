/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Assembly line balancing: tasks to stations in their order, each station within the
 * cycle time.  Up to BALANCE_EXACT_MAX tasks exactly, over the sets of tasks that may be
 * done so far (Held, Karp, Shareshian 1963); beyond by ranked positional weight
 * (Helgeson, Birnie 1961), improved by exchanges of its priorities.
 */
#ifndef TWIN_PEOPLE_BALANCE_H
#define TWIN_PEOPLE_BALANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BALANCE_TASKS_MAX = 200, BALANCE_EXACT_MAX = 20 };

struct balance_task {
	double time_s;
	double load;            /* of who does it, in any one measure; 0: none */
	const uint32_t *before; /* tasks that must be done before */
	size_t n_before;
};

/** Borrowed. */
struct balance_problem {
	const struct balance_task *tasks;
	size_t n;
	double cycle_s;
	double load_max; /* of a station; 0: no matter.  With it, never exact */
};

struct balance {
	uint32_t station[BALANCE_TASKS_MAX]; /* by task, from 0 */
	size_t stations;
	bool exact; /* fewer are not possible */
};

/**
 * The fewest stations (SALBP-1).
 * @return 0, -ENOMEM; -EINVAL: a number or an index out of its range; -ELOOP: tasks that
 *         wait for each other; -ERANGE: a task is longer, or heavier, than a station may
 *         be
 */
int balance_find(const struct balance_problem *p, struct balance *out);

/** The shortest cycle for so many stations (SALBP-2); *cycle_s becomes it.
 * @return as balance_find() */
int balance_cycle(const struct balance_problem *p, size_t stations, double *cycle_s,
                  struct balance *out);

/** Is it one: every task after those before it, no station over its cycle or load? */
bool balance_holds(const struct balance_problem *p, const struct balance *b);

#endif
