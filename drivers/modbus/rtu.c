/* SPDX-License-Identifier: Apache-2.0 */
/* libmodbus opens the line and sends.  Answers are read here, because its own receiving
 * takes an answer that comes late for the next one (and from then on every read returns
 * the registers of the request before), knows no echo, and selects, which ends the
 * process at a descriptor beyond FD_SETSIZE.  The drain rule: after a timeout nothing is
 * sent until the line was silent for max_turnaround. */
#include "drivers/modbus/rtu.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MS_NS UINT64_C(1000000)
#define S_NS  UINT64_C(1000000000)

enum {
	LUMP_MS = 20,        /* USB adapters hold bytes back for up to 16 ms */
	DRAINS_MAX = 4,      /* turnarounds to wait for silence on a line that has none */
	REOPEN_MIN_MS = 500, /* doubling */
	REOPEN_MAX_MS = 4000,
};

enum echo {
	ECHO_UNKNOWN,
	ECHO_NONE,
	ECHO_HEARD, /* a two-wire adapter brings back what we send */
};

struct rtu {
	struct address address;
	uint64_t (*now_ns)(void);
	int wake_fd;
	atomic_bool stop;
	atomic_uint n_late;
	modbus_t *modbus; /* NULL: closed */
	int fd;
	enum echo echo;
	uint32_t drain_ms;   /* silence due before the next request; 0: t3.5 will do */
	uint64_t silence_ns; /* t3.5 */
	uint64_t last_ns;    /* of the last byte, either way */
	uint64_t reopen_ns;  /* not before */
	uint32_t reopen_ms;  /* pause after the next failure to open */
	uint8_t request[FRAME_MAX];
	size_t n_request;
	bool echo_taken; /* of this transaction */
};

/* ---- waiting ---- */

enum wait {
	WAIT_TIME,
	WAIT_DATA,
	WAIT_STOP,
	WAIT_GONE, /* the line hung up */
};

static void clear_wake(const struct rtu *rtu)
{
	uint64_t n;

	(void)!read(rtu->wake_fd, &n, sizeof(n));
}

/* Wait for bytes until a time.  @param fd  -1: only for the time */
static enum wait wait_until(struct rtu *rtu, int fd, uint64_t until_ns)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = rtu->wake_fd, .events = POLLIN},
		                       {.fd = fd, .events = POLLIN}};
		uint64_t at_ns = rtu->now_ns();
		uint64_t left_ns = until_ns > at_ns ? until_ns - at_ns : 0;
		struct timespec left = {.tv_sec = (time_t)(left_ns / S_NS),
		                        .tv_nsec = (long)(left_ns % S_NS)};
		int n = ppoll(fds, ARRAY_SIZE(fds), &left, NULL);

		if (n > 0 && fds[0].revents) {
			clear_wake(rtu);
		}
		if (atomic_load(&rtu->stop)) {
			return WAIT_STOP;
		}
		if (n > 0 && fds[1].revents) {
			return fds[1].revents & POLLIN ? WAIT_DATA : WAIT_GONE;
		}
		if (left_ns == 0) {
			return WAIT_TIME;
		}
	}
}

/* @return bytes, 0 for none, or -EIO: the line is gone */
static int take(struct rtu *rtu, uint8_t *bytes, size_t n)
{
	ssize_t got = read(rtu->fd, bytes, n);

	if (got > 0) {
		rtu->last_ns = rtu->now_ns();
		return (int)got;
	}
	return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -EIO;
}

/* ---- the port ---- */

static void close_port(struct rtu *rtu)
{
	if (rtu->modbus) {
		modbus_close(rtu->modbus);
		modbus_free(rtu->modbus);
	}
	rtu->modbus = NULL;
	rtu->fd = -1;
	rtu->drain_ms = 0;
	rtu->echo = ECHO_UNKNOWN; /* it may be another adapter that comes back */
	rtu->reopen_ns = rtu->now_ns() + rtu->reopen_ms * MS_NS;
}

/* The kernel switches the transmitter on and off.  What the device tree says of the line
 * (polarity, delays) stays; libmodbus would set it to nothing, which some drivers take
 * for a transmitter that is never on. */
