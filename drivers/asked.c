/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/asked.h"

#include <errno.h>

enum { FASTEST_MS = 100 }; /* a read of tags without a period takes so long */

static void finish(struct asked *a, int err, bool bring)
{
	if (a->probing) {
		a->probing = false;
		a->probe_done(a->probe_arg, err);
	}
	if (a->reading) {
		if (bring) {
			a->hooks.bring(a->hooks.arg);
		}
		a->reading = false;
		a->sink.done(a->sink.arg, err);
	}
}

static void on_timer(uv_timer_t *timer)
{
	struct asked *a = timer->data;
	int err = a->hooks.error(a->hooks.arg);

	finish(a, err == -EINPROGRESS ? -ETIMEDOUT : err, true);
}

static bool is_fastest(const struct asked *a)
{
	return a->reading && a->config->periods_ms[0] == 0 && a->due == 1;
}

static void answer_soon(struct asked *a)
{
	bool settled = a->hooks.error(a->hooks.arg) != -EINPROGRESS;
	uint32_t wait_ms = is_fastest(a) ? FASTEST_MS : 0;

	uv_timer_start(&a->timer, on_timer, settled ? wait_ms : a->config->timeout_ms, 0);
}

void asked_open(struct asked *a, uv_loop_t *loop, const struct device_config *config,
                const struct asked_hooks *hooks)
{
	*a = (struct asked){.config = config, .hooks = *hooks};
	uv_timer_init(loop, &a->timer);
	a->timer.data = a;
}

int asked_read(struct asked *a, uint32_t due, const struct read_sink *sink)
{
	if (a->reading) {
		return -EBUSY;
	}
	a->reading = true;
	a->due = due;
	a->sink = *sink;
	answer_soon(a);
	return 0;
}

int asked_probe(struct asked *a, probe_done_cb done, void *arg)
{
	if (a->probing) {
		return -EBUSY;
	}
	a->probing = true;
	a->probe_done = done;
	a->probe_arg = arg;
	answer_soon(a);
	return 0;
}

void asked_changed(struct asked *a)
{
	if (a->reading || a->probing) {
		answer_soon(a);
	}
}

static void on_closed(uv_handle_t *handle)
{
	struct asked *a = handle->data;

	a->hooks.closed(a->hooks.arg);
}

void asked_close(struct asked *a)
{
	finish(a, -ECANCELED, false);
	uv_close((uv_handle_t *)&a->timer, on_closed);
}
