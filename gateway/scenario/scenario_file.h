/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A file of scenarios (docs/scenarios.md): the twin's components as a plant that starts
 * where they stand, joined by their tags, with what the file adds to it: a control
 * program, actuators, further components, disturbances; the scenarios and what they are
 * judged by.  Checked as a whole, then const.
 */
#ifndef GATEWAY_SCENARIO_SCENARIO_FILE_H
#define GATEWAY_SCENARIO_SCENARIO_FILE_H

#include <stdio.h>

#include "gateway/scenario/snapshot.h"
#include "twin/scenario/scenario.h"

/** A signal whose course is shown. */
struct scenario_shown {
	const char *name, *unit;
	int64_t tag; /* of the configuration, whose band it has; -1: none's */
};

/** The whole file.  Strings and arrays belong to it. */
struct scenario_setup {
	const char *path;
	struct scenario_world world;
	const struct scenario *scenarios; /* the first: as now */
	const char *const *descriptions;  /* of them; NULL: none */
	size_t n_scenarios;
	const struct scenario_shown *shown; /* in the order of the world's */
	uint32_t samples;                   /* draws of each scenario; 0: none */
	const char *const *held;            /* components that are not run: sentences */
	size_t n_held;
};

/** What is to be read; borrowed. */
struct scenario_wish {
	const char *path, *text;
	const struct config *cfg;        /* of the gateway; until scenario_file_free() */
	const struct snapshot *snapshot; /* where it starts; likewise */
	double horizon_s;                /* 0: the file's */
	int64_t seed;                    /* -1: the file's */
};

/** Which tags a file mentions: "D/T D/T ...", free(); NULL where memory ran out. */
char *scenario_file_names(const char *text, const struct config *cfg);

/**
 * Read and check a file's text.  Every error goes to complaints as
 * `file:line:col: error: ...`.
 *
 * @param[out] out  set on success only; free with scenario_file_free()
 * @return 0, -ENOMEM; -EINVAL: complaints say why
 */
int scenario_file_read(struct scenario_setup **out, const struct scenario_wish *wish,
                       FILE *complaints);
void scenario_file_free(struct scenario_setup *s);

/** Does nothing write that signal, so that it may be set? */
bool scenario_is_free(const struct scenario_setup *s, uint32_t signal);

/** Index of a signal of its plant by name, or -1. */
int64_t scenario_signal(const struct scenario_setup *s, const char *name);

#endif
