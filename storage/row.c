/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/row.h"

_Static_assert(sizeof(struct row) == 40, "a row of the queue has grown");
_Static_assert(REASON_COUNT <= 32, "reasons have five bits");

struct row row_of(const struct sample *s)
{
	struct row row = {
		.ts_us = s->ts_us,
		.bits = s->value.u64, /* all members begin where it does */
		.predicted = s->est.predicted,
		.sigma = s->est.sigma,
		.tag = s->tag,
		.code = s->code,
		.reason = s->reason & 31U,
		.kind = (unsigned)s->value.kind & 7U,
		.quality = s->est.quality & 3U,
		.source = s->est.source & 3U,
		.state = s->est.state & 7U,
		.drift = s->est.drift,
	};

	if (s->value.kind == VALUE_TEXT) {
		row.text = s->value.text;
	}
	return row;
}

struct sample row_sample(const struct row *row)
{
	struct sample s = {
		.ts_us = row->ts_us,
		.tag = row->tag,
		.code = row->code,
		.reason = row->reason,
		.value = {.kind = (enum value_kind)row->kind, .u64 = row->bits},
		.last = NAN,
		.est = {.predicted = row->predicted,
	                .sigma = row->sigma,
	                .estimate = NAN,
	                .score = NAN,
	                .quality = (uint8_t)row->quality,
	                .source = (uint8_t)row->source,
	                .state = (uint8_t)row->state,
	                .drift = row->drift},
	};

	if (s.value.kind == VALUE_TEXT) {
		s.value.text = row->text;
	}
	return s;
}
