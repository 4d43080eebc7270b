/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plant/sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/modbus/address.h"
#include "drivers/modbus/image.h"
#include "drivers/modbus/value.h"
#include "gateway/clock.h"
#include "gateway/plant/registers.h"

enum {
	GROUP_NS = 10000000, /* turns closer than this run together */
	MS_NS = 1000000,
	WIRE_STREAM = 0x77697265, /* of random numbers: no sensor's */
};

struct sim {
	const struct plant_setup *setup;
	struct sim_options options;
	struct plant *plant;
	struct server *server;
	struct image images[PLANT_UNITS_MAX];
	char address[ADDRESS_HOST_MAX + 32];
	uv_timer_t timer;
	uint64_t due_ns, period_ns; /* of a group of turns */
	uint32_t group;             /* turns in it */
	uint64_t turns, overruns;
	struct rng noise;                  /* of the wire */
	bool was_active[PLANT_FAULTS_MAX]; /* faults of the script */
	bool plc_failed;
	bool closing;
};

/* Signals and registers */

static int unit_index(const struct sim *s, uint8_t unit)
{
	for (size_t i = 0; i < s->setup->plant.n_units; i++) {
		if (s->setup->units[i].unit == unit) {
			return (int)i;
		}
	}
	return -1;
}

/* A register as it is today: its words in the wrong order, its clock wrong. */
static void show_register(struct sim *s, size_t u, const struct plant_register *r)
{
	static const enum word_order swapped[] = {[ORDER_ABCD] = ORDER_CDAB,
	                                          [ORDER_CDAB] = ORDER_ABCD,
	                                          [ORDER_BADC] = ORDER_DCBA,
	                                          [ORDER_DCBA] = ORDER_BADC};
	double signal = plant_signals(s->plant)[r->signal], ahead;
	struct plant_register other;

	if (r->signal + 1 == s->setup->plant.clock &&
	    plant_unit_fault(s->plant, (uint32_t)u, FAULT_CLOCK, &ahead)) {
		signal += ahead;
	}
	if (r->sensor >= 0 && plant_swapped(s->plant, (uint32_t)r->sensor)) {
		other = *r;
		other.encoding.order = swapped[r->encoding.order];
		other.point.encoding = &other.encoding;
		registers_show(&s->images[u], &other, signal);
	} else {
		registers_show(&s->images[u], r, signal);
	}
}

static void show_all(struct sim *s)
{
	for (size_t u = 0; u < s->setup->plant.n_units; u++) {
		const struct plant_unit *unit = &s->setup->units[u];

		for (size_t i = 0; i < unit->n_registers; i++) {
			show_register(s, u, &unit->registers[i]);
		}
	}
}

static bool touches(const struct plant_register *r, const struct server_access *a)
{
	uint32_t n = registers_are_bits(r) ? 1 : value_registers(&r->point);

	return r->point.space == a->table &&
	       r->point.address < (uint32_t)a->address + a->count &&
	       a->address < r->point.address + n;
}

/* May all that a write touches be set, and to a number?  The image has it already. */
static uint8_t judge_write(struct sim *s, size_t u, const struct server_access *a)
{
	const struct plant_unit *unit = &s->setup->units[u];

	for (size_t i = 0; i < unit->n_registers; i++) {
		const struct plant_register *r = &unit->registers[i];

		if (!touches(r, a)) {
			continue;
		}
		if (!plant_settable(s->plant, r->signal)) {
			return PDU_ILLEGAL_ADDRESS;
		}
		if (!isfinite(registers_signal(&s->images[u], r))) {
			return PDU_ILLEGAL_VALUE;
		}
	}
	return 0;
}

static void take_write(struct sim *s, size_t u, const struct server_access *a)
{
	const struct plant_unit *unit = &s->setup->units[u];

	for (size_t i = 0; i < unit->n_registers; i++) {
		const struct plant_register *r = &unit->registers[i];

		if (touches(r, a)) {
			plant_set(s->plant, r->signal,
			          registers_signal(&s->images[u], r));
		}
	}
}

/* A write goes through the image, and out of it again where it is refused. */
static uint8_t write_unit(struct sim *s, size_t u, const struct server_access *a)
{
	uint16_t words[PDU_WRITE_REGISTERS_MAX];
	bool bits[PDU_WRITE_BITS_MAX];
	struct server_access before = *a;
	uint8_t code;

	before.write = false;
	before.words = words;
	before.bits = bits;
	code = image_access(&s->images[u], &before);
	code = code ? code : image_access(&s->images[u], a);
	if (code) {
		return code;
	}
	code = judge_write(s, u, a);
	if (code) {
		before.write = true;
		image_access(&s->images[u], &before);
	} else {
		take_write(s, u, a);
	}
	return code;
}

