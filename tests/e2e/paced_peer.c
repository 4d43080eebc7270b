/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that take their time, as the plan of requests says they do.
 *
 * usage: paced_peer tcp PORT DELAY_US | paced_peer rtu LINK BAUD BITS DELAY_US
 *
 * Answers reads (functions 1 to 4) of any unit with zeros, DELAY_US after the request.
 * tcp listens on 127.0.0.1:PORT; requests that come together wait together.  rtu makes a
 * pseudo-terminal, LINK points to it, and keeps to a line of BAUD with characters of
 * BITS: a request is there when its characters would be, answers follow a silence of 3.5
 * characters, each character takes its time.  Every answer is a line
 * `ARRIVED_US ANSWERED_US UNIT COUNT` on stdout (monotonic; ARRIVED: its first byte).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { LINKS_MAX = 16, WAITING_MAX = 64, HEADER = 7, REQUEST = 12, FRAME_MAX = 260 };

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static void sleep_until(int64_t at_us)
{
	struct timespec at = {.tv_sec = at_us / 1000000,
	                      .tv_nsec = at_us % 1000000 * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR) {
	}
}

static void log_answer(int64_t arrived_us, int64_t answered_us, int unit, int count)
{
	printf("%lld %lld %d %d\n", (long long)arrived_us, (long long)answered_us, unit,
	       count);
	fflush(stdout);
}

/* Bytes of data that a read asks for; pdu begins with the function. */
static uint8_t data_bytes(const uint8_t *pdu)
{
	unsigned count = (unsigned)pdu[3] << 8 | pdu[4];

	return (uint8_t)(pdu[0] <= 2 ? (count + 7) / 8 : 2 * count);
}

/* ---- TCP ---- */

struct waiting {
	int fd; /* -1: free */
	int64_t arrived_us, due_us;
	uint8_t request[REQUEST];
};

static struct waiting waiting[WAITING_MAX];
static int fds[LINKS_MAX];

static void send_answer(struct waiting *w)
{
	uint8_t out[FRAME_MAX] = {0};
	uint8_t n = data_bytes(w->request + HEADER);

	memcpy(out, w->request, HEADER + 1);
	out[4] = 0;
	out[5] = (uint8_t)(n + 3);
	out[8] = n;
	if (send(w->fd, out, (size_t)n + 9, MSG_NOSIGNAL) < 0) {
		perror("paced_peer: send");
	}
	log_answer(w->arrived_us, now_us(), w->request[6],
	           w->request[10] << 8 | w->request[11]);
	w->fd = -1;
}

/* Answer what is due.  @return ms to the next; -1: nothing waits */
static int answer_due(void)
{
	int64_t next_us = INT64_MAX;

	for (int i = 0; i < WAITING_MAX; i++) {
		if (waiting[i].fd >= 0 && waiting[i].due_us - now_us() < 1000) {
			sleep_until(waiting[i].due_us);
			send_answer(&waiting[i]);
		} else if (waiting[i].fd >= 0 && waiting[i].due_us < next_us) {
			next_us = waiting[i].due_us;
		}
	}
	return next_us == INT64_MAX ? -1 : (int)((next_us - now_us()) / 1000);
}

/* Requests come whole, on loopback. */
static bool take_requests(int fd, int64_t delay_us)
{
	uint8_t in[WAITING_MAX * REQUEST];
	ssize_t n = recv(fd, in, sizeof(in), 0);
	int64_t arrived_us = now_us();

	for (ssize_t at = 0; at + REQUEST <= n; at += REQUEST) {
		for (int i = 0; i < WAITING_MAX; i++) {
			struct waiting *w = &waiting[i];

			if (w->fd < 0) {
				w->fd = fd;
				w->arrived_us = arrived_us;
				w->due_us = arrived_us + delay_us;
				memcpy(w->request, in + at, REQUEST);
				break;
			}
		}
	}
	return n > 0;
}

static int tcp_listen(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) || listen(fd, 4)) {
		perror("paced_peer: listen");
		exit(1);
	}
	return fd;
}

static void take_link(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;

	for (int i = 0; fd >= 0 && i < LINKS_MAX; i++) {
		if (fds[i] < 0) {
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			fds[i] = fd;
			return;
		}
	}
}

