/* SPDX-License-Identifier: Apache-2.0 */
/** A Modbus device on a serial line that is a pseudo terminal, whose other end is
 * scripted.  The registers name themselves, so that a late answer taken for another one
 * shows. */
#ifndef TESTS_DRIVERS_PTY_BENCH_H
#define TESTS_DRIVERS_PTY_BENCH_H

#include "drivers/modbus/frame.h"
#include "drivers/modbus/pdu.h"
#include "tests/drivers/modbus_rig.h"

enum {
	PTY_TIMEOUT_MS = 10, /* where the test is about silence */
	PTY_PATIENCE_MS = 2000,
	PTY_DELAYED_MAX = 64,
};

struct pty_bench;

/** @param frame  a request of n bytes, CRC included and right */
typedef void (*pty_handler)(struct pty_bench *b, const uint8_t *frame, size_t n);

/** Bytes that go out later. */
struct pty_delayed {
	uv_timer_t timer;
	struct pty_bench *bench;
	uint64_t due_ns;
	uint8_t bytes[FRAME_MAX];
	size_t n;
};

struct pty_bench {
	struct modbus_rig rig;
	char dir[32], path[48]; /* a link to the line, as /dev/serial/by-id has them */
	int master, slave; /* slave is kept open, so that the master never hangs up */
	uv_poll_t poll;
	uv_check_t check;
	pty_handler handler;
	uint8_t in[4 * FRAME_MAX];
	size_t n_in;
	unsigned int n_requests, n_writes;
	bool echoes;
	/* Where the machine stalls, the other end is later than a device may be, and
	 * nothing helps against that.  What it would say so late it does not say; 0: it
	 * does. */
	uint32_t slack_ms;
	uint64_t looked_ns; /* for requests, last */
	struct pty_delayed delayed[PTY_DELAYED_MAX];
	size_t n_delayed;
};

/** A device with holding registers 0, 100 and 200 in one group, not open yet. */
void pty_open(struct pty_bench *b, pty_handler handler, uint32_t timeout_ms);
void pty_close(struct pty_bench *b);

/** The adapter comes and goes; b->path stays. */
void pty_plug(struct pty_bench *b);
void pty_unplug(struct pty_bench *b);

void pty_say(struct pty_bench *b, const uint8_t *bytes, size_t n);
void pty_say_later(struct pty_bench *b, const uint8_t *bytes, size_t n,
                   uint64_t after_ms);

/** What a unit's register reads as. */
uint16_t pty_register(uint8_t unit, uint16_t address);

/** The right answer to a request.  @return its bytes */
size_t pty_answer_to(uint8_t *answer, const uint8_t *frame, size_t n);

/** A handler that answers rightly. */
void pty_behave(struct pty_bench *b, const uint8_t *frame, size_t n);

/** What is good must be right.  @return how many were good */
unsigned int pty_check_good(const struct pty_bench *b);

#endif
