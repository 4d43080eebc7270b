/* SPDX-License-Identifier: Apache-2.0 */
/**
 * XML from a stranger: no document type, no entities of its own, bounded depth.  Elements
 * are handed on one by one; whatever is wrong is complained about where it stands.
 */
#ifndef GATEWAY_FMU_XML_H
#define GATEWAY_FMU_XML_H

#include <stdbool.h>

#include "gateway/config/complaint.h"

enum { XML_BYTES_MAX = 32 << 20, XML_DEPTH_MAX = 32 };

/** A parser at an element. */
struct xml;

struct xml_handler {
	/** @return false: leave it out, with all that is in it (end is not called) */
	bool (*start)(void *arg, struct xml *x, const char *name);
	void (*end)(void *arg, struct xml *x, const char *name);
};

/**
 * Read the text of a source (complaint_source()).
 *
 * @param handler  called during xml_read() only
 * @return 0; -EINVAL: it is not well formed, or has what is refused; -EFBIG; -ENOMEM
 */
int xml_read(struct complaints *said, uint32_t source, const struct xml_handler *handler,
             void *arg);

/** Where the element stands, or an attribute of it. */
struct place xml_place(struct xml *x, const char *attribute);

/** An attribute's value, borrowed for the call of the handler; NULL: it is not there. */
const char *xml_text(struct xml *x, const char *attribute);

/** An attribute that must be there and not be empty; else a complaint and NULL. */
const char *xml_need(struct xml *x, const char *attribute);

/** A number; false where it is not there, or is none (with a complaint). */
bool xml_real(struct xml *x, const char *attribute, double *out);
bool xml_whole(struct xml *x, const char *attribute, uint32_t *out);

/** "true", "1", "false" or "0"; preset where it is not there, or is none of them. */
bool xml_flag(struct xml *x, const char *attribute, bool preset);

/** Complain about an attribute, or, where it is NULL, about the element. */
void xml_error(struct xml *x, const char *attribute, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void xml_warning(struct xml *x, const char *attribute, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
