/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/poller.h"

#include <errno.h>
#include <stdlib.h>

#include "gateway/clock.h"
#include "gateway/figures.h"
#include "gateway/log.h"
#include "gateway/schedule.h"

enum { HISTORY_CYCLES = 100, LOST_BATCH = 128 };

/* One device being polled. */
struct scan {
	struct poller *poller;
	const struct device_config *config;
	struct device *device; /* NULL: could not be opened */
	uv_timer_t timer;
	struct schedule schedule;
	struct figures *figures;
	bool busy;                         /* a read or probe is under way */
	uint32_t asked;                    /* groups of the read under way */
	uint32_t bad_now[POLL_GROUPS_MAX]; /* bad readings of the read under way */
	uint32_t bad[POLL_GROUPS_MAX];     /* of the last read of each group */
	enum device_state state;
	enum reason reason;               /* why down */
	bool told;                        /* the state was told at least once */
	uint8_t outcomes[HISTORY_CYCLES]; /* 1: answered, 0: silent; a ring */
	uint32_t n_outcomes, next_outcome, n_answered;
	uint32_t *brought_mis; /* one per point: when it last had a reading */
	uint32_t late;         /* groups of which the read under way makes points stale */
	uint32_t looked_mis;   /* at them, last */
	uint64_t look_ns;      /* at them, next; UINT64_MAX: no need */
};

struct poller {
	struct poller_config cfg;
	struct poller_sink sink;
	struct driver_env *envs; /* one a driver, by its place in driver_at() */
	void **shared;           /* what envs[i].shared points to */
	struct scan *scans;
	struct reading lost[LOST_BATCH]; /* tags without an answer, on their way */
	bool closing;
};

const char *device_state_name(enum device_state state)
{
	static const char *const names[] = {
		[DEVICE_OK] = "ok",
		[DEVICE_DEGRADED] = "degraded",
		[DEVICE_DOWN] = "down",
		[DEVICE_DISABLED] = "disabled",
	};

	return names[state];
}

static uint32_t bad_tags(const struct scan *scan)
{
	uint32_t n = 0;

	for (size_t i = 0; i < scan->config->n_periods; i++) {
		n += scan->bad[i];
	}
	return n;
}

static void tell(struct scan *scan, enum device_state state, enum reason reason)
{
	struct poller *p = scan->poller;
	uint32_t index = (uint32_t)(scan - p->scans);
	struct device_health health;

	if (scan->told && scan->state == state && scan->reason == reason) {
		return;
	}
	scan->told = true;
	scan->state = state;
	scan->reason = reason;
	poller_health(p, index, &health);
	p->sink.device(p->sink.arg, index, &health);
}

static void remember_outcome(struct scan *scan, bool answered)
{
	uint8_t *slot = &scan->outcomes[scan->next_outcome];

	if (scan->n_outcomes < HISTORY_CYCLES) {
		scan->n_outcomes++;
	} else {
		scan->n_answered -= *slot;
	}
	*slot = answered;
	scan->n_answered += answered;
	scan->next_outcome = (scan->next_outcome + 1) % HISTORY_CYCLES;
}

static enum reason reason_of(int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return REASON_TIMEOUT;
	case -ECONNREFUSED:
	case -EHOSTUNREACH:
	case -ENETUNREACH:
	case -ENOENT:
	case -EACCES:
		return REASON_REFUSED;
	default:
		return REASON_RESET;
	}
}

/* In 2^20 ns, about a millisecond: 32 bits turn over in 52 days. */
static uint32_t to_mis(uint64_t ns)
{
	return (uint32_t)(ns >> 20);
}

static void bring_batch(struct scan *scan, size_t n)
{
	struct poller *p = scan->poller;

	if (n > 0) {
		p->sink.readings(p->sink.arg, (uint32_t)(scan - p->scans),
		                 p->cfg.now_ns(), p->lost, n);
	}
}

static void add_lost(struct scan *scan, size_t *n, uint32_t tag, enum quality quality,
                     enum reason reason)
{
	struct poller *p = scan->poller;

	p->lost[(*n)++] = (struct reading){
		.tag = tag, .quality = (uint8_t)quality, .reason = (uint8_t)reason};
	if (*n == LOST_BATCH) {
		bring_batch(scan, *n);
		*n = 0;
	}
}

