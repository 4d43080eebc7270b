/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plant/plc_remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/transport.h"
#include "drivers/modbus/value.h"
#include "gateway/clock.h"
#include "gateway/plant/registers.h"

enum {
	BLOCKS_MAX = 24,  /* with the poke what a device may have queued */
	BRIDGED = 16,     /* what is read between two addresses to save a request */
	TIMEOUT_MS = 500, /* of a request */
	LOST_MS = 1000,   /* without an exchange that went well */
	RETRY_MS = 250,   /* after one that found nobody */
	DATA_MAX = 2 * PDU_WRITE_REGISTERS_MAX,
	MS_NS = 1000000,
};

/* A request of every exchange. */
struct remote_block {
	struct transaction transaction;
	struct plc_remote *remote;
	enum modbus_table table; /* in the image */
	uint32_t address, count; /* likewise */
	bool write;
	uint8_t data[DATA_MAX];
};

/* An output that somebody else than the PLC wants: a setpoint. */
struct wish {
	double value, last; /* last: as the PLC had it */
	bool open;
};

struct plc_remote {
	const struct plant_unit *unit;
	struct plc_remote_wish wish;
	struct image image;
	uint16_t inputs_at;
	struct remote_block blocks[BLOCKS_MAX];
	size_t n_blocks;
	struct remote_block poke; /* the wish that is being written */
	size_t poked;             /* its register */
	struct wish *wishes;
	void *shared; /* the transport's */
	struct transport *transport;
	struct transport_user user;
	struct device_stats stats;
	struct plc_remote_stats own;
	size_t pending;
	const char *trouble; /* of the exchange under way */
	bool nobody;         /* likewise: it found nobody */
	bool up, started;
	uint64_t answered_ns, retry_ns;
};

static bool is_input(const struct plant_register *r)
{
	return r->point.space == MODBUS_DISCRETE || r->point.space == MODBUS_INPUT;
}

static uint32_t width(const struct plant_register *r)
{
	return registers_are_bits(r) ? 1 : value_registers(&r->point);
}

/* --- What an exchange asks --- */

static void pack(struct remote_block *b)
{
	const struct image *image = &b->remote->image;

	memset(b->data, 0, sizeof(b->data));
	for (uint32_t i = 0; i < b->count; i++) {
		switch (b->table) {
		case MODBUS_DISCRETE:
		case MODBUS_COIL:
			b->data[i / 8] |=
				(uint8_t)((b->table == MODBUS_COIL
			                           ? image->coils
			                           : image->discretes)[b->address + i]
			                  << i % 8);
			break;
		case MODBUS_INPUT:
			pdu_put_register(b->data, i, image->input[b->address + i]);
			break;
		case MODBUS_HOLDING:
			pdu_put_register(b->data, i, image->holding[b->address + i]);
			break;
		}
	}
}

static void unpack(struct remote_block *b, const uint8_t *data)
{
	struct image *image = &b->remote->image;

	for (uint32_t i = 0; i < b->count; i++) {
		if (b->table == MODBUS_COIL) {
			image->coils[b->address + i] = pdu_bit(data, i);
		} else {
			image->holding[b->address + i] = pdu_register(data, i);
		}
	}
}

/* --- How it ends --- */

static const char *trouble_of(const struct answer *answer)
{
	static const char *const exceptions[] = {
		[PDU_ILLEGAL_FUNCTION] = "it refuses a function of Modbus",
		[PDU_ILLEGAL_ADDRESS] =
			"it refuses an address: are inputs= and the io of "
			"the plant those of its map?",
		[PDU_ILLEGAL_VALUE] = "it refuses a value",
	};
	const char *text = NULL;

	if (answer->reason != REASON_EXCEPTION) {
		return reason_name(answer->reason);
	}
	if (answer->code < sizeof(exceptions) / sizeof(*exceptions)) {
		text = exceptions[answer->code];
	}
	return text ? text : "it answers with an exception";
}

static void tell(struct plc_remote *r, bool up, const char *why)
{
	if (up != r->up || !r->started) {
		r->up = up;
		if (r->wish.on_link) {
			r->wish.on_link(r->wish.arg, up, why);
		}
	}
	r->started = true;
}

static void exchange_is_over(struct plc_remote *r)
{
	uint64_t now_ns = clock_now_ns();

	r->own.exchanges++;
	if (!r->trouble) {
		r->answered_ns = now_ns;
		tell(r, true, "");
		return;
	}
	r->own.failed++;
	r->retry_ns = r->nobody ? now_ns + RETRY_MS * (uint64_t)MS_NS : 0;
	if (!r->started || now_ns - r->answered_ns >= LOST_MS * (uint64_t)MS_NS) {
		tell(r, false, r->trouble);
	}
}

