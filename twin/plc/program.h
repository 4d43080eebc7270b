/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A Structured Text program that runs: the public face of twin/plc.
 *
 * Hand texts to a struct sources (sources.h), load them, then scan.  Nothing allocates
 * after program_load() but program_force() of a variable that was not forced before.
 * All times are ns on the scan's own clock, which starts where the caller likes and
 * never goes back; timers and tasks know no other.
 *
 *     program_load(&p, sources, &options);      or print sources_diagnoses()
 *     for (k = 0;; k++) {
 *             program_image_set(p, &cell, ...); or program_write()
 *             program_scan(p, k * program_cycle_ns(p));
 *             program_image_get(p, &cell);      or program_read()
 *     }
 *
 * Not thread-safe: one thread owns a program.
 */
#ifndef TWIN_PLC_PROGRAM_H
#define TWIN_PLC_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "twin/plc/sources.h"
#include "twin/plc/type.h"

enum {
	PROGRAM_CYCLE_NS = 20000000, /* default of options.cycle_ns */
	PROGRAM_PATH_MAX = 512,      /* bytes of a variable's path, with its NUL */
	PROGRAM_TEXT_MAX = 1 << 17,  /* enough bytes for any value as text */
	PROGRAM_CELLS = 8192,        /* bits an area holds at least */
	PROGRAM_WORDS = 1024,        /* B, W, D, L an area holds at least, each */
};

/** A program's loops and calls in one scan, before its watchdog stops it. */
#define PROGRAM_WATCHDOG 20000000

struct program;

struct program_options {
	int64_t cycle_ns; /* of a program without tasks; 0: PROGRAM_CYCLE_NS */
	int64_t watchdog; /* most backward jumps and calls in a scan; 0: PROGRAM_WATCHDOG
	                   */
	bool coverage;    /* count statements and branches */
};

/**
 * Parse, check and compile the texts of s, which must outlive the program.  Warnings and
 * errors are reported into s.  RETAIN variables start with their initial values.
 *
 * @param[out] out  set on success only
 * @param options   NULL: all defaults
 * @return 0, -EINVAL: see sources_diagnoses(), -ENOMEM, or -E2BIG: its variables take
 * more than 256 MiB
 */
int program_load(struct program **out, struct sources *s,
                 const struct program_options *options);
void program_free(struct program *p);

/**
 * All that program_load() finds wrong with the texts of s, which may also be a library:
 * without a PROGRAM.
 *
 * @return 0 (see sources_errors()), or -ENOMEM
 */
int program_check(struct sources *s);

/** Period of the scan: greatest common divisor of the tasks' intervals, or
 * options.cycle_ns. */
int64_t program_cycle_ns(const struct program *p);

/* ---- running --------------------------------------------------------------------------
 */

struct program_fault {
	struct position at; /* of the statement; line 0: none */
	uint64_t scan;      /* counted from 0 */
	const char *text;   /* "division by zero", "index 11 is outside 0..10"; no full
	                       stop; belongs to the program */
};

/**
 * One scan at time now_ns: inputs to variables, every task that is due by priority,
 * variables to outputs.
 *
 * @return 0, or -EFAULT: a run-time error, see program_fault().  The scan ended there,
 * all of %Q is 0 (its safe state, forced outputs too), and every further scan does
 * nothing but return -EFAULT, until program_restart()
 */
int program_scan(struct program *p, int64_t now_ns);

/** NULL where there was none. */
const struct program_fault *program_fault(const struct program *p);

/** Everything to its initial value, %Q and %M of the image too, and time to start anew.
 * RETAIN variables keep theirs if warm; inputs and forces stay. */
void program_restart(struct program *p, bool warm);

/** How many scans were done since load or restart. */
uint64_t program_scans(const struct program *p);

/** Backward jumps and calls that the last scan took, of options.watchdog. */
int64_t program_effort(const struct program *p);

/* ---- image of inputs, outputs and memory ----------------------------------------------
 */

/**
 * One place of the image.  As in OpenPLC the sizes are areas of their own: %QX0.0,
 * %QB0 and %QW0 share nothing.
 */
struct program_cell {
	char area;       /* 'I', 'Q', 'M' */
	char size;       /* 'X', 'B', 'W', 'D', 'L' */
	uint32_t number; /* of 'X': 8 * byte + bit */
};

/** How many cells of one area and size there are. */
uint32_t program_cells(const struct program *p, char area, char size);

/** Its bits, zero-extended; 0 where there is none.  Inputs read as they were set, not as
 * forced. */
uint64_t program_image_get(const struct program *p, struct program_cell cell);

/** Takes effect at the next scan.  @return 0 or -ERANGE where there is no such cell */
int program_image_set(struct program *p, struct program_cell cell, uint64_t bits);

/** "%QX0.1", "%MW5" in any case.  @return 0, or -EINVAL where it is no address */
int program_cell(const char *text, struct program_cell *out);

/* ---- variables ------------------------------------------------------------------------
 */

