/* SPDX-License-Identifier: Apache-2.0 */
/* A serial line as a transport: a worker thread runs rtu.c, where it blocks.  One job is
 * handed to and fro by an atomic state, an eventfd and a uv_async_t; the queue stays with
 * the loop, and nobody holds a lock.  While the line itself is away, a probe waits until
 * it is back. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/rtu.h"
#include "drivers/modbus/transport.h"

/* Whose the job is. */
enum job_state {
	JOB_FREE,   /* the loop's, to be filled */
	JOB_POSTED, /* the worker's */
	JOB_DONE,   /* the loop's, to be read */
};

struct line {
	struct transport base; /* first */
	struct rtu *rtu;
	uv_thread_t thread;
	uv_async_t async;
	uv_timer_t timer;       /* for what waits by order */
	unsigned int n_handles; /* that libuv holds: freed at 0 */
	atomic_int state;       /* enum job_state */
	atomic_bool ended;      /* the worker */
	struct rtu_job job;
	uint8_t data[PDU_MAX]; /* of the job's request: who asked may leave meanwhile */
	struct transaction *current; /* whose job it is; NULL: given up */
	uint64_t away_ns; /* the line is away and opened again then; 0: it is there */
	uint64_t not_before_ns; /* the next request: the pause after the last */
	uint8_t last_unit;      /* that was asked: late answers are its */
	bool leaving;
};

static void work(void *arg)
{
	struct line *line = arg;

	do {
		while (atomic_load(&line->state) == JOB_POSTED) {
			rtu_transact(line->rtu, &line->job);
			atomic_store(&line->state, JOB_DONE);
			uv_async_send(&line->async);
			rtu_settle(line->rtu);
		}
	} while (rtu_wait(line->rtu) == 0);
	atomic_store(&line->ended, true);
	uv_async_send(&line->async);
}

static void post(struct line *line, struct transaction *t)
{
	struct rtu_job *job = &line->job;

	job->request = t->request;
	if (t->request.data) {
		memcpy(line->data, t->request.data, pdu_data_bytes(&t->request));
		job->request.data = line->data;
	}
	job->unit = t->unit;
	job->timeout_ms = t->timeout_ms;
	job->first_byte_ms = t->first_byte_ms;
	job->turnaround_ms = t->turnaround_ms;
	job->not_before_ns = line->not_before_ns;
	line->current = t;
	line->last_unit = t->unit;
	atomic_store(&line->state, JOB_POSTED);
	rtu_wake(line->rtu);
}

/* ---- who is next ---- */

static void on_due(uv_timer_t *timer);

static void kick(struct transport *transport)
{
	struct line *line = (struct line *)transport;
	struct transaction *next;
	uint64_t due_ns, at_ns;

	if (line->leaving || !transport->queue || atomic_load(&line->state) != JOB_FREE) {
		return;
	}
	next = transport_next(transport, line->away_ns, &due_ns);
	if (!next) {
		at_ns = transport->env.now_ns();
		uv_timer_start(&line->timer, on_due,
		               due_ns > at_ns ? (due_ns - at_ns) / 1000000 + 1 : 1, 0);
		return;
	}
	transport_take(transport, next);
	post(line, next);
}

static void on_due(uv_timer_t *timer)
{
	kick(timer->data);
}

static void forget(struct transport *transport, struct transaction *sent)
{
	struct line *line = (struct line *)transport;

	if (line->current == sent) {
		line->current = NULL;
	}
}

/* ---- the end of a transaction ---- */

/* Note whether the line is there.  @return it is away as it was before: t waits on */
static bool waits_for_line(struct line *line, struct transaction *t)
{
	bool was_away = line->away_ns != 0;

	line->away_ns = line->job.reason == REASON_REFUSED ? line->job.retry_ns : 0;
	if (!t || !t->probe || !was_away || !line->away_ns) {
		return false;
	}
	transport_cancel(&line->base, t); /* it was not sent */
	transport_submit(&line->base, t);
	return true;
}

static void take_outcome(struct line *line)
{
	const struct rtu_job *job = &line->job;
	struct transaction *t = line->current;
	struct answer answer = {.reason = job->reason,
	                        .code = job->code,
	                        .sent = job->sent,
	                        .data = job->data,
	                        .received_ns = job->received_ns};

	line->current = NULL;
	if (waits_for_line(line, t) || !t) {
		return;
	}
	line->not_before_ns = job->received_ns + t->pause_ms * UINT64_C(1000000);
	t->sent_ns = job->sent_ns;
	t->stats->requests += job->sent;
	t->stats->bytes_in += job->bytes_in;
	t->stats->bytes_out += job->bytes_out;
	transport_finish(&line->base, t, &answer);
}

static void on_closed(uv_handle_t *handle)
{
	struct line *line = handle->data;

	line->n_handles--;
	if (line->n_handles == 0) {
		rtu_free(line->rtu);
		free(line);
	}
}

static void close_handles(struct line *line)
{
	line->n_handles = 2;
	uv_close((uv_handle_t *)&line->async, on_closed);
	uv_close((uv_handle_t *)&line->timer, on_closed);
}

static void on_worker(uv_async_t *async)
{
	struct line *line = async->data;

	if (atomic_load(&line->ended)) {
		uv_thread_join(&line->thread);
		close_handles(line);
		return;
	}
	for (unsigned int n = rtu_take_late(line->rtu); n > 0; n--) {
		transport_count_late(&line->base, line->last_unit);
	}
	transport_begin(&line->base);
	if (atomic_load(&line->state) == JOB_DONE) {
		take_outcome(line);
		atomic_store(&line->state, JOB_FREE);
	}
	transport_end(&line->base);
}

static int line_new(struct transport **out, const struct driver_env *env,
                    const struct address *address)
{
	struct line *line = calloc(1, sizeof(*line));
	int err;

	if (!line) {
		return -ENOMEM;
	}
	err = rtu_new(&line->rtu, address, env->now_ns);
	if (err) {
		goto fail;
	}
	err = uv_async_init(env->loop, &line->async, on_worker);
	if (err) {
		goto fail;
	}
	uv_timer_init(env->loop, &line->timer); /* cannot fail */
	line->async.data = line->timer.data = line;
	err = uv_thread_create(&line->thread, work, line);
	if (err) {
		close_handles(line);
		return err;
	}
	*out = &line->base;
	return 0;

fail:
	rtu_free(line->rtu);
	free(line);
	return err;
}

static void line_free(struct transport *transport)
{
	struct line *line = (struct line *)transport;

	line->leaving = true;
	rtu_stop(line->rtu); /* the worker is back at once; then on_worker() */
}

const struct transport_kind transport_rtu = {
	.new = line_new,
	.kick = kick,
	.forget = forget,
	.free = line_free,
};
