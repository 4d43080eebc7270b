/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/delivery.h"

#include <errno.h>
#include <stdlib.h>

#include "drivers/modbus/refusal.h"
#include "drivers/modbus/value.h"

int delivery_prepare(struct delivery *d, const struct plan *plan)
{
	struct reading *readings;
	char *text;

	if (plan->max_points > d->max_points) {
		readings = realloc(d->readings, plan->max_points * sizeof(*readings));
		if (!readings) {
			return -ENOMEM;
		}
		d->readings = readings;
		d->max_points = plan->max_points;
	}
	if (plan->max_text > d->max_text) {
		text = realloc(d->text, plan->max_text);
		if (!text) {
			return -ENOMEM;
		}
		d->text = text;
		d->max_text = plan->max_text;
	}
	d->plan = plan;
	return 0;
}

void delivery_fini(struct delivery *d)
{
	free(d->readings);
	free(d->text);
}

static const struct point *point_of(const struct delivery *d,
                                    const struct plan_block *block, size_t k)
{
	return &d->config->points[d->plan->points[block->first + k]];
}

static void bring(struct delivery *d, uint64_t received_ns, size_t n)
{
	if (n > 0) {
		d->sink.block(d->sink.arg, received_ns, d->readings, n);
	}
}

void delivery_values(struct delivery *d, const struct plan_block *block,
                     const struct answer *answer)
{
	char *text = d->text;

	for (size_t k = 0; k < block->n_points; k++) {
		const struct point *point = point_of(d, block, k);
		size_t at = point->address - block->address;
		struct reading *reading = &d->readings[k];

		if (plan_is_bits(block->table)) {
			*reading = (struct reading){
				.tag = point->tag,
				.value = value_bool(pdu_bit(answer->data, at))};
			continue;
		}
		value_decode(reading, point, answer->data + 2 * at, text);
		if (point->encoding->type == TYPE_STRING) {
			text += point->encoding->length + 1;
		}
	}
	bring(d, answer->received_ns, block->n_points);
}

void delivery_failure(struct delivery *d, const struct plan_block *block, size_t n,
                      const struct answer *answer)
{
	for (size_t k = 0; k < n; k++) {
		d->readings[k] = (struct reading){.tag = point_of(d, block, k)->tag,
		                                  .quality = QUALITY_BAD,
		                                  .reason = (uint8_t)answer->reason,
		                                  .code = answer->code};
	}
	bring(d, answer->received_ns, n);
}

void delivery_refused(struct delivery *d, const struct holes *holes,
                      const struct answer *answer)
{
	size_t n = d->plan->n_refused;
	const struct plan_block block = {.first = (uint32_t)(d->plan->n_points - n)};

	for (size_t k = 0; k < n; k++) {
		const struct point *point = point_of(d, &block, k);
		struct device_range range = refusal_point_range(point,
		                                                &d->config->limits);
		const struct device_hole *hole = holes_refuse(holes, &range);

		d->readings[k] = (struct reading){.tag = point->tag,
		                                  .quality = QUALITY_BAD,
		                                  .reason = (uint8_t)answer->reason};
		if (answer->reason == REASON_EXCEPTION) {
			/* The hole may have been refuted in this very cycle. */
			d->readings[k].code = hole ? hole->code : PDU_ILLEGAL_ADDRESS;
		}
	}
	bring(d, answer->received_ns, n);
}
