/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/child/runner.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers/reading.h"

/* Of our environment the child gets these only: secrets may be in the rest. */
static const char *const passed[] = {"ASAN_OPTIONS", "LD_LIBRARY_PATH", "LSAN_OPTIONS",
                                     "TZ", "UBSAN_OPTIONS"};

struct environment {
	char *list[ARRAY_SIZE(passed) + 1];
	char text[ARRAY_SIZE(passed)][1024];
};

static void pick_environment(struct environment *e)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(passed); i++) {
		const char *value = getenv(passed[i]);

		if (value && strlen(value) < sizeof(e->text[0]) - 32) {
			snprintf(e->text[n], sizeof(e->text[n]), "%s=%s", passed[i],
			         value);
			e->list[n] = e->text[n];
			n++;
		}
	}
	e->list[n] = NULL;
}

static int spawn(struct runner *r, const struct runner_wish *wish, int socket)
{
	const char *program = wish->program ? wish->program : "/proc/self/exe";
	char *argv[] = {(char *)program, (char *)wish->command, NULL};
	struct environment environment;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int err = posix_spawn_file_actions_init(&files);

	if (err) {
		return -err;
	}
	err = posix_spawnattr_init(&attributes);
	if (err) {
		posix_spawn_file_actions_destroy(&files);
		return -err;
	}
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0); /* Ctrl-C is for us */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
	                                              POSIX_SPAWN_SETSIGDEF |
	                                              POSIX_SPAWN_SETPGROUP);
	err = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", 0, 0);
	err = err ? err : posix_spawn_file_actions_addopen(&files, 1, "/dev/null", 1, 0);
	err = err ? err : posix_spawn_file_actions_adddup2(&files, 1, 2);
	err = err ? err : posix_spawn_file_actions_adddup2(&files, socket, RUNNER_FD);
	pick_environment(&environment);
	if (!err) {
		err = posix_spawn(&r->pid, program, &files, &attributes, argv,
		                  environment.list);
	}
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

int runner_start(struct runner *r, const struct runner_wish *wish)
{
	int fds[2], err;

	*r = (struct runner){.fd = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
		return -errno;
	}
	err = spawn(r, wish, fds[1]);
	close(fds[1]);
	if (err) {
		close(fds[0]);
		r->pid = 0;
		return err;
	}
	r->fd = fds[0];
	return 0;
}

void runner_give_up(struct runner *r, const char *why)
{
	snprintf(r->text, sizeof(r->text), "%s", why);
	if (r->pid > 0) {
		kill(r->pid, SIGKILL);
	}
}

static void say_what_ended_it(struct runner *r, int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
		snprintf(r->text, sizeof(r->text),
		         "it took more processor time than it may");
	} else if (WIFSIGNALED(status)) {
		snprintf(r->text, sizeof(r->text), "it crashed (%s)",
		         strsignal(WTERMSIG(status)));
	} else {
		snprintf(r->text, sizeof(r->text), "its process ended by itself");
	}
}

bool runner_is_gone(struct runner *r)
{
	int status = 0;

	if (r->pid > 0 && waitpid(r->pid, &status, WNOHANG) == 0) {
		return false;
	}
	if (r->pid > 0 && !r->text[0]) {
		say_what_ended_it(r, status);
	}
	if (r->fd >= 0) {
		close(r->fd);
	}
	r->fd = -1;
	r->pid = 0;
	return true;
}

/* Wait for its end: a moment for what it is dying of, so that its own signal is told and
 * not ours. */
static void bury(struct runner *r)
{
	enum { OWN_DEATH_MS = 100 };

	for (int ms = 0; !runner_is_gone(r); ms++) {
		if (ms == OWN_DEATH_MS) {
			if (!r->text[0]) {
				snprintf(r->text, sizeof(r->text),
				         "it closed its socket");
			}
			kill(r->pid, SIGKILL);
		}
		poll(NULL, 0, 1);
	}
}

int runner_send(struct runner *r, const struct runner_message *request)
{
	ssize_t sent;

	if (r->fd < 0) {
		return -EPIPE;
	}
	do {
		sent = send(r->fd, request->bytes, request->n,
		            MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)request->n ? 0 : -EPIPE;
}

int runner_receive(struct runner *r, struct runner_message *answer)
{
	ssize_t n;

	if (r->fd < 0) {
		return -EPIPE;
	}
	do {
		/* The whole length, so that one too long is seen to be. */
		n = recv(r->fd, answer->bytes, answer->room, MSG_DONTWAIT | MSG_TRUNC);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		return -EAGAIN;
	}
	answer->n = n > 0 ? (size_t)n : 0;
	return n > 0 ? 0 : -EPIPE;
}

void runner_distrust(struct runner *r)
{
	runner_give_up(r, "its process answers what was not asked");
	bury(r);
}

static int wait_for(struct runner *r, int ms)
{
	struct pollfd fd = {.fd = r->fd, .events = POLLIN};
	int ready;

	do {
		ready = poll(&fd, 1, ms);
	} while (ready < 0 && errno == EINTR);
	return ready > 0 ? 0 : -ETIMEDOUT;
}

int runner_call(struct runner *r, struct runner_message *m, int ms)
{
	int err = runner_send(r, m);
	char why[80];

	if (!err) {
		err = wait_for(r, ms);
	}
	if (err == -ETIMEDOUT) {
		snprintf(why, sizeof(why), "it did not answer within %.9g s", ms / 1e3);
		runner_give_up(r, why);
	}
	if (!err) {
		err = runner_receive(r, m);
	}
	if (err) {
		bury(r);
	}
	return err;
}

void runner_kill(struct runner *r)
{
	if (r->pid > 0) {
		runner_give_up(r, "ended");
		bury(r);
	}
}
