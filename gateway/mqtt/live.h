/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The newest sample of each tag, and which of them are to be sent, in order of arrival:
 * at most one a tag, newer replaces older in its place.  Pure; one thread owns it.
 */
#ifndef GATEWAY_MQTT_LIVE_H
#define GATEWAY_MQTT_LIVE_H

#include "drivers/tag.h"
#include "twin/estimate.h"

struct live;

/** @param tags  borrowed until live_free(). @return 0 or -ENOMEM */
int live_new(struct live **out, const struct tag *tags, size_t n_tags);
void live_free(struct live *l);

/** Does a sample of a batch wait that a new one of this tag would overtake? */
bool live_waits(const struct live *l, uint32_t tag);

/** Take a sample to be sent; its text is copied.
 * @param ticket  of its batch; 0: none
 * @return the ticket of the sample that it overtook, 0: none */
uint64_t live_put(struct live *l, const struct sample *s, uint64_t ticket);

/** Take a sample that is newest, but not to be sent now. */
void live_keep(struct live *l, const struct sample *s);

/** Everything known is to be sent, as of no batch. */
void live_refresh(struct live *l);

/** Nothing is to be sent; what is known stays. */
void live_halt(struct live *l);

/** The first to be sent, and those behind it of the same batch, device and time.
 * @return number of rows, at most max; *ticket: of their batch. Borrowed until the next
 *         call that changes l */
size_t live_head(const struct live *l, const struct sample **rows, size_t max,
                 uint64_t *ticket);

/** The first n are on their way. */
void live_pop(struct live *l, size_t n);

/** Number of samples to be sent. */
size_t live_waiting(const struct live *l);

#endif
