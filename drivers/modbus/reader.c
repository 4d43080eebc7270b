/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/cost.h"
#include "drivers/modbus/value.h"

/* Blocks in a row without an answer, after which the device is taken to be gone. */
enum { SILENT_MAX = 3 };

bool reader_is_answer(enum reason reason)
{
	return reason == REASON_NONE || reason == REASON_EXCEPTION ||
	       reason == REASON_SHORT;
}

int reader_errno(enum reason reason)
{
	switch (reason) {
	case REASON_TIMEOUT:
		return -ETIMEDOUT;
	case REASON_REFUSED:
		return -ECONNREFUSED;
	case REASON_RESET:
		return -ECONNRESET;
	case REASON_NONE:
	case REASON_EXCEPTION:
	case REASON_CRC:
	case REASON_MISMATCH:
	case REASON_SHORT:
	case REASON_NOT_A_NUMBER:
	case REASON_OUT_OF_RANGE:
	case REASON_OVERRUN:
	case REASON_DISABLED:
	case REASON_CONFIG:
	case REASON_COUNT:
		break;
	}
	return -EBADMSG;
}

void reader_prepare(struct transaction *t, const struct device_config *config,
                    struct device_stats *stats)
{
	uint32_t turnaround_ms = config->limits.max_turnaround_ms;

	t->unit = config->unit;
	t->timeout_ms = config->timeout_ms;
	t->pause_ms = config->limits.pause_ms;
	t->turnaround_ms = turnaround_ms ? turnaround_ms : 2 * config->timeout_ms;
	t->stats = stats;
}

/* ---- plans ---- */

static int make_room(struct reader *reader, const struct plan *plan)
{
	struct reading *readings;
	char *text;

	if (plan->max_points > reader->max_points) {
		readings = realloc(reader->readings,
		                   plan->max_points * sizeof(*readings));
		if (!readings) {
			return -ENOMEM;
		}
		reader->readings = readings;
		reader->max_points = plan->max_points;
	}
	if (plan->max_text > reader->max_text) {
		text = realloc(reader->text, plan->max_text);
		if (!text) {
			return -ENOMEM;
		}
		reader->text = text;
		reader->max_text = plan->max_text;
	}
	return 0;
}

/* The plan of a set of due groups; a new one takes the place used longest ago. */
static int find_plan(const struct plan **out, struct reader *reader, uint32_t due)
{
	const struct device_config *config = reader->config;
	const struct address *address = &reader->transport->address;
	const struct plan_rules rules = {
		.limits = &config->limits,
		.cost = cost_of(address, &config->limits, cost_assumed_us(address))};
	struct reader_plan *place = &reader->plans[0];
	struct plan *plan = NULL;
	int err;

	for (size_t i = 0; i < READER_PLANS_MAX; i++) {
		struct reader_plan *other = &reader->plans[i];

		if (other->plan && other->due == due) {
			other->used = reader->n_cycles;
			*out = other->plan;
			return 0;
		}
		if (!other->plan || (place->plan && other->used < place->used)) {
			place = other;
		}
	}
	err = plan_new(&plan, config->points, config->n_points, due, &rules);
	if (!err) {
		err = make_room(reader, plan);
	}
	if (err) {
		plan_free(plan);
		return err;
	}
	plan_free(place->plan);
	*place = (struct reader_plan){.due = due, .used = reader->n_cycles, .plan = plan};
	*out = plan;
	return 0;
}

/* ---- blocks ---- */

static const struct point *point_of(const struct reader *reader,
                                    const struct plan_block *block, size_t k)
{
	return &reader->config->points[reader->plan->points[block->first + k]];
}

static void bring_values(struct reader *reader, const struct plan_block *block,
                         const struct answer *answer)
{
	char *text = reader->text;

	for (size_t k = 0; k < block->n_points; k++) {
		const struct point *point = point_of(reader, block, k);
		size_t at = point->address - block->address;
		struct reading *reading = &reader->readings[k];

		if (plan_is_bits(block->table)) {
			*reading = (struct reading){
				.tag = point->tag,
				.value = value_bool(pdu_bit(answer->data, at))};
			continue;
		}
		value_decode(reading, point, answer->data + 2 * at, text);
		if (point->type == TYPE_STRING) {
			text += point->length + 1;
		}
	}
	reader->sink.block(reader->sink.arg, answer->received_ns, reader->readings,
	                   block->n_points);
}

static void bring_failure(struct reader *reader, const struct plan_block *block,
                          const struct answer *answer)
{
	for (size_t k = 0; k < block->n_points; k++) {
		reader->readings[k] = (struct reading){
			.tag = point_of(reader, block, k)->tag,
			.quality = QUALITY_BAD,
			.reason = (uint8_t)answer->reason,
			.code = answer->code};
	}
	reader->sink.block(reader->sink.arg, answer->received_ns, reader->readings,
	                   block->n_points);
}

