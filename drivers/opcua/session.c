/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "drivers/opcua/secure.h"
#include "drivers/opcua/watch.h"

#define MS_NS UINT64_C(1000000)

enum {
	TURN_MS = 20, /* of waiting for the server; a write waits so long at most */
	ATTEMPT_MS = 10000,
	PAUSE_MIN_MS = 500,
	PAUSE_STEPS = 6, /* 0.5 s x 2^6 and more: 30 s */
	PAUSE_MAX_MS = 30000,
	LONG_SESSION_MS = 30000, /* forgives the attempts before it */
};

struct session {
	struct session_config cfg;
	struct session_owner owner;
	struct mailbox mailbox;
	struct orders orders;
	uv_thread_t thread;
	uv_async_t async;

	/* The loop's. */
	int err;
	const char *detail;
	uint32_t number, beat_ms;
	uint64_t connects;
	bool started, closing;

	/* The thread's. */
	struct watch *watch;
	const char *why;   /* in words, where the attempt failed; static */
	unsigned int step; /* of the pause */
	uint64_t random;   /* state of its jitter */

	uv_mutex_t lock; /* of what follows */
	uv_cond_t stop;  /* wakes the thread from its pause */
	bool stopping, gone, news;
	int news_err;
	const char *news_detail;
	uint32_t news_number, news_beat_ms;
	uint64_t news_connects;
};

/* ---- The thread ---- */

static bool is_stopping(struct session *s)
{
	bool stopping;

	uv_mutex_lock(&s->lock);
	stopping = s->stopping;
	uv_mutex_unlock(&s->lock);
	return stopping;
}

static void wake(void *arg)
{
	struct session *s = arg;

	uv_async_send(&s->async);
}

static void say(struct session *s, int err)
{
	uv_mutex_lock(&s->lock);
	s->news = true;
	s->news_err = err;
	s->news_detail = err ? s->why : NULL;
	s->news_connects += err == 0;
	s->news_number = watch_session(s->watch);
	s->news_beat_ms = watch_beat_ms(s->watch);
	uv_mutex_unlock(&s->lock);
	wake(s);
}

static int await_session(struct session *s, UA_Client *client)
{
	uint64_t end_ns = s->cfg.now_ns() + ATTEMPT_MS * MS_NS;
	UA_SessionState state;
	UA_StatusCode status;

	status = UA_Client_connectAsync(client, s->cfg.endpoint->url);
	while (!status) {
		status = UA_Client_run_iterate(client, TURN_MS);
		UA_Client_getState(client, NULL, &state, status ? NULL : &status);
		if (!status && state == UA_SESSIONSTATE_ACTIVATED) {
			return 0;
		}
		if (is_stopping(s)) {
			return -ECANCELED;
		}
		if (!status && s->cfg.now_ns() > end_ns) {
			return -ETIMEDOUT;
		}
	}
	/* Where the server hangs up, the library does not hand on why. */
	s->why = UA_StatusCode_isBad(status)
	                 ? UA_StatusCode_name(status)
	                 : "hung up; does the server trust our certificate?";
	return secure_errno(status);
}

static void write_orders(struct session *s)
{
	struct order order;
	uint16_t code;
	int err;

	while (!is_stopping(s) && orders_begin(&s->orders, &order)) {
		err = watch_write(s->watch, &order, &code);
		orders_end(&s->orders, err, code);
		wake(s);
	}
}

/* While the session lasts.  @return why it does not */
static int serve(struct session *s, UA_Client *client)
{
	UA_SessionState state;
	UA_StatusCode status = UA_STATUSCODE_GOOD;
	int err = 0;

	while (!err && !is_stopping(s)) {
		status = UA_Client_run_iterate(client, TURN_MS);
		UA_Client_getState(client, NULL, &state, status ? NULL : &status);
		if (status || state != UA_SESSIONSTATE_ACTIVATED) {
			return status ? secure_errno(status) : -ECONNRESET;
		}
		err = watch_turn(s->watch);
		write_orders(s);
	}
	return err ? err : -ECANCELED;
}

/* One attempt, and the session that it may become.  @return why that is over */
static int attend(struct session *s)
{
	const struct beat never = {0};
	UA_Client *client = NULL;
	uint64_t up_ns;
	int err = secure_client(&client, s->cfg.endpoint, s->cfg.device->timeout_ms, s);

	s->why = err ? "a certificate, key or password is missing or not as it should be"
	             : NULL;
	mailbox_beat(&s->mailbox, &never);
	err = err ? err : await_session(s, client);
	err = err ? err : watch_start(s->watch, client);
	if (!err) {
		up_ns = s->cfg.now_ns();
		orders_refuse(&s->orders); /* they were for the session before */
		say(s, 0);
		err = serve(s, client);
		if (s->cfg.now_ns() - up_ns > LONG_SESSION_MS * MS_NS) {
			s->step = 0;
		}
	}
	if (client) {
		UA_Client_delete(client);
	}
	watch_stop(s->watch);
	return err;
}

/* Between half of the pause and all of it, so that gateways that lost the same server
 * come back apart; xorshift64 (Marsaglia 2003). */
static void rest(struct session *s)
{
	uint64_t ms = s->step < PAUSE_STEPS ? (uint64_t)PAUSE_MIN_MS << s->step
	                                    : PAUSE_MAX_MS;
	uint64_t end_ns, now_ns = s->cfg.now_ns();

	s->step += s->step < PAUSE_STEPS;
	s->random ^= s->random << 13;
	s->random ^= s->random >> 7;
	s->random ^= s->random << 17;
	end_ns = now_ns + (ms / 2 + s->random % (ms / 2 + 1)) * MS_NS;
	uv_mutex_lock(&s->lock);
	while (now_ns < end_ns && !s->stopping) {
		uv_cond_timedwait(&s->stop, &s->lock, end_ns - now_ns);
		now_ns = s->cfg.now_ns();
	}
	uv_mutex_unlock(&s->lock);
}

