/* SPDX-License-Identifier: Apache-2.0 */
/* What a machine goes through: work, failures, maintenance, operators, breaks. */
#include <math.h>

#include "twin/line/line_impl.h"

static const struct line_station *config_of(const struct line *l, const struct machine *m)
{
	return &l->c->stations[m->station];
}

static uint32_t number_of(const struct line *l, const struct machine *m)
{
	return (uint32_t)(m - l->machines);
}

static bool is_ready(const struct machine *m)
{
	return m->phase == PHASE_IDLE && !m->down && !m->paused;
}

/* The station's count of machines that could take follows. */
static void count_idle(struct line *l, const struct machine *m, bool before)
{
	struct station *s = &l->stations[m->station];
	bool now = is_ready(m);

	s->idle += (uint32_t)now - (uint32_t)before;
	if (now && !before && (s->queued > 0 || s->wanted > 0)) {
		flow_wake(l, m->station);
	}
}

/* ---- operators ---- */

static double distance(const struct operator* o, const struct line_station *s)
{
	return hypot(o->x - s->x, o->y - s->y);
}

/* The nearest who is free and can; NOBODY: none. */
static uint32_t find_operator(const struct line *l, const struct line_station *s,
                              uint32_t skill)
{
	uint32_t best = NOBODY;

	for (uint32_t i = 0; i < l->c->n_operators; i++) {
		if (l->operators[i].machine == NOBODY &&
		    l->c->operators[i].skills & skill &&
		    (best == NOBODY ||
		     distance(&l->operators[i], s) < distance(&l->operators[best], s))) {
			best = i;
		}
	}
	return best;
}

void machine_count_operator(struct line *l, uint32_t operator)
{
	struct operator* o = & l->operators[operator];
	double s = l->now - fmax(o->since, l->window);

	if (o->machine != NOBODY && s > 0 && !l->on_break) {
		*(o->walking ? &o->walk_s : &o->work_s) += s;
		hours_operator(l, operator, s);
	}
	o->since = l->now;
}

/* @return his way in s */
static double send_operator(struct line *l, uint32_t operator, struct machine * m)
{
	struct operator* o = & l->operators[operator];
	const struct line_station *s = config_of(l, m);
	double way = distance(o, s);

	machine_count_operator(l, operator);
	o->machine = number_of(l, m);
	o->walking = way > 0;
	o->walked_m += way;
	hours_walk(l, operator, way);
	o->x = s->x;
	o->y = s->y;
	return way / l->c->operators[operator].speed;
}

static bool ask_operator(struct line *l, struct machine *m)
{
	uint32_t skill = m->down ? config_of(l, m)->repair_skill : config_of(l, m)->skill;
	uint32_t *who = m->down ? &m->repairer : &m->operator;

	if (!skill || *who != NOBODY) {
		return true;
	}
	*who = find_operator(l, config_of(l, m), skill);
	if (*who != NOBODY) {
		m->walk_left = send_operator(l, *who, m);
	}
	return *who != NOBODY;
}

static void wait_for_operator(struct line *l, const struct machine *m)
{
	for (size_t i = 0; i < l->n_waiting; i++) {
		if (l->waiting[i] == number_of(l, m)) {
			return;
		}
	}
	l->waiting[l->n_waiting++] = number_of(l, m);
}

static void stop_waiting(struct line *l, const struct machine *m)
{
	size_t i = 0;

	while (i < l->n_waiting && l->waiting[i] != number_of(l, m)) {
		i++;
	}
	for (; i + 1 < l->n_waiting; i++) {
		l->waiting[i] = l->waiting[i + 1];
	}
	l->n_waiting -= i < l->n_waiting;
}

/* ---- the timer ---- */

static void time_for(struct line *l, struct machine *m, double s, enum happening kind)
{
	const uint32_t who_turn[2] = {number_of(l, m), ++m->turn};

	m->began = l->now;
	m->timed = true;
	line_plan(l, s, kind, who_turn);
}

/* What the timer measured is over, whole or not. */
static void stop_timer(struct line *l, struct machine *m)
{
	double s = l->now - m->began;

	m->turn++;
	if (!m->timed) {
		return;
	}
	m->timed = false;
	if (m->walk_left > 0) {
		m->walk_left -= s;
	} else if (m->down) {
		m->repair_left -= s;
	} else {
		m->left -= s;
		if (m->phase == PHASE_WORK) {
			m->age += s;
			m->ttf -= config_of(l, m)->calendar ? 0 : s;
		}
	}
}

static enum line_state state_of(const struct machine *m)
{
	static const enum line_state states[] = {
		[PHASE_IDLE] = LINE_STARVED,       [PHASE_SETUP] = LINE_SETTING_UP,
		[PHASE_WORK] = LINE_BUSY,          [PHASE_OUT] = LINE_BLOCKED,
		[PHASE_SERVICE] = LINE_MAINTAINED,
	};

