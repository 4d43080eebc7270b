/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A field of Modbus TCP devices for the benchmarks: fast, and sees for itself how
 * regularly it is polled.
 *
 * usage: bench_field -n DEVICES -p PORT [-P PERIOD_MS] [-d SERVICE_MS] [-t TICK_MS]
 *
 * Device i listens on 127.0.0.1:PORT+i and answers functions 3, 4 and 6 for any unit,
 * one request at a time, SERVICE_MS after it came or after the one before; what is
 * written is not kept.  Registers 0 and 1 are the wall clock in ms, low 32 bits, high
 * word first; the others sensors, 20000 and noise of some units, new every TICK_MS
 * (1000).  A read of register 0 begins a scan; `late` are those that began more than 1.5
 * periods after the one before.
 *
 * SIGUSR2 zeroes, SIGUSR1 reports: a line of JSON on stdout.  SIGTERM ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
	LINKS_MAX = 2048,
	QUEUE = 64, /* requests that wait for one device */
	REQUEST = 12,
	ANSWER_MAX = 260,
	REGISTERS_MAX = 125,
	FUNCTION = 7, /* where it stands in a frame */
};

struct request {
	int link;
	uint8_t bytes[REQUEST];
};

struct device {
	int listener;
	int64_t scan_ns;  /* when the last scan began; 0: none yet */
	int64_t ready_ns; /* when the oldest request is answered */
	struct request queue[QUEUE];
	size_t first, n;
};

struct link {
	int fd; /* -1: free */
	size_t device, n;
	uint8_t in[QUEUE * REQUEST];
};

static struct {
	size_t n;
	unsigned port;
	int64_t period_ns, service_ns, tick_ms;
} cfg = {.n = 1, .port = 16000, .tick_ms = 1000};

static struct device *devices;
static struct link links[LINKS_MAX];
static int epoll_fd, timer_fd;
static int64_t since_ns;
static uint64_t requests, registers, scans, late;

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static uint16_t get_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint8_t *put_u16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

/* Sum of four dice: a noise as sensors have it, and the same for the same tick. */
static uint16_t sensor(size_t device, uint32_t address, uint64_t tick)
{
	uint64_t x = (tick << 24) ^ (device << 16) ^ address;

	x = (x ^ x >> 31) * 0x7fb5d329728ea185U;
	x = (x ^ x >> 27) * 0x81dadef4bc2dd44dU;
	x ^= x >> 33;
	return (uint16_t)(20000 + (x & 7) + (x >> 3 & 7) + (x >> 6 & 7) + (x >> 9 & 7));
}

static void count_scan(struct device *d)
{
	int64_t now_ns = now(CLOCK_MONOTONIC);

	if (d->scan_ns) {
		scans++;
		late += cfg.period_ns && now_ns - d->scan_ns > cfg.period_ns * 3 / 2;
	}
	d->scan_ns = now_ns;
}

static size_t form(size_t device, const uint8_t *in, uint8_t *out)
{
	uint16_t address = get_u16(in + 8), n = get_u16(in + 10);
	uint64_t ms = (uint64_t)now(CLOCK_REALTIME) / 1000000;
	uint8_t *p = out + FUNCTION + 2;

	memcpy(out, in, REQUEST);
	if (in[FUNCTION] == 6) {
		return REQUEST; /* the echo */
	}
	if ((in[FUNCTION] != 3 && in[FUNCTION] != 4) || n < 1 || n > REGISTERS_MAX) {
		out[FUNCTION] |= 0x80;
		out[FUNCTION + 1] = 1;
		put_u16(out + 4, 3);
		return FUNCTION + 2;
	}
	out[FUNCTION + 1] = (uint8_t)(2 * n);
	for (uint32_t a = address; a < (uint32_t)address + n; a++) {
		uint16_t clock = (uint16_t)(a == 0 ? ms >> 16 : ms);

		p = put_u16(p, a < 2 ? clock
		                     : sensor(device, a, ms / (uint64_t)cfg.tick_ms));
	}
	put_u16(out + 4, (uint16_t)(p - out - 6));
	requests++;
	registers += n;
	return (size_t)(p - out);
}

static void drop(int at)
{
	struct device *d = &devices[links[at].device];

	for (size_t i = 0; i < d->n; i++) {
		struct request *r = &d->queue[(d->first + i) % QUEUE];

		r->link = r->link == at ? -1 : r->link;
	}
	close(links[at].fd);
	links[at].fd = -1;
}

static void answer_oldest(struct device *d)
{
	const struct request *r = &d->queue[d->first];
	uint8_t out[ANSWER_MAX];

	d->first = (d->first + 1) % QUEUE;
	d->n--;
	if (r->link >= 0) {
		size_t n = form((size_t)(d - devices), r->bytes, out);

		if (send(links[r->link].fd, out, n, MSG_NOSIGNAL) != (ssize_t)n) {
			drop(r->link);
		}
	}
}

