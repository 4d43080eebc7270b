/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An independent device: libmodbus' own server, over TCP or a serial line.
 *
 * usage: modbus_peer tcp PORT | modbus_peer rtu PATH
 *
 * Unit 7.  Holding register a reads 1000 + a, input register a 2000 + a, coil a is set
 * where a is divisible by 3, discrete input a where it is odd; 200 of each.  From holding
 * register 100 on, numbers of several types (libmodbus' helpers for floats are not used:
 * 3.1.6 swaps the bytes of ABCD):
 *     100 int16 -1234     102 int32 -123456 high word first
 *     104 float32 12.5 ABCD    106 the same CDAB    108 BADC    110 DCBA
 */
#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNIT = 7, SIZE = 200 };

static void put(modbus_mapping_t *map, int address, uint32_t first, uint32_t second)
{
	map->tab_registers[address] = (uint16_t)first;
	map->tab_registers[address + 1] = (uint16_t)second;
}

static modbus_mapping_t *map_new(void)
{
	modbus_mapping_t *map = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);

	if (!map) {
		return NULL;
	}
	for (int a = 0; a < SIZE; a++) {
		map->tab_registers[a] = (uint16_t)(1000 + a);
		map->tab_input_registers[a] = (uint16_t)(2000 + a);
		map->tab_bits[a] = a % 3 == 0;
		map->tab_input_bits[a] = a % 2 == 1;
	}
	put(map, 100, (uint16_t)-1234, 0);
	put(map, 102, (uint32_t)-123456 >> 16, (uint32_t)-123456 & 0xffff);
	put(map, 104, 0x4148, 0x0000);
	put(map, 106, 0x0000, 0x4148);
	put(map, 108, 0x4841, 0x0000);
	put(map, 110, 0x0000, 0x4841);
	return map;
}

/* One request; -1 where the link is gone. */
static int serve(modbus_t *ctx, modbus_mapping_t *map)
{
	uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
	int n = modbus_receive(ctx, query);

	if (n > 0) {
		return modbus_reply(ctx, query, n, map) < 0 && errno == EPIPE ? -1 : 0;
	}
	/* On a serial line nothing, or noise, is no reason to leave. */
	return n < 0 && (errno == ECONNRESET || errno == EPIPE || errno == EBADF) ? -1
	                                                                          : 0;
}

static int serve_tcp(int port, modbus_mapping_t *map)
{
	modbus_t *ctx = modbus_new_tcp("127.0.0.1", port);
	int listener = ctx ? modbus_tcp_listen(ctx, 4) : -1;

	if (listener < 0) {
		perror("modbus_peer: listen");
		return 1;
	}
	modbus_set_slave(ctx, UNIT);
	for (;;) {
		if (modbus_tcp_accept(ctx, &listener) < 0) {
			perror("modbus_peer: accept");
			return 1;
		}
		while (serve(ctx, map) == 0) {
		}
		close(modbus_get_socket(ctx));
	}
}

static int serve_rtu(const char *path, modbus_mapping_t *map)
{
	modbus_t *ctx = modbus_new_rtu(path, 19200, 'E', 8, 1);

	if (!ctx || modbus_set_slave(ctx, UNIT) || modbus_connect(ctx)) {
		perror("modbus_peer: open");
		return 1;
	}
	while (serve(ctx, map) == 0) {
	}
	return 1;
}

int main(int argc, char **argv)
{
	modbus_mapping_t *map = map_new();

	if (map && argc == 3 && strcmp(argv[1], "tcp") == 0) {
		return serve_tcp(atoi(argv[2]), map);
	}
	if (map && argc == 3 && strcmp(argv[1], "rtu") == 0) {
		return serve_rtu(argv[2], map);
	}
	fputs("usage: modbus_peer tcp PORT | modbus_peer rtu PATH\n", stderr);
	return 2;
}
