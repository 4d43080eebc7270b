/* SPDX-License-Identifier: Apache-2.0 */
/** The file of a virtual machine (etc/line.yaml): plant, control program, Modbus map and
 * script; checked as a whole, then const. */
#ifndef GATEWAY_PLANT_PLANT_CONFIG_H
#define GATEWAY_PLANT_PLANT_CONFIG_H

#include <stdio.h>

#include "drivers/modbus/pdu.h"
#include "drivers/tag.h"
#include "twin/plant/plant.h"

struct fmu_config;

/** Where a unit shows a signal: signal = raw * scale + offset. */
struct plant_register {
	struct encoding encoding; /* the point's; its own scale is 1 */
	struct point point;       /* space is an enum modbus_table; its own scale is 1 */
	uint32_t signal;
	int32_t sensor; /* whose signal it is; -1: none's */
	double scale, offset;
	double raw_min, raw_max; /* what the type holds */
};

/** An address of the PLC's program and the signal behind it: signal = raw * scale +
 * offset. */
struct plant_io {
	char area, size; /* 'I', 'Q', 'M'; 'X', 'W', 'D', 'L' */
	uint32_t number; /* of 'X': 8 * byte + bit */
	enum value_type type;
	uint32_t signal;
	double scale, offset;
};

/** The PLC of the machine. */
struct plant_plc {
	const char *const *files; /* of its program, as paths; none: it is elsewhere */
	size_t n_files;
	const struct plant_io *io;
	size_t n_io;
};

/** One Modbus unit. */
struct plant_unit {
	const char *id;
	uint8_t unit;
	const struct plant_register *registers;
	size_t n_registers;
	uint32_t sizes[4]; /* entries of each table, by enum modbus_table */
};

/** The whole file.  Strings and arrays belong to it. */
struct plant_setup {
	struct plant_config plant;
	const char *listen;             /* tcp://HOST:PORT */
	const struct plant_unit *units; /* that of the PLC comes last */
	struct plant_plc plc;
	const struct fmu_config *fmus; /* components that are FMUs; component: its part */
	size_t n_fmus;
	const char *const *part_ids; /* by index of the plant's configuration */
	const char *const *sensor_ids;
	const char *const *actuator_ids;
	const char **fault_texts; /* "tank1 leak", by index of the plant's script */
};

/**
 * Read and check a file.  Every error goes to complaints as `file:line:col: error: ...`.
 *
 * @param[out] out  set on success only; free with plant_config_free()
 * @param script    a file whose `script:` stands for the plant's own; NULL: its own
 * @return 0; -EINVAL: complaints say why; -ENOENT, -EACCES, ... (said on complaints too)
 */
int plant_config_load(struct plant_setup **out, const char *path, const char *script,
                      FILE *complaints);

/** The same from text; path is for the complaints. */
int plant_config_load_text(struct plant_setup **out, const char *path, const char *text,
                           FILE *complaints);
void plant_config_free(struct plant_setup *s);

/**
 * A fault by its name, as a script writes it: `leak` of component tank1, `drift` of a
 * sensor, `jammed` of an actuator, `silence` of a unit.  Fills out: from now on, for
 * ever, value 0.
 *
 * @return 0; -ENOENT: no such target; -EINVAL: the target has no such fault
 */
int plant_config_fault(const struct plant_setup *s, const char *target, const char *name,
                       struct fault *out);

/** Index of a signal by name in plant_signals(), or -1. */
int64_t plant_signal_find(const struct plant_setup *s, const char *name);

/**
 * A condition such as "tank1.level > 0.6 and run": a formula over signals
 * (twin/models/expression.h).  It lives as long as the setup.
 *
 * @return 0, -EINVAL: not understood; -ENOMEM
 */
int plant_condition(struct plant_setup *s, const char *text, struct condition *out);

#endif
