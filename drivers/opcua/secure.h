/* SPDX-License-Identifier: Apache-2.0 */
/** A client of libopen62541 as an endpoint wants it: security, certificates, user. */
#ifndef DRIVERS_OPCUA_SECURE_H
#define DRIVERS_OPCUA_SECURE_H

#include <open62541/client.h>

#include "drivers/opcua/endpoint.h"

/**
 * A client that is not connected yet and says nothing by itself.  Files are read anew for
 * each, so that a new certificate needs no restart.
 *
 * @param[out] out  to be freed with UA_Client_delete()
 * @return 0; -ENOMEM; -ENOENT and other errnos of a file that cannot be read; -EACCES: a
 *         secret that everybody may read; -EBADMSG: a certificate or key that is none
 */
int secure_client(UA_Client **out, const struct endpoint *e, uint32_t timeout_ms,
                  void *context);

/** Why a connection was refused, as a negative errno: -EACCES where it was for who we are
 * or who the server is, -ETIMEDOUT, -ECONNRESET, else -ECONNREFUSED. */
int secure_errno(UA_StatusCode status);

#endif
