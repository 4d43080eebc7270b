/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OPC UA servers.  `address:` is an endpoint (endpoint.h), `at:` a node's id, behind #
 * the element of its array.
 *
 * The server tells what changes: that is reported when it comes.  Its clock is watched as
 * well, so that each beat confirms what was not told; a read asks nobody, but brings what
 * was confirmed since the last one, and what has no good value.
 */
#include "drivers/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/asked.h"
#include "drivers/opcua/browse.h"
#include "drivers/opcua/endpoint.h"
#include "drivers/opcua/node.h"
#include "drivers/opcua/session.h"
#include "drivers/scalar.h"

#define MS_NS UINT64_C(1000000)

enum { BEATS_MISSED = 3 };

/* A tag and what is known of it. */
struct subject {
	struct said said; /* session 0: nothing */
	char *room;       /* of a string */
	uint64_t brought_ns;
};

struct opcua {
	struct device device;
	const struct driver_env *env;
	struct endpoint endpoint;
	struct session *session;
	struct subject *subjects; /* one a point */
	struct reading *readings; /* room for all points */
	char text[VALUE_TEXT_MAX + 1];
	uint64_t up_ns;
	struct asked asked;
	int n_closing;
};

static int parse_address(const char *address, const char **why)
{
	struct endpoint e;
	int err = endpoint_parse(&e, address, why);

	endpoint_fini(&e);
	return err ? -EINVAL : 0;
}

static int parse_point(struct point *point, const char **why)
{
	struct node node;
	int err = node_parse(&node, point->at, why);

	node_fini(&node);
	point->read_only = point->encoding->type == TYPE_BIT;
	return err ? err : scalar_check(point, why);
}

/* ---- What the server tells ---- */

/* The reading of a subject, stale where the server itself calls it old. */
static struct reading shown(const struct opcua *o, const struct subject *s,
                            int64_t server_us)
{
	int64_t expire_us = o->endpoint.expire_ms * 1000;
	struct reading r = s->said.reading;

	if (expire_us && s->said.source_us && r.quality != QUALITY_BAD &&
	    server_us - s->said.source_us > expire_us) {
		r = (struct reading){
			.tag = r.tag, .quality = QUALITY_STALE, .reason = REASON_OVERRUN};
	}
	return r;
}

static void keep(struct opcua *o, struct subject *s, const struct said *said)
{
	s->said = *said;
	s->brought_ns = said->received_ns;
	if (said->reading.value.kind == VALUE_TEXT) {
		memcpy(s->room, said->reading.value.text,
		       strlen(said->reading.value.text) + 1); /* the point's length */
		s->said.reading.value.text = s->room;
	}
	o->device.stats.answers++;
	o->device.stats.errors[said->reading.reason] += said->reading.reason !=
	                                                REASON_NONE;
}

static void report(struct opcua *o, uint64_t received_ns, size_t n)
{
	if (n > 0 && o->device.report.block) {
		o->device.report.block(o->device.report.arg, received_ns, o->readings, n);
	}
}

/* What came at once is one block. */
static void on_told(void *arg)
{
	struct opcua *o = arg;
	struct mailbox *mailbox = session_mailbox(o->session);
	uint64_t now_ns, block_ns = 0;
	struct beat beat = mailbox_last_beat(mailbox, &now_ns);
	struct said said;
	size_t i, n = 0;

	while (mailbox_take(mailbox, &i, &said, o->text)) {
		if (said.received_ns != block_ns || n == o->device.config->n_points) {
			report(o, block_ns, n);
			n = 0;
		}
		block_ns = said.received_ns;
		keep(o, &o->subjects[i], &said);
		o->readings[n++] = shown(o, &o->subjects[i], beat.server_us);
	}
	report(o, block_ns, n);
}

/* ---- A read ---- */

static enum reason reason_of(int err)
{
	return err == -ETIMEDOUT || err == -EINPROGRESS ? REASON_TIMEOUT
	       : err == -ECONNRESET                     ? REASON_RESET
	                                                : REASON_REFUSED;
}

/* When a read brings a point, and what.  @return false: there is nothing new to say */
static bool is_due(struct reading *r, uint64_t *at_ns, const struct opcua *o, size_t i,
                   const struct beat *beat)
{
	const struct device_config *cfg = o->device.config;
	const struct subject *s = &o->subjects[i];
	uint32_t period_ms = cfg->periods_ms[cfg->points[i].group];
	uint32_t beat_ms = session_beat_ms(o->session);
	/* Values may overtake the news that there is a session. */
	bool heard = s->said.session == session_number(o->session);
	uint64_t since_ns = heard ? s->brought_ns : o->up_ns;
	uint64_t limit_ms = (uint64_t)BEATS_MISSED *
	                            (period_ms > beat_ms ? period_ms : beat_ms) +
	                    cfg->timeout_ms;
	int err = session_error(o->session);

	if (err) {
		*r = scalar_bad(&cfg->points[i], reason_of(err));
	} else if (heard && beat->received_ns > s->brought_ns &&
	           4 * (*at_ns - s->brought_ns) >= 3 * MS_NS * period_ms) {
		/* What was told in this period needs no confirmation. */
		*r = shown(o, s, beat->server_us);
		*at_ns = beat->received_ns;
	} else if (*at_ns > since_ns + limit_ms * MS_NS) {
		*r = (struct reading){.tag = cfg->points[i].tag,
		                      .quality = QUALITY_STALE,
		                      .reason = REASON_OVERRUN};
	} else {
		return false;
	}
	return true;
}

