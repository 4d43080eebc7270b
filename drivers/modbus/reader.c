/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/value.h"

enum {
	SILENT_MAX =
		3, /* blocks in a row without an answer: the device is taken to be gone */
	LEARNING_MS = 10000,
};

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
	t->first_byte_ms = config->limits.first_byte_ms;
	t->turnaround_ms = turnaround_ms ? turnaround_ms : 2 * config->timeout_ms;
	t->stats = stats;
}

/* ---- the plan ---- */

static int make_room(struct reader *reader, const struct plan *plan)
{
	struct plan_block *pieces;
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
	if (plan->n_points > reader->max_pieces) {
		pieces = realloc(reader->refusal.pieces,
		                 plan->n_points * sizeof(*pieces));
		if (!pieces) {
			return -ENOMEM;
		}
		reader->refusal.pieces = pieces;
		reader->max_pieces = plan->n_points;
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

static uint32_t all_groups(const struct device_config *config)
{
	return config->n_periods >= 32 ? UINT32_MAX
	                               : (UINT32_C(1) << config->n_periods) - 1;
}

/* How many requests a cycle with all groups due takes, for status. */
static int count_blocks(struct reader *reader)
{
	const struct plan *plan;
	int err = plan_cache_find(&plan, &reader->plans, all_groups(reader->config));

	if (!err) {
		reader->device->stats.n_blocks = (uint32_t)plan->n_blocks;
	}
	return err;
}

/* The plan of a cycle, with room for all it may bring. */
static int prepare(struct reader *reader, uint32_t due)
{
	int err = 0;

	if (plan_cache_is_stale(&reader->plans)) {
		err = count_blocks(reader);
	}
	if (!err) {
		err = plan_cache_find(&reader->plan, &reader->plans, due);
	}
	return err ? err : make_room(reader, reader->plan);
}

/* ---- readings ---- */

static const struct point *point_of(const struct reader *reader,
                                    const struct plan_block *block, size_t k)
{
	return &reader->config->points[reader->plan->points[block->first + k]];
}

static void bring(struct reader *reader, uint64_t received_ns, size_t n)
{
	if (n > 0) {
		reader->sink.block(reader->sink.arg, received_ns, reader->readings, n);
	}
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
	bring(reader, answer->received_ns, block->n_points);
}

/* The first n points of a block. */
static void bring_failure(struct reader *reader, const struct plan_block *block, size_t n,
                          const struct answer *answer)
{
	for (size_t k = 0; k < n; k++) {
		reader->readings[k] = (struct reading){
			.tag = point_of(reader, block, k)->tag,
			.quality = QUALITY_BAD,
			.reason = (uint8_t)answer->reason,
			.code = answer->code};
	}
	bring(reader, answer->received_ns, n);
}

/* What a point alone asks for. */
static struct device_range range_of(const struct reader *reader,
                                    const struct point *point)
{
	bool from_zero = reader->config->limits.start_at_zero;

	return (struct device_range){.space = point->space,
	                             .first = from_zero ? 0
	                                                : (uint16_t)value_begin(point),
	                             .last = (uint16_t)(value_end(point) - 1)};
}

/* Those that no request may ask for: the device's own word of some time ago, unless it
 * says nothing any more. */
static void bring_refused(struct reader *reader)
{
	size_t n = reader->plan->n_refused;
	const struct plan_block block = {.first = (uint32_t)(reader->plan->n_points - n)};

	for (size_t k = 0; k < n; k++) {
		const struct point *point = point_of(reader, &block, k);
		struct device_range range = range_of(reader, point);
		const struct device_hole *hole = holes_refuse(&reader->holes, &range);

		reader->readings[k] = (struct reading){.tag = point->tag,
		                                       .quality = QUALITY_BAD,
		                                       .reason = REASON_EXCEPTION};
		if (!reader->answered) {
			reader->readings[k].reason = (uint8_t)reader->silence;
		} else {
			/* The hole may have been refuted in this very cycle. */
			reader->readings[k].code = hole ? hole->code
			                                : PDU_ILLEGAL_ADDRESS;
		}
	}
	bring(reader, reader->transport->env.now_ns(), n);
}

/* The first point that may be asked for, or NULL. */
static const struct point *find_legal(const struct reader *reader)
{
	for (size_t i = 0; i < reader->config->n_points; i++) {
		const struct point *point = &reader->config->points[i];
		struct device_range range = range_of(reader, point);

		if (!holes_refuse(&reader->holes, &range)) {
			return point;
		}
	}
	return NULL;
}

/* ---- the cycle ---- */

static void submit(struct reader *reader, struct reader_request *request,
                   enum reader_purpose purpose)
{
	const struct plan_block *block = &request->block;

	request->purpose = purpose;
	request->transaction.request = (struct pdu_request){
		.function = (uint8_t)pdu_read_function(block->table),
		.address = block->address,
		.count = block->count};
	reader->n_open++;
	transport_submit(reader->transport, &request->transaction);
}

/* A request for a range that brings no points. */
static struct plan_block block_of(const struct device_range *range)
{
	return (struct plan_block){.table = (enum modbus_table)range->space,
	                           .address = range->first,
	                           .count = (uint16_t)(range->last - range->first + 1)};
}

/* The doubt of the hole that waits longest, one a cycle: the more a device refuses, the
 * less it is asked for each.  The last of the cycle and alone: an answer under way may
 * settle it. */
static bool choose_doubt(struct reader *reader, struct plan_block *block, uint64_t now_ns)
{
	const struct device_hole *hole = holes_due(&reader->holes, now_ns);

	if (!hole || reader->doubted) {
		return false;
	}
	reader->doubted = true;
	*block = block_of(&hole->asked);
	return true;
}

/* How long a refusal is believed follows from whether it was answered before. */
static size_t split(struct reader *reader, const struct plan_block *block, uint8_t code,
                    uint64_t now_ns)
{
	reader->holes.wait_s = block->answered ? HOLES_WAIT_ODD_S : HOLES_WAIT_S;
	return refusal_split(&reader->refusal, block, code, now_ns);
}

/* What a piece asks for may be known to be refused by now. */
static void settle_pieces(struct reader *reader, uint64_t now_ns)
{
	struct refusal *refusal = &reader->refusal;

	while (refusal->n_pieces > 0) {
		struct plan_block piece = refusal->pieces[refusal->n_pieces - 1];
		struct device_range range = refusal_range(&piece);
		const struct device_hole *hole = holes_refuse(&reader->holes, &range);
		struct answer answer = {.reason = REASON_EXCEPTION,
		                        .received_ns = now_ns};

		if (!hole) {
			return;
		}
		refusal->n_pieces--;
		answer.code = hole->code;
		bring_failure(reader, &piece, split(reader, &piece, hole->code, now_ns),
		              &answer);
	}
}

static bool is_open(const struct reader *reader, enum reader_purpose purpose)
{
	for (size_t i = 0; i < reader->n_requests; i++) {
		if (reader->requests[i].purpose == purpose) {
			return true;
		}
	}
	return false;
}

static enum reader_purpose choose(struct reader *reader, struct reader_request *request)
{
	uint64_t now_ns = reader->transport->env.now_ns();

	if (!is_open(reader, READER_PIECE)) {
		settle_pieces(reader, now_ns);
		if (reader->refusal.n_pieces > 0) {
			request->block =
				reader->refusal.pieces[--reader->refusal.n_pieces];
			return READER_PIECE;
		}
	}
	if (reader->next_block < reader->plan->n_blocks) {
		request->planned = &reader->plan->blocks[reader->next_block++];
		request->block = *request->planned;
		return READER_BLOCK;
	}
	if (reader->answered && reader->n_silent == 0 && reader->n_open == 0 &&
	    choose_doubt(reader, &request->block, now_ns)) {
		return READER_DOUBT;
	}
	return READER_FREE;
}

static void launch(struct reader *reader)
{
	for (size_t i = 0; i < reader->n_requests; i++) {
		struct reader_request *request = &reader->requests[i];
		enum reader_purpose purpose;

		if (request->purpose != READER_FREE) {
			continue;
		}
		purpose = choose(reader, request);
		if (purpose == READER_FREE) {
			return;
		}
		submit(reader, request, purpose);
	}
}

/* Nothing of what is due may be asked for: ask the least there is, to see whether the
 * device is there; or doubt a hole, where it refuses everything. */
static void launch_pulse(struct reader *reader)
{
	struct reader_request *request = &reader->requests[0];
	const struct point *point = find_legal(reader);
	struct device_range range;

	if (!point && choose_doubt(reader, &request->block, UINT64_MAX)) {
		submit(reader, request, READER_DOUBT);
		return;
	}
	range = range_of(reader, point ? point : &reader->config->points[0]);
	request->block = block_of(&range);
	submit(reader, request, READER_PULSE);
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

static bool is_refusal(const struct answer *answer)
{
	return answer->reason == REASON_EXCEPTION &&
	       (answer->code == PDU_ILLEGAL_ADDRESS || answer->code == PDU_ILLEGAL_VALUE);
}

/* Learn, and ask for the rest now or, where the cycle's time is up, in the next one. */
static void on_refused(struct reader *reader, const struct plan_block *block,
                       const struct answer *answer)
{
	struct refusal *refusal = &reader->refusal;
	size_t n_before = refusal->n_pieces;

	bring_failure(reader, block,
	              split(reader, block, answer->code, answer->received_ns), answer);
	while (answer->received_ns > reader->end_ns && refusal->n_pieces > n_before) {
		const struct plan_block *piece = &refusal->pieces[--refusal->n_pieces];

		bring_failure(reader, piece, piece->n_points, answer);
	}
}

/* Requests are planned for what they really cost, unless the configuration says it. */
static void measure(struct reader *reader, const struct plan_block *block,
                    const struct answer *answer, uint64_t sent_ns)
{
	const struct device_limits *limits = &reader->config->limits;
	const struct address *address = &reader->transport->address;
	uint32_t n_bytes = plan_is_bits(block->table) ? (block->count + 7U) / 8
	                                              : 2U * block->count;
	uint32_t us = cost_turnaround_us(address, answer->received_ns - sent_ns, n_bytes);

	if (!limits->round_trip_us &&
	    cost_measure(&reader->meter, us, answer->received_ns)) {
		struct plan_cost cost = cost_of(address, limits, reader->meter.in_use_us);

		reader->device->measured_us = reader->meter.in_use_us;
		plan_cache_reprice(&reader->plans, &cost);
	}
}

static void on_points(struct reader *reader, const struct plan_block *block,
                      const struct answer *answer)
{
	if (answer->reason == REASON_NONE) {
		bring_values(reader, block, answer);
	} else if (is_refusal(answer)) {
		on_refused(reader, block, answer);
	} else {
		bring_failure(reader, block, block->n_points, answer);
	}
}

static void on_doubted(struct reader *reader, const struct plan_block *block,
                       const struct answer *answer)
{
	struct device_range asked = refusal_range(block);

	if (answer->reason == REASON_NONE) {
		holes_refute(&reader->holes, &asked, answer->received_ns);
		reader->doubted = false; /* perhaps all the others are there too */
	} else {
		holes_confirm(&reader->holes, &asked, answer->received_ns);
	}
}

/* The point that was asked for is not due, but what became of it holds. */
static void on_pulse(struct reader *reader, const struct plan_block *block,
                     const struct answer *answer)
{
	struct device_range asked = refusal_range(block);

	if (is_refusal(answer)) {
		reader->holes.wait_s = HOLES_WAIT_S;
		/* Where there is no memory for it, it is learned again. */
		(void)holes_add(&reader->holes,
		                &(struct device_hole){asked, asked, answer->code, false},
		                answer->received_ns, true);
	}
}

static void bring_rest(struct reader *reader, const struct answer *answer)
{
	struct refusal *refusal = &reader->refusal;

	while (refusal->n_pieces > 0) {
		const struct plan_block *piece = &refusal->pieces[--refusal->n_pieces];

		bring_failure(reader, piece, piece->n_points, answer);
	}
	while (reader->next_block < reader->plan->n_blocks) {
		const struct plan_block *block =
			&reader->plan->blocks[reader->next_block++];

		bring_failure(reader, block, block->n_points, answer);
	}
}

static void finish(struct reader *reader)
{
	struct read_sink sink = reader->sink;

	bring_refused(reader);
	reader->busy = false;
	sink.done(sink.arg, reader->answered ? 0 : reader_errno(reader->silence));
}

static void settle(struct reader *reader, const struct reader_request *request,
                   enum reader_purpose purpose, const struct answer *answer)
{
	switch (purpose) {
	case READER_DOUBT:
		on_doubted(reader, &request->block, answer);
		break;
	case READER_PULSE:
		on_pulse(reader, &request->block, answer);
		break;
	case READER_BLOCK:
	case READER_AGAIN:
		request->planned->answered = request->planned->answered ||
		                             answer->reason == REASON_NONE;
		on_points(reader, &request->block, answer);
		break;
	case READER_PIECE:
		on_points(reader, &request->block, answer);
		break;
	case READER_FREE:
		break;
	}
}

static void on_answer(struct transaction *t, const struct answer *answer)
{
	struct reader_request *request = t->arg;
	struct reader *reader = request->reader;
	const struct plan_block block = request->block;
	enum reader_purpose purpose = request->purpose;

	request->purpose = READER_FREE;
	reader->n_open--;
	if (answer->sent) {
		t->stats->registers += plan_is_bits(block.table)
		                               ? (block.count + 15U) / 16
		                               : block.count;
	}
	if (answer->reason == REASON_NONE) {
		measure(reader, &block, answer, t->sent_ns);
	}
	note(reader, answer->reason);
	if (purpose == READER_BLOCK && block.answered && is_refusal(answer)) {
		submit(reader, request, READER_AGAIN);
		return;
	}
	settle(reader, request, purpose, answer);
	if (is_gone(reader)) {
		bring_rest(reader, answer);
	}
	launch(reader);
	if (reader->n_open == 0) {
		finish(reader);
	}
}

/* How long a cycle may go on finding out what is refused: its period, the shortest that
 * is due.  A short one is overrun, as that is over for ever in a cycle or two. */
static uint64_t learning_ns(const struct device_config *config, uint32_t due)
{
	uint32_t ms = LEARNING_MS;

	for (size_t i = 0; i < config->n_periods; i++) {
		if (due >> i & 1) {
			ms = config->periods_ms[i] > ms ? config->periods_ms[i] : ms;
			break;
		}
	}
	return ms * UINT64_C(1000000);
}

int reader_start(struct reader *reader, uint32_t due, const struct read_sink *sink)
{
	int err;

	if (reader->busy) {
		return -EBUSY;
	}
	err = prepare(reader, due);
	if (err) {
		return err;
	}
	if (reader->plan->n_points == 0) {
		return -ENOENT;
	}
	reader->busy = true;
	reader->sink = *sink;
	reader->next_block = 0;
	reader->refusal.plan = reader->plan;
	reader->end_ns = reader->transport->env.now_ns() +
	                 learning_ns(reader->config, due);
	reader->doubted = false;
	reader->answered = false;
	reader->n_silent = 0;
	reader->silence = REASON_NONE;
	if (reader->plan->n_blocks > 0) {
		launch(reader);
	} else {
		launch_pulse(reader);
	}
	return 0;
}

/* ---- holes ---- */

void reader_doubt_holes(struct reader *reader)
{
	holes_doubt(&reader->holes, reader->transport->env.now_ns());
}

struct pdu_request reader_least(const struct reader *reader)
{
	static const struct point any = {.space = MODBUS_HOLDING, .type = TYPE_UINT16};
	const struct point *point = find_legal(reader);
	struct device_range range;

	if (!point) {
		point = reader->config->n_points ? &reader->config->points[0] : &any;
	}
	range = range_of(reader, point);
	return (struct pdu_request){
		.function = (uint8_t)pdu_read_function((enum modbus_table)point->space),
		.address = range.first,
		.count = (uint16_t)(range.last - range.first + 1)};
}

/* ---- life ---- */

/* What an earlier run found out. */
static void know_holes(struct reader *reader, const struct device_config *config)
{
	uint64_t now_ns = reader->transport->env.now_ns();

	for (size_t i = 0; i < config->n_holes; i++) {
		if (refusal_holds(&config->holes[i], &config->limits)) {
			(void)holes_know(&reader->holes, &config->holes[i], now_ns);
		}
	}
}

int reader_init(struct reader *reader, struct device *device, struct transport *transport)
{
	const struct device_config *config = device->config;
	const struct address *address = &transport->address;
	uint32_t assumed_us = cost_assumed_us(address, config);
	struct plan_cost cost = cost_of(address, &config->limits, assumed_us);

	*reader = (struct reader){.device = device,
	                          .config = config,
	                          .transport = transport,
	                          .meter = {assumed_us, config->measured_us > 0},
	                          .n_requests = cost_in_flight(address, &config->limits)};
	device->measured_us = config->measured_us;
	holes_init(&reader->holes, &device->holes);
	plan_cache_init(&reader->plans, config, &device->holes, &cost);
	reader->refusal = (struct refusal){.points = config->points,
	                                   .limits = &config->limits,
	                                   .holes = &reader->holes};
	for (size_t i = 0; i < reader->n_requests; i++) {
		struct reader_request *request = &reader->requests[i];

		request->reader = reader;
		reader_prepare(&request->transaction, config, &device->stats);
		request->transaction.rank = RANK_READ;
		request->transaction.done = on_answer;
		request->transaction.arg = request;
	}
	know_holes(reader, config);
	return count_blocks(reader);
}

void reader_fini(struct reader *reader)
{
	struct read_sink sink = reader->sink;

	for (size_t i = 0; i < reader->n_requests; i++) {
		if (reader->requests[i].purpose != READER_FREE) {
			transport_cancel(reader->transport,
			                 &reader->requests[i].transaction);
		}
	}
	plan_cache_fini(&reader->plans);
	holes_fini(&reader->holes);
	free(reader->refusal.pieces);
	free(reader->readings);
	free(reader->text);
	if (reader->busy) {
		sink.done(sink.arg, -ECANCELED);
	}
}
