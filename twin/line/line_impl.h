/* SPDX-License-Identifier: Apache-2.0 */
/** Between the files line_*.c.  Nobody else's. */
#ifndef TWIN_LINE_LINE_IMPL_H
#define TWIN_LINE_LINE_IMPL_H

#include <errno.h>

#include "twin/line/heap.h"
#include "twin/line/line.h"

#define NOBODY UINT32_MAX

enum { LEAD_BINS = 2800, PARTS_MAX = 1 << 28 };
#define LEAD_MIN_S  1e-3
#define LEAD_GROWTH 1.01

enum happening {
	HAPPENS_ARRIVAL,   /* who: source */
	HAPPENS_ORDER,     /* who: source; turn: order */
	HAPPENS_TRAVELLED, /* who: part */
	HAPPENS_DONE,      /* who: machine; turn */
	HAPPENS_FAILURE,   /* who: machine; turn, or of the clock */
	HAPPENS_CLOCK_FAILURE,
	HAPPENS_BREAK,   /* who: 1 begins, 0 ends */
	HAPPENS_VEHICLE, /* who: vehicle, that has come to the end of what it does */
};

enum phase { PHASE_IDLE, PHASE_SETUP, PHASE_WORK, PHASE_OUT, PHASE_SERVICE };

struct part {
	double born;    /* of the first part that it was made of */
	double entered; /* the line, itself */
	double queued;  /* before the station */
	double due, worked_s;
	uint32_t product, source, edge;
	uint32_t next; /* of its list; NOBODY: the last */
};

struct parts {
	uint32_t first, last, n;
};

/* How parts get along an edge. */
enum edge_kind { EDGE_PLAIN, EDGE_TRAVEL, EDGE_OUT, EDGE_FLEET };

struct edge {
	enum edge_kind kind;
	uint32_t to, capacity; /* as in the configuration, here where they are at hand */
	struct parts waiting;
	uint32_t travelling;
	uint32_t first_blocked, last_blocked; /* machines, by next_blocked */
	uint32_t blocked_source;              /* by its own list of sources */
	/* by a fleet */
	struct parts calling; /* where it leaves, until they are loaded */
	uint32_t coming; /* vehicles on their way to fetch them, a place for each there */
	bool wants_room; /* and counts as one that does before the station */
};

struct vehicle {
	uint32_t fleet, edge; /* NOBODY: it goes home */
	enum line_drive drive;
	double x, y, since, used_s;
	double active_since, active_end; /* of the last active period */
	struct parts load;
	struct rng time;
};

struct fleet {
	uint32_t first, waiting; /* of its vehicles; so many of them */
	double state_s[LINE_DRIVES], driven_m, fetched_sum, active_sum;
	uint64_t trips, parts, fetched, actives;
};

struct source {
	struct rng time, kind, route;
	struct parts backlog;                 /* came and found no room */
	uint32_t in_line, next_blocked, edge; /* where it waits for room */
	bool blocked;
};

struct machine {
	uint32_t station, server;
	enum phase phase;
	bool down, paused;
	uint32_t turn;
	double began; /* of what the timer measures */
	bool timed;
	double left, repair_left,
		walk_left; /* of the phase, the repair, the operator's way */
	double ttf, age;   /* running time to the failure; since the service */
	uint32_t product;  /* it is set up for */
	uint32_t operator, repairer, next_blocked;
	struct parts held; /* of the job, then those that are to go out */
	double job_s;
	struct rng time, up, down_time, service;
	/* figures */
	enum line_state state;
	double since, active_since, active_end; /* of the last active period */
	bool active;
};

struct operator
{
	uint32_t machine;
	double x, y, since;
	bool walking;
	double work_s, walk_s, walked_m;
};

struct station {
	uint32_t first_machine; /* the others follow */
	uint32_t idle;          /* machines that could take at once */
	uint32_t wanted;        /* machines and sources that wait for room before it */
	bool awake;
	double ideal; /* of a take, s */
	struct rng route;
	double wait_sum, queue_area, queue_since;
	uint32_t queued;
	uint64_t waits;
	double state_s[LINE_STATES], ideal_s;
	uint64_t jobs, parts, scrapped, failures, services, actives;
	double active_sum;
};

struct span {
	uint32_t first, n; /* in line.links */
};

