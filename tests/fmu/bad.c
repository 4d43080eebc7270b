/* SPDX-License-Identifier: Apache-2.0 */
/* A unit that does, from the third step on, what its parameter `mode` says. */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fmu/model.h"

const char *const model_token = "{bad}";

enum { Y, MODE, STEPS, DONE };

enum {
	GOOD,
	CRASH,
	HANG,
	LEAK,
	NAN_OUT,
	ERROR,
	FATAL,
	DISCARD,
	EXIT,
	END,
	SPY, /* y becomes the number of forbidden things that worked */
	BABBLE,
	RESOURCE, /* y becomes what resources/y.txt says */
	ABORT,
	NO_START,
	SLOW,
	READ /* y becomes the number of files read that are nothing to it */
};

void model_reset(double *v)
{
	memset(v, 0, MODEL_VALUES * sizeof(*v));
}

static void read_resource(double *v, const char *resources)
{
	char path[4096];
	FILE *f;

	if (strncmp(resources, "file://", 7) == 0) {
		resources += 7;
	}
	snprintf(path, sizeof(path), "%s/y.txt", resources);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%lf", &v[Y]) != 1) {
			v[Y] = -1;
		}
		fclose(f);
	}
}

int model_start(double *v, const char *resources)
{
	if ((int)v[MODE] == RESOURCE) {
		read_resource(v, resources);
	}
	return (int)v[MODE] == NO_START ? MODEL_ERROR : MODEL_OK;
}

static int spy(void)
{
	int worked = 0;
	pid_t child;

	worked += open("/tmp/pollux-evil", O_WRONLY | O_CREAT, 0600) >= 0;
	worked += open("/dev/null", O_RDWR) >= 0;
	worked += creat("/tmp/pollux-evil", 0600) >= 0;
	worked += mkdir("/tmp/pollux-evil", 0700) == 0;
	worked += symlink("/", "/tmp/pollux-evil") == 0;
	worked += socket(AF_INET, SOCK_STREAM, 0) >= 0;
	worked += socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
	worked += kill(getppid(), SIGTERM) == 0;
	worked += kill(-1, 0) == 0;
	child = fork();
	if (child == 0) {
		_exit(0);
	}
	worked += child > 0;
	worked += system("true") == 0;
	worked += execl("/bin/true", "true", (char *)NULL) == 0;
	worked += chmod("/tmp", 0777) == 0;
	worked += setenv("HOME", "/", 1) && chdir("/") == 0;
	worked += getenv("POLLUX_SECRET") != NULL;
	return worked;
}

static void leak(void)
{
	enum { MIB = 1 << 20 };

	for (int i = 0; i < 64; i++) {
		char *p = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
		               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED) {
			abort();
		}
		memset(p, 1, MIB);
	}
}

static void babble(void)
{
	char nonsense[100];

	memset(nonsense, 0x55, sizeof(nonsense));
	if (send(3, nonsense, sizeof(nonsense), 0) < 0) {
		abort();
	}
}

static int misbehave(double *v, double t, double h, double *last)
{
	switch ((int)v[MODE]) {
	case CRASH:
		raise(SIGSEGV);
		break;
	case HANG:
		for (;;) {
			pause();
		}
	case LEAK:
		leak();
		break;
	case NAN_OUT:
		v[Y] = NAN;
		break;
	case ERROR:
		return MODEL_ERROR;
	case FATAL:
		return MODEL_FATAL;
	case DISCARD: /* steps beyond 0.3 s are too large for it */
		*last = t;
		return h > 0.3 ? MODEL_DISCARD : MODEL_OK;
	case EXIT:
		_exit(0);
	case END:
		return MODEL_END;
	case SPY:
		v[Y] = spy();
		break;
	case BABBLE:
		babble();
		break;
	case ABORT:
		abort();
	case READ:
		v[Y] = (open("/etc/passwd", O_RDONLY) >= 0) +
		       (open("/dev/zero", O_RDONLY) >= 0) + (open("/tmp", O_RDONLY) >= 0);
		break;
	case SLOW:
		usleep(20000);
		break;
	default:
		break;
	}
	return MODEL_OK;
}

int model_step(double *v, double t, double h, double *last)
{
	int status = MODEL_OK;

	if (++v[STEPS] > 2) {
		status = misbehave(v, t, h, last);
	}
	if (status == MODEL_OK) {
		v[DONE] += h;
		if (v[MODE] != RESOURCE && v[MODE] != SPY && v[MODE] != READ &&
		    !isnan(v[Y])) {
			v[Y] = t + h;
		}
	}
	return status;
}