/** Where a variable is; a plain value, valid as long as the program. */
struct program_variable {
	const struct type *type;  /* NULL: a cell that the program does not name */
	uint32_t at;              /* its own business */
	struct program_cell cell; /* area 0: it has no address */
};

/**
 * Look up "main.pump.Q", "main.a[3,1]", "main.p.x", a global or any unique name of a
 * variable of a program as "speed", or an address as "%QX0.1"; in any case of letters.
 *
 * @return 0, -ENOENT, -EINVAL where it is no path, -ERANGE where an index is outside, or
 * -EEXIST where a bare name belongs to several
 */
int program_find(const struct program *p, const char *path, struct program_variable *out);

/** Visit all variables of programs and globals down to their elementary parts, arrays
 * element by element; path and variable are valid within the call.  Stops where visit
 * returns other than 0. @return that, or 0 */
int program_each(const struct program *p,
                 int (*visit)(void *arg, const char *path,
                              const struct program_variable *variable),
                 void *arg);

/**
 * Its value as text (contract: BOOL 0 or 1, REAL with the digits that read back, TIME in
 * ms, enumerations by name, strings in quotes); a structure or array has none and gives
 * "".  Terminated, cut to room.
 *
 * @return its length, without the NUL
 */
size_t program_read(const struct program *p, const struct program_variable *v, char *out,
                    size_t room);

/**
 * Set it before the next scan from text as program_read() gives it, or as the language
 * writes a literal (TRUE, 16#FF, T#5s).  An input or memory with an address takes the
 * value over into its cell.  A forced one stays as it is forced.
 *
 * @return 0, -EINVAL, or -ERANGE where it does not fit the type
 */
int program_write(struct program *p, const struct program_variable *v, const char *text);

/** Its value as a number: BOOL 0 or 1, TIME in s, DATE in s since 1970, NaN of what is no
 * number. */
double program_number(const struct program *p, const struct program_variable *v);

/** Set it as program_write().  Integers are rounded half to even, and cut to their range.
 * @return 0, or -EINVAL of what is no number */
int program_set_number(struct program *p, const struct program_variable *v,
                       double number);

/**
 * Hold it at a value, whatever the program assigns and the image brings, from now on.
 * While anything is forced, the program runs some times slower.
 *
 * @return 0, -EINVAL, -ERANGE as program_write(), -ENOSPC beyond 256 forced variables
 */
int program_force(struct program *p, const struct program_variable *v, const char *text);

/** @return 0, or -ENOENT where it was not forced */
int program_unforce(struct program *p, const struct program_variable *v);
bool program_is_forced(const struct program *p, const struct program_variable *v);
size_t program_forces(const struct program *p);

/* ---- retained variables ---------------------------------------------------------------
 */

/** One elementary RETAIN variable: path, type as declared, value as program_read(). */
struct program_kept {
	const char *path, *type, *value;
};

/** Visit all, valid within the call; stops where visit returns other than 0.
 * @return that, or 0 */
int program_retained(const struct program *p,
                     int (*visit)(void *arg, const struct program_kept *kept), void *arg);

/**
 * Take one back, before the first scan.  What another program kept is no mistake.
 *
 * @return 0, -ENOENT: no RETAIN variable has this path, -EMEDIUMTYPE: it is of another
 * type now, -EINVAL or -ERANGE: its value is none
 */
int program_restore(struct program *p, const struct program_kept *kept);

/* ---- online change --------------------------------------------------------------------
 */

/** Who is told why a program cannot be changed: one sentence a reason, no full stop,
 * valid within the call. */
struct program_complaint {
	void (*say)(void *arg, const char *text);
	void *arg;
};

/** How many variables of programs and globals kept their values, are new and begin with
 * their initial value, and are gone. */
struct program_changed {
	size_t kept, begun, dropped;
};

/**
 * Between two scans: let another program go on where p is.  What has the same path and
 * type keeps its value (constants and VAR_TEMP do not), timers, edges and counters with
 * it; enumerations keep the name of their value, structures and instances of blocks their
 * parts by name.  Image, forces, time and the phase of tasks stay; FIRST_SCAN is not set.
 *
 * @param p      the one that runs; on success it is the new program, and what was looked
 *               up by program_find() must be looked up again
 * @param fresh  just loaded, with the same options; on success it is the old one: free it
 *               and its sources.  Else free it too, p runs on unchanged
 * @param[out] counts  on success
 * @return 0, -ENOMEM, or -EINVAL: said why
 */
int program_change(struct program *p, struct program *fresh,
                   const struct program_complaint *to, struct program_changed *counts);

/* ---- coverage -------------------------------------------------------------------------
 */

enum program_point_kind {
	POINT_STATEMENT, /* it ran */
	POINT_TAKEN,     /* condition true, or a branch of CASE, or a loop entered */
	POINT_PASSED,    /* condition false, or ELSE */
};

struct program_point {
	struct position at;
	enum program_point_kind kind;
	const char *pou; /* name of the program, block or function */
};

/** All points in order of the text and how often each was passed since load; *n is 0
 * without options.coverage. */
const struct program_point *program_points(const struct program *p, size_t *n,
                                           const uint64_t **counts);

#endif
