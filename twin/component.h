/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The observer of one component: an extended Kalman filter on its model, tuned on the
 * first healthy rows, then left as it is.  SI units throughout; twin.c converts.
 *
 * A row is an update with at least one output.  The first of the learning rows tell the
 * sensors' noise (where it is not configured) and are then left out; the others tell the
 * process noise, and what NIS and innovations are like in health.
 */
#ifndef TWIN_COMPONENT_H
#define TWIN_COMPONENT_H

#include "twin/drift/nis.h"
#include "twin/drift/var.h"
#include "twin/fit.h"
#include "twin/models/local.h"
#include "twin/observer/augment.h"
#include "twin/observer/blame.h"
#include "twin/observer/delay.h"
#include "twin/observer/tune.h"
#include "twin/observer/witness.h"
#include "twin/twin.h"

enum component_phase {
	COMPONENT_NOISE,  /* learns R */
	COMPONENT_TUNING, /* learns the scale of Qc, and what is normal */
	COMPONENT_JUDGING,
};

/** What the last step says of an output. */
struct component_output {
	bool measured;  /* tied to a device's tag */
	bool judged;    /* a reading came and met a prediction: the rest is its */
	uint8_t sensor; /* its number among the measured */
	double lsb;     /* of the sensor, SI */
	int64_t t_ns;   /* of its last good reading; INT64_MIN: none */
	double y;       /* that reading */
	bool lost;      /* none since, and it should have come */
	double predicted, sigma, estimate; /* prior h(x), sqrt(S), posterior h(x) */
	double share;                      /* of NIS, nu_i (S^-1 nu)_i / NIS */
};

struct component {
	const struct component_config *cfg;
	const double *p;             /* the observer's model's parameters */
	struct augmented *augmented; /* that model, where parameters are followed */
	double told[1 + MODEL_OUTPUTS_MAX]; /* p of a model that is computed elsewhere */
	struct local *local; /* likewise, known around where it stands; NULL: it is not
	                        such a model */
	bool bad;            /* who computes it cannot; until told otherwise */
	bool news;           /* something was told since the last step */
	struct fit *fit;     /* that finds some of p first; NULL: none to be found */
	struct var *var; /* model var: all that follows is not used but t_ns and learn */
	bool spoke;      /* model var: the last step was a row */
	struct observer observer;
	struct zoh *zoh; /* of a linear model; NULL: none */
	double qc[MODEL_STATES_MAX], R[COMPONENT_OUTPUTS_MAX];
	double qc_lost; /* times qc while a sensor is lost */
	bool r_known;   /* every measured output's noise is configured */

	double u[MODEL_INPUTS_MAX];      /* as they act now */
	double u_next[MODEL_INPUTS_MAX]; /* as they are */
	struct delay *delay;             /* between the two; NULL: none */
	int64_t u_ns[MODEL_INPUTS_MAX];  /* INT64_MIN: never; INT64_MAX: not bound */
	struct component_output out[COMPONENT_OUTPUTS_MAX]; /* as in cfg->outputs */
	size_t n_measured;
	bool fresh[COMPONENT_OUTPUTS_MAX]; /* readings that the next step takes */

	enum component_phase phase;
	uint32_t rows, learn;
	bool running; /* x and P are worth something; else: start with the next row */
	bool hold;    /* component_hold() */
	bool stale;   /* an input, or all outputs, missing longer than max_age */
	int64_t t_ns; /* of x and P */
	struct kalman filter;
	struct tune tune; /* until component_forget() */
	size_t tuned;     /* the filter taken */
	int64_t row_ns;   /* of the last row */
	double y_before[2]
		       [COMPONENT_OUTPUTS_MAX]; /* learning R: the two readings before */
	double bend2[COMPONENT_OUTPUTS_MAX];    /* sum of squared second differences */
	uint32_t bends[COMPONENT_OUTPUTS_MAX];
	struct nis nis;
	struct blame blame;
	struct witness witness; /* of sensors that have another beside them */
	uint64_t resets;        /* the filter lost its footing and was started anew */
};

/**
 * @param tags   all of the gateway, for the resolution of sensors
 * @param learn  rows, where cfg does not say
 * @return 0 or -ENOMEM; component_fini() either way
 */
int component_init(struct component *c, const struct component_config *cfg,
                   const struct twin_config *twin);
void component_fini(struct component *c);

/** A good value of an input, by its port, or of a measured output, by its place in
 * cfg->outputs, at t_ns; taken by component_step(). */
void component_input(struct component *c, size_t port, int64_t t_ns, double u);
void component_output(struct component *c, size_t i, int64_t t_ns, double y);

/** A tag of model var at cfg->tags[i]; NAN: it has no good value. */
void component_tag(struct component *c, size_t i, double x);

/** Of a model that is computed elsewhere: its outputs, SI; NULL: they are not known. */
void component_tell(struct component *c, const double *y);

/**
 * Of a model that is known around where it stands: what is to be asked of who computes
 * it.
 * @return false: nothing, since an input was never read
 */
bool component_question(const struct component *c, struct local_question *q);

/** What came of it; NULL: it cannot be computed. */
void component_answer(struct component *c, const struct local_question *q,
                      const struct local_answer *a);

/** Input i as it is, SI; NAN: it is bound and was never read. */
double component_asked(const struct component *c, size_t i);

/**
 * Whether the parameters that are followed stay as they are in the next step: for a fault
 * is not to pass for one of them.  Those of a component in alarm stay anyway.
 */
void component_hold(struct component *c, bool hold);

/** There is no reading of a measured output; until there is one the model stands in. */
void component_lost(struct component *c, size_t i);

/** Predict to t_ns, then take what came: inputs, and outputs judged on the prior. */
void component_step(struct component *c, int64_t t_ns);

/**
 * Output i of cfg->outputs as the model has it now, for a sensor that is lost or was
 * never there.
 *
 * @param[out] value  prior, SI
 * @param[out] sigma  of the value, or, where a sensor is lost, of what it would read
 * @return false where the model cannot say: not started, stale, lost for too long
 */
bool component_fill(const struct component *c, size_t i, double *value, double *sigma);

/** The parameters were found before, and c->fit has them: nothing is to be found. */
void component_fitted(struct component *c);

/** The parameters have changed where c->p points: x stays, P is a start's. */
void component_reparameterise(struct component *c);

/** learning, healthy, mismatch, stale, or bad. */
enum tag_state component_state(const struct component *c);

/** |residual| over its sigma that, lasting, sets off the alarm in force. */
double component_threshold(const struct component *c);

/**
 * Innovation k of output i in learning, SI, with its distance from the one before.
 * @return false where that row had no reading of it
 */
bool component_learnt(const struct component *c, size_t i, size_t k, double *nu,
                      double *dt_s);

/** Rows for component_learnt(); 0 while learning, and after component_forget(). */
size_t component_learnt_rows(const struct component *c);
void component_forget(struct component *c);

/**
 * How many times its own noise the model needed in learning: 0.1, the least that is
 * tried, where it is right; more than 1 where a parameter is wrong or something is
 * missing.
 */
double component_misfit(const struct component *c);

/** Share of the learning rows done, 0 to 1. */
double component_progress(const struct component *c);

#endif
