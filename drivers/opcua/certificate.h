/* SPDX-License-Identifier: Apache-2.0 */
/** What a certificate says of its owner.  Pure. */
#ifndef DRIVERS_OPCUA_CERTIFICATE_H
#define DRIVERS_OPCUA_CERTIFICATE_H

#include <open62541/types.h>

/**
 * The first URI among the subject's alternative names (RFC 5280, 4.2.1.6): the
 * application that the certificate is for, which a client has to say of itself.
 *
 * @param file     DER or PEM
 * @param[out] out to be cleared
 * @return 0, -ENOMEM, -EBADMSG: no certificate, -ENOENT: it names no URI
 */
int certificate_uri(UA_String *out, const UA_ByteString *file);

#endif
