/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/cycle.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "gateway/clock.h"

#define SECOND_NS INT64_C(1000000000)

struct cycle {
	uv_poll_t poll;
	int fd;
	struct program *program;
	struct cycle_hooks hooks;
	int64_t period_ns;
	int64_t start_ns; /* monotonic, of deadline 0 */
	int64_t next;     /* number of the next deadline */
	int64_t last_ns;  /* start of the last scan, monotonic */
	int64_t time_ns;
	int64_t period_sum, work_sum;
	struct cycle_stats stats;
	bool stopped;
};

static int arm(struct cycle *c)
{
	int64_t due = c->start_ns + c->next * c->period_ns;
	struct itimerspec spec = {
		.it_value = {.tv_sec = due / SECOND_NS, .tv_nsec = due % SECOND_NS}};

	return timerfd_settime(c->fd, TFD_TIMER_ABSTIME, &spec, NULL) == 0 ? 0 : -errno;
}

static void note_start(struct cycle *c, int64_t now)
{
	struct cycle_stats *s = &c->stats;
	int64_t late = now - (c->start_ns + c->next * c->period_ns);
	int64_t period = now - c->last_ns;

	if (s->scans > 0) {
		c->period_sum += period;
		s->period_mean = c->period_sum / (int64_t)s->scans;
		s->period_min = s->scans == 1 || period < s->period_min ? period
		                                                        : s->period_min;
		s->period_max = period > s->period_max ? period : s->period_max;
	}
	s->jitter = late > s->jitter ? late : s->jitter;
	c->last_ns = now;
}

static void note_end(struct cycle *c, int64_t took)
{
	struct cycle_stats *s = &c->stats;

	s->scans++;
	c->work_sum += took;
	s->work_mean = c->work_sum / (int64_t)s->scans;
	s->work_max = took > s->work_max ? took : s->work_max;
}

static void scan(struct cycle *c)
{
	int64_t now = (int64_t)clock_now_ns();
	int64_t missed = (now - (c->start_ns + c->next * c->period_ns)) / c->period_ns;
	int err = 0;

	if (missed > 0) {
		c->stats.overruns += (uint64_t)missed;
		c->next += missed;
	}
	note_start(c, now);
	c->time_ns = c->next * c->period_ns;
	c->next++;
	if (c->hooks.before && c->hooks.before(c->hooks.arg, c->time_ns) != 0) {
		return;
	}
	err = program_scan(c->program, c->time_ns);
	note_end(c, (int64_t)clock_now_ns() - now);
	if (c->hooks.after(c->hooks.arg, c->time_ns, err) && !c->stopped) {
		arm(c);
	}
}

static void on_due(uv_poll_t *poll, int status, int events)
{
	struct cycle *c = poll->data;
	uint64_t times;

	if (read(c->fd, &times, sizeof(times)) == (ssize_t)sizeof(times) && !c->stopped) {
		scan(c);
	}
}

int cycle_start(struct cycle **out, uv_loop_t *loop, struct program *p,
                const struct cycle_hooks *hooks)
{
	struct cycle *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		return -ENOMEM;
	}
	c->program = p;
	c->hooks = *hooks;
	c->period_ns = program_cycle_ns(p);
	c->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	err = c->fd < 0 ? -errno : uv_poll_init(loop, &c->poll, c->fd);
	if (err) {
		if (c->fd >= 0) {
			close(c->fd);
		}
		free(c);
		return err;
	}
	c->poll.data = c;
	c->start_ns = (int64_t)clock_now_ns();
	uv_poll_start(&c->poll, UV_READABLE, on_due);
	err = arm(c);
	if (err) {
		cycle_stop(c);
		return err;
	}
	*out = c;
	return 0;
}

struct cycle_stats cycle_stats(const struct cycle *c)
{
	return c->stats;
}

int64_t cycle_time(const struct cycle *c)
{
	return c->time_ns;
}

static void on_closed(uv_handle_t *handle)
{
	struct cycle *c = handle->data;

	close(c->fd);
	free(c);
}

void cycle_stop(struct cycle *c)
{
	if (c && !c->stopped) {
		c->stopped = true;
		uv_poll_stop(&c->poll);
		uv_close((uv_handle_t *)&c->poll, on_closed);
	}
}
