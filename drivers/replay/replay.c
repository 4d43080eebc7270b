/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays a recording back: `file:///path.csv?speed=1&loop=1`, where `at:` is a column.
 *
 * The first row is in force when the device opens, each later one when its time has come,
 * by env->now_ns and speed.  After the last row the device is silent (-ENODATA), or with
 * loop=1 begins anew, one median of the rows' distance later.
 *
 * The file is read whole, up to RECORDING_CELLS_MAX values, on the loop's thread pool;
 * what is asked for meanwhile is answered when it is there.
 */
#include "drivers/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/replay/recording.h"

struct options {
	char *path;
	double speed;
	bool loop;
};

struct replay {
	struct device device;
	const struct driver_env *env;
	struct options options;
	const char **columns;     /* one a point */
	struct reading *readings; /* room for all points */
	struct recording recording;
	uint64_t opened_ns;
	uv_work_t work;
	uv_timer_t timer; /* answers come after the call that asked returned */
	bool loading, closing, reading, probing;
	int load_err;
	uint32_t due;
	struct read_sink sink;
	probe_done_cb probe_done;
	void *probe_arg;
};

static int parse_option(struct options *o, const char *key, const char *value)
{
	char *end;

	if (strcmp(key, "speed") == 0) {
		o->speed = strtod(value, &end);
		return end == value || *end || !(o->speed > 0 && o->speed <= 1e6)
		               ? -EINVAL
		               : 0;
	}
	if (strcmp(key, "loop") == 0) {
		o->loop = strcmp(value, "1") == 0;
		return o->loop || strcmp(value, "0") == 0 ? 0 : -EINVAL;
	}
	return -EINVAL;
}

/* Take "file://PATH?KEY=VALUE&..." apart.  o->path is to be freed in any case. */
static int parse_options(struct options *o, const char *address)
{
	char *query, *pair, *save = NULL;
	int err = 0;

	*o = (struct options){.speed = 1};
	if (!address || strncmp(address, "file://", 7) != 0 || address[7] != '/') {
		return -EINVAL;
	}
	o->path = strdup(address + 7);
	if (!o->path) {
		return -ENOMEM;
	}
	query = strchr(o->path, '?');
	if (!query) {
		return 0;
	}
	*query++ = '\0';
	for (pair = strtok_r(query, "&", &save); pair && !err;
	     pair = strtok_r(NULL, "&", &save)) {
		char *value = strchr(pair, '=');

		if (!value) {
			return -EINVAL;
		}
		*value++ = '\0';
		err = parse_option(o, pair, value);
	}
	return err;
}

static int parse_address(const char *address, const char **why)
{
	struct options o;
	int err = parse_options(&o, address);

	free(o.path);
	if (err) {
		*why = "a recording is written file:///path.csv?speed=1&loop=0";
	}
	return err;
}

static int parse_point(struct point *point, const char **why)
{
	if (point->encoding->type == TYPE_STRING || point->encoding->type == TYPE_BCD ||
	    point->encoding->type == TYPE_EPOCH) {
		*why = "a recorded value is a number or a bool";
		return -EINVAL;
	}
	if (!*point->at) {
		*why = "the heading of a column";
		return -EINVAL;
	}
	return 0;
}

/* Worker thread: touches only the recording and load_err. */
static void load(uv_work_t *work)
{
	struct replay *p = work->data;
	FILE *file = fopen(p->options.path, "re");

	if (!file) {
		p->load_err = -errno;
		return;
	}
	p->load_err = recording_read(&p->recording, file, p->columns,
	                             p->device.config->n_points);
	fclose(file);
}

static struct reading reading_of(const struct point *point, double raw)
{
	struct reading r = {.tag = point->tag, .quality = QUALITY_GOOD};

	if (isnan(raw)) {
		r.quality = QUALITY_BAD;
		r.reason = REASON_NOT_A_NUMBER;
	} else if (point->encoding->type == TYPE_BOOL ||
	           point->encoding->type == TYPE_BIT) {
		r.value = value_bool(raw != 0);
	} else {
		r.value = value_real(raw * point->encoding->scale +
		                     point->encoding->offset);
	}
	return r;
}

/* Seconds into the recording; past its end where it is over. */
static double position_s(const struct replay *p, uint64_t now_ns)
{
	double length_s = recording_length_s(&p->recording);
	double t_s = (double)(now_ns - p->opened_ns) * 1e-9 * p->options.speed;

	if (p->options.loop && p->recording.n_rows > 1) {
		/* The last row lasts as long as a row does. */
		length_s *= (double)p->recording.n_rows /
		            (double)(p->recording.n_rows - 1);
		return fmod(t_s, length_s);
	}
	return p->options.loop ? 0 : t_s;
}

/* The row in force, or NULL with *err: no recording, or it is over. */
static const double *row_now(const struct replay *p, uint64_t now_ns, int *err)
{
	double t_s;

	*err = p->load_err;
	if (*err) {
		return NULL;
	}
	t_s = position_s(p, now_ns);
	if (!p->options.loop && t_s > recording_length_s(&p->recording)) {
		*err = -ENODATA;
		return NULL;
	}
	return recording_at(&p->recording, t_s);
}

