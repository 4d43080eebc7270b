/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A field of Modbus TCP devices whose values say where they come from.
 *
 * usage: field DEVICES PORT
 *
 * Device d listens on 127.0.0.1:PORT+d and answers functions 3 and 4, any unit.  Four
 * registers from address 4 * slot are one unsigned 64-bit number, high word first:
 *     device << 40 | slot << 24 | count
 * count is the device's number of answers, so a value under the wrong tag shows, and one
 * that is older than its time too.  Every request is a line `TIME_US DEVICE ADDRESS` on
 * stdout (monotonic).  A line `DEVICE 0` on stdin makes a device silent: it keeps its
 * connections and does not answer; `DEVICE 1` lets it answer again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DEVICES_MAX = 64, LINKS_MAX = 256, HEADER = 7, ADU_MAX = 260 };

struct device {
	int listener;
	bool silent;
	uint32_t count;
};

struct link {
	int fd; /* -1: free */
	int device;
	size_t n;
	uint8_t in[2 * ADU_MAX];
};

static struct device devices[DEVICES_MAX];
static struct link links[LINKS_MAX];
static int n_devices;

static uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint16_t register_at(int device, uint16_t address)
{
	uint64_t value = (uint64_t)device << 40 | (uint64_t)(address / 4) << 24 |
	                 (devices[device].count & 0xffffff);

	return (uint16_t)(value >> 16 * (3 - address % 4));
}

static void log_request(int device, uint16_t address)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%lld %d %u\n", now.tv_sec * 1000000LL + now.tv_nsec / 1000, device,
	       address);
}

static void answer(struct link *l)
{
	uint8_t out[ADU_MAX];
	uint8_t function = l->in[7];
	uint16_t address = get_u16(l->in + 8), n = get_u16(l->in + 10);
	size_t length;

	log_request(l->device, address);
	if (devices[l->device].silent) {
		return;
	}
	devices[l->device].count++;
	memcpy(out, l->in, HEADER + 1);
	if ((function != 3 && function != 4) || n == 0 || n > 125) {
		out[7] = function | 0x80;
		out[8] = function == 3 || function == 4 ? 3 : 1;
		length = 9;
	} else {
		out[8] = (uint8_t)(2 * n);
		for (uint16_t i = 0; i < n; i++) {
			put_u16(out + 9 + 2 * i,
			        register_at(l->device, (uint16_t)(address + i)));
		}
		length = 9 + 2 * (size_t)n;
	}
	put_u16(out + 4, (uint16_t)(length - 6));
	if (send(l->fd, out, length, MSG_NOSIGNAL) < 0) {
		perror("field: send");
	}
}

static void drop(struct link *l)
{
	close(l->fd);
	l->fd = -1;
}

static void take_input(struct link *l)
{
	ssize_t got = recv(l->fd, l->in + l->n, sizeof(l->in) - l->n, 0);
	size_t length;

	if (got <= 0) {
		drop(l);
		return;
	}
	l->n += (size_t)got;
	while (l->n >= HEADER && l->n >= (length = 6u + get_u16(l->in + 4))) {
		if (length < 12 || length > ADU_MAX) {
			drop(l);
			return;
		}
		answer(l);
		l->n -= length;
		memmove(l->in, l->in + length, l->n);
	}
}

static void take_link(int device)
{
	int fd = accept4(devices[device].listener, NULL, NULL, SOCK_CLOEXEC);

	for (int i = 0; fd >= 0 && i < LINKS_MAX; i++) {
		if (links[i].fd < 0) {
			links[i] = (struct link){.fd = fd, .device = device};
			return;
		}
	}
	if (fd >= 0) {
		close(fd);
	}
}

static void take_order(void)
{
	char line[64];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);
	int device, answers;

	if (n <= 0) {
		exit(0); /* whoever started us has gone */
	}
	line[n] = '\0';
	for (char *p = line; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		if (sscanf(p, "%d %d", &device, &answers) == 2 && device >= 0 &&
		    device < n_devices) {
			devices[device].silent = !answers;
		}
	}
}

static int device_listen(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) || listen(fd, 16)) {
		perror("field: listen");
		exit(1);
	}
	return fd;
}

static void serve_once(void)
{
	struct pollfd fds[1 + DEVICES_MAX + LINKS_MAX];

	fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	for (int i = 0; i < n_devices; i++) {
		fds[1 + i] = (struct pollfd){.fd = devices[i].listener, .events = POLLIN};
	}
	for (int i = 0; i < LINKS_MAX; i++) {
		fds[1 + n_devices + i] = (struct pollfd){.fd = links[i].fd,
		                                         .events = POLLIN};
	}
	if (poll(fds, (nfds_t)(1 + n_devices + LINKS_MAX), -1) < 0) {
		return;
	}
	if (fds[0].revents) {
		take_order();
	}
	for (int i = 0; i < LINKS_MAX; i++) {
		if (links[i].fd >= 0 && fds[1 + n_devices + i].revents) {
			take_input(&links[i]);
		}
	}
	for (int i = 0; i < n_devices; i++) {
		if (fds[1 + i].revents) {
			take_link(i);
		}
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int port;

	if (argc != 3 || (n_devices = atoi(argv[1])) < 1 || n_devices > DEVICES_MAX ||
	    (port = atoi(argv[2])) < 1 || port + n_devices > 65535) {
		fputs("usage: field DEVICES PORT\n", stderr);
		return 2;
	}
	for (int i = 0; i < n_devices; i++) {
		devices[i].listener = device_listen((uint16_t)(port + i));
	}
	for (int i = 0; i < LINKS_MAX; i++) {
		links[i].fd = -1;
	}
	for (;;) {
		serve_once();
	}
}
