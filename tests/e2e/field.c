/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A field of Modbus TCP devices whose values say where they come from.
 *
 * usage: field DEVICES PORT [FIRST LAST]...
 *
 * Device d listens on 127.0.0.1:PORT+d and answers functions 3 and 4, any unit.  Four
 * registers from address 4 * slot are one unsigned 64-bit number, high word first:
 *     device << 40 | slot << 24 | count
 * count is the device's number of answers, so a value under the wrong tag shows, and one
 * that is older than its time too.  Requests that touch registers FIRST to LAST are
 * refused (exception 2).  Every request is a line `TIME_US DEVICE ADDRESS COUNT CODE` on
 * stdout (monotonic; CODE is the exception's or 0).  A line `DEVICE MODE` on stdin makes
 * a device behave like enum mode.
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

enum {
	DEVICES_MAX = 128,
	LINKS_MAX = 512,
	HEADER = 7,
	ADU_MAX = 260,
	TRICKLE_MS = 100, /* from byte to byte */
	GARBAGE_BYTES = 40,
	BACKLOG = 16,
	REFUSED_MAX = 8,
};

enum mode {
	MODE_SILENT, /* keeps its connections and does not answer */
	MODE_ANSWER,
	MODE_REFUSE,    /* nobody listens */
	MODE_RESET,     /* accepts and resets */
	MODE_TRICKLE,   /* answers a byte at a time */
	MODE_GARBAGE,   /* answers anything */
	MODE_BLACKHOLE, /* SYNs are dropped: the backlog is full and stays so */
	MODE_COUNT,
};

struct device {
	int listener; /* -1: none */
	uint16_t port;
	enum mode mode;
	uint32_t count;
	int fillers[2]; /* connections of our own that fill the backlog; -1: none */
};

struct link {
	int fd; /* -1: free */
	int device;
	size_t n;
	uint8_t in[2 * ADU_MAX];
	uint8_t out[ADU_MAX]; /* what trickles, from out_at to n_out */
	size_t out_at, n_out;
};

static struct device devices[DEVICES_MAX];
static struct link links[LINKS_MAX];
static int n_devices;
static struct {
	int first, last;
} refused[REFUSED_MAX];
static int n_refused;

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

static void log_request(int device, uint16_t address, uint16_t n, int code)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("%lld %d %u %u %d\n", now.tv_sec * 1000000LL + now.tv_nsec / 1000, device,
	       address, n, code);
}

/* @return the exception's code, 0: none */
static uint8_t judge(uint8_t function, uint16_t address, uint16_t n)
{
	if (function != 3 && function != 4) {
		return 1;
	}
	for (int i = 0; i < n_refused; i++) {
		if (address <= refused[i].last && address + n > refused[i].first) {
			return 2;
		}
	}
	return n == 0 || n > 125 ? 3 : 0;
}

static void send_garbage(int fd)
{
	uint8_t bytes[GARBAGE_BYTES];

	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)rand();
	}
	send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
}

static void answer(struct link *l)
{
	uint8_t out[ADU_MAX];
	uint8_t function = l->in[7];
	uint16_t address = get_u16(l->in + 8), n = get_u16(l->in + 10);
	uint8_t code = judge(function, address, n);
	size_t length;

	log_request(l->device, address, n, code);
	if (devices[l->device].mode == MODE_GARBAGE) {
		send_garbage(l->fd);
	}
	if (devices[l->device].mode != MODE_ANSWER &&
	    devices[l->device].mode != MODE_TRICKLE) {
		return;
	}
	devices[l->device].count++;
	memcpy(out, l->in, HEADER + 1);
	if (code) {
		out[7] = function | 0x80;
		out[8] = code;
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
	if (devices[l->device].mode == MODE_TRICKLE) {
		memcpy(l->out, out, length);
		l->out_at = 0;
		l->n_out = length;
		return;
	}
	if (send(l->fd, out, length, MSG_NOSIGNAL) < 0) {
		perror("field: send");
	}
}

static void trickle(struct link *l)
{
	if (l->out_at < l->n_out) {
		send(l->fd, l->out + l->out_at++, 1, MSG_NOSIGNAL);
	}
}

static void reset(int fd)
{
	const struct linger at_once = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
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

	if (fd >= 0 && devices[device].mode == MODE_RESET) {
		reset(fd);
		return;
	}
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

static int device_listen(uint16_t port, int backlog)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    listen(fd, backlog)) {
		perror("field: listen");
		exit(1);
	}
	return fd;
}

