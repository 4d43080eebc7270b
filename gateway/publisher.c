/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/publisher.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/mqtt/feed.h"
#include "gateway/mqtt/nodelay.h"
#include "gateway/mqtt/paho.h"
#include "gateway/mqtt/sender.h"
#include "gateway/mqtt/session.h"
#include "storage/reader.h"

enum {
	GENERATIONS = 4, /* attempts whose callbacks can be told apart */
	REPORTS = 4 * SESSION_SLOTS,
	INFO_MS = 30000,
	READER_IDLE_MS = 5000,
	EVENTS_MS = 200, /* between two looks for events in the history */
	IDLE_MS = 500,   /* the thread goes round at least so often */
	BUSY_MS = 50,    /* while something waits for room or an end */
	GOODBYE_MS = 500,
};

#define MS_NS 1000000U

/* What a callback is about. */
struct ticket {
	struct publisher *p;
	uint32_t generation, slot;
};

struct publisher {
	const struct config *cfg;
	struct writer *writer;
	size_t destination;
	struct feed *feed; /* from the loop thread */
	int wake_fd;
	pthread_t thread;
	atomic_bool stopping;
	_Atomic uint64_t stop_ns;

	/* The publisher thread's own. */
	MQTTAsync client;
	struct session session;
	char **uris; /* of the servers, as Paho wants them */
	char will_topic[TOPIC_MAX];
	bool abandoned;
	uint64_t told_dropped; /* events, in the log */
	struct sender *sender;
	struct reader *reader;
	bool mapped;        /* the reader knows our tags */
	uint64_t reader_ns; /* when it was used last */
	struct cursor posted;
	char session_id[20];
	int64_t started_us;
	uint64_t info_ns;
	uint64_t events_ns; /* when events may be read from the history again */
	bool synced;
	struct ticket tickets[GENERATIONS][SESSION_SLOTS];

	pthread_mutex_t lock; /* of what follows */
	struct session_report reports[REPORTS];
	size_t n_reports;
	char tls_error[80];
	struct publisher_stats stats;
};

static void wake(struct publisher *p)
{
	uint64_t one = 1;

	if (write(p->wake_fd, &one, sizeof(one)) < 0) {
		return; /* full: it is awake */
	}
}

/* ---- Callbacks: run on Paho's threads, copy, wake ---- */

static void report(const struct ticket *t, enum session_news news, int code,
                   const char *text)
{
	struct publisher *p = t->p;

	pthread_mutex_lock(&p->lock);
	if (p->n_reports < REPORTS) { /* else the message's own timeout finds out */
		struct session_report *r = &p->reports[p->n_reports++];

		*r = (struct session_report){news, t->generation, t->slot, code, ""};
		snprintf(r->text, sizeof(r->text), "%s", text ? text : "");
	}
	pthread_mutex_unlock(&p->lock);
	wake(p);
}

static void on_connected(void *context, MQTTAsync_successData *data)
{
	report(context, SESSION_CONNECTED, 0, NULL);
}

static void on_connect_failed(void *context, MQTTAsync_failureData *data)
{
	struct publisher *p = ((const struct ticket *)context)->p;
	char tls_error[sizeof(p->tls_error)];

	pthread_mutex_lock(&p->lock);
	memcpy(tls_error, p->tls_error, sizeof(tls_error));
	p->tls_error[0] = '\0';
	pthread_mutex_unlock(&p->lock);
	report(context, SESSION_FAILED, data ? data->code : -1,
	       tls_error[0] ? tls_error
	       : data       ? data->message
	                    : NULL);
}

static void on_connection_lost(void *context, char *cause)
{
	/* Which connection it was cannot be told: there is only one at a time. */
	struct ticket t = {context, UINT32_MAX, 0};

	report(&t, SESSION_LOST, 0, cause);
}

static void on_answered(void *context, MQTTAsync_successData *data)
{
	report(context, SESSION_ANSWERED, 0, NULL);
}

static void on_refused(void *context, MQTTAsync_failureData *data)
{
	report(context, SESSION_REFUSED, data ? data->code : -1, NULL);
}

static void on_disconnected(void *context, MQTTAsync_successData *data)
{
	report(context, SESSION_GONE, 0, NULL);
}

static void on_not_disconnected(void *context, MQTTAsync_failureData *data)
{
	report(context, SESSION_GONE, -1, NULL);
}

/* Nothing is subscribed; Paho wants the callback all the same. */
static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *m)
{
	MQTTAsync_freeMessage(&m);
	MQTTAsync_free(topic);
	return 1;
}

