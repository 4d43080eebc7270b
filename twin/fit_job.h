/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The fit of a component (component_config.fit) away from the twin: with
 * twin_config.fit_apart a component that has its rows goes on in `learning` until who
 * runs the twin has taken the fit, run it, and handed it back.
 *
 * A job touches nothing of the twin that the twin writes: it may run on another thread,
 * one at a time or several, while readings are merged.  All jobs end before twin_free().
 */
#ifndef TWIN_FIT_JOB_H
#define TWIN_FIT_JOB_H

#include "twin/identify/patience.h"
#include "twin/twin.h"

struct fit_job;

/** The next that waits, or NULL: none, or no memory for it now.  Ends with
 * fit_job_adopt(). */
struct fit_job *fit_job_take(struct twin *t);

/** Which component it is of. */
uint32_t fit_job_component(const struct fit_job *job);

/** Some tenths of a second and more.  @param patience  NULL: it is not interrupted */
void fit_job_run(struct fit_job *job, const struct patience *patience);

/**
 * Between two twin_merge(): the component goes on with what was found and learnt, after
 * the rows that came meanwhile.  What was interrupted, or ran with parameters that
 * somebody has changed since, waits again.
 * @param job  is freed
 */
void fit_job_adopt(struct twin *t, struct fit_job *job);

#endif