/* A connection that nobody will take.  @return its descriptor, or -1 */
static int fill(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd >= 0) {
		(void)!connect(fd, (struct sockaddr *)&to, sizeof(to));
	}
	return fd;
}

static void set_mode(struct device *d, enum mode mode)
{
	for (size_t i = 0; i < 2; i++) {
		if (d->fillers[i] >= 0) {
			close(d->fillers[i]);
			d->fillers[i] = -1;
		}
	}
	if (mode != MODE_SILENT && mode != MODE_ANSWER) {
		for (int i = 0; i < LINKS_MAX; i++) {
			if (links[i].fd >= 0 && &devices[links[i].device] == d) {
				reset(links[i].fd);
				links[i].fd = -1;
			}
		}
	}
	if (d->listener >= 0 && (mode == MODE_REFUSE || mode == MODE_BLACKHOLE)) {
		close(d->listener);
		d->listener = -1;
	}
	d->mode = mode;
	if (d->listener >= 0 && mode != MODE_BLACKHOLE) {
		listen(d->listener, BACKLOG);
	} else if (mode != MODE_REFUSE) {
		d->listener = device_listen(d->port,
		                            mode == MODE_BLACKHOLE ? 0 : BACKLOG);
	}
	for (size_t i = 0; mode == MODE_BLACKHOLE && i < 2; i++) {
		d->fillers[i] = fill(d->port);
	}
}

static void take_order(void)
{
	char line[4096];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);
	int device, mode;

	if (n <= 0) {
		exit(0); /* whoever started us has gone */
	}
	line[n] = '\0';
	for (char *p = line; p && *p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
		if (sscanf(p, "%d %d", &device, &mode) == 2 && device >= 0 &&
		    device < n_devices && mode >= 0 && mode < MODE_COUNT) {
			set_mode(&devices[device], (enum mode)mode);
		}
	}
}

/* Send a byte of each trickle every TRICKLE_MS.  @return ms until the next; -1: none */
static int trickle_due(void)
{
	static int64_t next_ms;
	bool some = false;
	struct timespec now;
	int64_t now_ms;

	for (int i = 0; i < LINKS_MAX; i++) {
		some = some || (links[i].fd >= 0 && links[i].out_at < links[i].n_out);
	}
	if (!some) {
		return -1;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	now_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
	if (now_ms >= next_ms) {
		next_ms = now_ms + TRICKLE_MS;
		for (int i = 0; i < LINKS_MAX; i++) {
			trickle(&links[i]);
		}
	}
	return (int)(next_ms - now_ms);
}

static void serve_once(void)
{
	struct pollfd fds[1 + DEVICES_MAX + LINKS_MAX];

	fds[0] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	for (int i = 0; i < n_devices; i++) {
		fds[1 + i] = (struct pollfd){.events = POLLIN};
		fds[1 + i].fd = devices[i].mode == MODE_BLACKHOLE ? -1
		                                                  : devices[i].listener;
	}
	for (int i = 0; i < LINKS_MAX; i++) {
		fds[1 + n_devices + i] = (struct pollfd){.fd = links[i].fd,
		                                         .events = POLLIN};
	}
	if (poll(fds, (nfds_t)(1 + n_devices + LINKS_MAX), trickle_due()) < 0) {
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

	if (argc < 3 || (n_devices = atoi(argv[1])) < 1 || n_devices > DEVICES_MAX ||
	    (port = atoi(argv[2])) < 1 || port + n_devices > 65535) {
		fputs("usage: field DEVICES PORT [FIRST LAST]...\n", stderr);
		return 2;
	}
	for (; n_refused < REFUSED_MAX && 4 + 2 * n_refused < argc; n_refused++) {
		refused[n_refused].first = atoi(argv[3 + 2 * n_refused]);
		refused[n_refused].last = atoi(argv[4 + 2 * n_refused]);
	}
	for (int i = 0; i < LINKS_MAX; i++) {
		links[i].fd = -1;
	}
	for (int i = 0; i < n_devices; i++) {
		devices[i] = (struct device){.listener = -1,
		                             .port = (uint16_t)(port + i),
		                             .fillers = {-1, -1}};
		set_mode(&devices[i], MODE_ANSWER);
	}
	for (;;) {
		serve_once();
	}
}
