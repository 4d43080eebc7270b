/* SPDX-License-Identifier: Apache-2.0 */
/** The stand of plant and program, stepped in this process: the same script gives the
 * same bytes.  With a target the plant alone, in real time, and the program in a PLC
 * elsewhere: of its variables only those can be seen that the plant's `io` names. */
#ifndef GATEWAY_COMMISSION_STAND_LINE_H
#define GATEWAY_COMMISSION_STAND_LINE_H

#include <stdio.h>

#include "gateway/commission/script.h"

struct stand_line;

/**
 * @param[out] out   set on success only; free with stand_line_close()
 * @param script     which plant, program and seed; borrowed for the call
 * @param complaints what is wrong with the plant's file or the program
 * @return 0; -EINVAL: complaints say why; -ENOMEM, ...
 */
int stand_line_open(struct stand_line **out, const struct script *script,
                    FILE *complaints);
void stand_line_close(struct stand_line *l);

/** With a target: how the exchanges with the PLC went, a line.  Else nothing. */
void stand_line_tell(const struct stand_line *l, FILE *out);

/** What a script is bound to; valid until stand_line_close(). */
const struct stand *stand_line_stand(const struct stand_line *l);

#endif