static void run(void *arg)
{
	struct session *s = arg;

	while (!is_stopping(s)) {
		int err = attend(s);

		if (!is_stopping(s)) {
			say(s, err);
			rest(s);
		}
	}
	uv_mutex_lock(&s->lock);
	s->gone = true;
	uv_mutex_unlock(&s->lock);
	wake(s);
}

/* ---- The loop ---- */

static void session_free(struct session *s)
{
	watch_free(s->watch);
	orders_fini(&s->orders);
	mailbox_fini(&s->mailbox);
	uv_cond_destroy(&s->stop);
	uv_mutex_destroy(&s->lock);
	free(s);
}

static void on_closed(uv_handle_t *handle)
{
	struct session *s = handle->data;
	struct session_owner owner = s->owner;

	session_free(s);
	owner.closed(owner.arg);
}

static void take_news(struct session *s)
{
	bool news;

	uv_mutex_lock(&s->lock);
	news = s->news;
	s->news = false;
	s->err = news ? s->news_err : s->err;
	s->detail = s->news_detail;
	s->connects = s->news_connects;
	s->number = s->news_number;
	s->beat_ms = s->news_beat_ms;
	uv_mutex_unlock(&s->lock);
	if (news && s->err) {
		orders_refuse(&s->orders);
	}
	if (news) {
		s->owner.changed(s->owner.arg);
	}
}

static void end_thread(struct session *s)
{
	bool gone;

	uv_mutex_lock(&s->lock);
	gone = s->gone;
	uv_mutex_unlock(&s->lock);
	if (gone) {
		if (s->started) {
			uv_thread_join(&s->thread); /* it only has to return */
		}
		uv_close((uv_handle_t *)&s->async, on_closed);
	}
}

static void on_async(uv_async_t *async)
{
	struct session *s = async->data;
	struct order order;

	if (s->closing) {
		end_thread(s);
		return;
	}
	take_news(s);
	s->owner.told(s->owner.arg);
	while (orders_take(&s->orders, &order)) {
		order.done(order.arg, order.err, order.code);
	}
}

/* ---- From outside ---- */

static int start(struct session *s)
{
	sigset_t all, before;
	int err;

	sigfillset(&all); /* signals are the loop thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = uv_thread_create(&s->thread, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static int make_parts(struct session *s)
{
	const struct device_config *device = s->cfg.device;
	int err = mailbox_init(&s->mailbox, device->points, device->n_points,
	                       s->cfg.now_ns);

	if (err) {
		return err;
	}
	err = orders_init(&s->orders);
	if (err) {
		mailbox_fini(&s->mailbox);
		return err;
	}
	if (uv_mutex_init(&s->lock) || uv_cond_init(&s->stop)) {
		abort(); /* glibc's cannot fail */
	}
	return 0;
}

int session_open(struct session **out, const struct session_config *cfg,
                 const struct session_owner *owner)
{
	struct session *s = calloc(1, sizeof(*s));
	struct watch_config watch;
	int err;

	if (!s) {
		return -ENOMEM;
	}
	s->cfg = *cfg;
	s->owner = *owner;
	s->err = -EINPROGRESS;
	s->random = (cfg->now_ns() ^ (uintptr_t)s) | 1;
	s->async.data = s;
	err = make_parts(s);
	if (err) {
		free(s);
		return err;
	}
	watch = (struct watch_config){.device = cfg->device,
	                              .endpoint = cfg->endpoint,
	                              .mailbox = &s->mailbox,
	                              .now_ns = cfg->now_ns,
	                              .wake = wake,
	                              .arg = s};
	err = watch_new(&s->watch, &watch);
	if (err) {
		goto fail;
	}
	err = uv_async_init(cfg->loop, &s->async, on_async);
	if (err) {
		goto fail;
	}
	*out = s;
	s->started = start(s) == 0;
	if (!s->started) { /* the handle has to be closed as ever */
		s->gone = true;
		s->err = -EAGAIN;
	}
	return 0;

fail:
	session_free(s);
	return err;
}

int session_error(const struct session *s)
{
	return s->err;
}

const char *session_detail(const struct session *s)
{
	return s->detail;
}

struct mailbox *session_mailbox(struct session *s)
{
	return &s->mailbox;
}

uint32_t session_number(const struct session *s)
{
	return s->number;
}

uint32_t session_beat_ms(const struct session *s)
{
	return s->beat_ms;
}

uint64_t session_connects(const struct session *s)
{
	return s->connects;
}

int session_write(struct session *s, const struct order *order)
{
	int err = orders_put(&s->orders, order);

	if (!err && s->err) { /* it must not wait for a session to come */
		orders_refuse(&s->orders);
		uv_async_send(&s->async);
	}
	return err;
}

void session_close(struct session *s)
{
	struct order order;

	if (!s) {
		return;
	}
	s->closing = true;
	uv_mutex_lock(&s->lock);
	s->stopping = true;
	uv_cond_signal(&s->stop);
	uv_mutex_unlock(&s->lock);
	while (orders_cancel(&s->orders, &order)) {
		order.done(order.arg, order.err, order.code);
	}
	uv_async_send(&s->async);
}
