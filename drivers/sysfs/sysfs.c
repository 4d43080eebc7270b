/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that the kernel offers as files: hwmon, IIO, 1-Wire, GPIO, and others of a
 * number or a word.  `sysfs://` is below /sys, `sysfs:///sys/bus/w1/devices` below that;
 * `at:` is a path, relative or absolute, and behind # the text before the value.
 *
 * Files block as long as the kernel's driver does, so they are read on the loop's thread
 * pool, one after the other.  What comes at once makes one block; a slow file is a block
 * of its own, so that the time of each reading is that of its answer.
 */
#include "drivers/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/scalar.h"
#include "drivers/sysfs/attribute.h"

enum {
	WRITES_MAX = 8,
	SLOW_NS = 20000000, /* a file that takes longer gets a block of its own */
};

struct pending_write {
	const struct point *point;
	char text[VALUE_TEXT_MAX + 1];
	write_done_cb done;
	void *arg;
};

struct source {
	struct attribute attribute;
	char *room; /* of a string */
	bool slow;  /* when it was read last */
};

/* What the worker does, and what came of it; the worker's own while it works. */
struct job {
	enum { JOB_PROBE, JOB_READ, JOB_WRITE } kind;
	size_t next;                /* read: the first point that is left */
	size_t n;                   /* read: readings of this block */
	size_t answered;            /* read, probe: files that could be read */
	int err;                    /* of the first that could not, or of the write */
	uint16_t code;              /* write */
	struct pending_write write; /* write */
	uint64_t began_ns, received_ns;
};

struct sysfs {
	struct device device;
	const struct driver_env *env;
	struct source *sources;   /* one a point */
	struct reading *readings; /* room for all points */
	uv_work_t work;
	struct job job;
	bool working, closing, reading, probing;
	uint32_t due;    /* of the read */
	size_t next;     /* of the read: points before it are brought */
	size_t answered; /* of the read */
	int err;         /* of the read */
	struct read_sink sink;
	probe_done_cb probe_done;
	void *probe_arg;
	struct pending_write writes[WRITES_MAX];
	size_t n_writes;
};

static int parse_point(struct point *point, const char **why)
{
	int err = attribute_check(point->at, why);

	point->read_only = strchr(point->at, '#') || point->encoding->type == TYPE_BIT;
	return err ? err : scalar_check(point, why);
}

/* The directory, without a slash at its end; NULL where there is none. */
static const char *base_of(const char *address)
{
	if (!*address || strcmp(address, "sysfs://") == 0) {
		return "/sys";
	}
	return strncmp(address, "sysfs:///", 9) == 0 ? address + 8 : NULL;
}

static int parse_address(const char *address, const char **why)
{
	if (!base_of(address)) {
		*why = "a directory is written sysfs:///sys/bus/w1/devices; sysfs:// is "
		       "/sys";
		return -EINVAL;
	}
	return 0;
}

/* ---- Worker thread ---- */

static bool is_due(const struct sysfs *s, size_t i)
{
	return s->due >> s->device.config->points[i].group & 1;
}

/* Read until something was slow, or is going to be, or all is read. */
static void read_block(struct sysfs *s, struct job *job)
{
	const struct device_config *cfg = s->device.config;

	for (; job->next < cfg->n_points; job->next++) {
		struct source *source = &s->sources[job->next];
		uint64_t began_ns = s->env->now_ns();
		int err;

		if (!is_due(s, job->next)) {
			continue;
		}
		if (source->slow && job->n > 0) {
			break;
		}
		err = attribute_read(&source->attribute, &cfg->points[job->next],
		                     &s->readings[job->n++], source->room);
		job->answered += !err;
		job->err = job->err ? job->err : err;
		source->slow = s->env->now_ns() - began_ns > SLOW_NS;
		if (source->slow) {
			job->next++;
			break;
		}
	}
}

