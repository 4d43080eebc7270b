/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A production line as discrete events: sources, stations of one or more machines,
 * edges that carry and buffer parts, operators, shifts.  Pure: time is a number, s; the
 * same line and seed give the same figures, and each source of chance has a stream of its
 * own (common random numbers), so that variants differ by what was changed alone.
 *
 * A machine that has finished a part keeps it until there is room (blocking after
 * service).  Work that is interrupted goes on where it stopped (preempt-resume).
 */
#ifndef TWIN_LINE_LINE_H
#define TWIN_LINE_LINE_H

#include <stdint.h>

#include "twin/line/dist.h"

enum {
	LINE_PRODUCTS_MAX = 32, /* a bit each */
	LINE_SKILLS_MAX = 32,   /* likewise */
	LINE_STATIONS_MAX = 1000,
	LINE_SERVERS_MAX = 1000, /* of one station */
	LINE_FLEETS_MAX = 32,
	LINE_VEHICLES_MAX = 1000, /* of one fleet */
	LINE_TAKE_MAX = 1000,     /* parts that a machine takes or gives at once */
};

/** What a part is. */
struct line_product {
	const char *id;
	double share;    /* of what a source makes; they are normalised */
	double due_s;    /* from its birth; INFINITY: whenever */
	double priority; /* higher goes first where the rule is by priority */
};

/** Parts that are ordered. */
struct line_order {
	const char *id;
	double at_s;
	uint32_t product, n;
	double due_s; /* time; INFINITY: whenever */
};

/** Where parts come from. */
struct line_source {
	const char *id;
	bool unlimited;    /* a part whenever there is room; or by: */
	struct dist every; /* time between two */
	uint32_t wip; /* unlimited, and at most so many of its parts in the line (CONWIP);
	                 0: no limit */
	const struct line_order *orders; /* instead of both, where there are some */
	size_t n_orders;
};

#define LINE_OUT UINT32_MAX

/** A way of parts, from a source or a station to a station or out. */
struct line_edge {
	bool of_source;    /* from is one; else a station */
	uint32_t from, to; /* to LINE_OUT: out of the line */
	double share;      /* of those that leave there and may go here; normalised */
	uint32_t products; /* that may, a bit each */
	uint32_t
		capacity; /* waiting places, travelling parts too; UINT32_MAX: no limit */
	double travel_s;
	uint32_t take; /* by the station at once, from here */
	bool scrap;    /* what goes out here is no good part */
	/* From station to station by vehicles: capacity is then of the places there, for
	 * what waits and what is under way. */
	uint32_t fleet;    /* 1 + number of a fleet; 0: by none */
	uint32_t pick_up;  /* places where it leaves, for what waits to be fetched */
	double distance_m; /* that is driven with parts; NAN: as a fleet drives anywhere
	                    */
};

/** Vehicles alike, each alone on its way: they don't hinder each other. */
struct line_fleet {
	const char *id;
	uint32_t count, capacity; /* vehicles; parts of one way that one carries */
	double speed, detour;     /* m/s; way driven over the straight line, at least 1 */
	struct dist load, unload; /* of one stop, whatever the number of parts */
	double x, y;              /* m: where they stand at first, and charge */
	double runs_s, charge_s;  /* on duty between two charges; 0: never charged */
	double power_w[2];        /* idle, on duty */
};

enum line_rule {
	LINE_FIFO,
	LINE_SPT,      /* shortest expected time here */
	LINE_EDD,      /* earliest due date */
	LINE_CRITICAL, /* least time to the due date over time still to be worked */
	LINE_PRIORITY,
	LINE_SETUP, /* as the machine is set up, then the longest wait */
};

enum line_state {
	LINE_STARVED, /* nothing to do */
	LINE_BUSY,
	LINE_BLOCKED,
	LINE_SETTING_UP,
	LINE_DOWN,       /* failed: in repair, or waiting for who repairs */
	LINE_MAINTAINED, /* planned */
	LINE_UNATTENDED, /* work is there, the operator is not */
	LINE_PAUSED,     /* no shift */
	LINE_STATES,
};

enum line_policy {
	LINE_RUN_TO_FAILURE,
	LINE_PERIODIC,  /* after so much running */
	LINE_CONDITION, /* when the failure is nearer than the warning: what a twin
	                   foresees */
};

struct line_station {
	const char *id;
	uint32_t servers;       /* machines that share what comes */
	struct dist time;       /* of one take */
	const double *factors;  /* on it, by product; NULL: 1 */
	const double *setups_s; /* from product (row) to product; NULL: none */
	bool join;              /* takes from every edge; else from any */
	uint32_t gives; /* parts of one job; 0: as many as it took of the first edge */
	enum line_rule rule;
	bool fails;
	struct dist up, down; /* running time between failures, time to repair */
	bool calendar;        /* up is by the clock, not by running */
	enum line_policy policy;
	double every_s; /* LINE_PERIODIC: running time; LINE_CONDITION: the warning */
	struct dist service;          /* time of planned maintenance */
	uint32_t skill, repair_skill; /* of who works, who repairs, by bit; 0: nobody */
	double x, y;                  /* m: where it stands, for who walks */
	double ideal_s; /* of a take, for effectiveness; NAN: the mean of time */
	double power_w[LINE_STATES];
};

struct line_operator {
	const char *id;
	uint32_t skills; /* bits */
	double speed;    /* m/s */
	double x, y;     /* where he is at first */
};

/** From at_s on, of each period, nobody works for for_s. */
struct line_break {
	double at_s, for_s;
};

