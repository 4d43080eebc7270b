/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/mqtt/board.h"

#include <errno.h>
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
#include "gateway/mqtt/nodelay.h"
#include "gateway/mqtt/paho.h"
#include "gateway/mqtt/redial.h"

enum {
	IDLE_MS = 1000, /* the thread goes round at least so often */
	FULL_MS = 50,   /* while Paho takes nothing */
	BUFFERED_MAX = 200,
	GOODBYE_MS = 500,
	WHY_MAX = 120,
};

#define MS_NS 1000000L

enum link { LINK_DOWN, LINK_CONNECTING, LINK_UP };

/* What Paho's threads say, until the board's takes it. */
enum news { NEWS_CONNECTED = 1, NEWS_FAILED = 2, NEWS_LOST = 4, NEWS_GONE = 8 };

struct board {
	struct board_wish wish;
	_Atomic(char *) *waiting; /* by topic: the newest value that was not sent */
	_Atomic(char *) remarks[BOARD_REMARKS];
	_Atomic uint64_t n_remarks; /* ever; the last stand in the ring */
	_Atomic uint64_t sent, overtaken, lost;
	atomic_uint news;
	_Atomic int code; /* of a failure */
	atomic_bool stopping;
	_Atomic uint64_t stop_ns;
	int wake_fd;
	pthread_t thread;

	/* The thread's own. */
	MQTTAsync client;
	char **uris;
	char **last; /* by topic: as it was sent, for the next connection */
	uint64_t remarked;
	enum link link;
	bool told_down;
	struct redial redial;
};

static void wake(struct board *b)
{
	uint64_t one = 1;

	if (write(b->wake_fd, &one, sizeof(one)) < 0) {
		return; /* full: it is awake */
	}
}

/* ---- Callbacks: run on Paho's threads ---- */

static void report(struct board *b, enum news news, int code)
{
	atomic_store(&b->code, code);
	atomic_fetch_or(&b->news, news);
	wake(b);
}

static void on_connected(void *context, MQTTAsync_successData *data)
{
	(void)data;
	report(context, NEWS_CONNECTED, 0);
}

static void on_failed(void *context, MQTTAsync_failureData *data)
{
	report(context, NEWS_FAILED, data ? data->code : -1);
}

static void on_lost(void *context, char *cause)
{
	(void)cause;
	report(context, NEWS_LOST, 0);
}

static void on_gone(void *context, MQTTAsync_successData *data)
{
	(void)data;
	report(context, NEWS_GONE, 0);
}

/* Only one topic is subscribed; Paho wants the callback in any case. */
static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *m)
{
	const struct board *b = context;

	(void)topic_len;
	if (b->wish.subscribed && !m->retained) {
		b->wish.message(b->wish.arg, m->payload, (size_t)m->payloadlen);
	}
	MQTTAsync_freeMessage(&m);
	MQTTAsync_free(topic);
	return 1;
}

/* ---- The connection ---- */

static int client_new(struct board *b)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer;
	int rc;

	options.sendWhileDisconnected = 0;
	options.MQTTVersion = MQTTVERSION_3_1_1;
	options.maxBufferedMessages = BUFFERED_MAX;
	rc = MQTTAsync_createWithOptions(&b->client, b->uris[0], b->wish.client_id,
	                                 MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	if (rc == MQTTASYNC_SUCCESS) {
		rc = MQTTAsync_setCallbacks(b->client, b, on_lost, on_message, NULL);
	}
	return rc == MQTTASYNC_SUCCESS ? 0 : -ENOMEM;
}

static int dial(struct board *b)
{
	const struct mqtt_config *mqtt = b->wish.mqtt;
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
	char *const *uri = (char *const *)&b->uris[b->redial.server];

	will.topicName = b->wish.status;
	will.message = b->wish.absent;
	will.retained = 1;
	paho_tls(&tls, mqtt);
	options.will = b->wish.status ? &will : NULL;
	options.ssl = strncmp(*uri, "ssl://", 6) == 0 ? &tls : NULL;
	options.MQTTVersion = MQTTVERSION_3_1_1;
	options.cleansession = 1;
	options.automaticReconnect = 0;
	options.keepAliveInterval = (int)mqtt->keep_alive_s;
	options.connectTimeout = (int)((mqtt->connect_timeout_ms + 999) / 1000);
	options.username = mqtt->username;
	options.password = mqtt->password;
	options.serverURIs = uri;
	options.serverURIcount = 1;
	options.onSuccess = on_connected;
	options.onFailure = on_failed;
	options.context = b;
	return MQTTAsync_connect(b->client, &options) == MQTTASYNC_SUCCESS ? 0 : -EIO;
}