static void on_done(struct transaction *t, const struct answer *answer)
{
	struct remote_block *b = t->arg;
	struct plc_remote *r = b->remote;

	if (answer->reason != REASON_NONE) {
		r->trouble = trouble_of(answer);
		r->nobody |= !transport_is_answer(answer->reason);
	} else if (!b->write) {
		unpack(b, answer->data);
	} else if (b == &r->poke) {
		r->wishes[r->poked].open = false;
	}
	if (--r->pending == 0) {
		exchange_is_over(r);
	}
}

static void ask(struct plc_remote *r, struct remote_block *b)
{
	struct pdu_request *q = &b->transaction.request;
	bool bits = b->table == MODBUS_COIL || b->table == MODBUS_DISCRETE;
	bool input = b->table == MODBUS_DISCRETE || b->table == MODBUS_INPUT;

	if (b->write) {
		pack(b);
	}
	*q = (struct pdu_request){
		.function = (uint8_t)pdu_read_function(b->table),
		.address = (uint16_t)(b->address + (input ? r->inputs_at : 0)),
		.count = (uint16_t)b->count,
		.data = b->data};
	if (b->write) {
		q->function = bits ? PDU_WRITE_COILS : PDU_WRITE_REGISTERS;
	}
	b->transaction.rank = b->write ? RANK_WRITE : RANK_READ;
	r->pending++;
	transport_submit(r->transport, &b->transaction);
}

/* The next setpoint that the PLC does not have yet. */
static void ask_poke(struct plc_remote *r)
{
	for (size_t n = r->unit->n_registers, i = 0; i < n; i++) {
		size_t k = (r->poked + 1 + i) % n;
		const struct plant_register *reg = &r->unit->registers[k];

		if (r->wishes[k].open) {
			r->poked = k;
			r->poke.table = (enum modbus_table)reg->point.space;
			r->poke.address = reg->point.address;
			r->poke.count = width(reg);
			registers_show(&r->image, reg, r->wishes[k].value);
			ask(r, &r->poke);
			return;
		}
	}
}

/* --- A turn of the plant --- */

static void take_outputs(struct plc_remote *r, double *signals)
{
	bool lost = clock_now_ns() - r->answered_ns >= LOST_MS * (uint64_t)MS_NS;

	for (size_t i = 0; i < r->unit->n_registers; i++) {
		const struct plant_register *reg = &r->unit->registers[i];
		struct wish *w = &r->wishes[i];

		if (is_input(reg)) {
			continue;
		}
		if (signals[reg->signal] != w->last) {
			w->open = true;
			w->value = signals[reg->signal];
		}
		if (r->answered_ns > 0 && !w->open) {
			signals[reg->signal] = lost ? 0
			                            : registers_signal(&r->image, reg);
		}
		w->last = signals[reg->signal];
	}
}

static void begin_exchange(struct plc_remote *r, const double *signals)
{
	for (size_t i = 0; i < r->unit->n_registers; i++) {
		const struct plant_register *reg = &r->unit->registers[i];

		if (is_input(reg)) {
			registers_show(&r->image, reg, signals[reg->signal]);
		}
	}
	r->trouble = NULL;
	r->nobody = false;
	r->pending = 1; /* none may end before all are asked */
	for (size_t i = 0; i < r->n_blocks; i++) {
		ask(r, &r->blocks[i]);
	}
	ask_poke(r);
	r->pending--;
}

static void on_scan(void *arg, int64_t now_ns, double *signals)
{
	struct plc_remote *r = arg;

	(void)now_ns; /* of the plant; the PLC has a clock of its own */
	if (r->pending > 0) {
		r->own.late++;
		return;
	}
	take_outputs(r, signals);
	if (clock_now_ns() >= r->retry_ns) {
		begin_exchange(r, signals);
	}
}

void plc_remote_attach(struct plc_remote *r, struct plant *plant)
{
	const struct plant_program program = {.scan = on_scan, .arg = r};

	for (size_t i = 0; i < r->unit->n_registers; i++) {
		uint32_t signal = r->unit->registers[i].signal;

		r->wishes[i] = (struct wish){.last = plant_signals(plant)[signal]};
	}
	plant_attach(plant, &program);
}

/* --- Which requests an exchange is made of --- */

/* Does a register of this table stand at this address? */
static bool is_used(const struct plant_unit *unit, enum modbus_table table,
                    uint32_t address)
{
	for (size_t i = 0; i < unit->n_registers; i++) {
		const struct plant_register *r = &unit->registers[i];

		if (r->point.space == table && address >= r->point.address &&
		    address < r->point.address + width(r)) {
			return true;
		}
	}
	return false;
}