/* Bring all points of some groups bad. */
static void bring_bad(struct scan *scan, uint32_t groups, enum reason reason)
{
	const struct device_config *cfg = scan->config;
	size_t n = 0;

	for (size_t i = 0; i < cfg->n_points; i++) {
		if (groups & (1U << cfg->points[i].group)) {
			add_lost(scan, &n, cfg->points[i].tag, QUALITY_BAD, reason);
		}
	}
	bring_batch(scan, n);
}

/* A read takes long.  Bring the points stale that it has not got to: of the groups that
 * are due all that are so, of those that were due before what has become so since.  Look
 * again when the next one will be. */
static void bring_stale(struct scan *scan, uint32_t due)
{
	const struct device_config *cfg = scan->config;
	uint64_t now_ns = scan->poller->cfg.now_ns();
	uint32_t now_mis = to_mis(now_ns), next_mis = UINT32_MAX;
	size_t n = 0;

	scan->late |= due;
	for (size_t i = 0; i < cfg->n_points; i++) {
		uint32_t group = cfg->points[i].group;
		uint32_t stale_mis = to_mis(schedule_stale_ns(&scan->schedule, group));
		uint32_t age_mis = now_mis - scan->brought_mis[i];

		if (!(scan->late & (1U << group))) {
			continue;
		}
		if (age_mis <= stale_mis) {
			uint32_t left_mis = stale_mis - age_mis + 1;

			next_mis = left_mis < next_mis ? left_mis : next_mis;
		} else if (due & (1U << group) ||
		           age_mis - stale_mis <= now_mis - scan->looked_mis) {
			add_lost(scan, &n, cfg->points[i].tag, QUALITY_STALE,
			         REASON_OVERRUN);
		}
	}
	bring_batch(scan, n);
	scan->looked_mis = now_mis;
	scan->look_ns = next_mis == UINT32_MAX ? UINT64_MAX
	                                       : now_ns + ((uint64_t)next_mis << 20);
}

static void scan_arm(struct scan *scan);

/* A read or probe came to its end. */
static void scan_ended(struct scan *scan, int err)
{
	scan->busy = false;
	scan->late = 0;
	scan->look_ns = UINT64_MAX;
	remember_outcome(scan, err == 0);
	if (err) {
		schedule_silent(&scan->schedule, scan->poller->cfg.now_ns());
		if (schedule_backed_off(&scan->schedule)) {
			tell(scan, DEVICE_DOWN, reason_of(err));
		}
	} else {
		schedule_answered(&scan->schedule, scan->poller->cfg.now_ns());
		tell(scan, bad_tags(scan) ? DEVICE_DEGRADED : DEVICE_OK, REASON_NONE);
	}
	scan_arm(scan);
}

static void on_block(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
	struct scan *scan = arg;
	struct poller *p = scan->poller;
	const struct point *points = scan->config->points;

	for (size_t i = 0; i < n; i++) {
		uint32_t point = r[i].tag - points[0].tag;

		scan->brought_mis[point] = to_mis(received_ns);
		if (r[i].quality == QUALITY_BAD) {
			scan->bad_now[points[point].group]++;
		}
	}
	figures_answered(scan->figures, &scan->device->stats, received_ns);
	p->sink.readings(p->sink.arg, (uint32_t)(scan - p->scans), received_ns, r, n);
}

/* A value that came by itself, between reads. */
static void on_report(void *arg, uint64_t received_ns, const struct reading *r, size_t n)
{
	struct scan *scan = arg;
	struct poller *p = scan->poller;

	for (size_t i = 0; i < n; i++) {
		scan->brought_mis[r[i].tag - scan->config->points[0].tag] = to_mis(
			received_ns);
	}
	p->sink.readings(p->sink.arg, (uint32_t)(scan - p->scans), received_ns, r, n);
}

static void on_read_done(void *arg, int err)
{
	struct scan *scan = arg;

	for (size_t i = 0; i < scan->config->n_periods; i++) {
		if (scan->asked & (1U << i)) {
			scan->bad[i] = scan->bad_now[i];
		}
		scan->bad_now[i] = 0;
	}
	if (!scan->poller->closing) {
		scan_ended(scan, err);
	}
}