static int set_rs485(int fd)
{
	struct serial_rs485 mode;

	if (ioctl(fd, TIOCGRS485, &mode)) {
		return -1;
	}
	mode.flags |= SER_RS485_ENABLED;
	if (!(mode.flags & (SER_RS485_RTS_ON_SEND | SER_RS485_RTS_AFTER_SEND))) {
		mode.flags |= SER_RS485_RTS_ON_SEND;
	}
	return ioctl(fd, TIOCSRS485, &mode);
}

static int open_port(struct rtu *rtu)
{
	const struct address *a = &rtu->address;

	rtu->modbus = modbus_new_rtu(a->path, (int)a->baud, a->parity, 8, a->stop);
	if (!rtu->modbus) {
		return -ENOMEM;
	}
	/* We never let it receive; still, no deadline that starts anew at each byte, and
	 * no sleeping and reopening inside a call. */
	modbus_set_byte_timeout(rtu->modbus, 0, 0);
	modbus_set_error_recovery(rtu->modbus, MODBUS_ERROR_RECOVERY_NONE);
	if (modbus_connect(rtu->modbus)) {
		return -errno;
	}
	rtu->fd = modbus_get_socket(rtu->modbus);
	fcntl(rtu->fd, F_SETFD, FD_CLOEXEC);
	if (a->rs485 && set_rs485(rtu->fd)) {
		return -errno;
	}
	modbus_flush(rtu->modbus);
	rtu->last_ns = rtu->now_ns();
	return 0;
}

/* Not all the time while the line is away. */
static bool have_port(struct rtu *rtu)
{
	if (rtu->modbus) {
		return true;
	}
	if (rtu->now_ns() < rtu->reopen_ns) {
		return false;
	}
	if (open_port(rtu)) {
		close_port(rtu);
		rtu->reopen_ms = 2 * rtu->reopen_ms < REOPEN_MAX_MS ? 2 * rtu->reopen_ms
		                                                    : REOPEN_MAX_MS;
		return false;
	}
	rtu->reopen_ms = REOPEN_MIN_MS;
	return true;
}

/* ---- silence ---- */

/* Read and throw away until nothing came for silence_ns, for limit_ns at most.
 * @return bytes thrown away; -EIO: the line is gone; -ECANCELED; -EBUSY: never silent */
static int drain(struct rtu *rtu, uint64_t silence_ns, uint64_t limit_ns)
{
	uint64_t limit_at_ns = rtu->now_ns() + limit_ns;
	uint8_t waste[FRAME_MAX];
	int n_waste = 0;

	for (;;) {
		enum wait wait = wait_until(rtu, rtu->fd, rtu->last_ns + silence_ns);
		int n = wait == WAIT_DATA ? take(rtu, waste, sizeof(waste)) : 0;

		if (wait == WAIT_TIME) {
			return n_waste;
		}
		if (wait == WAIT_STOP) {
			return -ECANCELED;
		}
		if (wait == WAIT_GONE || n < 0) {
			close_port(rtu);
			return -EIO;
		}
		if (rtu->now_ns() > limit_at_ns) {
			return -EBUSY;
		}
		n_waste = n_waste + n < FRAME_MAX ? n_waste + n : FRAME_MAX;
	}
}

/* Wait until no answer to an earlier request can come any more. */
static int drain_late(struct rtu *rtu)
{
	uint64_t silence_ns = rtu->drain_ms * MS_NS;
	int n = rtu->drain_ms ? drain(rtu, silence_ns, DRAINS_MAX * silence_ns) : 0;

	if (n < 0) {
		return n;
	}
	if (n >= FRAME_MIN) {
		atomic_fetch_add(&rtu->n_late, 1);
	}
	if (rtu->drain_ms) {
		modbus_flush(rtu->modbus);
	}
	rtu->drain_ms = 0;
	return 0;
}

static int make_silence(struct rtu *rtu, const struct rtu_job *job)
{
	int n = drain_late(rtu);

	if (n >= 0 && wait_until(rtu, -1, job->not_before_ns) == WAIT_STOP) {
		return -ECANCELED;
	}
	if (n >= 0) {
		n = drain(rtu, rtu->silence_ns, job->turnaround_ms * MS_NS);
	}
	return n < 0 ? n : 0;
}