/* Runs of used addresses.  What is written never reaches beyond them. */
static int plan(struct plc_remote *r, enum modbus_table table)
{
	bool bits = table == MODBUS_COIL || table == MODBUS_DISCRETE;
	bool write = table == MODBUS_DISCRETE || table == MODBUS_INPUT;
	uint32_t most = bits ? (write ? PDU_WRITE_BITS_MAX : PDU_READ_BITS_MAX)
	                     : (write ? PDU_WRITE_REGISTERS_MAX : PDU_READ_REGISTERS_MAX);
	uint32_t bridged = write ? 0 : BRIDGED;
	struct remote_block *b = NULL;

	for (uint32_t a = 0; a < r->unit->sizes[table]; a++) {
		if (!is_used(r->unit, table, a)) {
			continue;
		}
		if (b && a <= b->address + b->count + bridged && a - b->address < most) {
			b->count = a - b->address + 1;
			continue;
		}
		if (r->n_blocks == BLOCKS_MAX) {
			return -EINVAL;
		}
		b = &r->blocks[r->n_blocks++];
		b->table = table;
		b->address = a;
		b->count = 1;
		b->write = write;
	}
	return 0;
}

static void prepare(struct plc_remote *r, struct remote_block *b, uint8_t unit)
{
	const struct device_config config = {.unit = unit, .timeout_ms = TIMEOUT_MS};

	b->remote = r;
	transport_prepare(&b->transaction, &config, &r->stats);
	b->transaction.done = on_done;
	b->transaction.arg = b;
}

/* --- Life --- */

/* A number of the query behind the address. */
static bool query_number(const char *query, const char *name, unsigned long most,
                         unsigned long *out)
{
	size_t n = strlen(name);

	while (*query) {
		const char *value = query + n + 1;
		char *end;

		if (strncmp(query, name, n) == 0 && query[n] == '=') {
			*out = strtoul(value, &end, 10);
			return end != value && (*end == '\0' || *end == '&') &&
			       *out <= most;
		}
		query = strchr(query, '&') ? strchr(query, '&') + 1 : "";
	}
	return true;
}

static int read_target(struct address *address, const char *target, unsigned long *unit,
                       unsigned long *inputs, const char **why)
{
	const char *query = strchr(target, '?');
	char *plain = strndup(target, query ? (size_t)(query - target) : strlen(target));
	int err = plain ? address_parse(address, plain, why) : -ENOMEM;

	free(plain);
	if (err) {
		return err;
	}
	query = query ? query + 1 : "";
	if (address->serial || !query_number(query, "unit", 255, unit) ||
	    !query_number(query, "inputs", 65535, inputs)) {
		*why = "wanted: tcp://HOST:PORT[?unit=1&inputs=8192]";
		return -EINVAL;
	}
	return 0;
}

int plc_remote_open(struct plc_remote **out, uv_loop_t *loop,
                    const struct plant_setup *setup, const struct plc_remote_wish *wish,
                    const char **why)
{
	static const enum modbus_table order[] = {MODBUS_DISCRETE, MODBUS_INPUT,
	                                          MODBUS_COIL, MODBUS_HOLDING};
	const struct plant_unit *unit = &setup->units[setup->plant.n_units - 1];
	unsigned long number = unit->unit, inputs = PLC_REMOTE_INPUTS;
	struct plc_remote *r = calloc(1, sizeof(*r));
	struct driver_env env = {.loop = loop, .now_ns = clock_now_ns};
	struct address address;
	int err;

	*why = "out of memory";
	if (!r) {
		return -ENOMEM;
	}
	*r = (struct plc_remote){.unit = unit, .wish = *wish};
	r->wishes = calloc(unit->n_registers + 1, sizeof(*r->wishes));
	err = r->wishes ? image_init(&r->image, unit->sizes) : -ENOMEM;
	if (!err) {
		err = read_target(&address, wish->target, &number, &inputs, why);
	}
	r->inputs_at = (uint16_t)inputs;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order) && !err; i++) {
		*why = "more than 24 requests a turn: put the addresses of `io` together";
		err = plan(r, order[i]);
	}
	for (size_t i = 0; i < r->n_blocks; i++) {
		prepare(r, &r->blocks[i], (uint8_t)number);
	}
	prepare(r, &r->poke, (uint8_t)number);
	r->poke.write = true;
	if (!err) {
		env.shared = &r->shared;
		r->user = (struct transport_user){.stats = &r->stats,
		                                  .unit = (uint8_t)number,
		                                  .window = 1,
		                                  .connections = 1};
		err = transport_join(&r->transport, &env, &address, &r->user, why);
	}
	if (err) {
		plc_remote_close(r);
		return err;
	}
	*out = r;
	return 0;
}

void plc_remote_close(struct plc_remote *r)
{
	if (!r) {
		return;
	}
	if (r->transport) {
		for (size_t i = 0; i < r->n_blocks; i++) {
			transport_cancel(r->transport, &r->blocks[i].transaction);
		}
		transport_cancel(r->transport, &r->poke.transaction);
		transport_leave(r->transport, &r->user);
	}
	image_fini(&r->image);
	free(r->wishes);
	free(r);
}

struct plc_remote_stats plc_remote_stats(const struct plc_remote *r)
{
	struct plc_remote_stats s = r->own;

	s.rtt_us = r->stats.rtt_us;
	return s;
}