static void update_stats(struct opcua *o)
{
	struct device_stats *stats = &o->device.stats;

	stats->requests = session_connects(o->session);
	stats->errors[REASON_OVERRUN] = mailbox_replaced(session_mailbox(o->session));
}

/* All that is brought of the beat is one block, the rest another. */
static void bring_due(void *arg)
{
	struct opcua *o = arg;
	const struct device_config *cfg = o->device.config;
	uint64_t now_ns, block_ns = 0;
	struct beat beat = mailbox_last_beat(session_mailbox(o->session), &now_ns);
	size_t n = 0;

	update_stats(o);
	on_told(o); /* what came with the beat was told before it */
	for (size_t i = 0; i < cfg->n_points; i++) {
		uint64_t at_ns = now_ns;
		struct reading r;

		if (!(o->asked.due >> cfg->points[i].group & 1) ||
		    !is_due(&r, &at_ns, o, i, &beat)) {
			continue;
		}
		if (n > 0 && at_ns != block_ns) {
			o->asked.sink.block(o->asked.sink.arg, block_ns, o->readings, n);
			n = 0;
		}
		block_ns = at_ns;
		o->readings[n++] = r;
		o->subjects[i].brought_ns = at_ns;
	}
	if (n > 0) {
		o->asked.sink.block(o->asked.sink.arg, block_ns, o->readings, n);
	}
}

static int on_error(void *arg)
{
	struct opcua *o = arg;

	return session_error(o->session);
}

static void on_changed(void *arg)
{
	struct opcua *o = arg;

	o->up_ns = o->env->now_ns();
	o->device.detail = session_detail(o->session);
	asked_changed(&o->asked);
}

static int opcua_read(struct device *dev, uint32_t due, const struct read_sink *sink)
{
	return asked_read(&((struct opcua *)dev)->asked, due, sink);
}

static int opcua_probe(struct device *dev, probe_done_cb done, void *arg)
{
	return asked_probe(&((struct opcua *)dev)->asked, done, arg);
}

static int opcua_write(struct device *dev, const struct point *point,
                       const struct value *value, write_done_cb done, void *arg)
{
	struct opcua *o = (struct opcua *)dev;
	struct order order = {.point = (size_t)(point - o->device.config->points),
	                      .done = done,
	                      .arg = arg};
	int err;

	if (point->read_only) {
		return -EROFS;
	}
	err = scalar_print(order.text, sizeof(order.text), point, value);
	return err ? err : session_write(o->session, &order);
}

/* ---- Open, close ---- */

static void opcua_free(struct opcua *o)
{
	for (size_t i = 0; o->subjects && i < o->device.config->n_points; i++) {
		free(o->subjects[i].room);
	}
	free(o->subjects);
	free(o->readings);
	endpoint_fini(&o->endpoint);
	free(o);
}

static int make_subjects(struct opcua *o)
{
	const struct device_config *cfg = o->device.config;
	int err = 0;

	o->subjects = calloc(cfg->n_points + 1, sizeof(*o->subjects));
	o->readings = calloc(cfg->n_points + 1, sizeof(*o->readings));
	if (!o->subjects || !o->readings) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < cfg->n_points && !err; i++) {
		o->subjects[i].room = mailbox_room(&cfg->points[i], &err);
	}
	return err;
}

/* The timer, or the connection. */
static void on_closed(void *arg)
{
	struct opcua *o = arg;

	if (--o->n_closing == 0) {
		opcua_free(o);
	}
}

static int start_session(struct opcua *o)
{
	const struct session_config cfg = {.loop = o->env->loop,
	                                   .now_ns = o->env->now_ns,
	                                   .device = o->device.config,
	                                   .endpoint = &o->endpoint};
	const struct session_owner owner = {
		.changed = on_changed, .told = on_told, .closed = on_closed, .arg = o};

	return session_open(&o->session, &cfg, &owner);
}

static int opcua_open(struct device **out, const struct driver_env *env,
                      const struct device_config *cfg, const char **why)
{
	struct opcua *o = calloc(1, sizeof(*o));
	int err;

	*why = "out of memory";
	if (!o) {
		return -ENOMEM;
	}
	o->device = (struct device){.driver = driver_find("opcua"), .config = cfg};
	o->env = env;
	err = endpoint_parse(&o->endpoint, cfg->address, why);
	if (err) {
		goto fail;
	}
	*why = "out of memory";
	err = make_subjects(o);
	if (err) {
		goto fail;
	}
	err = start_session(o);
	if (err) {
		goto fail;
	}
	asked_open(&o->asked, env->loop, cfg,
	           &(struct asked_hooks){on_error, bring_due, on_closed, o});
	*out = &o->device;
	return 0;

fail:
	opcua_free(o);
	return err;
}

static void opcua_close(struct device *dev)
{
	struct opcua *o = (struct opcua *)dev;

	if (!o) {
		return;
	}
	o->n_closing = 2;
	asked_close(&o->asked);
	session_close(o->session);
}

extern const struct driver driver_opcua;
const struct driver driver_opcua = {
	.name = "opcua",
	.parse_point = parse_point,
	.parse_address = parse_address,
	.open = opcua_open,
	.read = opcua_read,
	.probe = opcua_probe,
	.write = opcua_write,
	.close = opcua_close,
	.browse = browse,
};
