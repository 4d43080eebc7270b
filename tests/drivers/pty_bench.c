/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/drivers/pty_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the other end ---- */

uint16_t pty_register(uint8_t unit, uint16_t address)
{
	return (uint16_t)(unit * 4096 ^ address ^ 0x0a5c);
}

void pty_say(struct pty_bench *b, const uint8_t *bytes, size_t n)
{
	assert_int_equal(write(b->master, bytes, n), n);
}

/* The right answer to a request.  @return its bytes */
size_t pty_answer_to(uint8_t *answer, const uint8_t *frame, size_t n)
{
	uint16_t words[PDU_READ_REGISTERS_MAX];
	struct pdu_request request;
	size_t n_pdu;

	assert_int_equal(pdu_parse_request(&request, frame + 1, n - 3), 0);
	answer[0] = frame[0];
	if (request.function > PDU_READ_INPUT) {
		n_pdu = pdu_answer_write(answer + 1, &request);
	} else {
		for (uint16_t i = 0; i < request.count; i++) {
			words[i] = pty_register(frame[0],
			                        (uint16_t)(request.address + i));
		}
		n_pdu = pdu_answer_registers(answer + 1, &request, words);
	}
	return frame_close(answer, 1 + n_pdu);
}

void pty_behave(struct pty_bench *b, const uint8_t *frame, size_t n)
{
	uint8_t answer[FRAME_MAX];

	pty_say(b, answer, pty_answer_to(answer, frame, n));
}

static size_t request_length(const uint8_t *bytes, size_t n)
{
	if (n < 8) {
		return SIZE_MAX;
	}
	return bytes[1] == PDU_WRITE_REGISTERS ? 9U + bytes[6] : 8;
}

/* Is it now so late that it had better keep silent? */
static bool is_late(const struct pty_bench *b, uint64_t due_ns)
{
	return b->slack_ms && uv_hrtime() > due_ns + b->slack_ms * UINT64_C(1000000);
}

static void on_looked(uv_check_t *check)
{
	((struct pty_bench *)check->data)->looked_ns = uv_hrtime();
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct pty_bench *b = poll->data;
	bool late = is_late(b, b->looked_ns);
	ssize_t n = read(b->master, b->in + b->n_in, sizeof(b->in) - b->n_in);

	b->n_in += n > 0 ? (size_t)n : 0;
	while (request_length(b->in, b->n_in) <= b->n_in) {
		uint8_t frame[FRAME_MAX];
		size_t n_frame = request_length(b->in, b->n_in);

		memcpy(frame, b->in, n_frame);
		b->n_in -= n_frame;
		memmove(b->in, b->in + n_frame, b->n_in);
		assert_true(
			frame_intact(frame, n_frame)); /* nothing was sent into noise */
		b->n_requests++;
		b->n_writes += frame[1] > PDU_READ_INPUT;
		if (b->echoes) {
			pty_say(b, frame, n_frame);
		}
		if (!late) {
			b->handler(b, frame, n_frame);
		}
	}
}

static void on_due(uv_timer_t *timer)
{
	struct pty_delayed *d = timer->data;

	if (!is_late(d->bench, d->due_ns)) {
		pty_say(d->bench, d->bytes, d->n);
	}
}

/* One whose bytes have gone out. */
static struct pty_delayed *find_delayed(struct pty_bench *b)
{
	for (size_t i = 0; i < b->n_delayed; i++) {
		if (!uv_is_active((uv_handle_t *)&b->delayed[i].timer)) {
			return &b->delayed[i];
		}
	}
	assert_true(b->n_delayed < PTY_DELAYED_MAX);
	uv_timer_init(&b->rig.loop, &b->delayed[b->n_delayed].timer);
	return &b->delayed[b->n_delayed++];
}

void pty_say_later(struct pty_bench *b, const uint8_t *bytes, size_t n, uint64_t after_ms)
{
	struct pty_delayed *d = find_delayed(b);

	d->timer.data = d;
	d->bench = b;
	d->n = n;
	d->due_ns = uv_hrtime() + after_ms * 1000000;
	memcpy(d->bytes, bytes, n);
	uv_update_time(&b->rig.loop);
	uv_timer_start(&d->timer, on_due, after_ms, 0);
}

/* ---- the bench ---- */

void pty_plug(struct pty_bench *b)
{
	char name[64];

	b->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(b->master >= 0);
	assert_int_equal(grantpt(b->master), 0);
	assert_int_equal(unlockpt(b->master), 0);
	assert_int_equal(ptsname_r(b->master, name, sizeof(name)), 0);
	b->slave = open(name, O_RDWR | O_NOCTTY);
	assert_true(b->slave >= 0);
	assert_int_equal(symlink(name, b->path), 0);
	assert_int_equal(uv_poll_init(&b->rig.loop, &b->poll, b->master), 0);
	b->poll.data = b;
	uv_poll_start(&b->poll, UV_READABLE, on_readable);
}

void pty_unplug(struct pty_bench *b)
{
	uv_close((uv_handle_t *)&b->poll, NULL);
	uv_run(&b->rig.loop, UV_RUN_NOWAIT);
	close(b->slave);
	close(b->master);
	unlink(b->path);
}

void pty_open(struct pty_bench *b, pty_handler handler, uint32_t timeout_ms)
{
	memset(b, 0, sizeof(*b));
	modbus_rig_init(&b->rig, "");
	snprintf(b->dir, sizeof(b->dir), "/tmp/line.XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/tty", b->dir);
	snprintf(b->rig.address, sizeof(b->rig.address), "rtu://%s?baud=115200", b->path);
	b->handler = handler;
	b->rig.config.timeout_ms = timeout_ms;
	b->rig.config.limits.max_turnaround_ms = 2 * PTY_TIMEOUT_MS;
	assert_int_equal(uv_check_init(&b->rig.loop, &b->check), 0);
	b->check.data = b;
	uv_check_start(&b->check, on_looked);
	uv_unref((uv_handle_t *)&b->check);
	pty_plug(b);
	modbus_rig_point(&b->rig, "holding:0", TYPE_UINT16, 0);
	modbus_rig_point(&b->rig, "holding:100", TYPE_UINT16, 0);
	modbus_rig_point(&b->rig, "holding:200", TYPE_UINT16, 0);
}

void pty_close(struct pty_bench *b)
{
	modbus_rig_close(&b->rig);
	uv_close((uv_handle_t *)&b->check, NULL);
	for (size_t i = 0; i < b->n_delayed; i++) {
		uv_close((uv_handle_t *)&b->delayed[i].timer, NULL);
	}
	pty_unplug(b);
	modbus_rig_fini(&b->rig);
	assert_int_equal(rmdir(b->dir), 0);
}

/* What is good must be right. @return how many were good */
unsigned int pty_check_good(const struct pty_bench *b)
{
	unsigned int n_good = 0;

	for (size_t i = 0; i < b->rig.config.n_points; i++) {
		const struct reading *r = &b->rig.readings[i];

		if (r->quality == QUALITY_GOOD) {
			n_good++;
			assert_int_equal(
				r->value.u64,
				pty_register(b->rig.config.unit,
			                     (uint16_t)b->rig.points[i].address));
		}
	}
	return n_good;
}
