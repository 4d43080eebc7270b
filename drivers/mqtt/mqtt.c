/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that publish by themselves.  `address:` is a broker (uri.h), `at:` a topic, or
 * what the wildcards of the address' filter stand for; behind # a JSON pointer.
 *
 * A message is reported when it comes, as one block of all its tags, at the time of its
 * receipt.  A read asks nobody: it says whether the broker is there, and brings the tags
 * that have no good value: bad content, nothing heard for too long, not granted.
 *
 * A lost connection may have cost messages, so after it every tag is waited for anew.
 */
#include "drivers/driver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/asked.h"
#include "drivers/mqtt/client.h"
#include "drivers/mqtt/pick.h"
#include "drivers/mqtt/topic.h"
#include "drivers/scalar.h"

enum {
	EXPIRE_PERIODS = 3, /* of silence make a value stale, where no time is given */
};

/* A tag and where its value comes from. */
struct subject {
	const struct point *point;
	char *topic;
	const char *pointer; /* within the payload; NULL: all of it */
	size_t filter;       /* that it comes by */
	char *room;          /* of a string */
	uint64_t expire_ns;  /* 0: never */
	bool heard;          /* since we are connected */
	uint64_t heard_ns;   /* when; earlier where the payload says so */
	enum reason reason;  /* why what was heard is bad */
};

struct mqtt {
	struct device device;
	const struct driver_env *env;
	struct uri uri;
	struct client *client;
	struct subject *subjects; /* one a point, in order of their topics */
	char **filters;
	size_t n_filters;
	bool wants_json;
	struct reading *readings; /* room for all points */
	uint64_t up_ns;           /* when the connection came up */
	struct asked asked;
	int n_closing;
};

static int parse_address(const char *address, const char **why)
{
	struct uri uri;
	int err = uri_parse(&uri, address, why);

	uri_fini(&uri);
	return err ? -EINVAL : 0;
}

static int parse_point(struct point *point, const char **why)
{
	size_t n = strcspn(point->at, "#");

	point->read_only = true;
	if (n == 0 || memchr(point->at, '+', n)) {
		*why = "a topic without wildcards; those belong into the address";
		return -EINVAL;
	}
	if (point->at[n] && pick_check(point->at + n + 1, why)) {
		return -EINVAL;
	}
	return scalar_check(point, why);
}

/* ---- A message ---- */

static int compare_topics(const void *left, const void *right)
{
	const struct subject *l = left, *r = right;

	return strcmp(l->topic, r->topic);
}

/* The first subject of a topic, or NULL. */
static struct subject *find_subject(const struct mqtt *m, const char *topic)
{
	const struct subject key = {.topic = (char *)topic};
	struct subject *found = bsearch(&key, m->subjects, m->device.config->n_points,
	                                sizeof(*m->subjects), compare_topics);

	while (found && found > m->subjects && strcmp(found[-1].topic, topic) == 0) {
		found--;
	}
	return found;
}

/* How old a payload says it is.  @return false where it says nothing */
static bool age_of(uint64_t *age_ns, const struct mqtt *m, const json_t *root)
{
	const json_t *time = m->uri.timestamp ? pick_find(root, m->uri.timestamp) : NULL;
	int64_t epoch_us, age_us;

	*age_ns = 0;
	if (!time || !m->env->wall_us || pick_time(&epoch_us, time)) {
		return false;
	}
	age_us = m->env->wall_us() - epoch_us;
	*age_ns = age_us > 0 ? (uint64_t)age_us * 1000 : 0;
	return true;
}

/* @return false: the message says nothing of this subject */
static bool read_subject(struct reading *r, struct subject *s, const json_t *root,
                         const struct inbox_message *message)
{
	const json_t *value;

	if (!s->pointer) {
		scalar_read(r, s->point, message->payload, message->n, s->room);
		return true;
	}
	if (!root) {
		*r = scalar_bad(s->point, REASON_MISMATCH);
		return true;
	}
	value = pick_find(root, s->pointer);
	if (value) {
		pick_read(r, s->point, value, s->room);
	}
	return value != NULL;
}

static struct reading stale(const struct point *point)
{
	return (struct reading){
		.tag = point->tag, .quality = QUALITY_STALE, .reason = REASON_OVERRUN};
}

