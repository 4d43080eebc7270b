/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/fmu/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drivers/reading.h"

enum { FILES_MAX = 64 };

/* Sanitizers map terabytes of address space that they never touch. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SHADOW 1
#endif
#endif
#ifndef HAS_SHADOW
#define HAS_SHADOW 0
#endif

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#define LOAD(field)                                                                      \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* The lower half of an argument; both processors are little-endian. */
#define LOAD_ARG(i)                                                                      \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[i]))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSE       RETURN(SECCOMP_RET_ERRNO | EPERM)
#define ALLOW_CALL(nr)                                                                   \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), RETURN(SECCOMP_RET_ALLOW)
/* A call whose argument, under a mask, must have a value. */
#define ALLOW_IF(nr, i, mask, value)                                                     \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 5), LOAD_ARG(i),                      \
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),                               \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),                        \
		RETURN(SECCOMP_RET_ALLOW), REFUSE

enum { WRITES = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY) };

#ifdef ARCH
static int filter_calls(void)
{
	struct sock_filter rules[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		/* memory */
		ALLOW_CALL(SYS_mmap),
		ALLOW_CALL(SYS_munmap),
		ALLOW_CALL(SYS_mremap),
		ALLOW_CALL(SYS_mprotect),
		ALLOW_CALL(SYS_madvise),
		ALLOW_CALL(SYS_mincore),
		ALLOW_CALL(SYS_brk),
		/* files that are there; what is open for writing is the socket */
		ALLOW_CALL(SYS_read),
		ALLOW_CALL(SYS_readv),
		ALLOW_CALL(SYS_pread64),
		ALLOW_CALL(SYS_write),
		ALLOW_CALL(SYS_writev),
		ALLOW_CALL(SYS_close),
		ALLOW_CALL(SYS_lseek),
		ALLOW_CALL(SYS_fstat),
		ALLOW_CALL(SYS_newfstatat),
		ALLOW_CALL(SYS_statx),
		ALLOW_CALL(SYS_faccessat),
		ALLOW_CALL(SYS_readlinkat),
		ALLOW_CALL(SYS_getdents64),
		ALLOW_CALL(SYS_getcwd),
		ALLOW_CALL(SYS_fcntl),
		ALLOW_CALL(SYS_fadvise64),
		ALLOW_CALL(SYS_recvfrom),
		ALLOW_CALL(SYS_sendto),
		ALLOW_CALL(SYS_ppoll),
		ALLOW_IF(SYS_openat, 2, WRITES, O_RDONLY),
#ifdef __x86_64__
		ALLOW_CALL(SYS_stat),
		ALLOW_CALL(SYS_lstat),
		ALLOW_CALL(SYS_access),
		ALLOW_CALL(SYS_readlink),
		ALLOW_CALL(SYS_poll),
		ALLOW_CALL(SYS_time),
		ALLOW_CALL(SYS_arch_prctl),
		ALLOW_IF(SYS_open, 1, WRITES, O_RDONLY),
#endif
		/* threads of its own */
		ALLOW_IF(SYS_clone, 0, CLONE_THREAD, CLONE_THREAD),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | ENOSYS), /* then clone() is taken */
		ALLOW_CALL(SYS_futex),
		ALLOW_CALL(SYS_set_robust_list),
		ALLOW_CALL(SYS_set_tid_address),
		ALLOW_CALL(SYS_rseq),
		ALLOW_CALL(SYS_membarrier),
		ALLOW_CALL(SYS_sched_yield),
		ALLOW_CALL(SYS_sched_getaffinity),
		ALLOW_CALL(SYS_gettid),
		ALLOW_CALL(SYS_getpid),
		ALLOW_CALL(SYS_exit),
		ALLOW_CALL(SYS_exit_group),
		ALLOW_CALL(SYS_rt_sigaction),
		ALLOW_CALL(SYS_rt_sigprocmask),
		ALLOW_CALL(SYS_rt_sigreturn),
		ALLOW_CALL(SYS_restart_syscall),
		ALLOW_CALL(SYS_sigaltstack),
		ALLOW_IF(SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid()),
		/* what it is and how late it is */
		ALLOW_CALL(SYS_clock_gettime),
		ALLOW_CALL(SYS_clock_getres),
		ALLOW_CALL(SYS_clock_nanosleep),
		ALLOW_CALL(SYS_nanosleep),
		ALLOW_CALL(SYS_gettimeofday),
		ALLOW_CALL(SYS_getrandom),
		ALLOW_CALL(SYS_getrusage),
		ALLOW_CALL(SYS_times),
		ALLOW_CALL(SYS_uname),
		ALLOW_CALL(SYS_sysinfo),
		ALLOW_CALL(SYS_getuid),
		ALLOW_CALL(SYS_geteuid),
		ALLOW_CALL(SYS_getgid),
		ALLOW_CALL(SYS_getegid),
		ALLOW_IF(SYS_prlimit64, 0, UINT32_MAX, 0),
		REFUSE,
	};
	struct sock_fprog program = {ARRAY_SIZE(rules), rules};

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		return errno == EINVAL || errno == ENOSYS ? 0 : -errno;
	}
	return 0;
}
#else
static int filter_calls(void)
{
	return 0;
}
#endif

int sandbox_enter(uint64_t memory_bytes)
{
	const struct rlimit none = {0, 0}, files = {FILES_MAX, FILES_MAX};
	const struct rlimit memory = {memory_bytes, memory_bytes};

	signal(SIGXFSZ, SIG_IGN);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0) ||
	    setrlimit(RLIMIT_CORE, &none) || setrlimit(RLIMIT_FSIZE, &none) ||
	    setrlimit(RLIMIT_NOFILE, &files) ||
	    (!HAS_SHADOW && setrlimit(RLIMIT_AS, &memory))) {
		return -errno;
	}
	return filter_calls();
}

void sandbox_allow_cpu(uint32_t cpu_s)
{
	struct rlimit l;
	struct rusage used;

	if (getrusage(RUSAGE_SELF, &used) || getrlimit(RLIMIT_CPU, &l)) {
		return;
	}
	/* The soft limit ends it with SIGXCPU; the hard one stays, to be moved under. */
	l.rlim_cur = (rlim_t)used.ru_utime.tv_sec + (rlim_t)used.ru_stime.tv_sec + 1 +
	             cpu_s;
	(void)setrlimit(RLIMIT_CPU, &l);
}

bool sandbox_is_beyond(uint64_t memory_bytes)
{
	struct rusage used;

	return getrusage(RUSAGE_SELF, &used) == 0 &&
	       (uint64_t)used.ru_maxrss * 1024 > memory_bytes;
}
