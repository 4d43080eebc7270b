/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/child/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
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
/* Calls that do no harm whatever they are given. */
static const uint16_t harmless[] = {
	/* memory */
	SYS_mmap,
	SYS_munmap,
	SYS_mremap,
	SYS_mprotect,
	SYS_madvise,
	SYS_mincore,
	SYS_brk,
	/* files that are there; what is open for writing is the socket */
	SYS_read,
	SYS_readv,
	SYS_pread64,
	SYS_write,
	SYS_writev,
	SYS_close,
	SYS_lseek,
	SYS_fstat,
	SYS_newfstatat,
	SYS_statx,
	SYS_faccessat,
	SYS_readlinkat,
	SYS_getdents64,
	SYS_getcwd,
	SYS_fcntl,
	SYS_fadvise64,
	SYS_recvfrom,
	SYS_sendto,
	SYS_ppoll,
#ifdef __x86_64__
	SYS_stat,
	SYS_lstat,
	SYS_access,
	SYS_readlink,
	SYS_poll,
	SYS_time,
	SYS_arch_prctl,
#endif
	/* threads of its own */
	SYS_futex,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_rseq,
	SYS_membarrier,
	SYS_sched_yield,
	SYS_sched_getaffinity,
	SYS_gettid,
	SYS_getpid,
	SYS_exit,
	SYS_exit_group,
	SYS_rt_sigaction,
	SYS_rt_sigprocmask,
	SYS_rt_sigreturn,
	SYS_restart_syscall,
	SYS_sigaltstack,
	/* what it is and how late it is */
	SYS_clock_gettime,
	SYS_clock_getres,
	SYS_clock_nanosleep,
	SYS_nanosleep,
	SYS_gettimeofday,
	SYS_getrandom,
	SYS_getrusage,
	SYS_times,
	SYS_uname,
	SYS_sysinfo,
	SYS_getuid,
	SYS_geteuid,
	SYS_getgid,
	SYS_getegid,
};

static const struct sock_filter head[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
};

static int filter_calls(void)
{
	const struct sock_filter by_argument[] = {
		ALLOW_IF(SYS_openat, 2, WRITES, O_RDONLY),
#ifdef __x86_64__
		ALLOW_IF(SYS_open, 1, WRITES, O_RDONLY),
#endif
		ALLOW_IF(SYS_clone, 0, CLONE_THREAD, CLONE_THREAD),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | ENOSYS), /* then clone() is taken */
		ALLOW_IF(SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid()),
		ALLOW_IF(SYS_prlimit64, 0, UINT32_MAX, 0),
		REFUSE,
	};
	struct sock_filter rules[ARRAY_SIZE(head) + 2 * ARRAY_SIZE(harmless) +
	                         ARRAY_SIZE(by_argument)];
	struct sock_filter *at = rules;

	memcpy(at, head, sizeof(head));
	at += ARRAY_SIZE(head);
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
		const struct sock_filter allow[] = {ALLOW_CALL(harmless[i])};

		memcpy(at, allow, sizeof(allow));
		at += ARRAY_SIZE(allow);
	}
	memcpy(at, by_argument, sizeof(by_argument));
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

/* Let it read what is there, and below it. */
static void allow_path(int rules, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;

	if (rule.parent_fd < 0) {
		return; /* not on this machine */
	}
	if (fstat(rule.parent_fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	}
	(void)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* Where the dynamic linker is told to look as well. */
static void allow_library_path(int rules)
{
	const char *list = getenv("LD_LIBRARY_PATH");
	char *copy = list ? strdup(list) : NULL, *rest = NULL;

	for (char *part = copy ? strtok_r(copy, ":", &rest) : NULL; part;
	     part = strtok_r(NULL, ":", &rest)) {
		allow_path(rules, part);
	}
	free(copy);
}

/* Landlock (Linux 5.13 and later): everything else of the file system is out of reach. */
static int close_files(const char *folder)
{
	static const char *const readable[] = {"/lib",
	                                       "/lib32",
	                                       "/lib64",
	                                       "/usr/lib",
	                                       "/usr/lib64",
	                                       "/usr/local/lib",
	                                       "/etc/ld.so.cache",
	                                       "/etc/localtime",
	                                       "/usr/share/zoneinfo",
	                                       "/proc/self",
	                                       "/sys/devices/system/cpu",
	                                       "/dev/null",
	                                       "/dev/urandom"};
	const struct landlock_ruleset_attr all = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	int err = 0;

	if (rules < 0) {
		/* An old kernel, one without it, or a filter that does not know it. */
		return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0
		                                                                : -errno;
	}
	if (folder) {
		allow_path(rules, folder);
	}
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		allow_path(rules, readable[i]);
	}
	allow_library_path(rules);
	if (syscall(SYS_landlock_restrict_self, rules, 0)) {
		err = -errno;
	}
	close(rules);
	return err;
}

int sandbox_enter(uint64_t memory_bytes, const char *folder)
{
	const struct rlimit none = {0, 0}, files = {FILES_MAX, FILES_MAX};
	const struct rlimit memory = {memory_bytes, memory_bytes};
	int err;

	signal(SIGXFSZ, SIG_IGN);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0) ||
	    setrlimit(RLIMIT_CORE, &none) || setrlimit(RLIMIT_FSIZE, &none) ||
	    setrlimit(RLIMIT_NOFILE, &files) ||
	    (!HAS_SHADOW && setrlimit(RLIMIT_AS, &memory))) {
		return -errno;
	}
	err = close_files(folder);
	return err ? err : filter_calls();
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
