/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
	struct control *control;
	uv_pipe_t pipe;
	uv_timer_t idle;
	uv_write_t write;
	char request[CONTROL_REQUEST_MAX];
	size_t n;
	char *answer;
	uint64_t number; /* of all clients ever, from 1 */
	int open_handles;
	bool deferred; /* its answer comes later */
};

struct control {
	uv_loop_t *loop;
	uv_pipe_t listener;
	control_answer_cb answer;
	void *arg;
	char *path;
	struct client *clients[CONTROL_CLIENTS_MAX];
	struct client *asking; /* within its answer callback */
	uint64_t n_accepted;
	size_t n_clients; /* including those whose handles are still closing */
	bool closing, closed;
};

char *control_path(const char *state_dir)
{
	char *path;

	return asprintf(&path, "%s/control.sock", state_dir) < 0 ? NULL : path;
}

static void control_release(struct control *c)
{
	if (c->closed && c->n_clients == 0) {
		free(c->path);
		free(c);
	}
}

static void on_client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;
	struct control *c = client->control;

	if (--client->open_handles > 0) {
		return;
	}
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (c->clients[i] == client) {
			c->clients[i] = NULL;
		}
	}
	free(client->answer);
	free(client);
	c->n_clients--;
	control_release(c);
}

static void client_close(struct client *client)
{
	if (!uv_is_closing((uv_handle_t *)&client->pipe)) {
		uv_close((uv_handle_t *)&client->pipe, on_client_closed);
		uv_close((uv_handle_t *)&client->idle, on_client_closed);
	}
}

static void on_idle(uv_timer_t *timer)
{
	client_close(timer->data);
}

static void on_written(uv_write_t *write, int status)
{
	(void)status;
	client_close(write->data);
}

/* Takes text. */
static void client_send(struct client *client, char *text)
{
	uv_buf_t buf;

	client->answer = text;
	if (!text) {
		client_close(client);
		return;
	}
	buf = uv_buf_init(text, (unsigned)strlen(text));
	client->write.data = client;
	if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buf, 1, on_written)) {
		client_close(client);
	}
}

static void client_answer(struct client *client)
{
	struct control *c = client->control;
	char *text;

	c->asking = client;
	text = c->answer(c->arg, client->request);
	c->asking = NULL;
	if (text || !client->deferred) {
		client_send(client,
		            text ? text : strdup("{\"error\":\"no such question\"}"));
	}
}

struct control_ticket control_defer(struct control *c)
{
	struct control_ticket ticket = {.number = c->asking->number};

	while (c->clients[ticket.place] != c->asking) {
		ticket.place++;
	}
	c->asking->deferred = true;
	uv_timer_stop(&c->asking->idle); /* it waits for us */
	return ticket;
}

void control_reply(struct control *c, struct control_ticket ticket, char *text)
{
	struct client *client = c->clients[ticket.place];

	if (!client || client->number != ticket.number ||
	    uv_is_closing((uv_handle_t *)&client->pipe)) {
		free(text);
		return;
	}
	uv_timer_start(&client->idle, on_idle, CONTROL_IDLE_MS, 0);
	client_send(client, text);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
	struct client *client = handle->data;

	(void)hint;
	*buf = uv_buf_init(client->request + client->n,
	                   (unsigned)(sizeof(client->request) - 1 - client->n));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *client = stream->data;
	char *end;

	(void)buf;
	if (n == 0) {
		return;
	}
	if (n < 0) {
		client_close(client);
		return;
	}
	client->n += (size_t)n;
	client->request[client->n] = '\0';
	end = strchr(client->request, '\n');
	if (end) {
		*end = '\0';
		uv_read_stop(stream);
		client_answer(client);
	} else if (client->n == sizeof(client->request) - 1) {
		client_close(client);
	}
}

static struct client *client_new(struct control *c)
{
	struct client *client = NULL;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX && !client; i++) {
		if (!c->clients[i]) {
			client = c->clients[i] = calloc(1, sizeof(*client));
		}
	}
	if (!client) {
		return NULL;
	}
	client->control = c;
	client->number = ++c->n_accepted;
	client->open_handles = 2;
	c->n_clients++;
	uv_pipe_init(c->loop, &client->pipe, 0);
	uv_timer_init(c->loop, &client->idle);
	client->pipe.data = client->idle.data = client;
	return client;
}

