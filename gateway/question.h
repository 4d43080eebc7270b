/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What may be asked of a running gateway over its local socket (gateway/control.h):
 *
 *     status                   the whole status
 *     tags                     the latest of all tags
 *     read DEVICE/TAG...       the latest of these, and how their devices are
 *     snapshot DEVICE/TAG...   where the twin stands, and these tags: see
 *                              gateway/scenario/snapshot.h
 *     write DEVICE/TAG VALUE   a command; the answer comes when it has an outcome
 *     ack ALARM WHO            somebody has seen it; ALARM is its id or DEVICE/TAG
 *     shelve ALARM SECONDS WHO put it aside; 0: take it back
 *
 * Whoever may open the socket (the group of the gateway) may write what `write:` allows.
 */
#ifndef GATEWAY_QUESTION_H
#define GATEWAY_QUESTION_H

#include "gateway/command.h"
#include "gateway/control.h"
#include "gateway/status.h"
#include "gateway/versions.h"

/** What answers; all borrowed. */
struct question_parts {
	const struct status_parts *status;
	struct commands *commands;
	struct control *control;
	struct versions *versions;
};

/** As control_answer_cb. */
char *question_answer(const struct question_parts *parts, const char *request);

/** A tag as `read` answers it: the object of P/D/T/state and `device_state`.
 * @param sample  ts_us 0: nothing was read yet
 * @return text from malloc(), or NULL */
char *question_tag(const struct tag *tag, const struct sample *sample,
                   const char *device_state);

/** A command's outcome, the object of P/D/T/set/reply and `unreachable`.
 * @return text from malloc(), or NULL */
char *question_outcome(const struct command_order *order,
                       const struct command_result *result);

#endif
