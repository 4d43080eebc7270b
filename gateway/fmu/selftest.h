/* SPDX-License-Identifier: Apache-2.0 */
/** Is a unit what its archive says?  Its default experiment, run twice, compared with
 * itself and with the reference that the archive brings. */
#ifndef GATEWAY_FMU_SELFTEST_H
#define GATEWAY_FMU_SELFTEST_H

#include "gateway/fmu/fmu.h"

/** What became of one part of the test. */
enum selftest_part {
	SELFTEST_NOT_OFFERED, /* by the archive */
	SELFTEST_PASSED,
	SELFTEST_FAILED,
};

struct selftest {
	double start, stop, step; /* s, as it was run */
	size_t steps;             /* done */
	bool terminated;          /* the unit asked for an early end */
	enum selftest_part run, twice, state, reference;
	struct fmu_error why; /* of the first part that failed, or of `run` and `state` */
	const char *reference_name;
	const char *inputs_name; /* what the reference was made with, and is not played:
	                            it is not compared; NULL: nothing */
	size_t compared;         /* values of the reference */
	size_t beside;           /* rows of it that are at no step: not compared */
	double worst;            /* largest |value - reference| / max(1, |reference|) */
	double allowed;          /* as precise as the reference is written */
	double worst_t;          /* s, where */
	const char *worst_name;
};

struct selftest_options {
	double stop, step;   /* 0: as the description says */
	int deadline_ms;     /* 0: five steps, at least 1 s */
	const char *program; /* of the child; NULL: this one */
};

/** @param f  unpacked  @return 0: see out; -ENOMEM */
int selftest_run(const struct fmu *f, const struct selftest_options *options,
                 struct selftest *out);

/** Did nothing fail? */
bool selftest_passed(const struct selftest *t);

#endif