/* One row is one block. */
static void bring_points(struct replay *p, const double *row, uint64_t now_ns)
{
	const struct device_config *cfg = p->device.config;
	size_t n = 0;

	for (size_t i = 0; i < cfg->n_points; i++) {
		const struct point *point = &cfg->points[i];
		struct reading *r = &p->readings[n];

		if (!(p->due >> point->group & 1)) {
			continue;
		}
		n++;
		*r = (struct reading){.tag = point->tag,
		                      .quality = QUALITY_BAD,
		                      .reason = REASON_RESET};
		if (row && recording_has(&p->recording, i)) {
			*r = reading_of(point, row[i]);
		} else if (row) {
			r->reason = REASON_CONFIG;
		}
	}
	if (n > 0) {
		p->sink.block(p->sink.arg, now_ns, p->readings, n);
	}
}

static void finish(struct replay *p, int canceled)
{
	uint64_t now_ns = p->env->now_ns();
	int err = canceled;
	const double *row = canceled ? NULL : row_now(p, now_ns, &err);

	if (p->probing) {
		p->probing = false;
		p->device.stats.answers += !err;
		p->probe_done(p->probe_arg, err);
	}
	if (p->reading) {
		if (!canceled) {
			bring_points(p, row, now_ns);
		}
		p->reading = false;
		p->device.stats.answers += !err;
		p->sink.done(p->sink.arg, err);
	}
}

static void on_timer(uv_timer_t *timer)
{
	finish(timer->data, 0);
}

static void answer_soon(struct replay *p)
{
	p->device.stats.requests++;
	if (!p->loading) {
		uv_timer_start(&p->timer, on_timer, 0, 0);
	}
}

static int replay_read(struct device *dev, uint32_t due, const struct read_sink *sink)
{
	struct replay *p = (struct replay *)dev;

	if (p->reading) {
		return -EBUSY;
	}
	p->reading = true;
	p->due = due;
	p->sink = *sink;
	answer_soon(p);
	return 0;
}

static int replay_probe(struct device *dev, probe_done_cb done, void *arg)
{
	struct replay *p = (struct replay *)dev;

	if (p->probing) {
		return -EBUSY;
	}
	p->probing = true;
	p->probe_done = done;
	p->probe_arg = arg;
	answer_soon(p);
	return 0;
}

static void replay_free(struct replay *p)
{
	recording_fini(&p->recording);
	free(p->options.path);
	free(p->columns);
	free(p->readings);
	free(p);
}

static void on_closed(uv_handle_t *handle)
{
	struct replay *p = handle->data;

	p->closing = true;
	if (!p->loading) {
		replay_free(p);
	}
}

static void on_loaded(uv_work_t *work, int status)
{
	struct replay *p = work->data;

	p->loading = false;
	if (p->closing) {
		replay_free(p);
	} else if (!uv_is_closing((uv_handle_t *)&p->timer)) {
		/* Time begins with the first row in reach, not with a slow disk. */
		p->opened_ns = p->env->now_ns();
		finish(p, 0);
	}
}

static int replay_open(struct device **out, const struct driver_env *env,
                       const struct device_config *cfg, const char **why)
{
	struct replay *p = calloc(1, sizeof(*p));
	int err = -ENOMEM;

	*why = "out of memory";
	if (!p) {
		return err;
	}
	p->device = (struct device){.driver = driver_find("replay"), .config = cfg};
	p->device.stats.n_blocks = 1;
	p->env = env;
	p->columns = calloc(cfg->n_points + 1, sizeof(*p->columns));
	p->readings = calloc(cfg->n_points + 1, sizeof(*p->readings));
	if (!p->columns || !p->readings) {
		goto fail;
	}
	for (size_t i = 0; i < cfg->n_points; i++) {
		p->columns[i] = cfg->points[i].at;
	}
	err = parse_options(&p->options, cfg->address);
	if (err) {
		*why = "a recording is written file:///path.csv?speed=1&loop=0";
		goto fail;
	}
	p->work.data = p;
	p->timer.data = p;
	err = uv_timer_init(env->loop, &p->timer);
	if (err) {
		goto fail;
	}
	p->loading = true;
	uv_queue_work(env->loop, &p->work, load, on_loaded);
	*out = &p->device;
	return 0;

fail:
	replay_free(p);
	return err;
}

static void replay_close(struct device *dev)
{
	struct replay *p = (struct replay *)dev;

	if (!p) {
		return;
	}
	finish(p, -ECANCELED);
	uv_cancel((uv_req_t *)&p->work); /* in vain where it runs: on_loaded frees then */
	uv_close((uv_handle_t *)&p->timer, on_closed);
}

extern const struct driver driver_replay;
const struct driver driver_replay = {
	.name = "replay",
	.parse_point = parse_point,
	.parse_address = parse_address,
	.open = replay_open,
	.read = replay_read,
	.probe = replay_probe,
	.close = replay_close,
};
