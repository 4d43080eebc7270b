/* SPDX-License-Identifier: Apache-2.0 */
/**
 * modelDescription.xml of an FMU, FMI 2.0 and 3.0, co-simulation: read strictly, checked
 * as a whole, then const.
 */
#ifndef GATEWAY_FMU_DESCRIPTION_H
#define GATEWAY_FMU_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/config/arena.h"
#include "gateway/fmu/rules.h"
#include "gateway/fmu/xml.h"

enum { FMU_VARIABLES_MAX = 200000 };

struct fmu_variable {
	const char *name;
	const char *unit; /* "": none */
	const char *description;
	uint32_t reference;
	struct fmu_kind kind;
	double start;  /* of a number, the first of an array; NAN: none */
	uint32_t size; /* values, with every structural parameter at its start */
	struct place at;
};

struct description {
	struct arena arena; /* holds the text */
	unsigned version;   /* 2 or 3 */
	const char *model_name, *token, *identifier, *tool;
	struct {
		bool variable_step, state, needs_tool, once_per_process;
	} can;
	double internal_step; /* s; 0: none is fixed */
	bool has_experiment; /* below it, what DefaultExperiment does not say is preset */
	double start, stop, step, tolerance; /* s; tolerance 0: the unit's own */
	struct fmu_variable *variables;
	size_t n_variables;
};

/**
 * Read and check the text of a source; all that is wrong with it is complained about.
 *
 * @param[out] out  set on success only; free with description_free()
 * @return 0; -EINVAL: complaints say why; -ENOMEM
 */
int description_read(struct description **out, struct complaints *said, uint32_t source);
void description_free(struct description *d);

/** A variable by name; NULL: there is none. */
const struct fmu_variable *description_find(const struct description *d,
                                            const char *name);

#endif