/* @return did Paho take it? */
static bool send_text(struct board *b, const char *topic, const char *text, bool retained)
{
	int rc = MQTTAsync_send(b->client, topic, (int)strlen(text), text, 0, retained,
	                        NULL);

	atomic_fetch_add(&b->sent, rc == MQTTASYNC_SUCCESS);
	return rc == MQTTASYNC_SUCCESS;
}

static void tell_down(struct board *b, const char *what)
{
	char why[WHY_MAX];

	if (!b->told_down && !atomic_load(&b->stopping)) {
		snprintf(why, sizeof(why), "%s: %s",
		         b->wish.mqtt->servers[b->redial.server], what);
		b->wish.news(b->wish.arg, false, why);
	}
	b->told_down = true;
}

/* A connection begins: all is sent again, unless it is newer already. */
static void begin(struct board *b)
{
	b->link = LINK_UP;
	b->told_down = false;
	nodelay_all();
	redial_up(&b->redial, clock_now_ns());
	for (size_t i = 0; i < b->wish.n_topics; i++) {
		char *none = NULL;

		if (b->last[i] &&
		    atomic_compare_exchange_strong(&b->waiting[i], &none, b->last[i])) {
			b->last[i] = NULL;
		}
	}
	if (b->wish.status) {
		(void)send_text(b, b->wish.status, b->wish.present, true);
	}
	if (b->wish.subscribed) {
		(void)MQTTAsync_subscribe(b->client, b->wish.subscribed, 1, NULL);
	}
	b->wish.news(b->wish.arg, true, b->wish.mqtt->servers[b->redial.server]);
}

static void take_news(struct board *b)
{
	unsigned news = atomic_exchange(&b->news, 0);
	char text[32];

	if (news & NEWS_FAILED) {
		snprintf(text, sizeof(text), "refused, code %d", atomic_load(&b->code));
		tell_down(b, atomic_load(&b->code) > 0 ? text : "it cannot be reached");
		redial_failed(&b->redial, clock_now_ns());
		b->link = LINK_DOWN;
	}
	if (news & NEWS_CONNECTED) {
		begin(b);
	}
	if (news & (NEWS_LOST | NEWS_GONE)) {
		if (b->link == LINK_UP) {
			(void)redial_down(&b->redial, clock_now_ns());
		}
		tell_down(b, "the connection broke");
		b->link = LINK_DOWN;
	}
}

/* ---- What goes out ---- */

/* @return false: Paho is full */
static bool send_values(struct board *b)
{
	for (size_t i = 0; i < b->wish.n_topics; i++) {
		char *text = atomic_exchange(&b->waiting[i], NULL), *none = NULL;

		if (!text) {
			continue;
		}
		if (send_text(b, b->wish.topics[i], text, true)) {
			free(b->last[i]);
			b->last[i] = text;
			continue;
		}
		if (!atomic_compare_exchange_strong(&b->waiting[i], &none, text)) {
			free(text); /* overtaken */
			atomic_fetch_add(&b->overtaken, 1);
		}
		return false;
	}
	return true;
}

static bool send_remarks(struct board *b)
{
	uint64_t n = atomic_load(&b->n_remarks);

	if (n - b->remarked > BOARD_REMARKS) { /* lost, and counted, as they were put */
		b->remarked = n - BOARD_REMARKS;
	}
	for (; b->remarked < n; b->remarked++) {
		_Atomic(char *) *slot = &b->remarks[b->remarked % BOARD_REMARKS];
		char *text = atomic_exchange(slot, NULL), *none = NULL;

		if (!text || send_text(b, b->wish.remarks, text, false)) {
			free(text);
			continue;
		}
		if (!atomic_compare_exchange_strong(slot, &none, text)) {
			free(text);
			atomic_fetch_add(&b->lost, 1);
		}
		return false;
	}
	return true;
}

static void go_round(struct board *b)
{
	uint64_t now_ns = clock_now_ns();
	int wait_ms = IDLE_MS;
	struct pollfd polled = {.fd = b->wake_fd, .events = POLLIN};
	uint64_t count;

	take_news(b);
	if (b->link == LINK_DOWN && now_ns >= b->redial.due_ns) {
		b->link = LINK_CONNECTING;
		if (dial(b)) {
			redial_failed(&b->redial, now_ns);
			b->link = LINK_DOWN;
		}
	}
	if (b->link == LINK_UP && !(send_remarks(b) && send_values(b))) {
		wait_ms = FULL_MS;
	} else if (b->link == LINK_DOWN &&
	           b->redial.due_ns < now_ns + (uint64_t)IDLE_MS * MS_NS) {
		wait_ms = (int)((b->redial.due_ns - now_ns) / MS_NS) + 1;
	}
	if (poll(&polled, 1, wait_ms) > 0 &&
	    read(b->wake_fd, &count, sizeof(count)) < 0) {
		return;
	}
}

static bool is_empty(struct board *b)
{
	bool empty = b->remarked == atomic_load(&b->n_remarks);

	for (size_t i = 0; i < b->wish.n_topics; i++) {
		empty = empty && !atomic_load(&b->waiting[i]);
	}
	return empty;
}