/* The first file that can be read is enough. */
static void probe(struct sysfs *s, struct job *job)
{
	const struct device_config *cfg = s->device.config;
	struct reading unused;

	for (size_t i = 0; i < cfg->n_points && !job->answered; i++) {
		int err = attribute_read(&s->sources[i].attribute, &cfg->points[i],
		                         &unused, s->sources[i].room);

		job->answered += !err;
		job->err = job->err ? job->err : err;
	}
}

static void on_work(uv_work_t *work)
{
	struct sysfs *s = work->data;
	struct job *job = &s->job;

	job->began_ns = s->env->now_ns();
	if (job->kind == JOB_WRITE) {
		size_t i = (size_t)(job->write.point - s->device.config->points);

		job->err = attribute_write(&s->sources[i].attribute, job->write.text,
		                           &job->code);
	} else if (job->kind == JOB_READ) {
		read_block(s, job);
	} else {
		probe(s, job);
	}
	job->received_ns = s->env->now_ns();
}

/* ---- Loop thread ---- */

static void on_worked(uv_work_t *work, int status);

/* One thing at a time; a write goes before what is left of a read. */
static void start_job(struct sysfs *s)
{
	struct job *job = &s->job;

	if (s->working || (!s->n_writes && !s->probing && !s->reading)) {
		return;
	}
	*job = (struct job){.next = s->next};
	if (s->n_writes) {
		job->kind = JOB_WRITE;
		job->write = s->writes[0];
		s->n_writes--;
		memmove(&s->writes[0], &s->writes[1], s->n_writes * sizeof(s->writes[0]));
	} else {
		job->kind = s->probing ? JOB_PROBE : JOB_READ;
	}
	s->working = true;
	s->device.stats.requests++;
	uv_queue_work(s->env->loop, &s->work, on_work, on_worked);
}

static void count(struct device_stats *stats, const struct job *job,
                  const struct reading *r)
{
	stats->rtt_us = (uint32_t)((job->received_ns - job->began_ns) / 1000);
	stats->answers += job->kind == JOB_WRITE ? job->err != -ECONNREFUSED
	                                         : job->answered > 0;
	stats->registers += job->n;
	for (size_t i = 0; i < job->n; i++) {
		stats->errors[r[i].reason] += r[i].reason != REASON_NONE;
	}
}

static void end_read(struct sysfs *s, int err)
{
	s->reading = false;
	s->sink.done(s->sink.arg, err);
}

static void bring_block(struct sysfs *s, const struct job *job)
{
	s->next = job->next;
	s->answered += job->answered;
	s->err = s->err ? s->err : job->err;
	if (job->n > 0) {
		s->sink.block(s->sink.arg, job->received_ns, s->readings, job->n);
	}
	if (s->next == s->device.config->n_points) {
		end_read(s, s->answered ? 0 : s->err);
	}
}

static void end_probe(struct sysfs *s, int err)
{
	s->probing = false;
	s->probe_done(s->probe_arg, err);
}

static void sysfs_free(struct sysfs *s)
{
	for (size_t i = 0; s->sources && i < s->device.config->n_points; i++) {
		attribute_fini(&s->sources[i].attribute);
		free(s->sources[i].room);
	}
	free(s->sources);
	free(s->readings);
	free(s);
}

static void on_worked(uv_work_t *work, int status)
{
	struct sysfs *s = work->data;
	const struct job *job = &s->job;

	s->working = false;
	if (s->closing) { /* everybody was told */
		sysfs_free(s);
		return;
	}
	count(&s->device.stats, job, s->readings);
	if (job->kind == JOB_WRITE) {
		job->write.done(job->write.arg, job->err, job->code);
	} else if (job->kind == JOB_READ) {
		bring_block(s, job);
	} else {
		end_probe(s, job->answered ? 0 : job->err);
	}
	start_job(s);
}