/* "TID:error:CODE:library:function:reason:file:line": the reason is for a person. */
static int on_tls_error(const char *text, size_t n, void *context)
{
	struct publisher *p = context;
	const char *from = text, *end;

	for (int colons = 0; colons < 5 && from; colons++) {
		from = strchr(from, ':');
		from = from ? from + 1 : NULL;
	}
	end = from ? strchr(from, ':') : NULL;
	if (end) {
		pthread_mutex_lock(&p->lock);
		snprintf(p->tls_error, sizeof(p->tls_error), "%.*s", (int)(end - from),
		         from);
		pthread_mutex_unlock(&p->lock);
	}
	return 1;
}

/* ---- The connection ---- */

static struct ticket *ticket_of(struct publisher *p, uint32_t generation, uint32_t slot)
{
	struct ticket *t = &p->tickets[generation % GENERATIONS][slot];

	*t = (struct ticket){p, generation, slot};
	return t;
}

static int client_new(struct publisher *p)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer;
	int rc;

	options.sendWhileDisconnected = 0;
	options.MQTTVersion = MQTTVERSION_3_1_1;
	options.maxBufferedMessages = 2 * SESSION_SLOTS;
	rc = MQTTAsync_createWithOptions(&p->client, p->uris[0], p->cfg->mqtt.client_id,
	                                 MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	if (rc == MQTTASYNC_SUCCESS) {
		rc = MQTTAsync_setCallbacks(p->client, p, on_connection_lost, on_message,
		                            NULL);
	}
	return rc == MQTTASYNC_SUCCESS ? 0 : -ENOMEM;
}

static int client_connect(void *arg, uint32_t generation, size_t server)
{
	struct publisher *p = arg;
	const struct mqtt_config *mqtt = &p->cfg->mqtt;
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
	char *const *uri = (char *const *)&p->uris[server];

	if (!p->client) {
		return -ENOMEM;
	}
	will.topicName = p->will_topic;
	will.message = "offline";
	will.retained = 1;
	will.qos = mqtt->qos;
	paho_tls(&tls, mqtt);
	tls.ssl_error_cb = on_tls_error;
	tls.ssl_error_context = p;
	options.will = &will;
	options.ssl = strncmp(*uri, "ssl://", 6) == 0 ? &tls : NULL;
	options.MQTTVersion = MQTTVERSION_3_1_1;
	options.cleansession = 1;
	options.automaticReconnect = 0;
	options.keepAliveInterval = (int)mqtt->keep_alive_s;
	options.connectTimeout = (int)((mqtt->connect_timeout_ms + 999) / 1000);
	options.maxInflight = 2 * SESSION_SLOTS; /* the window is ours */
	options.username = mqtt->username;
	options.password = mqtt->password;
	options.serverURIs = uri;
	options.serverURIcount = 1; /* the rotation is ours */
	options.onSuccess = on_connected;
	options.onFailure = on_connect_failed;
	options.context = ticket_of(p, generation, 0);
	return MQTTAsync_connect(p->client, &options) == MQTTASYNC_SUCCESS ? 0 : -EIO;
}

/* Paho cannot refuse this, whatever it is doing.  The old client goes last: with none
 * left Paho would stop its threads, which the driver mqtt may just be about to use. */
static void client_renew(void *arg)
{
	struct publisher *p = arg;
	MQTTAsync old = p->client;

	p->client = NULL;
	if (client_new(p)) {
		log_line(LOG_ERROR, "mqtt: no memory for a connection");
	}
	if (old) {
		MQTTAsync_destroy(&old);
	}
}

static int link_send(void *arg, uint32_t slot, const struct message *m)
{
	struct publisher *p = arg;
	MQTTAsync_responseOptions answer = MQTTAsync_responseOptions_initializer;

	answer.onSuccess = on_answered;
	answer.onFailure = on_refused;
	answer.context = ticket_of(p, p->session.generation, slot);
	return MQTTAsync_send(p->client, m->topic, (int)m->n, m->payload,
	                      p->cfg->mqtt.qos, m->retained, &answer) == MQTTASYNC_SUCCESS
	               ? 0
	               : -EIO;
}

static void take_reports(struct publisher *p)
{
	struct session_report reports[REPORTS];
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->n_reports;
	memcpy(reports, p->reports, n * sizeof(reports[0]));
	p->n_reports = 0;
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < n; i++) {
		if (reports[i].news == SESSION_CONNECTED) {
			nodelay_all();
		}
		session_report(&p->session, &reports[i], clock_now_ns());
	}
}

/* ---- The thread ---- */

