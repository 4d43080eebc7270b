/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What-if over MQTT: a message on P/cmd/whatif is answered on P/cmd/whatif/reply.  Each
 * is a run of `pollux whatif` (gateway/child/errand.h), one at a time; WHATIF_WAITING
 * may wait, what is beyond is answered `busy`.  Nothing of it reaches the field.  Loop
 * thread.
 */
#ifndef GATEWAY_WHATIF_DESK_H
#define GATEWAY_WHATIF_DESK_H

#include <uv.h>

#include "gateway/config.h"

enum {
	WHATIF_WAITING = 8,
	WHATIF_QUESTION_MAX = 65536, /* bytes of a message */
	WHATIF_ANSWER_MAX = 4 << 20,
	WHATIF_LIMIT_S = 60,
};

struct whatif_desk;

/** Where the configuration has MQTT and models; else *out is NULL.
 * @param cfg, loop  borrowed until whatif_desk_free().  @return 0 or a negative errno */
int whatif_desk_open(struct whatif_desk **out, const struct config *cfg, uv_loop_t *loop);

/** Nothing is begun any more, what runs is ended; the loop closes the handles.  NULL is
 * fine. */
void whatif_desk_close(struct whatif_desk *d);

/** After the loop.  NULL is fine. */
void whatif_desk_free(struct whatif_desk *d);

#endif
