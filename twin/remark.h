/* SPDX-License-Identifier: Apache-2.0 */
/** What the twin has to say beside its estimates: kept until who runs it asks. */
#ifndef TWIN_REMARK_H
#define TWIN_REMARK_H

#include <stddef.h>
#include <stdint.h>

enum remark_kind {
	REMARK_LEARNING, /* a device's tags, or a component, have begun to learn */
	REMARK_LEARNT,   /* all of them are done */
	REMARK_STARTUP,  /* a tag was moving when it should learn: that part is not learnt
	                  */
	REMARK_MISFIT,   /* a component has learnt that its model needs more noise than
	                    it says: some parameter is wrong, or something is missing */
	REMARK_FITTED, /* a component has found a parameter on its learning rows: n is its
	                  number */
	REMARK_UNTOLD, /* it has not: these rows don't tell */
	REMARK_REBASELINED, /* a drift that stayed is the tag's normal now */
};

enum { REMARKS_MAX = 64 };
#define REMARK_NO_TAG UINT32_MAX

struct remark {
	enum remark_kind kind;
	uint32_t device; /* index, devices then components */
	uint32_t tag;    /* REMARK_NO_TAG: all of the device */
	size_t n; /* tags that learn; readings that are not learnt; the parameter */
	double before, after; /* level, in the tag's unit (of the innovation where a model
	                         explains it); of a parameter, SI; after of a misfit:
	                         times its noise */
};

/** The latest; further ones are counted and lost. */
struct remarks {
	struct remark list[REMARKS_MAX];
	size_t n;
	uint64_t lost;
};

void remarks_add(struct remarks *all, const struct remark *n);

/** Take at most max, oldest first; the others stay. */
size_t remarks_take(struct remarks *all, struct remark *out, size_t max);

#endif
