/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/twin_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/state_file.h"

#define SAVE_NS (UINT64_C(600) * 1000000000)
#define NAME    "twin.state"

struct twin_file {
	struct twin *twin;
	uv_loop_t *loop;
	const char *dir;
	uint64_t due_ns;
	uv_work_t work;
	bool busy;
	uint8_t *bytes; /* while they are written */
	size_t n;
	int err;   /* of the last write */
	bool told; /* that it cannot be written */
};

static int replace(const struct twin_file *f)
{
	return state_file_replace(f->dir, NAME, f->bytes, f->n);
}

static struct twin_time both_clocks(void)
{
	return (struct twin_time){(int64_t)clock_now_ns(), clock_wall_us()};
}

/* @return false where there is no memory: the next time, then */
static bool take_bytes(struct twin_file *f)
{
	struct twin_time now = both_clocks();

	f->bytes = malloc(twin_save_size(f->twin));
	f->n = f->bytes ? twin_save(f->twin, &now, f->bytes) : 0;
	return f->bytes != NULL;
}

static void written(struct twin_file *f)
{
	free(f->bytes);
	f->bytes = NULL;
	if (f->err && !f->told) {
		log_line(LOG_WARNING, "%s/" NAME " cannot be written: %s", f->dir,
		         strerror(-f->err));
	}
	f->told = f->err != 0;
}

static void on_work(uv_work_t *work)
{
	struct twin_file *f = work->data;

	f->err = replace(f);
}

static void on_written(uv_work_t *work, int status)
{
	struct twin_file *f = work->data;

	(void)status;
	f->busy = false;
	written(f);
}

void twin_file_tick(struct twin_file *f)
{
	uint64_t now_ns = clock_now_ns();

	if (f->busy || now_ns < f->due_ns) {
		return;
	}
	f->due_ns = now_ns + SAVE_NS;
	if (!take_bytes(f)) {
		return;
	}
	f->work.data = f;
	f->busy = uv_queue_work(f->loop, &f->work, on_work, on_written) == 0;
	if (!f->busy) {
		written(f);
	}
}

void twin_file_save(struct twin_file *f)
{
	if (f && take_bytes(f)) {
		f->err = replace(f);
		written(f);
	}
}

static void restore(struct twin_file *f)
{
	struct twin_time now = both_clocks();
	struct twin_restored what = {0};
	uint8_t *bytes = NULL;
	size_t n = 0;
	int err = state_file_read(f->dir, NAME, &bytes, &n);

	if (err == -ENOENT) {
		return;
	}
	if (!err) {
		err = twin_restore(f->twin, &now, bytes, n, &what);
		free(bytes);
	}
	if (err) {
		log_line(LOG_WARNING, "%s/" NAME ": %s: the twin learns anew", f->dir,
		         err == -EBADMSG ? "damaged or of another version"
		                         : strerror(-err));
		return;
	}
	log_line(LOG_NOTICE, "twin: %zu tags and components go on as learnt", what.taken);
	if (what.changed) {
		log_line(LOG_NOTICE, "twin: %zu have changed and learn anew",
		         what.changed);
	}
}

int twin_file_new(struct twin_file **out, struct twin *t, uv_loop_t *loop,
                  const char *state_dir)
{
	struct twin_file *f = calloc(1, sizeof(*f));

	if (!f) {
		return -ENOMEM;
	}
	f->twin = t;
	f->loop = loop;
	f->due_ns = clock_now_ns() + SAVE_NS;
	f->dir = state_dir;
	restore(f);
	*out = f;
	return 0;
}

void twin_file_free(struct twin_file *f)
{
	free(f);
}
