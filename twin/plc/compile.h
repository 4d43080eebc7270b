/* SPDX-License-Identifier: Apache-2.0 */
/** A checked tree to code.  Everything made here lives as long as the struct compiled. */
#ifndef TWIN_PLC_COMPILE_H
#define TWIN_PLC_COMPILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plc/ast.h"
#include "twin/plc/code.h"
#include "twin/plc/program.h"

/** A variable with an address, or one element of such an array. */
struct compiled_cell {
	struct program_cell cell;
	const struct type *type;
	uint32_t at; /* its slot */
};

/** A program that runs. */
struct compiled_instance {
	const char *name; /* as written */
	const struct pou *pou;
	uint32_t at;    /* its variables */
	uint32_t entry; /* instruction */
	uint32_t task;  /* index; COMPILED_NO_TASK: every scan, last */
	bool retain;    /* PROGRAM RETAIN p */
};

#define COMPILED_NO_TASK UINT32_MAX

struct compiled_task {
	const char *name;
	int64_t interval_ns; /* 0: none */
	uint32_t priority;
	uint32_t entry; /* evaluates SINGLE into a BOOL at single; 0: none */
	uint32_t single;
};

struct compiled {
	struct insn *code; /* not linked */
	uint8_t *ops;      /* enum op of each */
	size_t n_code;
	struct code_line *lines;
	size_t n_lines;
	struct code_array *arrays;
	size_t n_arrays;
	uint32_t *arguments;
	size_t n_arguments;
	struct program_point *points;
	size_t n_points;
	uint8_t *memory; /* as it is before the first scan */
	uint32_t n_memory;
	struct compiled_cell *cells;
	size_t n_cells;
	struct compiled_instance *instances;
	size_t n_instances;
	struct compiled_task *tasks;
	size_t n_tasks;
	uint32_t first_scan; /* offset of FIRST_SCAN */
};

/**
 * Compile.  What is too large is reported into the tree's sources.
 *
 * @param[out] out  to be handed to compile_free(), also after an error
 * @return 0, -ENOMEM, or -E2BIG: reported
 */
int compile_tree(struct compiled *out, struct ast *ast, bool coverage);
void compile_free(struct compiled *compiled);

#endif
