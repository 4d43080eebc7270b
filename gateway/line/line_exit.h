/* SPDX-License-Identifier: Apache-2.0 */
/** Where good parts leave a line, and which of a gateway's tags count them there. */
#ifndef GATEWAY_LINE_LINE_EXIT_H
#define GATEWAY_LINE_LINE_EXIT_H

#include "gateway/line/line_file.h"

enum { LINE_EXITS_MAX = 16, LINE_EXIT_WHY_MAX = 200 };

/** A station whose ways go out of the line. */
struct line_exit {
	const char *count, *rejects; /* the setup's; rejects NULL: all are good */
	double parts;                /* good parts that leave for a job that is good */
};

/**
 * The stations that have a way out that is no scrap.  Their counters tell what the line
 * gives where all that they finish leaves there, and where scrap, if there is some, is
 * counted by `rejects`.
 *
 * @param why  what keeps them from being counted, LINE_EXIT_WHY_MAX bytes
 * @return their number; 0: why says it
 */
size_t line_exits(const struct line_setup *setup, struct line_exit out[LINE_EXITS_MAX],
                  char *why);

#endif
