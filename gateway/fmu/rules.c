/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/rules.h"

#include <stddef.h>

const char *const rules_causality_names[FMU_CAUSALITIES] = {
	[FMU_LOCAL] = "local",
	[FMU_PARAMETER] = "parameter",
	[FMU_CALCULATED_PARAMETER] = "calculatedParameter",
	[FMU_STRUCTURAL_PARAMETER] = "structuralParameter",
	[FMU_INPUT] = "input",
	[FMU_OUTPUT] = "output",
	[FMU_INDEPENDENT] = "independent",
};
const char *const rules_variability_names[FMU_VARIABILITIES] = {
	[FMU_CONSTANT] = "constant",     [FMU_FIXED] = "fixed",
	[FMU_TUNABLE] = "tunable",       [FMU_DISCRETE] = "discrete",
	[FMU_CONTINUOUS] = "continuous",
};
const char *const rules_initial_names[FMU_INITIALS] = {
	[FMU_EXACT] = "exact",
	[FMU_APPROX] = "approx",
	[FMU_CALCULATED] = "calculated",
};

#define BIT(x) (1u << (x))

/* Variabilities that a causality may have. */
static const unsigned variabilities[FMU_CAUSALITIES] = {
	[FMU_LOCAL] = BIT(FMU_CONSTANT) | BIT(FMU_FIXED) | BIT(FMU_TUNABLE) |
                      BIT(FMU_DISCRETE) | BIT(FMU_CONTINUOUS),
	[FMU_PARAMETER] = BIT(FMU_FIXED) | BIT(FMU_TUNABLE),
	[FMU_CALCULATED_PARAMETER] = BIT(FMU_FIXED) | BIT(FMU_TUNABLE),
	[FMU_STRUCTURAL_PARAMETER] = BIT(FMU_FIXED) | BIT(FMU_TUNABLE),
	[FMU_INPUT] = BIT(FMU_DISCRETE) | BIT(FMU_CONTINUOUS),
	[FMU_OUTPUT] = BIT(FMU_CONSTANT) | BIT(FMU_DISCRETE) | BIT(FMU_CONTINUOUS),
	[FMU_INDEPENDENT] = BIT(FMU_CONTINUOUS),
};

/* Values of `initial` that a variable may have; 0: it must not say any.  The one that it
 * has without a word is exact where exact is the only one, else calculated. */
static unsigned initials(const struct fmu_kind *k)
{
	const unsigned computed = BIT(FMU_APPROX) | BIT(FMU_CALCULATED);

	switch (k->causality) {
	case FMU_PARAMETER:
	case FMU_STRUCTURAL_PARAMETER:
		return BIT(FMU_EXACT);
	case FMU_CALCULATED_PARAMETER:
		return computed;
	case FMU_LOCAL:
	case FMU_OUTPUT:
		if (k->variability == FMU_CONSTANT) {
			return BIT(FMU_EXACT);
		}
		return k->variability == FMU_FIXED || k->variability == FMU_TUNABLE
		               ? computed
		               : computed | BIT(FMU_EXACT);
	case FMU_INPUT:
	case FMU_INDEPENDENT:
	case FMU_CAUSALITIES:
		break;
	}
	return 0;
}

bool rules_is_real(enum fmu_type type)
{
	return type == FMU_FLOAT64 || type == FMU_FLOAT32;
}

bool rules_is_number(enum fmu_type type)
{
	return type <= FMU_BOOLEAN;
}

void rules_complete(struct fmu_kind *k)
{
	if (k->variability == FMU_VARIABILITIES) {
		k->variability = rules_is_real(k->type) ? FMU_CONTINUOUS : FMU_DISCRETE;
		if (k->causality == FMU_PARAMETER ||
		    k->causality == FMU_CALCULATED_PARAMETER ||
		    k->causality == FMU_STRUCTURAL_PARAMETER) {
			k->variability = FMU_FIXED;
		}
	}
	if (k->initial == FMU_INITIALS && initials(k)) {
		k->initial = initials(k) == BIT(FMU_EXACT) ? FMU_EXACT : FMU_CALCULATED;
	}
}

static const char *start_fault(const struct fmu_kind *k)
{
	bool needs = k->causality == FMU_INPUT || k->initial == FMU_EXACT ||
	             k->initial == FMU_APPROX;

	if (k->type == FMU_CLOCK) {
		return NULL;
	}
	return needs && !k->has_start ? "it needs a start value" : NULL;
}

const char *rules_fault(const struct fmu_kind *k, unsigned version)
{
	if (k->causality == FMU_STRUCTURAL_PARAMETER && version < 3) {
		return "structuralParameter is of FMI 3.0";
	}
	if (!(variabilities[k->causality] & BIT(k->variability))) {
		return "its causality does not go with its variability";
	}
	if (k->variability == FMU_CONTINUOUS && !rules_is_real(k->type)) {
		return "only real numbers are continuous";
	}
	if (k->causality == FMU_INDEPENDENT && !rules_is_real(k->type)) {
		return "the independent variable is a real number";
	}
	/* FMI 3.0 lets an input say what is always true of it. */
	if (k->initial != FMU_INITIALS && !(initials(k) & BIT(k->initial)) &&
	    !(version >= 3 && k->causality == FMU_INPUT && k->initial == FMU_EXACT)) {
		return "its 'initial' does not go with its causality and variability";
	}
	return start_fault(k);
}

const char *rules_type_name(enum fmu_type type, unsigned version)
{
	static const char *const names[FMU_TYPES] = {
		[FMU_FLOAT64] = "Float64",
		[FMU_FLOAT32] = "Float32",
		[FMU_INT8] = "Int8",
		[FMU_UINT8] = "UInt8",
		[FMU_INT16] = "Int16",
		[FMU_UINT16] = "UInt16",
		[FMU_INT32] = "Int32",
		[FMU_UINT32] = "UInt32",
		[FMU_INT64] = "Int64",
		[FMU_UINT64] = "UInt64",
		[FMU_ENUMERATION] = "Enumeration",
		[FMU_BOOLEAN] = "Boolean",
		[FMU_STRING] = "String",
		[FMU_BINARY] = "Binary",
		[FMU_CLOCK] = "Clock",
	};

	if (version == 2 && type == FMU_FLOAT64) {
		return "Real";
	}
	return version == 2 && type == FMU_INT32 ? "Integer" : names[type];
}
