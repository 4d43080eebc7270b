/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/opcua/certificate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_OCTETS = 0x04, TAG_SEQUENCE = 0x30, TAG_URI = 0x86 };

/* OBJECT IDENTIFIER 2.5.29.17, subjectAltName. */
static const UA_Byte alternative_name[] = {0x06, 0x03, 0x55, 0x1d, 0x11};

/* Bytes that are left. */
struct span {
	const UA_Byte *at;
	size_t n;
};

/* Take the next element (X.690, 8.1) off and leave its content in inner.
 * @return its tag, or -1 */
static int take(struct span *outer, struct span *inner)
{
	size_t n_length = 0, n;
	int tag;

	if (outer->n < 2) {
		return -1;
	}
	tag = outer->at[0];
	n = outer->at[1];
	if (n & 0x80) { /* so many bytes of length */
		n_length = n & 0x7f;
		n = 0;
		if (n_length > 3 || outer->n < 2 + n_length) {
			return -1;
		}
		for (size_t i = 0; i < n_length; i++) {
			n = n << 8 | outer->at[2 + i];
		}
	}
	if (n > outer->n - 2 - n_length) {
		return -1;
	}
	*inner = (struct span){outer->at + 2 + n_length, n};
	outer->n = (size_t)(outer->at + outer->n - (inner->at + n));
	outer->at = inner->at + n;
	return tag;
}

/* The extension is looked for by its identifier, which stands nowhere else. */
static int find_uri(struct span *uri, const UA_ByteString *der)
{
	const UA_Byte *found = memmem(der->data, der->length, alternative_name,
	                              sizeof(alternative_name));
	struct span rest, octets, names;
	int tag;

	if (!found) {
		return -ENOENT;
	}
	rest.at = found + sizeof(alternative_name);
	rest.n = (size_t)(der->data + der->length - rest.at);
	tag = take(&rest, &octets);
	if (tag >= 0 && tag != TAG_OCTETS) { /* whether it is critical stands before */
		tag = take(&rest, &octets);
	}
	if (tag != TAG_OCTETS || take(&octets, &names) != TAG_SEQUENCE) {
		return -EBADMSG;
	}
	do {
		tag = take(&names, uri);
	} while (tag >= 0 && tag != TAG_URI);
	return tag == TAG_URI ? 0 : -ENOENT;
}

/* The DER within PEM.  @return 0, -ENOMEM, -EBADMSG */
static int from_pem(UA_ByteString *der, const UA_ByteString *pem)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	const UA_Byte *from = memmem(pem->data, pem->length, begin, strlen(begin));
	const UA_Byte *to;
	UA_String text = UA_STRING_NULL;
	UA_StatusCode status;

	if (!from) {
		return -EBADMSG;
	}
	from += strlen(begin);
	to = memchr(from, '-', (size_t)(pem->data + pem->length - from));
	if (!to) {
		return -EBADMSG;
	}
	if (UA_ByteString_allocBuffer(&text, (size_t)(to - from))) {
		return -ENOMEM;
	}
	text.length = 0;
	for (; from < to; from++) {
		if (!strchr(" \t\r\n", *from)) {
			text.data[text.length++] = *from;
		}
	}
	status = UA_ByteString_fromBase64(der, &text);
	UA_String_clear(&text);
	return status ? -EBADMSG : 0;
}

int certificate_uri(UA_String *out, const UA_ByteString *file)
{
	bool is_der = file->length > 0 && file->data[0] == TAG_SEQUENCE;
	UA_ByteString der = UA_BYTESTRING_NULL;
	struct span uri;
	int err = is_der ? 0 : from_pem(&der, file);

	if (!err) {
		err = find_uri(&uri, is_der ? file : &der);
	}
	if (!err) {
		const UA_String found = {uri.n, (UA_Byte *)uri.at};

		err = UA_String_copy(&found, out) ? -ENOMEM : 0;
	}
	UA_ByteString_clear(&der);
	return err;
}