/* ---- one transaction ---- */

static bool is_answer(const struct rtu_job *job)
{
	return job->in[0] == job->unit &&
	       (job->in[1] & ~PDU_EXCEPTION) == job->request.function;
}

/* Give up.  The answer itself may still come, from now on. */
static void give_up(struct rtu *rtu, struct rtu_job *job, enum reason reason)
{
	job->reason = reason;
	rtu->drain_ms = job->turnaround_ms;
	rtu->last_ns = rtu->now_ns();
}

/* Take off the echo of the request.  @return whether the bytes there may still be one */
static bool awaits_echo(struct rtu *rtu, struct rtu_job *job)
{
	size_t n = job->n_in < rtu->n_request ? job->n_in : rtu->n_request;

	if (rtu->echo == ECHO_NONE || rtu->echo_taken ||
	    memcmp(job->in, rtu->request, n) != 0) {
		return false;
	}
	if (n < rtu->n_request) {
		return true;
	}
	rtu->echo = ECHO_HEARD;
	rtu->echo_taken = true;
	job->n_in -= n;
	memmove(job->in, job->in + n, job->n_in);
	return false;
}

/* All of an answer to us is there. */
static void judge(struct rtu *rtu, struct rtu_job *job, size_t n)
{
	if (n != job->n_in || !frame_intact(job->in, n)) {
		/* It was the answer, damaged: what is left of it follows at once. */
		job->reason = REASON_CRC;
		drain(rtu, LUMP_MS * MS_NS, S_NS);
		return;
	}
	if (rtu->echo == ECHO_UNKNOWN) {
		rtu->echo = ECHO_NONE;
	}
	job->reason = pdu_check_answer(&job->request, job->in + 1, n - 3, &job->data,
	                               &job->code);
	if (job->reason == REASON_MISMATCH || job->reason == REASON_SHORT) {
		give_up(rtu, job, job->reason); /* perhaps of an earlier request */
	}
}

/* Look at the bytes there.  @return whether they end the transaction */
static bool look(struct rtu *rtu, struct rtu_job *job)
{
	int n;

	if (awaits_echo(rtu, job) || job->n_in < 3) {
		return false;
	}
	n = frame_length(job->in, job->n_in);
	if (!is_answer(job) || n < 0) {
		give_up(rtu, job, REASON_MISMATCH);
		return true;
	}
	if (job->n_in < (size_t)n) {
		return false;
	}
	judge(rtu, job, (size_t)n);
	return true;
}

/* An answer that does not begin in time is not waited for to its end. */
static uint64_t deadline_ns(const struct rtu_job *job)
{
	bool first = job->n_in == 0 && job->first_byte_ms &&
	             job->first_byte_ms < job->timeout_ms;

	return job->sent_ns + (first ? job->first_byte_ms : job->timeout_ms) * MS_NS;
}

static void receive(struct rtu *rtu, struct rtu_job *job)
{
	for (;;) {
		enum wait wait = wait_until(rtu, rtu->fd, deadline_ns(job));
		int n = 0;

		if (wait == WAIT_TIME || wait == WAIT_STOP) {
			give_up(rtu, job, job->n_in > 0 ? REASON_SHORT : REASON_TIMEOUT);
			return;
		}
		if (wait == WAIT_DATA) {
			n = take(rtu, job->in + job->n_in, sizeof(job->in) - job->n_in);
		}
		if (wait == WAIT_GONE || n < 0) {
			job->reason = REASON_RESET;
			close_port(rtu);
			return;
		}
		job->n_in += (size_t)n;
		job->bytes_in += (uint32_t)n;
		if (look(rtu, job)) {
			return;
		}
	}
}

