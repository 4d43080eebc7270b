/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/fit_job.h"

#include <stdlib.h>

#include "twin/component_impl.h"
#include "twin/twin_impl.h"

/* @return the first component whose fit waits, or n_components */
static size_t first_waiting(const struct twin *t)
{
	size_t i = 0;

	while (i < t->cfg->n_components &&
	       !(t->components[i].fit && t->components[i].fit->stage == FIT_WAITS)) {
		i++;
	}
	return i;
}

struct fit_job *fit_job_take(struct twin *t)
{
	size_t i = first_waiting(t);
	struct component *c = &t->components[i];
	struct fit_job *job;

	if (i == t->cfg->n_components) {
		return NULL;
	}
	job = malloc(sizeof(*job));
	if (!job || component_fit_begin(c, job)) {
		free(job);
		return NULL;
	}
	job->component = (uint32_t)i;
	c->fit->stage = FIT_RUNS;
	return job;
}

uint32_t fit_job_component(const struct fit_job *job)
{
	return job->component;
}

void fit_job_run(struct fit_job *job, const struct patience *patience)
{
	component_fit_run(job, patience);
}

void fit_job_adopt(struct twin *t, struct fit_job *job)
{
	component_fit_adopt(&t->components[job->component], job);
	free(job);
}