static void scan_read(struct scan *scan, uint32_t due)
{
	const struct read_sink sink = {
		.block = on_block, .done = on_read_done, .arg = scan};
	int err;

	scan->busy = true;
	scan->asked = due;
	figures_begun(scan->figures, due, &scan->device->stats,
	              scan->poller->cfg.now_ns());
	err = scan->device->driver->read(scan->device, due, &sink);
	if (err) {
		bring_bad(scan, due, reason_of(err));
		scan_ended(scan, err);
	}
}

static void on_probe_done(void *arg, int err)
{
	struct scan *scan = arg;

	if (scan->poller->closing) {
		return;
	}
	scan_ended(scan, err);
	if (!err) { /* it is back: not only the fast groups */
		scan_read(scan,
		          schedule_take_all(&scan->schedule, scan->poller->cfg.now_ns()));
	}
}

static void scan_probe(struct scan *scan)
{
	int err;

	scan->busy = true;
	err = scan->device->driver->probe(scan->device, on_probe_done, scan);
	if (err) {
		scan_ended(scan, err);
	}
}

static void on_due(uv_timer_t *timer)
{
	struct scan *scan = timer->data;
	uint64_t now_ns = scan->poller->cfg.now_ns();
	struct schedule_due due = schedule_take(&scan->schedule, now_ns, scan->busy);

	if (due.lost) {
		bring_bad(scan, due.lost, scan->reason);
	}
	if (due.late || now_ns >= scan->look_ns) {
		bring_stale(scan, due.late);
	}
	if (due.read) {
		scan_read(scan, due.read);
	} else if (due.probe) {
		scan_probe(scan);
	}
	scan_arm(scan);
}

static void scan_arm(struct scan *scan)
{
	uint64_t now_ns = scan->poller->cfg.now_ns();
	uint64_t next_ns = schedule_next(&scan->schedule);
	uint64_t wait_ms;

	next_ns = scan->look_ns < next_ns ? scan->look_ns : next_ns;
	wait_ms = next_ns > now_ns ? (next_ns - now_ns + 999999) / 1000000 : 0;
	uv_timer_start(&scan->timer, on_due, wait_ms, 0);
}

static const struct driver_env *env_of(const struct poller *p,
                                       const struct driver *driver)
{
	size_t i = 0;

	while (driver_at(i) != driver) {
		i++;
	}
	return &p->envs[i];
}

static int open_device(struct scan *scan, const char **why)
{
	const struct driver *driver = driver_find(scan->config->driver);

	if (!driver) {
		*why = "no such driver";
		return -ENOENT;
	}
	return driver->open(&scan->device, env_of(scan->poller, driver), scan->config,
	                    why);
}

static int scan_open(struct poller *p, uint32_t index)
{
	struct scan *scan = &p->scans[index];
	const struct device_config *cfg = &p->cfg.devices[index];
	const char *why = "";
	int err;

	scan->poller = p;
	scan->config = cfg;
	scan->state = DEVICE_DOWN; /* until it has answered */
	scan->look_ns = UINT64_MAX;
	uv_timer_init(p->cfg.loop, &scan->timer);
	scan->timer.data = scan;
	scan->brought_mis = calloc(cfg->n_points + 1, sizeof(*scan->brought_mis));
	if (!scan->brought_mis) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_points; i++) {
		scan->brought_mis[i] = to_mis(p->cfg.now_ns());
	}
	err = figures_new(&scan->figures, cfg->periods_ms, cfg->n_periods,
	                  p->cfg.now_ns());
	if (err) {
		return err;
	}
	err = open_device(scan, &why);
	if (err == -ENOMEM || cfg->n_periods == 0) {
		return err;
	}
	if (err) {
		log_line(LOG_ERROR, "%s: cannot be opened: %s", cfg->id, why);
		scan->device = NULL;
		tell(scan, DEVICE_DOWN, REASON_CONFIG);
		bring_bad(scan, UINT32_MAX, REASON_CONFIG);
		return 0;
	}
	scan->device->report = (struct report_sink){on_report, scan};
	schedule_init(&scan->schedule, cfg->periods_ms, cfg->n_periods, index,
	              p->cfg.now_ns());
	scan_arm(scan);
	return 0;
}

