/* SPDX-License-Identifier: Apache-2.0 */
/** The file of a production line (docs/line.md), perhaps with a variant laid over it;
 * checked as a whole, then const. */
#ifndef GATEWAY_LINE_LINE_FILE_H
#define GATEWAY_LINE_LINE_FILE_H

#include <stdio.h>

#include "gateway/config/tree.h"
#include "gateway/machine_history.h"
#include "twin/line/line.h"
#include "twin/people/balance.h"
#include "twin/people/lifting.h"
#include "twin/people/rula.h"

/** A quantity of a process: what it reaches, and how surely. */
struct line_range {
	const char *name;
	double min, max;
	double sigma;  /* measured spread; NAN: not known */
	double offset; /* measured mean of what it is off by; 0 where nothing tells */
	const char
		*deviation; /* DEVICE/TAG of a gateway: what it is off by; NULL: none */
};

/** A process that a station can. */
struct line_can {
	const char *process;
	const struct line_range *ranges;
	size_t n_ranges;
	const char *const *tooling;
	size_t n_tooling;
	const char *const *materials; /* none: whatever comes */
	size_t n_materials;
	double payload_kg; /* INFINITY: no limit */
};

/** What is done by hand in a job of a station. */
struct line_work {
	const char *id;
	double time_s; /* with rest and practice, as line_balance says */
	bool lifts, poses, carries;
	struct lift lift; /* how often is what the simulation says */
	struct posture posture;
	double carry_kg, carry_m; /* how much over which distance */
	double same;              /* share of the most frequent motion; NAN: not known */
};

/** What is known of a station beside what it does. */
struct line_module {
	struct machine_tags tags; /* of a gateway, that tell of it */
	const char *life;         /* one whose way to a limit is foretold; NULL: none */
	double life_s, middle_s;  /* until then: in nine of ten cases longer, in half of
	                             them; NAN: not foretold */
	double investment, floor_m2; /* NAN: not said */
	double changeover_s;         /* downtime to change or put it in; NAN: not said */
	const struct line_can *can;
	size_t n_can;
	const struct line_work *work;
	size_t n_work;
};

/** A module that is in the line (line_modules.h); its stations are called ID-... */
struct line_cell {
	const char *id, *title, *path;
	double investment, floor_m2; /* beside its stations'; NAN: not said */
	double changeover_s;
};

/** How it is simulated. */
struct line_run {
	double for_s, warm_up_s; /* warm_up_s NAN: to be found */
	uint32_t replications, most;
	double precision; /* of the throughput: half width over mean; 0: as many as said
	                   */
	uint64_t seed;
};

/** Work that is done by hand, to be given to stations. */
struct line_task {
	const char *id;
	bool lifts, poses; /* lift, posture are said */
	struct lift lift;
	struct posture posture;
};

/** How tasks are to be given to stations. */
struct line_balance {
	double cycle_s;   /* NAN: as short as stations allow */
	size_t stations;  /* 0: as few as the cycle allows */
	double load_max;  /* of a station; 0: no matter */
	double index_max; /* of lifting, above which a task is flagged */
	int score_max;    /* of posture */
	double allowance; /* for rest and fatigue, share on all times */
	double practice;  /* factor on all times: 1 of the trained (Wright) */
};

/** The whole file.  Strings and arrays belong to it. */
struct line_setup {
	const char *name; /* "base", or the variant's file without folder and ending */
	const char *title, *currency;
	struct line_config config;
	const struct line_module *modules; /* by station */
	const struct line_cell *cells;
	size_t n_cells;
	const double *fleet_investment; /* by fleet, of each vehicle; NAN: not said */
	const char *const *skills;      /* by bit */
	size_t n_skills;
	struct line_run run;
	const struct line_task *tasks;
	const struct balance_task *work; /* the same, for balance_find() */
	size_t n_tasks;
	struct line_balance balance;
	uint32_t crew;           /* who change the line: so many changes at once */
	const struct node *tree; /* what it was read from, before modules were put in */
	double margin;           /* of a good part, in the currency; NAN: not said */
};

/**
 * Read and check a file, with a variant over it.  Every error goes to complaints as
 * `file:line:col: error: ...`.
 *
 * @param[out] out  set on success only; free with line_file_free()
 * @param variant   a file, or "STATION.KEY=VALUE", likewise of a fleet, source or
 *                  operator; NULL: none
 * @return 0, -ENOMEM, -EINVAL: complaints say why; or what the file cannot be read for
 */
int line_file_read(struct line_setup **out, const char *path, const char *variant,
                   FILE *complaints);
void line_file_free(struct line_setup *s);

/** "normal(4s, 500ms)", "4s", "gamma(3s, 2)".
 * @return 0; -EINVAL: not understood, *why says what is wanted (static) */
int line_file_dist(const char *text, struct dist *out, double *values, const char **why);

enum { LINE_FILE_VALUES_MAX = 1000 }; /* of an empirical distribution */

#endif