static int open_reader(struct publisher *p)
{
	char path[PATH_MAX];
	int err;

	if (p->reader) {
		return 0;
	}
	snprintf(path, sizeof(path), "%s/history.db", p->cfg->state_dir);
	p->mapped = false;
	err = reader_open(&p->reader, path);
	if (err) {
		p->reader = NULL;
	}
	return err;
}

static void close_reader(struct publisher *p)
{
	reader_close(p->reader);
	p->reader = NULL;
}

/* After a failure the next read begins afresh. */
static void judge_reader(struct publisher *p, int n)
{
	p->reader_ns = clock_now_ns();
	if (n < 0 && n != -ETIMEDOUT) {
		close_reader(p);
	}
}

/* It has memory for each tag, and a read may be the last for days. */
static void put_reader_away(struct publisher *p, uint64_t now_ns)
{
	if (p->reader && now_ns - p->reader_ns > (uint64_t)READER_IDLE_MS * MS_NS) {
		close_reader(p);
		malloc_trim(0); /* this thread's heap keeps it else */
	}
}

static int read_history(void *arg, const struct backlog_query *q)
{
	struct publisher *p = arg;
	int n = open_reader(p);

	if (n >= 0 && !p->mapped) {
		n = reader_map_tags(p->reader, p->cfg->tags, p->cfg->n_tags);
		p->mapped = n >= 0;
	}
	if (n >= 0) {
		n = reader_backlog(p->reader, q->after_us, q->before_us, q->max, q->row,
		                   q->arg);
	}
	judge_reader(p, n);
	return n;
}

static int on_stored_event(void *arg, const struct event *e, const char *device,
                           const char *tag)
{
	notices_stored(arg, e, device, tag);
	return 0;
}

/* Events that another run, or a full queue, left to the history. */
static void read_events(struct publisher *p, int64_t after_us, size_t room)
{
	struct notices *n = sender_notices(p->sender);
	int got = open_reader(p);

	if (got >= 0) {
		got = reader_events(p->reader, after_us, room, on_stored_event, n);
	}
	judge_reader(p, got);
	if (got == 0) {
		notices_read(n);
	}
}

static void on_alarmed(void *arg, uint32_t tag)
{
	notices_expect(arg, tag);
}

/* Whose alarms an earlier run may have left at the broker. */
static void expect_alarms(struct publisher *p)
{
	int err = open_reader(p);

	if (!err) {
		err = reader_alarmed(p->reader, on_alarmed, sender_notices(p->sender));
	}
	judge_reader(p, err);
	if (err) {
		log_line(LOG_WARNING, "mqtt: alarms of earlier runs cannot be read: %s",
		         strerror(-err));
	}
}

static void catch_up(struct publisher *p, uint64_t now_ns)
{
	int64_t after_us;
	size_t room;

	if (now_ns >= p->events_ns &&
	    notices_behind(sender_notices(p->sender), &after_us, &room)) {
		p->events_ns = now_ns + (uint64_t)EVENTS_MS * MS_NS;
		read_events(p, after_us, room);
	}
}

static void refresh_info(struct publisher *p, const struct writer_stats *w,
                         uint64_t now_ns)
{
	bool synced = clock_synced();
	struct payload_info info = {
		.version = POLLUX_VERSION,
		.session = p->session_id,
		.started_us = p->started_us,
		.devices = p->cfg->n_devices,
		.tags = p->cfg->n_tags,
		.queue = w->history.destination[p->destination].pending,
		.clock_synced = synced,
	};

	if (now_ns >= p->info_ns || synced != p->synced) {
		p->synced = synced;
		p->info_ns = now_ns + (uint64_t)INFO_MS * MS_NS;
		notices_info(sender_notices(p->sender), &info);
	}
}

static void post_cursor(struct publisher *p)
{
	struct cursor c;

	sender_cursor(p->sender, &c);
	if (memcmp(&c, &p->posted, sizeof(c)) != 0) {
		writer_cursor(p->writer, p->destination, &c);
		p->posted = c;
	}
}

/* Once after an outage, not once an event. */
static void tell_dropped(struct publisher *p, uint64_t dropped)
{
	if (dropped > p->told_dropped && p->session.state == SESSION_UP) {
		log_line(LOG_WARNING, "mqtt: %llu events were not published",
		         (unsigned long long)(dropped - p->told_dropped));
		p->told_dropped = dropped;
	}
}

