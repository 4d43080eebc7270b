/* SPDX-License-Identifier: Apache-2.0 */
/* What can go wrong with the models of twin/models.  Most damage is a parameter that is
 * no longer what it was; a leak is a flow beside the model's own. */
#include <string.h>

#include "drivers/reading.h"
#include "twin/models/torricelli.h"
#include "twin/plant/part.h"

/* Indexes into the parameters of the models, as docs/models.md has them; damage stands
 * behind them. */
enum { TANK_AREA = 0, TANK_OUTLET = 1, TANK_LEAK = 3, HEATED_LEAK = 6 };
enum { PUMP_HEAD = 0, PUMP_LOSS = 1 };
enum { VALVE_KVS = 0 };
enum { PIPE_DIAMETER = 1, PIPE_FITTINGS = 4 };
enum { EXCHANGER_UA = 0 };
enum { THERMAL_G_HEATER = 2, THERMAL_POWER = 4 };
enum { ORDER_GAIN = 0, ORDER_TAU = 1 };
enum { MOTOR_FRICTION = 3 }; /* of dc_motor and of conveyor */
enum { INDUCTION_BREAKDOWN = 3 };

extern const struct model model_tank, model_heated_tank;

#define SHARE(name, text)                                                                \
	{                                                                                \
		name, "1", text, 0, 0, 0.999                                             \
	}

static const struct model_port tank_damages[] = {
	{"leak", "m2", "coefficient times area of a hole at the bottom", 0, 0, 1e3},
	SHARE("blocked", "share of the outlet that is blocked"),
};

static void tank_wear(const double *d, double *p)
{
	p[TANK_OUTLET] *= 1 - d[1];
}

static double leakage(const double *p, double leak, const double *x)
{
	return leak * torricelli(x[0]) / p[TANK_AREA];
}

static void tank_rates(const double *p, const double *x, const double *u, double *dx)
{
	model_tank.rates(p, x, u, dx);
	dx[0] -= leakage(p, p[TANK_LEAK], x);
}

/* What leaks takes its heat along: the temperature does not feel it. */
static void heated_rates(const double *p, const double *x, const double *u, double *dx)
{
	model_heated_tank.rates(p, x, u, dx);
	dx[0] -= leakage(p, p[HEATED_LEAK], x);
}

static const struct model_port pump_damages[] = {
	SHARE("wear", "share of the head lost at the wheel"),
	{"blocked", "1", "times by which its loss is larger, less one", 0, 0, 1e6},
};

static void pump_wear(const double *d, double *p)
{
	p[PUMP_HEAD] *= 1 - d[0];
	p[PUMP_LOSS] *= 1 + d[1];
}

static const struct model_port valve_damages[] = {
	SHARE("blocked", "share of the opening that is blocked"),
};

static void valve_wear(const double *d, double *p)
{
	p[VALVE_KVS] *= 1 - d[0];
}

static const struct model_port pipe_damages[] = {
	SHARE("fouling", "share of the diameter that is lost"),
	{"blocked", "1", "loss coefficient of what is stuck in it", 0, 0, 1e9},
};

static void pipe_wear(const double *d, double *p)
{
	p[PIPE_DIAMETER] *= 1 - d[0];
	p[PIPE_FITTINGS] += d[1];
}

static const struct model_port exchanger_damages[] = {
	SHARE("fouling", "share of the conductance that is lost"),
};

static void exchanger_wear(const double *d, double *p)
{
	p[EXCHANGER_UA] *= 1 - d[0];
}

static const struct model_port thermal_damages[] = {
	SHARE("burnt", "share of the heater's power that is lost"),
	SHARE("fouling", "share of the conductance to the body that is lost"),
};

static void thermal_wear(const double *d, double *p)
{
	p[THERMAL_POWER] *= 1 - d[0];
	p[THERMAL_G_HEATER] *= 1 - d[1];
}

static const struct model_port order_damages[] = {
	SHARE("wear", "share of the gain that is lost"),
	{"fouling", "1", "times by which it is slower, less one", 0, 0, 1e6},
};

static void order_wear(const double *d, double *p)
{
	p[ORDER_GAIN] *= 1 - d[0];
	p[ORDER_TAU] *= 1 + d[1];
}

static const struct model_port motor_damages[] = {
	{"wear", "1", "times by which its friction is larger, less one", 0, 0, 1e6},
};

static void motor_wear(const double *d, double *p)
{
	p[MOTOR_FRICTION] *= 1 + d[0];
}

static const struct model_port induction_damages[] = {
	SHARE("wear", "share of the breakdown torque that is lost"),
};

static void induction_wear(const double *d, double *p)
{
	p[INDUCTION_BREAKDOWN] *= 1 - d[0];
}

#define DAMAGES(a) .damages = (a), .n_damages = ARRAY_SIZE(a)
static const struct {
	const char *model;
	struct part_kind kind;
} known[] = {
	{"conveyor", {DAMAGES(motor_damages), .wear = motor_wear}},
	{"dc_motor", {DAMAGES(motor_damages), .wear = motor_wear}},
	{"first_order", {DAMAGES(order_damages), .wear = order_wear}},
	{"heat_exchanger", {DAMAGES(exchanger_damages), .wear = exchanger_wear}},
	{"heated_tank",
         {DAMAGES(tank_damages), .wear = tank_wear, .rates = heated_rates}},
	{"induction_motor", {DAMAGES(induction_damages), .wear = induction_wear}},
	{"pipe", {DAMAGES(pipe_damages), .wear = pipe_wear}},
	{"pump", {DAMAGES(pump_damages), .wear = pump_wear}},
	{"tank", {DAMAGES(tank_damages), .wear = tank_wear, .rates = tank_rates}},
	{"thermal", {DAMAGES(thermal_damages), .wear = thermal_wear}},
	{"valve", {DAMAGES(valve_damages), .wear = valve_wear}},
};

void part_damage(struct part_kind *kind)
{
	const struct model *model = kind->model;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(known[i].model, model->name) == 0) {
			*kind = known[i].kind;
			kind->model = model;
			return;
		}
	}
}