/** The whole line.  Borrowed. */
struct line_config {
	const struct line_product *products;
	size_t n_products; /* at least 1 */
	const struct line_source *sources;
	size_t n_sources;
	const struct line_edge *edges;
	size_t n_edges;
	const struct line_station *stations;
	size_t n_stations;
	const struct line_operator *operators;
	size_t n_operators;
	const struct line_break *breaks; /* within a period, in order, apart */
	size_t n_breaks;
	double period_s; /* of the shifts; 0: nobody ever pauses */
	const struct line_fleet *fleets;
	size_t n_fleets;
};

enum { LINE_QUANTILES = 3 }; /* .05 .5 .95 */

/** ISO 22400-2: availability APT / PBT, effectiveness PRI PQ / APT, quality GQ / PQ, and
 * their product; NAN where a divisor is 0.  E above 1 is not cut: then PRI is wrong. */
struct line_oee {
	double availability, effectiveness, quality, oee;
};
struct line_oee line_oee(double pbt_s, double apt_s, double pri_pq_s,
                         const double pq_gq[2]);

struct line_station_figures {
	double share[LINE_STATES]; /* of the time of all its machines; sum 1 */
	uint64_t jobs, parts,
		good; /* finished; good: not scrapped on the way out of it */
	struct line_oee oee;
	double active_s; /* mean uninterrupted active period (Roser, Nakano, Tanaka 2001):
	                    the longest is the bottleneck's */
	double energy_j;
	double queue;  /* mean number that waits before it */
	double wait_s; /* mean time that one waits there; NAN: none did */
	uint64_t failures, services;
};

struct line_operator_figures {
	double working, walking; /* shares of the time that is no break */
	double walked_m;
};

enum line_drive {
	LINE_WAITING, /* for a call, where it stands */
	LINE_EMPTY,   /* to fetch parts, or home */
	LINE_LOADING,
	LINE_LOADED,
	LINE_UNLOADING,
	LINE_CHARGING,
	LINE_DRIVES,
};

struct line_fleet_figures {
	double share[LINE_DRIVES]; /* of the time of all its vehicles; sum 1 */
	uint64_t trips, parts;     /* that arrived */
	double driven_m;
	double fetched_s; /* mean time from a part's call until it is loaded; NAN: none
	                     was */
	double active_s;  /* as a station's */
	double energy_j;
};

/** What operators did by the hour: of the shifts' period, all periods together; where
 * there are no shifts of the run, of a longer one week after week. */
struct line_hours {
	size_t n;                 /* hours; 0: not asked for */
	const double *observed_s; /* by hour: how long it was seen, without breaks */
	const double *working_s, *walking_s, *walked_m; /* by operator, hour */
	const uint32_t *jobs;                           /* by operator, station, hour */
};
enum { LINE_HOURS_MAX = 672, LINE_WEEK_H = 168 }; /* of the longest period */

/** What happened after the warm-up.  Arrays borrowed from the line. */
struct line_figures {
	double time_s;
	uint64_t out, good, scrapped;
	double throughput; /* good parts a second */
	double wip;        /* mean number in the line */
	double growth; /* parts in the line at the end less those in the middle of what
	                  counts: of a line that settles 0 in the mean */
	double lead_s, lead_quantiles_s[LINE_QUANTILES]; /* of good parts; NAN: none */
	double on_time; /* share of the good parts that had a due date; NAN: none had */
	double tardiness_s; /* mean of those, 0 where on time (Pinedo 2016, section 2.1);
	                       NAN likewise */
	double makespan_s;  /* from the end of the warm-up until the last part left, of a
	                       line  that lives by orders and is empty at the end; NAN: it
	                       is not */
	double little;      /* wip less (sum of times in the line) over time: 0 but for
	                       rounding */
	double energy_j;
	uint64_t events;
	uint32_t bottleneck; /* a station */
	const struct line_station_figures *stations;
	const struct line_operator_figures *operators;
	const struct line_fleet_figures *fleets;
	struct line_hours hours;
	const double *binned; /* good parts by bin of the run, from its very beginning */
	size_t n_bins;
};

/** A change of a machine's state, for who draws it. */
struct line_moment {
	double t_s;
	uint32_t station, server;
	enum line_state state;
	uint32_t product; /* that it works on */
};

struct line;

struct line_wish {
	uint64_t seed;
	double warm_up_s, for_s; /* for_s after the warm-up */
	double bin_s;            /* of what is counted by time; 0: an hour */
	bool hours;              /* count what operators do by the hour */
	void (*moment)(void *arg, const struct line_moment *m); /* NULL: not wanted */
	void *arg;
	/** Asked now and then: shall it end?  NULL: no. */
	bool (*stop)(void *arg);
};

/**
 * Run a line.
 *
 * @param[out] out  free with line_free(); set on success only
 * @return 0, -ENOMEM; -EINVAL: a number or an index out of its range; -ELOOP: parts go
 *         round without any time passing; -ECANCELED
 */
int line_run(struct line **out, const struct line_config *c, const struct line_wish *w);
void line_free(struct line *l);
const struct line_figures *line_figures(const struct line *l);

/** "starved", ...; static. */
const char *line_state_name(enum line_state state);
const char *line_rule_name(size_t rule); /* NULL beyond the last */
const char *line_drive_name(enum line_drive drive);

/** Does it live by orders alone, so that it begins with them and ends when they are made?
 */
bool line_is_ordered(const struct line_config *c);

/** What line_run() would refuse: static text, and which station, edge or source it is;
 * NULL: it is right. */
const char *line_mistake(const struct line_config *c, size_t *which);

#endif
