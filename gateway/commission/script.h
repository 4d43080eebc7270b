/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A commissioning script (docs/commissioning.md): read strictly, bound to a stand, then
 * const.  Every mistake of the file goes to complaints as `file:line:col: error: ...`
 * with the line and a caret, all in one pass.
 */
#ifndef GATEWAY_COMMISSION_SCRIPT_H
#define GATEWAY_COMMISSION_SCRIPT_H

#include <stdio.h>

#include "gateway/commission/stand.h"
#include "gateway/config/complaint.h"

/** What is required, as written and as read. */
struct script_requirement {
	const char *id, *text;
	const char *title; /* "" where none */
	struct requirement rule;
	bool invariant;  /* of all scenarios */
	bool from_start; /* it begins with the run, not at a step */
	struct place at; /* of its text */
};

struct script_step {
	struct step step; /* STEP_INJECT, STEP_CLEAR: target is filled in by run */
	const char *text; /* what it does, for a person: "set run = 1" */
	const char *target, *fault; /* of STEP_INJECT and STEP_CLEAR */
	const char *raises;    /* tag whose alarm should tell of it; NULL: not said */
	struct formula amount; /* of the fault; variables only; n 0: none given */
	struct place at;
};

/** A parameter and the values that it takes, one after the other. */
struct script_axis {
	uint32_t variable;
	const double *values;
	size_t n;
};

struct script_scenario {
	const char *id;
	const char *title; /* "" where none */
	const struct script_step *steps;
	size_t n_steps;
	const struct script_requirement *requirements; /* the script's invariants first */
	size_t n_requirements;
	const struct script_axis *axes;
	size_t n_axes;
	int64_t limit_ns;
};

/** Everything belongs to the script. */
struct script {
	const char *path, *title;
	const char *plant;           /* path of the plant's file */
	const char *const *programs; /* paths of what its PLC runs instead of its own */
	size_t n_programs;
	const char *gateway; /* path of the gateway's configuration; NULL: none */
	const char *target;  /* the PLC's address; set before script_bind(); NULL: the
	                        program runs in step */
	int64_t seed;        /* of the plant; -1: its own */
	const char *learn;   /* scenario that the twin learns in, the first; NULL: none */

	/* Since script_bind(): */
	const struct script_scenario *scenarios;
	size_t n_scenarios;
	size_t n_invariants;          /* first of each scenario's requirements */
	const char *const *variables; /* names, the first quantities */
	size_t n_variables;
	const uint32_t *handles; /* of the stand, the quantities behind */
	size_t n_handles;
	const uint32_t *charts; /* quantities to be drawn whatever is required */
	size_t n_charts;
};

/**
 * Read a file, and its base where it has one.
 *
 * @param[out] out  set on success only; free with script_free()
 * @return 0; -EINVAL: complaints say why; -ENOMEM, -ENOENT, ... (said on complaints too)
 */
int script_read(struct script **out, const char *path, FILE *complaints);

/** Give its names their meaning; once.  @return 0; -EINVAL: complaints say why; -ENOMEM
 */
int script_bind(struct script *s, const struct stand *stand, FILE *complaints);
void script_free(struct script *s);

enum { SCRIPT_RUNS_MAX = 1000 };

/** Runs of a scenario: one for each combination of its axes' values. */
size_t script_runs(const struct script_scenario *s);

#endif
