/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/child/errand.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 65536 };

/* What comes through a pipe, up to a bound; the rest is read and forgotten. */
struct heard {
	uv_pipe_t pipe;
	char *bytes; /* n and a NUL */
	size_t n, most;
	bool cut;
	char piece[PIECE_BYTES];
};

struct errand {
	void (*done)(void *arg, const struct errand_end *end); /* NULL: dropped */
	void *arg;
	uv_process_t process;
	uv_timer_t timer;
	uv_pipe_t in;
	uv_write_t writing;
	char *input;
	struct heard out, complaints;
	unsigned handles, talking; /* handles not closed; pipes not at their end */
	bool ended;
	struct errand_end end;
};

static void on_closed(uv_handle_t *handle)
{
	struct errand *e = handle->data;

	if (--e->handles > 0) {
		return;
	}
	e->end.output = e->out.bytes ? e->out.bytes : "";
	e->end.n = e->out.n;
	e->end.complaints = e->complaints.bytes ? e->complaints.bytes : "";
	e->end.too_much = e->out.cut;
	if (e->done) {
		e->done(e->arg, &e->end);
	}
	free(e->out.bytes);
	free(e->complaints.bytes);
	free(e->input);
	free(e);
}

static void close_all(struct errand *e)
{
	uv_handle_t *const handles[] = {(uv_handle_t *)&e->process,
	                                (uv_handle_t *)&e->timer, (uv_handle_t *)&e->in,
	                                (uv_handle_t *)&e->out.pipe,
	                                (uv_handle_t *)&e->complaints.pipe};

	for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
		if (!uv_is_closing(handles[i])) {
			uv_close(handles[i], on_closed);
		}
	}
}

static void look(struct errand *e)
{
	if (e->ended && (e->talking == 0 || !e->done)) {
		close_all(e);
	}
}

static void on_end(uv_process_t *process, int64_t status, int signal)
{
	struct errand *e = process->data;

	e->end.status = status;
	e->end.signal = signal;
	e->ended = true;
	look(e);
}

static void on_timeout(uv_timer_t *timer)
{
	struct errand *e = timer->data;

	e->end.late = true;
	uv_process_kill(&e->process, SIGKILL);
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
	struct errand *e = handle->data;
	struct heard *h = handle == (uv_handle_t *)&e->out.pipe ? &e->out
	                                                        : &e->complaints;

	(void)wanted;
	*out = uv_buf_init(h->piece, sizeof(h->piece));
}

static void keep(struct heard *h, size_t n)
{
	size_t take = n < h->most - h->n ? n : h->most - h->n;
	char *more = take ? realloc(h->bytes, h->n + take + 1) : NULL;

	h->cut = h->cut || take < n || !more;
	if (more) {
		memcpy(more + h->n, h->piece, take);
		h->n += take;
		more[h->n] = '\0';
		h->bytes = more;
	}
}

static void on_text(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct errand *e = stream->data;

	(void)buffer;
	if (n > 0) {
		keep(stream == (uv_stream_t *)&e->out.pipe ? &e->out : &e->complaints,
		     (size_t)n);
	} else if (n < 0) {
		uv_read_stop(stream);
		e->talking--;
		look(e);
	}
}

static void on_written(uv_write_t *request, int status)
{
	struct errand *e = request->data;

	(void)status; /* who does not read it says so by its end */
	if (!uv_is_closing((uv_handle_t *)&e->in)) {
		uv_close((uv_handle_t *)&e->in, on_closed);
	}
}

/* NULL-terminated, and its TMPDIR text; both from malloc(). */
static char **environment_of(const char *tmpdir, char **text)
{
	size_t n = 0, k = 0;
	char **list;

	while (environ[n]) {
		n++;
	}
	list = calloc(n + 2, sizeof(*list));
	if (!list || asprintf(text, "TMPDIR=%s", tmpdir) < 0) {
		free(list);
		*text = NULL;
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		if (strncmp(environ[i], "TMPDIR=", 7) != 0) {
			list[k++] = environ[i];
		}
	}
	list[k] = *text;
	return list;
}

static int spawn(struct errand *e, const struct errand_wish *wish)
{
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
	         .data.stream = (uv_stream_t *)&e->in},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
	         .data.stream = (uv_stream_t *)&e->out.pipe},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
	         .data.stream = (uv_stream_t *)&e->complaints.pipe}};
	char *text = NULL;
	char **environment = wish->tmpdir ? environment_of(wish->tmpdir, &text) : NULL;
	uv_process_options_t options = {.file = "/proc/self/exe",
	                                .args = (char **)wish->argv,
	                                .env = environment,
	                                .stdio = stdio,
	                                .stdio_count = 3,
	                                .exit_cb = on_end};
	int err = wish->tmpdir && !environment
	                  ? UV_ENOMEM
	                  : uv_spawn(wish->loop, &e->process, &options);

	free(environment);
	free(text);
	return err;
}

static void start_talking(struct errand *e, const struct errand_wish *wish)
{
	uv_buf_t buffer = uv_buf_init(e->input, (unsigned)strlen(e->input));

	uv_os_setpriority(e->process.pid, UV_PRIORITY_LOW);
	e->talking = 2;
	uv_read_start((uv_stream_t *)&e->out.pipe, on_room, on_text);
	uv_read_start((uv_stream_t *)&e->complaints.pipe, on_room, on_text);
	uv_timer_start(&e->timer, on_timeout, (uint64_t)wish->limit_s * 1000, 0);
	e->writing.data = e;
	if (buffer.len == 0 ||
	    uv_write(&e->writing, (uv_stream_t *)&e->in, &buffer, 1, on_written)) {
		uv_close((uv_handle_t *)&e->in, on_closed);
	}
}

struct errand *errand_begin(const struct errand_wish *wish)
{
	struct errand *e = calloc(1, sizeof(*e));

	if (e) {
		e->input = strdup(wish->input ? wish->input : "");
	}
	if (!e || !e->input) {
		free(e);
		return NULL;
	}
	e->done = wish->done;
	e->arg = wish->arg;
	e->out.most = wish->output_max;
	e->complaints.most = ERRAND_COMPLAINTS_MAX - 1;
	e->process.data = e->timer.data = e->in.data = e;
	e->out.pipe.data = e->complaints.pipe.data = e;
	uv_timer_init(wish->loop, &e->timer);
	uv_pipe_init(wish->loop, &e->in, 0);
	uv_pipe_init(wish->loop, &e->out.pipe, 0);
	uv_pipe_init(wish->loop, &e->complaints.pipe, 0);
	e->handles = 5;
	e->end.err = spawn(e, wish);
	if (e->end.err) {
		close_all(e);
	} else {
		start_talking(e, wish);
	}
	return e;
}

void errand_drop(struct errand *e)
{
	if (e) {
		e->done = NULL;
		if (!e->end.err && !e->ended) {
			uv_process_kill(&e->process, SIGKILL); /* see on_end() */
		} else {
			close_all(e);
		}
	}
}