	return m->paused                                           ? LINE_PAUSED
	       : m->down                                           ? LINE_DOWN
	       : m->timed && !(m->walk_left > 0)                   ? states[m->phase]
	       : m->phase == PHASE_SETUP || m->phase == PHASE_WORK ? LINE_UNATTENDED
	                                                           : states[m->phase];
}

static void start_timer(struct line *l, struct machine *m)
{
	bool fails = config_of(l, m)->fails && !config_of(l, m)->calendar;

	if (m->walk_left > 0) {
		time_for(l, m, m->walk_left, HAPPENS_DONE);
	} else if (m->down) {
		time_for(l, m, m->repair_left, HAPPENS_DONE);
	} else if (m->phase == PHASE_WORK && fails && m->ttf < m->left) {
		time_for(l, m, fmax(m->ttf, 0), HAPPENS_FAILURE);
	} else {
		time_for(l, m, m->left > 0 ? m->left : 0, HAPPENS_DONE);
	}
}

/* Go on with whatever it is at. */
static void go_on(struct line *l, struct machine *m)
{
	bool works = m->phase == PHASE_SETUP || m->phase == PHASE_WORK;

	if (!m->paused && (m->down || works)) {
		if (ask_operator(l, m)) {
			stop_waiting(l, m);
			start_timer(l, m);
		} else {
			wait_for_operator(l, m);
		}
	} else if (!m->paused && m->phase == PHASE_SERVICE) {
		start_timer(l, m);
	}
	figures_state(l, m, state_of(m));
}

/* He is free: to who waits longest for what he can. */
static void free_operator(struct line *l, uint32_t *who)
{
	uint32_t operator= * who;

	if (operator== NOBODY) {
		return;
	}
	machine_count_operator(l, operator);
	l->operators[operator].machine = NOBODY;
	*who = NOBODY;
	for (size_t i = 0; i < l->n_waiting; i++) {
		struct machine *m = &l->machines[l->waiting[i]];
		uint32_t skill = m->down ? config_of(l, m)->repair_skill
		                         : config_of(l, m)->skill;

		if (!m->paused && l->c->operators[operator].skills & skill) {
			go_on(l, m);
			return;
		}
	}
}

/* ---- jobs ---- */

static void begin_work(struct line *l, struct machine *m)
{
	m->phase = PHASE_WORK;
	m->left = m->job_s;
}

static void begin_job(struct line *l, struct machine *m)
{
	const struct line_station *c = config_of(l, m);
	uint32_t product = l->part[m->held.first].product;
	double setup = c->setups_s && m->product != NOBODY
	                       ? c->setups_s[m->product * l->c->n_products + product]
	                       : 0;
	double factor = c->factors ? c->factors[product] : 1;

	m->job_s = dist_draw(&c->time, &m->time) * factor;
	l->stations[m->station].ideal_s += factor * l->stations[m->station].ideal;
	m->product = product;
	if (setup > 0) {
		m->phase = PHASE_SETUP;
		m->left = setup;
	} else {
		begin_work(l, m);
	}
	go_on(l, m);
}

/* Is it time for planned maintenance? */
static bool is_due(const struct line *l, const struct machine *m)
{
	const struct line_station *c = config_of(l, m);

	switch (c->policy) {
	case LINE_RUN_TO_FAILURE:
		return false;
	case LINE_PERIODIC:
		return m->age >= c->every_s;
	case LINE_CONDITION:
		return c->fails && !c->calendar && m->ttf <= c->every_s;
	}
	return false;
}

static void renew(struct line *l, struct machine *m)
{
	m->age = 0;
	if (config_of(l, m)->fails && !config_of(l, m)->calendar) {
		m->ttf = dist_draw(&config_of(l, m)->up, &m->up);
	}
}

/* The last part is out: what next? */
void machine_pushed(struct line *l, uint32_t machine)
{
	struct machine *m = &l->machines[machine];
	bool before = is_ready(m);

	if (is_due(l, m)) {
		m->phase = PHASE_SERVICE;
		m->left = dist_draw(&config_of(l, m)->service, &m->service);
		l->stations[m->station].services++;
		go_on(l, m);
		return;
	}
	/* The usual way, short: the next part waits already. */
	if (l->stations[m->station].queued > 0 && !m->paused && !m->down &&
	    flow_take(l, m->station, m)) {
		begin_job(l, m);
		if (l->stations[m->station].wanted > 0) {
			flow_unblock(l, m->station);
		}
		return;
	}
	m->phase = PHASE_IDLE;
	figures_state(l, m, state_of(m));
	count_idle(l, m, before);
}

