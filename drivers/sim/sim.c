/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device that makes its values up: the driver to copy from.
 *
 * A point is a signal of time (signal.h), or `memory:N`, a number that can be written.
 * Everything depends on env->now_ns alone: the same times give the same values.  There is
 * no address; `sim://?seed=N` starts other random numbers.
 *
 * What a driver over a network does when its answers come in, this one does when a timer
 * of no delay runs: an answer never comes before read(), probe() or write() returned.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/driver.h"
#include "drivers/sim/signal.h"

enum {
	SPACE_SIGNAL,
	SPACE_MEMORY,
	MEMORY_SIZE = 256,
	WRITES_MAX = 8,
};

struct pending_write {
	uint32_t address;
	double raw;
	write_done_cb done;
	void *arg;
};

/* The device comes first: the gateway sees only that. */
struct sim {
	struct device device;
	const struct driver_env *env;
	uint64_t opened_ns;
	struct signal *signals;   /* one a point; unused where it is memory */
	struct reading *readings; /* room for all points */
	double memory[MEMORY_SIZE];
	uv_timer_t timer;
	bool reading, probing;
	uint32_t due;
	struct read_sink sink;
	probe_done_cb probe_done;
	void *probe_arg;
	struct pending_write writes[WRITES_MAX];
	size_t n_writes;
};

static bool is_number(enum value_type type)
{
	return type != TYPE_STRING && type != TYPE_BCD && type != TYPE_EPOCH;
}

static int parse_point(struct point *point, const char **why)
{
	struct signal unused;
	unsigned long n;
	char *end;

	if (!is_number(point->encoding->type)) {
		*why = "a simulated value is a number or a bool";
		return -EINVAL;
	}
	if (strncmp(point->at, "memory:", 7) != 0) {
		point->space = SPACE_SIGNAL;
		return signal_parse(&unused, point->at, 0, why);
	}
	n = strtoul(point->at + 7, &end, 10);
	if (end == point->at + 7 || *end || point->at[7] == '-' || n >= MEMORY_SIZE) {
		*why = "memory goes from memory:0 to memory:255";
		return -EINVAL;
	}
	point->space = SPACE_MEMORY;
	point->address = (uint32_t)n;
	return 0;
}

static int parse_seed(const char *address, uint64_t *seed)
{
	static const char prefix[] = "sim://?seed=";
	char *end;

	*seed = 0;
	if (!address || !*address || strcmp(address, "sim://") == 0) {
		return 0;
	}
	if (strncmp(address, prefix, sizeof(prefix) - 1) != 0) {
		return -EINVAL;
	}
	address += sizeof(prefix) - 1;
	*seed = strtoull(address, &end, 10);
	return end == address || *end ? -EINVAL : 0;
}

static int parse_address(const char *address, const char **why)
{
	uint64_t seed;
	int err = parse_seed(address, &seed);

	if (err) {
		*why = "a simulated device needs no address; sim://?seed=N is allowed";
	}
	return err;
}

/* Raw number to a reading of the point's type; value = raw * scale + offset. */
static struct reading reading_of(const struct point *point, double raw)
{
	struct reading r = {.tag = point->tag, .quality = QUALITY_GOOD};
	bool scaled = point->encoding->scale != 1 || point->encoding->offset != 0;

	switch (point->encoding->type) {
	case TYPE_BOOL:
	case TYPE_BIT:
		r.value = value_bool(raw >= 0.5);
		return r;
	case TYPE_INT8:
	case TYPE_INT16:
	case TYPE_INT32:
	case TYPE_INT64:
	case TYPE_UINT8:
	case TYPE_UINT16:
	case TYPE_UINT32:
	case TYPE_UINT64:
		raw = round(raw);
		if (!scaled && fabs(raw) < 9e18) {
			r.value = (struct value){.kind = VALUE_INT, .i64 = (int64_t)raw};
			return r;
		}
		break;
	case TYPE_FLOAT16:
	case TYPE_FLOAT32:
	case TYPE_FLOAT64:
	case TYPE_STRING:
	case TYPE_BCD:
	case TYPE_EPOCH:
		break;
	}
	r.value = value_real(raw * point->encoding->scale + point->encoding->offset);
	if (!isfinite(r.value.real)) {
		r = (struct reading){.tag = point->tag,
		                     .quality = QUALITY_BAD,
		                     .reason = REASON_NOT_A_NUMBER};
	}
	return r;
}

/* All that is due is one block: made up at one time. */
static void bring_points(struct sim *s)
{
	const struct device_config *cfg = s->device.config;
	uint64_t now_ns = s->env->now_ns();
	double t_s = (double)(now_ns - s->opened_ns) * 1e-9;
	size_t n = 0;

	for (size_t i = 0; i < cfg->n_points; i++) {
		const struct point *point = &cfg->points[i];

		if (s->due >> point->group & 1) {
			s->readings[n++] = reading_of(
				point, point->space == SPACE_MEMORY
					       ? s->memory[point->address]
					       : signal_at(&s->signals[i], t_s));
		}
	}
	s->device.stats.registers += n;
	if (n > 0) {
		s->sink.block(s->sink.arg, now_ns, s->readings, n);
	}
}

