/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/spread.h"

#include <stdatomic.h>
#include <uv.h>

enum { THREADS_MAX = 64 };

struct spread {
	size_t n;
	atomic_size_t next;
	atomic_int err;
	int (*job)(void *arg, size_t i);
	void *arg;
};

static void work(void *arg)
{
	struct spread *s = arg;
	size_t i;

	while (atomic_load(&s->err) == 0 && (i = atomic_fetch_add(&s->next, 1)) < s->n) {
		int err = s->job(s->arg, i);

		if (err) {
			atomic_store(&s->err, err);
		}
	}
}

int spread_run(size_t n, int (*job)(void *arg, size_t i), void *arg, unsigned *threads)
{
	struct spread s = {.n = n, .job = job, .arg = arg};
	uv_thread_t ids[THREADS_MAX];
	unsigned wanted = uv_available_parallelism(), started = 0;

	wanted = wanted > THREADS_MAX ? THREADS_MAX : wanted;
	while (started + 1 < wanted && started + 1 < n &&
	       uv_thread_create(&ids[started], work, &s) == 0) {
		started++;
	}
	work(&s); /* this thread is one of them, and perhaps the only one */
	for (unsigned i = 0; i < started; i++) {
		uv_thread_join(&ids[i]);
	}
	if (threads) {
		*threads = started + 1;
	}
	return atomic_load(&s.err);
}
