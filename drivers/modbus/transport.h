/* SPDX-License-Identifier: Apache-2.0 */
/** A way to devices, a TCP connection or a serial line, shared by the units behind it.
 * Loop thread only.  Nothing is allocated for a transaction: who asks owns it. */
#ifndef DRIVERS_MODBUS_TRANSPORT_H
#define DRIVERS_MODBUS_TRANSPORT_H

#include "drivers/driver.h"
#include "drivers/modbus/address.h"
#include "drivers/modbus/pdu.h"

enum {
	TRANSPORT_WINDOW_MAX = 16,     /* requests on the way on one connection */
	TRANSPORT_CONNECTIONS_MAX = 4, /* to one address */
};

/** How a transaction ended. */
struct answer {
	enum reason reason;   /* REASON_NONE: the device's own matching answer */
	uint8_t code;         /* with REASON_EXCEPTION */
	bool sent;            /* at least a part of the request may have gone out */
	const uint8_t *data;  /* of a read that went well; borrowed for the call */
	uint64_t received_ns; /* when all of it was there, or it was given up */
};

struct transport_user;

/** One request and its answer. */
struct transaction {
	/* Set by who asks before transport_submit(). */
	struct pdu_request request; /* its data are borrowed until done */
	uint8_t unit;
	uint8_t rank; /* enum transaction_rank */
	bool probe;   /* asks whether a silent unit is back: put off until it can be
	                 afforded, and on a serial line until the line itself is back */
	uint32_t timeout_ms;
	uint32_t pause_ms;      /* between the end of this one and the next request */
	uint32_t first_byte_ms; /* serial lines: until the answer begins; 0: timeout_ms */
	uint32_t turnaround_ms; /* serial lines: so late after a timeout it may be
	                           answered */
	struct device_stats *stats;
	/** Runs once, never from within transport_submit(); may submit again. */
	void (*done)(struct transaction *t, const struct answer *answer);
	void *arg;
	/* The transport's own. */
	struct transaction *next;
	bool queued, sent;
	bool overdue; /* its deadline passed; what the socket holds is still looked at */
	uint16_t id;
	struct transport_user *user; /* whose it is */
	uint64_t number;             /* of its submission */
	uint64_t sent_ns, deadline_ns;
};

/** Order in the queue; first come, first served within a rank. */
enum transaction_rank {
	RANK_FOLLOW, /* submitted by done() of the transaction it must follow at once */
	RANK_WRITE,
	RANK_READ,
};

/** A device on a transport; a member of the device. */
struct transport_user {
	struct transport_user *next;
	struct device_stats *stats;
	/* The transport's own: time it was given, as it counts; no read before. */
	uint64_t used_ns, not_before_ns;
	uint16_t window;      /* its requests on the way at once, on one connection */
	uint16_t connections; /* that it allows to its address; serial lines: 1 */
	uint8_t unit;
};

struct transport;

/** What a kind of transport provides. */
struct transport_kind {
	int (*new)(struct transport **out, const struct driver_env *env,
	           const struct address *address);
	/** Something was queued, or there is room for it. */
	void (*kick)(struct transport *t);
	void (*forget)(struct transport *t, struct transaction *sent);
	void (*free)(struct transport *t); /* of no further use; may take its time */
};

/** The first member of every kind. */
struct transport {
	const struct transport_kind *kind;
	struct transport *next; /* in the list at *env.shared */
	struct driver_env env;
	struct address address;
	struct transport_user *users;
	struct transaction *queue;
	uint16_t window, connections; /* the largest of its users' */
	uint64_t n_submitted;         /* ever */
	unsigned int n_callbacks;     /* that transport_end() will end */
	uint64_t clock_ns; /* what the user that was served last had had before */
	uint64_t probe_ns; /* no probe before */
	const struct transport_user *answered; /* last, since a probe that nobody did */
};

extern const struct transport_kind transport_tcp, transport_rtu;

/**
 * Join the transport to an address, made where there is none yet.
 *
 * @param user  set by the caller but for next; stays until transport_leave()
 * @return 0, -ENOMEM or what libuv answers, or -EINVAL with *why: the same line with
 *         other settings
 */
int transport_join(struct transport **out, const struct driver_env *env,
                   const struct address *address, struct transport_user *user,
                   const char **why);

/** Leave; cancel the own transactions before.  The last one takes it down. */
void transport_leave(struct transport *t, struct transport_user *user);

/** Queue a transaction.  The queue is bounded by what devices own: 25 each. */
void transport_submit(struct transport *t, struct transaction *transaction);

/** Give a transaction up; its done does not run any more.
 * @return whether it was sent */
bool transport_cancel(struct transport *t, struct transaction *transaction);

/** Set up a transaction of a device, but for its request, rank and done. */
void transport_prepare(struct transaction *t, const struct device_config *config,
                       struct device_stats *stats);

/** Did the device itself say something, if only an exception? */
bool transport_is_answer(enum reason reason);

/** The errno of a silence: -ETIMEDOUT, -ECONNREFUSED, -ECONNRESET, -EBADMSG. */
int transport_errno(enum reason reason);

/* ---- for the kinds ---- */

/** Around a callback that may tell the ends of transactions: who is told may submit
 * others, and kick runs once, at the end of the outermost. */
void transport_begin(struct transport *t);
void transport_end(struct transport *t);

/**
 * Who is next.  In order of ranks; of reads, whose unit had the least of the transport's
 * time.  That nobody is held up by others: of n units that are asked one at a time, one
 * whose answer took more than half of its timeout gets an n-th of the time; probes of
 * silent units get 4 % of it together, as long as another unit answers.
 *
 * @param probes_from_ns  none before, by the caller's will
 * @param[out] due_ns     where there is none: when there is; UINT64_MAX: nothing waits
 * @return one of the queue, or NULL
 */
struct transaction *transport_next(const struct transport *t, uint64_t probes_from_ns,
                                   uint64_t *due_ns);

/** Take one out of the queue; it counts as sent. */
void transport_take(struct transport *t, struct transaction *transaction);

/** Count and tell the end of a transaction that is neither queued nor on the way. */
void transport_finish(struct transport *t, struct transaction *transaction,
                      const struct answer *answer);

/** End all that is queued, unsent, at now_ns. */
void transport_fail_queue(struct transport *t, enum reason reason, uint64_t now_ns);

/** Count an answer that came after its request was given up. */
void transport_count_late(struct transport *t, uint8_t unit);

#endif
