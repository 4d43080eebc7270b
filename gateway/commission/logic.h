/* SPDX-License-Identifier: Apache-2.0 */
/** The PLC program of a stand: its variables by path, what of it has run, and how its
 * enumerated variables went from value to value. */
#ifndef GATEWAY_COMMISSION_LOGIC_H
#define GATEWAY_COMMISSION_LOGIC_H

#include "gateway/commission/stand.h"
#include "twin/plc/program.h"

enum { LOGIC_STATES_MAX = 32 };

/** An enumerated variable of the program. */
struct logic_machine {
	const char *path;
	const struct type *type;
	size_t n;        /* values of its type, LOGIC_STATES_MAX at most are counted */
	uint64_t *steps; /* [from * n + to], from unlike to, over all runs */
	uint64_t *seen;  /* scans in each */
	struct program_variable variable;
	size_t now; /* index of its value; n: none yet in this run */
};

struct logic;

/** @param program, sources  borrowed until logic_close().  @return 0 or -ENOMEM */
int logic_open(struct logic **out, struct program *program, struct sources *sources);
void logic_close(struct logic *l);

/** A run begins; what was counted stays. */
void logic_restart(struct logic *l);

/** A scan is done. */
void logic_turn(struct logic *l);

/** A variable by path, bare name or address.  @return 0, -ENOENT or -ENOMEM */
int logic_find(struct logic *l, const char *name, size_t n, uint32_t *handle);
/** Its address; area 0: it has none. */
struct program_cell logic_cell(const struct logic *l, uint32_t handle);
double logic_read(const struct logic *l, uint32_t handle);
/** @return 0 or -EINVAL */
int logic_set(struct logic *l, uint32_t handle, double value);
int logic_literal(const struct logic *l, uint32_t handle, const char *text, size_t n,
                  double *out);
void logic_describe(const struct logic *l, uint32_t handle, struct stand_quantity *out);

/** The i-th path of all variables; NULL behind the last.  How many there are. */
const char *logic_name(const struct logic *l, size_t i);
size_t logic_names(const struct logic *l);

/** "bottling.st:12: division by zero (scan 5)"; "" where it runs. */
const char *logic_why(struct logic *l);

const struct logic_machine *logic_machines(const struct logic *l, size_t *n);
const struct program_point *logic_points(const struct logic *l, size_t *n,
                                         const uint64_t **counts);
struct sources *logic_sources(const struct logic *l);

#endif