static uint8_t on_access(void *arg, const struct server_access *a)
{
	struct sim *s = arg;
	int u = unit_index(s, a->unit);

	if (u < 0) {
		return PDU_GATEWAY_NO_ANSWER;
	}
	return a->write ? write_unit(s, (size_t)u, a) : image_access(&s->images[u], a);
}

static enum server_verdict on_judge(void *arg, uint8_t unit, uint8_t *code)
{
	struct sim *s = arg;
	int u = unit_index(s, unit);
	double value;

	if (u < 0) {
		return SERVER_ANSWER;
	}
	if (plant_unit_fault(s->plant, (uint32_t)u, FAULT_SILENCE, &value)) {
		return SERVER_SILENCE;
	}
	if (plant_unit_fault(s->plant, (uint32_t)u, FAULT_CLOSE, &value)) {
		return SERVER_CLOSE;
	}
	if (plant_unit_fault(s->plant, (uint32_t)u, FAULT_EXCEPTION, &value)) {
		*code = (uint8_t)value;
		return SERVER_EXCEPTION;
	}
	return SERVER_ANSWER;
}

static uint32_t on_late_ms(void *arg, uint8_t unit)
{
	struct sim *s = arg;
	int u = unit_index(s, unit);
	double value_s = 0;

	if (u < 0 || !plant_unit_fault(s->plant, (uint32_t)u, FAULT_LATE, &value_s)) {
		return 0;
	}
	return (uint32_t)lround(value_s * 1000);
}

/* One byte of the answer, any, becomes another. */
static void on_garble(void *arg, uint8_t unit, uint8_t *adu, size_t n)
{
	struct sim *s = arg;
	int u = unit_index(s, unit);
	double share;

	if (u < 0 || !plant_unit_fault(s->plant, (uint32_t)u, FAULT_GARBLED, &share) ||
	    rng_uniform(&s->noise) >= share) {
		return;
	}
	adu[(size_t)(rng_uniform(&s->noise) * (double)n)] ^=
		(uint8_t)(1 + rng_uniform(&s->noise) * 255);
}

/* Time */

/* Say which faults of the script the turn at that time began and ended. */
static void tell_faults(struct sim *s, double time_s)
{
	for (size_t i = 0; i < s->setup->plant.n_faults; i++) {
		bool active = plant_fault_active(s->plant, i);

		if (active != s->was_active[i] && s->options.on_fault) {
			s->options.on_fault(s->options.arg, time_s,
			                    s->setup->fault_texts[i], active);
		}
		s->was_active[i] = active;
	}
}

static void tell_plc(struct sim *s)
{
	const struct plc_link *link = s->options.link;

	if (!link || s->plc_failed || !plc_link_fault(link)) {
		return;
	}
	s->plc_failed = true;
	if (s->options.on_plc_fault) {
		s->options.on_plc_fault(s->options.arg,
		                        program_fault(plc_link_program(link)));
	}
}

void sim_turn(struct sim *s)
{
	double time_s = plant_time_s(s->plant);

	plant_turn(s->plant);
	tell_faults(s, time_s);
	tell_plc(s);
	s->turns++;
	show_all(s);
}

static void on_due(uv_timer_t *timer);

static void arm(struct sim *s, uint64_t now_ns)
{
	uint64_t wait_ns = s->due_ns > now_ns ? s->due_ns - now_ns : 0;

	uv_update_time(s->timer.loop);
	uv_timer_start(&s->timer, on_due, (wait_ns + MS_NS - 1) / MS_NS, 0);
}

static bool is_over(const struct sim *s)
{
	return s->options.for_ms > 0 &&
	       plant_time_s(s->plant) * 1000 > (double)s->options.for_ms - 0.5;
}

static void on_due(uv_timer_t *timer)
{
	struct sim *s = timer->data;
	uint64_t now_ns = clock_now_ns();
	uint64_t missed = now_ns > s->due_ns ? (now_ns - s->due_ns) / s->period_ns : 0;

	if (now_ns < s->due_ns) { /* a timer counts in ms */
		arm(s, now_ns);
		return;
	}
	s->overruns += missed * s->group;
	s->due_ns += (missed + 1) * s->period_ns;
	for (uint32_t i = 0; i < s->group && !is_over(s); i++) {
		sim_turn(s);
	}
	if (!is_over(s)) {
		arm(s, clock_now_ns());
	} else if (s->options.on_end) {
		s->options.on_end(s->options.arg);
	}
}

static void start(struct sim *s)
{
	double turn_ns = plant_cycle_s(s->plant) * 1e9 / s->options.speed;

	s->group = turn_ns >= GROUP_NS ? 1 : (uint32_t)ceil(GROUP_NS / turn_ns);
	s->period_ns = (uint64_t)llround(turn_ns * s->group);
	s->due_ns = clock_now_ns() + s->period_ns;
	arm(s, clock_now_ns());
}

