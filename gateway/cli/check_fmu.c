/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/check_fmu.h"

#include <stdio.h>
#include <stdlib.h>

#include "gateway/fmu/selftest.h"

static bool has_reference(const struct fmu *f)
{
	return fmu_find_beside(f, "_ref.csv") >= 0 || fmu_find_beside(f, "_out.csv") >= 0;
}

static size_t judge(const struct fmu_config *cfg, const struct selftest *t,
                    const char *component, bool verbose)
{
	if (!selftest_passed(t)) {
		fprintf(stderr,
		        "%s: warning: the self-test of component %s's FMU fails: %s "
		        "(`pollux fmu check` says all)\n",
		        cfg->path, component, t->why.text[0] ? t->why.text : "see there");
		return 1;
	}
	if (verbose && t->compared > 0) {
		printf("component %s: its FMU meets its reference %s, %zu values, "
		       "largest error %.3g\n",
		       component, t->reference_name, t->compared, t->worst);
	}
	return 0;
}

static size_t check_one(const struct config *c, const struct fmu_config *cfg,
                        bool verbose)
{
	const struct selftest_options options = {.program = NULL};
	const char *under = getenv("TMPDIR"), *id = c->twin.components[cfg->component].id;
	struct selftest test = {0};
	struct fmu_error why = {""};
	struct fmu *f = NULL;
	size_t warnings = 0;

	if (fmu_open(&f, cfg->path, stderr)) {
		return 1;
	}
	if (has_reference(f)) {
		if (fmu_unpack(f, under && *under ? under : "/tmp", &why) == 0 &&
		    selftest_run(f, &options, &test) == 0) {
			warnings = judge(cfg, &test, id, verbose);
		} else {
			fprintf(stderr, "%s: warning: no self-test: %s\n", cfg->path,
			        why.text);
			warnings = 1;
		}
	}
	fmu_close(f);
	return warnings;
}

size_t check_fmu_all(const struct config *c, bool verbose)
{
	size_t warnings = 0;

	for (size_t i = 0; i < c->n_fmus; i++) {
		warnings += check_one(c, &c->fmus[i], verbose);
	}
	return warnings;
}
