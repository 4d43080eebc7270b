/* SPDX-License-Identifier: Apache-2.0 */
/** An FMU: its archive, its description, and what of it lies unpacked to be run. */
#ifndef GATEWAY_FMU_FMU_H
#define GATEWAY_FMU_FMU_H

#include <stdio.h>

#include "gateway/fmu/archive.h"
#include "gateway/fmu/description.h"
#include "gateway/fmu/wire.h"

/** What a unit's process may hold. */
#define FMU_MEMORY_BYTES (UINT64_C(1) << 30)

struct fmu {
	const char *path; /* borrowed */
	struct archive *archive;
	struct description *d;
	char *folder;        /* absolute; NULL: not unpacked */
	const char *library; /* an entry's name; NULL: none for this processor */
};

/** Why something was not possible, for a person. */
struct fmu_error {
	char text[512];
};

/**
 * Open the archive and read its description.  What is wrong goes to complaints, as
 * `FILE.fmu/modelDescription.xml:line:col: error: ...` with the source line and a caret.
 *
 * @param[out] out  set on success only; free with fmu_close()
 * @param path      borrowed until fmu_close()
 * @return 0; -EINVAL: refused, complaints say why; -ENOENT, ...: cannot be read (said as
 *         well)
 */
int fmu_open(struct fmu **out, const char *path, FILE *complaints);

/** Remove what is unpacked, and free. */
void fmu_close(struct fmu *f);

/** Can it run here at all: a library for this processor, and no tool that it needs? */
bool fmu_is_runnable(const struct fmu *f, struct fmu_error *why);

/** Can its steps be of h seconds?  A fixed internal step must divide them. */
bool fmu_takes_step(const struct fmu *f, double h, struct fmu_error *why);

/** Unpack what running it needs into a new folder below `under`.
 * @return 0 or a negative errno, said in why */
int fmu_unpack(struct fmu *f, const char *under, struct fmu_error *why);

/** The request that loads it into a child; name is the instance's. */
void fmu_load_request(const struct fmu *f, const char *name, struct wire_message *m);

/** A file of the archive by the end of its name, such as "_ref.csv": the model's name or
 * identifier stands before it.  @return its index or -1 */
int64_t fmu_find_beside(const struct fmu *f, const char *end);

#endif