/* Writes first, so that the read behind them sees them.  Each is taken off before its
 * callback runs, which may start the next. */
static void finish(struct sim *s, int err)
{
	struct pending_write writes[WRITES_MAX];
	size_t n_writes = s->n_writes;

	memcpy(writes, s->writes, sizeof(writes));
	s->n_writes = 0;
	for (size_t i = 0; i < n_writes; i++) {
		if (!err) {
			s->memory[writes[i].address] = writes[i].raw;
		}
		s->device.stats.answers += !err;
		writes[i].done(writes[i].arg, err, 0);
	}
	if (s->probing) {
		s->probing = false;
		s->device.stats.answers += !err;
		s->probe_done(s->probe_arg, err);
	}
	if (s->reading) {
		if (!err) {
			bring_points(s);
			s->device.stats.answers++;
		}
		s->reading = false;
		s->sink.done(s->sink.arg, err);
	}
}

static void on_timer(uv_timer_t *timer)
{
	finish(timer->data, 0);
}

static void answer_soon(struct sim *s)
{
	s->device.stats.requests++;
	uv_timer_start(&s->timer, on_timer, 0, 0);
}

static int sim_read(struct device *dev, uint32_t due, const struct read_sink *sink)
{
	struct sim *s = (struct sim *)dev;

	if (s->reading) {
		return -EBUSY;
	}
	s->reading = true;
	s->due = due;
	s->sink = *sink;
	answer_soon(s);
	return 0;
}

static int sim_probe(struct device *dev, probe_done_cb done, void *arg)
{
	struct sim *s = (struct sim *)dev;

	if (s->probing) {
		return -EBUSY;
	}
	s->probing = true;
	s->probe_done = done;
	s->probe_arg = arg;
	answer_soon(s);
	return 0;
}

/* What reads back is what was written, or it is refused. */
static bool reads_back(const struct point *point, double raw, const struct value *value)
{
	struct reading r = reading_of(point, raw);
	double want = value_number(value), got = value_number(&r.value);

	return isfinite(want) && fabs(got - want) <= 1e-9 * fmax(fabs(want), 1);
}

static int sim_write(struct device *dev, const struct point *point,
                     const struct value *value, write_done_cb done, void *arg)
{
	struct sim *s = (struct sim *)dev;
	double raw = (value_number(value) - point->encoding->offset) /
	             point->encoding->scale;

	if (point->space != SPACE_MEMORY) {
		return -EROFS;
	}
	if (!reads_back(point, raw, value)) {
		return -ERANGE;
	}
	if (s->n_writes == WRITES_MAX) {
		return -EBUSY;
	}
	s->writes[s->n_writes++] = (struct pending_write){
		.address = point->address, .raw = raw, .done = done, .arg = arg};
	answer_soon(s);
	return 0;
}

static void sim_free(struct sim *s)
{
	free(s->signals);
	free(s->readings);
	free(s);
}

static int sim_open(struct device **out, const struct driver_env *env,
                    const struct device_config *cfg, const char **why)
{
	struct sim *s = calloc(1, sizeof(*s));
	uint64_t seed = 0;
	int err = -ENOMEM;

	*why = "out of memory";
	if (!s) {
		return err;
	}
	s->device = (struct device){.driver = driver_find("sim"), .config = cfg};
	s->device.stats.n_blocks = 1;
	s->env = env;
	s->opened_ns = env->now_ns();
	s->signals = calloc(cfg->n_points + 1, sizeof(*s->signals));
	s->readings = calloc(cfg->n_points + 1, sizeof(*s->readings));
	if (!s->signals || !s->readings) {
		goto fail;
	}
	err = parse_seed(cfg->address, &seed);
	for (size_t i = 0; i < cfg->n_points && !err; i++) {
		if (cfg->points[i].space == SPACE_SIGNAL) {
			/* Tags far apart: sequences of neighbours would overlap. */
			err = signal_parse(&s->signals[i], cfg->points[i].at,
			                   seed + ((uint64_t)cfg->points[i].tag << 32),
			                   why);
		}
	}
	if (!err) {
		err = uv_timer_init(env->loop, &s->timer);
	}
	if (err) {
		goto fail;
	}
	s->timer.data = s;
	*out = &s->device;
	return 0;

fail:
	sim_free(s);
	return err;
}

static void on_closed(uv_handle_t *handle)
{
	sim_free(handle->data);
}

static void sim_close(struct device *dev)
{
	struct sim *s = (struct sim *)dev;

	if (!s) {
		return;
	}
	finish(s, -ECANCELED);
	uv_close((uv_handle_t *)&s->timer, on_closed);
}

extern const struct driver driver_sim;
const struct driver driver_sim = {
	.name = "sim",
	.parse_point = parse_point,
	.parse_address = parse_address,
	.open = sim_open,
	.read = sim_read,
	.probe = sim_probe,
	.write = sim_write,
	.close = sim_close,
};