/* Life */

static int resolve(const struct address *address, struct sockaddr_storage *out)
{
	const char *host = strcmp(address->host, "localhost") == 0 ? "127.0.0.1"
	                                                           : address->host;
	int err = uv_ip4_addr(host, address->port, (struct sockaddr_in *)out);

	return err ? uv_ip6_addr(host, address->port, (struct sockaddr_in6 *)out) : 0;
}

static int listen_at(struct sim *s, uv_loop_t *loop, const char **why)
{
	static const char any_port[] = ":0";
	const char *listen = s->options.listen ? s->options.listen : s->setup->listen;
	struct server_hooks hooks = {.access = on_access,
	                             .judge = on_judge,
	                             .late_ms = on_late_ms,
	                             .garble = on_garble,
	                             .arg = s};
	struct sockaddr_storage where;
	struct address address;
	size_t n = strlen(listen);
	/* The port 0 is none to ask for, but one to listen on. */
	bool any = n > 2 && strcmp(listen + n - 2, any_port) == 0;
	int err;

	snprintf(s->address, sizeof(s->address), "%.*s", (int)(any ? n - 2 : n), listen);
	err = address_parse(&address, s->address, why);
	if (err || address.serial) {
		*why = address.serial ? "only tcp:// is served" : *why;
		return -EINVAL;
	}
	address.port = any ? 0 : address.port;
	*why = "not a numeric address to listen on";
	if (resolve(&address, &where)) {
		return -EINVAL;
	}
	err = server_open(&s->server, loop, (const struct sockaddr *)&where, &hooks);
	if (err) {
		*why = uv_strerror(err);
		return err;
	}
	snprintf(s->address, sizeof(s->address),
	         strchr(address.host, ':') ? "tcp://[%s]:%u" : "tcp://%s:%u",
	         address.host, server_port(s->server));
	return 0;
}

static void sim_free(struct sim *s)
{
	for (size_t i = 0; i < PLANT_UNITS_MAX; i++) {
		image_fini(&s->images[i]);
	}
	plant_free(s->plant);
	free(s);
}

int sim_open(struct sim **out, uv_loop_t *loop, const struct plant_setup *setup,
             const struct sim_options *options, const char **why)
{
	struct sim *s = calloc(1, sizeof(*s));
	int err = -ENOMEM;

	*why = "out of memory";
	if (!s) {
		return err;
	}
	s->setup = setup;
	s->options = *options;
	rng_init(&s->noise, setup->plant.seed, WIRE_STREAM);
	err = plant_new(&s->plant, &setup->plant);
	for (size_t i = 0; i < setup->plant.n_units && !err; i++) {
		err = image_init(&s->images[i], setup->units[i].sizes);
	}
	if (err) {
		goto fail;
	}
	if (s->options.link) {
		plc_link_attach(s->options.link, s->plant);
	} else if (s->options.remote) {
		plc_remote_attach(s->options.remote, s->plant);
	}
	show_all(s);
	err = uv_timer_init(loop, &s->timer);
	if (err) {
		goto fail;
	}
	s->timer.data = s;
	err = listen_at(s, loop, why);
	if (err) {
		sim_close(s);
		return err;
	}
	if (s->options.speed > 0) {
		start(s);
	}
	*out = s;
	return 0;

fail:
	sim_free(s);
	return err;
}

uint16_t sim_port(const struct sim *s)
{
	return server_port(s->server);
}

const char *sim_address(const struct sim *s)
{
	return s->address;
}

int sim_inject(struct sim *s, const char *target, const char *fault, double value,
               double for_s)
{
	struct fault f;
	int err = plant_config_fault(s->setup, target, fault, &f);

	f.value = value;
	f.at_s = plant_time_s(s->plant);
	f.until_s = f.at_s + for_s;
	return err ? err : plant_inject(s->plant, &f);
}

double sim_signal(const struct sim *s, const char *name)
{
	int64_t signal = plant_signal_find(s->setup, name);

	return signal < 0 ? (double)NAN : plant_signals(s->plant)[signal];
}

struct sim_stats sim_stats(const struct sim *s)
{
	return (struct sim_stats){
		.turns = s->turns,
		.overruns = s->overruns,
		.time_s = plant_time_s(s->plant),
		.active_faults = plant_active_faults(s->plant),
		.server = server_stats(s->server),
	};
}

static void on_closed(uv_handle_t *handle)
{
	sim_free(handle->data);
}

void sim_close(struct sim *s)
{
	if (!s || s->closing) {
		return;
	}
	s->closing = true;
	server_close(s->server);
	uv_close((uv_handle_t *)&s->timer, on_closed);
}
