/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUND_MS = 20 };

/* In the child: never returns.  The pipe tells the parent why exec failed. */
static void become(const char *const *argv, int log, int out, int report)
{
	pid_t parent = getppid();
	int err;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) {
		_exit(1); /* it died before the line above */
	}
	setpgid(0, 0); /* Ctrl-C is for the parent, which ends us in order */
	dup2(out >= 0 ? out : log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	err = errno;
	if (write(report, &err, sizeof(err)) < 0) {
		_exit(126);
	}
	_exit(127);
}

static int exec_error(int report)
{
	int err = 0;

	return read(report, &err, sizeof(err)) == (ssize_t)sizeof(err) ? -err : 0;
}

static void close_if_open(int fd)
{
	if (fd >= 0) {
		close(fd);
	}
}

int child_start(struct child *c, const char *const *argv, const char *log_path,
                bool want_out)
{
	int out[2] = {-1, -1}, report[2] = {-1, -1};
	int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int err = 0;

	*c = (struct child){.out = -1};
	if (log < 0 || pipe2(report, O_CLOEXEC) || (want_out && pipe2(out, O_CLOEXEC))) {
		err = -errno;
		goto done;
	}
	c->pid = fork();
	if (c->pid < 0) {
		err = -errno;
		c->pid = 0;
		goto done;
	}
	if (c->pid == 0) {
		become(argv, log, out[1], report[1]);
	}
	close(report[1]);
	report[1] = -1;
	err = exec_error(report[0]);
	if (err) {
		waitpid(c->pid, NULL, 0);
		c->pid = 0;
	} else if (want_out) {
		fcntl(out[0], F_SETFL, O_NONBLOCK);
		c->out = out[0];
		out[0] = -1;
	}
done:
	close_if_open(log);
	close_if_open(report[0]);
	close_if_open(report[1]);
	close_if_open(out[0]);
	close_if_open(out[1]);
	return err;
}

bool child_is_gone(struct child *c)
{
	if (c->pid > 0 && waitpid(c->pid, &c->status, WNOHANG) == c->pid) {
		c->pid = 0;
	}
	return c->pid == 0;
}

int child_stop(struct child *c, int ms)
{
	if (c->pid > 0) {
		kill(c->pid, SIGTERM);
	}
	for (int waited = 0; !child_is_gone(c); waited += ROUND_MS) {
		if (waited >= ms) {
			kill(c->pid, SIGKILL);
		}
		poll(NULL, 0, ROUND_MS);
	}
	close_if_open(c->out);
	c->out = -1;
	return WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -1;
}

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	                            .sin_port = htons((uint16_t)port),
	                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int child_free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t n = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int port;

	if (fd < 0) {
		return -errno;
	}
	if (bind(fd, (struct sockaddr *)&address, n) ||
	    getsockname(fd, (struct sockaddr *)&address, &n)) {
		port = -errno;
	} else {
		port = ntohs(address.sin_port);
	}
	close(fd);
	return port;
}

bool child_port_answers(int port, int ms)
{
	struct sockaddr_in address = loopback(port);

	for (int waited = 0; waited <= ms; waited += ROUND_MS) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int err = fd < 0 ? -1
		                 : connect(fd, (struct sockaddr *)&address,
		                           sizeof(address));

		close_if_open(fd);
		if (err == 0) {
			return true;
		}
		poll(NULL, 0, ROUND_MS);
	}
	return false;
}