static void drop(int *fd)
{
	for (int i = 0; i < WAITING_MAX; i++) {
		waiting[i].fd = waiting[i].fd == *fd ? -1 : waiting[i].fd;
	}
	close(*fd);
	*fd = -1;
}

static int serve_tcp(uint16_t port, int64_t delay_us)
{
	int listener = tcp_listen(port);

	memset(fds, 0xff, sizeof(fds));
	for (int i = 0; i < WAITING_MAX; i++) {
		waiting[i].fd = -1;
	}
	for (;;) {
		struct pollfd p[2 + LINKS_MAX] = {{.fd = STDIN_FILENO, .events = POLLIN},
		                                  {.fd = listener, .events = POLLIN}};

		for (int i = 0; i < LINKS_MAX; i++) {
			p[2 + i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
		}
		if (poll(p, 2 + LINKS_MAX, answer_due()) <= 0) {
			continue;
		}
		if (p[0].revents) {
			return 0; /* whoever started us has gone */
		}
		if (p[1].revents) {
			take_link(listener);
		}
		for (int i = 0; i < LINKS_MAX; i++) {
			if (p[2 + i].revents && !take_requests(fds[i], delay_us)) {
				drop(&fds[i]);
			}
		}
	}
}

/* ---- a serial line ---- */

static uint16_t crc_of(const uint8_t *bytes, size_t n)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = (uint16_t)(crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
		}
	}
	return crc;
}

/* A pseudo-terminal that LINK leads to.  @return its other end */
static int make_line(const char *link)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
	struct termios raw;

	if (master < 0 || grantpt(master) || unlockpt(master) ||
	    symlink(ptsname(master), link)) {
		perror("paced_peer: line");
		exit(1);
	}
	/* Held open, so that the line stays while nobody else has it. */
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &raw)) {
		perror("paced_peer: line");
		exit(1);
	}
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	return master;
}

/* An answer at the pace of the line, its first character at begin_us. */
static void answer_line(int fd, const uint8_t *request, int64_t begin_us,
                        double character_us)
{
	uint8_t out[FRAME_MAX] = {request[0], request[1], data_bytes(request + 1)};
	size_t n = out[2] + 3U;
	uint16_t crc = crc_of(out, n);

	out[n++] = (uint8_t)crc;
	out[n++] = (uint8_t)(crc >> 8);
	for (size_t i = 0; i < n; i++) {
		sleep_until(begin_us + (int64_t)((double)(i + 1) * character_us));
		if (write(fd, out + i, 1) != 1) {
			perror("paced_peer: write");
		}
	}
}

static int serve_rtu(int fd, double character_us, double silence_us, int64_t delay_us)
{
	uint8_t in[8];
	size_t n = 0;
	int64_t arrived_us = 0;

	for (;;) {
		struct pollfd p[] = {{.fd = STDIN_FILENO, .events = POLLIN},
		                     {.fd = fd, .events = POLLIN}};
		ssize_t got;

		if (poll(p, 2, -1) > 0 && p[0].revents) {
			return 0;
		}
		got = read(fd, in + n, sizeof(in) - n);
		if (got <= 0) {
			continue;
		}
		arrived_us = n ? arrived_us : now_us();
		n += (size_t)got;
		if (n == sizeof(in)) {
			answer_line(fd, in,
			            arrived_us + delay_us +
			                    (int64_t)(8 * character_us + silence_us),
			            character_us);
			log_answer(arrived_us, now_us(), in[0], in[4] << 8 | in[5]);
			n = 0;
		}
	}
}

int main(int argc, char **argv)
{
	double character_us, silence_us;

	if (argc == 4 && strcmp(argv[1], "tcp") == 0) {
		return serve_tcp((uint16_t)atoi(argv[2]), atoi(argv[3]));
	}
	if (argc == 6 && strcmp(argv[1], "rtu") == 0) {
		character_us = 1e6 * atoi(argv[4]) / atoi(argv[3]);
		silence_us = atoi(argv[3]) > 19200 ? 1750 : 3.5 * character_us;
		return serve_rtu(make_line(argv[2]), character_us, silence_us,
		                 atoi(argv[5]));
	}
	fputs("usage: paced_peer tcp PORT DELAY_US | paced_peer rtu LINK BAUD BITS "
	      "DELAY_US\n",
	      stderr);
	return 2;
}
