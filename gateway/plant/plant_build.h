/* SPDX-License-Identifier: Apache-2.0 */
/** Between the files plant_*.c: a plant's file under construction.  Nobody else's. */
#ifndef GATEWAY_PLANT_PLANT_BUILD_H
#define GATEWAY_PLANT_PLANT_BUILD_H

#include "gateway/config/config_build.h"
#include "gateway/plant/plant_config.h"

extern const struct schema_object plant_root, plant_script_root;
extern const struct schema_object plant_part_object, plant_sensor_object,
	plant_block_object, plant_actuator_object, plant_event_object;

struct plant_build;

/** The lists of a machine under construction. */
struct plant_lists {
	struct part_config *parts;
	struct sensor_config *sensors;
	struct block_config *blocks;
	struct actuator_config *actuators;
	const char **part_ids, **sensor_ids, **actuator_ids;
};

/** Parts and sensors that are there before those of the file, from elsewhere; they come
 * first in their lists. */
struct plant_given {
	size_t n_parts, n_sensors;
	size_t n_signals; /* that declare() declares, at most, and connect() */
	/** Name parts, sensors and signals.  @return 0 or -ENOMEM */
	int (*declare)(void *arg, struct plant_build *b, struct plant_lists *l);
	/** Tie them, when everything has its name. */
	void (*connect)(void *arg, struct plant_build *b, struct plant_lists *l);
	void *arg;
};

struct plant_build {
	struct arena *arena;
	struct complaints *said;
	struct schema_view root;
	struct plant_setup *setup;
	struct signal_config *signals; /* room for all that may come */
	size_t n_signals, room;
	struct config config; /* of FMUs only, as the makers of models want it */
	struct build models;
	const struct plant_given *given; /* NULL: none */
};

/** Would it be a plant, although each part of it is right?  @return 0; -EINVAL with a
 * complaint; -ENOMEM */
int plant_try(struct plant_build *b);

/** Signals, components, sensors, control, actuators.  @return 0 or -ENOMEM; what is wrong
 * goes to said */
int plant_machine_build(struct plant_build *b);

/** Components: the first pass names their signals, the second ties their inputs.
 * @return 0 or -ENOMEM */
int plant_parts_declare(struct plant_build *b, struct plant_lists *l);
int plant_parts_connect(struct plant_build *b, struct part_config *parts);

/** Parts and sensors that are given: 0 where there are none. */
size_t plant_given_parts(const struct plant_build *b);

/** The PLC's inputs and outputs, before the units.  @return 0 or -ENOMEM */
int plant_plc_build(struct plant_build *b);

/** The PLC's unit: its inputs and outputs on OpenPLC's map.  @return 0 or -ENOMEM */
int plant_plc_unit(struct plant_build *b, struct plant_unit *out);

/** Where the register of an index stands, and how large its unit's tables must be for it.
 */
void plant_unit_grow(struct plant_unit *unit, const struct plant_register *r);

/** Is a signal an output, a sensor, a block, an actuator or the clock? */
bool plant_has_writer(const struct plant_build *b, uint32_t signal);

/** The sensor whose signal it is, or -1. */
int32_t plant_sensor_of(const struct plant_config *c, uint32_t signal);

/** The server's units and their maps.  @return 0 or -ENOMEM */
int plant_units_build(struct plant_build *b);

/** The script in view.  @return 0 or -ENOMEM */
int plant_script_build(struct plant_build *b, const struct schema_view *view);

/* ---- signals ---- */

/** A new signal.  @return its index; a name that is taken is complained about */
uint32_t plant_declare(struct plant_build *b, struct place at,
                       const struct signal_config *signal);

/** The signal that text names, or -1 with a complaint at node. */
int64_t plant_signal(struct plant_build *b, const struct node *node);

/** As plant_signal(); a number, perhaps with its unit, is a constant of its own. */
int64_t plant_signal_or_number(struct plant_build *b, const struct node *node);

/** "0.5", "15 degC".  @return false with a complaint: no number, or no unit */
bool plant_quantity(struct plant_build *b, const struct node *node, double *value,
                    const char **unit);

/** A number, perhaps with its unit, in this unit.  @return false with a complaint */
bool plant_value(struct plant_build *b, const struct node *node, const char *unit,
                 double *value);

/** Is unit one of the table, or none?  False: complained about. */
bool plant_unit_is_known(struct plant_build *b, const struct node *node);

/** What of a signal, in its unit, comes to who wants it in unit; what is said of it
 * begins with `for_whom`.  False: complained about. */
bool plant_wire(struct plant_build *b, const struct node *node, const char *for_whom,
                const char *unit, struct plant_wire *out);

/** Units that can be compared: equal, or one of them none. */
bool plant_units_agree(const char *a, const char *b);

/** The condition that text is.  @return 0, -ENOMEM, or -EINVAL with a complaint at `at`
 */
int plant_condition_build(struct plant_build *b, struct place at, const char *text,
                          struct condition *out);

/** "'pump' has no input 'speeed' (did you mean 'speed'?)" */
struct plant_ports {
	const char *kind, *what; /* "pump", "input" */
	const struct model_port *ports;
	size_t n;
};

/** The port that key names, or -1 with a complaint. */
int plant_port(struct plant_build *b, const struct plant_ports *p,
               const struct node *key);

/** "unknown block 'pid' (did you mean 'pi'?)" */
struct nearest;
void plant_unknown(struct plant_build *b, const struct node *node, const char *what,
                   const struct nearest *nearest);

/** What setup is made of: its first member's owner. */
struct arena *plant_config_arena(struct plant_setup *s);

#endif
