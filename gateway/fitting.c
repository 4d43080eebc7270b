/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fitting.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "twin/fit_job.h"

struct fitting {
	struct twin *twin;
	uv_loop_t *loop;
	uv_work_t work;
	struct fit_job *job; /* on the pool; NULL: none */
	atomic_bool stopped;
};

int fitting_new(struct fitting **out, struct twin *twin, uv_loop_t *loop)
{
	struct fitting *f = calloc(1, sizeof(*f));

	if (!f) {
		return -ENOMEM;
	}
	f->twin = twin;
	f->loop = loop;
	f->work.data = f;
	atomic_init(&f->stopped, false);
	*out = f;
	return 0;
}

/* --- on the pool --- */

static bool goes_on(void *arg)
{
	struct fitting *f = arg;

	return !atomic_load(&f->stopped);
}

static void on_work(uv_work_t *work)
{
	struct fitting *f = work->data;

	fit_job_run(f->job, &(struct patience){goes_on, f});
}

/* --- on the loop --- */

static void begin(struct fitting *f);

static void on_done(uv_work_t *work, int status)
{
	struct fitting *f = work->data;
	struct fit_job *job = f->job;

	(void)status; /* one that never ran is interrupted too */
	f->job = NULL;
	fit_job_adopt(f->twin, job);
	if (!atomic_load(&f->stopped)) {
		begin(f);
	}
}

static void begin(struct fitting *f)
{
	f->job = fit_job_take(f->twin);
	if (f->job && uv_queue_work(f->loop, &f->work, on_work, on_done)) {
		struct fit_job *job = f->job;

		f->job = NULL;
		fit_job_adopt(f->twin, job); /* another time, then */
	}
}

void fitting_tick(struct fitting *f)
{
	if (!f->job && !atomic_load(&f->stopped)) {
		begin(f);
	}
}

void fitting_stop(struct fitting *f)
{
	if (!f) {
		return;
	}
	atomic_store(&f->stopped, true);
	if (f->job) {
		(void)uv_cancel((uv_req_t *)&f->work); /* one that waits for a thread */
	}
}

void fitting_free(struct fitting *f)
{
	free(f);
}
