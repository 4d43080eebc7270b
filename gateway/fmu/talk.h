/* SPDX-License-Identifier: Apache-2.0 */
/** What a component asks its FMU's process, and what the answers mean.  Pure. */
#ifndef GATEWAY_FMU_TALK_H
#define GATEWAY_FMU_TALK_H

#include "gateway/config.h"
#include "gateway/fmu/fmu.h"

/** Loading and initialising may read large resources, ms. */
enum { TALK_LOAD_MS = 60000 };

/** How long a step may take, ms: five of its own length, 1 s to 10 min. */
int talk_deadline_ms(const struct fmu_config *cfg);

/** Initialise it at its start, with no end in sight. */
void talk_start(const struct fmu_config *cfg, const struct fmu *f,
                struct wire_message *m);

/** Time of step k, s: k times the step, never a sum. */
double talk_time(const struct fmu_config *cfg, const struct fmu *f, uint64_t k);

/**
 * The step from t to t + h with inputs u; h 0: none, only a look at the outputs.
 * @param u  SI, by port; NAN: stays as it is
 */
void talk_step(const struct fmu_config *cfg, double t, double h, const double *u,
               struct wire_message *m);

/** Outputs of an answer to talk_step(), SI, by port.  @return false: one is no number */
bool talk_outputs(const struct fmu_config *cfg, const struct wire_message *m, double *y);

/** What is wrong with an answer; NULL: nothing.  Borrowed from head, or static. */
const char *talk_fault(const struct wire_head *head);

#endif