static void on_turned_away(uv_handle_t *handle)
{
	free(handle);
}

/* All places are taken: hang up.  libuv has accepted the peer and listens on only once
 * somebody takes it over. */
static void turn_away(uv_stream_t *listener)
{
	uv_pipe_t *pipe = malloc(sizeof(*pipe));

	if (pipe) {
		uv_pipe_init(listener->loop, pipe, 0);
		uv_accept(listener, (uv_stream_t *)pipe);
		uv_close((uv_handle_t *)pipe, on_turned_away);
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct control *c = listener->data;
	struct client *client;

	if (status < 0) {
		return;
	}
	client = client_new(c);
	if (!client) {
		turn_away(listener);
		return;
	}
	if (uv_accept(listener, (uv_stream_t *)&client->pipe) ||
	    uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read)) {
		client_close(client);
		return;
	}
	uv_timer_start(&client->idle, on_idle, CONTROL_IDLE_MS, 0);
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct control *c = handle->data;

	c->closed = true;
	control_release(c);
}

int control_open(struct control **out, uv_loop_t *loop, const char *path,
                 control_answer_cb answer, void *arg)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		return -ENOMEM;
	}
	c->loop = loop;
	c->answer = answer;
	c->arg = arg;
	c->path = strdup(path);
	uv_pipe_init(loop, &c->listener, 0);
	c->listener.data = c;
	err = c->path ? 0 : -ENOMEM;
	if (!err && strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path)) {
		err = -ENAMETOOLONG;
	}
	if (!err) {
		unlink(path); /* the state directory is ours: nobody listens there */
		err = uv_pipe_bind(&c->listener, path);
	}
	if (!err) {
		chmod(path, 0660);
		err = uv_listen((uv_stream_t *)&c->listener, CONTROL_CLIENTS_MAX,
		                on_connection);
	}
	if (err) {
		uv_close((uv_handle_t *)&c->listener, on_listener_closed);
		return err;
	}
	*out = c;
	return 0;
}

void control_close(struct control *c)
{
	if (!c || c->closing) {
		return;
	}
	c->closing = true;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (c->clients[i]) {
			client_close(c->clients[i]);
		}
	}
	unlink(c->path);
	uv_close((uv_handle_t *)&c->listener, on_listener_closed);
}

static int ask_connect(const char *path, unsigned int patience_ms)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = patience_ms / 1000,
	                           .tv_usec = patience_ms % 1000 * 1000L};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int ask_send(int fd, const char *request)
{
	size_t n = strlen(request);

	if (send(fd, request, n, MSG_NOSIGNAL) != (ssize_t)n ||
	    send(fd, "\n", 1, MSG_NOSIGNAL) != 1) {
		return -EPIPE;
	}
	return 0;
}

static int ask_receive(int fd, char **answer)
{
	size_t size = 65536, n = 0;
	char *text = malloc(size);

	for (;;) {
		char *larger = text && n + 1 == size ? realloc(text, size *= 2) : text;
		ssize_t got;

		if (!larger) {
			free(text);
			return -ENOMEM;
		}
		text = larger;
		got = recv(fd, text + n, size - 1 - n, 0);
		if (got < 0 && errno != EINTR) {
			free(text);
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		}
		if (got == 0) {
			text[n] = '\0';
			*answer = text;
			return 0;
		}
		n += got > 0 ? (size_t)got : 0;
	}
}

int control_ask_for(const char *path, const char *request, unsigned int patience_ms,
                    char **answer)
{
	int fd = ask_connect(path, patience_ms ? patience_ms : CONTROL_IDLE_MS);
	int err;

	if (fd < 0) {
		return fd;
	}
	err = ask_send(fd, request);
	if (!err) {
		err = ask_receive(fd, answer);
	}
	close(fd);
	return err;
}

int control_ask(const char *path, const char *request, char **answer)
{
	return control_ask_for(path, request, 0, answer);
}
