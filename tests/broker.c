/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEP_MS = 5 };

bool broker_exists(void)
{
	return system("command -v mosquitto >/dev/null && "
	              "command -v mosquitto_sub >/dev/null") == 0 ||
	       access("/usr/sbin/mosquitto", X_OK) == 0;
}

void wait_until(const char *what, bool (*done)(void *arg), void *arg)
{
	for (int ms = 0; ms < BROKER_DEADLINE_MS; ms += STEP_MS) {
		if (done(arg)) {
			return;
		}
		poll(NULL, 0, STEP_MS);
	}
	fail_msg("waited in vain: %s", what);
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};

	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static int free_port(void)
{
	struct sockaddr_in a = loopback(0);
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

void broker_init(struct broker *b)
{
	memset(b, 0, sizeof(*b));
	strcpy(b->dir, "/tmp/pollux-broker-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	b->port = free_port();
}

void broker_file(const struct broker *b, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

void broker_shell(const struct broker *b, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && { %s; } >shell.log 2>&1", b->dir, command);
	if (system(line) != 0) {
		fail_msg("failed: %s", command);
	}
}

static pid_t spawn(const char *const *argv, int out)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that dies leaves nobody */
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static bool accepts(void *arg)
{
	const struct broker *b = arg;
	struct sockaddr_in a = loopback(b->port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return yes;
}

void broker_start(struct broker *b, const char *extra)
{
	char conf[1024], path[128];
	const char *argv[] = {"mosquitto", "-c", path, NULL};
	int log;

	/* Saved at every change, so that a kill takes nothing of the witness's session:
	 * what mosquitto loses by itself is not what is tested. */
	snprintf(conf, sizeof(conf),
	         "user root\nlistener %d 127.0.0.1\npersistence "
	         "true\npersistence_location %s/\n"
	         "autosave_on_changes true\nautosave_interval 1\n"
	         "max_queued_messages 0\n%s\n",
	         b->port, b->dir, extra ? extra : "allow_anonymous true");
	broker_file(b, "mosquitto.conf", conf);
	snprintf(path, sizeof(path), "%s/broker.log", b->dir);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	snprintf(path, sizeof(path), "%s/mosquitto.conf", b->dir);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	b->pid = spawn(argv, log);
	close(log);
	wait_until("the broker accepts", accepts, b);
}

void broker_start_other(struct broker *b, const char *command)
{
	const char *port = strstr(command, "PORT");
	char line[1024];
	const char *argv[] = {"sh", "-c", line, NULL};
	int log = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert_non_null(port);
	snprintf(line, sizeof(line), "cd %s && %.*s%d%s", b->dir, (int)(port - command),
	         command, b->port, port + 4);
	b->pid = spawn(argv, log);
	close(log);
	wait_until("the other server accepts", accepts, b);
}

void broker_signal(const struct broker *b, int signal)
{
	assert_int_equal(kill(b->pid, signal), 0);
}

void broker_kill(struct broker *b)
{
	if (b->pid > 0) {
		kill(b->pid, SIGKILL);
		waitpid(b->pid, NULL, 0);
		b->pid = 0;
	}
}

void broker_free(struct broker *b)
{
	char line[128];

	broker_kill(b);
	snprintf(line, sizeof(line), "rm -rf '%s'", b->dir);
	if (system(line) != 0) {
		fprintf(stderr, "left behind: %s\n", b->dir);
	}
}

void witness_start(struct witness *w, const struct broker *b)
{
	char port[16];
	const char *argv[] = {"stdbuf",   "-oL",       "mosquitto_sub",
	                      "-h",       "127.0.0.1", "-p",
	                      port,       "-t",        "#",
	                      "-q",       "1",         "-i",
	                      "witness",  "-c",        "-F",
	                      "%r %t %p", "-d",        NULL};
	int ends[2];

	snprintf(port, sizeof(port), "%d", b->port);
	if (!w->text) {
		w->room = 1 << 16;
		w->text = calloc(1, w->room);
		assert_non_null(w->text);
	}
	w->broker = b;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	w->fd = ends[0];
	fcntl(w->fd, F_SETFL, O_NONBLOCK);
	w->pid = spawn(argv, ends[1]);
	close(ends[1]);
	w->session = w->n;
	witness_wait(w, "received SUBACK");
}

void witness_quit(struct witness *w)
{
	if (w->pid > 0) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, NULL, 0);
		witness_read(w);
		close(w->fd);
		w->pid = 0;
	}
}

void witness_stop(struct witness *w)
{
	witness_quit(w);
	free(w->text);
	memset(w, 0, sizeof(*w));
}

void witness_read(struct witness *w)
{
	for (;;) {
		ssize_t n;

		if (w->room - w->n < 4096) {
			w->room *= 2;
			w->text = realloc(w->text, w->room);
			assert_non_null(w->text);
		}
		n = read(w->fd, w->text + w->n, w->room - w->n - 1);
		if (n <= 0) {
			return;
		}
		w->n += (size_t)n;
		w->text[w->n] = '\0';
	}
}

struct search {
	struct witness *w;
	regex_t regex;
};

static bool found(void *arg)
{
	struct search *s = arg;

	witness_read(s->w);
	return regexec(&s->regex, s->w->text + s->w->session, 0, NULL, 0) == 0;
}

void witness_wait(struct witness *w, const char *what)
{
	struct search s = {.w = w};

	assert_int_equal(regcomp(&s.regex, what, REG_EXTENDED | REG_NOSUB), 0);
	wait_until(what, found, &s);
	regfree(&s.regex);
}