/* Answer what is due; tell the timer when the next is. */
static void serve(void)
{
	int64_t now_ns = now(CLOCK_MONOTONIC), next_ns = 0;
	struct itimerspec when = {0};

	for (size_t i = 0; i < cfg.n; i++) {
		struct device *d = &devices[i];

		while (d->n > 0 && d->ready_ns <= now_ns) {
			answer_oldest(d);
			d->ready_ns = now_ns + cfg.service_ns;
		}
		if (d->n > 0 && (!next_ns || d->ready_ns < next_ns)) {
			next_ns = d->ready_ns;
		}
	}
	when.it_value.tv_sec = next_ns / 1000000000;
	when.it_value.tv_nsec = next_ns % 1000000000;
	timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void take_request(int at, const uint8_t *bytes)
{
	struct device *d = &devices[links[at].device];
	struct request *r = &d->queue[(d->first + d->n) % QUEUE];

	if (get_u16(bytes + 8) == 0) {
		count_scan(d);
	}
	if (d->n == QUEUE) {
		return; /* a device that is asked too much stays silent */
	}
	if (d->n++ == 0) {
		d->ready_ns = now(CLOCK_MONOTONIC) + cfg.service_ns;
	}
	r->link = at;
	memcpy(r->bytes, bytes, REQUEST);
	if (!cfg.service_ns) {
		answer_oldest(d);
	}
}

static void take_bytes(int at)
{
	struct link *l = &links[at];
	ssize_t got = recv(l->fd, l->in + l->n, sizeof(l->in) - l->n, 0);
	size_t used = 0;

	if (got <= 0) {
		drop(at);
		return;
	}
	l->n += (size_t)got;
	while (l->fd >= 0 && l->n - used >= REQUEST) {
		take_request(at, l->in + used);
		used += REQUEST;
	}
	l->n -= used;
	memmove(l->in, l->in + used, l->n);
}

static void watch(int fd, uint64_t what)
{
	struct epoll_event e = {.events = EPOLLIN, .data.u64 = what};

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0) {
		perror("epoll");
		exit(1);
	}
}

/* What an event is about: devices first, then links, then these. */
enum { LINK_0 = 1 << 20, TIMER = 1 << 30, SIGNAL };

static void take_link(size_t device)
{
	int on = 1, fd = accept(devices[device].listener, NULL, NULL);

	for (int at = 0; fd >= 0 && at < LINKS_MAX; at++) {
		if (links[at].fd < 0) {
			links[at] = (struct link){.fd = fd, .device = device};
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			watch(fd, LINK_0 + (uint64_t)at);
			return;
		}
	}
	if (fd >= 0) {
		close(fd);
	}
}

static int listen_on(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	                        .sin_port = htons((uint16_t)port),
	                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 16) != 0) {
		perror("bench_field: listen");
		exit(1);
	}
	return fd;
}

static void on_signal(int fd)
{
	struct signalfd_siginfo got;
	double seconds = (double)(now(CLOCK_MONOTONIC) - since_ns) / 1e9;

	if (read(fd, &got, sizeof(got)) != sizeof(got)) {
		return;
	}
	if (got.ssi_signo == SIGUSR1) {
		printf("{\"total\":{\"registers_s\":%.1f,\"requests_s\":%.1f,"
		       "\"gaps\":%llu,\"late\":%llu}}\n",
		       (double)registers / seconds, (double)requests / seconds,
		       (unsigned long long)scans, (unsigned long long)late);
		fflush(stdout);
	} else if (got.ssi_signo == SIGUSR2) {
		requests = registers = scans = late = 0;
		since_ns = now(CLOCK_MONOTONIC);
	} else {
		exit(0);
	}
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, 0);
}

static void dispatch(uint64_t what, int signal_fd)
{
	uint64_t expired;

	if (what == SIGNAL) {
		on_signal(signal_fd);
	} else if (what == TIMER) {
		(void)!read(timer_fd, &expired, sizeof(expired));
	} else if (what >= LINK_0) {
		int at = (int)(what - LINK_0);

		if (links[at].fd >= 0) {
			take_bytes(at);
		}
	} else {
		take_link(what);
	}
}

static int64_t ms_to_ns(const char *text)
{
	return (int64_t)(strtod(text, NULL) * 1e6);
}

static bool take_options(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "n:p:P:d:t:")) != -1) {
		switch (option) {
		case 'n':
			cfg.n = strtoul(optarg, NULL, 10);
			break;
		case 'p':
			cfg.port = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'P':
			cfg.period_ns = ms_to_ns(optarg);
			break;
		case 'd':
			cfg.service_ns = ms_to_ns(optarg);
			break;
		case 't':
			cfg.tick_ms = strtol(optarg, NULL, 10);
			break;
		default:
			return false;
		}
	}
	return cfg.n > 0 && cfg.tick_ms > 0;
}

_Noreturn static void run(int signal_fd)
{
	struct epoll_event events[128];

	for (;;) {
		int n = epoll_wait(epoll_fd, events, 128, -1);

		for (int i = 0; i < n; i++) {
			dispatch(events[i].data.u64, signal_fd);
		}
		if (cfg.service_ns) {
			serve();
		}
	}
}

int main(int argc, char **argv)
{
	int signal_fd = open_signals();

	devices = take_options(argc, argv) ? calloc(cfg.n, sizeof(*devices)) : NULL;
	if (!devices) {
		fprintf(stderr, "usage: bench_field -n DEVICES -p PORT [-P PERIOD_MS]"
		                " [-d SERVICE_MS] [-t TICK_MS]\n");
		return 2;
	}
	epoll_fd = epoll_create1(0);
	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	watch(signal_fd, SIGNAL);
	watch(timer_fd, TIMER);
	for (size_t i = 0; i < LINKS_MAX; i++) {
		links[i].fd = -1;
	}
	for (size_t i = 0; i < cfg.n; i++) {
		devices[i].listener = listen_on(cfg.port + (unsigned)i);
		watch(devices[i].listener, i);
	}
	since_ns = now(CLOCK_MONOTONIC);
	run(signal_fd);
}
