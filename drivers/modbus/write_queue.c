/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/write_queue.h"

#include <errno.h>
#include <string.h>

#include "drivers/modbus/value.h"

static void submit(struct write_queue *writer, enum transaction_rank rank)
{
	writer->transaction.rank = (uint8_t)rank;
	transport_submit(writer->transport, &writer->transaction);
}

static uint8_t function_of(const struct point *point, enum pdu_function usual)
{
	return point->encoding->write_function ? point->encoding->write_function
	                                       : (uint8_t)usual;
}

static void write_registers(struct write_queue *writer, enum transaction_rank rank)
{
	const struct writer_order *order = &writer->orders[writer->first];
	uint16_t count = value_registers(order->point);

	writer->stage = WRITE_SENT;
	writer->transaction.request = (struct pdu_request){
		.function = function_of(order->point, count == 1 ? PDU_WRITE_REGISTER
	                                                         : PDU_WRITE_REGISTERS),
		.address = (uint16_t)order->point->address,
		.count = count,
		.data = order->wire};
	submit(writer, rank);
}

static void write_coil(struct write_queue *writer)
{
	const struct writer_order *order = &writer->orders[writer->first];

	bool on = order->wire[0] || order->wire[1];
	uint8_t function = function_of(order->point, PDU_WRITE_COIL);

	writer->stage = WRITE_SENT;
	writer->data[0] = function == PDU_WRITE_COILS ? on : on * 0xff;
	writer->data[1] = 0;
	writer->transaction.request = (struct pdu_request){
		.function = function,
		.address = (uint16_t)order->point->address,
		.count = 1,
		.data = writer->data};
	submit(writer, RANK_WRITE);
}

/* The device itself keeps the rest of the register: what the part is made of does not
 * depend on it, so a register of zeros and one of ones show which bits are the part's
 * (V1.1b3 section 6.16: the register AND the first, OR the second without the first). */
static void write_masked(struct write_queue *writer)
{
	const struct writer_order *order = &writer->orders[writer->first];
	uint8_t *and_mask = writer->data, *or_mask = writer->data + 2;

	memset(and_mask, 0xff, 2);
	memset(or_mask, 0, 2);
	value_encode(and_mask, order->point, &order->value); /* was tried */
	value_encode(or_mask, order->point, &order->value);
	and_mask[0] ^= or_mask[0];
	and_mask[1] ^= or_mask[1];
	writer->stage = WRITE_SENT;
	writer->transaction.request = (struct pdu_request){
		.function = PDU_MASK_REGISTER,
		.address = (uint16_t)order->point->address,
		.count = 1,
		.data = writer->data};
	submit(writer, RANK_WRITE);
}

static void read_rest(struct write_queue *writer)
{
	const struct writer_order *order = &writer->orders[writer->first];

	writer->stage = WRITE_REST;
	writer->transaction.request = (struct pdu_request){
		.function = PDU_READ_HOLDING,
		.address = (uint16_t)order->point->address,
		.count = 1};
	submit(writer, RANK_WRITE);
}

static void read_back(struct write_queue *writer)
{
	const struct point *point = writer->orders[writer->first].point;

	writer->stage = WRITE_CHECK;
	writer->transaction.request = (struct pdu_request){
		.function = (uint8_t)pdu_read_function((enum modbus_table)point->space),
		.address = (uint16_t)point->address,
		.count = point->space == MODBUS_COIL ? 1 : value_registers(point)};
	submit(writer, RANK_FOLLOW);
}

static void start_first(struct write_queue *writer)
{
	const struct point *point = writer->orders[writer->first].point;

	if (point->space == MODBUS_COIL) {
		write_coil(writer);
	} else if (point->encoding->write_function == PDU_MASK_REGISTER) {
		write_masked(writer);
	} else if (value_is_part(point)) {
		read_rest(writer);
	} else {
		write_registers(writer, RANK_WRITE);
	}
}