/* ---- the cycle ---- */

static void launch(struct reader *reader)
{
	for (size_t i = 0; i < reader->n_requests; i++) {
		struct reader_request *request = &reader->requests[i];
		const struct plan_block *block;

		if (request->block || reader->next_block == reader->plan->n_blocks) {
			continue;
		}
		block = &reader->plan->blocks[reader->next_block++];
		request->block = block;
		request->transaction.request = (struct pdu_request){
			.function = (uint8_t)pdu_read_function(block->table),
			.address = block->address,
			.count = block->count};
		reader->n_open++;
		transport_submit(reader->transport, &request->transaction);
	}
}

static void note(struct reader *reader, enum reason reason)
{
	if (reader_is_answer(reason)) {
		reader->answered = true;
		reader->n_silent = 0;
	} else {
		reader->silence = reason;
		reader->n_silent++;
	}
}

/* A device that has said nothing yet, or nothing any more, is not asked for the rest.  A
 * connection that was closed or a frame that was damaged costs no time: those are tried
 * again, as an idle connection may just have been closed by the peer. */
static bool is_gone(const struct reader *reader)
{
	bool waited = reader->silence == REASON_TIMEOUT ||
	              reader->silence == REASON_REFUSED;

	return reader->n_silent >= (waited && !reader->answered ? 1 : SILENT_MAX);
}

static void on_answer(struct transaction *t, const struct answer *answer)
{
	struct reader_request *request = t->arg;
	struct reader *reader = request->reader;
	const struct plan_block *block = request->block;

	request->block = NULL;
	reader->n_open--;
	if (answer->sent) {
		t->stats->registers += plan_is_bits(block->table)
		                               ? (block->count + 15U) / 16
		                               : block->count;
	}
	note(reader, answer->reason);
	if (answer->reason == REASON_NONE) {
		bring_values(reader, block, answer);
	} else {
		bring_failure(reader, block, answer);
	}
	while (is_gone(reader) && reader->next_block < reader->plan->n_blocks) {
		bring_failure(reader, &reader->plan->blocks[reader->next_block++],
		              answer);
	}
	launch(reader);
	if (reader->n_open == 0) {
		struct read_sink sink = reader->sink;

		reader->busy = false;
		sink.done(sink.arg, reader->answered ? 0 : reader_errno(reader->silence));
	}
}

int reader_start(struct reader *reader, uint32_t due, const struct read_sink *sink)
{
	int err;

	if (reader->busy) {
		return -EBUSY;
	}
	reader->n_cycles++;
	err = find_plan(&reader->plan, reader, due);
	if (err) {
		return err;
	}
	if (reader->plan->n_blocks == 0) {
		return -ENOENT;
	}
	reader->busy = true;
	reader->sink = *sink;
	reader->next_block = 0;
	reader->answered = false;
	reader->n_silent = 0;
	reader->silence = REASON_NONE;
	launch(reader);
	return 0;
}

/* ---- life ---- */

int reader_init(struct reader *reader, const struct device_config *config,
                struct transport *transport, struct device_stats *stats)
{
	uint32_t all = config->n_periods >= 32 ? UINT32_MAX
	                                       : (UINT32_C(1) << config->n_periods) - 1;
	int err;

	*reader = (struct reader){.config = config,
	                          .transport = transport,
	                          .n_requests = config->limits.in_flight};
	if (reader->n_requests < 1 || transport->address.serial) {
		reader->n_requests = 1;
	} else if (reader->n_requests > TRANSPORT_WINDOW_MAX) {
		reader->n_requests = TRANSPORT_WINDOW_MAX;
	}
	for (size_t i = 0; i < reader->n_requests; i++) {
		struct reader_request *request = &reader->requests[i];

		request->reader = reader;
		reader_prepare(&request->transaction, config, stats);
		request->transaction.rank = RANK_READ;
		request->transaction.done = on_answer;
		request->transaction.arg = request;
	}
	err = find_plan(&reader->plan, reader, all);
	if (!err) {
		stats->n_blocks = (uint32_t)reader->plan->n_blocks;
	}
	return err;
}

void reader_fini(struct reader *reader)
{
	struct read_sink sink = reader->sink;

	for (size_t i = 0; i < reader->n_requests; i++) {
		if (reader->requests[i].block) {
			transport_cancel(reader->transport,
			                 &reader->requests[i].transaction);
		}
	}
	for (size_t i = 0; i < READER_PLANS_MAX; i++) {
		plan_free(reader->plans[i].plan);
	}
	free(reader->readings);
	free(reader->text);
	if (reader->busy) {
		sink.done(sink.arg, -ECANCELED);
	}
}
