/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/loop_wait.h"

struct wait {
	uv_poll_t poll;
	uv_timer_t timer;
	bool ready, over;
	int open; /* handles */
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct wait *w = poll->data;

	w->ready = w->over = true;
}

static void on_time(uv_timer_t *timer)
{
	struct wait *w = timer->data;

	w->over = true;
}

static void on_closed(uv_handle_t *handle)
{
	struct wait *w = handle->data;

	w->open--;
}

bool loop_wait(uv_loop_t *loop, int fd, int events, unsigned most_ms)
{
	struct wait w = {.open = 2};

	w.poll.data = w.timer.data = &w;
	if (uv_poll_init(loop, &w.poll, fd)) {
		return false;
	}
	uv_timer_init(loop, &w.timer);
	uv_update_time(loop);
	uv_poll_start(&w.poll, events, on_ready);
	uv_timer_start(&w.timer, on_time, most_ms, 0);
	while (!w.over) {
		loop_turn(loop);
	}
	uv_close((uv_handle_t *)&w.poll, on_closed);
	uv_close((uv_handle_t *)&w.timer, on_closed);
	while (w.open) {
		uv_run(loop, UV_RUN_NOWAIT);
	}
	return w.ready;
}
