/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The channel monitor: what a tag without a model is expected to read, and whether it
 * left its normal.  A local level (Harvey 1989) whose standardised innovations go through
 * an EWMA (Roberts 1959; Lucas, Saccucci 1990), gated, beside the transient detector.
 *
 * All limits come from healthy readings: monitor_learn().  "Steps" are multiples of the
 * median distance of those, so a 10 ms and a 10 min tag behave alike.
 */
#ifndef TWIN_DRIFT_MONITOR_H
#define TWIN_DRIFT_MONITOR_H

#include "twin/drift/learner.h"
#include "twin/drift/sequence.h"
#include "twin/drift/transient.h"
#include "twin/estimate.h"

#define MONITOR_LAMBDA 0.1 /* weight of the EWMA */

/** One tag, after learning; a plain value of 88 bytes.  Zeroed: not learnt. */
struct monitor {
	int64_t t_ns; /* of the last reading taken */
	double m, p;  /* level, and its variance */
	double w;     /* EWMA of the standardised innovation */
	struct transient move;
	float r, q;         /* variance of a reading; of the level's walk in one step */
	float dt0_s;        /* nominal step */
	float w_limit;      /* of |w|: h sqrt(c) */
	float z_spike;      /* of |z| */
	uint16_t drift_for; /* steps in drift, in sixteenths, saturating */
	uint8_t again;      /* readings still to come before a lost level is known */
	bool drift : 1;
	bool spike : 1;    /* the last reading was one */
	bool ready : 1;    /* learnt */
	bool watched : 1;  /* the twin's: this tag is monitored */
	bool linked : 1;   /* the twin's: components take it */
	bool modelled : 1; /* the twin's: a component explains it, x is its innovation */
	bool rebaselined : 1; /* with the last reading the new level became the normal one
	                       */
};

/** What is known about a tag before learning. */
struct monitor_wish {
	double false_alarm; /* wanted probability of one in a row of the device */
	uint32_t tags;      /* monitored tags of the device, at least 1 */
	double lsb;         /* resolution of the point, 0: unknown */
};

/** What was learnt, to be shown; names as in the formulas. */
struct monitor_learnt {
	double r, q, dt0_s;
	double c;                /* variance of w */
	double h, zeta, z_spike; /* limit of |w|/sqrt(c); clip of z; limit of |z| */
	double correlation;      /* lag-1, of z */
};

enum { MONITOR_LEARN_MIN = 100 }; /* readings; below it nothing can be learnt */

/**
 * Learn from at least MONITOR_LEARN_MIN healthy readings, all finite; dt_s is destroyed
 * (its first is not used).  m->t_ns, when the last came, is the caller's, as are the two
 * flags of the twin.
 *
 * @param out  may be NULL
 */
void monitor_learn(struct monitor *m, const struct monitor_wish *wish,
                   const struct learner_rows *rows, struct monitor_learnt *out);

/** The limits that follow from the largest |w| and |z| seen in learning, and from l->c;
 * fills h, zeta and z_spike of l. */
void monitor_limits(struct monitor *m, const struct monitor_wish *wish,
                    const double w_and_z_max[2], struct monitor_learnt *l);

/**
 * Judge a good reading x, finite, at t_ns > m->t_ns, on what was expected of it, and take
 * it in.  Fills predicted, sigma, estimate, score, state and drift of e.
 *
 * @param test  finds the drift in place of the monitor's EWMA; NULL: none
 */
void monitor_step(struct monitor *m, int64_t t_ns, double x, struct sequence *test,
                  struct estimate *e);

/** What is expected now, where there is no reading: fills predicted, sigma, estimate. */
void monitor_expect(const struct monitor *m, struct estimate *e);

/** learning, or what the last reading was. */
enum tag_state monitor_state(const struct monitor *m);

/** Of the innovation that is expected now, in the tag's unit. */
double monitor_sigma(const struct monitor *m);

/** Half width of what passes for normal by the level test, in the tag's unit. */
double monitor_threshold(const struct monitor *m);

/** |x - predicted| beyond which a single reading is a spike, in the tag's unit. */
double monitor_gate(const struct monitor *m);

#endif
