/* SPDX-License-Identifier: Apache-2.0 */
/** What the files behind twin/twin.h share.  Nobody else includes it. */
#ifndef TWIN_TWIN_IMPL_H
#define TWIN_TWIN_IMPL_H

#include "twin/component.h"
#include "twin/drift/learner.h"
#include "twin/drift/monitor.h"
#include "twin/links.h"

#define TIME_NEVER INT64_MIN

struct twin {
	const struct twin_config *cfg;
	struct monitor *monitors;   /* by tag of a device */
	struct monitor *told;       /* by number of a told tag */
	struct sequence *sequences; /* those of tags with a test of their own, */
	uint32_t n_sequences;
	uint32_t *sequence_of;   /* by tag: number + 1, 0: none; NULL: no tag has one */
	uint32_t *monitored;     /* by device: how many of its tags */
	struct learner *learner; /* NULL when all have learnt */
	struct stuck_learner *still; /* by tag of a device; NULL when all have learnt */
	size_t learning;             /* tags that have not learnt yet */

	struct component *components;
	struct links links;
	uint32_t *touched; /* components of the last batch, in the order of their steps */
	size_t n_touched;
	bool *is_touched; /* by component */
	bool news;        /* some component was told something */
	uint64_t late;

	uint32_t *unlearnt; /* by device: tags that have not learnt yet */
	bool *has_begun;    /* by device, then component: learning is under way */
	size_t n_devices;
	struct remarks remarks;
};

/** The test chosen for a tag of a device, NULL: the monitor's own. */
struct sequence *twin_sequence(const struct twin *t, uint32_t tag);

#endif
