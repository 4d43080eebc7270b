/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/reader.h"

#include <errno.h>
#include <stdlib.h>

enum {
	SILENT_MAX =
		3, /* blocks in a row without an answer: the device is taken to be gone */
	LEARNING_MS = 10000,
};

/* ---- the plan ---- */

/* Room for all pieces that a plan's blocks may fall into; most devices refuse nothing. */
static int make_room(struct reader *reader, size_t n_pieces)
{
	struct plan_block *pieces;

	if (n_pieces > reader->max_pieces) {
		pieces = realloc(reader->refusal.pieces, n_pieces * sizeof(*pieces));
		if (!pieces) {
			return -ENOMEM;
		}
		reader->refusal.pieces = pieces;
		reader->max_pieces = n_pieces;
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
	if (!err) {
		err = delivery_prepare(&reader->delivery, reader->plan);
	}
	return err;
}

/* The first point that may be asked for, or NULL. */
static const struct point *find_legal(const struct reader *reader)
{
	for (size_t i = 0; i < reader->config->n_points; i++) {
		const struct point *point = &reader->config->points[i];
		struct device_range range = refusal_point_range(point,
		                                                &reader->config->limits);

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
		delivery_failure(&reader->delivery, &piece,
		                 split(reader, &piece, hole->code, now_ns), &answer);
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

static bool is_under_way(const struct reader *reader)
{
	return reader->n_open > 0 || reader->later.n > 0;
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
	if (later_take(&reader->later, &request->block, now_ns)) {
		return READER_PIECE;
	}
	if (reader->answered && reader->n_silent == 0 && !is_under_way(reader) &&
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
	range = refusal_point_range(point ? point : &reader->config->points[0],
	                            &reader->config->limits);
	request->block = block_of(&range);
	submit(reader, request, READER_PULSE);
}

static void note(struct reader *reader, enum reason reason)
{
	if (transport_is_answer(reason)) {
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

static bool is_busy(const struct answer *answer)
{
	return answer->reason == REASON_EXCEPTION &&
	       (answer->code == PDU_ACKNOWLEDGE || answer->code == PDU_BUSY);
}

/* Learn, and ask for the rest now or, where the cycle's time is up, in the next one. */
static void on_refused(struct reader *reader, const struct plan_block *block,
                       const struct answer *answer)
{
	struct refusal *refusal = &reader->refusal;
	size_t n_before = refusal->n_pieces;

	if (make_room(reader, reader->plan->n_points)) {
		/* No memory: there is nothing to learn from this one. */
		delivery_failure(&reader->delivery, block, block->n_points, answer);
		return;
	}
	delivery_failure(&reader->delivery, block,
	                 split(reader, block, answer->code, answer->received_ns), answer);
	while (answer->received_ns > reader->end_ns && refusal->n_pieces > n_before) {
		const struct plan_block *piece = &refusal->pieces[--refusal->n_pieces];

		delivery_failure(&reader->delivery, piece, piece->n_points, answer);
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
		delivery_values(&reader->delivery, block, answer);
	} else if (is_refusal(answer)) {
		on_refused(reader, block, answer);
	} else if (!is_busy(answer) ||
	           !later_put(&reader->later, block, answer->received_ns)) {
		delivery_failure(&reader->delivery, block, block->n_points, answer);
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

		delivery_failure(&reader->delivery, piece, piece->n_points, answer);
	}
	while (reader->later.n > 0) {
		const struct plan_block *block = &reader->later.blocks[--reader->later.n];

		delivery_failure(&reader->delivery, block, block->n_points, answer);
	}
	while (reader->next_block < reader->plan->n_blocks) {
		const struct plan_block *block =
			&reader->plan->blocks[reader->next_block++];

		delivery_failure(&reader->delivery, block, block->n_points, answer);
	}
}

static void finish(struct reader *reader)
{
	struct read_sink sink = reader->delivery.sink;
	const struct answer answer = {.reason = reader->answered ? REASON_EXCEPTION
	                                                         : reader->silence,
	                              .received_ns = reader->transport->env.now_ns()};

	delivery_refused(&reader->delivery, &reader->holes, &answer);
	reader->busy = false;
	sink.done(sink.arg, reader->answered ? 0 : transport_errno(reader->silence));
}

static void go_on(struct reader *reader)
{
	launch(reader);
	if (!is_under_way(reader)) {
		finish(reader);
	}
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
	go_on(reader);
}

/* What a busy device put off is to be asked again. */
static void on_again(void *arg)
{
	go_on(arg);
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

/* How long a busy device is asked again: as for one answer, and only while the next cycle
 * keeps its time. */
static uint64_t patience_ns(const struct device_config *config, uint32_t due)
{
	for (size_t i = 0; i < config->n_periods; i++) {
		if (due >> i & 1) {
			uint32_t half_ms = config->periods_ms[i] / 2;

			return UINT64_C(1000000) * (half_ms < config->timeout_ms
			                                    ? half_ms
			                                    : config->timeout_ms);
		}
	}
	return 0;
}

int reader_start(struct reader *reader, uint32_t due, const struct read_sink *sink)
{
	uint64_t now_ns = reader->transport->env.now_ns();
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
	reader->delivery.sink = *sink;
	reader->next_block = 0;
	reader->refusal.plan = reader->plan;
	reader->end_ns = now_ns + learning_ns(reader->config, due);
	later_begin(&reader->later, now_ns, now_ns + patience_ns(reader->config, due));
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
	static const struct encoding number = {.scale = 1, .type = TYPE_UINT16};
	static const struct point any = {.space = MODBUS_HOLDING, .encoding = &number};
	const struct point *point = find_legal(reader);
	struct device_range range;

	if (!point) {
		point = reader->config->n_points ? &reader->config->points[0] : &any;
	}
	range = refusal_point_range(point, &reader->config->limits);
	return (struct pdu_request){
		.function = (uint8_t)pdu_read_function((enum modbus_table)range.space),
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
	int err;

	*reader = (struct reader){
		.device = device,
		.config = config,
		.transport = transport,
		.delivery = {.config = config},
		.meter = {.in_use_us = assumed_us, .measured = config->measured_us > 0},
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
		transport_prepare(&request->transaction, config, &device->stats);
		request->transaction.rank = RANK_READ;
		request->transaction.done = on_answer;
		request->transaction.arg = request;
	}
	know_holes(reader, config);
	err = later_init(&reader->later, transport->env.loop, on_again, reader);
	return err ? err : count_blocks(reader);
}

void reader_fini(struct reader *reader)
{
	struct read_sink sink = reader->delivery.sink;

	for (size_t i = 0; i < reader->n_requests; i++) {
		if (reader->requests[i].purpose != READER_FREE) {
			transport_cancel(reader->transport,
			                 &reader->requests[i].transaction);
		}
	}
	plan_cache_fini(&reader->plans);
	holes_fini(&reader->holes);
	later_fini(&reader->later);
	free(reader->refusal.pieces);
	delivery_fini(&reader->delivery);
	if (reader->busy) {
		sink.done(sink.arg, -ECANCELED);
	}
}
