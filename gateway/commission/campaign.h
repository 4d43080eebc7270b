/* SPDX-License-Identifier: Apache-2.0 */
/**
 * All runs of a script, one after the other on one stand: each scenario, once for every
 * combination of its parameters.
 */
#ifndef GATEWAY_COMMISSION_CAMPAIGN_H
#define GATEWAY_COMMISSION_CAMPAIGN_H

#include "gateway/commission/script.h"

/** A fault that a run injected. */
struct campaign_fault {
	const struct script_step *step;
	int64_t begin_ns, until_ns; /* of the run's end where it stayed */
	const char *tag; /* that should tell of it: DEVICE/TAG; NULL: any may */
	const struct stand_alarm *alarm; /* the first that does, else the first in its
	                                    time; NULL: the twin raised none */
	bool right_tag, right_kind;      /* of the alarm */
};

/** One run and what became of it. */
struct campaign_run {
	const struct script_scenario *scenario;
	const char *label;       /* "fill", or "fill [level=0.5, speed=2]" */
	const double *variables; /* what it began with, by variable; NAN: nothing yet */
	const struct outcome *outcomes; /* by requirement of the scenario */
	enum run_end end;
	size_t step;     /* that it ended at */
	const char *why; /* it did not come to its end, or did in vain; "" where well */
	int64_t end_ns;
	const struct trial *trial; /* courses and events; NULL: it went as another did */
	const struct campaign_fault *faults;
	size_t n_faults;
	const struct stand_alarm *alarms; /* of the twin beside */
	size_t n_alarms;
};

/** A line of the table: an invariant over all runs, any other requirement of one run, or
 * a run with a `why`. */
struct campaign_row {
	const struct script_requirement *requirement; /* NULL: the run itself */
	const struct campaign_run *run; /* that decided; NULL: none of several */
	const struct outcome
		*outcome; /* in it; NULL: of the run itself, or never begun */
	size_t index;     /* of the requirement in its scenario */
	enum verdict verdict;
	size_t passed, failed; /* runs; of an invariant */
};

struct campaign {
	const struct script *script;
	const struct stand *stand;
	const struct campaign_run *runs;
	size_t n_runs;
	const struct campaign_row *rows; /* invariants first, then by run */
	size_t n_rows;
	size_t passed, failed, not_reached; /* rows */
};

/**
 * Run everything.  script is bound to stand; both outlive the campaign.
 *
 * @param[out] out  set on success only; free with campaign_free()
 * @return 0, -ENOMEM, or what stand->restart() says
 */
int campaign_run(struct campaign **out, const struct script *script,
                 const struct stand *stand);
void campaign_free(struct campaign *c);

/** Is an alarm of a run one that no injected fault explains? */
bool campaign_is_false_alarm(const struct campaign_run *run, const struct stand_alarm *a);

/** What the quantity of a script is. */
void campaign_quantity(const struct campaign *c, uint32_t quantity,
                       struct stand_quantity *out);

/** A value as its quantity is read: a state's name, else a number; in buf. */
const char *campaign_value(const struct campaign *c, uint32_t quantity, double value,
                           char *buf, size_t n);

/** "pass", "FAIL", "not reached"; static. */
const char *campaign_verdict(enum verdict verdict);

/** What is to be said beside the verdict, a few words, in buf: "not in time, begun at
 * 5.000 s"; "" where nothing. */
void campaign_remark(const struct campaign_row *row, char *buf, size_t n);

#endif