static void update_stats(struct publisher *p)
{
	struct sender_stats s;

	sender_stats(p->sender, &s);
	tell_dropped(p, s.events_dropped + feed_refused_news(p->feed));
	pthread_mutex_lock(&p->lock);
	p->stats.connects = p->session.connects;
	p->stats.connected = p->session.state == SESSION_UP;
	p->stats.server = session_server(&p->session);
	memcpy(p->stats.error, p->session.error, sizeof(p->stats.error));
	p->stats.messages = s.messages;
	p->stats.live_rows = s.live_rows;
	p->stats.history_rows = s.history_rows;
	p->stats.coalesced = s.coalesced + feed_refused_rows(p->feed);
	p->stats.in_flight = s.in_flight;
	p->stats.queued_bytes = feed_bytes(p->feed);
	p->stats.progress++;
	pthread_mutex_unlock(&p->lock);
}

static void take_feed(struct publisher *p, uint64_t now_ns)
{
	struct feed_item item;

	while (feed_news(p->feed, &item)) {
		if (item.kind == FEED_EVENT) {
			notices_event(sender_notices(p->sender), &item.event);
		} else {
			notices_device(sender_notices(p->sender), item.device,
			               &item.status);
		}
		feed_news_done(p->feed);
	}
	for (;;) {
		struct sender_batch *b = feed_batch(p->feed);

		if (!b || !sender_take(p->sender, b, now_ns)) {
			break;
		}
		feed_batch_done(p->feed);
	}
}

static void wait_for_news(struct publisher *p, uint64_t now_ns)
{
	struct pollfd fd = {.fd = p->wake_fd, .events = POLLIN};
	bool busy = feed_batch(p->feed) || atomic_load(&p->stopping);
	uint64_t due_ns = now_ns + (uint64_t)(busy ? BUSY_MS : IDLE_MS) * MS_NS;
	uint64_t sender_ns = sender_due_ns(p->sender);
	uint64_t session_ns = session_due_ns(&p->session);
	uint64_t count;

	due_ns = sender_ns < due_ns ? sender_ns : due_ns;
	due_ns = session_ns < due_ns ? session_ns : due_ns;
	if (due_ns > now_ns) {
		poll(&fd, 1, (int)((due_ns - now_ns) / MS_NS) + 1);
	}
	if (read(p->wake_fd, &count, sizeof(count)) < 0) {
		return; /* it was the time */
	}
}

static void go_round(struct publisher *p)
{
	struct writer_stats w;
	uint64_t now_ns = clock_now_ns();

	take_reports(p);
	session_keep(&p->session, now_ns);
	writer_stats(p->writer, &w);
	refresh_info(p, &w, now_ns);
	take_feed(p, now_ns);
	catch_up(p, now_ns);
	put_reader_away(p, now_ns);
	if (sender_run(p->sender, now_ns, w.committed_at)) {
		session_broken(&p->session, now_ns);
	}
	post_cursor(p);
	update_stats(p);
	wait_for_news(p, now_ns);
}

static bool in_time(const struct publisher *p)
{
	return clock_now_ns() < atomic_load(&p->stop_ns);
}

/* Say offline ourselves, so that the will is not needed, and leave. */
static void say_goodbye(struct publisher *p)
{
	struct message m = {.payload = "offline", .n = 7, .retained = true};
	MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
	uint64_t until_ns = clock_now_ns() + (uint64_t)GOODBYE_MS * MS_NS;

	message_topic(&m, sender_base(p->sender), NULL, NULL, "availability");
	if (link_send(p, SESSION_FAREWELL, &m)) {
		return;
	}
	while (p->session.state == SESSION_UP && !p->session.farewell_answered &&
	       clock_now_ns() < until_ns) {
		wait_for_news(p, clock_now_ns());
		take_reports(p);
	}
	options.onSuccess = on_disconnected;
	options.onFailure = on_not_disconnected;
	options.context = ticket_of(p, p->session.generation, SESSION_FAREWELL);
	if (p->session.state != SESSION_UP ||
	    MQTTAsync_disconnect(p->client, &options) != MQTTASYNC_SUCCESS) {
		return;
	}
	until_ns = clock_now_ns() + (uint64_t)GOODBYE_MS * MS_NS;
	while (p->session.state == SESSION_UP && clock_now_ns() < until_ns) {
		wait_for_news(p, clock_now_ns());
		take_reports(p);
	}
}

static void *run(void *arg)
{
	struct publisher *p = arg;

	/* What was not acknowledged before this start, before anything new. */
	read_events(p, p->posted.events, NOTICES_EVENTS);
	expect_alarms(p);
	while (!atomic_load(&p->stopping)) {
		go_round(p);
	}
	sender_drain(p->sender);
	p->session.closing = true;
	while (in_time(p) && p->session.state != SESSION_DOWN &&
	       (p->session.state == SESSION_CONNECTING || feed_batch(p->feed) ||
	        !sender_idle(p->sender))) {
		go_round(p);
	}
	p->abandoned = p->session.state == SESSION_CONNECTING;
	if (p->session.state == SESSION_UP) {
		say_goodbye(p);
	}
	post_cursor(p);
	update_stats(p);
	close_reader(p);
	return NULL;
}

