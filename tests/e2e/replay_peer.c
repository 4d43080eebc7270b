/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line that was recorded, served by libmodbus' own server as it went then.
 *
 * usage: replay_peer PORT FILE
 *
 * FILE has lines `ms unit function address value value ...`, in order of time: what was
 * read with function 1, 2, 3 or 4.  Time begins with the first request; after the last
 * line all stays as it is.
 */
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { UNITS = 8, SIZE = 4096, CLIENTS = 8 };

struct peer {
	modbus_t *ctx;
	modbus_mapping_t *maps[UNITS];
	FILE *file;
	char line[4096]; /* the next, not due yet; "": none */
	double began_s;  /* 0: not yet */
};

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put(modbus_mapping_t *map, long function, long at, long value)
{
	if (at < 0 || at >= SIZE) {
		return;
	}
	switch (function) {
	case 1:
		map->tab_bits[at] = value != 0;
		break;
	case 2:
		map->tab_input_bits[at] = value != 0;
		break;
	case 3:
		map->tab_registers[at] = (uint16_t)value;
		break;
	default:
		map->tab_input_registers[at] = (uint16_t)value;
	}
}

static void apply(struct peer *p)
{
	char *at;
	long unit, function, address;

	(void)strtol(p->line, &at, 10);
	unit = strtol(at, &at, 10);
	function = strtol(at, &at, 10);
	address = strtol(at, &at, 10);
	if (unit < 0 || unit >= UNITS) {
		return;
	}
	for (char *end; *at && *at != '\n'; at = end) {
		long value = strtol(at, &end, 10);

		if (end == at) {
			return;
		}
		put(p->maps[unit], function, address++, value);
	}
}

static void read_line(struct peer *p)
{
	if (!fgets(p->line, sizeof(p->line), p->file)) {
		p->line[0] = '\0';
	}
}

/* All that is due. */
static void catch_up(struct peer *p)
{
	double ms = (now_s() - p->began_s) * 1e3;

	while (p->line[0] && (double)strtol(p->line, NULL, 10) <= ms) {
		apply(p);
		read_line(p);
	}
}

/* One request of a client; -1: it is gone. */
static int serve(struct peer *p, int fd)
{
	uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
	int n;

	modbus_set_socket(p->ctx, fd);
	n = modbus_receive(p->ctx, query);
	if (n <= 0) {
		return n;
	}
	p->began_s = p->began_s > 0 ? p->began_s : now_s();
	catch_up(p);
	return modbus_reply(p->ctx, query, n, p->maps[query[6] % UNITS]);
}

static int run(struct peer *p, int listener)
{
	struct pollfd polled[1 + CLIENTS] = {{.fd = listener, .events = POLLIN}};

	for (size_t i = 1; i <= CLIENTS; i++) {
		polled[i] = (struct pollfd){.fd = -1, .events = POLLIN};
	}
	while (poll(polled, 1 + CLIENTS, -1) >= 0) {
		for (size_t i = 1; i <= CLIENTS; i++) {
			if (polled[i].fd >= 0 && polled[i].revents &&
			    serve(p, polled[i].fd) < 0) {
				close(polled[i].fd);
				polled[i].fd = -1;
			}
		}
		for (size_t i = 1; i <= CLIENTS && polled[0].revents; i++) {
			if (polled[i].fd < 0) {
				polled[i].fd = modbus_tcp_accept(p->ctx, &polled[0].fd);
				break;
			}
		}
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct peer p = {.line = ""};
	int listener;

	if (argc != 3) {
		fputs("usage: replay_peer PORT FILE\n", stderr);
		return 2;
	}
	p.file = fopen(argv[2], "r");
	p.ctx = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
	listener = p.ctx ? modbus_tcp_listen(p.ctx, CLIENTS) : -1;
	for (size_t i = 0; i < UNITS; i++) {
		p.maps[i] = modbus_mapping_new(SIZE, SIZE, SIZE, SIZE);
		if (!p.maps[i]) {
			return 1;
		}
	}
	if (!p.file || listener < 0) {
		perror("replay_peer");
		return 1;
	}
	read_line(&p);
	return run(&p, listener);
}