static int sysfs_read(struct device *dev, uint32_t due, const struct read_sink *sink)
{
	struct sysfs *s = (struct sysfs *)dev;

	if (s->reading) {
		return -EBUSY;
	}
	s->reading = true;
	s->due = due;
	s->sink = *sink;
	s->next = s->answered = 0;
	s->err = 0;
	start_job(s);
	return 0;
}

static int sysfs_probe(struct device *dev, probe_done_cb done, void *arg)
{
	struct sysfs *s = (struct sysfs *)dev;

	if (s->probing) {
		return -EBUSY;
	}
	s->probing = true;
	s->probe_done = done;
	s->probe_arg = arg;
	start_job(s);
	return 0;
}

static int sysfs_write(struct device *dev, const struct point *point,
                       const struct value *value, write_done_cb done, void *arg)
{
	struct sysfs *s = (struct sysfs *)dev;
	struct pending_write *w = &s->writes[s->n_writes];
	int err;

	if (point->read_only) {
		return -EROFS;
	}
	if (s->n_writes == WRITES_MAX) {
		return -EBUSY;
	}
	*w = (struct pending_write){.point = point, .done = done, .arg = arg};
	err = scalar_print(w->text, sizeof(w->text), point, value);
	if (err) {
		return err;
	}
	s->n_writes++;
	start_job(s);
	return 0;
}

static int make_sources(struct sysfs *s, const char *base)
{
	const struct device_config *cfg = s->device.config;

	s->sources = calloc(cfg->n_points + 1, sizeof(*s->sources));
	s->readings = calloc(cfg->n_points + 1, sizeof(*s->readings));
	if (!s->sources || !s->readings) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_points; i++) {
		const struct point *point = &cfg->points[i];
		struct source *source = &s->sources[i];

		if (attribute_init(&source->attribute, base, point->at)) {
			return -ENOMEM;
		}
		source->slow = attribute_is_slow(&source->attribute);
		if (point->encoding->type == TYPE_STRING) {
			source->room = malloc((size_t)point->encoding->length + 1);
			if (!source->room) {
				return -ENOMEM;
			}
		}
	}
	return 0;
}

static int sysfs_open(struct device **out, const struct driver_env *env,
                      const struct device_config *cfg, const char **why)
{
	struct sysfs *s = calloc(1, sizeof(*s));
	const char *base = base_of(cfg->address);

	*why = "out of memory";
	if (!s) {
		return -ENOMEM;
	}
	s->device = (struct device){.driver = driver_find("sysfs"), .config = cfg};
	s->device.stats.n_blocks = 1;
	s->env = env;
	s->work.data = s;
	if (!base || make_sources(s, base)) {
		sysfs_free(s);
		*why = base ? *why : "not a directory of sysfs://";
		return base ? -ENOMEM : -EINVAL;
	}
	*out = &s->device;
	return 0;
}

static void sysfs_close(struct device *dev)
{
	struct sysfs *s = (struct sysfs *)dev;
	bool canceled;

	if (!s) {
		return;
	}
	s->closing = true;
	canceled = s->working && uv_cancel((uv_req_t *)&s->work) == 0;
	if (s->working && s->job.kind == JOB_WRITE) {
		/* Where it runs already, nobody knows yet what comes of it. */
		s->job.write.done(s->job.write.arg, canceled ? -ECANCELED : -ETIMEDOUT,
		                  0);
	}
	for (size_t i = 0; i < s->n_writes; i++) {
		s->writes[i].done(s->writes[i].arg, -ECANCELED, 0);
	}
	if (s->probing) {
		end_probe(s, -ECANCELED);
	}
	if (s->reading) {
		end_read(s, -ECANCELED);
	}
	if (!s->working) { /* else on_worked() does */
		sysfs_free(s);
	}
}

extern const struct driver driver_sysfs;
const struct driver driver_sysfs = {
	.name = "sysfs",
	.parse_point = parse_point,
	.parse_address = parse_address,
	.open = sysfs_open,
	.read = sysfs_read,
	.probe = sysfs_probe,
	.write = sysfs_write,
	.close = sysfs_close,
};
