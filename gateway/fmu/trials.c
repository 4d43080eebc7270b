/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/trials.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 65536, ANSWER_BYTES_MAX = 8 << 20 };

struct trials {
	struct trials_parts parts;
	size_t next;      /* FMU of the configuration to begin with */
	unsigned handles; /* of the one that runs, not closed yet */
	bool closing, ended, late;
	uv_process_t process;
	uv_pipe_t pipe;
	uv_timer_t timer;
	int err;        /* of its start */
	int64_t status; /* of its end */
	int signal;
	char *answer;
	size_t n, room;
	char tmpdir[PATH_MAX + 8];
};

static void begin(struct trials *t);

/* ---- what it says ---- */

/* Why the check did not pass, for people. */
static void explain(const json_t *o, char *why, size_t room)
{
	const json_t *test = json_object_get(o, "self_test");
	const char *own = json_string_value(json_object_get(o, "why"));
	const char *of_test = json_string_value(json_object_get(test, "why"));

	if (of_test || own) {
		snprintf(why, room, "%s", of_test ? of_test : own);
	} else if (json_is_false(json_object_get(test, "reference"))) {
		snprintf(why, room, "it is up to %.3g off its reference %s",
		         json_number_value(json_object_get(test, "largest_error")),
		         json_string_value(json_object_get(test, "reference_file")));
	} else {
		snprintf(why, room, "`pollux fmu check` says why");
	}
}

/* @return why; NULL: it passed */
static const char *judge(const struct trials *t, char *why, size_t room)
{
	json_t *o = json_loadb(t->answer ? t->answer : "", t->n, 0, NULL);

	if (t->err) {
		snprintf(why, room, "it cannot be run: %s", uv_strerror(t->err));
	} else if (t->late) {
		snprintf(why, room, "it did not end in %d min", TRIALS_MAX_S / 60);
	} else if (t->signal) {
		snprintf(why, room, "it was ended by signal %d", t->signal);
	} else if (t->status != 0) {
		explain(o, why, room);
	}
	json_decref(o);
	return *why ? why : NULL;
}

static void finish(struct trials *t)
{
	size_t component = t->parts.config->fmus[t->next].component;
	char why[600] = "";

	if (!t->closing) {
		const char *fault = judge(t, why, sizeof(why));

		t->parts.verdict(t->parts.arg, component, fault);
		t->next++;
		begin(t);
	}
}

/* ---- its process ---- */

static void on_closed(uv_handle_t *handle)
{
	struct trials *t = handle->data;

	if (--t->handles == 0) {
		finish(t);
	}
}

static void close_all(struct trials *t)
{
	uv_handle_t *const handles[] = {(uv_handle_t *)&t->process,
	                                (uv_handle_t *)&t->pipe,
	                                (uv_handle_t *)&t->timer};

	for (size_t i = 0; i < sizeof(handles) / sizeof(*handles); i++) {
		if (!uv_is_closing(handles[i])) {
			uv_close(handles[i], on_closed);
		}
	}
}

static void on_end(uv_process_t *process, int64_t status, int signal)
{
	struct trials *t = process->data;

	t->status = status;
	t->signal = signal;
	t->ended = true;
	if (t->closing || !uv_is_active((uv_handle_t *)&t->pipe)) {
		close_all(t);
	}
}

static void on_timeout(uv_timer_t *timer)
{
	struct trials *t = timer->data;

	t->late = true;
	uv_process_kill(&t->process, SIGKILL);
}

/* What is beyond the most overwrites the end, and is no JSON then. */
static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out)
{
	struct trials *t = handle->data;
	size_t room = t->room ? 2 * t->room : PIECE_BYTES;
	char *more = NULL;

	(void)wanted;
	if (t->n == t->room && t->room < ANSWER_BYTES_MAX) {
		more = realloc(t->answer, room);
	}
	if (more) {
		t->answer = more;
		t->room = room;
	} else if (t->n == t->room && t->room > 0) {
		t->n -= PIECE_BYTES;
	}
	*out = uv_buf_init(t->answer + t->n, (unsigned)(t->room - t->n));
}

static void on_text(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct trials *t = stream->data;

	(void)buffer;
	if (n >= 0) {
		t->n += (size_t)n;
		return;
	}
	uv_read_stop(stream);
	if (t->ended) {
		close_all(t);
	}
}

static char **environment_of(struct trials *t)
{
	static const char name[] = "TMPDIR=";
	size_t n = 0, k = 0;
	char **list;

	while (environ[n]) {
		n++;
	}
	list = calloc(n + 2, sizeof(*list));
	for (size_t i = 0; list && i < n; i++) {
		if (strncmp(environ[i], name, sizeof(name) - 1) != 0) {
			list[k++] = environ[i];
		}
	}
	if (list) {
		snprintf(t->tmpdir, sizeof(t->tmpdir), "%s%s", name, t->parts.folder);
		list[k] = t->tmpdir;
	}
	return list;
}

static int spawn(struct trials *t)
{
	const char *path = t->parts.config->fmus[t->next].path;
	char *argv[] = {(char *)"pollux", (char *)"fmu", (char *)"check",
	                (char *)"--json", (char *)path,  NULL};
	uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE},
	                                 {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
	                                  .data.stream = (uv_stream_t *)&t->pipe},
	                                 {.flags = UV_IGNORE}};
	uv_process_options_t options = {.file = "/proc/self/exe",
	                                .args = argv,
	                                .env = environment_of(t),
	                                .stdio = stdio,
	                                .stdio_count = 3,
	                                .exit_cb = on_end};
	int err = options.env ? uv_spawn(t->parts.loop, &t->process, &options) : -ENOMEM;

	free(options.env);
	return err;
}

/* The next, or none: then there is no handle any more. */
static void begin(struct trials *t)
{
	if (t->next == t->parts.config->n_fmus) {
		return;
	}
	t->ended = t->late = false;
	t->n = 0;
	t->status = 1;
	t->signal = 0;
	t->process.data = t->pipe.data = t->timer.data = t;
	uv_pipe_init(t->parts.loop, &t->pipe, 0);
	uv_timer_init(t->parts.loop, &t->timer);
	t->handles = 3;
	t->err = spawn(t);
	if (t->err) {
		close_all(t);
		return;
	}
	uv_os_setpriority(t->process.pid, UV_PRIORITY_LOW);
	uv_read_start((uv_stream_t *)&t->pipe, on_room, on_text);
	uv_timer_start(&t->timer, on_timeout, (uint64_t)TRIALS_MAX_S * 1000, 0);
}

/* ---- up and down ---- */

int trials_open(struct trials **out, const struct trials_parts *parts)
{
	struct trials *t = calloc(1, sizeof(*t));

	if (!t) {
		return -ENOMEM;
	}
	t->parts = *parts;
	*out = t;
	begin(t);
	return 0;
}

void trials_close(struct trials *t)
{
	if (t && !t->closing) {
		t->closing = true;
		if (t->handles > 0 && !t->err) {
			uv_process_kill(&t->process, SIGKILL); /* see on_end() */
		}
	}
}

void trials_free(struct trials *t)
{
	if (t) {
		free(t->answer);
		free(t);
	}
}
