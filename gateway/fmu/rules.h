/* SPDX-License-Identifier: Apache-2.0 */
/** What a variable of an FMU may be: FMI 2.0.4 section 2.2.7, FMI 3.0.1 section 2.4.7.
 * Pure. */
#ifndef GATEWAY_FMU_RULES_H
#define GATEWAY_FMU_RULES_H

#include <stdbool.h>

enum fmu_type {
	FMU_FLOAT64, /* Real of 2.0 */
	FMU_FLOAT32,
	FMU_INT8,
	FMU_UINT8,
	FMU_INT16,
	FMU_UINT16,
	FMU_INT32, /* Integer of 2.0 */
	FMU_UINT32,
	FMU_INT64,
	FMU_UINT64,
	FMU_ENUMERATION,
	FMU_BOOLEAN,
	FMU_STRING,
	FMU_BINARY,
	FMU_CLOCK,
	FMU_TYPES
};

enum fmu_causality {
	FMU_LOCAL,
	FMU_PARAMETER,
	FMU_CALCULATED_PARAMETER,
	FMU_STRUCTURAL_PARAMETER, /* 3.0 */
	FMU_INPUT,
	FMU_OUTPUT,
	FMU_INDEPENDENT,
	FMU_CAUSALITIES
};

enum fmu_variability {
	FMU_CONSTANT,
	FMU_FIXED,
	FMU_TUNABLE,
	FMU_DISCRETE,
	FMU_CONTINUOUS,
	FMU_VARIABILITIES
};

enum fmu_initial { FMU_EXACT, FMU_APPROX, FMU_CALCULATED, FMU_INITIALS };

/** What a variable is, with what it does not say filled in by rules_complete(). */
struct fmu_kind {
	enum fmu_type type;
	enum fmu_causality causality;
	enum fmu_variability variability; /* FMU_VARIABILITIES: not said */
	enum fmu_initial initial;         /* FMU_INITIALS: not said */
	bool has_start;
};

/** Fill in what is not said. */
void rules_complete(struct fmu_kind *k);

/** Is this combination one of the standard's?  @return NULL, or why not; static */
const char *rules_fault(const struct fmu_kind *k, unsigned version);

/** Real numbers. */
bool rules_is_real(enum fmu_type type);

/** Numbers and booleans: what a double can carry. */
bool rules_is_number(enum fmu_type type);

/** As the standard writes it: "Float64", "input", "continuous", "exact". */
const char *rules_type_name(enum fmu_type type, unsigned version);
extern const char *const rules_causality_names[FMU_CAUSALITIES];
extern const char *const rules_variability_names[FMU_VARIABILITIES];
extern const char *const rules_initial_names[FMU_INITIALS];

#endif
