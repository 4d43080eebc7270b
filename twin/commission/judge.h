/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One requirement watched through a run: moments come in order of time, each with the
 * quantities as they are then.  Pure; nothing is allocated; time is an argument, ns on
 * one axis.
 *
 * Between two moments nothing is assumed.  `within T` looks at the moments from its
 * beginning to its deadline, both included; `always for T` likewise.  What begins at a
 * moment is judged at the moments behind it; what a `when` begins, also at its own.
 * An obligation that turns out neither met nor broken by truth but unknown is broken.
 * One that the run's end leaves without a moment is not reached, whatever its kind.
 */
#ifndef TWIN_COMMISSION_JUDGE_H
#define TWIN_COMMISSION_JUDGE_H

#include "twin/commission/requirement.h"

enum {
	JUDGE_PENDING_MAX = 32, /* obligations of one `when` at a time */
	JUDGE_SPANS_MAX = 32,   /* times of violation that are kept */
};

enum verdict {
	VERDICT_NOT_REACHED, /* never began, or the run ended before it was decided */
	VERDICT_PASS,
	VERDICT_FAIL,
};

enum failure {
	FAILURE_NONE,
	FAILURE_FALSE,   /* always, until: the condition did not hold; never: it did */
	FAILURE_LATE,    /* within: not in time */
	FAILURE_UNKNOWN, /* for want of a good value */
	FAILURE_RELEASE, /* until: the second condition did not come */
	FAILURE_CROWDED, /* more than JUDGE_PENDING_MAX at a time: not watched */
	FAILURE_HIDDEN,  /* it names what cannot be seen: not watched */
};

/** "false", "late", ...: a few words for a report; static. */
const char *failure_text(enum failure failure);

struct span {
	int64_t from_ns, until_ns; /* both included */
};

/** What is known so far. */
struct outcome {
	enum verdict verdict;
	enum failure failure;
	int64_t begin_ns;    /* of the obligation that decided */
	int64_t at_ns;       /* when it was decided: broken, met; 0: not reached */
	uint32_t begun, met; /* obligations */
	double margin; /* always, never: the least there was; NAN: not of that kind */
	int64_t margin_ns;
	double values[REQUIREMENT_QUANTITIES_MAX]; /* at at_ns, by the requirement's list;
	                                              passed: at margin_ns where known */
	struct span spans[JUDGE_SPANS_MAX]; /* in which it was violated, the first ones */
	size_t n_spans;
};

/** One `when`, or the whole. */
struct obligation {
	bool active, doubted; /* doubted: something unknown could have decided */
	bool seen;            /* a moment of it was judged */
	int64_t begin_ns;     /* behind the delay */
	int64_t since_ns;     /* within ... for: true since; -1: it is not */
	int64_t perhaps_ns;   /* likewise, true or unknown since */
};

/** Begin with judge_init(). */
struct judge {
	const struct requirement *requirement;
	struct obligation pending[JUDGE_PENDING_MAX];
	size_t n_pending; /* those behind are not active */
	bool started, closed, open_span;
	double when; /* truth of the trigger at the last moment */
	int64_t started_ns, last_ns;
	struct outcome outcome;
};

/** r is borrowed for the judge's life. */
void judge_init(struct judge *m, const struct requirement *r);

/** From now on it counts; once only. */
void judge_start(struct judge *m, int64_t t_ns);

/** The next moment, behind the last.  Quantities by index, NAN where unknown. */
void judge_step(struct judge *m, int64_t t_ns, const double *quantities);

/** The script is over: no `when` begins anything any more, what is pending goes on. */
void judge_close(struct judge *m);

/** No moment will follow; t_ns is the last one's.  @return the outcome, final */
const struct outcome *judge_finish(struct judge *m, int64_t t_ns);

/** May the run end, as far as this requirement is concerned: it has not begun, is
 * decided, or has no end of its own? */
bool judge_is_settled(const struct judge *m);

#endif