/* ---- From outside ---- */

static int make_uris(struct publisher *p)
{
	const struct mqtt_config *mqtt = &p->cfg->mqtt;

	p->uris = calloc(mqtt->n_servers, sizeof(*p->uris));
	for (size_t i = 0; p->uris && i < mqtt->n_servers; i++) {
		p->uris[i] = paho_uri(mqtt->servers[i]);
		if (!p->uris[i]) {
			return -ENOMEM;
		}
	}
	return p->uris ? 0 : -ENOMEM;
}

static void publisher_free(struct publisher *p)
{
	if (p->client) {
		MQTTAsync_destroy(&p->client);
	}
	for (size_t i = 0; p->uris && i < p->cfg->mqtt.n_servers; i++) {
		free(p->uris[i]);
	}
	free(p->uris);
	sender_free(p->sender);
	feed_free(p->feed);
	if (p->wake_fd >= 0) {
		close(p->wake_fd);
	}
	pthread_mutex_destroy(&p->lock);
	free(p);
}

static int make_parts(struct publisher *p)
{
	struct backlog_source source = {read_history, p};
	struct sender_link link = {link_send, p};
	struct session_client client = {client_connect, client_renew, p};
	struct message m;
	int err = make_uris(p);

	if (!err) {
		err = feed_new(&p->feed);
	}
	if (!err) {
		p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		err = p->wake_fd < 0 ? -errno : 0;
	}
	if (!err) {
		writer_cursor_get(p->writer, p->destination, &p->posted);
		err = sender_new(&p->sender, p->cfg, &p->posted, &source, &link);
	}
	if (!err) {
		message_topic(&m, sender_base(p->sender), NULL, NULL, "availability");
		memcpy(p->will_topic, m.topic, sizeof(m.topic));
		session_init(&p->session, p->cfg, p->sender, &client,
		             clock_now_ns() ^ (uint64_t)getpid() << 32);
		err = client_new(p);
	}
	return err;
}

static int start_thread(struct publisher *p)
{
	sigset_t all, before;
	int err;

	sigfillset(&all); /* signals are the loop thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&p->thread, NULL, run, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int publisher_start(struct publisher **out, const struct config *cfg, struct writer *w,
                    size_t destination)
{
	struct publisher *p = calloc(1, sizeof(*p));
	int err;

	if (!p) {
		return -ENOMEM;
	}
	paho_begin();
	p->cfg = cfg;
	p->writer = w;
	p->destination = destination;
	p->wake_fd = -1;
	p->started_us = clock_wall_us();
	p->stats.server = cfg->mqtt.servers[0];
	pthread_mutex_init(&p->lock, NULL);
	snprintf(p->session_id, sizeof(p->session_id), "%llx",
	         (unsigned long long)p->started_us);
	err = make_parts(p);
	if (!err) {
		err = start_thread(p);
	}
	if (err) {
		publisher_free(p);
		return err;
	}
	*out = p;
	return 0;
}

void publisher_samples(struct publisher *p, int64_t at_us, const struct sample *rows,
                       size_t n)
{
	feed_put_samples(p->feed, at_us, rows, n);
	wake(p);
}

void publisher_event(struct publisher *p, const struct event *e)
{
	feed_put_event(p->feed, e);
	wake(p);
}

void publisher_device(struct publisher *p, uint32_t device, const struct device_status *s)
{
	feed_put_device(p->feed, device, s);
	wake(p);
}

void publisher_stats(struct publisher *p, struct publisher_stats *out)
{
	pthread_mutex_lock(&p->lock);
	*out = p->stats;
	pthread_mutex_unlock(&p->lock);
}

void publisher_stop(struct publisher *p, uint32_t ms)
{
	if (!p) {
		return;
	}
	atomic_store(&p->stop_ns, clock_now_ns() + (uint64_t)ms * MS_NS);
	atomic_store(&p->stopping, true);
	wake(p);
	pthread_join(p->thread, NULL);
	if (p->abandoned) {
		/* Paho may hang in name resolution with its locks held: the process
		 * leaves without it, and its callbacks still find p. */
		log_line(LOG_WARNING, "mqtt: left while connecting to %s",
		         session_server(&p->session));
		return;
	}
	publisher_free(p);
}