static void say_goodbye(struct board *b)
{
	MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
	uint64_t until_ns = clock_now_ns() + (uint64_t)GOODBYE_MS * MS_NS;

	if (b->wish.status) {
		(void)send_text(b, b->wish.status, b->wish.absent, true);
	}
	options.onSuccess = on_gone;
	options.context = b;
	options.timeout = GOODBYE_MS; /* what is on its way goes first */
	if (MQTTAsync_disconnect(b->client, &options) != MQTTASYNC_SUCCESS) {
		return;
	}
	while (b->link == LINK_UP && clock_now_ns() < until_ns) {
		struct pollfd polled = {.fd = b->wake_fd, .events = POLLIN};
		uint64_t count;

		if (poll(&polled, 1, FULL_MS) > 0 &&
		    read(b->wake_fd, &count, sizeof(count)) < 0) {
			return;
		}
		take_news(b);
	}
}

static void *run(void *arg)
{
	struct board *b = arg;

	while (!atomic_load(&b->stopping)) {
		go_round(b);
	}
	while (b->link == LINK_UP && !is_empty(b) &&
	       clock_now_ns() < atomic_load(&b->stop_ns)) {
		go_round(b);
	}
	if (b->link == LINK_UP) {
		say_goodbye(b);
	}
	return NULL;
}

/* ---- From outside ---- */

static void board_free(struct board *b)
{
	if (b->client) {
		MQTTAsync_destroy(&b->client);
	}
	for (size_t i = 0; b->uris && i < b->wish.mqtt->n_servers; i++) {
		free(b->uris[i]);
	}
	for (size_t i = 0; b->waiting && b->last && i < b->wish.n_topics; i++) {
		free(atomic_load(&b->waiting[i]));
		free(b->last[i]);
	}
	for (size_t i = 0; i < BOARD_REMARKS; i++) {
		free(atomic_load(&b->remarks[i]));
	}
	if (b->wake_fd >= 0) {
		close(b->wake_fd);
	}
	free(b->waiting);
	free(b->last);
	free(b->uris);
	free(b);
}

static int make_parts(struct board *b)
{
	const struct mqtt_config *mqtt = b->wish.mqtt;

	b->waiting = calloc(b->wish.n_topics + 1, sizeof(*b->waiting));
	b->last = calloc(b->wish.n_topics + 1, sizeof(*b->last));
	b->uris = calloc(mqtt->n_servers + 1, sizeof(*b->uris));
	if (!b->waiting || !b->last || !b->uris) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < mqtt->n_servers; i++) {
		b->uris[i] = paho_uri(mqtt->servers[i]);
		if (!b->uris[i]) {
			return -ENOMEM;
		}
	}
	b->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return b->wake_fd < 0 ? -errno : client_new(b);
}

int board_open(struct board **out, const struct board_wish *wish)
{
	struct board *b = calloc(1, sizeof(*b));
	sigset_t all, before;
	int err;

	if (!b) {
		return -ENOMEM;
	}
	paho_begin();
	b->wish = *wish;
	b->wake_fd = -1;
	redial_init(&b->redial, wish->mqtt->n_servers, (uint64_t)clock_wall_us());
	err = make_parts(b);
	if (!err) {
		sigfillset(&all); /* signals are the loop thread's */
		pthread_sigmask(SIG_SETMASK, &all, &before);
		err = -pthread_create(&b->thread, NULL, run, b);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	if (err) {
		board_free(b);
		return err;
	}
	*out = b;
	return 0;
}

void board_put(struct board *b, size_t topic, char *payload)
{
	char *before = payload ? atomic_exchange(&b->waiting[topic], payload) : NULL;

	if (before) {
		free(before);
		atomic_fetch_add(&b->overtaken, 1);
	}
	wake(b);
}

void board_remark(struct board *b, char *payload)
{
	uint64_t n = atomic_load(&b->n_remarks);
	char *before;

	if (!payload) {
		return;
	}
	before = atomic_exchange(&b->remarks[n % BOARD_REMARKS], payload);
	if (before) {
		free(before);
		atomic_fetch_add(&b->lost, 1);
	}
	atomic_store(&b->n_remarks, n + 1);
	wake(b);
}

struct board_stats board_stats(const struct board *b)
{
	return (struct board_stats){.sent = atomic_load(&b->sent),
	                            .overtaken = atomic_load(&b->overtaken),
	                            .lost = atomic_load(&b->lost)};
}

void board_close(struct board *b, unsigned ms)
{
	if (b) {
		atomic_store(&b->stop_ns, clock_now_ns() + (uint64_t)ms * MS_NS);
		atomic_store(&b->stopping, true);
		wake(b);
		pthread_join(b->thread, NULL);
		board_free(b);
	}
}