static void end_work(struct line *l, struct machine *m)
{
	flow_finish_job(l, m);
	if (m->operator!= NOBODY) {
		hours_job(l, m->operator, m->station);
	}
	m->phase = PHASE_OUT;
	free_operator(l, &m->operator);
	if (flow_give(l, m)) {
		machine_pushed(l, number_of(l, m));
	} else {
		figures_state(l, m, state_of(m));
	}
}

static void end_repair(struct line *l, struct machine *m)
{
	bool before = is_ready(m);

	m->down = false;
	free_operator(l, &m->repairer);
	if (!config_of(l, m)->calendar) {
		renew(l, m);
	}
	go_on(l, m);
	count_idle(l, m, before);
}

void machine_done(struct line *l, uint32_t machine)
{
	struct machine *m = &l->machines[machine];
	bool walked = m->walk_left > 0;
	uint32_t who = m->down ? m->repairer : m->operator;

	stop_timer(l, m);
	if (walked) {
		m->walk_left = 0;
		machine_count_operator(l, who);
		l->operators[who].walking = false;
		go_on(l, m);
	} else if (m->down) {
		end_repair(l, m);
	} else if (m->phase == PHASE_SETUP) {
		begin_work(l, m);
		go_on(l, m);
	} else if (m->phase == PHASE_WORK) {
		end_work(l, m);
	} else if (m->phase == PHASE_SERVICE) {
		renew(l, m);
		m->phase = PHASE_IDLE;
		figures_state(l, m, state_of(m));
		count_idle(l, m, false);
	}
}

/* ---- failures ---- */

void machine_fail(struct line *l, uint32_t machine)
{
	struct machine *m = &l->machines[machine];
	const struct line_station *c = config_of(l, m);
	bool before = is_ready(m);

	if (c->calendar) {
		const uint32_t who_turn[2] = {machine, 0};

		line_plan(l, dist_draw(&c->up, &m->up), HAPPENS_CLOCK_FAILURE, who_turn);
		if (m->down) {
			return; /* it is already */
		}
	}
	stop_timer(l, m);
	m->walk_left = 0;
	m->down = true;
	m->repair_left = dist_draw(&c->down, &m->down_time);
	l->stations[m->station].failures++;
	free_operator(l, &m->operator);
	go_on(l, m);
	count_idle(l, m, before);
}

/* ---- breaks ---- */

void machine_break(struct line *l, bool begins)
{
	for (uint32_t i = 0; i < l->c->n_operators; i++) {
		machine_count_operator(l, i);
	}
	hours_break(l, begins);
	l->on_break = begins;
	for (uint32_t i = 0; i < l->n_machines; i++) {
		struct machine *m = &l->machines[i];
		bool before = is_ready(m);

		if (begins) {
			stop_timer(l, m);
		}
		m->paused = begins;
		go_on(l, m);
		count_idle(l, m, before);
	}
}

/* ---- the beginning ---- */

void machine_init(struct line *l, uint32_t machine)
{
	enum { TIME, UP, DOWN, SERVICE, KINDS };
	struct machine *m = &l->machines[machine];
	const struct line_station *c = config_of(l, m);
	const uint32_t who_turn[2] = {machine, 0};
	/* By station and server, so that another station changes nothing here. */
	uint32_t who = m->station * LINE_SERVERS_MAX + m->server;

	line_stream(l, &m->time, 8 + TIME, who);
	line_stream(l, &m->up, 8 + UP, who);
	line_stream(l, &m->down_time, 8 + DOWN, who);
	line_stream(l, &m->service, 8 + SERVICE, who);
	m->product = m->operator= m->repairer = m->next_blocked = NOBODY;
	m->held = (struct parts){NOBODY, NOBODY, 0};
	m->state = LINE_STARVED;
	l->stations[m->station].idle++;
	renew(l, m);
	if (c->fails && c->calendar) {
		line_plan(l, dist_draw(&c->up, &m->up), HAPPENS_CLOCK_FAILURE, who_turn);
	}
}

/* Room first, so that a machine that is free takes what waits before it without a place;
 * then everything that can begin. */
void machine_try(struct line *l, uint32_t station)
{
	struct station *s = &l->stations[station];
	uint32_t servers = l->c->stations[station].servers;

	flow_unblock(l, station);
	for (uint32_t i = 0; i < servers && s->idle > 0 && !l->err; i++) {
		struct machine *m = &l->machines[s->first_machine + i];

		if (!is_ready(m) || !flow_take(l, station, m)) {
			if (is_ready(m)) {
				return;
			}
			continue;
		}
		s->idle--;
		m->phase = PHASE_WORK; /* whichever: no longer idle */
		begin_job(l, m);
		flow_unblock(l, station);
	}
}
