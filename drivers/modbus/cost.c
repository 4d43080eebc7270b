/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/cost.h"

#include <stdlib.h>

#include "drivers/modbus/transport.h"

enum {
	FRAME_CHARACTERS = 8 + 5,  /* a read and its answer but for the data */
	TCP_BYTE_NS = 80,          /* 100 Mbit/s */
	FAST_SILENCE_NS = 1750000, /* t3.5 above 19200 baud */
};

uint32_t cost_assumed_us(const struct address *address,
                         const struct device_config *config)
{
	if (config->limits.round_trip_us) {
		return config->limits.round_trip_us;
	}
	if (config->measured_us) {
		return config->measured_us;
	}
	return address->serial ? 0 : COST_ROUND_TRIP_US;
}

static uint64_t byte_ns(const struct address *address)
{
	uint32_t bits = 9U + (address->parity != 'N') + address->stop; /* a character's */

	return address->serial ? UINT64_C(1000000000) * bits / address->baud
	                       : TCP_BYTE_NS;
}

uint32_t cost_turnaround_us(const struct address *address, uint64_t round_trip_ns,
                            uint32_t n_bytes)
{
	uint32_t n = n_bytes + (address->serial ? FRAME_CHARACTERS : 0);
	uint64_t line_ns = n * byte_ns(address);

	return round_trip_ns < line_ns + 1000
	               ? 1
	               : (uint32_t)((round_trip_ns - line_ns) / 1000);
}

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

bool cost_measure(struct cost_meter *meter, uint32_t turnaround_us, uint64_t now_ns)
{
	uint32_t median_us, off_us;

	if (now_ns < meter->not_before_ns) {
		return false;
	}
	meter->samples_us[meter->n++] = turnaround_us;
	if (meter->n < COST_SAMPLES) {
		return false;
	}
	meter->n = 0;
	meter->not_before_ns = now_ns + COST_AGAIN_S * UINT64_C(1000000000);
	qsort(meter->samples_us, COST_SAMPLES, sizeof(meter->samples_us[0]), compare);
	median_us = meter->samples_us[COST_SAMPLES / 2];
	off_us = median_us > meter->in_use_us ? median_us - meter->in_use_us
	                                      : meter->in_use_us - median_us;
	if (meter->measured && off_us <= meter->in_use_us / 2) {
		return false;
	}
	meter->measured = true;
	meter->in_use_us = median_us;
	return true;
}

struct plan_cost cost_of(const struct address *address,
                         const struct device_limits *limits, uint32_t turnaround_us)
{
	struct plan_cost cost = {.request_ns = turnaround_us * UINT64_C(1000),
	                         .byte_ns = byte_ns(address)};
	uint64_t pause_ns = limits->pause_ms * UINT64_C(1000000), silence_ns;

	if (!address->serial) {
		cost.request_ns += pause_ns;
		return cost;
	}
	silence_ns = address->baud > 19200 ? FAST_SILENCE_NS : (7 * cost.byte_ns + 1) / 2;
	cost.request_ns += FRAME_CHARACTERS * cost.byte_ns + silence_ns;
	cost.request_ns += pause_ns > silence_ns ? pause_ns : silence_ns;
	return cost;
}

uint32_t cost_in_flight(const struct address *address, const struct device_limits *limits)
{
	uint32_t in_flight = limits->in_flight > 1 ? limits->in_flight : 1;
	uint32_t connections = limits->connections > 1 ? limits->connections : 1;

	if (address->serial) {
		return 1;
	}
	return in_flight * connections < TRANSPORT_WINDOW_MAX ? in_flight * connections
	                                                      : TRANSPORT_WINDOW_MAX;
}

uint64_t cost_cycle_us(const struct plan *plan, const struct plan_cost *cost,
                       uint32_t in_flight)
{
	uint64_t cycle_ns = 0;

	for (size_t i = 0; i < plan->n_blocks; i++) {
		cycle_ns += plan_block_ns(cost, plan->blocks[i].table,
		                          plan->blocks[i].count);
	}
	return cycle_ns / (in_flight > 1 ? in_flight : 1) / 1000;
}