/* Is the value what the device holds?  Of a part the rest does not matter. */
static bool is_held(const struct writer_order *order, const uint8_t *data)
{
	uint8_t wire[2];

	if (order->point->space == MODBUS_COIL) {
		return pdu_bit(data, 0) == (order->wire[0] || order->wire[1]);
	}
	if (value_is_part(order->point)) {
		memcpy(wire, data, sizeof(wire));
		value_encode(wire, order->point, &order->value); /* was tried */
		return memcmp(wire, data, sizeof(wire)) == 0;
	}
	return memcmp(order->wire, data, (size_t)2 * value_registers(order->point)) == 0;
}

/* What to tell of a write that ended like this. */
static int outcome(const struct write_queue *writer, const struct answer *answer)
{
	const struct writer_order *order = &writer->orders[writer->first];

	if (writer->stage == WRITE_CHECK) {
		return answer->reason != REASON_NONE  ? -ENODATA
		       : is_held(order, answer->data) ? 0
		                                      : -EBADMSG;
	}
	if (answer->reason == REASON_NONE) {
		return 0;
	}
	if (answer->reason == REASON_EXCEPTION) {
		return -EREMOTEIO;
	}
	return answer->sent && writer->stage == WRITE_SENT ? -ETIMEDOUT : -ECONNREFUSED;
}

/* @return whether the answer was to one of several requests of a write, and not the last
 */
static bool go_on(struct write_queue *writer, const struct answer *answer)
{
	struct writer_order *order = &writer->orders[writer->first];

	if (writer->stage == WRITE_REST) {
		memcpy(order->wire, answer->data, 2);
		value_encode(order->wire, order->point, &order->value); /* was tried */
		write_registers(writer, RANK_FOLLOW);
		return true;
	}
	if (writer->stage == WRITE_SENT && order->point->encoding->read_back) {
		read_back(writer);
		return true;
	}
	return false;
}

static void on_answer(struct transaction *t, const struct answer *answer)
{
	struct write_queue *writer = t->arg;
	struct writer_order *order = &writer->orders[writer->first];
	write_done_cb done = order->done;
	void *arg = order->arg;
	int err = outcome(writer, answer);

	if (!err && go_on(writer, answer)) {
		return;
	}
	writer->first = (writer->first + 1) % WRITER_MAX;
	writer->n--;
	if (writer->n > 0) {
		start_first(writer);
	}
	done(arg, err, answer->code);
}

int write_queue_start(struct write_queue *writer, const struct point *point,
                      const struct value *value, write_done_cb done, void *arg)
{
	struct writer_order *order =
		&writer->orders[(writer->first + writer->n) % WRITER_MAX];
	int err;

	if (point->space == MODBUS_INPUT || point->space == MODBUS_DISCRETE) {
		return -EROFS;
	}
	if (writer->n == WRITER_MAX) {
		return -EBUSY;
	}
	memset(order->wire, 0, sizeof(order->wire));
	err = value_encode(order->wire, point, value);
	if (err) {
		return err;
	}
	if (value_registers(point) > PDU_WRITE_REGISTERS_MAX) {
		return -ERANGE; /* two requests would not be one write */
	}
	order->point = point;
	order->value = *value;
	order->done = done;
	order->arg = arg;
	writer->n++;
	if (writer->n == 1) {
		start_first(writer);
	}
	return 0;
}

void write_queue_init(struct write_queue *writer, const struct device_config *config,
                      struct transport *transport, struct device_stats *stats)
{
	*writer = (struct write_queue){.transport = transport};
	transport_prepare(&writer->transaction, config, stats);
	writer->transaction.done = on_answer;
	writer->transaction.arg = writer;
}

void write_queue_fini(struct write_queue *writer)
{
	int err = -ECANCELED;

	if (writer->n > 0) {
		bool sent = transport_cancel(writer->transport, &writer->transaction);

		err = writer->stage == WRITE_CHECK          ? -ENODATA
		      : writer->stage == WRITE_SENT && sent ? -ETIMEDOUT
		                                            : -ECANCELED;
	}
	for (; writer->n > 0; writer->n--) {
		const struct writer_order *order = &writer->orders[writer->first];

		writer->first = (writer->first + 1) % WRITER_MAX;
		order->done(order->arg, err, 0);
		err = -ECANCELED;
	}
}
