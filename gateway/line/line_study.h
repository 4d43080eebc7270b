/* SPDX-License-Identifier: Apache-2.0 */
/** A line simulated again and again, until its throughput is known well enough; on all
 * cores, with figures that do not depend on how many there are. */
#ifndef GATEWAY_LINE_LINE_STUDY_H
#define GATEWAY_LINE_LINE_STUDY_H

#include "gateway/line/line_file.h"
#include "gateway/line/line_people.h"
#include "twin/line/replicate.h"

/** Of the line. */
enum line_measure {
	MEASURE_THROUGHPUT, /* good parts an hour */
	MEASURE_WIP,
	MEASURE_LEAD, /* s, mean */
	MEASURE_LEAD_05,
	MEASURE_LEAD_50,
	MEASURE_LEAD_95,
	MEASURE_ON_TIME,   /* share of those that had a due date */
	MEASURE_TARDINESS, /* s, mean of those, 0 where on time */
	MEASURE_MAKESPAN,  /* s, of a line that lives by orders */
	MEASURE_SCRAP,     /* share of what left */
	MEASURE_ENERGY,    /* kWh a good part */
	MEASURE_OEE,       /* of the station that is the bottleneck most often */
	MEASURES_SHOWN,
	MEASURE_GROWTH = MEASURES_SHOWN, /* of the work in process, over a run */
	MEASURES,
};

/** Of a station. */
enum station_measure {
	STATION_STATES = LINE_STATES, /* shares of the states come first */
	STATION_OEE = LINE_STATES,
	STATION_AVAILABILITY,
	STATION_EFFECTIVENESS,
	STATION_QUALITY,
	STATION_ACTIVE, /* s, mean active period */
	STATION_QUEUE,
	STATION_WAIT, /* s */
	STATION_FAILURES,
	STATION_MEASURES,
};

enum { OPERATOR_WORKING, OPERATOR_WALKING, OPERATOR_WALKED, OPERATOR_MEASURES };

/** Of a fleet. */
enum fleet_measure {
	FLEET_DRIVES = LINE_DRIVES, /* shares of what they do come first */
	FLEET_TRIPS = LINE_DRIVES,
	FLEET_PARTS,   /* a trip */
	FLEET_FETCHED, /* s, from the call until it is loaded */
	FLEET_DRIVEN,  /* km */
	FLEET_ACTIVE,  /* s, mean active period */
	FLEET_MEASURES,
};

struct line_study {
	const struct line_setup *setup;
	size_t n;         /* replications */
	double warm_up_s; /* as said or found */
	bool found;       /* the warm-up, by MSER-5 */
	size_t bottleneck;
	double bottleneck_share; /* of the replications in which it is that */
	double worst_little;     /* largest |L - lambda W| over L */
	uint64_t events;
	struct line_people *people; /* NULL: nobody works by hand */
	double *values; /* by replication, then by number: see line_study_of() */
	size_t width;
};

/** Of one run, all. */
void line_measures_of(const struct line_figures *f, double out[MEASURES]);

/** What is left out of a run at its beginning, as said, or as MSER-5 finds it in a run of
 * its own; 0 for a line that lives by orders.
 * @return 0, or as line_run() */
int line_warm_up(const struct line_setup *setup, const struct line_run *run,
                 double *warm_up_s, bool *found);

/** The seed of a replication: the same for all variants (common random numbers). */
uint64_t line_seed(const struct line_run *run, uint64_t replication);

/** @return 0, -ENOMEM, or as line_run(); line_study_free() what it gives */
int line_study_run(struct line_study **out, const struct line_setup *setup,
                   const struct line_run *run);
void line_study_free(struct line_study *s);

struct interval line_study_of(const struct line_study *s, enum line_measure measure);
struct interval line_study_station(const struct line_study *s, size_t station,
                                   size_t measure);
struct interval line_study_operator(const struct line_study *s, size_t operator,
                                    size_t measure);

struct interval line_study_fleet(const struct line_study *s, size_t fleet,
                                 size_t measure);

/** Are its vehicles active for longer at a time than the bottleneck of the stations? */
bool line_study_fleet_binds(const struct line_study *s, size_t fleet);

/** Does the work in process still grow at the end: then the other figures are of the
 * length of the run alone. */
bool line_study_grows(const struct line_study *s);

/** Good parts of one run of so long, by the replications: p10, p50, p90. */
enum { LINE_OUTPUTS = 3 };
void line_study_output(const struct line_study *s, double for_s,
                       double parts[LINE_OUTPUTS]);

/** What a has more than b: pairs of replications have the same chance. */
struct interval line_study_more(const struct line_study *a, const struct line_study *b,
                                enum line_measure measure);

/** "throughput", and its unit "1/h". */
const char *line_measure_name(enum line_measure measure);
const char *line_measure_unit(enum line_measure measure);

#endif