struct line {
	const struct line_config *c;
	const struct line_wish *w;
	struct heap heap;
	double now, window; /* figures count from there */
	struct part *part;
	size_t n_part, room;
	uint32_t free_part;
	uint32_t in_line, in_line_middle; /* the second: in the middle of what counts */
	double mark;                      /* the next moment at which something is kept */
	bool counting;                    /* the warm-up is over */
	double in_line_area, in_line_since, sojourn;
	struct edge *edges;
	struct source *sources;
	struct machine *machines;
	size_t n_machines;
	struct station *stations;
	struct operator* operators;
	uint32_t *links; /* edges into and out of stations, out of sources */
	struct span *into, *out_of, *out_of_source;
	double *work_left; /* by station: expected time from there on, for LINE_CRITICAL
	                    */
	uint32_t *awake;   /* stations to be looked at, a ring */
	size_t n_awake, first_awake;
	uint32_t *waiting; /* machines that want an operator, by the time they do */
	size_t n_waiting;
	struct vehicle *vehicles;
	size_t n_vehicles;
	struct fleet *fleets;
	struct {
		size_t n;
		double *observed_s, *working_s, *walking_s, *walked_m;
		uint32_t *jobs;
		double open_since; /* the end of the last break */
	} hours;
	bool on_break;
	int err;
	uint64_t events, stuck; /* since time went on */
	/* figures */
	uint64_t good, scrapped, dated, on_time;
	double lead_sum, late_sum, last_out;
	uint32_t lead_bins[LEAD_BINS];
	struct line_figures figures;
	struct line_station_figures *station_figures;
	struct line_operator_figures *operator_figures;
	struct line_fleet_figures *fleet_figures;
	double *binned, bin_s;
	size_t n_bins;
};

/* ---- what is to happen, with who and turn; here to be inlined ---- */

static inline void line_plan(struct line *l, double after_s, enum happening kind,
                             const uint32_t who_turn[2])
{
	const struct heap_event e = {.t = l->now + after_s,
	                             .kind = kind & 0xfu,
	                             .who = who_turn[0] & 0xfffffffu,
	                             .turn = who_turn[1]};

	if (heap_push(&l->heap, &e)) {
		l->err = -ENOMEM;
	}
}

/* ---- flow: parts and edges ---- */

void flow_arrive(struct line *l, uint32_t source);
void flow_order(struct line *l, uint32_t source, uint32_t order);
void flow_travelled(struct line *l, uint32_t part);
void flow_feed(struct line *l, uint32_t source); /* one that is unlimited */

/* Who waits for room before a station gets it, where there is some. */
void flow_unblock(struct line *l, uint32_t station);

/* Parts for a job of a station into held.  @return false: not enough is there */
bool flow_take(struct line *l, uint32_t station, struct machine *m);

/* What the job has become goes out.  @return false: no room, the machine is on a list */
bool flow_give(struct line *l, struct machine *m);

/* Make the parts that go out of those of the job. */
void flow_finish_job(struct line *l, struct machine *m);

void flow_wake(struct line *l, uint32_t station);

/* Lists of parts, for who carries them. */
void flow_append(struct line *l, struct parts *list, uint32_t part);
uint32_t flow_take_first(struct line *l, struct parts *list);

/* A part has arrived before the station at the end of its edge. */
void flow_arrived(struct line *l, uint32_t part);

/* Who waits to put something on an edge, where there is room. */
void flow_unblock_edge(struct line *l, uint32_t edge);

/* ---- vehicles ---- */

void fleet_init(struct line *l);
void fleet_done(struct line *l, uint32_t vehicle);
bool fleet_has_room(const struct line *l, uint32_t edge); /* to wait for one */
void fleet_call(struct line *l, uint32_t part);           /* on its edge */
void fleet_send(struct line *l, uint32_t fleet); /* all that can go, for there is room */
void fleet_reset(struct line *l);
void fleet_close(struct line *l);

/* ---- machines ---- */

void machine_init(struct line *l, uint32_t machine);
void machine_done(struct line *l, uint32_t machine);
void machine_fail(struct line *l, uint32_t machine);
void machine_break(struct line *l, bool begins);
void machine_pushed(struct line *l, uint32_t machine); /* all its parts are out */
void machine_try(struct line *l, uint32_t station);
void machine_count_operator(struct line *l, uint32_t who); /* what he does, up to now */

/* ---- figures ---- */

void figures_state(struct line *l, struct machine *m, enum line_state state);
void figures_in_line(struct line *l, int more);
/* Here to be inlined: twice for each part at each station. */
static inline void figures_queue(struct line *l, uint32_t station, int more)
{
	struct station *s = &l->stations[station];

	s->queue_area += s->queued * (l->now - s->queue_since);
	s->queue_since = l->now;
	s->queued += (uint32_t)more;
}
void figures_left(struct line *l, const struct part *p, bool scrap);
void figures_reset(struct line *l);
void figures_close(struct line *l);

/* ---- hours ---- */

int hours_init(struct line *l);
void hours_free(struct line *l);
void hours_reset(struct line *l);
void hours_break(struct line *l, bool begins);
void hours_close(struct line *l);
void hours_operator(struct line *l, uint32_t operator, double s); /* up to now */
void hours_walk(struct line *l, uint32_t operator, double m);
void hours_job(struct line *l, uint32_t operator, uint32_t station);

/* ---- all ---- */

void line_stream(struct line *l, struct rng *g, uint32_t kind, uint32_t who);

#endif
