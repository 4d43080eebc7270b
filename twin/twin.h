/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The live twin: a channel monitor for every analog tag, an observer for every component.
 *
 * Pure: no I/O, no clock, no log, and no allocation after twin_new().  Time is an
 * argument: nanoseconds on any one axis that does not go backwards (the gateway passes
 * the monotonic time of receipt, a replay the recording's).  Not thread-safe: one thread
 * owns it.
 */
#ifndef TWIN_TWIN_H
#define TWIN_TWIN_H

#include "drivers/reading.h"
#include "drivers/tag.h"
#include "twin/drift/sequence.h"
#include "twin/drift/told.h"
#include "twin/estimate.h"
#include "twin/models/local.h"
#include "twin/remark.h"

enum {
	COMPONENT_OUTPUTS_MAX = 2 * MODEL_OUTPUTS_MAX,
	COMPONENT_SENSORS_MAX = 8, /* outputs with a tag of a device */
};

/** A model's port tied to a tag: si = value * scale + offset. */
struct binding {
	uint32_t port; /* index in model->inputs or ->outputs */
	uint32_t tag;  /* gateway-wide index; a component's own tag: a virtual sensor */
	double scale, offset;
};

/** One component as configured. */
struct component_config {
	const char *id;
	uint32_t device_index;
	const struct model *model;
	double parameters[MODEL_PARAMETERS_MAX]; /* in the order of model->parameters, SI
	                                          */
	const double *made; /* instead of them, of a model that the configuration made */
	size_t n_made;
	struct binding inputs[MODEL_INPUTS_MAX];
	size_t n_inputs;
	/* All of the model's, in its order; the parameters that are followed, likewise,
	 * with ports behind the model's; then further sensors of the model's ports. */
	struct binding outputs[COMPONENT_OUTPUTS_MAX];
	size_t n_outputs;
	uint32_t health_tag; /* its own test, tag "health" of device = component */
	uint32_t learn;      /* rows to learn; default as the monitor's */
	double max_age_s; /* of an input that is held, or of a sensor that is filled in */
	double noise[COMPONENT_OUTPUTS_MAX]; /* by output: sigma of its sensor, SI; NAN:
	                                        learnt */
	/* Parameters to be identified on the learning rows, a bit each; takes memory and
	 * some tenths of a second once, when the rows are there: see fit_apart. */
	uint32_t fit;
	const uint32_t *tags; /* model var: what it is learnt from; else NULL */
	size_t n_tags;
	double estimate[MODEL_PARAMETERS_MAX]; /* > 0: a parameter that is followed,
	                                          spread of its logarithm; 0: a constant
	                                        */
	bool unscented; /* filter, for a model that bends much within its uncertainty */
};

/** The whole twin as configured.  Borrowed until twin_free(). */
struct twin_config {
	const struct tag *tags; /* all: the devices', then the components' */
	size_t n_tags;
	size_t n_field_tags; /* those of devices */
	const struct component_config *components;
	size_t n_components;
	uint32_t learn;       /* readings, >= 180; default 1800 */
	bool skip_startup;    /* a tag that is moving at first learns from what follows */
	double false_alarm;   /* wanted probability a row of a device; default 1e-4 */
	uint32_t alarm_after; /* readings in a row before the gateway raises an alarm */
	const bool *monitored; /* by tag; NULL: every analog tag of a device is */
	const struct sequence_config *const *tests; /* by tag of a device: what finds its
	                                               drift; NULL: the monitor's own */
	size_t learn_bytes; /* memory of the learning buffers; 0: 32 MiB */
	/* Tags of no device that somebody reads all the same, and whose expectation
	 * twin_expect() tells. */
	const uint32_t *told;
	size_t n_told;
	bool fit_apart; /* fits wait for twin/fit_job.h; else twin_merge() does them */
	const struct point *points; /* by tag of a device: scaling, which saved state is
	                               valid for; NULL: not known */
};

/** Name, unit and description of an output's port: the model's, or a parameter's. */
const struct model_port *twin_output_port(const struct component_config *c, size_t port);

struct twin;

/** @return 0, -ENOMEM, or -EINVAL where cfg is out of its ranges */
int twin_new(struct twin **out, const struct twin_config *cfg);
void twin_free(struct twin *t);

/**
 * Take one batch of readings of one device, all received at t_ns: predict to that time,
 * judge on the prior, merge.  Readings that are not good advance nothing; where a
 * component's model knows the tag it is filled in (source predicted, quality uncertain)
 * up to max_age, else source held.
 *
 * @param out  out[i] answers r[i]
 */
void twin_merge(struct twin *t, int64_t t_ns, const struct reading *r, size_t n,
                struct estimate *out);

/**
 * What the components touched by the last twin_merge() say themselves: virtual sensors
 * and the tag health.  Readings carry the predicted values (quality uncertain) and NIS.
 * @return number written, at most max; call again with the same state gives the same
 */
size_t twin_virtual(struct twin *t, struct reading *r, struct estimate *out, size_t max);

/**
 * Of component i, whose model is computed elsewhere (model->remote): its inputs as they
 * are now, SI, by port; NAN: never read.
 */
void twin_asked(const struct twin *t, size_t i, double *u);

/**
 * What its outputs are from now on, SI, by port; NULL: not known, and the component is
 * bad until told otherwise.  The next twin_merge() speaks of it, also one of no readings.
 */
void twin_tell(struct twin *t, size_t i, const double *y);

/**
 * Of component i, whose model is known around where it stands (model->local): what is to
 * be asked of who computes it.  It changes with each row.
 * @return false: nothing, since an input was never read
 */
bool twin_question(const struct twin *t, size_t i, struct local_question *q);

/** What came of that question; NULL: it cannot be computed, and the component is bad
 * until there is an answer.  As twin_tell(), where that is news. */
void twin_answer(struct twin *t, size_t i, const struct local_question *q,
                 const struct local_answer *a);

/** What the i-th of the told tags is expected to read from now on; NULL: that is not
 * known any more, and the tag learns. */
void twin_expect(struct twin *t, size_t i, const struct told_level *what);

enum cause_kind { CAUSE_PARAMETER, CAUSE_INPUT, CAUSE_SENSOR };

/** What would explain what a component does. */
struct cause {
	enum cause_kind kind;
	const char *parameter; /* as the model names it; static */
	uint32_t tag;          /* of an input or a sensor */
	double amount; /* parameter: larger by that share; input: larger by that than its
	                  tag reads; sensor: drifts at that rate; in the tag's unit (/s)
	                */
};

enum { CAUSES_MAX = 3 };

/** Why a tag is in its state, for an alarm and its sentence. */
struct explanation {
	const char *method; /* "ewma", "transient", "nis", "nis_mean", "gate", "stuck";
	                       static */
	double threshold;   /* |residual| in the tag's unit where the alarm begins; NAN */
	double off;         /* mean of the last residuals, tag's unit; 0: not known */
	double rate;        /* of the residual, unit/s, over the last readings; NAN */
	double still_s;     /* since the reading last changed, up to 1023 steps; NAN */
	uint32_t blamed[4]; /* tags by contribution, largest first */
	double share[4];    /* 0..1 */
	size_t n_blamed;
	bool lies; /* blamed[0] is a sensor that another of its quantity disproves:
	              without it the model holds */
	struct cause causes[CAUSES_MAX]; /* that explain as much, the likeliest first */
	size_t n_causes;                 /* 0: none is clear */
};
void twin_explain(const struct twin *t, uint32_t tag, struct explanation *out);

/** The test chosen for a tag. */
struct tag_test {
	const struct sequence_config *cfg;
	double correlation; /* lag-1, of its innovations in learning; NAN: not known.  The
	                       farther from 0, the shorter the test's runs */
};
/** @return false where the monitor's own test finds its drift */
bool twin_test(const struct twin *t, uint32_t tag, struct tag_test *out);

/** What happened since the last call, oldest first: see twin/remark.h.
 * @return number written, at most max; the others stay */
size_t twin_remarks(struct twin *t, struct remark *out, size_t max);

/** What should not happen often, since twin_new(). */
struct twin_counts {
	uint64_t late;   /* good readings whose stamp was not later than the tag's last */
	uint64_t resets; /* observers that lost their footing and started anew */
};
void twin_count(const struct twin *t, struct twin_counts *out);

/** Two clocks read at one moment: twin_merge()'s axis, and UTC. */
struct twin_time {
	int64_t t_ns, wall_us;
};

/** Room that twin_save() needs at most, bytes. */
size_t twin_save_size(const struct twin *t);

/**
 * Everything learnt, and where the filters stand, as bytes that twin_restore() takes:
 * versioned, with a checksum, in no machine's own byte order.
 * @return number of bytes written to buf, which has room for twin_save_size()
 */
size_t twin_save(const struct twin *t, const struct twin_time *now, uint8_t *buf);

/** What became of what was saved; monitored tags and components counted alike. */
struct twin_restored {
	size_t taken;
	size_t changed; /* unit, scaling, model, ... are others: learnt anew */
	size_t unknown; /* no longer configured */
};

/**
 * Take over what was saved, before the first reading.  What is younger than 600 steps
 * goes on as after a gap; what is older, or saved by a clock that is ahead of now, keeps
 * its limits and finds its level anew.
 * @return 0; -EBADMSG: damaged, or of another version, and nothing was taken; -ENOMEM
 */
int twin_restore(struct twin *t, const struct twin_time *now, const uint8_t *buf,
                 size_t n, struct twin_restored *out);

/**
 * The parameters of a component's configuration were changed in place: its state stays,
 * as unsure as at a start, its noise too.
 */
void twin_reparameterise(struct twin *t, uint32_t component);

/**
 * A component's tag health: what it is when all is well, and where its alarm begins.
 * @return false while it learns, and for model var
 */
bool twin_health_scale(const struct twin *t, uint32_t component, double *well,
                       double *alarm);

/**
 * Is a component off its model by the slow test, on the mean of its last 600 rows?
 * @param[out] nis  that mean, by output: 1 is to be expected
 */
bool twin_is_slow_mismatch(const struct twin *t, uint32_t component, double *nis);

/** Its parameters in force, SI, MODEL_PARAMETERS_MAX of them: as configured, as found on
 * learning rows, or a version's. */
void twin_parameters(const struct twin *t, uint32_t component, double *out);

/** Has a component its learning rows, and its parameters are not found yet? */
bool twin_is_fitting(const struct twin *t, uint32_t component);

/** Learning done, 0 to 1; 1 when judged, NAN for a tag that is not monitored.  The tag
 * health is its component. */
double twin_progress(const struct twin *t, uint32_t tag);

#endif