/* Bring what one message says of its subjects, from the first on. */
static void take_message(struct mqtt *m, struct subject *s,
                         const struct inbox_message *message)
{
	const struct subject *end = m->subjects + m->device.config->n_points;
	json_t *root = m->wants_json ? pick_parse(message->payload, message->n) : NULL;
	uint64_t age_ns;
	bool dated = age_of(&age_ns, m, root);
	size_t n = 0;

	for (; s < end && strcmp(s->topic, message->topic) == 0; s++) {
		struct reading *r = &m->readings[n];

		if (!read_subject(r, s, root, message)) {
			continue;
		}
		n++;
		s->heard = true;
		s->heard_ns = message->received_ns > age_ns
		                      ? message->received_ns - age_ns
		                      : 0;
		s->reason = (enum reason)r->reason;
		m->device.stats.errors[r->reason] += r->reason != REASON_NONE;
		if (r->quality == QUALITY_GOOD && s->expire_ns && age_ns > s->expire_ns) {
			*r = stale(s->point);
		} else if (r->quality == QUALITY_GOOD && message->retained && !dated) {
			r->quality = QUALITY_UNCERTAIN; /* nobody knows how old it is */
		}
	}
	if (n > 0 && m->device.report.block) {
		m->device.report.block(m->device.report.arg, message->received_ns,
		                       m->readings, n);
	}
	json_decref(root);
}

static bool wants(void *arg, const char *topic)
{
	return find_subject(arg, topic) != NULL;
}

static void on_message(void *arg, const struct inbox_message *message)
{
	struct mqtt *m = arg;
	struct subject *first = find_subject(m, message->topic);

	m->device.stats.bytes_in += message->n;
	if (first) {
		m->device.stats.answers++;
		take_message(m, first, message);
	}
}

/* ---- A read ---- */

static enum reason reason_of(int err)
{
	return err == -ETIMEDOUT    ? REASON_TIMEOUT
	       : err == -ECONNRESET ? REASON_RESET
	                            : REASON_REFUSED;
}

/* Has the subject no good value?  Then why not. */
static bool is_missing(struct reading *r, const struct mqtt *m, const struct subject *s,
                       uint64_t now_ns)
{
	uint64_t since_ns = s->heard ? s->heard_ns : m->up_ns;
	int err = client_error(m->client);

	if (err) {
		*r = scalar_bad(s->point, reason_of(err));
	} else if (!client_granted(m->client, s->filter)) {
		*r = scalar_bad(s->point, REASON_REFUSED);
	} else if (s->heard && s->reason != REASON_NONE) {
		*r = scalar_bad(s->point, s->reason);
	} else if (s->expire_ns && now_ns > since_ns + s->expire_ns) {
		*r = stale(s->point);
	} else {
		return false;
	}
	return true;
}

static void bring_due(void *arg)
{
	struct mqtt *m = arg;
	uint64_t now_ns = client_drain(m->client);
	struct device_stats *stats = &m->device.stats;
	size_t n = 0;

	stats->requests = client_connects(m->client);
	stats->errors[REASON_OVERRUN] = client_dropped(m->client);
	for (size_t i = 0; i < m->device.config->n_points; i++) {
		const struct subject *s = &m->subjects[i];

		if (m->asked.due >> s->point->group & 1) {
			n += is_missing(&m->readings[n], m, s, now_ns);
		}
	}
	if (n > 0) {
		m->asked.sink.block(m->asked.sink.arg, now_ns, m->readings, n);
	}
}

static int on_error(void *arg)
{
	struct mqtt *m = arg;

	return client_error(m->client);
}

/* What an operator may have to look at. */
static const char *detail_of(int err)
{
	return err == -EACCES   ? "credentials, or a secret that everybody may read"
	       : err == -ENOENT ? "no such name, or a file is missing"
	                        : NULL;
}

static void on_changed(void *arg)
{
	struct mqtt *m = arg;

	m->up_ns = m->env->now_ns();
	m->device.detail = detail_of(client_error(m->client));
	for (size_t i = 0; i < m->device.config->n_points; i++) {
		m->subjects[i].heard = false;
	}
	asked_changed(&m->asked);
}

static int mqtt_read(struct device *dev, uint32_t due, const struct read_sink *sink)
{
	return asked_read(&((struct mqtt *)dev)->asked, due, sink);
}

static int mqtt_probe(struct device *dev, probe_done_cb done, void *arg)
{
	return asked_probe(&((struct mqtt *)dev)->asked, done, arg);
}

/* ---- Open, close ---- */

static void mqtt_free(struct mqtt *m)
{
	for (size_t i = 0; m->subjects && i < m->device.config->n_points; i++) {
		free(m->subjects[i].topic);
		free(m->subjects[i].room);
	}
	free(m->subjects);
	free(m->filters);
	free(m->readings);
	uri_fini(&m->uri);
	free(m);
}

