/* SPDX-License-Identifier: Apache-2.0 */
/** A small machine as the gateway sees it: a tank with its model in other units than the
 * sensors', a temperature under two-point control, a counter and a switch. */
#ifndef TESTS_TWIN_MACHINE_H
#define TESTS_TWIN_MACHINE_H

#include "tank_plant.h"
#include "twin/twin.h"

enum {
	LEVEL,       /* mm, explained by the model */
	INFLOW,      /* l/s */
	VALVE,       /* 0..1 */
	TEMPERATURE, /* degC, under control, no model */
	SWITCH,      /* no number */
	FIELD_TAGS,
	OUTFLOW = FIELD_TAGS, /* l/s, a virtual sensor */
	HEALTH,
	TAGS,
};

enum { MACHINE_LEARN = 400, MACHINE_STEP_NS = 100000000 };

static const struct tag machine_tags[TAGS] = {
	[LEVEL] = {.device = "plc",
                   .name = "level",
                   .kind = &(const struct tag_kind){.analog = true, .lsb = 0.1}},
	[INFLOW] = {.device = "plc",
                    .name = "inflow",
                    .kind = &(const struct tag_kind){.analog = true}},
	[VALVE] = {.device = "plc",
                   .name = "valve",
                   .kind = &(const struct tag_kind){.analog = true}},
	[TEMPERATURE] = {.device = "plc",
                         .name = "temperature",
                         .kind = &(const struct tag_kind){.analog = true}},
	[SWITCH] = {.device = "plc",
                    .name = "heater",
                    .kind = &(const struct tag_kind){.type = TYPE_BOOL}},
	[OUTFLOW] = {.device = "tank",
                     .name = "outflow",
                     .device_index = 1,
                     .kind = &(const struct tag_kind){.unit = ""}},
	[HEALTH] = {.device = "tank",
                    .name = "health",
                    .device_index = 1,
                    .kind = &(const struct tag_kind){.unit = ""}},
};

struct machine {
	struct component_config component;
	struct twin_config cfg;
	struct twin *twin;
	struct tank_plant tank;
	double temperature;
	bool heater;
	int64_t t_ns;
	struct reading r[FIELD_TAGS];
	struct estimate e[FIELD_TAGS];
};

/** A machine whose tank bears the model's parameters; free with twin_free(m->twin). */
static inline void machine_new(struct machine *m, uint64_t seed)
{
	*m = (struct machine){.tank = tank_plant_new(seed), .temperature = 48};
	m->component = (struct component_config){
		.id = "tank",
		.device_index = 1,
		.model = model_find("tank"),
		.parameters = {tank_area, tank_outlet, 1e4},
		.inputs = {{0, INFLOW, 1e-3, 0}, {1, VALVE, 1, 0}},
		.n_inputs = 2,
		.outputs = {{0, LEVEL, 1e-3, 0}, {1, OUTFLOW, 1e-3, 0}},
		.n_outputs = 2,
		.health_tag = HEALTH,
		.max_age_s = 30,
		.noise = {NAN, NAN},
	};
	m->cfg = (struct twin_config){
		.tags = machine_tags,
		.n_tags = TAGS,
		.n_field_tags = FIELD_TAGS,
		.components = &m->component,
		.n_components = 1,
		.learn = MACHINE_LEARN,
		.false_alarm = 1e-4,
	};
}

/** Read all tags after another 100 ms. */
static inline void machine_read(struct machine *m)
{
	const double values[] = {
		[LEVEL] = tank_plant_level(&m->tank) * 1e3,
		[INFLOW] = tank_plant_inflow(&m->tank) * 1e3,
		[VALVE] = m->tank.valve,
		[TEMPERATURE] = m->temperature + 0.05 * noise_normal(&m->tank.seed),
	};

	for (uint32_t i = 0; i < FIELD_TAGS; i++) {
		m->r[i] = (struct reading){.tag = i};
		m->r[i].value = i == SWITCH ? value_bool(m->heater)
		                            : value_real(values[i]);
	}
}

static inline void machine_lose(struct machine *m, uint32_t tag)
{
	m->r[tag] = (struct reading){
		.tag = tag, .quality = QUALITY_BAD, .reason = REASON_TIMEOUT};
}

/** Let 100 ms go by: the tank, and a heater that switches at 47 and 49 degC. */
static inline void machine_run(struct machine *m)
{
	tank_plant_step(&m->tank);
	if (m->temperature < 47 || m->temperature > 49) {
		m->heater = m->temperature < 47;
	}
	m->temperature += (m->heater ? 0.5 : -0.4) * tank_step_s;
	m->t_ns += MACHINE_STEP_NS;
	machine_read(m);
}

static inline void machine_merge(struct machine *m)
{
	twin_merge(m->twin, m->t_ns, m->r, FIELD_TAGS, m->e);
}

#endif
