/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Conditions of a commissioning script: `tank/level > 0.8 ± 0.02 and not filler.open`.
 * Text to a small program for a stack, and its value.  Pure; nothing is allocated.
 *
 * Three-valued after Kleene (1952): NAN stands for unknown.  A quantity without a good
 * value is unknown, so is every comparison and sum that needs it; `and` is false where
 * one side is, `or` true where one side is, whatever the other.
 *
 * Binding, weakest first: implies; or; and; not; one comparison; + -; * /; minus.
 * Functions: abs, ceil, floor, max, min, round, sqrt.  true is 1, false is 0; a number is
 * true where it is not 0.  A name goes as far as it names something: with a/b known,
 * a/b is one quantity, a / b always a quotient.
 *
 * A tolerance (± or +-) behind a comparison is granted to the machine: a > b ± t holds
 * where a > b - t, a < b ± t where a < b + t, a == b ± t where |a - b| <= t.
 */
#ifndef TWIN_COMMISSION_FORMULA_H
#define TWIN_COMMISSION_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FORMULA_STEPS_MAX = 96, /* operations, numbers and names */
	FORMULA_DEPTH_MAX = 32, /* of the stack, and of brackets */
};

/** Who knows the names.  All borrowed for the call. */
struct name_space {
	/** The quantity that n bytes of name mean.  @return 0 or -ENOENT */
	int (*find)(void *arg, const char *name, size_t n, uint32_t *index);
	/** The number of a quantity's value that is written 'so'.  @return 0 or -ENOENT
	 */
	int (*literal)(void *arg, uint32_t index, const char *text, size_t n,
	               double *out);
	void *arg;
};

/** What is wrong with a text, and where. */
struct formula_error {
	size_t at, n;        /* bytes from the beginning of the text; n of the word */
	const char *message; /* static, one line; the word is not in it */
	bool unknown_name;   /* the word names nothing */
};

struct formula_step {
	uint8_t op;
	union {
		double number;
		uint32_t index; /* of a quantity */
	};
};

/** A condition, or a number.  A plain value. */
struct formula {
	struct formula_step steps[FORMULA_STEPS_MAX];
	size_t n;
};

/**
 * Read a formula from text + *at on, and set *at behind it: at the end, or at what cannot
 * go on it (a word such as until, a colon).
 *
 * @return 0, or -EINVAL with *error
 */
int formula_parse(struct formula *out, const struct name_space *names, const char *text,
                  size_t *at, struct formula_error *error);

/** Its value; quantities by index, NAN where unknown. */
double formula_value(const struct formula *f, const double *quantities);

/** Is it true: 1, 0, or NAN: unknown. */
double formula_truth(const struct formula *f, const double *quantities);

/**
 * How far it is from turning over: positive while it holds, negative while it does not,
 * in the unit of the comparison that decides (Donze, Maler 2010, space robustness).
 * INFINITY and -INFINITY where no comparison of size decides; NAN: unknown.
 */
double formula_margin(const struct formula *f, const double *quantities);

/** Numbers that a quantity by itself is compared with, for a chart.
 * @return how many were written, at most max */
size_t formula_limits(const struct formula *f, uint32_t quantity, double *out,
                      size_t max);

/** Quantities it names, each once, in order; added to those in out where they are not.
 * @return the new number in out, at most max */
size_t formula_quantities(const struct formula *f, uint32_t *out, size_t n, size_t max);

#endif
