/* SPDX-License-Identifier: Apache-2.0 */
#include "twin/plant/control.h"

#include <math.h>
#include <string.h>

#include "drivers/reading.h"

static double clamp(double x, double min, double max)
{
	return fmin(fmax(x, min), max);
}

/* copy: y = gain u + bias */
enum { COPY_GAIN, COPY_BIAS };
static const struct model_port copy_parameters[] = {
	[COPY_GAIN] = {"gain", "", "", 1, -1e9, 1e9},
	[COPY_BIAS] = {"bias", "", "", 0, -1e9, 1e9},
};
static const struct model_port copy_inputs[] = {{"in", "", "", NAN, 0, 0}};

static double copy_scan(const double *p, const double *u, double *x, double dt_s,
                        bool first)
{
	return p[COPY_GAIN] * u[0] + p[COPY_BIAS];
}

/* filter: first order lag; holds over a reading that is no number */
static const struct model_port filter_parameters[] = {
	{"lag", "s", "time constant", NAN, 0, 1e6},
};

static double filter_scan(const double *p, const double *u, double *x, double dt_s,
                          bool first)
{
	if (first) {
		x[0] = u[0];
	} else if (!isnan(u[0])) {
		x[0] = isnan(x[0]) ? u[0] : x[0] + (u[0] - x[0]) * -expm1(-dt_s / p[0]);
	}
	return x[0];
}

/* two_point: on below setpoint - band, off above setpoint + band */
static const struct model_port two_point_parameters[] = {
	{"band", "", "half width of the hysteresis", NAN, 0, 1e9},
};
enum { SETPOINT, MEASURED, ENABLE };
static const struct model_port two_point_inputs[] = {
	[SETPOINT] = {"setpoint", "", "", NAN, 0, 0},
	[MEASURED] = {"measured", "", "", NAN, 0, 0},
	[ENABLE] = {"enable", "", "", 1, 0, 0},
};

static double two_point_scan(const double *p, const double *u, double *x, double dt_s,
                             bool first)
{
	double error = u[SETPOINT] - u[MEASURED];

	if (error > p[0]) {
		x[0] = 1;
	}
	/* Blind, off is the safe side. */
	if (u[ENABLE] < 0.5 || isnan(error) || error < -p[0]) {
		x[0] = 0;
	}
	return x[0];
}

/*
 * pi: y = kp e + I, dI/dt = kp e / ti, within min and max.  Anti-windup by conditional
 * integration (Astrom, Haegglund 1995, section 3.5): the integral doesn't grow further
 * into the limit that the output stands at.  Starts without a bump at `start`.
 */
enum { PI_KP, PI_TI, PI_MIN, PI_MAX, PI_START };
static const struct model_port pi_parameters[] = {
	[PI_KP] = {"kp", "", "gain; negative: acts the other way", NAN, -1e9, 1e9},
	[PI_TI] = {"ti", "s", "integral time", NAN, 1e-3, 1e9},
	[PI_MIN] = {"min", "", "of the output", 0, -1e9, 1e9},
	[PI_MAX] = {"max", "", "of the output", 1, -1e9, 1e9},
	[PI_START] = {"start", "", "output to start from", 0, -1e9, 1e9},
};

static double pi_scan(const double *p, const double *u, double *x, double dt_s,
                      bool first)
{
	double error = u[SETPOINT] - u[MEASURED];
	double step, y;

	if (first) {
		x[0] = p[PI_START];
	}
	if (u[ENABLE] < 0.5) {
		x[0] = clamp(p[PI_START], p[PI_MIN], p[PI_MAX]);
		return p[PI_MIN];
	}
	if (isnan(error)) { /* blind: hold */
		return clamp(x[0], p[PI_MIN], p[PI_MAX]);
	}
	step = p[PI_KP] * error * dt_s / p[PI_TI];
	y = p[PI_KP] * error + x[0] + step;
	if ((y <= p[PI_MAX] || step < 0) && (y >= p[PI_MIN] || step > 0)) {
		x[0] += step;
	}
	return clamp(p[PI_KP] * error + x[0], p[PI_MIN], p[PI_MAX]);
}

