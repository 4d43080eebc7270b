/* SPDX-License-Identifier: Apache-2.0 */
/** Who waits for a long computation, on its thread, and may lose patience with it. */
#ifndef TWIN_IDENTIFY_PATIENCE_H
#define TWIN_IDENTIFY_PATIENCE_H

#include <stdbool.h>
#include <stddef.h>

struct patience {
	/** Asked every few ms; false: the computation ends with -ECANCELED. */
	bool (*lasts)(void *arg);
	void *arg;
};

/** @param p  NULL: for ever */
static inline bool patience_lasts(const struct patience *p)
{
	return !p || p->lasts(p->arg);
}

#endif
