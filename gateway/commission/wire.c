/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/commission/wire.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "gateway/clock.h"

enum { MS_NS = 1000000, PATIENCE_MS = 1000 };

struct wire {
	uv_loop_t loop;
	uv_timer_t timer;
	struct plc_remote *remote;
	const char *why;
	bool down; /* the PLC does not answer */
	uint64_t due_ns, period_ns, down_ns;
	uint64_t overruns;
};

static void on_link(void *arg, bool up, const char *why)
{
	struct wire *w = arg;

	w->down = !up;
	w->why = why;
	w->down_ns = clock_now_ns();
}

int wire_open(struct wire **out, const struct plant_setup *setup, const char *target,
              const char **why)
{
	struct wire *w = calloc(1, sizeof(*w));
	int err = w ? uv_loop_init(&w->loop) : -ENOMEM;
	const struct plc_remote_wish wish = {target, on_link, w};

	*why = "out of memory";
	if (err) {
		free(w);
		return err;
	}
	uv_timer_init(&w->loop, &w->timer);
	w->why = "";
	err = plc_remote_open(&w->remote, &w->loop, setup, &wish, why);
	if (err) {
		wire_close(w);
		return err;
	}
	*out = w;
	return 0;
}

void wire_close(struct wire *w)
{
	if (!w) {
		return;
	}
	plc_remote_close(w->remote);
	uv_close((uv_handle_t *)&w->timer, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	uv_loop_close(&w->loop);
	free(w);
}

void wire_attach(struct wire *w, struct plant *plant)
{
	w->period_ns = (uint64_t)llround(plant_cycle_s(plant) * 1e9);
	w->due_ns = clock_now_ns() + w->period_ns;
	plc_remote_attach(w->remote, plant);
}

static void on_timer(uv_timer_t *timer)
{
	/* It only wakes the loop. */
}

/* The exchange is part of the turn; one that takes longer than a cycle makes it late. */
static void wait_until_due(struct wire *w)
{
	uint64_t now_ns = clock_now_ns();

	while (now_ns < w->due_ns) {
		uv_update_time(&w->loop);
		uv_timer_start(&w->timer, on_timer,
		               (w->due_ns - now_ns + MS_NS - 1) / MS_NS, 0);
		uv_run(&w->loop, UV_RUN_ONCE);
		now_ns = clock_now_ns();
	}
	uv_timer_stop(&w->timer);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	if (now_ns - w->due_ns >= w->period_ns) {
		uint64_t missed = (now_ns - w->due_ns) / w->period_ns;

		w->overruns += missed;
		w->due_ns += missed * w->period_ns;
	}
	w->due_ns += w->period_ns;
}

int wire_wait(struct wire *w)
{
	wait_until_due(w);
	return w->down && clock_now_ns() - w->down_ns >= PATIENCE_MS * (uint64_t)MS_NS
	               ? -EHOSTDOWN
	               : 0;
}

const char *wire_why(const struct wire *w)
{
	return w->why;
}

void wire_tell(const struct wire *w, FILE *out)
{
	struct plc_remote_stats s = plc_remote_stats(w->remote);

	fprintf(out,
	        "%llu exchanges with the PLC, %llu failed, %llu late; %llu deadlines "
	        "missed; the last request took %.1f ms\n",
	        (unsigned long long)s.exchanges, (unsigned long long)s.failed,
	        (unsigned long long)s.late, (unsigned long long)w->overruns,
	        (double)s.rtt_us / 1e3);
}