static void ask(struct rtu *rtu, struct rtu_job *job)
{
	int err = make_silence(rtu, job);
	size_t n;

	if (err) {
		job->reason = err == -EBUSY ? REASON_CRC : REASON_RESET;
		return;
	}
	rtu->request[0] = job->unit;
	n = 1 + pdu_put_request(rtu->request + 1, &job->request);
	rtu->n_request = frame_close(rtu->request, n);
	rtu->echo_taken = false;
	job->sent = true;
	job->sent_ns = rtu->now_ns();
	job->bytes_out = (uint32_t)rtu->n_request;
	if (modbus_send_raw_request(rtu->modbus, rtu->request, (int)n) !=
	    (int)rtu->n_request) {
		job->reason = REASON_RESET;
		close_port(rtu);
		return;
	}
	rtu->last_ns = rtu->now_ns();
	receive(rtu, job);
}

/* The answers to some writes are their requests, byte for byte.  So that an echo is not
 * taken for one, a line that has not shown whether it echoes is asked for a register. */
static void ask_for_echo(struct rtu *rtu, struct rtu_job *job)
{
	struct rtu_job probe = {.request = {.function = PDU_READ_HOLDING,
	                                    .address = job->request.address,
	                                    .count = 1},
	                        .unit = job->unit,
	                        .timeout_ms = job->timeout_ms,
	                        .first_byte_ms = job->first_byte_ms,
	                        .turnaround_ms = job->turnaround_ms,
	                        .not_before_ns = job->not_before_ns};

	ask(rtu, &probe);
	job->reason = probe.reason;
}

void rtu_transact(struct rtu *rtu, struct rtu_job *job)
{
	job->reason = REASON_REFUSED;
	job->code = 0;
	job->sent = false;
	job->data = NULL;
	job->n_in = 0;
	job->bytes_in = 0;
	job->bytes_out = 0;
	if (have_port(rtu)) {
		if (rtu->echo == ECHO_UNKNOWN && job->request.function > PDU_READ_INPUT) {
			ask_for_echo(rtu, job);
		}
		if (rtu->echo != ECHO_UNKNOWN ||
		    job->request.function <= PDU_READ_INPUT) {
			ask(rtu, job);
		}
	}
	job->retry_ns = rtu->reopen_ns;
	job->received_ns = rtu->now_ns();
}

void rtu_settle(struct rtu *rtu)
{
	if (rtu->modbus) {
		drain_late(rtu);
	}
}

/* ---- life ---- */

int rtu_wait(struct rtu *rtu)
{
	struct pollfd fd = {.fd = rtu->wake_fd, .events = POLLIN};

	/* Asked first: a transaction may have taken the wake of rtu_stop(). */
	while (!atomic_load(&rtu->stop) && poll(&fd, 1, -1) < 0 && errno == EINTR) {
	}
	clear_wake(rtu);
	return atomic_load(&rtu->stop) ? -ECANCELED : 0;
}

void rtu_wake(struct rtu *rtu)
{
	uint64_t one = 1;

	(void)!write(rtu->wake_fd, &one, sizeof(one));
}

void rtu_stop(struct rtu *rtu)
{
	atomic_store(&rtu->stop, true);
	rtu_wake(rtu);
}

unsigned int rtu_take_late(struct rtu *rtu)
{
	return atomic_exchange(&rtu->n_late, 0);
}

/* 3.5 characters; fixed above 19200 baud (V1.02, section 2.5.1.1). */
static uint64_t silence_ns(const struct address *a)
{
	uint64_t bits = 9U + (a->parity != 'N') + a->stop;

	return a->baud > 19200 ? UINT64_C(1750000) : bits * S_NS * 7 / 2 / a->baud;
}

int rtu_new(struct rtu **out, const struct address *address, uint64_t (*now_ns)(void))
{
	struct rtu *rtu = calloc(1, sizeof(*rtu));
	int err;

	if (!rtu) {
		return -ENOMEM;
	}
	rtu->address = *address;
	rtu->now_ns = now_ns;
	rtu->fd = -1;
	rtu->silence_ns = silence_ns(address);
	rtu->reopen_ms = REOPEN_MIN_MS;
	rtu->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rtu->wake_fd < 0) {
		err = -errno;
		free(rtu);
		return err;
	}
	*out = rtu;
	return 0;
}

void rtu_free(struct rtu *rtu)
{
	if (rtu) {
		close_port(rtu);
		close(rtu->wake_fd);
		free(rtu);
	}
}
