/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets the twin of a configuration learn from a field, in scripted time, and leaves its
 * state where `pollux run` finds it: what takes half an hour of polling is done in
 * seconds.
 *
 * usage: bench_learn CONFIG
 *
 * Point i of every device is holding register i of tcp://127.0.0.1:PORT, unit 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/config.h"
#include "gateway/twin_file.h"

enum { REGISTERS_MAX = 125, REQUEST = 12, HEAD = 9, PERIOD_MS = 40 };

/* A tag that is on its way at first learns from what follows: so many times the rows. */
enum { PATIENCE = 20 };

/* The field that is measured with begins anew: with state that is younger the monitors
 * would take that for drift, and all alarms would come at once. */
#define AGE_NS (INT64_C(48) * 3600 * 1000000000)

static int dial(const char *address)
{
	const char *port = strrchr(address, ':');
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10)),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		perror(address);
		exit(1);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void must(bool ok)
{
	if (!ok) {
		fprintf(stderr, "bench_learn: the field does not answer\n");
		exit(1);
	}
}

/* Ask for all registers at once, then take the answers, which come in order. */
static void read_registers(int fd, size_t n, uint16_t *out)
{
	for (size_t a = 0; a < n; a += REGISTERS_MAX) {
		size_t k = n - a < REGISTERS_MAX ? n - a : REGISTERS_MAX;
		uint8_t request[REQUEST] = {
			0,          0, 0,         0, 0, 6, 1, 3, (uint8_t)(a >> 8),
			(uint8_t)a, 0, (uint8_t)k};

		must(send(fd, request, REQUEST, MSG_NOSIGNAL) == REQUEST);
	}
	for (size_t a = 0; a < n; a += REGISTERS_MAX) {
		size_t k = n - a < REGISTERS_MAX ? n - a : REGISTERS_MAX;
		uint8_t answer[HEAD + 2 * REGISTERS_MAX];

		must(recv(fd, answer, HEAD + 2 * k, MSG_WAITALL) ==
		             (ssize_t)(HEAD + 2 * k) &&
		     answer[7] == 3);
		for (size_t i = 0; i < k; i++) {
			out[a + i] = (uint16_t)(answer[HEAD + 2 * i] << 8 |
			                        answer[HEAD + 2 * i + 1]);
		}
	}
}

/* One scan of one device. */
static void scan(struct twin *t, const struct device_config *d, int fd, int64_t t_ns)
{
	uint16_t *registers = calloc(d->n_points + 1, sizeof(*registers));
	struct reading *r = calloc(d->n_points + 1, sizeof(*r));
	struct estimate *e = calloc(d->n_points + 1, sizeof(*e));

	must(registers && r && e);
	read_registers(fd, d->n_points, registers);
	for (size_t i = 0; i < d->n_points; i++) {
		r[i] = (struct reading){.tag = d->points[i].tag};
		r[i].value = value_real(registers[i]);
	}
	twin_merge(t, t_ns, r, d->n_points, e);
	free(registers);
	free(r);
	free(e);
}

static bool all_have_learnt(const struct twin *t, const struct config *c)
{
	for (uint32_t i = 0; i < c->n_field_tags; i++) {
		if (twin_progress(t, i) < 1) {
			return false;
		}
	}
	return true;
}

static void learn(struct twin *t, const struct config *c)
{
	int64_t rows = PATIENCE * (int64_t)c->twin.learn;
	int64_t now_ns = (int64_t)clock_now_ns();
	int *links = calloc(c->n_devices + 1, sizeof(*links));

	must(links != NULL);
	for (size_t d = 0; d < c->n_devices; d++) {
		links[d] = dial(c->devices[d].address);
	}
	for (int64_t row = 1; row <= rows && !all_have_learnt(t, c); row++) {
		for (size_t d = 0; d < c->n_devices; d++) {
			uint32_t period_ms = c->devices[d].periods_ms[0];
			int64_t step_ns = (int64_t)(period_ms ? period_ms : PERIOD_MS) *
			                  1000000;

			scan(t, &c->devices[d], links[d],
			     now_ns - AGE_NS - (rows - row) * step_ns);
		}
	}
	for (size_t d = 0; d < c->n_devices; d++) {
		close(links[d]);
	}
	free(links);
	if (!all_have_learnt(t, c)) {
		fprintf(stderr, "bench_learn: some tags have learnt nothing\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct twin_config wide;
	struct twin_file *file;
	struct config *c;
	struct twin *t;

	if (argc != 2 || config_load(&c, argv[1], stderr)) {
		fprintf(stderr, "usage: bench_learn CONFIG\n");
		return 2;
	}
	wide = c->twin;
	wide.learn_bytes = (size_t)wide.learn * (wide.n_tags + 1) * 16; /* all at once */
	mkdir(c->state_dir, 0750);
	must(twin_new(&t, &wide) == 0);
	learn(t, c);
	must(twin_file_new(&file, t, uv_default_loop(), c->state_dir) == 0);
	twin_file_save(file);
	twin_file_free(file);
	twin_free(t);
	config_free(c);
	return 0;
}
