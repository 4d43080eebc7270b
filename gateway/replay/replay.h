/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A recording through the twin as fast as it goes, row by row: CSV in, CSV out.  Nothing
 * but the recording's own times matters, so the same input gives the same bytes.
 */
#ifndef GATEWAY_REPLAY_REPLAY_H
#define GATEWAY_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** All borrowed. */
struct replay_wish {
	const char *input;         /* its name, for complaints */
	const char *config;        /* NULL: every column is a tag, no components */
	uint32_t learn;            /* readings; 0: as configured, 1800 */
	const char *const *ignore; /* headings of columns to pass over */
	size_t n_ignore;
	bool skip_startup;   /* as twin.monitor.skip_startup; without a configuration */
	const char *program; /* that FMUs run in; NULL: this one */
	FILE *alarms;        /* a line of CSV for each alarm; NULL: none */
};

/** What became of it. */
struct replay_report {
	uint64_t rows;
	size_t tags, learnt, components; /* tags that have learnt their normal */
	uint64_t missing;                /* cells without a number */
	uint64_t late;        /* readings whose time was not later than the one before */
	uint64_t alarms;      /* raised, as the running gateway would */
	uint64_t rebaselined; /* drifts that stayed until they were the tag's normal */
	int64_t span_ns;      /* from the first to the last row */
	int64_t alarm_ns;     /* of it with an alarm active */
};

/**
 * Read fd in, write fd out; both stay open.  What is wrong, or worth a note, is said on
 * complaints, with its line.
 *
 * @return 0; -EINVAL: the configuration; -EBADMSG and -ENODATA: the recording; -ENOMEM;
 *         -EIO and the like.  All but -ENOMEM have been said.
 */
int replay_run(const struct replay_wish *wish, int in, int out, FILE *complaints,
               struct replay_report *report);

#endif
