/* SPDX-License-Identifier: Apache-2.0 */
/* F33 and F35 at length: a serial line with noise, damaged, lost, added, late, repeated
 * and split answers, with an adapter that echoes and without.  All requests are of the
 * same unit, function and length, so that any answer would fit any of them; the registers
 * name themselves.  POLLUX_LONG=1: a quarter of an hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/drivers/pty_bench.h"
#include "tests/long_form.h"
#include "tests/loop_wait.h"

enum {
	FAULT_PCT = 15,
	LATE_MAX = 5, /* times the timeout */
};

/* A sequence of its own, so that a run can be repeated (Marsaglia 2003, xorshift32). */
static uint32_t state_of_dice;
static unsigned long n_faults;

static uint32_t dice(uint32_t sides)
{
	state_of_dice ^= state_of_dice << 13;
	state_of_dice ^= state_of_dice >> 17;
	state_of_dice ^= state_of_dice << 5;
	return (state_of_dice >> 4) % sides;
}

/* ---- what becomes of an answer; room for two of them ---- */

/* The CRC sees up to three of these for certain, at this length. */
static size_t flip_bits(uint8_t *answer, size_t n)
{
	for (uint32_t left = 1 + dice(3); left > 0; left--) {
		uint32_t bit = dice(8 * (uint32_t)n);

		answer[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	return n;
}

/* And a burst of up to 16 bits. */
static size_t hit(uint8_t *answer, size_t n)
{
	uint32_t at = dice((uint32_t)n - 1);

	answer[at] ^= (uint8_t)(1 + dice(255));
	answer[at + 1] ^= (uint8_t)dice(256);
	return n;
}

static size_t lose_bytes(uint8_t *answer, size_t n)
{
	uint32_t at = dice((uint32_t)n), lost = 1 + dice((uint32_t)n - at);

	memmove(answer + at, answer + at + lost, n - at - lost);
	return n - lost;
}

static size_t add_bytes(uint8_t *answer, size_t n)
{
	uint32_t at = dice((uint32_t)n + 1), added = 1 + dice(4);

	memmove(answer + at + added, answer + at, n - at);
	for (uint32_t i = 0; i < added; i++) {
		answer[at + i] = (uint8_t)dice(256);
	}
	return n + added;
}

static size_t of_another_unit(uint8_t *answer, size_t n)
{
	answer[0] ^= 3;
	return frame_close(answer, n - 2);
}

static size_t refuse(uint8_t *answer, size_t n)
{
	answer[1] |= PDU_EXCEPTION;
	answer[2] = (uint8_t)(4 + dice(3));
	return frame_close(answer, 3);
}

static size_t repeat(uint8_t *answer, size_t n)
{
	memcpy(answer + n, answer, n);
	return 2 * n;
}

static size_t say_nothing(uint8_t *answer, size_t n)
{
	return 0;
}

static size_t (*const spoilers[])(uint8_t *answer, size_t n) = {
	flip_bits,       hit,    lose_bytes, add_bytes,
	of_another_unit, refuse, repeat,     say_nothing,
};

static void say_split(struct pty_bench *b, const uint8_t *answer, size_t n)
{
	size_t first = 1 + dice((uint32_t)n - 1);

	pty_say(b, answer, first);
	pty_say_later(b, answer + first, n - first, 1 + dice(4));
}

static void misbehave(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[2 * FRAME_MAX];
	size_t n_answer = pty_answer_to(answer, frame, n);
	uint32_t what = dice(ARRAY_SIZE(spoilers) + 4);

	if (dice(100) >= FAULT_PCT) {
		pty_say(b, answer, n_answer);
		return;
	}
	n_faults++;
	if (what < ARRAY_SIZE(spoilers)) {
		n_answer = spoilers[what](answer, n_answer);
		if (n_answer > 0) {
			pty_say(b, answer, n_answer);
		}
	} else if (what == ARRAY_SIZE(spoilers)) {
		say_split(b, answer, n_answer);
	} else { /* late, and what the line is told about it is right */
		pty_say_later(b, answer, n_answer, 1 + dice(LATE_MAX * PTY_TIMEOUT_MS));
	}
}

static void run(bool echoes, unsigned long n_reads)
{
	unsigned long n_good = 0;
	const struct device_stats *stats;
	struct pty_bench b;

	state_of_dice = 0x9e3779b9U;
	n_faults = 0;
	pty_open(&b, misbehave, PTY_TIMEOUT_MS);
	b.echoes = echoes;
	b.slack_ms = PTY_TIMEOUT_MS; /* to see the request, and of its timer */
	b.rig.config.limits.max_turnaround_ms = (LATE_MAX + 2) * PTY_TIMEOUT_MS;
	modbus_rig_open(&b.rig);
	for (unsigned long i = 0; i < n_reads; i++) {
		modbus_rig_read(&b.rig, 1);
		n_good += pty_check_good(&b); /* fails at a wrong one */
	}
	stats = &b.rig.device->stats;
	print_message("%s: %lu asked, %lu faults, %lu right, 0 wrong; %lu timed out, %lu "
	              "damaged, %lu mismatched, %lu late dropped\n",
	              echoes ? "with echo" : "without echo",
	              (unsigned long)stats->requests, n_faults, n_good,
	              (unsigned long)stats->errors[REASON_TIMEOUT],
	              (unsigned long)stats->errors[REASON_CRC],
	              (unsigned long)stats->errors[REASON_MISMATCH],
	              (unsigned long)stats->late_answers);
	assert_true(n_good > stats->requests / 2);
	assert_true(stats->errors[REASON_CRC] > 0);
	assert_true(stats->late_answers > 0);
	pty_close(&b);
}

static void no_wrong_value_is_accepted(void **state)
{
	(void)state;
	run(false, long_form(60, 15000));
}

static void no_wrong_value_is_accepted_beside_an_echo(void **state)
{
	(void)state;
	run(true, long_form(60, 15000));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wrong_value_is_accepted),
		cmocka_unit_test(no_wrong_value_is_accepted_beside_an_echo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
