/* SPDX-License-Identifier: Apache-2.0 */
/** Units as written on tags, and what they are in the SI units of the models.  Pure.
 * After BIPM, The International System of Units, 9th edition 2019, and ISO 80000. */
#ifndef TWIN_UNITS_H
#define TWIN_UNITS_H

#include <stddef.h>

/** A unit: si = value * scale + offset. */
struct unit {
	const char *name; /* as written; "" and "1" are ratios */
	const char *si;   /* the SI unit of its quantity, as models write it */
	double scale, offset;
};

/**
 * How a value in `name` becomes one in the SI unit `si`.  A name may belong to two
 * quantities (1/min: a frequency, or a speed of rotation); si decides.
 *
 * @return 0; -ENOENT: name is no unit known here; -EDOM: it is one of another quantity
 */
int units_convert(const char *name, const char *si, double *scale, double *offset);

/** The i-th unit, NULL beyond the last: for lists and "did you mean". */
const struct unit *units_at(size_t i);

#endif
