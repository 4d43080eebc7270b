/* SPDX-License-Identifier: Apache-2.0 */
/** What the files of program.h share; nobody else includes it. */
#ifndef TWIN_PLC_PROGRAM_IMPL_H
#define TWIN_PLC_PROGRAM_IMPL_H

#include "twin/plc/compile.h"
#include "twin/plc/program.h"
#include "twin/plc/vm.h"

enum { AREAS = 3, SIZES = 5, FAULT_TEXT_MAX = 160 };

/** The image of inputs, outputs and memory: every cell has 64 bits, whatever its size. */
struct cells {
	uint64_t *cells[AREAS][SIZES];
	uint32_t n[AREAS][SIZES];
};

struct task_state {
	int64_t due; /* ns; of a task with an interval */
	bool runs;   /* in this scan */
	bool was;    /* SINGLE at the last one */
};

/** What is forced; its place in memory is the vm_force of the same index. */
struct force {
	struct program_variable variable;
	uint64_t bits; /* of a cell that no variable has */
	uint8_t *text; /* of a string, ours */
};

struct program {
	struct ast *ast;
	struct compiled made;
	struct program_options options;
	struct vm vm;
	uint8_t *memory;
	struct cells cells;
	uint64_t *loaded; /* of each cell of made, what the scan began with */
	struct task_state *tasks;
	uint32_t *order; /* instances as they run */
	int64_t cycle_ns;
	uint64_t *counts; /* of made.points */
	uint64_t scans;
	int64_t effort;
	bool fresh;   /* no scan was done yet */
	bool stopped; /* by a fault */
	int64_t now;  /* of the last scan */
	struct program_fault fault;
	char fault_text[FAULT_TEXT_MAX];
	struct vm_force holds[VM_FORCES_MAX];
	struct force forces[VM_FORCES_MAX];
	size_t n_forces;
	char *scratch; /* for the longest retained value */
	size_t scratch_room;
};

/* ---- program_cells.c */

int cells_init(struct cells *cells, const struct compiled *made);
void cells_fini(struct cells *cells);

/** A cell; NULL where there is none. */
uint64_t *cells_at(const struct cells *cells, struct program_cell cell);

/** Inputs to variables, and variables to outputs and memory. */
void cells_load(struct program *p);
void cells_store(struct program *p);

/** All of %Q and %M to 0: the next first scan begins with the initial values.  %I is the
 * outside's. */
void cells_clear(struct cells *cells);

/** All of %Q to 0, and the variables there. */
void cells_safe(struct program *p);

/** A variable's value as the bits of its cell, and back. */
uint64_t cells_bits(const struct type *t, const uint8_t *slot);
void cells_slot(const struct type *t, uint8_t *slot, uint64_t bits);

/* ---- program_walk.c */

/** Visit the elementary parts below a variable; see program_each(). */
struct walk {
	int (*visit)(struct walk *w, const struct program_variable *v);
	void *arg;
	bool retained; /* only what is kept, and standard blocks as wholes */
	char path[PROGRAM_PATH_MAX];
	size_t n; /* of path */
};

int walk_program(const struct program *p, struct walk *w);

/** Room for the longest retained value. @return 0 or -ENOMEM */
int walk_scratch(struct program *p);

/** Let retained variables keep their values from `old`, of which memory is new. */
void walk_keep(struct program *p, const uint8_t *old);

/* ---- program_find.c */

/** As program_find(); and is it RETAIN? */
int find_path(const struct program *p, const char *path, struct program_variable *out,
              bool *retained);

/* ---- program_value.c */

/** Which one holds v; NULL. */
const struct force *force_of(const struct program *p, const struct program_variable *v);
void force_fini(struct program *p);

#endif
