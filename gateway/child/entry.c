/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/child/entry.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drivers/reading.h"
#include "gateway/child/runner.h"

bool entry_is_child(void)
{
	int type = 0;
	socklen_t n = sizeof(type);

	return getsockopt(RUNNER_FD, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       type == SOCK_SEQPACKET;
}

void entry_begin(int fd)
{
	/* Whoever took these signals before us (a sanitizer does): the gateway wants to
	 * know what it died of. */
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		(void)signal(signals[i], SIG_DFL);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	syscall(SYS_close_range, fd + 1, ~0U, 0); /* nothing else is inherited */
}