/* sequence: up to four steps of a duration and a value, round and round while enabled */
static const struct model_port sequence_parameters[] = {
	{"for_1", "s", "duration of step 1", NAN, 0, 1e6},
	{"value_1", "", "", NAN, -1e9, 1e9},
	{"for_2", "s", "", 0, 0, 1e6},
	{"value_2", "", "", 0, -1e9, 1e9},
	{"for_3", "s", "", 0, 0, 1e6},
	{"value_3", "", "", 0, -1e9, 1e9},
	{"for_4", "s", "", 0, 0, 1e6},
	{"value_4", "", "", 0, -1e9, 1e9},
};
static const struct model_port sequence_inputs[] = {
	{"enable", "", "off: output 0, starts anew", 1, 0, 0},
};
enum { SEQUENCE_STEPS = ARRAY_SIZE(sequence_parameters) / 2 };

static double sequence_scan(const double *p, const double *u, double *x, double dt_s,
                            bool first)
{
	/* A scan belongs to the step that holds its middle, so that rounding of the sum
	 * of scans never moves an edge by one. */
	double t = x[0] + dt_s / 2, total = 0;

	if (!(u[0] >= 0.5)) {
		x[0] = 0;
		return 0;
	}
	for (size_t i = 0; i < SEQUENCE_STEPS; i++) {
		total += p[2 * i];
	}
	if (total < dt_s) {
		return p[1];
	}
	x[0] += dt_s;
	if (t >= total) {
		t -= total;
		x[0] -= total;
	}
	for (size_t i = 0; i + 1 < SEQUENCE_STEPS; i++) {
		if (t < p[2 * i]) {
			return p[2 * i + 1];
		}
		t -= p[2 * i];
	}
	return p[2 * SEQUENCE_STEPS - 1];
}

/* select: y = a when, else b */
static const struct model_port select_inputs[] = {
	{"when", "", "", NAN, 0, 0},
	{"a", "", "", NAN, 0, 0},
	{"b", "", "", 0, 0, 0},
};

static double select_scan(const double *p, const double *u, double *x, double dt_s,
                          bool first)
{
	return u[0] >= 0.5 ? u[1] : u[2];
}

/* limit: 1 while the input lies within min and max, back on only by `band` inside */
enum { LIMIT_MIN, LIMIT_MAX, LIMIT_BAND };
static const struct model_port limit_parameters[] = {
	[LIMIT_MIN] = {"min", "", "", -1e9, -1e9, 1e9},
	[LIMIT_MAX] = {"max", "", "", 1e9, -1e9, 1e9},
	[LIMIT_BAND] = {"band", "", "hysteresis", 0, 0, 1e9},
};

static double limit_scan(const double *p, const double *u, double *x, double dt_s,
                         bool first)
{
	double band = first || x[0] > 0.5 ? 0 : p[LIMIT_BAND];

	x[0] = u[0] >= p[LIMIT_MIN] + band && u[0] <= p[LIMIT_MAX] - band ? 1 : 0;
	return x[0];
}

#define PORTS(a) a, ARRAY_SIZE(a)
static const struct block_kind kinds[] = {
	{"copy", "gain times in plus bias", PORTS(copy_parameters), PORTS(copy_inputs),
         copy_scan},
	{"filter", "first order lag", PORTS(filter_parameters), PORTS(copy_inputs),
         filter_scan},
	{"limit", "1 while in lies within min and max", PORTS(limit_parameters),
         PORTS(copy_inputs), limit_scan},
	{"pi", "controller with anti-windup", PORTS(pi_parameters),
         PORTS(two_point_inputs), pi_scan},
	{"select", "a when it is on, else b", NULL, 0, PORTS(select_inputs), select_scan},
	{"sequence", "steps of a duration and a value", PORTS(sequence_parameters),
         PORTS(sequence_inputs), sequence_scan},
	{"two_point", "controller with hysteresis", PORTS(two_point_parameters),
         PORTS(two_point_inputs), two_point_scan},
};

const struct block_kind *block_at(size_t i)
{
	return i < ARRAY_SIZE(kinds) ? &kinds[i] : NULL;
}

const struct block_kind *block_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			return &kinds[i];
		}
	}
	return NULL;
}

void control_scan(struct block *blocks, size_t n, double *signals, double dt_s)
{
	for (size_t i = 0; i < n; i++) {
		const struct block_config *c = blocks[i].config;
		double u[BLOCK_INPUTS_MAX];

		for (size_t k = 0; k < c->kind->n_inputs; k++) {
			u[k] = signals[c->inputs[k]];
		}
		signals[c->output] = c->kind->scan(c->parameters, u, blocks[i].x, dt_s,
		                                   !blocks[i].started);
		blocks[i].started = true;
	}
}
