/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the gateway and the child that a script runs in say to each other.  Both ends are
 * the same program, so that structs travel as they are; but the gateway believes nothing
 * of what the child says.
 */
#ifndef GATEWAY_LUA_MAIL_H
#define GATEWAY_LUA_MAIL_H

#include "gateway/child/runner.h"
#include "gateway/lua/luamodel.h"

/** The hidden command that is such a child. */
#define MAIL_COMMAND "lua-worker"

enum mail_op {
	MAIL_LOAD, /* mail_load; answered by luamodel_ports */
	MAIL_TRY,  /* luamodel_ask; answered by a head */
	MAIL_ASK,  /* luamodel_ask; answered by local_answer */
};

enum mail_status {
	MAIL_DONE,
	MAIL_FAILED, /* see line and text */
};

struct mail_load {
	char name[128]; /* of the script, in what is said of it */
	uint32_t n;     /* bytes of text */
	char text[LUAMODEL_BYTES_MAX];
};

struct mail_head {
	uint32_t op;     /* of a request */
	uint32_t status; /* of an answer */
	uint32_t cpu_s;  /* processor time that this request may take */
	uint32_t line;   /* of the script; 0: none */
	char text[MACHINE_TEXT_MAX];
};

/** Room for any message. */
struct mail {
	struct mail_head head;
	union {
		struct mail_load load;
		struct luamodel_ports ports;
		struct luamodel_ask ask;
		struct local_answer answer;
	} body;
};

/** Bytes of a request, and of the answer to it; an answer that is no MAIL_DONE is a head.
 * @return 0 where m is no request */
size_t mail_request_size(const struct mail *m);
size_t mail_answer_size(enum mail_op op);

/** Is what came, n bytes, an answer to a request of that kind?  Its texts are ended, its
 * counts in range. */
bool mail_is_answer(struct mail *m, size_t n, enum mail_op op);

/** The request that loads a script of n bytes, at most LUAMODEL_BYTES_MAX. */
void mail_load(struct mail *m, const char *name, const char *text, size_t n);

/** What went wrong in the child, "NAME:LINE: text". */
void mail_fault(const struct mail *m, const char *name, char *out, size_t room);

#endif