static int make_envs(struct poller *p)
{
	size_t n = 0;

	while (driver_at(n)) {
		n++;
	}
	p->envs = calloc(n + 1, sizeof(*p->envs));
	p->shared = calloc(n + 1, sizeof(*p->shared));
	if (!p->envs || !p->shared) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		p->envs[i] = (struct driver_env){.loop = p->cfg.loop,
		                                 .now_ns = p->cfg.now_ns,
		                                 .shared = &p->shared[i],
		                                 .wall_us = clock_wall_us};
	}
	return 0;
}

int poller_open(struct poller **out, const struct poller_config *cfg,
                const struct poller_sink *sink)
{
	struct poller *p = calloc(1, sizeof(*p));
	int err;

	if (!p) {
		return -ENOMEM;
	}
	p->cfg = *cfg;
	p->sink = *sink;
	*out = p;
	err = make_envs(p);
	p->scans = calloc(cfg->n_devices + 1, sizeof(*p->scans));
	if (!p->scans) {
		err = -ENOMEM;
	}
	for (size_t i = 0; !err && i < p->cfg.n_devices; i++) {
		err = scan_open(p, (uint32_t)i);
	}
	return err;
}

void poller_health(const struct poller *p, uint32_t device, struct device_health *out)
{
	const struct scan *scan = &p->scans[device];
	uint64_t now_ns = p->cfg.now_ns();

	*out = (struct device_health){
		.state = scan->state,
		.reason = scan->reason,
		.bad_tags = bad_tags(scan),
		.ok_pct = scan->n_outcomes ? 100.0 * scan->n_answered / scan->n_outcomes
	                                   : NAN,
	};
	for (size_t i = 0; i < scan->schedule.n_groups; i++) {
		out->reads += scan->schedule.groups[i].reads;
		out->overruns += scan->schedule.groups[i].overruns;
	}
	if (schedule_backed_off(&scan->schedule) &&
	    scan->schedule.retry_ns != UINT64_MAX && scan->schedule.retry_ns > now_ns) {
		out->backoff_ms = (uint32_t)((scan->schedule.retry_ns - now_ns) /
		                             1000000);
	}
	if (scan->device) {
		out->stats = scan->device->stats;
		out->detail = scan->device->detail;
	}
}

void poller_figures(const struct poller *p, uint32_t device, struct device_figures *out)
{
	const struct scan *scan = &p->scans[device];
	uint64_t now_ns = p->cfg.now_ns();

	figures_rtt(scan->figures, now_ns, &out->rtt_us);
	out->bus_load = scan->device ? figures_bus_load(scan->figures,
	                                                &scan->device->stats, now_ns)
	                             : NAN;
}

void poller_group(const struct poller *p, uint32_t device, size_t group,
                  struct group_figures *out)
{
	const struct scan *scan = &p->scans[device];
	const struct schedule_group *g = &scan->schedule.groups[group];

	out->period_ms = scan->config->periods_ms[group];
	out->reads = g->reads;
	out->overruns = g->overruns;
	figures_interval(scan->figures, group, p->cfg.now_ns(), &out->interval_us);
}

struct device *poller_device(struct poller *p, uint32_t device)
{
	return p->scans ? p->scans[device].device : NULL;
}

void poller_doubt(struct poller *p)
{
	for (size_t i = 0; i < p->cfg.n_devices; i++) {
		struct device *device = p->scans[i].device;

		if (device && device->driver->doubt_holes) {
			device->driver->doubt_holes(device);
		}
	}
}

void poller_close(struct poller *p)
{
	if (!p || p->closing) {
		return;
	}
	p->closing = true;
	for (size_t i = 0; p->scans && i < p->cfg.n_devices; i++) {
		struct scan *scan = &p->scans[i];

		if (!scan->poller) {
			continue; /* opening came not so far */
		}
		uv_close((uv_handle_t *)&scan->timer, NULL);
		if (scan->device) {
			scan->device->driver->close(scan->device);
			scan->device = NULL;
		}
	}
}

void poller_free(struct poller *p)
{
	if (!p) {
		return;
	}
	for (size_t i = 0; p->scans && i < p->cfg.n_devices; i++) {
		free(p->scans[i].brought_mis);
		figures_free(p->scans[i].figures);
	}
	free(p->scans);
	free(p->shared);
	free(p->envs);
	free(p);
}