static int make_subject(struct subject *s, const struct mqtt *m,
                        const struct point *point)
{
	uint32_t period_ms = m->device.config->periods_ms[point->group];
	size_t n = strcspn(point->at, "#");
	int64_t expire_ms = m->uri.expire_ms;

	if (expire_ms == URI_EXPIRE_PRESET) {
		expire_ms = (int64_t)EXPIRE_PERIODS * period_ms;
	}
	*s = (struct subject){
		.point = point,
		.pointer = point->at[n] ? point->at + n + 1 : NULL,
		.expire_ns = (uint64_t)expire_ms * 1000000,
	};
	if (point->encoding->type == TYPE_STRING) {
		s->room = malloc((size_t)point->encoding->length + 1);
		if (!s->room) {
			return -ENOMEM;
		}
	}
	if (m->uri.filter) {
		return topic_fill(&s->topic, m->uri.filter, point->at, n);
	}
	s->topic = strndup(point->at, n);
	return s->topic ? 0 : -ENOMEM;
}

static int make_subjects(struct mqtt *m)
{
	const struct device_config *cfg = m->device.config;
	int err = 0;

	m->subjects = calloc(cfg->n_points + 1, sizeof(*m->subjects));
	m->filters = calloc(cfg->n_points + 1, sizeof(char *));
	m->readings = calloc(cfg->n_points + 1, sizeof(*m->readings));
	if (!m->subjects || !m->filters || !m->readings) {
		return -ENOMEM;
	}
	m->wants_json = m->uri.timestamp != NULL;
	for (size_t i = 0; i < cfg->n_points && !err; i++) {
		err = make_subject(&m->subjects[i], m, &cfg->points[i]);
		m->wants_json = m->wants_json || m->subjects[i].pointer;
	}
	return err;
}

/* The filter of the address, or each topic once. */
static void make_filters(struct mqtt *m)
{
	for (size_t i = 0; i < m->device.config->n_points; i++) {
		struct subject *s = &m->subjects[i];

		if (m->n_filters == 0 ||
		    (!m->uri.filter &&
		     strcmp(m->filters[m->n_filters - 1], s->topic) != 0)) {
			m->filters[m->n_filters++] = m->uri.filter ? m->uri.filter
			                                           : s->topic;
		}
		s->filter = m->n_filters - 1;
	}
}

/* The timer, or the connection. */
static void on_closed(void *arg)
{
	struct mqtt *m = arg;

	if (--m->n_closing == 0) {
		mqtt_free(m);
	}
}

static int start_client(struct mqtt *m)
{
	const struct client_config cfg = {.loop = m->env->loop,
	                                  .now_ns = m->env->now_ns,
	                                  .uri = &m->uri,
	                                  .filters = m->filters,
	                                  .n_filters = m->n_filters};
	const struct client_owner owner = {.changed = on_changed,
	                                   .wants = wants,
	                                   .message = on_message,
	                                   .closed = on_closed,
	                                   .arg = m};

	return client_open(&m->client, &cfg, &owner);
}

static int mqtt_open(struct device **out, const struct driver_env *env,
                     const struct device_config *cfg, const char **why)
{
	struct mqtt *m = calloc(1, sizeof(*m));
	int err;

	*why = "out of memory";
	if (!m) {
		return -ENOMEM;
	}
	m->device = (struct device){.driver = driver_find("mqtt"), .config = cfg};
	m->env = env;
	err = uri_parse(&m->uri, cfg->address, why);
	if (err) {
		goto fail;
	}
	*why = "out of memory";
	err = make_subjects(m);
	if (err) {
		*why = err == -EINVAL ? "a tag does not name one level for each wildcard"
		                      : *why;
		goto fail;
	}
	qsort(m->subjects, cfg->n_points, sizeof(*m->subjects), compare_topics);
	make_filters(m);
	err = start_client(m);
	if (err) {
		goto fail;
	}
	asked_open(&m->asked, env->loop, cfg,
	           &(struct asked_hooks){on_error, bring_due, on_closed, m});
	*out = &m->device;
	return 0;

fail:
	mqtt_free(m);
	return err;
}

static void mqtt_close(struct device *dev)
{
	struct mqtt *m = (struct mqtt *)dev;

	if (!m) {
		return;
	}
	m->n_closing = 2;
	asked_close(&m->asked);
	client_close(m->client);
}

extern const struct driver driver_mqtt;
const struct driver driver_mqtt = {
	.name = "mqtt",
	.parse_point = parse_point,
	.parse_address = parse_address,
	.open = mqtt_open,
	.read = mqtt_read,
	.probe = mqtt_probe,
	.close = mqtt_close,
};
